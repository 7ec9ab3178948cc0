package api

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/protocol/doortest"
	"sluice/internal/protocol/guard"
)

// newEngine returns an engine over a database and files in a temporary
// directory, with one company.
func newEngine(t *testing.T) (*engine.Engine, *ingest.Company) {
	t.Helper()
	store, blobs := doortest.Stores(t, slog.New(slog.DiscardHandler))
	company := doortest.Company(t, store, "Demo", noon)
	doortest.User(t, store, &ingest.User{Login: boss.Login, Admin: true, Created: noon})
	err := store.Update(t.Context(), func(tx ingest.Tx) error {
		return tx.CreateFolder(&ingest.Folder{UUID: id.New(), Company: company.Number, Created: noon})
	})
	if err != nil {
		t.Fatal(err)
	}
	return engine.New(engine.Config{
		Store: store, Blobs: blobs, Now: time.Now, NewUUID: id.New,
		Detect: func([]byte, string) string { return "text/plain; charset=utf-8" },
	}), company
}

// deliver stores files of a folder as one job; each holds its own name.
func deliver(t *testing.T, e *engine.Engine, c *ingest.Company, job, folder string, names ...string) {
	t.Helper()
	in := e.NewIntake()
	defer in.Close()
	p := boss
	p.User = 1
	d := engine.Delivery{Company: c.Number, Open: &engine.JobSpec{Door: ingest.DoorScene7, Name: job}, End: true}
	for _, name := range names {
		spool, err := in.Receive(t.Context(), strings.NewReader(name), int64(len(name)))
		if err != nil {
			t.Fatal(err)
		}
		d.Files = append(d.Files, engine.Incoming{Spool: spool, Folder: folder, FileName: name})
	}
	if _, _, err := e.Deliver(t.Context(), p, in, d); err != nil {
		t.Fatal(err)
	}
}

// TestWithTheEngine reads what was delivered from a real library.
func TestWithTheEngine(t *testing.T) {
	e, c := newEngine(t)
	deliver(t, e, c, "spring", "Demo/shoes", "ä 1.css", "b.css", "c.css")
	deliver(t, e, c, "summer", "", "d.css")
	mux := http.NewServeMux()
	mux.Handle(Prefix, New(Deps{Library: e, Auth: &logins{}, Version: "1"}))
	s := &site{Handler: guard.New(guard.Options{Log: slog.New(slog.DiscardHandler)}).Wrap(mux)}

	for query, want := range map[string]string{
		"":                          "ä 1.css b.css c.css d.css",
		"company=demo&limit=3":      "ä 1.css b.css c.css",
		"company=1&folder=/":        "d.css",
		"company=1&folder=shoes":    "ä 1.css b.css c.css",
		"company=1&name=b":          "b.css",
		"company=1&name=c.*":        "c.css",
		"company=1&type=Css":        "ä 1.css b.css c.css d.css",
		"company=1&type=Image":      "",
		"company=1&state=failed":    "",
		"company=1&folder=nowhere/": "",
	} {
		var names []string
		for _, a := range get[page[AssetItem]](t, s, "/v1/assets?"+query).Items {
			names = append(names, a.FileName)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q: %q", query, got)
		}
	}
	problemIn(t, s.ask("GET", "/v1/assets?folder=shoes"), http.StatusBadRequest)

	first := get[page[AssetItem]](t, s, "/v1/assets?limit=2")
	rest := get[page[AssetItem]](t, s, "/v1/assets?limit=2&after="+url.QueryEscape(first.Next))
	if len(first.Items) != 2 || len(rest.Items) != 2 || rest.Next != "" || rest.Items[0].Number <= first.Items[1].Number {
		t.Errorf("pages %+v %+v", first, rest)
	}
	readAsset(t, s, first.Items[0])
	readJobs(t, s)
}

func readAsset(t *testing.T, s *site, listed AssetItem) {
	t.Helper()
	name := "ä 1.css"
	sum := sha256.Sum256([]byte(name))
	detail := get[assetDetail](t, s, "/v1/assets/"+listed.UUID)
	if detail.Folder != "Demo/shoes/" || detail.Size != int64(len(name)) || detail.SHA256 == nil || *detail.SHA256 != hex.EncodeToString(sum[:]) || detail.State != "ready" {
		t.Errorf("detail %+v", detail)
	}
	w := s.ask("GET", "/v1/assets/"+listed.UUID+"/original")
	body, _ := io.ReadAll(w.Body)
	if string(body) != name || w.Header().Get("ETag") != `"`+hex.EncodeToString(sum[:])+`"` || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment;") {
		t.Errorf("original %q %v", body, w.Header())
	}
	if w := s.ask("GET", "/v1/assets/"+listed.UUID+"/original", "Range", "bytes=-4"); w.Code != 206 || w.Body.String() != ".css" {
		t.Errorf("range: %d %q", w.Code, w.Body)
	}
	problemIn(t, s.ask("GET", "/v1/assets/"+listed.UUID+"/thumbnail"), http.StatusNotFound)
	problemIn(t, s.ask("GET", "/v1/assets/"+string(uid(5))), http.StatusNotFound)
}

func readJobs(t *testing.T, s *site) {
	t.Helper()
	jobs := get[page[jobItem]](t, s, "/v1/jobs?company=Demo")
	if len(jobs.Items) != 2 || jobs.Items[0].OriginalName != "summer" || jobs.Items[1].Success != 3 || jobs.Items[1].Total != 3 || jobs.Items[1].Progress != 100 {
		t.Fatalf("jobs %+v", jobs)
	}
	if named := get[page[jobItem]](t, s, "/v1/jobs?name=spring"); len(named.Items) != 1 || named.Items[0].UUID != jobs.Items[1].UUID {
		t.Errorf("by name %+v", named)
	}
	var log []string
	path := "/v1/jobs/" + jobs.Items[1].UUID + "/log"
	for after, more := "", true; more; more = after != "" {
		p := get[page[logItem]](t, s, path+"?limit=2&after="+url.QueryEscape(after))
		for _, r := range p.Items {
			asset := "-"
			if r.Asset != nil && r.AssetUUID != nil {
				asset = *r.Asset
			}
			log = append(log, fmt.Sprint(r.Type, " ", asset))
		}
		after = p.Next
	}
	for _, want := range []string{"BeginUpload -", "UploadSuccess b.css", "EndUpload -"} {
		if !strings.Contains(strings.Join(log, "\n"), want) {
			t.Errorf("the log lacks %q: %q", want, log)
		}
	}
	if some := get[page[logItem]](t, s, path+"?type=UploadSuccess"); len(some.Items) != 3 {
		t.Errorf("by type %+v", some)
	}
}

// By none of its names can a member of another company tell that a company
// exists.
func TestForeignCompaniesLookUnknown(t *testing.T) {
	e, demo := newEngine(t)
	s := &server{Deps: Deps{Library: e}}
	member := ingest.Principal{User: 7, Memberships: []ingest.Membership{{User: 7, Company: 99, Role: ingest.RoleViewer, Active: true}}}
	for known, unknown := range map[string]string{"1": "2", "c|1": "c|2", "Demo": "Nix", "demo": "nix", string(demo.UUID): string(uid(5))} {
		_, there := s.findCompany(t.Context(), member, known)
		_, missing := s.findCompany(t.Context(), member, unknown)
		if there == nil || missing == nil {
			t.Fatalf("%s: %v, %s: %v", known, there, unknown, missing)
		}
		got, want := s.problem(t.Context(), there), s.problem(t.Context(), missing)
		if got.Status != http.StatusNotFound || got.Code != "unknown-company" || strings.ReplaceAll(got.Detail, trimHandle(known), trimHandle(unknown)) != want.Detail || want.Status != got.Status || want.Code != got.Code {
			t.Errorf("%s: %+v, %s: %+v", known, got, unknown, want)
		}
		if c, err := s.findCompany(t.Context(), boss, known); err != nil || c.Number != demo.Number {
			t.Errorf("%s for an administrator: %v, %v", known, c, err)
		}
	}
}

// trimHandle leaves what messages repeat of a company's name.
func trimHandle(name string) string { return strings.TrimPrefix(name, handlePrefix) }
