package nomad

import (
	"net/http"
	"strings"
)

// Header lists of the fetch standard (7.3). Credentials travel in headers that a page
// sets itself, never in cookies, so Allow-Credentials is not sent.
const (
	apiMethods    = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
	apiHeaders    = "Authorization, Content-Type, Accept, X-Upload-Session"
	apiAnswer     = "Retry-After, X-Request-Id"
	partMethods   = "PUT, OPTIONS"
	partHeaders   = "Content-Type, Content-MD5, Content-Digest, Digest, Accept, x-amz-*"
	partAnswer    = "ETag, Retry-After, X-Request-Id"
	preflightAge  = "7200" // seconds, the most that browsers take
	amzHeaderName = "x-amz-"
)

// origins are the web pages that may call from a browser.
type origins struct {
	any  bool
	list map[string]bool // lower case, no trailing slash
}

func newOrigins(list []string) origins {
	o := origins{list: map[string]bool{}}
	for _, origin := range list {
		if origin == "*" {
			o.any = true
		}
		o.list[strings.ToLower(strings.TrimRight(origin, "/"))] = true
	}
	return o
}

// mark lets a page read the answer, and of its headers those that are exposed.
// Failures are marked too: a page could not tell them from a broken network.
func (o origins) mark(w http.ResponseWriter, r *http.Request, exposed string) {
	h, origin := w.Header(), r.Header.Get("Origin")
	if len(o.list) > 0 {
		h.Add("Vary", "Origin")
	}
	if origin == "" || !o.any && !o.list[strings.ToLower(origin)] {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", exposed)
}

// preflight answers what a browser asks before a page's call, without a login and
// whatever the address.
func (o origins) preflight(methods, headers string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o.mark(w, r, "")
		h := w.Header()
		h.Del("Access-Control-Expose-Headers")
		h.Set("Allow", methods)
		if h.Get("Access-Control-Allow-Origin") != "" {
			h.Set("Access-Control-Allow-Methods", methods)
			h.Set("Access-Control-Allow-Headers", allowed(headers, r.Header.Get("Access-Control-Request-Headers")))
			h.Set("Access-Control-Max-Age", preflightAge)
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// allowed names the headers that a page may send. The list cannot have wild cards
// within names, so those that begin with x-amz- and were asked for are named.
func allowed(headers, asked string) string {
	headers = strings.TrimSuffix(headers, ", "+amzHeaderName+"*")
	for name := range strings.SplitSeq(asked, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if strings.HasPrefix(name, amzHeaderName) && len(name) < 64 && isToken(name) {
			headers += ", " + name
		}
	}
	return headers
}

func isToken(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
