package app

import (
	"log/slog"
	"net/http"
	"os"

	"sluice/internal/auth"
	"sluice/internal/config"
	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/api"
	"sluice/internal/protocol/brightsign"
	"sluice/internal/protocol/guard"
	"sluice/internal/protocol/scene7"
	"sluice/internal/protocol/scene7/ipsapi"
	"sluice/internal/protocol/web"
	"sluice/internal/telemetry"
)

// door is one protocol, with one of mount and before.
type door struct {
	name    ingest.Door
	mount   func(*http.ServeMux)            // adds its patterns
	before  func(http.Handler) http.Handler // stands before the patterns of all doors, as its addresses begin with a company
	entries []entry
}

// entry is an address of a door as people are shown it.
type entry struct {
	title string
	about string // whose clients use it
	path  string
}

// mountDoors returns a handler that serves the doors on a mux, and everything else on it.
func mountDoors(mux *http.ServeMux, list []door) http.Handler {
	var h http.Handler = mux
	for _, d := range list {
		if d.mount != nil {
			d.mount(mux)
		}
		if d.before != nil {
			h = d.before(h)
		}
	}
	return h
}

// doors lists the protocols of this server. A new one is one line here.
func doors(cfg config.Config, e *engine.Engine, logins *auth.Service, log *slog.Logger) ([]door, error) {
	mailer, err := newMailer(cfg, os.Stderr)
	if err != nil {
		return nil, err
	}
	uploadFile, err := scene7.New(scene7.Deps{
		Engine: e, Logins: logins, Log: log,
		Address: func(r *http.Request) string { return guard.ClientAddress(r.Context()) },
		ID:      func(r *http.Request) string { return guard.RequestID(r.Context()) },
		Options: scene7.Options{
			MaxPostSize: int64(cfg.Scene7MaxPostSize), MaxAnonymousSpool: int64(cfg.Scene7MaxAnonymousSpool), Strict: cfg.Scene7Strict,
		},
	})
	if err != nil {
		return nil, err
	}
	operations, err := ipsapi.New(ipsapi.Deps{
		Engine: e, Logins: logins, Log: log, Version: telemetry.ReadVersion().Version, MaxPostSize: int64(cfg.Scene7MaxPostSize),
		Address: func(r *http.Request) string { return guard.ClientAddress(r.Context()) },
		ID:      func(r *http.Request) string { return guard.RequestID(r.Context()) },
	})
	if err != nil {
		return nil, err
	}
	bright := brightsign.New(brightsign.Deps{
		Engine: e, Logins: logins, Tokens: tokens{logins}, Log: log,
		Address: func(r *http.Request) string { return guard.ClientAddress(r.Context()) },
		ID:      func(r *http.Request) string { return guard.RequestID(r.Context()) },
		Base:    func(r *http.Request) string { return guard.PublicURL(r.Context()) },
		Options: brightsign.Options{
			Retention: cfg.BrightSignRetention.Std(), MaxMessage: int64(cfg.BrightSignMaxMessage), DuplicateName: cfg.BrightSignDuplicateName,
			DefaultType: cfg.BrightSignDefaultContentType, NegotiatePlain: cfg.BrightSignNegotiatePlain, StrictChunkCount: cfg.BrightSignStrictChunkCount,
			EnforceTimestamp: cfg.BrightSignEnforceTimestamp, StrictNegotiation: cfg.BrightSignRESTStrict,
			ServiceNamespace: cfg.BrightSignServiceNamespace, DataNamespace: cfg.BrightSignDataNamespace,
		},
	})
	return []door{
		{name: ingest.DoorScene7, mount: uploadFile.Routes, entries: []entry{
			{"Scene7 UploadFile", "Dynamic Media Classic (Scene7 IPS) clients", "/scene7/UploadFile"},
		}},
		{name: ingest.DoorScene7, mount: operations.Routes, entries: []entry{
			{"Scene7 IPS API", "the same clients, for everything around an upload", "/scene7/services/IpsApiService?wsdl"},
		}},
		{name: ingest.DoorBrightSign, mount: bright.Routes, entries: []entry{
			{"BrightSign content upload", "BrightSign Network clients, by SOAP", "/Uploads/2014/07/SOAP/WSDL/"},
			{"BrightSign upload REST API", "the same clients, and those of BSN.cloud", "/Upload/2019/03/REST/"},
		}},
		{name: ingest.DoorNomad, mount: newNomad(cfg, e, logins, mailer, log).Routes, entries: []entry{
			{"Nomad asset upload", "Nomad Media clients, by pre-signed parts", "/api/account/login"},
		}},
		{name: ingest.DoorSoftphone, before: newSoftphone(cfg, e, logins, log).Before, entries: []entry{
			{"Softphone media and messages", "Acrobits and Cloud Softphone apps", "/{company}/softphone/"},
		}},
	}, nil
}

// mountPages mounts the JSON interface and the start page, which show the doors.
func mountPages(mux *http.ServeMux, cfg config.Config, e *engine.Engine, logins *auth.Service, log *slog.Logger, list []door) {
	version := telemetry.ReadVersion().Version
	own := door{name: ingest.DoorAPI, entries: []entry{{"JSON API", "scripts and integrations", api.Prefix}}}
	var infos []api.DoorInfo
	var shown []web.Door
	for _, d := range append(list, own) {
		for _, entry := range d.entries {
			infos = append(infos, api.DoorInfo{Name: string(d.name), Title: entry.title, Path: entry.path})
			shown = append(shown, web.Door{Title: entry.title, About: entry.about, Path: entry.path})
		}
	}
	mux.Handle(api.Prefix, api.New(api.Deps{
		Library: e, Auth: logins, Log: log, Version: version, Doors: infos, Origins: cfg.CORSOrigins,
		Limits: map[string]int64{"scene7MaxPostSize": int64(cfg.Scene7MaxPostSize)},
	}))
	mux.Handle("/", web.New(web.Deps{
		Version: version, Healthy: e.Healthy, Doors: shown,
		Links: []web.Link{{Title: "JSON API reference", Path: "/v1/docs"}, {Title: "OpenAPI document", Path: "/v1/openapi.json"}},
	}))
}
