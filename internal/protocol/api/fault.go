package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

// problemType is the media type of failures (RFC 9457, section 6.1).
const problemType = "application/problem+json"

// retryAfter is how long a caller who was turned away should wait, in seconds.
const retryAfter = 5

// fault is how one kind of failure looks.
type fault struct {
	status int
	code   string // of failures that bear no code of their own
	retry  bool   // later is fine
}

// faults is the table from kinds to faults.
var faults = [...]fault{
	ingest.Internal:        {status: http.StatusInternalServerError, code: "internal"},
	ingest.Invalid:         {status: http.StatusBadRequest, code: "invalid"},
	ingest.Unauthenticated: {status: http.StatusUnauthorized, code: "unauthenticated"},
	ingest.Forbidden:       {status: http.StatusForbidden, code: "forbidden"},
	ingest.NotFound:        {status: http.StatusNotFound, code: "not-found"},
	ingest.Conflict:        {status: http.StatusConflict, code: "conflict"},
	ingest.Mismatch:        {status: http.StatusUnprocessableEntity, code: "mismatch"},
	ingest.TooLarge:        {status: http.StatusRequestEntityTooLarge, code: "too-large"},
	ingest.Gone:            {status: http.StatusGone, code: "gone"},
	ingest.Throttled:       {status: http.StatusTooManyRequests, code: "throttled", retry: true},
	ingest.Unavailable:     {status: http.StatusServiceUnavailable, code: "unavailable", retry: true},
}

// codeFaults are the codes whose fault differs from that of their kind.
var codeFaults = map[ingest.Code]fault{
	ingest.CodeDiskFull: {status: http.StatusInsufficientStorage},
}

func faultOf(kind ingest.Kind, code ingest.Code) fault {
	f := faults[ingest.Internal]
	if int(kind) < len(faults) {
		f = faults[kind]
	}
	if finer, ok := codeFaults[code]; ok && kind == ingest.Unavailable {
		f = finer
	}
	if code != "" && kind != ingest.Internal {
		f.code = string(code)
	}
	return f
}

// Problem is a failure as clients see it.
type Problem struct {
	Type      string         `json:"type" doc:"Always about:blank: the status and the code say what it is." example:"about:blank"`
	Title     string         `json:"title" doc:"The status in words." example:"Not Found"`
	Status    int            `json:"status" doc:"HTTP status." example:"404"`
	Detail    string         `json:"detail,omitempty" doc:"What was wrong, in words that a person can act on." example:"no asset \"0190a6a0-0000-7000-8000-000000000000\""`
	Code      string         `json:"code" doc:"What was wrong, in a word that a program can compare." example:"not-found"`
	RequestID string         `json:"requestId,omitempty" doc:"Names the request in the server's log; the same as the X-Request-Id header." example:"9f2c4b1d7e6a5803"`
	Errors    []problemError `json:"errors,omitempty" doc:"The parameters that were wrong."`

	header http.Header
}

// problemError is one parameter that was wrong.
type problemError struct {
	Location string `json:"location" doc:"Where the parameter is." example:"query.limit"`
	Message  string `json:"message" doc:"What is expected of it." example:"expected number <= 1000"`
	Value    string `json:"value,omitempty" doc:"What was sent." example:"5000"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus tells huma the status of the answer.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders tells huma which headers belong to the failure.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType tells huma the media type of the answer.
func (p *Problem) ContentType(string) string { return problemType }

func newProblem(ctx context.Context, status int, code, detail string) *Problem {
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code,
		RequestID: guard.RequestID(ctx), header: http.Header{"Cache-Control": {"no-store"}},
	}
}

// problem renders a failure of the engine. Of internal ones the client learns
// the request id, and the log the cause.
func (s *server) problem(ctx context.Context, err error) *Problem {
	kind := ingest.KindOf(err)
	f := faultOf(kind, ingest.CodeOf(err))
	detail := ""
	if kind != ingest.Internal {
		detail = ingest.Message(err)
	} else if ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "internal error", "request", guard.RequestID(ctx), "error", err.Error())
	}
	p := newProblem(ctx, f.status, f.code, detail)
	if f.retry {
		p.header.Set("Retry-After", strconv.Itoa(retryAfter))
	}
	if kind == ingest.Unauthenticated {
		p.header["Www-Authenticate"] = []string{`Basic realm="Sluice", charset="UTF-8"`, `Bearer realm="Sluice"`}
	}
	return p
}

// invalid renders the complaints that huma has about parameters.
func invalid(ctx context.Context, m *huma.ErrorModel) *Problem {
	if m.Status >= http.StatusInternalServerError {
		return newProblem(ctx, m.Status, faults[ingest.Internal].code, "")
	}
	f := faults[ingest.Invalid]
	p := newProblem(ctx, f.status, f.code, m.Detail)
	var words []string
	for _, d := range m.Errors {
		e := problemError{Location: d.Location, Message: d.Message}
		if d.Value != nil {
			e.Value = clip(fmt.Sprint(d.Value))
		}
		p.Errors = append(p.Errors, e)
		_, name, _ := strings.Cut(e.Location, ".")
		words = append(words, fmt.Sprintf("%s: %s, %q was sent", name, e.Message, e.Value))
	}
	if len(words) > 0 {
		p.Detail = strings.Join(words, "; ")
	}
	return p
}

// writeProblem answers with a failure outside of huma.
func writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	h := w.Header()
	for name, values := range p.header {
		h[name] = values
	}
	body, _ := json.Marshal(p)
	h.Set("Content-Type", problemType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// clip bounds what is repeated of a client's words, in bytes.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
