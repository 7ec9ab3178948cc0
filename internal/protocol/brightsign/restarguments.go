package brightsign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"sluice/internal/ingest"
	"sluice/internal/wire/soap"
	"sluice/internal/wire/xmltree"
)

// body is the request's body without its content encoding. What is wrong with it is
// the client's doing.
func (x *restCall) body(limit int64) (io.Reader, error) {
	switch encoding := strings.ToLower(x.r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		if x.r.ContentLength > limit {
			return nil, &soap.TooLongError{Limit: limit}
		}
	case "gzip", "x-gzip":
	default:
		return nil, &problem{code: http.StatusUnsupportedMediaType, message: "The content encoding " + strconv.Quote(clip(encoding)) + " is not supported."}
	}
	src, err := body(x.r)
	if err != nil {
		return nil, err
	}
	return &brokenBody{&boundedPart{r: src, left: limit, limit: limit}}, nil
}

// brokenBody tells bodies that break off from failures of the server.
type brokenBody struct{ r io.Reader }

func (b *brokenBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	_, fault := errors.AsType[*Fault](err)
	_, long := errors.AsType[*soap.TooLongError](err)
	_, known := errors.AsType[*ingest.Error](err)
	if !fault && !long && !known {
		err = &Fault{Code: codeClient, Message: "The body ended too early.", err: &ingest.Error{Kind: ingest.Invalid, Op: "brightsign.body", Err: err}}
	}
	return n, err
}

// arguments reads the arguments in the body.
func (x *restCall) arguments() (arguments, error) {
	src, err := x.body(maxSessionMessage)
	if err != nil {
		return arguments{}, err
	}
	kept := x.door.newDocument(x.r, src)
	defer kept.release()
	kept.keep(x.r, x.caller.User, maxSessionMessage)
	text, err := io.ReadAll(kept)
	if err != nil {
		return arguments{}, err
	}
	return readJSON(text)
}

// readScalar reads a member as the service does from XML, but for what the interface
// has of its own: more types, and paths that lack a slash.
func (a *arguments) readScalar(name string, token json.Token) error {
	if token == nil {
		return nil
	}
	text := fmt.Sprint(token)
	switch strings.ToLower(name) {
	case "mediatype", "contenttype":
		for _, word := range []string{typeText, typeDeviceWebPage} {
			if strings.EqualFold(strings.TrimSpace(text), word) {
				a.ContentType = word
				return nil
			}
		}
	case "virtualpath":
		text = withSlashes(text)
	}
	return a.read(&xmltree.Element{Local: name, Text: text})
}

// withSlashes adds the slashes that a virtual path lacks.
func withSlashes(path string) string {
	if path == "" {
		return ""
	}
	if !strings.HasPrefix(path, `\`) && !strings.HasPrefix(path, "/") {
		path = `\` + path
	}
	if !strings.HasSuffix(path, `\`) && !strings.HasSuffix(path, "/") {
		path += `\`
	}
	return path
}
