package softphone

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"sluice/internal/ingest"
	"sluice/internal/wire/formdata"
)

// Limits of bodies, in bytes, and of their parts.
const (
	maxPlainBody     = 64 << 10
	maxReferenceBody = 1 << 20 // a preview of 256 KiB, encoded twice
	maxMessageBody   = 2 << 20
	maxBodies        = 64 << 20 // of all requests
	maxTextPart      = 64 << 10
	maxTextParts     = 1 << 20 // of all of them together
	maxParts         = 64
)

// plainBody reads the body of a service that takes no file: urlencoded, JSON or parts
// of a form, whatever its type is said to be.
func (c *call) plainBody(body io.Reader, limit int64) error {
	if kind := c.r.Header.Get("Content-Type"); strings.HasPrefix(strings.ToLower(strings.TrimSpace(kind)), "multipart/") {
		return c.partsBody(body, kind, limit)
	}
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return brokenBody(err)
	}
	if int64(len(data)) > limit {
		return tooLong(limit)
	}
	return c.values.plain(data, isJSON(c.r.Header), &c.json)
}

// plain notes what a body says. claimed says that it claims to be JSON; json becomes
// true when it is, or looks like it.
func (v *values) plain(data []byte, claimed bool, json *bool) error {
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if len(trimmed) == 0 {
		return nil
	}
	list, ok := []pair(nil), false
	if *json = claimed || trimmed[0] == '{'; *json {
		if list, ok = jsonPairs(trimmed); !ok {
			list, ok = brokenPairs(trimmed, v.means)
		}
		if !ok {
			return &ingest.Error{Kind: ingest.Invalid, Op: "softphone.body", Code: ingest.CodeMalformed, Msg: "the body is not a JSON object"}
		}
	} else {
		list = formPairs(strings.Trim(string(trimmed), "\r\n"))
	}
	for _, p := range list {
		v.add(inBody, p.name, p.text)
	}
	return nil
}

// means reports whether a name stands for something.
func (v *values) means(name string) bool {
	_, ok := v.names.parameters[fold(name)]
	return ok
}

// partsBody reads a form of parts without a file.
func (c *call) partsBody(body io.Reader, contentType string, limit int64) error {
	boundary, err := formdata.Boundary(contentType)
	if err != nil {
		return brokenBody(err)
	}
	parts := formdata.NewReader(&countedBody{body: body, left: limit, over: tooLong(limit)}, boundary, partOptions())
	for {
		part, err := parts.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return brokenBody(err)
		}
		data, err := part.ReadAll(limit) // never met before the limit of the body
		if err != nil {
			return brokenBody(err)
		}
		c.values.add(inBody, part.Name, string(data))
	}
}

func partOptions() formdata.Options {
	return formdata.Options{Mode: formdata.Tolerant, Limits: formdata.Limits{MaxParts: maxParts}}
}

// brokenBody is the failure of a body that cannot be read. What was found out while it
// was read, such as a limit, stays what it is.
func brokenBody(err error) error {
	if _, ours := errors.AsType[*ingest.Error](err); ours {
		return err
	}
	if limit, ok := errors.AsType[*formdata.LimitError](err); ok && limit.Limit != formdata.LimitBoundary {
		return &ingest.Error{Kind: ingest.TooLarge, Op: "softphone.body", Code: codeTooLong, Msg: "the request is too long: " + limit.Error(), Err: err}
	}
	return &ingest.Error{Kind: ingest.Invalid, Op: "softphone.body", Code: ingest.CodeMalformed, Msg: "the body cannot be read to its end", Err: err}
}

func tooLong(limit int64) error {
	return &ingest.Error{Kind: ingest.TooLarge, Op: "softphone.body", Code: codeTooLong, Msg: "the request is too long, the limit is " + sizeText(limit)}
}
