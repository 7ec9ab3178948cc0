package app

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"sluice/internal/ingest"
)

// health answers whether the process lives and whether it takes requests.
type health struct {
	store ingest.Store
	open  atomic.Bool
}

// live is liveness: the process answers.
func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, "ok\n")
}

// ready is readiness: the server is not stopping and its database answers.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	if !h.open.Load() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := h.store.Ping(ctx); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "ready\n")
}
