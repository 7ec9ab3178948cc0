package softphone

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sluice/internal/auth"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/media"
	"sluice/internal/people"
	"sluice/internal/protocol/doortest"
	"sluice/internal/protocol/guard"
	"sluice/internal/store/sqlite"
)

// Users of the tests' company, with their passwords.
const (
	sender, senderPassword       = "johndow", "geheim-Ännchen&1"
	receiver, receiverPassword   = "ann@example.com", "other pass+2"
	outsider, outsiderPassword   = "eve", "eves-own-3"
	receiverNumber, senderNumber = "+420777000002", "+420777000001"
)

// harness is the door behind the guard on a real socket, over a real engine, with one
// company and two users of it who have numbers, and a stranger of another company.
type harness struct {
	t       *testing.T
	log     *doortest.Log
	db      *sqlite.Store
	engine  *engine.Engine
	company *ingest.Company
	server  *httptest.Server
	moved   *atomic.Int64 // nanoseconds by which the clock is ahead
}

// in returns the harness for a subtest.
func (h *harness) in(t *testing.T) *harness {
	part := *h
	part.t = t
	return &part
}

// newHarness starts a server whose company has settings, which tune changes.
func newHarness(t *testing.T, tune ...func(*ingest.CompanySettings)) *harness {
	t.Helper()
	h := &harness{t: t, log: &doortest.Log{}, moved: &atomic.Int64{}}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx := context.Background()
	db, blobs := doortest.Stores(t, log)
	h.db = db
	logins := auth.New(h.db, h.now, auth.Options{FreePerAccount: 100, FreePerAddress: 1000})
	staff := people.New(h.db, logins, h.now)
	var err error
	h.company, err = staff.AddCompany(ctx, "Acme")
	h.ok(err)
	h.engine = engine.New(engine.Config{Store: h.db, Blobs: blobs, Now: h.now, NewUUID: id.New, Detect: media.Detect, Log: log})
	h.addUser(staff, sender, senderPassword, "Acme", senderNumber)
	h.addUser(staff, receiver, receiverPassword, "Acme", receiverNumber)
	h.set(tune...)
	_, err = staff.AddCompany(ctx, "Other")
	h.ok(err)
	h.addUser(staff, outsider, outsiderPassword, "Other", "+1999")
	h.serve(logins, Options{})
	return h
}

// serve starts a server; the one before it goes on without being used.
func (h *harness) serve(logins Logins, options Options) {
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	door := New(Deps{
		Engine: h.engine, Logins: logins, Log: log, Now: h.now, Options: options,
		Address: func(r *http.Request) string { return guard.ClientAddress(r.Context()) },
		ID:      func(r *http.Request) string { return guard.RequestID(r.Context()) },
		Base:    func(*http.Request) string { return "https://up.example.org" },
		Default: func(context.Context) (string, error) { return "acme", nil },
	})
	h.server = httptest.NewServer(guard.New(guard.Options{Log: log, LogPath: LogPath}).Wrap(door.Before(http.NotFoundHandler())))
	h.t.Cleanup(h.server.Close)
}

func (h *harness) addUser(staff *people.Service, login, password, company, number string) {
	h.t.Helper()
	user, err := staff.AddUser(context.Background(), people.NewUser{Login: login, Company: company, Role: "editor", Password: password})
	h.ok(err)
	address, _ := ingest.PhoneAddress(number)
	address.User = user.Number
	h.ok(h.db.Update(context.Background(), func(tx ingest.Tx) error {
		return tx.PutAddresses(user.Number, ingest.AddressPhone, []ingest.UserAddress{address})
	}))
}

// set changes the settings of the company.
func (h *harness) set(tune ...func(*ingest.CompanySettings)) {
	h.t.Helper()
	h.ok(h.db.Update(context.Background(), func(tx ingest.Tx) error {
		c, err := tx.Company(h.company.Number)
		if err != nil {
			return err
		}
		for _, change := range tune {
			change(&c.Settings)
		}
		return tx.UpdateCompany(c)
	}))
}

// door sets a setting that only the door reads.
func door(key, value string) func(*ingest.CompanySettings) {
	return func(s *ingest.CompanySettings) {
		if s.Doors == nil {
			s.Doors = make(map[string]string)
		}
		s.Doors[key] = value
	}
}

func (h *harness) now() time.Time { return time.Now().Add(time.Duration(h.moved.Load())) }

func (h *harness) move(d time.Duration) { h.moved.Add(int64(d)) }

func (h *harness) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// reply is a whole answer.
type reply struct {
	status int
	header http.Header
	body   string
}

// raw sends bytes over a connection of its own and reads one answer.
func (h *harness) raw(request []byte) reply {
	h.t.Helper()
	conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
	h.ok(err)
	defer conn.Close()
	h.ok(conn.SetDeadline(time.Now().Add(time.Minute)))
	go conn.Write(request)
	method, _, _ := strings.Cut(string(request[:min(len(request), 16)]), " ")
	return h.readReply(conn, method)
}

func (h *harness) readReply(conn io.Reader, method string) reply {
	h.t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	h.ok(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	h.ok(err)
	return reply{resp.StatusCode, resp.Header, string(body)}
}

// do sends a request with an ordinary client. Headers are pairs of name and value.
func (h *harness) do(method, path, body string, headers ...string) reply {
	h.t.Helper()
	r, err := http.NewRequest(method, h.server.URL+path, strings.NewReader(body))
	h.ok(err)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	resp, err := h.server.Client().Do(r)
	h.ok(err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	h.ok(err)
	return reply{resp.StatusCode, resp.Header, string(data)}
}

// local is the path of an address that the server gave out.
func (h *harness) local(address string) string {
	h.t.Helper()
	path, ok := strings.CutPrefix(address, "https://up.example.org")
	if !ok {
		h.t.Fatalf("%q is no address of the server", address)
	}
	return path
}

// field reads one field of an answer, whatever its format.
func (h *harness) field(r reply, name string) string {
	h.t.Helper()
	if strings.HasPrefix(r.body, "{") {
		var m map[string]any
		h.ok(json.Unmarshal([]byte(r.body), &m))
		text, _ := m[name].(string)
		return text
	}
	var x struct {
		XMLName xml.Name
		Members []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal([]byte(r.body), &x); err != nil || x.XMLName.Local != "response" {
		h.t.Fatalf("%q is neither JSON nor a response in XML: %v", r.body, err)
	}
	for _, m := range x.Members {
		if m.XMLName.Local == name {
			return m.Text
		}
	}
	return ""
}

// form is a multipart body of texts, in pairs, and one file behind them.
func form(name string, contentType string, content []byte, texts ...string) (body, header string) {
	var b strings.Builder
	for i := 0; i+1 < len(texts); i += 2 {
		fmt.Fprintf(&b, "--boundary\r\nContent-Disposition: form-data; name=%s\r\n\r\n%s\r\n", texts[i], texts[i+1])
	}
	fmt.Fprintf(&b, "--boundary\r\nContent-Disposition: form-data; name=file; filename=%q\r\nContent-Type: %s\r\n\r\n%s\r\n--boundary--\r\n", name, contentType, content)
	return b.String(), `multipart/form-data; charset=utf-8; boundary="boundary"`
}

// upload sends a file as the sender and returns its address.
func (h *harness) upload(name, contentType string, content []byte, texts ...string) string {
	h.t.Helper()
	body, kind := form(name, contentType, content, append([]string{"from", sender, "password", senderPassword}, texts...)...)
	r := h.do("POST", "/upload_media", body, "Content-Type", kind)
	if r.status != http.StatusOK {
		h.t.Fatalf("upload: %d %s", r.status, r.body)
	}
	return h.local(h.field(r, "media_url"))
}

func noise(size int) []byte {
	b := make([]byte, size)
	rand.Read(b)
	return b
}

func sum(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// picture is the beginning of a JPEG file, so that it is recognised as one, and noise.
func picture(size int) []byte {
	head := []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
	b := noise(size)
	copy(b, head)
	return b
}

// newKey makes an API key of a user.
func (h *harness) newKey(login string) string {
	h.t.Helper()
	service := auth.New(h.db, h.now, auth.Options{})
	var secret string
	h.ok(h.db.Update(context.Background(), func(tx ingest.Tx) error {
		user, err := tx.UserByLogin(login)
		if err != nil {
			return err
		}
		var key ingest.APIKey
		secret, key = service.NewAPIKey(user.Number, "test", time.Time{})
		key.UUID = id.New()
		return tx.CreateAPIKey(&key)
	}))
	return secret
}

// narrow gives the server's connections from now on little room for what it has not
// read, as long ways through mobile networks do.
func (h *harness) narrow() {
	h.t.Helper()
	small := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 16<<10) })
	}}
	listener, err := small.Listen(context.Background(), "tcp", "127.0.0.1:0")
	h.ok(err)
	server := httptest.NewUnstartedServer(h.server.Config.Handler)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	h.t.Cleanup(server.Close)
	h.server = server
}
