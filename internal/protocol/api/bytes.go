package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// bytesOutput lets an operation write by itself.
type bytesOutput struct {
	Body func(huma.Context)
}

func (s *server) original(ctx context.Context, p ingest.Principal, in *assetInput) (*bytesOutput, error) {
	id, err := parseUUID("asset", in.UUID)
	if err != nil {
		return nil, err
	}
	return sendFile(s.Library.Original(ctx, p, id))
}

func (s *server) thumbnail(ctx context.Context, p ingest.Principal, in *assetInput) (*bytesOutput, error) {
	id, err := parseUUID("asset", in.UUID)
	if err != nil {
		return nil, err
	}
	return sendFile(s.Library.Derived(ctx, p, id, "", ingest.DerivedThumbnail))
}

// derivedInput names a derived file.
type derivedInput struct {
	UUID    string `path:"uuid" doc:"UUID of the asset."`
	Derived string `path:"derivedUuid" doc:"UUID of the derived file, as its url has it."`
}

func (s *server) derived(ctx context.Context, p ingest.Principal, in *derivedInput) (*bytesOutput, error) {
	id, err := parseUUID("asset", in.UUID)
	if err != nil {
		return nil, err
	}
	made, err := parseUUID("derived file", in.Derived)
	if err != nil {
		return nil, err
	}
	return sendFile(s.Library.Derived(ctx, p, id, made, ""))
}

// sendFile answers with a file that has been opened, and closes it.
func sendFile(f *engine.File, err error) (*bytesOutput, error) {
	if err != nil {
		return nil, err
	}
	return &bytesOutput{Body: func(ctx huma.Context) {
		defer f.Bytes.Close()
		r, w := humago.Unwrap(ctx)
		describe(w.Header(), f)
		serve(w, r, entityTag(f), f.Modified, f.Bytes)
	}}, nil
}

// describe sets the headers that belong to a file. Files come from strangers:
// nothing in them may run as a page of this server.
func describe(h http.Header, f *engine.File) {
	contentType := f.ContentType
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", disposition(contentType, f.Name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox")
	h.Set("Cache-Control", "private, no-cache")
	if digest := digestOf(f); digest != nil {
		h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(digest)+":")
	}
}

// digestOf is the SHA-256 of a file, nil when it is not known.
func digestOf(f *engine.File) []byte {
	if len(f.SHA256) == sha256.Size {
		return f.SHA256
	}
	if len(f.Blob.SHA256) == sha256.Size {
		return f.Blob.SHA256
	}
	return nil
}

// entityTag names the bytes of a file: by their digest, or, as blobs never
// change, by a digest of the blob's key.
func entityTag(f *engine.File) string {
	if digest := digestOf(f); digest != nil {
		return `"` + hex.EncodeToString(digest) + `"`
	}
	sum := sha256.Sum256([]byte(f.Blob.Key))
	return `"b-` + hex.EncodeToString(sum[:16]) + `"`
}

// mostRanges is how many ranges one request may ask for. More of them cost the
// server more than the whole file, so the header is passed over (RFC 9110,
// section 14.2, allows it).
const mostRanges = 50

// serve answers with content under the conditions and ranges of the request. A
// zero modified time is not shown.
func serve(w http.ResponseWriter, r *http.Request, tag string, modified time.Time, content io.ReadSeeker) {
	if strings.Count(r.Header.Get("Range"), ",") >= mostRanges {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
	}
	w.Header().Set("ETag", tag)
	http.ServeContent(&refusals{ResponseWriter: w, r: r}, r, "", modified.UTC(), content)
}

// refusals gives the failures of http.ServeContent the shape of all others and
// leaves its successes alone.
type refusals struct {
	http.ResponseWriter
	r       *http.Request
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
	h := w.Header()
	for _, name := range []string{"Content-Disposition", "Repr-Digest", "Content-Encoding", "Last-Modified"} {
		h.Del(name)
	}
	ctx := w.r.Context()
	var p *Problem
	switch status {
	case http.StatusPreconditionFailed:
		p = newProblem(ctx, status, "precondition-failed", "what is stored is not what the request's conditions name")
	case http.StatusRequestedRangeNotSatisfiable:
		p = newProblem(ctx, status, "range", "no byte of the file lies in the range "+clip(w.r.Header.Get("Range")))
	default:
		p = newProblem(ctx, status, faults[ingest.Internal].code, "")
	}
	writeProblem(w.ResponseWriter, w.r, p)
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
