package app

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"sluice/internal/auth"
	"sluice/internal/config"
	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
	"sluice/internal/protocol/softphone"
)

// newSoftphone returns the door for softphone apps. It stands before the patterns of the
// others: its addresses begin with the name of a company, which may be that of a door.
func newSoftphone(cfg config.Config, e *engine.Engine, logins *auth.Service, log *slog.Logger) *softphone.Door {
	return softphone.New(softphone.Deps{
		Engine: e, Logins: logins, Log: log, Now: time.Now,
		Address: func(r *http.Request) string { return guard.ClientAddress(r.Context()) },
		ID:      func(r *http.Request) string { return guard.RequestID(r.Context()) },
		Base:    func(r *http.Request) string { return guard.PublicURL(r.Context()) },
		Default: func(ctx context.Context) (string, error) { return softphoneCompany(ctx, e, cfg.SoftphoneCompany) },
	})
}

// softphoneCompany returns the slug of the company that the settings name, or of the
// only one there is.
func softphoneCompany(ctx context.Context, e *engine.Engine, name string) (string, error) {
	system := ingest.Principal{Admin: true} // nobody has logged in yet
	if name != "" {
		c, err := e.CompanyNamed(ctx, system, name)
		if err != nil {
			return "", err
		}
		return c.Slug, nil
	}
	list, err := e.Companies(ctx, system)
	if err != nil {
		return "", err
	}
	if len(list) != 1 {
		return "", &ingest.Error{Kind: ingest.NotFound, Op: "app.softphoneCompany", Code: ingest.CodeUnknownCompany,
			Msg: "there are several companies, and the address names none"}
	}
	return list[0].Slug, nil
}
