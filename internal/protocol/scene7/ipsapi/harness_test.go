package ipsapi

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/gif" // formats that uploads of tests have
	_ "image/jpeg"
	_ "image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/media"
	"sluice/internal/protocol/doortest"
	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmltree"
)

// testNamespace is the one that calls of tests are in unless they say otherwise.
const testNamespace = scene7.BaseNamespace + "/2021-01-11-beta"

// testUser is somebody who logs in with their name as the password.
type testUser struct {
	login     string
	number    ingest.Number
	handle    string
	principal ingest.Principal
}

// harness is the service over a real engine, with two companies and users of
// every role.
type harness struct {
	t       *testing.T
	clock   *doortest.Clock
	store   ingest.Store
	engine  *engine.Engine
	service *Service
	mux     *http.ServeMux

	company, other *ingest.Company
	ch             string // <companyHandle> of company
	otherCH        string // <companyHandle> of other

	admin, boss, user, viewer, stranger *testUser
}

func newHarness(t *testing.T, tune ...func(*engine.Config)) *harness {
	t.Helper()
	h := &harness{t: t, clock: doortest.NewClock(0)}
	quiet := slog.New(slog.DiscardHandler)
	db, blobs := doortest.Stores(t, quiet)
	h.store = db
	config := engine.Config{Store: db, Blobs: blobs, Now: h.now, NewUUID: id.New, Detect: media.Detect, Log: quiet}
	for _, change := range tune {
		change(&config)
	}
	h.engine = engine.New(config)
	var err error
	h.service, err = New(Deps{
		Engine: h.engine, Logins: plainLogins{h}, Log: quiet, Version: "1.0-test", MaxPostSize: 2 << 30,
		Address: func(*http.Request) string { return "192.0.2.7" },
		ID:      func(*http.Request) string { return "test-request" },
	})
	h.ok(err)
	h.mux = http.NewServeMux()
	h.service.Routes(h.mux)
	h.company, h.other = h.newCompany("ApiTestCo1"), h.newCompany("OtherCo")
	h.ch, h.otherCH = h.handleOf(h.company), h.handleOf(h.other)
	h.admin = h.newUser("root@example.com", nil, "", "", true)
	h.boss = h.newUser("boss@example.com", h.company, ingest.RoleCompanyAdmin, "IpsCompanyAdmin", false)
	h.user = h.newUser("user@example.com", h.company, ingest.RoleEditor, "IpsUser", false)
	h.viewer = h.newUser("viewer@example.com", h.company, ingest.RoleViewer, "ImagePortalUser", false)
	h.stranger = h.newUser("stranger@example.com", h.other, ingest.RoleCompanyAdmin, "IpsCompanyAdmin", false)
	return h
}

// plainLogins checks that the password is the login, or the hash that was stored.
type plainLogins struct{ h *harness }

func (l plainLogins) Login(_ context.Context, c ingest.Credentials) (p ingest.Principal, err error) {
	bad := &ingest.Error{Kind: ingest.Unauthenticated, Op: "test", Code: ingest.CodeBadCredentials, Msg: "Invalid username/password"}
	if c.Login == "" {
		return p, &ingest.Error{Kind: ingest.Unauthenticated, Op: "test", Code: ingest.CodeNoCredentials, Msg: "no credentials"}
	}
	err = l.h.store.View(context.Background(), func(tx ingest.Tx) error {
		u, err := tx.UserByLogin(c.Login)
		if err != nil || u.PasswordHash != "plain:"+c.Password {
			return bad
		}
		if !u.Valid(l.h.now()) {
			return &ingest.Error{Kind: ingest.Unauthenticated, Op: "test", Code: ingest.CodeInvalidUser, Msg: "the user is not valid"}
		}
		m, err := tx.Memberships(u.Number)
		p = u.Principal(m)
		return err
	})
	return p, err
}

func (l plainLogins) HashPassword(_ context.Context, password string) (string, error) {
	return "plain:" + password, nil
}

func (h *harness) now() time.Time { return h.clock.Now() }

// later moves the clock.
func (h *harness) later(d time.Duration) { h.clock.Move(d) }

func (h *harness) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("unexpected error: %v", err)
	}
}

func (h *harness) handleOf(c *ingest.Company) string {
	return "<companyHandle>" + companyHandle(c.Number) + "</companyHandle>"
}

func (h *harness) newCompany(name string) *ingest.Company {
	h.t.Helper()
	return doortest.Company(h.t, h.store, name, h.now())
}

func (h *harness) newUser(login string, c *ingest.Company, role ingest.Role, title string, admin bool) *testUser {
	h.t.Helper()
	u := &ingest.User{Login: login, PasswordHash: "plain:" + login, Admin: admin, Created: h.now()}
	var memberships []ingest.Membership
	if c != nil {
		memberships = append(memberships, ingest.Membership{Company: c.Number, Role: role, Title: title, Active: true})
	}
	p := doortest.User(h.t, h.store, u, memberships...)
	return &testUser{login: login, number: u.Number, handle: scene7.UserHandle(int64(u.Number), login), principal: p}
}

// request builds a bare XML request. inner is the content of the param element;
// without a companyHandle in it that of the company is put in front where the
// operation takes one.
func (h *harness) request(u *testUser, operation, inner, namespace string) string {
	param := h.service.schema.Type(operation + "Param")
	if param != nil && param.Field("companyHandle") != nil && !strings.Contains(inner, "<companyHandle") {
		inner = h.ch + inner
	}
	auth := ""
	if u != nil {
		auth = fmt.Sprintf("<authHeader><user>%s</user><password>%s</password><appName>test</appName></authHeader>", u.login, u.login)
	}
	return fmt.Sprintf(`<Request xmlns="%s">%s<%sParam>%s</%sParam></Request>`, namespace, auth, operation, inner, operation)
}

// exchange sends a request to the bare XML endpoint and returns status and body.
func (h *harness) exchange(document string) (int, []byte) {
	h.t.Helper()
	r := httptest.NewRequest("POST", "http://sluice.test/scene7/api/IpsApiService", strings.NewReader(document))
	r.Header.Set("Content-Type", "text/xml")
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

// call carries out an operation and returns its return element; a fault fails the
// test.
func (h *harness) call(u *testUser, operation, inner string) *xmltree.Element {
	h.t.Helper()
	return h.callIn(testNamespace, u, operation, inner)
}

// callIn is call in another namespace.
func (h *harness) callIn(namespace string, u *testUser, operation, inner string) *xmltree.Element {
	h.t.Helper()
	status, body := h.exchange(h.request(u, operation, inner, namespace))
	root, err := xmltree.Parse(body, xmltree.Limits{Bytes: 64 << 20})
	if err != nil {
		h.t.Fatalf("%s: answer is not XML: %v\n%s", operation, err, body)
	}
	if status != http.StatusOK || root.Local != operation+"Return" {
		h.t.Fatalf("%s: status %d\n%s", operation, status, body)
	}
	return root
}

// fault carries out an operation that must fail.
func (h *harness) fault(u *testUser, operation, inner string) scene7.Fault {
	h.t.Helper()
	status, body := h.exchange(h.request(u, operation, inner, testNamespace))
	root, err := xmltree.Parse(body, xmltree.Limits{})
	if err != nil || status != http.StatusInternalServerError || !strings.HasSuffix(root.Local, "Fault") {
		h.t.Fatalf("%s: no fault but status %d\n%s", operation, status, body)
	}
	var code int
	fmt.Sscan(root.Child("code").Text, &code)
	return scene7.Fault{Code: scene7.Code(code), Reason: root.Child("reason").Text}
}

// upload stores a file as the given user and returns the handle of the asset. The
// steps of the upload have run when it returns.
func (h *harness) upload(u *testUser, folder, name string, content []byte) string {
	h.t.Helper()
	return h.uploadTo(h.company, u, folder, name, content)
}

func (h *harness) uploadTo(c *ingest.Company, u *testUser, folder, name string, content []byte) string {
	h.t.Helper()
	ctx := context.Background()
	in := h.engine.NewIntake()
	defer in.Close()
	spool, err := in.Receive(ctx, bytes.NewReader(content), int64(len(content)))
	h.ok(err)
	_, outcomes, err := h.engine.Deliver(ctx, u.principal, in, engine.Delivery{
		Company: c.Number, Address: "192.0.2.7", End: true,
		Open: &engine.JobSpec{Door: ingest.DoorScene7, Name: "upload of " + name, Client: "test", Address: "192.0.2.7",
			Processing: ingest.Processing{Overwrite: true}},
		Files: []engine.Incoming{{Spool: spool, Folder: folder, FileName: name}},
	})
	h.ok(err)
	if outcomes[0].Asset == nil {
		h.t.Fatalf("%s was not stored: %s", name, outcomes[0].Reason)
	}
	h.process()
	return assetHandle(outcomes[0].Asset.Number)
}

// process runs all queued inspections.
func (h *harness) process() {
	h.t.Helper()
	ctx := context.Background()
	for {
		tasks, err := h.engine.ClaimTasks(ctx, 100)
		h.ok(err)
		if len(tasks) == 0 {
			return
		}
		for _, task := range tasks {
			found := ingest.Media{}
			if input, err := h.engine.TaskInput(ctx, task); err == nil {
				if r, err := h.engine.OpenBlob(ctx, input.Blob.Key); err == nil {
					config, _, _ := image.DecodeConfig(io.NewSectionReader(r, 0, input.Blob.Size))
					found.Width, found.Height, found.Frames = config.Width, config.Height, 1
					r.Close()
				}
			}
			h.ok(h.engine.CompleteTask(ctx, task, engine.TaskResult{Media: &found}))
		}
	}
}

// text returns the text at a path below an element, "" when there is none.
func text(e *xmltree.Element, path ...string) string {
	for _, name := range path {
		if e = e.Child(name); e == nil {
			return ""
		}
	}
	return e.Text
}

// list returns the items of an array below an element.
func list(e *xmltree.Element, path ...string) []*xmltree.Element {
	for _, name := range path {
		if e = e.Child(name); e == nil {
			return nil
		}
	}
	return e.Children
}

// texts returns one child's text of every item of an array.
func texts(items []*xmltree.Element, name string) []string {
	var all []string
	for _, item := range items {
		all = append(all, text(item, name))
	}
	return all
}

// element is an element of an answer.
type element = xmltree.Element
