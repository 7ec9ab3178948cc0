package engine_test

import (
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// refusedToAll fails the test unless none of the callers may finish the session, which
// stays as it is.
func (w *world) refusedToAll(session *ingest.Upload, spec engine.PageSpec, callers map[string]ingest.Principal) {
	w.t.Helper()
	for name, p := range callers {
		_, _, err := w.engine.FinishSession(w.ctx, p, session.UUID, spec)
		if kind := ingest.KindOf(err); err == nil || kind != ingest.Forbidden && kind != ingest.NotFound {
			w.t.Errorf("%s: %v", name, err)
		}
		if got := w.storedUpload(session).State; got != ingest.UploadOpen {
			w.t.Fatalf("%s: the session is %s", name, got)
		}
	}
}

func TestFinishSessionRefuses(t *testing.T) {
	w := newWorld(t)
	page := w.webPage("Taken", "1")
	foreign := w.put(w.outsider, into(w.other, w.job("j")), file{"", "foreign.xml", "x"})
	trashed := w.put(w.editor, w.job("j"), file{"", "trashed.xml", "x"})
	w.trash(trashed)
	library := w.upload(w.editor, "", "library.html", "x", ingest.ConflictPolicy{Taken: ingest.ActionFail, Otherwise: ingest.ActionFail})
	session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html", "open.css"))
	main := w.give(w.editor, members[0], "html")
	_, others := w.beginSession(w.editor, w.sessionOf("other", 0, "index.html"))
	strange := w.give(w.editor, others[0], "other")
	tests := map[string]struct {
		change func(*engine.PageSpec)
		kind   ingest.Kind
		code   ingest.Code
	}{
		"no file of its own":         {func(s *engine.PageSpec) { s.Main = 0 }, ingest.Conflict, ""},
		"another session's file":     {func(s *engine.PageSpec) { s.Main = strange.Number }, ingest.Conflict, ""},
		"another page's part":        {func(s *engine.PageSpec) { s.Main = page.Parts[0].Asset.Number }, ingest.Conflict, ""},
		"a file of the library":      {func(s *engine.PageSpec) { s.Main = library.Number }, ingest.Conflict, ""},
		"a name in use":              {func(s *engine.PageSpec) { s.Name = engine.PageName{Text: "taken"} }, ingest.Conflict, ingest.CodeExists},
		"another company's file":     {func(s *engine.PageSpec) { s.Parts = []engine.PagePart{{Asset: foreign.Number}} }, ingest.NotFound, ""},
		"a file in the trash":        {func(s *engine.PageSpec) { s.Parts = []engine.PagePart{{Asset: trashed.Number}} }, ingest.NotFound, ""},
		"a file that does not exist": {func(s *engine.PageSpec) { s.Parts = []engine.PagePart{{Asset: 4711}} }, ingest.NotFound, ""},
		"a note that fails": {func(s *engine.PageSpec) {
			s.Note = func(*ingest.Upload, *engine.WebPage) error { return errDisk }
		}, ingest.Unavailable, ingest.CodeDiskFull},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.t = t
			spec := w.pageSpec("s", main)
			tt.change(&spec)
			_, _, err := w.engine.FinishSession(w.ctx, w.editor, session.UUID, spec)
			w.refused(err, tt.kind, tt.code)
			if got := w.storedUpload(session); got.State != ingest.UploadOpen || w.storedUpload(members[1]).State != ingest.UploadOpen || !w.stored(main).Part {
				t.Errorf("session %+v", got)
			}
		})
	}
	w.refusedToAll(session, w.pageSpec("s", main), map[string]ingest.Principal{"a viewer": w.viewer, "another company": w.outsider, "a stranger": w.stranger})
	_, got, err := w.engine.FinishSession(w.ctx, w.publisher, session.UUID, w.pageSpec("s", main)) // a new page is no overwriting
	w.ok(err)
	same(t, "the page", w.shown(w.viewer, got.Asset.Number), []string{"s", "html"})
}

// Parts are linked only by those who may read what they link.
func TestLinkingNeedsThePermissionToRead(t *testing.T) {
	w := newWorld(t)
	secret := w.put(w.editor, w.job("j"), file{"secret", "secret.xml", "secret"})
	groups := map[string]ingest.Number{"a": w.group(w.demo, "a", w.colleague.User)}
	w.ok(w.engine.ChangeAssetPermissions(w.ctx, w.boss, w.demo.Number, secret.Number, engine.SetPermissions, entries(groups, "a Read -")))
	session, members := w.beginSession(w.editor, w.sessionOf("s", 0, "index.html"))
	main := w.give(w.editor, members[0], "html")
	_, _, err := w.engine.FinishSession(w.ctx, w.colleague, session.UUID, w.pageSpec("s", main, secret))
	w.refused(err, ingest.Forbidden, ingest.CodePermission)
	_, _, err = w.engine.FinishSession(w.ctx, w.boss, session.UUID, w.pageSpec("s", main, secret))
	w.ok(err)
}

func TestOthersSeeNoPages(t *testing.T) {
	w := newWorld(t)
	page := w.webPage("Shop", "1")
	_, err := w.engine.WebPage(w.ctx, w.outsider, w.demo.Number, page.Asset.Number)
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)
	_, err = w.engine.WebPage(w.ctx, w.outsider, w.other.Number, page.Asset.Number)
	w.refused(err, ingest.NotFound, "")
	plain := w.upload(w.editor, "", "plain.html", "x", ingest.ConflictPolicy{Taken: ingest.ActionFail, Otherwise: ingest.ActionFail})
	_, err = w.engine.WebPage(w.ctx, w.viewer, w.demo.Number, plain.Number)
	w.refused(err, ingest.NotFound, ingest.CodeUnknownPage)
}
