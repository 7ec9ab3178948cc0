package ipsapi

import (
	"errors"
	"mime"
	"net/http"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// exportRoutes mounts the files of finished exports. Whoever knows the token of one
// may fetch it, as the address in the job log is opened without login.
func (s *Service) exportRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+engine.ExportPath+"{name}", s.export)
}

func (s *Service) export(w http.ResponseWriter, r *http.Request) {
	f, err := s.Engine.Exported(r.Context(), r.URL.Query().Get(engine.ExportToken))
	if err != nil {
		status := http.StatusNotFound
		if kind := ingest.KindOf(err); kind != ingest.NotFound {
			status = http.StatusServiceUnavailable
			s.Log.ErrorContext(r.Context(), "an export could not be opened", "request", s.ID(r), "error", err)
		}
		http.Error(w, http.StatusText(status), status)
		return
	}
	defer func() {
		if err := f.Bytes.Close(); err != nil && !errors.Is(err, r.Context().Err()) {
			s.Log.WarnContext(r.Context(), "closing an export failed", "request", s.ID(r), "error", err)
		}
	}()
	h := w.Header()
	h.Set("Content-Type", f.ContentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Referrer-Policy", "no-referrer")
	http.ServeContent(w, r, "", f.Modified, f.Bytes)
}
