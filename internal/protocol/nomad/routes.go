package nomad

import (
	"net/http"
	"strings"
)

// route is one call.
type route struct {
	method string
	path   string // pattern behind the base path
	access access
	call   call
}

// families lists the calls: each file of a family has its own.
func families() [][]route {
	return [][]route{accountRoutes(), configRoutes(), assetRoutes(), contentRoutes(), anonymousRoutes()}
}

// Routes mounts the door: every call under /api/ and without it, as the base paths
// of clients differ (2).
func (d *Door) Routes(mux *http.ServeMux) {
	// Calls on uploads have their own multiplexer: "upload" stands where others have
	// the id of an asset.
	uploads, others := http.NewServeMux(), http.NewServeMux()
	d.mount(uploads, uploadRoutes())
	d.mount(others, families()...)
	calls := d.tidy(func(path string) http.Handler {
		if rest := strings.TrimPrefix(path, "/admin"); rest == "/asset/upload" || strings.HasPrefix(rest, "/asset/upload/") {
			return uploads
		}
		return others
	})
	for _, prefix := range prefixes {
		mux.Handle(prefix, calls)
		mux.Handle(strings.TrimSuffix(prefix, "/"), calls)
	}
	d.mountParts(mux)
	d.mountDownloads(mux)
}

// mount adds calls to a multiplexer.
func (d *Door) mount(mux *http.ServeMux, families ...[]route) {
	for _, family := range families {
		for _, r := range family {
			mux.HandleFunc(r.method+" "+r.path, d.handle(r.access, r.call))
		}
	}
	mux.HandleFunc("/", d.handle(public, func(x *exchange) (any, error) { return nil, x.noRoute(mux) }))
}

// prefixes are where the calls are mounted.
var prefixes = []string{"/api/", "/account/", "/asset/", "/admin/", "/config/", "/content/", "/anonymous-upload/"}

// Fold takes doubled slashes out of a path of this door: base addresses are typed by
// hand, and a client that is sent to another address does not go there (2).
func Fold(path string) string {
	clean := "/" + strings.TrimLeft(path, "/")
	for strings.Contains(clean, "//") {
		clean = strings.ReplaceAll(clean, "//", "/")
	}
	for _, prefix := range prefixes {
		if strings.HasPrefix(clean+"/", prefix) {
			return clean
		}
	}
	return path
}

// tidy gives a path the form that the calls are known by: without /api in front and
// without a slash at its end (2). It answers what browsers ask before a call.
func (d *Door) tidy(pick func(path string) http.Handler) http.Handler {
	preflight := d.origins.preflight(apiMethods, apiHeaders)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			preflight(w, r)
			return
		}
		path := "/" + strings.Trim(strings.TrimPrefix(r.URL.Path+"/", "/api/"), "/")
		clean := r.Clone(r.Context())
		clean.URL.Path, clean.URL.RawPath = path, ""
		pick(path).ServeHTTP(w, clean)
	})
}

// noRoute is the failure of a call that there is not.
func (x *exchange) noRoute(api *http.ServeMux) error {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := x.r.Clone(x.r.Context())
		probe.Method = method
		if _, pattern := api.Handler(probe); pattern != "/" && pattern != "" {
			methods = append(methods, method)
		}
	}
	if len(methods) == 0 {
		return refuse(http.StatusNotFound, "There is no call at this address.")
	}
	x.w.Header().Set("Allow", strings.Join(methods, ", "))
	return refuse(http.StatusMethodNotAllowed, "This address takes %s.", strings.Join(methods, ", "))
}
