package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"sync"
)

// chunkDecoder is the least that a Go server has to do for a SOAP chunk: it reads the
// message, decodes the base64 text between the tags of the data with the standard
// library, and forgets the bytes.
type chunkDecoder struct{ buffers sync.Pool }

func (d *chunkDecoder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength <= 0 || r.ContentLength > 64<<20 {
		http.Error(w, "a length is needed", http.StatusBadRequest)
		return
	}
	buf, _ := d.buffers.Get().(*[]byte)
	if buf == nil || int64(len(*buf)) < r.ContentLength {
		fresh := make([]byte, r.ContentLength)
		buf = &fresh
	}
	defer d.buffers.Put(buf)
	message := (*buf)[:r.ContentLength]
	if _, err := io.ReadFull(r.Body, message); err != nil {
		return
	}
	_, text, ok := bytes.Cut(message, []byte("<data>"))
	text, _, closed := bytes.Cut(text, []byte("</data>"))
	if !ok || !closed {
		http.Error(w, "no data", http.StatusBadRequest)
		return
	}
	if _, err := base64.StdEncoding.Decode(text, text); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, "<AppendChunkResult>true</AppendChunkResult>")
}
