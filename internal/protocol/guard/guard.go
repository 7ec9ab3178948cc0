package guard

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"
)

// Options configures a Guard. Zero fields take the defaults that they name.
type Options struct {
	Log     *slog.Logger   // required
	Trusted []netip.Prefix // proxies whose X-Forwarded headers count: none
	// PublicURL is the address that clients see, without a trailing slash; ""
	// takes it from each request.
	PublicURL string
	Pace      Pace
	// Quiet lists paths that are not logged unless they fail: health checks.
	Quiet []string
	// LogPath gives a path the form in which it is logged: doors that have secrets in
	// their paths mask these. It sees every path, of addresses that do not exist too.
	// nil = as it is.
	LogPath func(path string) string
	// Observe is called after each request, for metrics. Route is the pattern
	// that matched, "" for none.
	Observe func(method, route string, status int, took time.Duration)
}

// Guard wraps the server's handler.
type Guard struct {
	options Options
	proxies proxies
	quiet   map[string]bool
}

// New returns a guard.
func New(options Options) *Guard {
	options.Pace = options.Pace.withDefaults()
	options.PublicURL = strings.TrimRight(options.PublicURL, "/")
	g := &Guard{options: options, proxies: options.Trusted, quiet: make(map[string]bool)}
	for _, path := range options.Quiet {
		g.quiet[path] = true
	}
	return g
}

// contextKey carries the facts of a request.
type contextKey struct{}

// facts are what the guard found out about a request.
type facts struct {
	id      string
	address string
	base    string // public URL without a trailing slash
}

// RequestID returns the id that the answer's X-Request-Id and the log show, ""
// outside of a guarded request.
func RequestID(ctx context.Context) string {
	f, _ := ctx.Value(contextKey{}).(facts)
	return f.id
}

// ClientAddress returns the client's IP address, without a port.
func ClientAddress(ctx context.Context) string {
	f, _ := ctx.Value(contextKey{}).(facts)
	return f.address
}

// PublicURL returns the address under which the client reaches this server, as
// scheme and host without a trailing slash.
func PublicURL(ctx context.Context) string {
	f, _ := ctx.Value(contextKey{}).(facts)
	return f.base
}

// Wrap puts the guard before a handler.
func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		f := facts{id: newID(), address: g.proxies.client(r), base: g.options.PublicURL}
		if f.base == "" {
			f.base = g.proxies.origin(r)
		}
		out := &response{ResponseWriter: w, control: http.NewResponseController(w), idle: g.options.Pace.WriteIdle}
		body := &pacedBody{ReadCloser: r.Body, control: out.control, pace: g.options.Pace, none: r.Body == nil || r.Body == http.NoBody}
		setHeaders(w.Header(), f.id)
		r = r.WithContext(context.WithValue(r.Context(), contextKey{}, f))
		if !body.none {
			r.Body = body
		}
		out.begin()
		defer func() {
			cut := g.recovered(recover(), out, r)
			body.finish()
			out.finish()
			g.report(r, out, body, time.Since(began))
			if cut {
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(out, r)
	})
}

// setHeaders sets what is right for an answer of any door. Doors that serve
// pages replace the policy.
func setHeaders(h http.Header, id string) {
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
}

// recovered deals with a handler's panic: the log gets value and stack, the
// client a 500 with the request id. It reports whether the answer had begun
// already, so that the connection must be cut.
func (g *Guard) recovered(value any, out *response, r *http.Request) (cut bool) {
	if value == nil {
		return false
	}
	if value == http.ErrAbortHandler {
		return true
	}
	g.options.Log.ErrorContext(r.Context(), "panic", "request", RequestID(r.Context()), "method", r.Method,
		"path", g.loggedPath(r), "value", fmt.Sprint(value), "stack", string(debug.Stack()))
	if out.status != 0 {
		return true
	}
	for _, name := range []string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified", "Content-Disposition"} {
		out.Header().Del(name)
	}
	out.Header().Set("Connection", "close")
	http.Error(out, "internal error, request "+RequestID(r.Context()), http.StatusInternalServerError)
	return false
}

// report writes the access log and the metrics.
func (g *Guard) report(r *http.Request, out *response, body *pacedBody, took time.Duration) {
	status := out.status
	if status == 0 {
		status = http.StatusOK
	}
	if g.options.Observe != nil {
		g.options.Observe(r.Method, r.Pattern, status, took)
	}
	if g.quiet[r.URL.Path] && status < http.StatusBadRequest {
		return
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	g.options.Log.Log(r.Context(), level, "request", "request", RequestID(r.Context()), "address", ClientAddress(r.Context()),
		"method", r.Method, "path", g.loggedPath(r), "status", status, "in", body.bytes, "out", out.bytes,
		"ms", took.Milliseconds(), "agent", clip(r.UserAgent()))
}

// clip bounds what a client can write into the log.
func clip(s string) string {
	const most = 256
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

func newID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
