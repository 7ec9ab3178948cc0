package soap

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
)

// Parts are the parts of an MTOM message behind its root (XOP 1.0, SOAP MTOM).
type Parts struct {
	reader *multipart.Reader
}

// ErrParts says that a multipart message is not an MTOM message that can be read.
var ErrParts = errors.New("soap: the multipart message does not begin with its envelope, or lacks the part that the envelope names")

// MTOM reports whether a content type is that of a multipart message.
func MTOM(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "multipart/related"
}

// OpenMTOM opens an MTOM message: root reads the envelope, which must be the first
// part; the parts follow when it has been read.
func OpenMTOM(contentType string, body io.Reader) (root io.Reader, parts *Parts, err error) {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return nil, nil, ErrParts
	}
	reader := multipart.NewReader(body, params["boundary"])
	part, err := reader.NextRawPart()
	if err != nil {
		return nil, nil, partError(err)
	}
	if start := params["start"]; start != "" && part.Header.Get("Content-ID") != "" && !sameID(part.Header.Get("Content-ID"), start) {
		return nil, nil, ErrParts
	}
	return part, &Parts{reader}, nil
}

// Find returns the part that an Include refers to, if it is the next one.
func (p *Parts) Find(href string) (io.Reader, error) {
	id, ok := strings.CutPrefix(href, "cid:")
	if !ok {
		return nil, ErrParts
	}
	if plain, err := url.PathUnescape(id); err == nil {
		id = plain
	}
	part, err := p.reader.NextRawPart()
	if err != nil {
		return nil, partError(err)
	}
	if !sameID(part.Header.Get("Content-ID"), id) {
		return nil, ErrParts
	}
	switch strings.ToLower(part.Header.Get("Content-Transfer-Encoding")) {
	case "", "binary", "8bit":
		return part, nil
	case "base64":
		return &textReader{src: part}, nil
	}
	return nil, ErrParts
}

// partError keeps failures of the connection apart from messages that are wrong.
func partError(err error) error {
	if err == io.EOF || strings.HasPrefix(err.Error(), "multipart:") {
		return ErrParts
	}
	return err
}

func sameID(a, b string) bool {
	return strings.Trim(strings.TrimSpace(a), "<>") == strings.Trim(strings.TrimSpace(b), "<>")
}

// textReader decodes a base64 body.
type textReader struct {
	src     io.Reader
	decoder decoder
	ready   bytes.Buffer
	ended   bool
}

func (t *textReader) Read(p []byte) (int, error) {
	for t.ready.Len() == 0 {
		if t.ended {
			return 0, io.EOF
		}
		var raw [8 << 10]byte
		n, err := t.src.Read(raw[:])
		out, wrong := t.decoder.decode(nil, raw[:n])
		if wrong != nil {
			return 0, wrong
		}
		t.ready.Write(out)
		if err == io.EOF {
			t.ended = true
			if err := t.decoder.close(); err != nil {
				return 0, err
			}
		} else if err != nil {
			return 0, err
		}
	}
	return t.ready.Read(p)
}
