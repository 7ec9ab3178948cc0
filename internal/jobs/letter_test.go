package jobs_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/jobs"
)

// letters is a source of one letter.
type letters struct {
	letter engine.Letter
	wanted bool
	err    error
}

func (l letters) Letter(context.Context, *ingest.Task) (engine.Letter, bool, error) {
	return l.letter, l.wanted, l.err
}

func TestLetter(t *testing.T) {
	letter := engine.Letter{To: "ann@example.com", Subject: "Job spring is done", Text: "Files: 1\n"}
	for name, tt := range map[string]struct {
		source  letters
		sending error
		sent    []engine.Letter
		failed  string // its reason; "!" in front = for good
	}{
		"taken":          {letters{letter, true, nil}, nil, []engine.Letter{letter}, ""},
		"not wanted":     {letters{letter, false, nil}, nil, nil, ""},
		"unknown":        {letters{letter, true, &ingest.Error{Kind: ingest.Unavailable, Msg: "the database is away"}}, nil, nil, "the database is away"},
		"server is away": {letters{letter, true, nil}, &ingest.Error{Kind: ingest.Unavailable, Msg: "The letter could not be sent.", Err: errors.New("x")}, []engine.Letter{letter}, "The letter could not be sent."},
		"no address":     {letters{letter, true, nil}, &ingest.Error{Kind: ingest.Invalid, Msg: "This is not an e-mail address."}, []engine.Letter{letter}, "!This is not an e-mail address."},
	} {
		var sent []engine.Letter
		send := func(_ context.Context, to, subject, text string) error {
			sent = append(sent, engine.Letter{To: to, Subject: subject, Text: text})
			return tt.sending
		}
		_, failure := jobs.Letter(tt.source, send)(t.Context(), &ingest.Task{})
		failed := ""
		if failure != nil {
			failed = failure.Reason
			if failure.Final {
				failed = "!" + failed
			}
		}
		if diff := cmp.Diff(tt.sent, sent); diff != "" || failed != tt.failed {
			t.Errorf("%s: failure %q, want %q; sent (-want +got):\n%s", name, failed, tt.failed, diff)
		}
	}
}
