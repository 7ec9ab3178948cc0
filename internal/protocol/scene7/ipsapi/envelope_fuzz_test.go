package ipsapi

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
	"sluice/internal/store/sqlite"
	"sluice/internal/wire/xmltree"
)

// anyLogin lets everybody in as a member of nothing but everything's administrator.
type anyLogin struct{}

func (anyLogin) Login(context.Context, ingest.Credentials) (ingest.Principal, error) {
	return ingest.Principal{User: 1, Login: "root", Admin: true}, nil
}

func (anyLogin) HashPassword(_ context.Context, password string) (string, error) {
	return password, nil
}

// FuzzEnvelope checks that whatever is posted to either endpoint is answered by the
// return element of an operation or by a fault of the contract, in the envelope that
// fits, and never by a failure inside.
func FuzzEnvelope(f *testing.F) {
	files, err := filepath.Glob("testdata/wire/*.http")
	if err != nil || len(files) == 0 {
		f.Fatalf("no requests: %v", err)
	}
	for _, file := range files {
		request, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		_, body, _ := bytes.Cut(request, []byte("\n\n"))
		f.Add(body, bytes.Contains(request, []byte(servicePath)), "checkLogin")
	}
	f.Add([]byte(`<Request><getUsersParam><includInvalid/><responseFieldArray><items>/</items><items>a/items/b</items></responseFieldArray></getUsersParam></Request>`), false, "")
	f.Add([]byte(`<Envelope><Header><authHeader><faultHttpStatusCode>204</faultHttpStatusCode></authHeader></Header><Body><setCompanyMembershipParam><companyHandleArray><items/></companyHandleArray></setCompanyMembershipParam></Body></Envelope>`), true, "")
	mux := fuzzed(f)
	f.Fuzz(func(t *testing.T, body []byte, soap bool, action string) {
		path := barePath
		if soap {
			path = servicePath
		}
		r := httptest.NewRequest("POST", path, bytes.NewReader(body))
		r.Header["Soapaction"] = []string{action}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Header().Get("Content-Encoding") != "" {
			return // compressed, as the body may ask for
		}
		root, err := xmltree.Parse(w.Body.Bytes(), xmltree.Limits{Bytes: 64 << 20})
		if err != nil {
			t.Fatalf("answer is not XML: %v\n%s", err, w.Body)
		}
		checkAnswer(t, root, w.Body.String(), soap)
	})
}

// fuzzed is the service with handlers that answer every operation by an empty
// element, after they have used what dispatch promises.
func fuzzed(f *testing.F) *http.ServeMux {
	f.Helper()
	schema, err := scene7.NewSchema()
	if err != nil {
		f.Fatal(err)
	}
	operations, err := readOperations(schema)
	if err != nil {
		f.Fatal(err)
	}
	s := &Service{schema: schema, operations: operations, handlers: handlers{}, Deps: Deps{
		Engine: fuzzEngine(f), Logins: anyLogin{}, Log: slog.New(slog.DiscardHandler),
		Address: func(*http.Request) string { return "192.0.2.7" }, ID: func(*http.Request) string { return "r" },
	}}
	for name, op := range operations {
		needsCompany := false
		if field := schema.Type(op.Name + "Param").Field("companyHandle"); field != nil {
			needsCompany = field.Min > 0
		}
		s.handlers[name] = func(_ context.Context, c *call) (*scene7.Record, error) {
			if c.in == nil || needsCompany && c.company == nil {
				panic("the call is incomplete")
			}
			c.wants("assetArray/items/name")
			return record(c.op.Name+"Return", "totalRows", len(c.in.JSON()), "assetArray", array("AssetArray", fakeAssets())), nil
		}
	}
	mux := http.NewServeMux()
	s.Routes(mux)
	return mux
}

// fuzzEngine has one company.
func fuzzEngine(f *testing.F) *engine.Engine {
	f.Helper()
	quiet := slog.New(slog.DiscardHandler)
	db, err := sqlite.Open(f.Context(), filepath.Join(f.TempDir(), "sluice.db"), sqlite.Options{Logger: quiet})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	err = db.Update(f.Context(), func(tx ingest.Tx) error {
		return tx.CreateCompany(&ingest.Company{UUID: id.New(), Name: "ApiTestCo1", Slug: "apitestco1", Created: fakeTime()})
	})
	if err != nil {
		f.Fatal(err)
	}
	return engine.New(engine.Config{Store: db, Now: fakeTime, NewUUID: id.New, Log: quiet})
}

func checkAnswer(t *testing.T, root *xmltree.Element, text string, soap bool) {
	t.Helper()
	content := root
	if soap {
		body := root.Child("Body")
		if root.Local != "Envelope" || !strings.Contains(text, "<soapenv:Body><") || body == nil || len(body.Children) != 1 {
			t.Fatalf("no envelope with one element: %s", text)
		}
		content = body.Children[0]
	}
	if content.Local == "Fault" {
		detail := content.Child("detail")
		if root.Space == soap12 {
			detail = content.Child("Detail")
		}
		if detail == nil || len(detail.Children) != 1 {
			t.Fatalf("no detail: %s", text)
		}
		content = detail.Children[0]
	}
	if !strings.HasSuffix(content.Local, "Fault") {
		if !strings.HasSuffix(content.Local, "Return") || content.Space == "" {
			t.Fatalf("neither fault nor answer: %s", text)
		}
		return
	}
	code, err := strconv.Atoi(content.Child("code").Text)
	if err != nil || !slices.Contains(scene7.Codes(), scene7.Code(code)) || content.Local != scene7.Code(code).Element() || content.Space != scene7.BaseNamespace {
		t.Fatalf("no fault of the contract: %s", text)
	}
	if reason := content.Child("reason").Text; reason == "" || strings.HasPrefix(reason, "internal error") {
		t.Fatalf("failed inside: %s", text)
	}
}
