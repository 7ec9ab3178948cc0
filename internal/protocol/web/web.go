// Package web serves the start page: what this server is, whether it is well,
// where its doors are and how to try it. The page needs no script, loads
// nothing but itself and tells strangers no more than the addresses.
package web

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"sluice/internal/protocol/guard"
)

//go:embed start.html missing.html style.css
var files embed.FS

// stylePath is where the pages' style sheet is.
const stylePath = "/style.css"

// policy is the content security policy of the pages: their style sheet and
// links, nothing else.
const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Door is a protocol that the server speaks.
type Door struct {
	Title string // for people
	About string // whose clients use it; may be empty
	Path  string // from the root of the server, with a leading slash
}

// Link leads to a page of this server.
type Link struct {
	Title string
	Path  string
}

// Deps is what the pages show. Healthy is required.
type Deps struct {
	Version string
	Healthy func(context.Context) error // nil error = well
	Doors   []Door
	Links   []Link // documentation
}

// pages serves the start page and the page of unknown addresses.
type pages struct {
	Deps
	start, missing *template.Template
	style          []byte
}

// New returns the handler for every path that no door takes.
func New(d Deps) http.Handler {
	style, err := files.ReadFile("style.css")
	if err != nil {
		panic("the style sheet is not built in: " + err.Error())
	}
	p := &pages{
		Deps:  d,
		start: template.Must(template.ParseFS(files, "start.html")), missing: template.Must(template.ParseFS(files, "missing.html")),
		style: style,
	}
	return p
}

// view is what a template sees.
type view struct {
	Deps
	Base string // public address of the server, without a trailing slash
	Well bool
	Path string // that was asked for
}

// ServeHTTP answers GET and HEAD.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && (r.URL.Path == "/" || r.URL.Path == stylePath) {
		w.Header().Set("Allow", "GET, HEAD")
		p.send(w, http.StatusMethodNotAllowed, "text/plain; charset=utf-8", []byte("only GET and HEAD are available here\n"))
		return
	}
	switch r.URL.Path {
	case "/":
		v := view{Deps: p.Deps, Base: base(r), Well: p.Healthy(r.Context()) == nil}
		w.Header().Set("Cache-Control", "no-store")
		p.render(w, http.StatusOK, p.start, v)
	case stylePath:
		w.Header().Set("Cache-Control", "max-age=3600")
		p.send(w, http.StatusOK, "text/css; charset=utf-8", p.style)
	default:
		p.render(w, http.StatusNotFound, p.missing, view{Path: clip(r.URL.Path)})
	}
}

func (p *pages) render(w http.ResponseWriter, status int, t *template.Template, v view) {
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		p.send(w, http.StatusInternalServerError, "text/plain; charset=utf-8", []byte("internal error\n"))
		return
	}
	p.send(w, status, "text/html; charset=utf-8", b.Bytes())
}

func (p *pages) send(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the server drops it for HEAD
}

// base returns the server's address as the client sees it.
func base(r *http.Request) string {
	if public := guard.PublicURL(r.Context()); public != "" {
		return public
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	if strings.ContainsAny(r.Host, "/\\?#@<>\"'` \t") {
		return ""
	}
	return scheme + "://" + r.Host
}

// clip bounds what is repeated of a client's words, in bytes.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
