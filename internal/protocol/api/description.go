package api

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"
)

//go:embed docs
var docs embed.FS

// pagePolicy is the content security policy of the page: its own files and the
// description, nothing else.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// serveDescription serves the OpenAPI document and the page that shows it. They
// are the same for everyone and need no login.
func (s *server) serveDescription() {
	s.describeRest()
	document, err := json.Marshal(s.huma.OpenAPI())
	if err != nil {
		panic("the description of the interface cannot be written: " + err.Error()) // a defect of this package, seen by any test
	}
	s.static("/v1/openapi.json", "application/json", document)
	for path, file := range map[string][2]string{
		"/v1/docs":           {"docs/index.html", "text/html; charset=utf-8"},
		"/v1/docs/page.js":   {"docs/page.js", "text/javascript; charset=utf-8"},
		"/v1/docs/style.css": {"docs/style.css", "text/css; charset=utf-8"},
	} {
		content, err := docs.ReadFile(file[0])
		if err != nil {
			panic("the page is not built in: " + err.Error())
		}
		s.static(path, file[1], content)
	}
}

// static serves content that does not change while the server runs.
func (s *server) static(path, contentType string, content []byte) {
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Cache-Control", "no-cache")
		serve(w, r, tag, time.Time{}, bytes.NewReader(content))
	})
}
