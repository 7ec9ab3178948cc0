package telemetry_test

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/internal/ingest"
	"sluice/internal/telemetry"
)

func TestMetrics(t *testing.T) {
	m := telemetry.NewMetrics(telemetry.Version{Version: "v1.2.3", Revision: "abc", Go: "go1.26"})
	m.Upload(ingest.DoorScene7, ingest.OutcomeCreated)
	m.Received(ingest.DoorScene7, 4096)
	m.Task(ingest.TaskInspect, ingest.TaskDone)
	m.Request("POST", "POST /scene7/UploadFile", 200, 30*time.Millisecond)
	m.Request("BREW", "/files/", 405, time.Millisecond)
	m.Request("GET", "", 404, time.Millisecond)
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`sluice_uploads_total{door="scene7",outcome="created"} 1`,
		`sluice_received_bytes_total{door="scene7"} 4096`,
		`sluice_tasks_total{kind="inspect",state="done"} 1`,
		`sluice_http_request_seconds_bucket{route="POST /scene7/UploadFile",status="200",le="0.1"} 1`,
		`sluice_http_request_seconds_count{route="OTHER /files/",status="405"} 1`,
		`sluice_http_request_seconds_count{route="none",status="404"} 1`,
		`sluice_build_info{go="go1.26",revision="abc",version="v1.2.3"} 1`,
		"go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestLog(t *testing.T) {
	for _, c := range []struct{ level, format, want string }{
		{"info", "text", `level=INFO msg=hello n=1`}, {"debug", "json", `"msg":"hello","n":1`}, {"warn", "text", ""},
	} {
		var out bytes.Buffer
		log, err := telemetry.NewLog(&out, c.level, c.format)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("hello", "n", 1)
		if got := out.String(); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s %s wrote %q", c.level, c.format, got)
		}
	}
	for _, c := range [][2]string{{"loud", "text"}, {"info", "xml"}} {
		if _, err := telemetry.NewLog(&bytes.Buffer{}, c[0], c[1]); err == nil {
			t.Errorf("%v accepted", c)
		}
	}
}

func TestVersion(t *testing.T) {
	for want, v := range map[string]telemetry.Version{
		"sluice v1 (abc, modified) go1.26": {Version: "v1", Revision: "abc", Modified: true, Go: "go1.26"},
		"sluice devel":                     {Version: "devel"},
	} {
		if got := v.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if v := telemetry.ReadVersion(); v.Go == "" {
		t.Errorf("no Go version in %+v", v)
	}
}
