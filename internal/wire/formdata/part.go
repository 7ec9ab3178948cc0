package formdata

import (
	"fmt"
	"io"
	"net/textproto"
	"strings"
)

// Part is one part of a body. Reading it reads its content, transfer encoding removed in
// tolerant mode. It can be read until Next is called again.
type Part struct {
	// Name is the name of the form field, "" if the part has none.
	Name string
	// FileName is the file name as the client sent it, directories included. It must not be
	// used as a path; see BaseName.
	FileName string
	// HasFileName tells a part with an empty file name from one without any.
	HasFileName bool
	// Header holds the header fields under their canonical names. Values are raw bytes.
	Header textproto.MIMEHeader

	reader  *Reader
	decoder io.Reader // nil if the content has no transfer encoding
	readErr error     // what readContent last returned to decoder
}

func newPart(r *Reader, header textproto.MIMEHeader) *Part {
	p := &Part{Header: header, reader: r}
	value := header.Get("Content-Disposition")
	d := tolerantDisposition(value)
	if r.delim.strict {
		d = strictDisposition(value)
	}
	p.Name, p.FileName, p.HasFileName = d.name, d.fileName, d.hasFileName
	if !r.delim.strict {
		p.decoder = newDecoder(header.Get("Content-Transfer-Encoding"), rawContent{p})
	}
	return p
}

// Read hands out content. It returns as soon as it has any, so the count is often short.
//
// With a buffer of at least 8 KiB, content that is not buffered yet is read from the body
// directly into b, all of which may be used as scratch space. When a delimiter is found there,
// what follows it is moved to the reader's own buffer, which then grows to at most len(b) and
// stays that large. No call allocates otherwise.
//
// Errors: io.EOF at the end of the part, ErrMissingClose, ErrTruncated, ErrBadEncoding,
// ErrPartClosed, or one that wraps what the body's reader returned. Content before an error is
// handed out first.
func (p *Part) Read(b []byte) (int, error) {
	if p.reader.part != p {
		return 0, ErrPartClosed
	}
	if p.decoder == nil {
		return p.reader.readContent(b)
	}
	n, err := p.decoder.Read(b)
	switch {
	case err == nil, err == io.EOF:
		return n, err
	case p.readErr != nil && p.readErr != io.EOF:
		return n, p.readErr
	}
	return n, fmt.Errorf("%w: part %q: %w", ErrBadEncoding, p.Name, err)
}

// ReadAll returns the rest of the part. If that is longer than limit bytes, or the part is cut
// off, it returns an error, a *LimitError in the first case. It holds about twice limit
// at most.
func (p *Part) ReadAll(limit int64) ([]byte, error) {
	all, err := io.ReadAll(io.LimitReader(p, max(limit, limit+1)))
	if err != nil {
		return nil, err
	}
	if int64(len(all)) > limit {
		return nil, &LimitError{Limit: LimitPartBytes, Max: limit, Got: int64(len(all))}
	}
	return all, nil
}

// BaseName is the last element of FileName, whatever system's separators it uses. It is "" if
// there is none, as in "..", and it is still not safe to be used as a path.
func (p *Part) BaseName() string {
	base := p.FileName[strings.LastIndexAny(p.FileName, `/\`)+1:]
	if base == "." || base == ".." {
		return ""
	}
	return base
}
