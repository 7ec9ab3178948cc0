package nomad

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// downloadPath is where files are fetched from. The name of the file may follow the
// id: clients look at the ending of an address.
const downloadPath = "/u/d/"

// downloadPurpose separates the signatures of downloads from others.
const downloadPurpose = "nomad download"

// defaultLink is for how long a download link is good: a client lists a whole library
// with its links first and fetches the files then.
const defaultLink = 24 * time.Hour

// downloadMethods are the methods of the address, and what a page may read of the
// answer.
const (
	downloadMethods = "GET, HEAD, OPTIONS"
	downloadHeaders = "Range, If-Range, If-None-Match, If-Modified-Since"
	downloadAnswer  = "ETag, Content-Disposition, Content-Range, Accept-Ranges, X-Request-Id"
)

func (x *exchange) linkLifetime() time.Duration {
	if x.Options.URLLifetime > 0 {
		return x.Options.URLLifetime
	}
	return defaultLink
}

// link is the address under which whoever has it may fetch a file until it expires.
func (l *library) link(a *ingest.Asset) (string, error) {
	expires := strconv.FormatInt(l.until.Unix(), 10)
	mac, err := l.Signer.MAC(l.r.Context(), downloadPurpose, signedDownload(string(a.UUID), expires)...)
	return l.Base(l.r) + downloadPath + string(a.UUID) + "/" + url.PathEscape(a.FileName) + "?e=" + expires + "&s=" + mac, err
}

// signedDownload is what the signature of a download is over: method, asset and
// expiry.
func signedDownload(id, expires string) []string { return []string{http.MethodGet, id, expires} }

// mountDownloads mounts the sender of files. The address alone lets in.
func (d *Door) mountDownloads(mux *http.ServeMux) {
	for _, path := range []string{downloadPath + "{id}", downloadPath + "{id}/{name}"} {
		mux.HandleFunc("GET "+path, d.download)
		mux.HandleFunc("OPTIONS "+path, d.origins.preflight(downloadMethods, downloadHeaders))
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			d.origins.mark(w, r, downloadAnswer)
			w.Header().Set("Allow", downloadMethods)
			x := &exchange{Door: d, w: w, r: r}
			x.fail(refuse(http.StatusMethodNotAllowed, "This address takes GET and HEAD."))
		})
	}
}

func (d *Door) download(w http.ResponseWriter, r *http.Request) {
	d.origins.mark(w, r, downloadAnswer)
	x := &exchange{Door: d, w: w, r: r}
	f, err := d.signedFile(r.Context(), r)
	if err != nil {
		x.fail(err)
		return
	}
	defer f.Bytes.Close()
	send(w, r, f)
}

// signedFile opens the file that an address names, if it was signed for it and has not
// expired.
func (d *Door) signedFile(ctx context.Context, r *http.Request) (*engine.File, error) {
	forged := refuse(http.StatusForbidden, "The download link is not valid.")
	id, q := r.PathValue("id"), r.URL.Query()
	expires, mac := q.Get("e"), q.Get("s")
	until, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || mac == "" {
		return nil, forged
	}
	if err := d.Signer.Verify(ctx, downloadPurpose, mac, signedDownload(id, expires)...); err != nil {
		if ingest.KindOf(err) != ingest.Forbidden {
			return nil, err
		}
		return nil, forged
	}
	if d.Engine.Now().Unix() >= until {
		return nil, refuse(http.StatusForbidden, "The download link has expired.")
	}
	f, err := d.Engine.OriginalSigned(ctx, ingest.UUID(id))
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		err = unknown("Asset")
	}
	return f, err
}

// mostRanges is how many ranges one request may ask for. More of them cost the server
// more than the whole file, so the header is passed over (RFC 9110, section 14.2).
const mostRanges = 50

// send answers with a file under the conditions and ranges of the request. It comes
// from strangers: nothing in it may run as a page of this server.
func send(w http.ResponseWriter, r *http.Request, f *engine.File) {
	if strings.Count(r.Header.Get("Range"), ",") >= mostRanges {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
	}
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": f.Name})
	if disposition == "" {
		disposition = "attachment"
	}
	contentType := f.ContentType
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	sum := sha256.Sum256([]byte(f.Blob.Key)) // blobs never change
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", disposition)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	http.ServeContent(w, r, "", f.Modified.UTC(), f.Bytes)
}

// resolveFullURL answers a download link for an address of an asset (9).
func (x *exchange) resolveFullURL() (any, error) {
	it, err := x.entry("id")
	if err != nil {
		return nil, err
	}
	l, err := x.library()
	if err != nil {
		return nil, err
	}
	if it.Asset == nil || it.Asset.Version == 0 || !l.names(it, x.r.URL.Query().Get("url")) {
		return nil, unknown("A file at that URL")
	}
	return l.link(it.Asset)
}

// names reports whether an address that a client has of an asset means its file: one
// of those that answers give, or a part of it.
func (l *library) names(it engine.Entry, address string) bool {
	if address == "" {
		return true
	}
	address = nfc(address)
	if u, err := url.Parse(address); err == nil && strings.HasPrefix(address, l.Base(l.r)+downloadPath) {
		return strings.HasPrefix(u.Path, downloadPath+string(idOf(it)))
	}
	full := "/" + keyOf(it)
	if _, key, ok := strings.Cut(address, "::"); ok {
		address = key
	}
	return strings.HasSuffix(full, "/"+strings.Trim(address, "/"))
}
