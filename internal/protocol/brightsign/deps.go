package brightsign

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Logins checks who calls.
type Logins interface {
	Login(ctx context.Context, c ingest.Credentials) (ingest.Principal, error)
}

// Tokens makes and checks bearer tokens, each good for one user in one company.
type Tokens interface {
	Issue(ctx context.Context, user, company ingest.Number) (token string, expires time.Time, err error)
	Open(ctx context.Context, token string) (p ingest.Principal, company ingest.Number, err error)
}

// Deps are the parts that the door is made of; all are required.
type Deps struct {
	Engine  *engine.Engine
	Logins  Logins
	Tokens  Tokens
	Log     *slog.Logger
	Address func(*http.Request) string // IP address of the client
	ID      func(*http.Request) string // request id, shown when something internal failed
	Base    func(*http.Request) string // scheme and host under which the client sees the server
	Options Options
}

// Options are the settings of the door. Zero fields take the default that they name.
type Options struct {
	Retention         time.Duration // how long final statuses are answered: 24 h
	MaxMessage        int64         // bytes of a message: 16 MiB
	DuplicateName     string        // allow, rename or reject: allow
	DefaultType       string        // type of files of which none is given, Image or Auto: Image
	NegotiatePlain    bool          // tell clients of plain SOAP uploads that their file is there already
	StrictChunkCount  bool          // refuse files whose number of chunks is not what was said
	EnforceTimestamp  bool          // refuse messages whose time is over
	StrictNegotiation bool          // REST: answer 406 when a match cannot be told
	ServiceNamespace  string
	DataNamespace     string
}

// Limits of the contract.
const (
	maxFileSize       = 5_000_000_000 // bytes, 6.1
	maxSessionMessage = 2_097_152     // bytes, 9.1
	maxNameUnits      = 128           // UTF-16 code units of names and paths, 8.5
	maxThumbnail      = 1 << 20       // bytes, 8.7
	maxHeld           = 64 << 20      // bytes of chunks that are held at once
	clockSkew         = 5 * time.Minute
)

// Limits of what is kept with an upload and the contract sets no limit to.
const (
	maxRelativeUnits = 1024 // UTF-16 code units of the path of an asset in its page
	maxPageName      = 256  // UTF-16 code units
	maxHashText      = 256  // bytes of a hash with the white space around it
	maxNamespace     = 1024 // bytes of the namespace of arguments
	maxAssets        = engine.MostPageFiles
)

// Namespaces by default (1.3).
const (
	defaultService = "https://api.brightsignnetwork.com/Uploads/2014/07/SOAP/"
	defaultData    = "BSN.WebServices.Uploads.DTO.2014.07"
)

func (o Options) withDefaults() Options {
	if o.Retention == 0 {
		o.Retention = 24 * time.Hour
	}
	if o.MaxMessage == 0 {
		o.MaxMessage = 16 << 20
	}
	if o.DuplicateName == "" {
		o.DuplicateName = "allow"
	}
	if o.DefaultType == "" {
		o.DefaultType = typeImage
	}
	if o.ServiceNamespace == "" {
		o.ServiceNamespace = defaultService
	}
	if o.DataNamespace == "" {
		o.DataNamespace = defaultData
	}
	return o
}

// Door serves the clients. It is safe for concurrent use.
type Door struct {
	Deps
	held      *shares   // chunks
	documents *shares   // messages that are kept whole
	foreign   *budget   // messages that cannot be read as streams, by their number
	chunks    sync.Pool // of *[]byte, buffers of chunks
	buffers   sync.Pool // of *bufio.Reader, for messages
	spaces    spaces
	counts    chunkCounts
	recent    recent
	born      time.Time // by the engine's clock
}

// New returns the door.
func New(d Deps) *Door {
	d.Options = d.Options.withDefaults()
	return &Door{Deps: d, held: newShares(maxHeld), documents: newShares(maxDocuments), foreign: newBudget(maxForeign), born: d.Engine.Now()}
}

// caller is who calls, and for which account.
type caller struct {
	ingest.Principal
	account string // as the user name has it, where the company has not been looked up
	company *ingest.Company
	late    bool // company is nil until the upload is known
	address string
	client  string // program, as far as it tells
}
