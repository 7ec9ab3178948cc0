package scene7

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// heldJobs notes which job is held open.
type heldJobs struct {
	*engine.Engine
	held  atomic.Int64 // number of the job; 0 = none
	holds atomic.Int64
}

func (h *heldJobs) HoldJob(p ingest.Principal, job ingest.Number) func() {
	release := h.Engine.HoldJob(p, job)
	h.holds.Add(1)
	h.held.Store(int64(job))
	return func() { h.held.Store(0); release() }
}

// A job that is joined is held while the body arrives, and let go with the
// request, whatever the size and however the job is named.
func TestJoinedJobsAreHeldWhileTheBodyArrives(t *testing.T) {
	r := newRig(t, Options{})
	auth := authPart("anna@example.org", "secret", "")
	status, answer := r.post(t, auth, paramsPart(`<jobName>slow</jobName>`+options))
	jobHandle(t, status, answer)
	tests := map[string]struct {
		handle string
		sized  bool
		good   bool
	}{
		"small":          {"j|1||slow|1", true, true},
		"large":          {"j|1||slow|1", false, true},
		"small, by name": {"j|1||slow", true, true},
		"large, by name": {"1|slow|", false, true},
		"refused later":  {"j|1||slow|1", true, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			spy := &heldJobs{Engine: r.engine}
			door, err := New(Deps{
				Engine: spy, Logins: plainLogins{"anna@example.org": r.anna}, Log: slog.New(slog.DiscardHandler),
				Address: func(*http.Request) string { return "192.0.2.1" }, ID: func(*http.Request) string { return "req1" },
			})
			if err != nil {
				t.Fatal(err)
			}
			mux := http.NewServeMux()
			door.Routes(mux)
			name := strings.ReplaceAll(name, " ", "") + ".zip"
			if !tt.good {
				name = "../" + name
			}
			contentType, body := form(t, auth, paramsPart(`<jobHandle>`+tt.handle+`</jobHandle>`), file(name, strings.Repeat("x", 300<<10)))
			during := int64(-1)
			tail := &probe{func() { during = spy.held.Load() }}
			req := httptest.NewRequest("POST", "/scene7/UploadFile", io.MultiReader(bytes.NewReader(body[:200<<10]), tail, bytes.NewReader(body[200<<10:])))
			req.ContentLength = -1
			if tt.sized {
				req.ContentLength = int64(len(body))
			}
			req.Header.Set("Content-Type", contentType)
			rec := httptest.NewRecorder()
			mux.ServeHTTP(rec, req)
			if (rec.Code == 200) != tt.good {
				t.Fatalf("answer %d %s", rec.Code, rec.Body)
			}
			if during != 1 || spy.held.Load() != 0 || spy.holds.Load() != 1 {
				t.Errorf("job %d was held while the body arrived, %d is afterwards, %d holds", during, spy.held.Load(), spy.holds.Load())
			}
		})
	}
}

// probe is a part of a body that has no bytes and notices when it is reached.
type probe struct{ reached func() }

func (p *probe) Read([]byte) (int, error) { p.reached(); return 0, io.EOF }

// The profiles of a conversion are looked up among the company's assets.
func TestProfilesOfAConversion(t *testing.T) {
	r := newRig(t, Options{})
	auth := authPart("anna@example.org", "secret", "")
	status, answer := r.post(t, auth, paramsPart(`<jobName>profiles</jobName>`+options), file("in.icc", "1"), file("out.icm", "2"), file("x.zip", "3"))
	jobHandle(t, status, answer)
	convert := func(source, output string) field {
		return paramsPart(`<jobName>convert</jobName>` + strings.Replace(options, "</uploadParams>", `<colorManagementOptions><colorManagement>Convert</colorManagement><sourceProfileHandle>`+
			source+`</sourceProfileHandle><outputProfileHandle>`+output+`</outputProfileHandle></colorManagementOptions></uploadParams>`, 1))
	}
	for name, tt := range map[string]struct{ source, output, reason string }{
		"both":            {"a|1", " a|2 ", ""},
		"old handles":     {"a|1|17|4", "a|2", ""},
		"not a profile":   {"a|1", "a|3", `outputProfileHandle: no ICC profile of this company has the handle "a|3"`},
		"no asset":        {"a|99", "a|2", `sourceProfileHandle: no ICC profile of this company has the handle "a|99"`},
		"no asset handle": {"in.icc", "a|2", `colorManagementOptions/sourceProfileHandle: is not the handle of an asset: "in.icc"`},
	} {
		status, answer := r.post(t, auth, convert(tt.source, tt.output), file(strings.ReplaceAll(name, " ", "")+".zip", "x"))
		if tt.reason == "" {
			jobHandle(t, status, answer)
			continue
		}
		if !strings.Contains(answer, "<tns:code>30001</tns:code>") || !strings.Contains(strings.ReplaceAll(answer, "&quot;", `"`), tt.reason) {
			t.Errorf("%s: %s", name, answer)
		}
	}
}
