package scene7

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
)

// send writes an answer of the UploadFile endpoint.
func send(w http.ResponseWriter, r *http.Request, status int, document []byte, gzipResponse *bool) {
	sendAs(w, r, status, "text/xml;charset=utf-8", document, gzipResponse)
}

func sendAs(w http.ResponseWriter, r *http.Request, status int, contentType string, document []byte, gzipResponse *bool) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Encoding")
	compress := acceptsGzip(r.Header.Values("Accept-Encoding"))
	if gzipResponse != nil {
		compress = *gzipResponse
	}
	if compress {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(document)
		z.Close()
		document = b.Bytes()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(document)))
	w.WriteHeader(status)
	w.Write(document)
}

// acceptsGzip reports whether Accept-Encoding lists gzip with a weight above 0.
func acceptsGzip(values []string) bool {
	for item := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, params, _ := strings.Cut(item, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name != "gzip" && name != "x-gzip" {
			continue
		}
		weight, found := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q=")
		if !found {
			return true
		}
		q, err := strconv.ParseFloat(weight, 64)
		return err == nil && q > 0
	}
	return false
}
