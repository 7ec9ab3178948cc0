package softphone

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/internal/engine"
)

// mostRanges is how many ranges one request may ask for; beyond it the header is
// passed over (RFC 9110, section 14.2).
const mostRanges = 16

// longestCache is how long a file may be kept by caches at most, so that one that was
// removed does not live on for weeks.
const longestCache = 24 * time.Hour

// serveFile answers with a file under the conditions and ranges of the request (section
// 11), and closes it. fail answers what http.ServeContent would refuse in plain text.
func serveFile(w http.ResponseWriter, r *http.Request, f *engine.SharedFile, now time.Time, fail func(status int)) {
	defer f.Bytes.Close()
	h := w.Header()
	describe(h, f.ContentType, f.Name)
	h.Set("Cache-Control", cacheControl(f.Expires, now))
	digest := f.SHA256
	if len(digest) != sha256.Size {
		digest = f.Blob.SHA256
	}
	if len(digest) == sha256.Size {
		h.Set("ETag", `"`+hex.EncodeToString(digest)+`"`)
		h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(digest)+":")
	} else {
		sum := sha256.Sum256([]byte(f.Blob.Key)) // blobs never change
		h.Set("ETag", `"b-`+hex.EncodeToString(sum[:16])+`"`)
	}
	if strings.Count(r.Header.Get("Range"), ",") >= mostRanges {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
	}
	http.ServeContent(&refusals{ResponseWriter: w, fail: fail}, r, "", f.Modified.UTC(), f.Bytes)
}

// describe sets the headers that keep a file of a stranger from running as a page of
// this server. Its type is the stored one and is not guessed at.
func describe(h http.Header, contentType, name string) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		contentType, kind = "application/octet-stream", ""
	}
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox")
	how := "attachment"
	switch {
	case kind == "application/pdf":
		how = "inline"
		// Viewers of browsers do not start in a sandbox. They are one themselves.
		h.Set("Content-Security-Policy", "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'")
	case strings.HasSuffix(kind, "+xml"):
	case strings.HasPrefix(kind, "image/"), strings.HasPrefix(kind, "audio/"), strings.HasPrefix(kind, "video/"):
		how = "inline"
	}
	h.Set("Content-Disposition", disposition(how, name))
}

// disposition names a file, for old clients and for others (RFC 6266).
func disposition(how, name string) string {
	if name == "" {
		return how
	}
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%/`, r) {
			return '_'
		}
		return r
	}, name)
	return how + `; filename="` + plain + `"; filename*=UTF-8''` + extended(name)
}

// extended encodes a name as the value of an extended parameter (RFC 8187, 3.2.1).
func extended(name string) string {
	var b strings.Builder
	for _, c := range []byte(strings.ToValidUTF8(name, "_")) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// cacheControl lets caches of the client keep a file, not beyond its time.
func cacheControl(expires, now time.Time) string {
	left := longestCache
	if !expires.IsZero() {
		left = max(0, min(left, expires.Sub(now)))
	}
	return "private, max-age=" + strconv.FormatInt(int64(left/time.Second), 10)
}

// refusals gives the failures of http.ServeContent the shape of all others.
type refusals struct {
	http.ResponseWriter
	fail    func(status int)
	refused bool
}

// Unwrap lets http.ResponseController reach the connection.
func (w *refusals) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader replaces failures.
func (w *refusals) WriteHeader(status int) {
	if status < http.StatusBadRequest {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.refused = true
	for _, name := range []string{"Content-Disposition", "Repr-Digest", "Last-Modified", "Cache-Control", "ETag"} {
		w.Header().Del(name)
	}
	w.fail(status)
}

// Write drops what http.ServeContent says after a failure.
func (w *refusals) Write(p []byte) (int, error) {
	if w.refused {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// ReadFrom keeps the server's short way from file to socket.
func (w *refusals) ReadFrom(src io.Reader) (int64, error) {
	if to, ok := w.ResponseWriter.(io.ReaderFrom); ok && !w.refused {
		return to.ReadFrom(src)
	}
	return io.Copy(struct{ io.Writer }{w}, src)
}
