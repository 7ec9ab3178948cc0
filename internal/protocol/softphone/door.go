package softphone

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Engine is what the door needs of the engine; *engine.Engine is one.
type Engine interface {
	SoftphoneCompany(ctx context.Context, slug string) (*ingest.Company, error)
	AdmitSoftphone(ctx context.Context, p ingest.Principal, company ingest.Number) error

	NewMediaIntake() *engine.Intake
	CheckMedia(ctx context.Context, p ingest.Principal, s engine.MediaSpec) error
	DeliverMedia(ctx context.Context, p ingest.Principal, in *engine.Intake, spool *engine.Spool, s engine.MediaSpec) (engine.SharedMedia, error)
	OpenMedia(ctx context.Context, token string) (*engine.SharedFile, error)
	OwnMedia(ctx context.Context, p ingest.Principal, company ingest.Number, token string) (*ingest.MediaLink, error)

	SendMessage(ctx context.Context, p ingest.Principal, company ingest.Number, s engine.MessageSpec) (*ingest.TextMessage, error)
	FetchMessages(ctx context.Context, p ingest.Principal, company ingest.Number, s engine.FetchSpec) (engine.Fetched, error)

	TransferSecret(ctx context.Context, company ingest.Number) (string, error)
	AllocateTransfer(ctx context.Context, s engine.TransferSpec) (token string, t *ingest.Transfer, err error)
	LogRefusedAllocation(ctx context.Context, s engine.TransferSpec, why error)
	PutTransfer(ctx context.Context, s engine.TransferPut, body io.Reader) (created bool, err error)
	OpenTransfer(ctx context.Context, company ingest.Number, token string) (*engine.SharedFile, error)
}

// Logins checks who calls. Failures are those of auth: Unauthenticated, and Throttled
// when an account or an address has failed too often.
type Logins interface {
	Login(ctx context.Context, c ingest.Credentials) (ingest.Principal, error)
	// Token takes an API key.
	Token(ctx context.Context, key, address string) (ingest.Principal, error)
}

// Options are what an operator can choose for the whole server.
type Options struct {
	MaxStrangers int64 // bytes of files that all requests hold whose credentials have not come yet. 0 = 8 GiB
}

// Deps are the parts that the door is made of; all are required.
type Deps struct {
	Engine  Engine
	Logins  Logins
	Log     *slog.Logger
	Now     func() time.Time
	Address func(*http.Request) string // IP address of the client
	ID      func(*http.Request) string // request id, shown when something internal failed
	Base    func(*http.Request) string // scheme and host under which clients see the server
	// Default returns the slug of the company that addresses without one mean; NotFound
	// when there is none.
	Default func(ctx context.Context) (slug string, err error)
	Options Options
}

// Door serves the apps. It is safe for concurrent use.
type Door struct {
	Deps
	strangers room    // for files whose credentials have not come yet
	bodies    room    // for bodies that are read into memory
	texts     room    // for texts of messages that are being fetched
	aliases   aliases // of companies that add none; never changed
}

// New returns the door.
func New(d Deps) *Door {
	if d.Options.MaxStrangers == 0 {
		d.Options.MaxStrangers = 8 << 30
	}
	return &Door{Deps: d, strangers: room{left: d.Options.MaxStrangers}, bodies: room{left: maxBodies}, texts: room{left: maxTexts}, aliases: newAliases(nil)}
}

// aliasesOf returns what names mean to the company of some rules.
func (d *Door) aliasesOf(r rules) aliases {
	if len(r.aliases) == 0 {
		return d.aliases
	}
	return newAliases(r.aliases)
}

// companyOf returns the company of an address, with its settings.
func (d *Door) companyOf(ctx context.Context, slug string) (*ingest.Company, rules, error) {
	if slug == "" {
		var err error
		if slug, err = d.Default(ctx); err != nil {
			return nil, rules{}, err
		}
	}
	company, err := d.Engine.SoftphoneCompany(ctx, strings.ToLower(slug))
	if err != nil {
		return nil, rules{}, err
	}
	return company, rulesOf(company), nil
}
