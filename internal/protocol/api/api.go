// Package api is Sluice's own JSON interface under /v1/: it lists and shows
// assets, their bytes and derived files, jobs and their logs, and the companies
// that the caller may see.
//
// It reads only; every rule about who may see what is the engine's. Failures are
// problem documents (RFC 9457), lists go page by page, bytes are served with
// ranges and conditions (RFC 9110, sections 13 and 14). The interface describes
// itself in OpenAPI 3.1 at /v1/openapi.json, and a page at /v1/docs shows that
// description without loading anything from elsewhere.
package api

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

// Prefix is where the handler is to be mounted: it answers every path below it.
const Prefix = "/v1/"

// Library is what the interface reads. *engine.Engine is one.
type Library interface {
	Assets(context.Context, ingest.Principal, engine.AssetQuery, ingest.Page) ([]*ingest.Asset, error)
	Asset(context.Context, ingest.Principal, ingest.UUID) (engine.AssetDetail, error)
	Original(context.Context, ingest.Principal, ingest.UUID) (*engine.File, error)
	Derived(ctx context.Context, p ingest.Principal, asset, derived ingest.UUID, kind ingest.DerivedKind) (*engine.File, error)
	Jobs(context.Context, ingest.Principal, ingest.JobFilter, ingest.Page) ([]*ingest.Job, error)
	Job(context.Context, ingest.Principal, ingest.UUID) (*ingest.Job, error)
	JobProgress(context.Context, ingest.Principal, ingest.UUID) (ingest.JobProgress, error)
	JobLog(context.Context, ingest.Principal, ingest.UUID, ingest.LogFilter, ingest.Page) ([]ingest.LogRow, error)
	Company(context.Context, ingest.Principal, ingest.Number) (*ingest.Company, error)
	CompanyNamed(context.Context, ingest.Principal, string) (*ingest.Company, error)
	Companies(context.Context, ingest.Principal) ([]*ingest.Company, error)
	Credit(ctx context.Context, p ingest.Principal, company ingest.Number) (engine.Credit, error)
	Healthy(context.Context) error
}

// DoorInfo says where a door of the server is.
type DoorInfo struct {
	Name  string // of ingest.Door
	Title string // for people
	Path  string // from the root of the server, with a leading slash
}

// Deps is what the interface needs. Library and Auth are required.
type Deps struct {
	Library Library
	Auth    guard.Logins
	Log     *slog.Logger // receives the causes of internal errors; nil = none
	Version string
	Doors   []DoorInfo
	// Limits are shown by /v1/info as they are, in bytes unless the name says
	// otherwise.
	Limits map[string]int64
	// Origins are the web origins whose pages may call the interface, as scheme,
	// host and port; "*" allows every one.
	Origins []string
}

// server holds what the operations share.
type server struct {
	Deps
	mux  *http.ServeMux
	huma huma.API
}

// New returns the handler for everything under Prefix.
func New(d Deps) http.Handler {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{Deps: d, mux: http.NewServeMux()}
	s.huma = humago.New(s.mux, s.config())
	s.huma.UseMiddleware(s.answer)
	s.routes()
	s.serveDescription()
	s.mux.HandleFunc(Prefix, s.unrouted)
	return newCORS(d.Origins).wrap(s.mux)
}

// unrouted answers what no operation does: a path that another method would
// have reached, or no path at all.
func (s *server) unrouted(w http.ResponseWriter, r *http.Request) {
	probe := r.Clone(r.Context())
	probe.Method = http.MethodGet
	if _, pattern := s.mux.Handler(probe); pattern != Prefix {
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		writeProblem(w, r, newProblem(r.Context(), http.StatusMethodNotAllowed, "method-not-allowed", "the method "+clip(r.Method)+" is not available here, only GET and HEAD are"))
		return
	}
	writeProblem(w, r, s.problem(r.Context(), &ingest.Error{Kind: ingest.NotFound, Op: "api.unrouted", Msg: "nothing is served at " + clip(r.URL.Path)}))
}
