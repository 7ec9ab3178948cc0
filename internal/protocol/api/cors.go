package api

import (
	"net/http"
	"strings"
)

// Header lists of the fetch standard. Credentials travel in headers that a
// page sets itself, never in cookies, so Allow-Credentials is not sent.
const (
	corsMethods = "GET, HEAD, OPTIONS"
	corsRequest = "Authorization, X-Api-Key, Range, If-Match, If-None-Match, If-Range, If-Modified-Since, If-Unmodified-Since"
	corsAnswer  = "Accept-Ranges, Allow, Content-Disposition, Content-Length, Content-Range, ETag, Last-Modified, Repr-Digest, Retry-After, X-Request-Id"
	corsMaxAge  = "7200" // seconds, the most that browsers take
)

// cors lets pages of other origins read the interface.
type cors struct {
	any     bool
	origins map[string]bool // lower case, no trailing slash
}

func newCORS(origins []string) cors {
	c := cors{origins: map[string]bool{}}
	for _, o := range origins {
		if o == "*" {
			c.any = true
		}
		c.origins[strings.ToLower(strings.TrimRight(o, "/"))] = true
	}
	return c
}

func (c cors) allows(origin string) bool {
	return origin != "" && (c.any || c.origins[strings.ToLower(origin)])
}

// wrap answers preflight requests and marks the other answers.
func (c cors) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, origin := w.Header(), r.Header.Get("Origin")
		if len(c.origins) > 0 {
			h.Add("Vary", "Origin")
		}
		if c.allows(origin) {
			if c.any {
				origin = "*"
			}
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", corsAnswer)
		}
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Allow", corsMethods)
		if h.Get("Access-Control-Allow-Origin") != "" && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", corsMethods)
			h.Set("Access-Control-Allow-Headers", corsRequest)
			h.Set("Access-Control-Max-Age", corsMaxAge)
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
