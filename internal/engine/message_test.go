package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// phone gives a user addresses.
func (w *world) phone(p ingest.Principal, kind ingest.AddressKind, texts ...string) {
	w.t.Helper()
	var list []ingest.UserAddress
	for _, text := range texts {
		a, err := ingest.ReadAddress("test", kind, text)
		w.ok(err)
		list = append(list, a)
	}
	w.update(func(tx ingest.Tx) error { return tx.PutAddresses(p.User, kind, list) })
}

func (w *world) send(p ingest.Principal, body string, to ...string) *ingest.TextMessage {
	w.t.Helper()
	m, err := w.engine.SendMessage(w.ctx, p, w.demo.Number, engine.MessageSpec{To: to, Body: body})
	w.ok(err)
	return m
}

func (w *world) fetch(p ingest.Principal, s engine.FetchSpec) engine.Fetched {
	w.t.Helper()
	f, err := w.engine.FetchMessages(w.ctx, p, w.demo.Number, s)
	w.ok(err)
	return f
}

// shown renders messages: "from>recipient [stream] body".
func shown(list []engine.MessageView) []string {
	lines := []string{}
	for _, m := range list {
		lines = append(lines, fmt.Sprintf("%s>%s [%s] %s", m.From, m.Recipient, m.Stream, m.Body))
	}
	return lines
}

func matches(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestMessagesReachEveryDevice(t *testing.T) {
	w := newWorld(t)
	w.phone(w.editor, ingest.AddressPhone, "+420 111")
	w.phone(w.colleague, ingest.AddressSIP, "col@example.org")
	first := w.send(w.editor, "hi", "sip:col@example.org;transport=tls")
	w.send(w.colleague, "yes?", "+420-111")
	for device := range 2 {
		f := w.fetch(w.colleague, engine.FetchSpec{})
		matches(t, fmt.Sprint("received by device ", device), shown(f.Received), []string{"+420111>col@example.org [+420111] hi"})
		matches(t, "sent", shown(f.Sent), []string{"col@example.org>+420111 [+420111] yes?"})
		if !f.Now.Equal(w.clock.now()) {
			t.Errorf("time %v", f.Now)
		}
	}
	w.send(w.editor, "more", "col@example.org")
	f := w.fetch(w.colleague, engine.FetchSpec{LastReceived: first.ID, LastSent: w.fetch(w.colleague, engine.FetchSpec{}).Sent[0].ID})
	matches(t, "newer", shown(f.Received), []string{"+420111>col@example.org [+420111] more"})
	matches(t, "nothing newer sent", shown(f.Sent), []string{})
	w.db.faults(func() error { return errors.New("a fetch must not write") }, nil)
	w.fetch(w.colleague, engine.FetchSpec{LastReceived: f.Received[0].ID})
}

// A group has one conversation, whoever of it writes, and each member gets a copy.
func TestGroupMessages(t *testing.T) {
	w := newWorld(t)
	one := w.send(w.editor, "all", "colleague, publisher", "editor")
	two := w.send(w.colleague, "me too", "editor", "publisher")
	if one.Stream == "" || one.Stream != two.Stream {
		t.Errorf("streams %q and %q", one.Stream, two.Stream)
	}
	matches(t, "received", shown(w.fetch(w.publisher, engine.FetchSpec{}).Received), []string{
		"editor>colleague,publisher,editor [" + one.Stream + "] all", "colleague>editor,publisher [" + one.Stream + "] me too",
	})
	matches(t, "of oneself", len(w.fetch(w.editor, engine.FetchSpec{}).Received), 2)
}

func TestMessageIDsTellNothing(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for range 20 {
		ids = append(ids, w.send(w.editor, "x", "colleague").ID)
	}
	if slices.IsSorted(ids) || len(ids[0]) != 32 {
		t.Errorf("IDs %v", ids)
	}
}

// A device that names an unknown message gets a recent window, in order.
func TestRecentWindow(t *testing.T) {
	w := newWorld(t)
	w.send(w.editor, "long ago", "colleague")
	w.clock.move(8 * 24 * time.Hour)
	for i := range 130 {
		w.send(w.editor, fmt.Sprint(i), "colleague")
	}
	for _, last := range []string{"", "not known here", w.send(w.colleague, "own", "editor").ID} {
		got := w.fetch(w.colleague, engine.FetchSpec{LastReceived: last, Limit: 500}).Received
		if len(got) != 100 || got[0].Body != "30" || got[99].Body != "129" {
			t.Errorf("%q: %d messages, from %s to %s", last, len(got), got[0].Body, got[len(got)-1].Body)
		}
	}
	oldest := w.fetch(w.editor, engine.FetchSpec{}).Sent[0].ID // 30
	got := w.fetch(w.editor, engine.FetchSpec{LastSent: oldest, Limit: 60}).Sent
	if len(got) != 60 || got[0].Body != "31" {
		t.Errorf("%d sent from %s", len(got), got[0].Body)
	}
}

// Large texts come in several fetches, none of them lost.
func TestFetchIsBounded(t *testing.T) {
	w := newWorld(t)
	big := strings.Repeat("x", engine.MaxMessageBytes)
	for range 40 {
		w.send(w.editor, big, "colleague")
	}
	last := w.send(w.colleague, "mark", "colleague").ID
	for range 40 {
		w.send(w.editor, big, "colleague")
	}
	for n := 0; n < 40; {
		f := w.fetch(w.colleague, engine.FetchSpec{LastReceived: last})
		got := f.Received
		if len(got) == 0 || len(got) > 4 {
			t.Fatalf("%d large messages at once", len(got))
		}
		last, n = got[len(got)-1].ID, n+len(got)
	}
	if got := w.fetch(w.editor, engine.FetchSpec{}).Sent; len(got) != 4 {
		t.Errorf("%d large messages of one's own at once", len(got))
	}
}

// Addresses without a company mean the only one, or the one that a setting names.
func TestDefaultSoftphoneCompany(t *testing.T) {
	w := newWorld(t)
	for name, want := range map[string]string{"Demo": "demo", "other": "other", "": "", "unknown": ""} {
		slug, err := w.engine.DefaultSoftphoneCompany(w.ctx, name)
		if want == "" {
			w.refused(err, ingest.NotFound, ingest.CodeUnknownCompany)
			continue
		}
		w.ok(err)
		matches(t, name, slug, want)
	}
}

func TestMessagesStayInTheCompany(t *testing.T) {
	w := newWorld(t)
	w.phone(w.outsider, ingest.AddressPhone, "+420555")
	m := w.send(w.editor, "for Demo only", "+420555", "outsider")
	if m.To[0].User != 0 || m.To[1].User != 0 {
		t.Errorf("recipients %+v", m.To)
	}
	f, err := w.engine.FetchMessages(w.ctx, w.outsider, w.other.Number, engine.FetchSpec{LastReceived: m.ID})
	w.ok(err)
	matches(t, "received in another company", shown(f.Received), []string{})
	_, err = w.engine.FetchMessages(w.ctx, w.outsider, w.demo.Number, engine.FetchSpec{})
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)
	_, err = w.engine.SendMessage(w.ctx, w.outsider, w.demo.Number, engine.MessageSpec{To: []string{"editor"}, Body: "x"})
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)
	_, err = w.engine.FetchMessages(w.ctx, w.anonymous, w.demo.Number, engine.FetchSpec{})
	w.refused(err, ingest.Unauthenticated, ingest.CodeNoCredentials)
	matches(t, "received by a third", shown(w.fetch(w.viewer, engine.FetchSpec{LastReceived: m.ID}).Received), []string{})
}

func TestMessageRefusals(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct {
		spec engine.MessageSpec
		kind ingest.Kind
		code ingest.Code
	}{
		"nobody":       {engine.MessageSpec{To: []string{" , "}, Body: "x"}, ingest.Invalid, ingest.CodeRecipient},
		"malformed":    {engine.MessageSpec{To: []string{"a b"}, Body: "x"}, ingest.Invalid, ingest.CodeRecipient},
		"too large":    {engine.MessageSpec{To: []string{"editor"}, Body: strings.Repeat("x", engine.MaxMessageBytes+1)}, ingest.TooLarge, ingest.CodeLimit},
		"no text":      {engine.MessageSpec{To: []string{"editor"}, Body: "\xff"}, ingest.Invalid, ingest.CodeMalformed},
		"zero byte":    {engine.MessageSpec{To: []string{"editor"}, Body: "a\x00"}, ingest.Invalid, ingest.CodeMalformed},
		"content type": {engine.MessageSpec{To: []string{"editor"}, ContentType: "a\nb"}, ingest.Invalid, ""},
		"spellings":    {engine.MessageSpec{To: []string{manySpellings(51)}, Body: "x"}, ingest.Invalid, ingest.CodeRecipient},
		"too many":     {engine.MessageSpec{To: []string{manyNumbers(51)}}, ingest.Invalid, ingest.CodeRecipient},
	} {
		_, err := w.engine.SendMessage(w.ctx, w.editor, w.demo.Number, tt.spec)
		if err == nil || ingest.KindOf(err) != tt.kind || ingest.CodeOf(err) != tt.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(w.fetch(w.editor, engine.FetchSpec{}).Sent); n != 0 {
		t.Errorf("%d messages were kept", n)
	}
}

func manyNumbers(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprint("+", 1000+i))
	}
	return strings.Join(list, ",")
}

// manySpellings writes one number in many ways.
func manySpellings(n int) string {
	list := []string{"1"}
	for len(list) < n {
		list = append(list, list[len(list)-1]+".")
	}
	return strings.Join(list, ",")
}

func TestRecipients(t *testing.T) {
	w := newWorld(t)
	w.phone(w.editor, ingest.AddressPhone, "+420 (111) 222-333", "1001")
	w.phone(w.colleague, ingest.AddressSIP, "Col@PBX.example.org")
	mail := w.user("jo@example.org", false, w.demo, ingest.RoleViewer)
	numeric := w.user("2002", false, w.demo, ingest.RoleViewer)
	w.phone(w.outsider, ingest.AddressPhone, "+420111222333")
	for text, want := range map[string]ingest.MessageAddress{
		"+420111222333":                 {Address: "+420111222333", User: w.editor.User},
		"420.111.222.333":               {Address: "420111222333", User: w.editor.User},
		"1001":                          {Address: "1001", User: w.editor.User},
		"<sip:col@pbx.EXAMPLE.org>":     {Address: "col@pbx.example.org", User: w.colleague.User},
		"sips:COL@pbx.example.org:5061": {Address: "COL@pbx.example.org", User: w.colleague.User},
		"EDITOR":                        {Address: "EDITOR", User: w.editor.User},
		"Jo@example.org":                {Address: "Jo@example.org", User: mail.User},
		"2002":                          {Address: "2002", User: numeric.User},
		"+1 555 0100":                   {Address: "+15550100"},
		"who@example.org":               {Address: "who@example.org"},
		"outsider":                      {Address: "outsider"},
	} {
		got, err := w.engine.Recipients(w.ctx, w.editor, w.demo.Number, []string{text})
		w.ok(err)
		matches(t, text, got, []ingest.MessageAddress{want})
	}
	w.phone(w.viewer, ingest.AddressPhone, "1001")
	_, err := w.engine.Recipients(w.ctx, w.editor, w.demo.Number, []string{"1001"})
	w.refused(err, ingest.Invalid, ingest.CodeRecipient)
}

func TestRecipientRules(t *testing.T) {
	w := newWorld(t)
	allowed := func(s ingest.SoftphoneSettings, to string, want bool) {
		t.Helper()
		w.settings(w.demo, ingest.CompanySettings{Softphone: s})
		_, err := w.engine.Recipients(w.ctx, w.editor, w.demo.Number, []string{to})
		if (err == nil) != want {
			t.Errorf("%+v, %s: %v", s, to, err)
		}
		if err != nil {
			w.refused(err, ingest.Invalid, ingest.CodeRecipient)
		}
	}
	pattern := ingest.SoftphoneSettings{RecipientPattern: `\+420\d{9}|colleague`}
	allowed(pattern, "+420 111 222 333", true)
	allowed(pattern, "+420111222333", true)
	allowed(pattern, "+4201112223334", false)
	allowed(pattern, "colleague", true)
	allowed(pattern, "editor", false)
	lists := ingest.SoftphoneSettings{RecipientAllow: []string{"+420*", "*@example.org", "editor"}, RecipientDeny: []string{"+420 90*", "boss@example.org"}}
	allowed(lists, "+420111", true)
	allowed(lists, "+420901", false)
	allowed(lists, "+421111", false)
	allowed(lists, "Jo@Example.org", true)
	allowed(lists, "BOSS@example.org", false)
	allowed(lists, "editor", true)
	allowed(lists, "colleague", false)
	refuse := ingest.SoftphoneSettings{RefuseUnknown: true}
	allowed(refuse, "colleague", true)
	allowed(refuse, "+15550100", false)
	allowed(ingest.SoftphoneSettings{}, "+15550100", true)
}

// Old messages go, by the company's setting.
func TestRetention(t *testing.T) {
	w := newWorld(t)
	w.settings(w.demo, ingest.CompanySettings{Softphone: ingest.SoftphoneSettings{MessageRetention: 48 * time.Hour, MessageRate: 1000}})
	for i := range 450 {
		w.send(w.editor, fmt.Sprint(i), "colleague")
	}
	_, err := w.engine.SendMessage(w.ctx, w.outsider, w.other.Number, engine.MessageSpec{To: []string{"outsider"}, Body: "kept"})
	w.ok(err)
	w.clock.move(47 * time.Hour)
	w.send(w.editor, "young", "colleague")
	w.ok(w.engine.Tick(w.ctx))
	matches(t, "before", len(w.fetch(w.colleague, engine.FetchSpec{}).Received), 100)
	w.clock.move(2 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	matches(t, "after", shown(w.fetch(w.colleague, engine.FetchSpec{}).Received), []string{"editor>colleague [editor] young"})
	f, err := w.engine.FetchMessages(w.ctx, w.outsider, w.other.Number, engine.FetchSpec{})
	w.ok(err)
	matches(t, "in another company", shown(f.Received), []string{"outsider>outsider [outsider] kept"})
}
