package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// pageLimit is the most bytes that files of the test's sessions take.
const pageLimit = 1000

// sessionOf describes a session of files, which are named by their keys too.
func (w *world) sessionOf(key string, page ingest.Number, files ...string) engine.SessionSpec {
	s := engine.SessionSpec{
		Company: w.demo.Number, Door: ingest.DoorTus, Key: key, Open: &engine.JobSpec{Name: key}, Page: page,
		Name: engine.PageName{Text: key, Derived: true}, Facts: []byte(`{"of":"` + key + `"}`),
	}
	if page != 0 {
		s.Name = engine.PageName{}
	}
	for _, name := range files {
		s.Members = append(s.Members, engine.MemberSpec{Key: key + "/" + name, Size: -1, Folder: "web", FileName: name})
	}
	return s
}

func (w *world) beginSession(p ingest.Principal, s engine.SessionSpec) (*ingest.Upload, []*ingest.Upload) {
	w.t.Helper()
	session, members, err := w.engine.BeginSession(w.ctx, p, s, pageLimit)
	w.ok(err)
	return session, members
}

// give writes the bytes of an upload and finishes it.
func (w *world) give(p ingest.Principal, u *ingest.Upload, body string) *ingest.Asset {
	w.t.Helper()
	_, err := w.engine.Write(w.ctx, p, u.UUID, 0, strings.NewReader(body), engine.WriteSpec{})
	w.ok(err)
	a, err := w.engine.Finish(w.ctx, p, u.UUID, engine.FinishSpec{Size: int64(len(body)), Await: true})
	w.ok(err)
	return a
}

func (w *world) orphaned(a *ingest.Asset) bool {
	w.t.Helper()
	return !w.stored(a).Orphaned.IsZero()
}

func TestASessionOfUploads(t *testing.T) {
	w := newWorld(t)
	session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html", "a.css", "b.js"))
	same(t, "name", session.FileName, "s")
	same(t, "options", session.Options, ingest.UploadOptions{Session: true, Shared: true})
	for i, name := range []string{"index.html", "a.css", "b.js"} {
		m := members[i]
		same(t, "member", []any{m.FileName, m.Parent, m.Job, m.State, m.Expires.IsZero(), m.Options.Part, m.Options.Limit}, []any{name, session.Number, session.Job, ingest.UploadOpen, true, true, int64(pageLimit)})
	}
	a := w.give(w.colleague, members[1], "css")
	if !a.Part || !a.Orphaned.IsZero() || a.Path != "web/" {
		t.Errorf("part %+v", a)
	}
	_, err := w.engine.Write(w.ctx, w.editor, members[2].UUID, 2, strings.NewReader("js"), engine.WriteSpec{})
	w.ok(err)
	got, list, err := w.engine.Session(w.ctx, w.viewer, w.demo.Number, ingest.DoorTus, "s")
	w.ok(err)
	if got.UUID != session.UUID || string(got.Facts) != `{"of":"s"}` {
		t.Errorf("session %+v", got)
	}
	var states []string
	for _, s := range list {
		states = append(states, fmt.Sprintf("%s %s %d", s.Upload.FileName, s.Upload.State, s.Received()))
	}
	same(t, "members", states, []string{"index.html open 0", "a.css done 0", "b.js open 2"})
	of, err := w.engine.SessionOf(w.ctx, w.viewer, members[2])
	w.ok(err)
	same(t, "its session", of.UUID, session.UUID)
	if none, err := w.engine.SessionOf(w.ctx, w.editor, w.begun("x.xml", 1)); none != nil || err != nil {
		t.Errorf("the session of a plain upload: %+v, %v", none, err)
	}
	if j := w.storedJob(session.Job); j.State != ingest.JobRunning || j.Pending != 1 || j.Open {
		t.Errorf("job %+v", j)
	}

	_, _, err = w.engine.Session(w.ctx, w.outsider, w.demo.Number, ingest.DoorTus, "s")
	w.refused(err, ingest.NotFound, "")
	_, _, err = w.engine.Session(w.ctx, w.editor, w.demo.Number, ingest.DoorAPI, "s")
	w.refused(err, ingest.NotFound, "")
	_, _, err = w.engine.Session(w.ctx, w.editor, w.demo.Number, ingest.DoorTus, "s/a.css")
	w.refused(err, ingest.NotFound, "")
	_, err = w.engine.SessionOf(w.ctx, w.outsider, members[2])
	w.refused(err, ingest.NotFound, "")
}

// When the company's time is over a session can be given up, and nothing else.
func TestSessionsOfACompanyWhoseTimeIsOver(t *testing.T) {
	w := newWorld(t)
	session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html"))
	w.write(members[0], 0, "half")
	w.expire(w.demo, w.clock.now())
	_, err := w.engine.SessionOf(w.ctx, w.editor, members[0])
	w.refused(err, ingest.Forbidden, ingest.CodeCompanyExpired)
	_, err = w.engine.Clear(w.ctx, w.editor, members[0].UUID, func(*ingest.Upload) error { return nil })
	w.refused(err, ingest.Forbidden, ingest.CodeCompanyExpired)
	same(t, "stages", w.stageCount(), 1)
	_, err = w.engine.Clear(w.ctx, w.admin, members[0].UUID, func(*ingest.Upload) error { return nil })
	w.ok(err)
	w.ok(w.engine.Abort(w.ctx, w.editor, session.UUID))
	same(t, "states, stages", []any{w.storedUpload(session).State, w.storedUpload(members[0]).State, w.stageCount()}, []any{ingest.UploadAborted, ingest.UploadAborted, 0})
}

// Pages are bounded in their files, at the beginning of a session and at its end.
func TestPagesOfTooManyFiles(t *testing.T) {
	w := newWorld(t)
	spec := w.sessionOf("s", 0, make([]string, engine.MostPageFiles+2)...)
	_, _, err := w.engine.BeginSession(w.ctx, w.editor, spec, pageLimit)
	w.refused(err, ingest.TooLarge, ingest.CodeLimit)
	session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html"))
	page := w.pageSpec("s", w.give(w.editor, members[0], "html"))
	page.Parts = make([]engine.PagePart, engine.MostPageFiles+1)
	_, _, err = w.engine.FinishSession(w.ctx, w.editor, session.UUID, page)
	w.refused(err, ingest.TooLarge, ingest.CodeLimit)
	if want := "the web page has 10001 files beside its own, the limit is 10000"; ingest.Message(err) != want {
		t.Errorf("told %q, want %q", ingest.Message(err), want)
	}
}

// A session has no bytes: it is written to and finished by its members.
func TestASessionTakesNoBytes(t *testing.T) {
	w := newWorld(t)
	session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html"))
	w.refused(w.tryWrite(session, 0, "x"), ingest.NotFound, "")
	_, err := w.tryFinish(session)
	w.refused(err, ingest.NotFound, "")
	_, _, err = w.engine.FinishSession(w.ctx, w.editor, members[0].UUID, engine.PageSpec{})
	w.refused(err, ingest.NotFound, "")
	same(t, "stages, assets", []int{w.stageCount(), w.assetCount(w.demo)}, []int{0, 0})
	same(t, "state", w.storedUpload(session).State, ingest.UploadOpen)
}

func TestBeginSessionRefuses(t *testing.T) {
	w := newWorld(t)
	page := w.webPage("taken", "old")
	plain := w.upload(w.editor, "", "plain.html", "x", ingest.ConflictPolicy{Taken: ingest.ActionFail, Otherwise: ingest.ActionFail})
	tests := map[string]struct {
		p      ingest.Principal
		change func(*engine.SessionSpec)
		kind   ingest.Kind
		code   ingest.Code
	}{
		"a viewer":            {w.viewer, func(*engine.SessionSpec) {}, ingest.Forbidden, ingest.CodeRole},
		"another company":     {w.outsider, func(*engine.SessionSpec) {}, ingest.Forbidden, ingest.CodeNotMember},
		"nobody":              {w.anonymous, func(*engine.SessionSpec) {}, ingest.Unauthenticated, ingest.CodeNoCredentials},
		"no job":              {w.editor, func(s *engine.SessionSpec) { s.Open = &engine.JobSpec{} }, ingest.Invalid, ingest.CodeMissing},
		"a name in use":       {w.editor, func(s *engine.SessionSpec) { s.Name = engine.PageName{Text: "TAKEN"} }, ingest.Conflict, ingest.CodeExists},
		"a bad folder":        {w.editor, func(s *engine.SessionSpec) { s.Members[0].Folder = "a/../b" }, ingest.Invalid, ""},
		"an unknown page":     {w.editor, func(s *engine.SessionSpec) { s.Page = 4711 }, ingest.NotFound, ingest.CodeUnknownPage},
		"an asset, no page":   {w.editor, func(s *engine.SessionSpec) { s.Page = plain.Number }, ingest.NotFound, ingest.CodeUnknownPage},
		"a publisher's page":  {w.publisher, func(s *engine.SessionSpec) { s.Page = page.Asset.Number }, ingest.Forbidden, ingest.CodeRole},
		"a part, not a page":  {w.editor, func(s *engine.SessionSpec) { s.Page = page.Parts[0].Asset.Number }, ingest.NotFound, ingest.CodeUnknownPage},
		"the last file's bad": {w.editor, func(s *engine.SessionSpec) { s.Members[1].FileName = "a/b" }, ingest.Invalid, ""},
	}
	jobs := len(w.jobs())
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.t = t
			s := w.sessionOf("new", 0, "index.html", "a.css")
			tt.change(&s)
			_, _, err := w.engine.BeginSession(w.ctx, tt.p, s, pageLimit)
			w.refused(err, tt.kind, tt.code)
			_, _, err = w.engine.Session(w.ctx, w.admin, w.demo.Number, ingest.DoorTus, "new")
			w.refused(err, ingest.NotFound, "")
		})
	}
	same(t, "jobs", len(w.jobs()), jobs)
}

// Names of pages are unique without regard to case; those that nobody asked for give way.
func TestPageNames(t *testing.T) {
	w := newWorld(t)
	w.webPage("Shop", "1")
	begin := func(text string, derived bool) string {
		s := w.sessionOf("k"+text+fmt.Sprint(derived), 0, "index.html")
		s.Name = engine.PageName{Text: text, Derived: derived}
		session, _ := w.beginSession(w.editor, s)
		w.ok(w.engine.Abort(w.ctx, w.editor, session.UUID))
		return session.FileName
	}
	same(t, "free", begin("Other", false), "Other")
	same(t, "derived", begin("shop", true), "shop (2)")
	second := w.webPage("shop", "2")
	same(t, "of the second page", second.Name, "shop (2)")
	same(t, "derived again", begin("SHOP", true), "SHOP (3)")
	w.trash(second.Asset)
	same(t, "one in the trash is free", begin("Shop", true), "Shop (2)")

	// Two sessions may have had the same in mind: the later one gives way, or is refused.
	for _, derived := range []bool{true, false} {
		name := fmt.Sprintf("race %v", derived)
		spec := engine.PageSpec{Name: engine.PageName{Text: name, Derived: derived}, FileName: "index.html"}
		var pages []string
		var last error
		for i := range 2 {
			session, members := w.beginSession(w.editor, w.sessionOf(fmt.Sprintf("%s %d", name, i), 0, "index.html"))
			spec.Main = w.give(w.editor, members[0], "x").Number
			_, page, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
			if err != nil {
				last = err
				same(t, "a refused session", w.storedUpload(session).State, ingest.UploadOpen)
				continue
			}
			pages = append(pages, page.Name)
		}
		if derived {
			w.ok(last)
			same(t, "names", pages, []string{name, name + " (2)"})
			continue
		}
		w.refused(last, ingest.Conflict, ingest.CodeExists)
		same(t, "names", pages, []string{name})
	}
}

func TestClearAMember(t *testing.T) {
	w := newWorld(t)
	_, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html", "a.css"))
	m := members[0]
	_, err := w.engine.Write(w.ctx, w.editor, m.UUID, 3, strings.NewReader("old bytes"), engine.WriteSpec{})
	w.ok(err)
	keep := func(*ingest.Upload) error { return nil }
	_, err = w.engine.Clear(w.ctx, w.outsider, m.UUID, keep)
	w.refused(err, ingest.NotFound, "")
	_, err = w.engine.Clear(w.ctx, w.editor, m.UUID, func(*ingest.Upload) error { return errBroken })
	if err != errBroken || w.windows(m) != "3+9" {
		t.Fatalf("a change that is refused: %v, windows %q", err, w.windows(m))
	}
	u, err := w.engine.Clear(w.ctx, w.editor, m.UUID, func(u *ingest.Upload) error { u.Facts = []byte("cleared"); return nil })
	w.ok(err)
	if string(w.storedUpload(u).Facts) != "cleared" || u.State != ingest.UploadOpen || w.windows(m) != "" || w.stageCount() != 0 {
		t.Errorf("upload %+v, windows %q, %d stages", u, w.windows(m), w.stageCount())
	}
	_, err = w.engine.Clear(w.ctx, w.editor, m.UUID, keep) // nothing is there
	w.ok(err)
	a := w.give(w.editor, m, "new")
	w.holds(a, "new")
	_, err = w.engine.Clear(w.ctx, w.editor, m.UUID, keep)
	w.refused(err, ingest.Conflict, "")
}

// Clear waits for a window that is being written, which then goes with the others.
func TestClearWaitsForWindows(t *testing.T) {
	w := newWorld(t)
	_, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html"))
	m, g := members[0], newGate("slow")
	written, cleared := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := w.engine.Write(w.ctx, w.editor, m.UUID, 0, g, engine.WriteSpec{})
		written <- err
	}()
	<-g.reached
	changed := make(chan struct{})
	go func() {
		_, err := w.engine.Clear(w.ctx, w.editor, m.UUID, func(*ingest.Upload) error { close(changed); return nil })
		cleared <- err
	}()
	<-changed
	close(g.open)
	w.ok(<-written)
	w.ok(<-cleared)
	same(t, "windows", w.windows(m), "")
	w.holds(w.give(w.editor, m, "new"), "new")
}
