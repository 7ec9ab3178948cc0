package nomad

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// exchange is one call and who makes it.
type exchange struct {
	*Door
	w       http.ResponseWriter
	r       *http.Request
	caller  ingest.Principal // of calls that need a login
	company ingest.Number    // whose library the call is about; with caller
	session Session          // of calls with a bearer token
}

// access says who may make a call.
type access uint8

const (
	public access = iota
	bearer        // a login, by token or API key
)

// call answers one kind of call: what it returns becomes the JSON of the answer.
type call func(*exchange) (any, error)

// handle makes a handler of a call. Every answer is JSON, also to failures, panics
// included (2).
func (d *Door) handle(a access, c call) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		d.origins.mark(w, r, apiAnswer)
		x := &exchange{Door: d, w: w, r: r}
		answer, err := x.run(a, c)
		if err != nil {
			x.fail(err)
			return
		}
		x.write(http.StatusOK, answer)
	}
}

func (x *exchange) run(a access, c call) (answer any, err error) {
	defer func() {
		if p := recover(); p != nil {
			x.Log.ErrorContext(x.r.Context(), "call panicked", "request", x.ID(x.r), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = &ingest.Error{Kind: ingest.Internal, Op: "nomad", Msg: "panic"}
		}
	}()
	if a == bearer {
		if err := x.login(); err != nil {
			return nil, err
		}
	}
	return c(x)
}

// write sends an answer. Nothing to say is an empty object (2).
func (x *exchange) write(status int, answer any) {
	if answer == nil {
		answer = struct{}{}
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // addresses of parts have ampersands
	if err := encoder.Encode(answer); err != nil {
		x.fail(&ingest.Error{Kind: ingest.Internal, Op: "nomad.write", Err: err})
		return
	}
	h := x.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	h.Set("Cache-Control", "no-store")
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body.Bytes()) // a client that left needs no answer
}

// fail answers a failure and logs it.
func (x *exchange) fail(err error) {
	p := problemOf(err, x.ID(x.r))
	level := slog.LevelInfo
	if p.Status >= http.StatusInternalServerError && x.r.Context().Err() == nil {
		level = slog.LevelError
	}
	x.Log.Log(x.r.Context(), level, "call refused", "request", x.ID(x.r), "status", p.Status, "message", p.Message, "cause", p.cause)
	for name, value := range p.header {
		x.w.Header().Set(name, value)
	}
	x.write(p.Status, p)
}

// read decodes the JSON of a request into v. Names are compared without regard to
// case and unknown ones are passed over. An empty body is an empty object unless it
// is required (2).
func (x *exchange) read(v any) error {
	if kind := x.r.Header.Get("Content-Type"); kind != "" && !isJSON(kind) {
		return invalid("The content type %s is not supported. Send application/json.", clip(kind))
	}
	body, err := io.ReadAll(io.LimitReader(x.r.Body, maxBody+1))
	if err != nil {
		return err
	}
	if len(body) > maxBody {
		return &ingest.Error{Kind: ingest.TooLarge, Op: "nomad.read", Code: ingest.CodeLimit, Msg: fmt.Sprintf("The request body is larger than %d bytes.", maxBody)}
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, v); err != nil {
		return malformed(err)
	}
	return nil
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, _, _ = strings.Cut(strings.ToLower(contentType), ";")
		kind = strings.TrimSpace(kind)
	}
	return kind == "application/json" || kind == "text/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
}

func malformed(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return invalid("The request body must be a JSON object.")
		}
		return invalid("The value of %s has the wrong type: %s.", wrong.Field, wrong.Value)
	}
	if said, ok := errors.AsType[*problem](err); ok {
		return said
	}
	if _, ok := errors.AsType[*ingest.Error](err); ok {
		return err
	}
	return invalid("The request body is not valid JSON.")
}

// clip shortens a client's text for a message.
func clip(s string) string {
	const most = 120
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}
