package app

import (
	"net/http"

	"sluice/internal/protocol/brightsign"
	"sluice/internal/protocol/nomad"
	"sluice/internal/protocol/softphone"
)

// folded gives paths that clients write in any case, or with doubled slashes, the
// spelling under which their door is mounted.
func folded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := nomad.Fold(brightsign.Fold(r.URL.Path)); path != r.URL.Path {
			r.URL.Path, r.URL.RawPath = path, ""
		}
		next.ServeHTTP(w, r)
	})
}

// logPath gives a path the form in which the access log has it: each door masks the
// secrets in its own.
func logPath(path string) string { return softphone.LogPath(brightsign.LogPath(path)) }
