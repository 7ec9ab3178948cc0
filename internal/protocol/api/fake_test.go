package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

// library is a small library in memory. With fail set, every call fails.
type library struct {
	companies []*ingest.Company
	assets    []*ingest.Asset
	details   map[ingest.UUID]engine.AssetDetail
	originals map[ingest.UUID]*engine.File
	made      map[ingest.UUID]*engine.File // by UUID of the derived file
	thumbs    map[ingest.UUID]*engine.File
	jobs      []*ingest.Job
	rows      map[ingest.UUID][]ingest.LogRow
	fail      error
	opened    int // files that have not been closed
	caller    ingest.Principal
}

func notFound(what string) error {
	return &ingest.Error{Kind: ingest.NotFound, Op: "library", Msg: "no " + what}
}

// part cuts a page out of a list that is in the order of the page.
func part[T any](list []T, number func(T) ingest.Number, falling bool, page ingest.Page) []T {
	var out []T
	for _, v := range list {
		n := number(v)
		if page.After != 0 && (falling && n >= page.After || !falling && n <= page.After) {
			continue
		}
		if len(out) < page.Limit {
			out = append(out, v)
		}
	}
	return out
}

func (l *library) Assets(_ context.Context, p ingest.Principal, q engine.AssetQuery, page ingest.Page) ([]*ingest.Asset, error) {
	l.caller = p
	if l.fail != nil {
		return nil, l.fail
	}
	if page.Limit < 1 || page.Limit > engine.MostPerPage {
		return nil, fmt.Errorf("limit %d", page.Limit)
	}
	var found []*ingest.Asset
	for _, a := range l.assets {
		if (q.Company == 0 || a.Company == q.Company) && (q.Folder == "" || "/"+a.Path == q.Folder) && (q.Type == "" || a.Type == q.Type) &&
			(q.State == "" || a.State == q.State) && (q.Name == "" || a.Name == q.Name || a.FileName == q.Name) {
			found = append(found, a)
		}
	}
	return part(found, func(a *ingest.Asset) ingest.Number { return a.Number }, false, page), nil
}

func (l *library) Asset(_ context.Context, _ ingest.Principal, id ingest.UUID) (engine.AssetDetail, error) {
	d, ok := l.details[id]
	if l.fail != nil {
		return d, l.fail
	}
	if !ok {
		return d, notFound("asset")
	}
	return d, nil
}

func (l *library) open(f *engine.File, ok bool) (*engine.File, error) {
	if l.fail != nil {
		return nil, l.fail
	}
	if !ok {
		return nil, notFound("file")
	}
	copied := *f
	content := copied.Bytes.(*blob).content
	l.opened++
	copied.Bytes = &blob{Reader: bytes.NewReader(content), content: content, closed: func() { l.opened-- }}
	return &copied, nil
}

func (l *library) Original(_ context.Context, _ ingest.Principal, id ingest.UUID) (*engine.File, error) {
	f, ok := l.originals[id]
	return l.open(f, ok)
}

func (l *library) Derived(_ context.Context, _ ingest.Principal, id, derived ingest.UUID, kind ingest.DerivedKind) (*engine.File, error) {
	f, ok := l.thumbs[id]
	if derived != "" {
		f, ok = l.made[derived]
	} else if kind != ingest.DerivedThumbnail {
		ok = false
	}
	return l.open(f, ok)
}

func (l *library) Jobs(_ context.Context, _ ingest.Principal, f ingest.JobFilter, page ingest.Page) ([]*ingest.Job, error) {
	if l.fail != nil {
		return nil, l.fail
	}
	if !f.Newest {
		return nil, fmt.Errorf("not newest first")
	}
	var found []*ingest.Job
	for _, j := range slices.Backward(l.jobs) {
		if (f.Companies == nil || slices.Contains(f.Companies, j.Company)) && (f.OriginalName == "" || j.OriginalName == f.OriginalName) &&
			(f.State == "" || j.State == f.State) {
			found = append(found, j)
		}
	}
	return part(found, func(j *ingest.Job) ingest.Number { return j.Number }, true, page), nil
}

func (l *library) Job(_ context.Context, _ ingest.Principal, id ingest.UUID) (*ingest.Job, error) {
	for _, j := range l.jobs {
		if j.UUID == id && l.fail == nil {
			return j, nil
		}
	}
	if l.fail != nil {
		return nil, l.fail
	}
	return nil, notFound("job")
}

// JobProgress knows of one kind of steps, and of another that has none.
func (l *library) JobProgress(ctx context.Context, p ingest.Principal, id ingest.UUID) (ingest.JobProgress, error) {
	j, err := l.Job(ctx, p, id)
	if err != nil {
		return ingest.JobProgress{}, err
	}
	progress := ingest.JobProgress{Job: j.Number}
	progress.Add(ingest.StepProgress{Kind: ingest.TaskPages, Queued: 1, Running: 2, Ended: 3})
	progress.Add(ingest.StepProgress{Kind: "parked"})
	return progress, nil
}

func (l *library) JobLog(_ context.Context, _ ingest.Principal, id ingest.UUID, f ingest.LogFilter, page ingest.Page) ([]ingest.LogRow, error) {
	if l.fail != nil {
		return nil, l.fail
	}
	var found []ingest.LogRow
	for _, r := range l.rows[id] {
		if f.Types == nil || slices.Contains(f.Types, r.Type) {
			found = append(found, r)
		}
	}
	return part(found, func(r ingest.LogRow) ingest.Number { return r.Number }, false, page), nil
}

func (l *library) Company(_ context.Context, _ ingest.Principal, n ingest.Number) (*ingest.Company, error) {
	for _, c := range l.companies {
		if c.Number == n && l.fail == nil {
			return c, nil
		}
	}
	if l.fail != nil {
		return nil, l.fail
	}
	return nil, &ingest.Error{Kind: ingest.NotFound, Code: ingest.CodeUnknownCompany, Msg: "no company has that number"}
}

func (l *library) CompanyNamed(_ context.Context, _ ingest.Principal, name string) (*ingest.Company, error) {
	for _, c := range l.companies {
		if (c.Name == name || c.Slug == name || string(c.UUID) == name) && l.fail == nil {
			return c, nil
		}
	}
	if l.fail != nil {
		return nil, l.fail
	}
	return nil, &ingest.Error{Kind: ingest.NotFound, Code: ingest.CodeUnknownCompany, Msg: "no company is called that"}
}

func (l *library) Credit(_ context.Context, p ingest.Principal, company ingest.Number) (engine.Credit, error) {
	return engine.Credit{
		Company: ingest.CreditUse{Stored: ingest.Usage{Files: 1, Bytes: 2}, Today: ingest.Usage{Files: 3, Bytes: 4}, MaxStored: ingest.Usage{Files: 5, Bytes: 6}, MaxPerDay: ingest.Usage{Files: 7, Bytes: 8}},
		User:    ingest.CreditUse{Stored: ingest.Usage{Files: int64(company)}},
	}, l.fail
}

func (l *library) Companies(context.Context, ingest.Principal) ([]*ingest.Company, error) {
	return slices.Clone(l.companies), l.fail
}

func (l *library) Healthy(context.Context) error { return l.fail }

// blob is a blob in memory.
type blob struct {
	*bytes.Reader
	content []byte
	closed  func()
}

func (b *blob) Close() error { b.closed(); return nil }

// logins knows one user, by password and by key.
type logins struct{ address string }

var boss = ingest.Principal{User: 5, UUID: "u", Login: "boss@example.com", Admin: true}

func (l *logins) Login(_ context.Context, c ingest.Credentials) (ingest.Principal, error) {
	l.address = c.Address
	switch {
	case c.Login == "boss@example.com" && c.Password == "pässword":
		return boss, nil
	case c.Login == "guesser":
		return ingest.Principal{}, &ingest.Error{Kind: ingest.Throttled, Msg: "too many attempts"}
	}
	return ingest.Principal{}, &ingest.Error{Kind: ingest.Unauthenticated, Code: ingest.CodeBadCredentials, Msg: "Invalid username/password"}
}

func (l *logins) Token(_ context.Context, token, address string) (ingest.Principal, error) {
	l.address = address
	if token == "slk_good" {
		return boss, nil
	}
	return ingest.Principal{}, &ingest.Error{Kind: ingest.Unauthenticated, Code: ingest.CodeBadCredentials, Msg: "Invalid token or API key"}
}

// uid makes a UUID that ends in n.
func uid(n int) ingest.UUID { return ingest.UUID(fmt.Sprintf("0190a6a0-7c4e-7b1f-9a55-%012d", n)) }

// site is the interface behind a guard, over a library.
type site struct {
	*library
	logins logins
	logged bytes.Buffer
	http.Handler
}

func newSite(t *testing.T, l *library) *site {
	t.Helper()
	s := &site{library: l}
	log := slog.New(slog.NewTextHandler(&s.logged, nil))
	h := New(Deps{
		Library: l, Auth: &s.logins, Log: log, Version: "1.2.3",
		Doors:   []DoorInfo{{Name: "tus", Title: "tus 1.0", Path: "/files/"}},
		Limits:  map[string]int64{"scene7.maxPostSize": 2 << 30},
		Origins: []string{"https://app.example"},
	})
	mux := http.NewServeMux()
	mux.Handle(Prefix, h)
	s.Handler = guard.New(guard.Options{Log: slog.New(slog.DiscardHandler), PublicURL: "https://media.example"}).Wrap(mux)
	t.Cleanup(func() {
		if l.opened != 0 {
			t.Errorf("%d files were left open", l.opened)
		}
	})
	return s
}

// ask sends a request; header holds names and values in turn. Without an
// Authorization or X-Api-Key the good key is sent.
func (s *site) ask(method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if r.Header.Get("Authorization") == "" && r.Header.Get("X-Api-Key") == "" {
		r.Header.Set("Authorization", "Bearer slk_good")
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// get reads a JSON answer that must be of status 200.
func get[T any](t *testing.T, s *site, target string) T {
	t.Helper()
	w := s.ask("GET", target)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: status %d: %s", target, w.Code, w.Body)
	}
	return decode[T](t, w.Body)
}

func decode[T any](t *testing.T, r io.Reader) T {
	t.Helper()
	var v T
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// problemIn checks that an answer is a problem document and returns it.
func problemIn(t *testing.T, w *httptest.ResponseRecorder, status int) Problem {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != problemType {
		t.Errorf("Content-Type %q", got)
	}
	p := decode[Problem](t, w.Body)
	if p.Status != status || p.Title != http.StatusText(status) || p.Type != "about:blank" || p.Code == "" {
		t.Errorf("problem %+v does not fit status %d", p, status)
	}
	if p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("request id %q in the body, %q in the header", p.RequestID, w.Header().Get("X-Request-Id"))
	}
	return p
}

var noon = time.Date(2026, 5, 4, 12, 0, 0, 123456789, time.FixedZone("", 7200))

func newAsset(n int, company ingest.Number, path, fileName string) *ingest.Asset {
	name, _, _ := strings.Cut(fileName, ".")
	return &ingest.Asset{
		Number: ingest.Number(n), UUID: uid(n), Company: company, Path: path, Name: name, FileName: fileName,
		Type: ingest.TypeImage, State: ingest.AssetReady, Size: int64(n), Created: noon, Modified: noon,
	}
}

func twoCompanies() []*ingest.Company {
	return []*ingest.Company{
		{Number: 2, UUID: uid(902), Name: "2026", Slug: "y2026", Created: noon},
		{Number: 1, UUID: uid(901), Name: "Demo", Slug: "demo-co", Created: noon},
	}
}
