package app

import (
	"net/http"

	"sluice/internal/protocol/brightsign"
)

// folded gives paths that clients write in any case the spelling under which their
// door is mounted.
func folded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := brightsign.Fold(r.URL.Path); path != r.URL.Path {
			r.URL.Path, r.URL.RawPath = path, ""
		}
		next.ServeHTTP(w, r)
	})
}
