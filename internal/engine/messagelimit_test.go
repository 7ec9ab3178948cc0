package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// exceeded checks that a message was refused for a limit, with both figures.
func (w *world) exceeded(err error, kind ingest.Kind, code ingest.Code, limit, value int64) {
	w.t.Helper()
	w.refused(err, kind, code)
	over, ok := errors.AsType[*engine.ExceededError](err)
	if !ok || over.Limit != limit || over.Value != value {
		w.t.Errorf("%v: %+v, want limit %d and value %d", err, over, limit, value)
	}
}

// Recipients of a user's messages are counted within a minute, texts within a day.
func TestMessageLimits(t *testing.T) {
	w := newWorld(t)
	w.softphone(ingest.SoftphoneSettings{MessageRate: 3, MessageDayBytes: 10})
	try := func(p ingest.Principal, body string, to ...string) error {
		_, err := w.engine.SendMessage(w.ctx, p, w.demo.Number, engine.MessageSpec{To: to, Body: body})
		return err
	}
	w.ok(try(w.editor, "1234", "colleague", "publisher"))
	w.exceeded(try(w.editor, "1", "colleague", "publisher"), ingest.Throttled, ingest.CodeLimit, 3, 4)
	w.ok(try(w.editor, "5678", "colleague"))
	w.ok(try(w.colleague, "another's", "editor"))
	w.clock.move(time.Minute)
	w.exceeded(try(w.editor, "abc", "colleague"), ingest.TooLarge, ingest.CodeQuota, 10, 11)
	w.ok(try(w.editor, "ab", "colleague"))
	matches(t, "received", len(w.fetch(w.colleague, engine.FetchSpec{}).Received), 3)
	w.clock.move(24 * time.Hour)
	w.ok(try(w.editor, strings.Repeat("x", 10), "colleague"))
}

// A message that is refused for something else does not count.
func TestRefusedMessagesDoNotCount(t *testing.T) {
	w := newWorld(t)
	w.softphone(ingest.SoftphoneSettings{MessageRate: 2})
	w.send(w.editor, "one", "colleague")
	w.refused(func() error {
		_, err := w.engine.SendMessage(w.ctx, w.editor, w.demo.Number, engine.MessageSpec{To: []string{""}, Body: "for nobody"})
		return err
	}(), ingest.Invalid, ingest.CodeRecipient)
	w.send(w.editor, "two", "colleague")
}
