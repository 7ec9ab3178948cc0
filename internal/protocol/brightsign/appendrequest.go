package brightsign

import (
	"bytes"
	"context"
	"io"
	"strings"

	"sluice/internal/ingest"
	"sluice/internal/wire/soap"
	"sluice/internal/wire/xmltree"
)

// appendChunk answers AppendChunk. The original's order of parameters has the offset
// behind the data, so that the data is held, once, until the offset is known. Where the
// offset comes first, or the data follows as a MIME part, it goes to its place as it
// arrives.
func (x *exchange) appendChunk() ([]byte, error) {
	diverted, err := x.reader.Next(func(local string) bool { return strings.EqualFold(local, "data") })
	if err != nil {
		return nil, err
	}
	var stored bool
	if diverted {
		stored, err = x.inlineChunk()
	} else {
		stored, err = x.detachedChunk()
	}
	if err != nil {
		return nil, err
	}
	word := "false"
	if stored {
		word = "true"
	}
	return x.closeResponse(appendElement(x.openResponse(nil), opAppend+"Result", word)), nil
}

// readChunk reads the parameters beside the data, and whether all are there that say
// where it goes.
func (x *exchange) readChunk() (k chunk, complete bool, err error) {
	k.sessionToken, k.uploadToken = x.parameter("sessionToken"), x.parameter("uploadToken")
	part, err := readInt("partNumber", x.parameter("partNumber"))
	if err != nil {
		return k, false, err
	}
	offset, err := readInt("offset", x.parameter("offset"))
	if err != nil {
		return k, false, err
	}
	if part != nil {
		k.part = *part
	}
	if offset != nil {
		k.offset = *offset
	}
	return k, offset != nil && k.uploadToken != "", nil
}

// inlineChunk reads a chunk that stands in the message as base64.
func (x *exchange) inlineChunk() (bool, error) {
	root, err := x.reader.Tree()
	if err != nil {
		return false, err
	}
	x.element = root.Child("Body").Children[0]
	k, complete, err := x.readChunk()
	if err != nil {
		return false, err
	}
	if k.uploadToken == "" { // it may follow
		if err := x.mayUpload(); err != nil {
			return false, err
		}
		return x.heldChunk(nil)
	}
	if err := x.check(k); err != nil {
		return false, err
	}
	u, err := x.takes(k)
	if err != nil {
		return false, err
	}
	if !complete || x.door.rewrites(x.r.Context(), x.caller, u, k.offset) {
		return x.heldChunk(u)
	}
	return x.door.appendChunk(x.r.Context(), x.caller, u, k, &inlineData{x: x, k: k})
}

// mayUpload refuses callers without the permission before their upload is known.
func (x *exchange) mayUpload() (err error) {
	if x.caller.company == nil {
		if x.caller, err = x.door.enter(x.r.Context(), x.caller, true); err != nil {
			return err
		}
	}
	return x.door.mayUpload(x.r.Context(), x.caller)
}

// check refuses values that no chunk can have; callers without the permission are told
// of that first.
func (x *exchange) check(k chunk) error {
	err := k.check()
	if err == nil {
		return nil
	}
	if denied := x.mayUpload(); denied != nil {
		return denied
	}
	return err
}

// takes finds the upload that a chunk is for.
func (x *exchange) takes(k chunk) (u *ingest.Upload, err error) {
	x.caller, u, err = x.door.takes(x.r.Context(), x.caller, k)
	return u, err
}

// heldChunk reads a chunk into memory, and what follows it, and stores it then. u is
// its upload, if that is known already.
func (x *exchange) heldChunk(u *ingest.Upload) (bool, error) {
	length, sure := x.length()
	held, give, err := x.hold(length/4*3+64, sure)
	if err != nil {
		return false, err
	}
	defer give()
	*held = (*held)[:0]
	for err == nil {
		*held, err = x.reader.Data(*held)
	}
	if err != io.EOF {
		return false, err
	}
	if err := x.rest(); err != nil {
		return false, err
	}
	return x.storeHeld(u, *held)
}

// storeHeld stores a chunk that is at hand.
func (x *exchange) storeHeld(u *ingest.Upload, data []byte) (bool, error) {
	k, _, err := x.readChunk()
	if err != nil {
		return false, err
	}
	if u == nil {
		if err := x.mayUpload(); err != nil {
			return false, err
		}
	}
	if err := x.check(k); err != nil {
		return false, err
	}
	if x.dataIsNil() {
		return false, refuse("The chunk data must be specified.")
	}
	if u == nil || !strings.EqualFold(u.ClientKey, k.uploadToken) {
		if u, err = x.takes(k); err != nil {
			return false, err
		}
	}
	if k.offset > maxFileSize-int64(len(data)) {
		return false, refuse("The chunk exceeds the maximum file size of %d bytes: it ends at %d.", int64(maxFileSize), k.offset+int64(len(data)))
	}
	if len(data) == 0 {
		return true, nil
	}
	return x.door.appendChunk(x.r.Context(), x.caller, u, k, bytes.NewReader(data))
}

// dataIsNil reports whether the data is null or missing.
func (x *exchange) dataIsNil() bool {
	e := x.dataElement()
	return e == nil || isNil(e)
}

func (x *exchange) dataElement() *xmltree.Element {
	for _, child := range x.element.Children {
		if strings.EqualFold(child.Local, "data") {
			return child
		}
	}
	return nil
}

// detachedChunk reads a message without base64 text that could be diverted: the data
// is null, follows as a MIME part, or the message could not be cut.
func (x *exchange) detachedChunk() (bool, error) {
	if err := x.rest(); err != nil {
		return false, err
	}
	e := x.dataElement()
	if e == nil || isNil(e) {
		return x.storeHeld(nil, nil)
	}
	include := e.Child("Include")
	if include == nil {
		if len(e.Children) > 0 {
			return false, soap.ErrBase64
		}
		data, err := soap.DecodeText(e.Text)
		if err != nil {
			return false, err
		}
		return x.storeHeld(nil, data)
	}
	if err := x.mayUpload(); err != nil {
		return false, err
	}
	k, _, err := x.readChunk()
	if err == nil {
		err = x.check(k)
	}
	if err != nil {
		return false, err
	}
	if x.parts == nil {
		return false, soap.ErrParts
	}
	u, err := x.takes(k)
	if err != nil {
		return false, err
	}
	href, _ := include.Attribute("href")
	data, err := x.parts.Find(href)
	if err != nil {
		return false, err
	}
	bounded := &boundedPart{r: data, left: x.door.Options.MaxMessage, limit: x.door.Options.MaxMessage}
	if !x.door.rewrites(x.r.Context(), x.caller, u, k.offset) {
		return x.door.appendChunk(x.r.Context(), x.caller, u, k, bounded)
	}
	length, sure := x.length()
	held, give, err := x.hold(length+bytes.MinRead, sure) // a part may be binary
	if err != nil {
		return false, err
	}
	defer give()
	buffer := bytes.NewBuffer((*held)[:0])
	if _, err := buffer.ReadFrom(bounded); err != nil {
		return false, err
	}
	return x.storeHeld(u, buffer.Bytes())
}

// boundedPart fails when a MIME part is longer than a message may be.
type boundedPart struct {
	r           io.Reader
	left, limit int64
}

func (b *boundedPart) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, &soap.TooLongError{Limit: b.limit}
	}
	return n, err
}

// inlineData reads the data while it arrives. At its end it reads the rest of the
// message as well, so that a chunk counts only when the whole of it was right.
type inlineData struct {
	x     *exchange
	k     chunk
	ready []byte // decoded and not yet given
	buf   []byte
	err   error
}

func (d *inlineData) Read(p []byte) (int, error) {
	for len(d.ready) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		var err error
		d.buf, err = d.x.reader.Data(d.buf[:0])
		d.ready = d.buf
		if err == io.EOF {
			d.err = d.finish()
		} else if err != nil {
			d.ready, d.err = nil, err
		}
	}
	n := copy(p, d.ready)
	d.ready = d.ready[n:]
	return n, nil
}

// finish reads what follows the data. It may not say something else than what came
// before it.
func (d *inlineData) finish() error {
	if err := d.x.rest(); err != nil {
		return err
	}
	k, _, err := d.x.readChunk()
	if err != nil {
		return err
	}
	if err := d.x.check(k); err != nil {
		return err
	}
	if d.x.dataIsNil() {
		return refuse("The chunk data must be specified.")
	}
	if k.offset != d.k.offset || k.uploadToken != d.k.uploadToken {
		return refuse("The request is not valid: it names two places for its data.")
	}
	return io.EOF
}

// mostKept is the largest buffer that is kept, in bytes.
const mostKept = 2 << 20

// length is how long the message can be, without its content encoding, and whether that
// is its length.
func (x *exchange) length() (n int64, sure bool) {
	n, most := x.r.ContentLength, x.door.Options.MaxMessage
	if n < 0 || x.r.Header.Get("Content-Encoding") != "" {
		return most, false
	}
	return min(n, most), true
}

// hold takes a buffer for the chunk of the message, which needs so many bytes, out of
// what all chunks may take together.
func (x *exchange) hold(need int64, sure bool) (*[]byte, func(), error) {
	return x.door.holdBytes(x.r.Context(), x.caller.User, need, sure)
}

// holdBytes is hold for a chunk that needs so many bytes, all of them at once if their
// number is sure.
func (d *Door) holdBytes(ctx context.Context, user ingest.Number, need int64, sure bool) (*[]byte, func(), error) {
	give, err := d.held.takeFor(ctx, user, need)
	if err != nil {
		return nil, nil, &ingest.Error{Kind: ingest.Unavailable, Op: "brightsign.hold", Msg: "the request was given up", Err: err}
	}
	buf, ok := d.chunks.Get().(*[]byte)
	if !ok {
		buf = new([]byte)
	}
	if sure && int64(cap(*buf)) < need {
		*buf = make([]byte, 0, need)
	}
	return buf, func() {
		if cap(*buf) <= mostKept {
			d.chunks.Put(buf)
		}
		give()
	}, nil
}
