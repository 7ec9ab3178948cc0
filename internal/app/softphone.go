package app

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"sluice/internal/auth"
	"sluice/internal/config"
	"sluice/internal/engine"
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
		Default: func(ctx context.Context) (string, error) { return e.DefaultSoftphoneCompany(ctx, cfg.SoftphoneCompany) },
	})
}
