package brightsign

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// appendChunk stores the body at its place in the file, as it arrives. What replaces
// stored bytes is read in full first.
func (x *restCall) appendChunk() (restAnswer, error) {
	if kind := contentType(x.r.Header); kind != mediaChunk && kind != "" {
		return restAnswer{}, &problem{code: http.StatusUnsupportedMediaType, message: "The content type of a chunk must be " + mediaChunk + ". It is " + strconv.Quote(clip(kind)) + "."}
	}
	k, err := x.readChunk()
	if err != nil {
		return restAnswer{}, err
	}
	src, err := x.body(x.door.Options.MaxMessage)
	if err != nil {
		return restAnswer{}, err
	}
	var u *ingest.Upload
	if x.caller, u, err = x.door.takes(x.context(), x.caller, k); err != nil {
		return restAnswer{}, err
	}
	stored, err := x.store(u, k, src)
	if err == nil && !stored {
		err = &ingest.Error{Kind: ingest.Unavailable, Op: "brightsign.appendChunk", Msg: "the chunk was not stored"}
	}
	return restAnswer{code: http.StatusNoContent}, err
}

// readChunk reads what the address says of the chunk. There are no part numbers here;
// those that count them count places.
func (x *restCall) readChunk() (chunk, error) {
	k := chunk{sessionToken: x.address.session, uploadToken: x.address.upload}
	for name, values := range x.r.URL.Query() {
		if !strings.EqualFold(name, "offset") || len(values) == 0 {
			continue
		}
		offset, err := readInt("offset", strings.TrimSpace(values[0]))
		if err != nil {
			return k, err
		}
		if offset != nil {
			k.offset = *offset
		}
	}
	k.part = max(k.offset, 0)
	return k, k.check()
}

func (x *restCall) store(u *ingest.Upload, k chunk, src io.Reader) (bool, error) {
	d, ctx := x.door, x.context()
	if x.r.ContentLength == 0 {
		return true, nil
	}
	if !d.rewrites(ctx, x.caller, u, k.offset) {
		return d.appendChunk(ctx, x.caller, u, k, src)
	}
	most := d.Options.MaxMessage
	if x.r.ContentLength > 0 && x.r.Header.Get("Content-Encoding") == "" {
		most = x.r.ContentLength
	}
	held, give, err := d.holdBytes(ctx, x.caller.User, most+bytes.MinRead, x.r.ContentLength > 0)
	if err != nil {
		return false, err
	}
	defer give()
	buffer := bytes.NewBuffer((*held)[:0])
	_, err = buffer.ReadFrom(src)
	*held = buffer.Bytes()
	if err != nil || buffer.Len() == 0 {
		return err == nil, err
	}
	return d.appendChunk(ctx, x.caller, u, k, buffer)
}
