package api

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func newServer(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func TestDescription(t *testing.T) {
	s := newSite(t, &library{})
	w := s.ask("GET", "/v1/openapi.json", "Authorization", "none")
	var doc struct {
		OpenAPI    string
		Paths      map[string]map[string]json.RawMessage
		Components struct {
			Schemas         map[string]json.RawMessage
			SecuritySchemes map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	var calls []string
	for path, item := range doc.Paths {
		for method := range item {
			calls = append(calls, method+" "+path)
		}
	}
	slices.Sort(calls)
	want := []string{
		"get /v1/assets", "get /v1/assets/{uuid}", "get /v1/assets/{uuid}/derived/{derivedUuid}", "get /v1/assets/{uuid}/original", "get /v1/assets/{uuid}/thumbnail",
		"get /v1/companies", "get /v1/companies/{company}/credit", "get /v1/info", "get /v1/jobs", "get /v1/jobs/{uuid}", "get /v1/jobs/{uuid}/log",
	}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || len(doc.Components.SecuritySchemes) != 3 {
		t.Errorf("version %q, logins %v", doc.OpenAPI, doc.Components.SecuritySchemes)
	}
	refs := regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(w.Body.String(), -1)
	if len(refs) == 0 {
		t.Error("no schema is referred to")
	}
	for _, ref := range refs {
		if doc.Components.Schemas[ref[1]] == nil {
			t.Errorf("the schema %s is referred to and missing", ref[1])
		}
	}
	if strings.Contains(w.Body.String(), "ErrorModel") {
		t.Error("the description speaks of failures in another shape than ours")
	}
}

// TestAnswersFitTheDescription checks that each field of an answer is described
// and each required one is there.
func TestAnswersFitTheDescription(t *testing.T) {
	a := newAsset(9, 1, "", "a.png")
	a.Crop = &ingest.Rect{Width: 1, Height: 1}
	made := &ingest.Derived{UUID: uid(10), Kind: ingest.DerivedThumbnail}
	s := newSite(t, &library{
		companies: twoCompanies(), jobs: threeJobs(), assets: []*ingest.Asset{a},
		details: map[ingest.UUID]engine.AssetDetail{a.UUID: {Asset: a, Company: twoCompanies()[1], Derived: []*ingest.Derived{made}, Parts: []engine.WebPart{{Asset: newAsset(11, 1, "", "a.css")}}}},
		rows:    map[ingest.UUID][]ingest.LogRow{uid(1): {{Number: 1, Time: noon}}},
	})
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Description string }
				Required   []string
			}
		}
	}
	if err := json.Unmarshal(s.ask("GET", "/v1/openapi.json").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	check := func(name string, answer map[string]any) {
		seen[name] = true
		schema := doc.Components.Schemas[name]
		for field := range answer {
			if schema.Properties[field].Description == "" {
				t.Errorf("%s: the field %s is not described", name, field)
			}
		}
		for _, field := range schema.Required {
			if _, ok := answer[field]; !ok {
				t.Errorf("%s: the required field %s is missing", name, field)
			}
		}
	}
	for path, names := range map[string][2]string{ // of the answer, and of what is in its list
		"/v1/assets": {"PageAssetItem", "AssetItem"}, "/v1/assets/" + string(uid(9)): {"AssetDetail", "DerivedItem"},
		"/v1/jobs": {"PageJobItem", "JobItem"}, "/v1/jobs/" + string(uid(1)): {"JobItem", "StepItem"}, "/v1/jobs/" + string(uid(1)) + "/log": {"PageLogItem", "LogItem"},
		"/v1/companies": {"PageCompanyItem", "CompanyItem"}, "/v1/info": {"InfoItem", "DoorItem"}, "/v1/jobs?limit=0": {"Problem", "ProblemError"},
		"/v1/companies/demo-co/credit": {"CreditItem", ""},
	} {
		answer := map[string]any{}
		if err := json.Unmarshal(s.ask("GET", path).Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		check(names[0], answer)
		for _, field := range []string{"items", "derived", "doors", "errors", "steps"} {
			list, _ := answer[field].([]any)
			for _, item := range list {
				check(names[1], item.(map[string]any))
			}
		}
		for _, field := range []string{"company", "user"} {
			if use, ok := answer[field].(map[string]any); ok {
				check("CreditUse", use)
			}
		}
		if parts, ok := answer["parts"].([]any); ok {
			check("PartItem", parts[0].(map[string]any))
		}
		if crop, ok := answer["crop"].(map[string]any); ok {
			check("Rect", crop)
		}
	}
	for name := range doc.Components.Schemas {
		if !seen[name] {
			t.Errorf("no answer had the schema %s", name)
		}
	}
}

func TestPageIsSelfContained(t *testing.T) {
	s := newSite(t, &library{})
	var files int
	err := fs.WalkDir(docs, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := fs.ReadFile(docs, path)
		for _, bad := range []string{"http:", "https:", "//cdn", "@import", "innerHTML", "eval(", " style=", "javascript:"} {
			if strings.Contains(string(b), bad) {
				t.Errorf("%s contains %q", path, bad)
			}
		}
		return err
	})
	if err != nil || files != 3 {
		t.Errorf("%d files, %v", files, err)
	}
	page := s.ask("GET", "/v1/docs", "Authorization", "none")
	if page.Code != 200 || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", page.Code, page.Header())
	}
	if policy := page.Header().Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || strings.Contains(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
	used := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page.Body.String(), -1)
	if len(used) < 3 {
		t.Errorf("the page uses %v", used)
	}
	for _, u := range used {
		if w := s.ask("GET", "/v1/"+u[1], "Authorization", "none"); w.Code != 200 {
			t.Errorf("%s: status %d", u[1], w.Code)
		}
	}
}

func TestCORS(t *testing.T) {
	s := newSite(t, &library{companies: twoCompanies()})
	pre := []string{"Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization"}
	cases := []struct {
		name, method, origin string
		header               []string
		status               int
		allowed, methods     string
	}{
		{"preflight", "OPTIONS", "https://app.example", pre, 204, "https://app.example", corsMethods},
		{"preflight of a stranger", "OPTIONS", "https://evil.example", pre, 204, "", ""},
		{"plain OPTIONS", "OPTIONS", "https://app.example", nil, 204, "https://app.example", ""},
		{"read", "GET", "https://app.example", nil, 200, "https://app.example", ""},
		{"read by a stranger", "GET", "https://evil.example", nil, 200, "", ""},
		{"origin that only ends alike", "GET", "https://evil.app.example", nil, 200, "", ""},
		{"no origin", "GET", "", nil, 200, "", ""},
		{"failure", "GET", "https://app.example", []string{"Authorization", "none"}, 401, "https://app.example", ""},
	}
	for _, c := range cases {
		w := s.ask(c.method, "/v1/companies", append([]string{"Origin", c.origin}, c.header...)...)
		h := w.Header()
		if w.Code != c.status || h.Get("Access-Control-Allow-Origin") != c.allowed || h.Get("Access-Control-Allow-Methods") != c.methods || h.Get("Vary") != "Origin" {
			t.Errorf("%s: %d %v", c.name, w.Code, h)
		}
		if h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: cookies are allowed", c.name)
		}
		if c.allowed != "" && !strings.Contains(h.Get("Access-Control-Expose-Headers"), "Content-Range") {
			t.Errorf("%s: pages cannot read the headers", c.name)
		}
	}
	open := New(Deps{Library: &library{}, Auth: &logins{}, Origins: []string{"*"}})
	r := httptest.NewRequest("GET", "/v1/info", nil)
	r.Header.Set("Origin", "https://any.example")
	w := httptest.NewRecorder()
	open.ServeHTTP(w, r)
	if got := w.Header().Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("open to all: %q", got)
	}
}
