package nomad

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Logins checks who calls.
type Logins interface {
	Login(ctx context.Context, c ingest.Credentials) (ingest.Principal, error)
	// Token takes an API key.
	Token(ctx context.Context, key, address string) (ingest.Principal, error)
	// Exists reports whether there is a login, for telling Company/login from a login
	// with a slash. Callers must not be able to see the answer.
	Exists(ctx context.Context, login string) (bool, error)
	// Named returns who has a login, without a password: for users of the settings.
	Named(ctx context.Context, login string) (ingest.Principal, error)
	// HashPassword returns the text under which a new password is kept.
	HashPassword(ctx context.Context, password string) (string, error)
}

// Tokens makes and checks bearer tokens. None of them is kept anywhere: all but End
// write nothing.
type Tokens interface {
	// Grant begins a session of a user in a company. It returns a token for calls and
	// one that gets new ones.
	Grant(ctx context.Context, user, company ingest.Number) (Grant, error)
	// Open returns who an access token stands for. A token that was good once and is
	// no more is Forbidden; one that never was is Unauthenticated.
	Open(ctx context.Context, token string) (Session, error)
	// Refresh is Open for tokens that get new ones. The grant goes on with the
	// session: it has the same Refresh, and the same Access for calls at about the
	// same time.
	Refresh(ctx context.Context, token string) (Session, Grant, error)
	// End ends a session of a user: its tokens are Forbidden from then on.
	End(ctx context.Context, user ingest.Number, session ingest.UUID) error
}

// Grant is what a login is answered with.
type Grant struct {
	Access  string
	Refresh string
	Expires time.Time // of Access
	Session ingest.UUID
}

// Session is who a token stands for.
type Session struct {
	ingest.Principal
	ID      ingest.UUID
	Company ingest.Number
	Issued  time.Time
}

// Signer makes and checks the addresses that work without a login.
type Signer interface {
	MAC(ctx context.Context, purpose string, parts ...string) (string, error)
	// Verify is Forbidden when the text was not made for the purpose and the parts.
	Verify(ctx context.Context, purpose, text string, parts ...string) error
}

// Mailer sends letters.
type Mailer interface {
	Send(ctx context.Context, to, subject, text string) error
}

// Deps are the parts that the door is made of; all are required.
type Deps struct {
	Engine  *engine.Engine
	Logins  Logins
	Tokens  Tokens
	Signer  Signer
	Mailer  Mailer
	Log     *slog.Logger
	Address func(*http.Request) string // IP address of the client
	ID      func(*http.Request) string // request id, shown when something internal failed
	Base    func(*http.Request) string // scheme and host under which the client sees the server
	Options Options
}

// Options are the settings of the door. Zero fields take the default that they name.
type Options struct {
	URLLifetime    time.Duration // of addresses: those of parts by size, 1 h to 7 days (7.3); download links 24 h (9)
	ResumeAll      bool          // answer parts that are there already too when an upload goes on (8)
	EnumStrings    bool          // answer enumerations by name instead of number (9)
	PlainText      bool          // refuse parts whose bytes were sent as a text, instead of repairing them (7.1)
	LockTime       time.Duration // after which another user's upload of a target gives way: 1 h (5)
	MaxFileSize    int64         // bytes of a file: 5 TiB
	IncomingFolder string        // path of the folder for files without one: "Incoming" (4.1)
	Origins        []string      // web origins that may call; "*" = all
	Anonymous      bool          // take files of people without a login, after an e-mailed code (8.2)
	AnonymousUser  string        // login under whose name those arrive
}

// Limits of the contract, in bytes unless said otherwise.
const (
	maxBody        = 1 << 20  // JSON of a request, 11
	minPartSize    = 64 << 10 // 4.2
	maxPartSize    = 5 << 30
	defaultPart    = 8 << 20
	maxURLLifetime = 7 * 24 * time.Hour // 7.3
	minURLLifetime = time.Hour
)

func (o Options) withDefaults() Options {
	if o.LockTime == 0 {
		o.LockTime = time.Hour
	}
	if o.MaxFileSize == 0 {
		o.MaxFileSize = 5 << 40
	}
	if o.IncomingFolder == "" {
		o.IncomingFolder = "Incoming"
	}
	return o
}

// Door serves the clients. It is safe for concurrent use.
type Door struct {
	Deps
	origins origins
	paces   paces
}

// New returns the door.
func New(d Deps) *Door {
	d.Options = d.Options.withDefaults()
	return &Door{Deps: d, origins: newOrigins(d.Options.Origins), paces: newPaces()}
}
