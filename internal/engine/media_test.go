package engine_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

const photo = "\xff\xd8 a picture"

// media is an upload of a softphone of a user.
func (w *world) media(name, declared string) engine.MediaSpec {
	return engine.MediaSpec{Company: w.demo.Number, To: []string{"colleague"}, FileName: name, DeclaredType: declared, DeclaredSize: -1, Client: "CloudSoftphone/1.5.6", Address: "192.0.2.1"}
}

func (w *world) tryShare(p ingest.Principal, s engine.MediaSpec, body string) (engine.SharedMedia, error) {
	in := w.engine.NewMediaIntake()
	defer in.Close()
	spool, err := in.Receive(w.ctx, strings.NewReader(body), -1)
	if err != nil {
		return engine.SharedMedia{}, err
	}
	return w.engine.DeliverMedia(w.ctx, p, in, spool, s)
}

func (w *world) share(p ingest.Principal, s engine.MediaSpec, body string) engine.SharedMedia {
	w.t.Helper()
	m, err := w.tryShare(p, s, body)
	w.ok(err)
	return m
}

// opened renders what a token leads to: name, type and bytes.
func (w *world) opened(token string) string {
	w.t.Helper()
	f, err := w.engine.OpenMedia(w.ctx, token)
	w.ok(err)
	defer f.Bytes.Close()
	b, err := io.ReadAll(f.Bytes)
	w.ok(err)
	return fmt.Sprintf("%s %s %s", f.Name, f.ContentType, b)
}

func (w *world) sharedAsset(m engine.SharedMedia) *ingest.Asset {
	w.t.Helper()
	return w.stored(&ingest.Asset{Number: m.Link.Asset})
}

func (w *world) softphone(s ingest.SoftphoneSettings) {
	w.t.Helper()
	w.settings(w.demo, ingest.CompanySettings{Softphone: s})
}

func TestMediaBecomesAnAsset(t *testing.T) {
	w := newWorld(t)
	m := w.share(w.publisher, w.media(`C:\DCIM\IMG 1 (2): čau.jpg`, ""), photo)
	matches(t, "file", w.opened(m.Token), "IMG 1 (2): čau.jpg image/jpeg "+photo)
	a := w.sharedAsset(m)
	matches(t, "place", a.Path+a.FileName, "Softphone/publisher/IMG 1 (2): čau.jpg")
	if a.CreatedBy != w.publisher.User || a.State != ingest.AssetProcessing {
		t.Errorf("asset %+v", a)
	}
	if len(m.Token) != 40 || strings.Trim(m.Token, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		t.Errorf("token %q", m.Token)
	}
	w.process()
	jobs, err := w.engine.Jobs(w.ctx, w.admin, ingest.JobFilter{}, ingest.Page{Limit: 5})
	w.ok(err)
	if len(jobs) != 1 || jobs[0].Door != ingest.DoorSoftphone || jobs[0].State != ingest.JobDone || jobs[0].OriginalName != a.FileName {
		t.Fatalf("jobs %+v", jobs)
	}
	matches(t, "log", w.log(jobs[0].Number), whole("UploadSuccess "+a.FileName))
	for _, row := range w.rows(jobs[0].Number) {
		if strings.Contains(row.Message+fmt.Sprint(row.Extra), m.Token) {
			t.Errorf("the token is in the log: %s", row.Message)
		}
	}
}

// A second file of the same name stands beside the first, which stays as it is.
func TestMediaReplacesNothing(t *testing.T) {
	w := newWorld(t)
	one := w.share(w.editor, w.media("image.jpg", "image/jpeg"), photo+"1")
	two := w.share(w.editor, w.media("image.jpg", "image/jpeg"), photo+"2")
	if one.Link.Asset == two.Link.Asset || one.Token == two.Token {
		t.Error("one asset or token for two files")
	}
	matches(t, "first", w.opened(one.Token), "image.jpg image/jpeg "+photo+"1")
	matches(t, "second", w.opened(two.Token), "image.jpg image/jpeg "+photo+"2")
}

func TestRepeatedMedia(t *testing.T) {
	w := newWorld(t)
	first := w.share(w.editor, w.media("a.jpg", ""), photo)
	again := w.share(w.editor, w.media("renamed.jpg", "image/jpeg"), photo)
	if !again.Repeated || again.Token != first.Token || w.assetCount(w.demo) != 1 || w.blobCount() != 1 {
		t.Errorf("again %+v, %d assets, %d blobs", again, w.assetCount(w.demo), w.blobCount())
	}
	other := func(what string, p ingest.Principal, change func(*engine.MediaSpec), body string) {
		t.Helper()
		s := w.media("a.jpg", "")
		change(&s)
		if m := w.share(p, s, body); m.Repeated || m.Token == first.Token {
			t.Errorf("%s is a repeat", what)
		}
	}
	nothing := func(*engine.MediaSpec) {}
	other("another file", w.editor, nothing, photo+"!")
	other("another user", w.boss, nothing, photo)
	other("another recipient", w.editor, func(s *engine.MediaSpec) { s.To = []string{"boss"} }, photo)
	other("another description", w.editor, func(s *engine.MediaSpec) { s.Description = "look" }, photo)
	w.clock.move(10*time.Minute + time.Second)
	other("a later one", w.editor, nothing, photo)
	fresh := w.share(w.editor, w.media("a.jpg", ""), photo)
	w.trash(w.sharedAsset(fresh))
	if m := w.share(w.editor, w.media("a.jpg", ""), photo); m.Repeated {
		t.Error("the repeat of a file that was removed")
	}
}

// After the secret behind tokens has changed, a repeat is a new file with a link that
// works, and the first link works on.
func TestRepeatedMediaAfterARotation(t *testing.T) {
	w := newWorld(t)
	first := w.share(w.editor, w.media("a.jpg", ""), photo)
	w.reboot() // a process secret is gone then
	again := w.share(w.editor, w.media("a.jpg", ""), photo)
	if again.Repeated || again.Token == first.Token {
		t.Error("the old token was given again")
	}
	matches(t, "first", w.opened(first.Token), w.opened(again.Token))
}

func TestMediaTypes(t *testing.T) {
	w := newWorld(t)
	const mp4, unknown, html = "ftyp video", "no known format", "<svg>"
	for name, tt := range map[string]struct {
		file, declared, body string
		types                []string
		want                 string // "" = refused
	}{
		"by content":               {"a.jpg", "", photo, nil, "image/jpeg"},
		"octet-stream":             {"a.jpg", "application/octet-stream", photo, nil, "image/jpeg"},
		"parameters":               {"a.jpg", "image/JPEG; name=x", photo, nil, "image/jpeg"},
		"content counts":           {"a.mp4", "image/png", mp4, nil, "video/mp4"},
		"declared is not taken":    {"a.jpg", "text/html", photo, nil, ""},
		"content is not taken":     {"a.jpg", "image/jpeg", html, nil, ""},
		"a recording":              {"voice", "audio/amr", unknown, nil, "audio/amr"},
		"a recording in MP4":       {"voice.m4a", "audio/mp4", mp4, nil, "audio/mp4"},
		"a recording, video apart": {"voice.m4a", "audio/mp4", mp4, []string{"audio/*"}, "audio/mp4"},
		"video, sound only":        {"a.mp4", "video/mp4", mp4, []string{"audio/*"}, ""},
		"nothing known":            {"a", "", unknown, nil, ""},
		"a company's list":         {"a.jpg", "image/jpeg", photo, []string{"video/mp4"}, ""},
		"everything":               {"a.svg", "", html, []string{"*/*"}, "image/svg+xml"},
		"scripts":                  {"a.js", "text/javascript", unknown, []string{"*/*"}, ""},
	} {
		w.softphone(ingest.SoftphoneSettings{MediaTypes: tt.types})
		s := w.media(tt.file, tt.declared)
		s.Description = name
		m, err := w.tryShare(w.editor, s, tt.body)
		if tt.want == "" {
			if err == nil || ingest.CodeOf(err) != ingest.CodeUnsupported || ingest.KindOf(err) != ingest.Invalid {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || m.Link.ContentType != tt.want {
			t.Errorf("%s: %+v, %v", name, m.Link, err)
		}
	}
}

// What is refused leaves a job that says why, and no bytes. The verdict before the
// bytes is the same.
func TestRefusedMedia(t *testing.T) {
	for name, tt := range map[string]struct {
		settings ingest.CompanySettings
		change   func(*engine.MediaSpec)
		kind     ingest.Kind
		code     ingest.Code
	}{
		"recipient": {ingest.CompanySettings{}, func(s *engine.MediaSpec) { s.To = []string{"no such one"} }, ingest.Invalid, ingest.CodeRecipient},
		"no recipient": {ingest.CompanySettings{Softphone: ingest.SoftphoneSettings{RecipientNeeded: true}},
			func(s *engine.MediaSpec) { s.To = nil }, ingest.Invalid, ingest.CodeRecipient},
		"unknown recipient": {ingest.CompanySettings{Softphone: ingest.SoftphoneSettings{RefuseUnknown: true}},
			func(s *engine.MediaSpec) { s.To = []string{"+1555"} }, ingest.Invalid, ingest.CodeRecipient},
		"size":         {ingest.CompanySettings{Softphone: ingest.SoftphoneSettings{MediaMax: 5}}, nil, ingest.TooLarge, ingest.CodeLimit},
		"type":         {ingest.CompanySettings{}, func(s *engine.MediaSpec) { s.DeclaredType = "text/plain" }, ingest.Invalid, ingest.CodeUnsupported},
		"bytes":        {ingest.CompanySettings{QuotaBytes: 5}, nil, ingest.TooLarge, ingest.CodeQuota},
		"user's bytes": {ingest.CompanySettings{UserQuotaBytes: 5}, nil, ingest.TooLarge, ingest.CodeQuota},
		"day":          {ingest.CompanySettings{QuotaDayBytes: 5}, nil, ingest.TooLarge, ingest.CodeQuota},
		"user's day":   {ingest.CompanySettings{UserQuotaDayBytes: 5}, nil, ingest.TooLarge, ingest.CodeQuota},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.settings(w.demo, tt.settings)
			s := w.media("secret plans.jpg", "image/jpeg")
			s.DeclaredSize, s.Description = int64(len(photo)), "words for the other side"
			if tt.change != nil {
				tt.change(&s)
			}
			w.refused(w.engine.CheckMedia(w.ctx, w.editor, s), tt.kind, tt.code)
			if jobs, _ := w.engine.Jobs(w.ctx, w.admin, ingest.JobFilter{}, ingest.Page{Limit: 5}); len(jobs) != 0 {
				t.Errorf("the check left %d jobs", len(jobs))
			}
			_, refusal := w.tryShare(w.editor, s, photo)
			w.refused(refusal, tt.kind, tt.code)
			jobs, err := w.engine.Jobs(w.ctx, w.admin, ingest.JobFilter{}, ingest.Page{Limit: 5})
			w.ok(err)
			if len(jobs) != 1 || jobs[0].State != ingest.JobDone || jobs[0].Counts.Error != 1 {
				t.Fatalf("jobs %+v", jobs)
			}
			row := w.row(jobs[0].Number, ingest.LogUploadError)
			if !strings.Contains(row.Message, ingest.Message(refusal)) || strings.Contains(row.Message, s.Description) {
				t.Errorf("log %q for %v", row.Message, refusal)
			}
			if w.blobCount() != 0 || w.assetCount(w.demo) != 0 {
				t.Errorf("%d blobs, %d assets", w.blobCount(), w.assetCount(w.demo))
			}
		})
	}
}

func TestWhoMaySendMedia(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		who  ingest.Principal
		kind ingest.Kind
		code ingest.Code
	}{
		{w.viewer, ingest.Forbidden, ingest.CodeRole}, {w.outsider, ingest.Forbidden, ingest.CodeNotMember}, {w.anonymous, ingest.Unauthenticated, ingest.CodeNoCredentials},
	} {
		_, err := w.tryShare(tt.who, w.media("a.jpg", ""), photo)
		w.refused(err, tt.kind, tt.code)
		w.refused(w.engine.CheckMedia(w.ctx, tt.who, w.media("a.jpg", "")), tt.kind, tt.code)
	}
	w.ok(w.engine.CheckMedia(w.ctx, w.publisher, w.media("a.jpg", "image/jpeg")))
	_, err := w.tryShare(w.editor, w.media("a.jpg", "image/jpeg"), "")
	w.refused(err, ingest.Invalid, ingest.CodeMissing)
}

func TestDayQuota(t *testing.T) {
	w := newWorld(t)
	w.settings(w.demo, ingest.CompanySettings{UserQuotaDayFiles: 2, QuotaDayFiles: 3})
	for i := range 2 {
		w.share(w.editor, w.media("a.jpg", ""), fmt.Sprint(photo, i))
	}
	_, err := w.tryShare(w.editor, w.media("a.jpg", ""), photo)
	w.refused(err, ingest.TooLarge, ingest.CodeQuota)
	w.reboot() // counters survive a restart
	w.share(w.boss, w.media("a.jpg", ""), photo)
	_, err = w.tryShare(w.boss, w.media("a.jpg", ""), photo+"4")
	w.refused(err, ingest.TooLarge, ingest.CodeQuota)
	if m := w.share(w.boss, w.media("a.jpg", ""), photo); !m.Repeated { // whose answer got lost
		t.Error("the repeat was stored")
	}
	credit, err := w.engine.Credit(w.ctx, w.editor, w.demo.Number)
	w.ok(err)
	size := int64(len(photo))
	matches(t, "credit", credit, engine.Credit{
		Company: ingest.CreditUse{Stored: ingest.Usage{Files: 3, Bytes: 3*size + 2}, Today: ingest.Usage{Files: 3, Bytes: 3*size + 2}, MaxPerDay: ingest.Usage{Files: 3}},
		User:    ingest.CreditUse{Stored: ingest.Usage{Files: 2, Bytes: 2*size + 2}, Today: ingest.Usage{Files: 2, Bytes: 2*size + 2}, MaxPerDay: ingest.Usage{Files: 2}},
	})
	w.clock.move(24 * time.Hour)
	w.share(w.editor, w.media("a.jpg", ""), photo+"5")
}

// A link goes from good to gone to unknown, and its file leaves the library.
func TestMediaExpires(t *testing.T) {
	w := newWorld(t)
	w.softphone(ingest.SoftphoneSettings{MediaLifetime: 48 * time.Hour, Folder: "Chat/Media"})
	m := w.share(w.editor, w.media("a.jpg", ""), photo)
	w.process()
	w.clock.move(48*time.Hour - time.Second)
	w.ok(w.engine.Tick(w.ctx))
	w.opened(m.Token)
	if _, err := w.engine.OwnMedia(w.ctx, w.editor, w.demo.Number, m.Token); err != nil {
		t.Error(err)
	}
	gone := func(kind ingest.Kind) {
		t.Helper()
		_, err := w.engine.OpenMedia(w.ctx, m.Token)
		w.refused(err, kind, "")
	}
	w.clock.move(time.Second)
	gone(ingest.Gone)
	_, err := w.engine.OwnMedia(w.ctx, w.editor, w.demo.Number, m.Token)
	w.refused(err, ingest.NotFound, "")
	w.ok(w.engine.Tick(w.ctx))
	gone(ingest.Gone)
	a := w.sharedAsset(m)
	if !a.Emptied || w.blobCount() != 0 || w.usage(w.demo, w.editor) != (ingest.Usage{}) {
		t.Errorf("asset %+v, %d blobs", a, w.blobCount())
	}
	row := w.row(w.storedVersionJob(a), ingest.LogDeleteSuccess)
	if !strings.Contains(row.Message, "Demo/Chat/Media/editor/a.jpg was deleted: its time ended at 2026-03-03T12:00:00Z") {
		t.Errorf("log %q", row.Message)
	}
	w.clock.move(30*24*time.Hour - time.Minute)
	gone(ingest.Gone)
	w.clock.move(time.Minute)
	gone(ingest.NotFound)
	w.clock.move(24 * time.Hour)
	w.ok(w.engine.Tick(w.ctx))
	w.view(func(tx ingest.Tx) error {
		hash := sha256.Sum256([]byte(m.Token))
		if l, err := tx.MediaLinkByToken(hash[:]); ingest.KindOf(err) != ingest.NotFound {
			t.Errorf("the link is kept: %+v, %v", l, err)
		}
		return nil
	})
}

func (w *world) storedVersionJob(a *ingest.Asset) (job ingest.Number) {
	w.t.Helper()
	w.view(func(tx ingest.Tx) error {
		v, err := tx.Version(a.Version)
		if err == nil {
			job = v.Job
		}
		return err
	})
	return job
}

func TestMediaLinksAreNobodyElses(t *testing.T) {
	w := newWorld(t)
	m := w.share(w.editor, w.media("a.jpg", ""), photo)
	l, err := w.engine.OwnMedia(w.ctx, w.editor, w.demo.Number, m.Token)
	w.ok(err)
	matches(t, "recipient", l.Recipient, "colleague")
	_, err = w.engine.OwnMedia(w.ctx, w.colleague, w.demo.Number, m.Token)
	w.refused(err, ingest.NotFound, "")
	_, err = w.engine.OwnMedia(w.ctx, w.admin, w.other.Number, m.Token)
	w.refused(err, ingest.NotFound, "")
	_, err = w.engine.OpenMedia(w.ctx, "made up")
	w.refused(err, ingest.NotFound, "")
	w.trash(w.sharedAsset(m))
	_, err = w.engine.OpenMedia(w.ctx, m.Token)
	w.refused(err, ingest.Gone, "")
}

// A delivery whose transaction is run again, or fails, leaves one asset or none.
func TestMediaDeliveryRunsAgain(t *testing.T) {
	w := newWorld(t)
	w.db.rerunning(func() {})
	m := w.share(w.editor, w.media("a.jpg", ""), photo)
	w.opened(m.Token)
	w.db.rerunning(nil)
	w.db.faults(nil, func() error { return &ingest.Error{Kind: ingest.Conflict, Msg: "broken"} })
	if _, err := w.tryShare(w.editor, w.media("b.jpg", ""), photo+"b"); err == nil {
		t.Error("no error")
	}
	w.db.faults(nil, nil)
	if w.assetCount(w.demo) != 1 || w.blobCount() != 1 {
		t.Errorf("%d assets, %d blobs", w.assetCount(w.demo), w.blobCount())
	}
}
