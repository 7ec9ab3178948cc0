package softphone

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

// maxDrain is how much of a refused request's body is read and forgotten, in bytes, so
// that a phone sees the answer and not a reset (section 3.4).
const maxDrain = 1 << 20

// call is one request to a service.
type call struct {
	door    *Door
	r       *http.Request
	service service
	company *ingest.Company
	rules   rules // of the company for this door
	values  values
	json    bool // the body is JSON
	caller  ingest.Principal
	known   bool  // caller is set
	texts   int64 // bytes taken of the room of texts
}

// release gives back the room of what was answered.
func (c *call) release() { c.door.texts.give(c.texts) }

func (c *call) context() context.Context { return c.r.Context() }

// answer is what a service answers when all is well.
type answer struct {
	status  int // 0 = 200
	members []node
	// raw is sent instead of members, as rawType.
	raw     []byte
	rawType string
}

// serveService runs a service.
func (d *Door) serveService(w http.ResponseWriter, r *http.Request, t target) {
	c := &call{door: d, r: r, service: t.service}
	defer c.release()
	a, err := c.run(w, t)
	if err != nil {
		c.refuse(w, err)
		return
	}
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	if a.raw == nil {
		sendMembers(w, r, status, c.format(), a.members...)
		return
	}
	send(w, r, status, a.rawType, a.raw)
}

func (c *call) run(w http.ResponseWriter, t target) (answer, error) {
	var err error
	if c.company, c.rules, err = c.door.companyOf(c.context(), t.slug); err != nil {
		return answer{}, err
	}
	c.values.names = c.door.aliasesOf(c.rules)
	c.values.query(c.r)
	c.values.header(c.r)
	if t.kind == atUnknown {
		return answer{}, &ingest.Error{Kind: ingest.NotFound, Op: "softphone.run", Msg: "there is no such service"}
	}
	if !methodAllowed(c.service.methods, c.r.Method) {
		w.Header().Set("Allow", strings.Join(c.service.methods, ", "))
		return answer{}, methodError()
	}
	if most := c.service.bytes; most > 0 {
		body := &heldBody{body: c.r.Body, room: &c.door.bodies}
		defer body.end()
		if err := c.plainBody(body, most); err != nil {
			return answer{}, err
		}
		if err := c.login(); err != nil {
			return answer{}, err
		}
	}
	return c.service.run(c)
}

func methodAllowed(methods []string, method string) bool {
	for _, m := range methods {
		if m == method {
			return true
		}
	}
	return false
}

// format decides on the form of the answer.
func (c *call) format() format {
	return chooseFormat(c.r.Header.Values("Accept"), c.values.get(meanFormat), c.rules.format, c.json || isJSON(c.r.Header))
}

// login finds out who calls. Wrong credentials and none are told the same.
func (c *call) login() error {
	user, password, complete, err := c.values.credentials()
	if err != nil {
		return err
	}
	if complete || password != "" {
		return c.loginAs(user, password)
	}
	return &ingest.Error{Kind: ingest.Unauthenticated, Op: "softphone.login", Code: ingest.CodeNoCredentials, Msg: "no credentials were sent"}
}

// loginAs checks a login by its password. Where the password is an API key, the user is
// the key's, and must not be said to be another.
func (c *call) loginAs(user, password string) error {
	from := c.door.Address(c.r)
	var p ingest.Principal
	var err error
	if isKey(password) || user == "" {
		if p, err = c.door.Logins.Token(c.context(), password, from); err == nil && user != "" && !strings.EqualFold(user, p.Login) {
			err = &ingest.Error{Kind: ingest.Unauthenticated, Op: "softphone.login", Code: ingest.CodeBadCredentials, Msg: "the key is another user's"}
		}
	} else {
		p, err = c.door.Logins.Login(c.context(), ingest.Credentials{Login: user, Password: password, Address: from})
	}
	if err == nil {
		err = c.door.Engine.AdmitSoftphone(c.context(), p, c.company.Number)
	}
	if err != nil {
		return err
	}
	c.caller, c.known = p, true
	return nil
}

// isKey recognises API keys.
func isKey(password string) bool { return strings.HasPrefix(password, "slk_") }

// refuse answers a failure, logs it, and takes some of what the client still sends.
func (c *call) refuse(w http.ResponseWriter, err error) {
	x := exchange{door: c.door, w: w, r: c.r, service: c.service.name, as: c.format(), language: c.rules.language, limit: c.rules.mediaMax}
	x.refuse(err)
}

// logRefused writes why a request was refused. The words of failures that clients cause
// may repeat what was sent, so that only causes within the server are written out.
func (d *Door) logRefused(r *http.Request, service string, f fault, err error) {
	level, reason := slog.LevelInfo, ingest.KindOf(err).String()
	if f.status >= http.StatusInternalServerError && r.Context().Err() == nil {
		level, reason = slog.LevelError, err.Error()
	}
	d.Log.Log(r.Context(), level, "softphone request refused", "request", d.ID(r), "service", service,
		"status", f.status, "code", string(ingest.CodeOf(err)), "reason", reason)
}

// message is what the app shows of a failure; of internal ones the request id, so that
// they can be found in the log.
func (d *Door) message(r *http.Request, f fault, language string, limit int64) string {
	text := f.say.in(language, limit)
	if f.say == sayInternal {
		text += " (" + d.ID(r) + ")"
	}
	return text
}

// drain reads and forgets some of a body. A client that waits to be told to send it
// sends none.
func drain(r *http.Request) {
	if r.Body != nil && r.Header.Get("Expect") == "" {
		guard.Drain(r.Body, maxDrain)
	}
}
