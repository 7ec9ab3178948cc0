package scene7

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Limits of one request that are not adjustable.
const (
	smallBody    = 1 << 20   // up to here a refused body may be spooled before it is refused
	maxParts     = 4096      // parts of one request
	maxFiles     = 2048      // file parts of one request
	maxDrain     = 256 << 20 // bytes read and forgotten so that an old client gets to read a fault
	maxDrainOver = 16 << 20  // the same when the request is over the size cap
)

// Logins checks a login. Failures are those of auth: Unauthenticated with
// CodeNoCredentials, CodeBadCredentials or CodeInvalidUser, and Throttled.
type Logins interface {
	Login(ctx context.Context, c ingest.Credentials) (ingest.Principal, error)
}

// Engine is what the door needs of the engine.
type Engine interface {
	NewIntake() *engine.Intake
	CheckUpload(ctx context.Context, p ingest.Principal, company ingest.Number) (*ingest.Company, error)
	CheckJob(ctx context.Context, p ingest.Principal, company ingest.Number, ref engine.JobRef, address string) (*ingest.Job, error)
	HoldJob(p ingest.Principal, job ingest.Number) (release func())
	Deliver(ctx context.Context, p ingest.Principal, in *engine.Intake, d engine.Delivery) (*ingest.Job, []engine.Outcome, error)
}

// Options are what an operator can choose.
type Options struct {
	MaxPostSize       int64 // bytes of one POST; UploadPostMaxFileSize to clients. 0 = 2 GiB
	MaxAnonymousSpool int64 // bytes of files that all requests hold whose login is not known yet. 0 = 8 GiB
	Strict            bool  // refuse new jobs that lack a required option instead of assuming it
}

// Deps are the parts that the door is made of; all are required.
type Deps struct {
	Engine  Engine
	Logins  Logins
	Address func(*http.Request) string // IP address of the client
	ID      func(*http.Request) string // request id, shown when something internal failed
	Log     *slog.Logger
	Options Options
}

// Door serves the UploadFile endpoint. It is safe for concurrent use.
type Door struct {
	Deps
	schema    *Schema
	anonymous anonymous
}

// New returns the door. It fails only when its own tables are broken.
func New(d Deps) (*Door, error) {
	schema, err := NewSchema()
	if err != nil {
		return nil, err
	}
	if d.Options.MaxPostSize == 0 {
		d.Options.MaxPostSize = 2 << 30
	}
	if d.Options.MaxAnonymousSpool == 0 {
		d.Options.MaxAnonymousSpool = 8 << 30
	}
	return &Door{Deps: d, schema: schema, anonymous: anonymous{disk: d.Options.MaxAnonymousSpool, memory: maxAnonymousMemory}}, nil
}

// Routes mounts the door below /scene7/.
func (d *Door) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /scene7/UploadFile", d.uploadFile)
	mux.HandleFunc("/scene7/UploadFile", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "UploadFile takes POST", http.StatusMethodNotAllowed)
	})
}

// cappedBody ends a body with an error once more than limit bytes have come.
type cappedBody struct {
	body  io.Reader
	read  int64
	limit int64
	over  error // what a Read answers beyond the limit
}

func (c *cappedBody) Read(p []byte) (int, error) {
	if c.read > c.limit {
		return 0, c.over
	}
	n, err := c.body.Read(p)
	c.read += int64(n)
	if c.read > c.limit {
		return n, c.over
	}
	return n, err
}
