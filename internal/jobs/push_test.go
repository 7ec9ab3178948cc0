package jobs_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/jobs"
)

// pushes is a source of one call.
type pushes struct {
	push   engine.Push
	wanted bool
	err    error
}

func (p pushes) Push(context.Context, *ingest.Task) (engine.Push, bool, error) {
	return p.push, p.wanted, p.err
}

// The signature is that of the Standard Webhooks specification; the wanted one was made
// with another tool.
func TestPushIsSigned(t *testing.T) {
	var header http.Header
	var body []byte
	post := func(_ context.Context, url string, h http.Header, b []byte) error {
		if url != "https://pbx.example.org/hook" {
			t.Errorf("address %q", url)
		}
		header, body = h, b
		return nil
	}
	now := time.Unix(1614265330, 0)
	text := "hi"
	source := pushes{wanted: true, push: engine.Push{
		URL: "https://pbx.example.org/hook", Key: "msg.0", Secret: "s3cret",
		Event: engine.PushEvent{Type: engine.PushReceived, Time: now.UTC(), Company: "demo", ID: "msg", From: "+1", To: "+2", StreamID: "+1", ContentType: "text/plain", Size: 2, Text: &text},
	}}
	if _, failure := jobs.Push(source, post, func() time.Time { return now })(t.Context(), &ingest.Task{}); failure != nil {
		t.Fatal(failure)
	}
	const want = `{"type":"message.received","timestamp":"2021-02-25T15:02:10Z","company":"demo","id":"msg","from":"+1","to":"+2","streamId":"+1","contentType":"text/plain","size":2,"text":"hi"}`
	if string(body) != want || !json.Valid(body) {
		t.Errorf("body %s", body)
	}
	// printf 'msg.0.1614265330.BODY' | openssl dgst -sha256 -hmac s3cret -binary | base64
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Idempotency-Key": "msg.0", "Webhook-Id": "msg.0", "Webhook-Timestamp": "1614265330",
		"Webhook-Signature": "v1,cmBPgYavrBIP6VYSu5RVuEfFq0zYcN/vSbSn3aGKZbY=",
	} {
		if got := header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	source.push.Secret = ""
	jobs.Push(source, post, time.Now)(t.Context(), &ingest.Task{})
	if _, signed := header["Webhook-Signature"]; signed {
		t.Error("signed without a secret")
	}
}

func TestPushOutcomes(t *testing.T) {
	refused := &ingest.Error{Kind: ingest.Unavailable, Msg: "no answer"}
	for name, tt := range map[string]struct {
		source pushes
		answer error
		want   string // reason of the failure
		calls  int
	}{
		"taken":     {pushes{wanted: true}, nil, "", 1},
		"refused":   {pushes{wanted: true}, refused, "no answer", 1},
		"unwanted":  {pushes{}, refused, "", 0},
		"no source": {pushes{err: refused}, nil, "no answer", 0},
	} {
		calls := 0
		post := func(context.Context, string, http.Header, []byte) error { calls++; return tt.answer }
		_, failure := jobs.Push(tt.source, post, time.Now)(t.Context(), &ingest.Task{})
		got := ""
		if failure != nil {
			got = failure.Reason
			if failure.Final {
				t.Errorf("%s: not to be made again", name)
			}
		}
		if got != tt.want || calls != tt.calls {
			t.Errorf("%s: failure %q after %d calls", name, got, calls)
		}
	}
}
