package scene7

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/protocol/doortest"
)

// rig is the door over a real engine, store and blob store, behind a real
// socket. Company 1 is Demo; anna@example.org may do everything in it,
// vera@example.org may only read, otto@example.org belongs to Other, company 2,
// and nora@example.org to none. Every password is "secret".
type rig struct {
	*httptest.Server
	door   *Door
	engine *engine.Engine
	stages *stageSpy
	anna   ingest.Principal
	now    time.Time
}

type store = ingest.Blobs

// stageSpy notes the sizes that are reserved for files.
type stageSpy struct {
	store
	mu    sync.Mutex
	sizes []int64
}

func (s *stageSpy) NewStage(ctx context.Context, id ingest.StageID, spec ingest.StageSpec) (ingest.Stage, error) {
	s.mu.Lock()
	s.sizes = append(s.sizes, spec.Size)
	s.mu.Unlock()
	return s.store.NewStage(ctx, id, spec)
}

// plainLogins stands for the login service: users of the rig, one password.
type plainLogins map[string]ingest.Principal

func (l plainLogins) Login(_ context.Context, c ingest.Credentials) (ingest.Principal, error) {
	switch p, ok := l[c.Login]; {
	case c.Login == "":
		return p, &ingest.Error{Kind: ingest.Unauthenticated, Code: ingest.CodeNoCredentials, Msg: "no credentials were sent"}
	case !ok || c.Password != "secret":
		return p, &ingest.Error{Kind: ingest.Unauthenticated, Code: ingest.CodeBadCredentials, Msg: "Invalid username/password"}
	case c.Login == "gone@example.org":
		return p, &ingest.Error{Kind: ingest.Unauthenticated, Code: ingest.CodeInvalidUser, Msg: "the user has expired"}
	default:
		return p, nil
	}
}

func newRig(t *testing.T, options Options) *rig {
	t.Helper()
	store, blobs := doortest.Stores(t, slog.New(slog.DiscardHandler))
	r := &rig{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), stages: &stageSpy{store: blobs}}
	r.engine = engine.New(engine.Config{
		Store: store, Blobs: r.stages, Now: func() time.Time { return r.now }, NewUUID: id.New, SameAddress: true,
		Detect: func([]byte, string) string { return "application/octet-stream" },
	})
	logins := plainLogins{}
	err := store.Update(t.Context(), func(tx ingest.Tx) error {
		for i, name := range []string{"Demo", "Other"} {
			c := &ingest.Company{UUID: id.New(), Name: name, Slug: strings.ToLower(name), Created: r.now}
			if err := tx.CreateCompany(c); err != nil || int(c.Number) != i+1 {
				return fmt.Errorf("company %s: number %d: %w", name, c.Number, err)
			}
		}
		for login, m := range map[string]ingest.Membership{
			"anna@example.org": {Company: 1, Role: ingest.RoleEditor, Active: true},
			"vera@example.org": {Company: 1, Role: ingest.RoleViewer, Active: true},
			"otto@example.org": {Company: 2, Role: ingest.RoleEditor, Active: true},
			"nora@example.org": {}, "gone@example.org": {},
		} {
			u := &ingest.User{UUID: id.New(), Login: login, Created: r.now}
			if err := tx.CreateUser(u); err != nil {
				return err
			}
			m.User = u.Number
			if m.Active {
				if err := tx.PutMembership(m); err != nil {
					return err
				}
			}
			logins[login] = u.Principal([]ingest.Membership{m})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.anna = logins["anna@example.org"]
	door, err := New(Deps{
		Engine: r.engine, Logins: logins, Log: slog.New(slog.DiscardHandler), Options: options,
		Address: func(r *http.Request) string {
			if a := r.Header.Get("X-Test-Address"); a != "" {
				return a
			}
			return "192.0.2.1"
		},
		ID: func(*http.Request) string { return "req1" },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.door = door
	mux := http.NewServeMux()
	door.Routes(mux)
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	return r
}

// field is one part of a form.
type field struct {
	name, fileName, body string
	header               map[string]string
}

func authPart(user, password, more string) field {
	return field{name: "auth", body: `<authHeader xmlns="` + BaseNamespace + `"><user>` + user + `</user><password>` + password + `</password>` + more + `</authHeader>`}
}

func paramsPart(inner string) field {
	return field{name: "uploadParams", body: `<uploadPostParam xmlns="` + BaseNamespace + `/2014-04-03"><companyHandle>c|1</companyHandle>` + inner + `</uploadPostParam>`}
}

const options = `<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask><emailSetting>None</emailSetting></uploadParams>`

func file(name, body string) field { return field{name: "file", fileName: name, body: body} }

// form writes parts as a correct multipart body.
func form(t *testing.T, parts ...field) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		disposition := `form-data; name="` + p.name + `"`
		if p.fileName != "" {
			disposition += `; filename="` + p.fileName + `"`
		}
		h.Set("Content-Disposition", disposition)
		for k, v := range p.header {
			h.Set(k, v)
		}
		part, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, p.body)
	}
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// post sends parts and returns status and body of the answer.
func (r *rig) post(t *testing.T, parts ...field) (int, string) {
	t.Helper()
	return r.postWith(t, nil, parts...)
}

func (r *rig) postWith(t *testing.T, header map[string]string, parts ...field) (int, string) {
	t.Helper()
	contentType, body := form(t, parts...)
	req, _ := http.NewRequestWithContext(t.Context(), "POST", r.URL+"/scene7/UploadFile", bytes.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := (&http.Transport{DisableCompression: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}

// jobHandle cuts the handle out of a success answer as clients do.
func jobHandle(t *testing.T, status int, answer string) string {
	t.Helper()
	m := regexp.MustCompile(`<jobHandle>([^<]*)</jobHandle>`).FindStringSubmatch(answer)
	if status != 200 || m == nil {
		t.Fatalf("not a success: %d %s", status, answer)
	}
	return m[1]
}

// log returns the job log as "Type asset" lines.
func (r *rig) log(t *testing.T, handle string) []string {
	t.Helper()
	h, ok := ParseJobHandle(handle)
	if !ok {
		t.Fatalf("handle %q", handle)
	}
	jobs, err := r.engine.Jobs(t.Context(), r.anna, ingest.JobFilter{}, ingest.Page{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, j := range jobs {
		if int64(j.Number) != h.ID {
			continue
		}
		rows, err := r.engine.JobLog(t.Context(), r.anna, j.UUID, ingest.LogFilter{}, ingest.Page{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			lines = append(lines, strings.TrimSpace(string(row.Type)+" "+row.AssetName))
		}
	}
	return lines
}

// content reads the current bytes of the asset with a file name.
func (r *rig) content(t *testing.T, fileName string) string {
	t.Helper()
	list, err := r.engine.Assets(t.Context(), r.anna, engine.AssetQuery{Name: fileName}, ingest.Page{})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d assets called %s, %v", len(list), fileName, err)
	}
	f, err := r.engine.Original(t.Context(), r.anna, list[0].UUID)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Bytes.Close()
	b, err := io.ReadAll(f.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// raw sends bytes over a socket and returns all that comes back.
func (r *rig) raw(t *testing.T, request []byte) string {
	t.Helper()
	c, err := net.Dial("tcp", r.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go c.Write(request)
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("%v after %q", err, answer)
	}
	return string(answer)
}
