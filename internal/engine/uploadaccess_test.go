package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// shared opens an upload of four bytes that everybody of the company may go on with.
func (w *world) shared(key string, replaces ingest.Number) *ingest.Upload {
	w.t.Helper()
	spec := w.begin(key)
	spec.Options = ingest.UploadOptions{Shared: true, Replaces: replaces}
	u, err := w.engine.Begin(w.ctx, w.editor, spec)
	w.ok(err)
	return u
}

// Who may do what with an upload of the editor's: shared ones are everybody's whose
// role has the right, others nobody else's, and strangers learn of none.
func TestWhoMayGoOnWithAnUpload(t *testing.T) {
	const (
		unknown = "not found/"
		role    = "forbidden/role"
	)
	callers := []string{"editor", "colleague", "publisher", "viewer", "outsider", "stranger", "anonymous", "admin"}
	kinds := map[string]map[string]string{ // caller: read write
		"own":               {"editor": "ok ok", "admin": "ok ok", "colleague": unknown + " " + unknown, "publisher": unknown + " " + unknown, "viewer": unknown + " " + unknown},
		"shared":            {"editor": "ok ok", "admin": "ok ok", "colleague": "ok ok", "publisher": "ok ok", "viewer": "ok " + role},
		"shared, replacing": {"editor": "ok ok", "admin": "ok ok", "colleague": "ok ok", "publisher": "ok " + role, "viewer": "ok " + role},
	}
	for kind, want := range kinds {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			old := w.put(w.editor, w.job("j"), file{"", "old.xml", "old"})
			begin := func(key string) *ingest.Upload {
				switch kind {
				case "shared":
					return w.shared(key, 0)
				case "shared, replacing":
					return w.shared(key, old.Number)
				}
				u, err := w.engine.Begin(w.ctx, w.editor, w.begin(key))
				w.ok(err)
				return u
			}
			people := map[string]ingest.Principal{"editor": w.editor, "colleague": w.colleague, "publisher": w.publisher, "viewer": w.viewer,
				"outsider": w.outsider, "stranger": w.stranger, "anonymous": w.anonymous, "admin": w.admin}
			for _, caller := range callers {
				expected := want[caller]
				if expected == "" {
					expected = unknown + " " + unknown
				}
				read, write := splitLast(expected)
				p, u := people[caller], begin(caller)
				for verb, err := range w.reading(p, u) {
					if got := said(err); got != read {
						t.Errorf("%s, %s: %s, want %s", caller, verb, got, read)
					}
				}
				for verb, err := range w.writing(p, u) {
					if got := said(err); got != write {
						t.Errorf("%s, %s: %s, want %s", caller, verb, got, write)
					}
				}
				if open := w.storedUpload(u).State == ingest.UploadOpen; open == (write == "ok") {
					t.Errorf("%s: the upload is open: %v", caller, open)
				}
			}
		})
	}
}

// splitLast splits what is expected of reading and of writing.
func splitLast(s string) (read, write string) {
	for _, known := range []string{"ok", "forbidden/role", "not found/"} {
		if rest, ok := strings.CutSuffix(s, " "+known); ok {
			return rest, known
		}
	}
	return s, s
}

// said renders how a verb ended.
func said(err error) string {
	if err == nil {
		return "ok"
	}
	return fmt.Sprintf("%v/%s", ingest.KindOf(err), ingest.CodeOf(err))
}

func (w *world) reading(p ingest.Principal, u *ingest.Upload) map[string]error {
	_, status := w.engine.Status(w.ctx, p, u.UUID)
	_, byKey := w.engine.StatusByKey(w.ctx, p, w.demo.Number, u.Door, u.ClientKey)
	_, upload := w.engine.UploadByKey(w.ctx, p, w.demo.Number, u.Door, u.ClientKey)
	return map[string]error{"Status": status, "StatusByKey": byKey, "UploadByKey": upload}
}

func (w *world) writing(p ingest.Principal, u *ingest.Upload) map[string]error {
	_, write := w.engine.Write(w.ctx, p, u.UUID, 0, strings.NewReader("12"), engine.WriteSpec{})
	_, writeTo := w.engine.WriteTo(w.ctx, p, u, 2, strings.NewReader("34"), engine.WriteSpec{})
	_, finish := w.engine.Finish(w.ctx, p, u.UUID, engine.FinishSpec{Size: -1})
	return map[string]error{"Write": write, "WriteTo": writeTo, "Finish": finish}
}

// Whoever goes on with a shared upload, it is one asset; who finished it made it.
func TestASharedUploadOfSeveralPeople(t *testing.T) {
	w := newWorld(t)
	u := w.shared("k", 0)
	again, err := w.engine.Begin(w.ctx, w.colleague, w.begin("k"))
	w.ok(err)
	same(t, "begun again", again.UUID, u.UUID)
	for i, p := range []ingest.Principal{w.colleague, w.editor, w.publisher, w.admin} {
		_, err := w.engine.Write(w.ctx, p, u.UUID, int64(i), strings.NewReader(string(rune('a'+i))), engine.WriteSpec{})
		w.ok(err)
	}
	a, err := w.engine.Finish(w.ctx, w.colleague, u.UUID, engine.FinishSpec{Size: -1})
	w.ok(err)
	same(t, "asset", []any{w.read(a.UUID), a.CreatedBy}, []any{"abcd", w.colleague.User})
	for _, p := range []ingest.Principal{w.editor, w.publisher} {
		b, err := w.engine.Finish(w.ctx, p, u.UUID, engine.FinishSpec{Size: -1})
		w.ok(err)
		same(t, "finished again", b.Number, a.Number)
	}
	w.ok(w.engine.Abort(w.ctx, w.viewer, w.shared("other", 0).UUID)) // giving up needs no right to upload
	_, err = w.engine.Finish(w.ctx, w.viewer, w.shared("third", 0).UUID, engine.FinishSpec{Size: 0})
	w.refused(err, ingest.Forbidden, ingest.CodeRole)
}

// What somebody may do with the uploads that he began follows his role.
func TestUploadsOfSomebodyWhoseRoleChanged(t *testing.T) {
	const unknown = "not found/ not found/"
	for role, want := range map[ingest.Role]map[string]string{
		ingest.RoleEditor:    {"own": "ok ok", "shared": "ok ok", "replacing": "ok ok"},
		ingest.RolePublisher: {"own": "ok ok", "shared": "ok ok", "replacing": "ok forbidden/role"},
		ingest.RoleViewer:    {"own": unknown, "shared": "ok forbidden/role", "replacing": "ok forbidden/role"},
		"":                   {"own": unknown, "shared": unknown, "replacing": unknown},
	} {
		t.Run(string(role), func(t *testing.T) {
			w := newWorld(t)
			old := w.put(w.editor, w.job("j"), file{"", "old.xml", "old"})
			uploads := map[string]*ingest.Upload{"own": w.begun("own.xml", 4), "shared": w.shared("k", 0), "replacing": w.shared("r", old.Number)}
			w.update(func(tx ingest.Tx) error {
				return tx.PutMembership(ingest.Membership{User: w.editor.User, Company: w.demo.Number, Role: role, Active: role != ""})
			})
			p, got := w.again(w.editor), map[string]string{}
			for name, u := range uploads {
				_, read := w.engine.Status(w.ctx, p, u.UUID)
				_, write := w.engine.Write(w.ctx, p, u.UUID, 0, strings.NewReader("1234"), engine.WriteSpec{})
				got[name] = said(read) + " " + said(write)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("reading and writing (-want +got):\n%s", diff)
			}
		})
	}
}

// A key is known within its company and its door, and answers in whatever state the
// upload is.
func TestUploadByKey(t *testing.T) {
	w := newWorld(t)
	u := w.shared("k", 0)
	for name, find := range map[string]func() (*ingest.Upload, error){
		"another key": func() (*ingest.Upload, error) {
			return w.engine.UploadByKey(w.ctx, w.admin, w.demo.Number, u.Door, "K")
		},
		"no key": func() (*ingest.Upload, error) { return w.engine.UploadByKey(w.ctx, w.admin, w.demo.Number, u.Door, "") },
		"another company": func() (*ingest.Upload, error) {
			return w.engine.UploadByKey(w.ctx, w.admin, w.other.Number, u.Door, "k")
		},
		"another door": func() (*ingest.Upload, error) {
			return w.engine.UploadByKey(w.ctx, w.admin, w.demo.Number, ingest.DoorAPI, "k")
		},
	} {
		got, err := find()
		if got != nil && err == nil || ingest.KindOf(err) != ingest.NotFound || strings.Contains(ingest.Message(err), "k\"") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	w.write(u, 1, "23")
	status, err := w.engine.StatusByKey(w.ctx, w.viewer, w.demo.Number, u.Door, "k")
	w.ok(err)
	same(t, "status", []any{status.Upload.UUID, status.Received(), status.Prefix()}, []any{u.UUID, int64(2), int64(0)})
	w.write(u, 0, "1234")
	w.finish(u)
	got, err := w.engine.UploadByKey(w.ctx, w.viewer, w.demo.Number, u.Door, "k")
	w.ok(err)
	same(t, "finished", []any{got.UUID, got.State}, []any{u.UUID, ingest.UploadDone})

	w.expire(w.demo, w.clock.now().Add(time.Hour))
	w.clock.move(2 * time.Hour)
	_, err = w.engine.UploadByKey(w.ctx, w.viewer, w.demo.Number, u.Door, "k")
	w.refused(err, ingest.Forbidden, ingest.CodeCompanyExpired)
	_, err = w.engine.UploadByKey(w.ctx, w.admin, w.demo.Number, u.Door, "k")
	w.ok(err)
}

// WriteTarget asks for each piece what Write asks.
func TestWriteTarget(t *testing.T) {
	w := newWorld(t)
	old := w.put(w.editor, w.job("j"), file{"", "old.xml", "old"})
	u := w.shared("k", 0)
	w.shared("r", old.Number)
	w.ok(func() error { _, err := w.engine.Begin(w.ctx, w.editor, w.begin("own")); return err }())
	tests := map[string]struct {
		p            ingest.Principal
		company, key string
		want         string
	}{
		"the owner":              {w.editor, "Demo", "k", "ok"},
		"a colleague":            {w.colleague, "Demo", "k", "ok"},
		"a publisher":            {w.publisher, "Demo", "k", "ok"},
		"a publisher, replacing": {w.publisher, "Demo", "r", "forbidden/role"},
		"a viewer":               {w.viewer, "Demo", "k", "forbidden/role"},
		"another company":        {w.outsider, "Demo", "k", "forbidden/not-member"},
		"its own company":        {w.outsider, "Other", "k", "not found/"},
		"nobody":                 {w.anonymous, "Demo", "k", "unauthenticated/no-credentials"},
		"no company":             {w.editor, "Nowhere", "k", "not found/unknown-company"},
		"no key":                 {w.editor, "Demo", "x", "not found/"},
		"a colleague's own":      {w.colleague, "Demo", "own", "not found/"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, got, err := w.engine.WriteTarget(w.ctx, tt.p, tt.company, u.Door, tt.key)
			same(t, "it ended", said(err), tt.want)
			if err == nil && (c.Number != w.demo.Number || got.UUID != u.UUID) {
				t.Errorf("company %+v, upload %+v", c, got)
			}
		})
	}
	w.expire(w.demo, w.clock.now())
	_, _, err := w.engine.WriteTarget(w.ctx, w.editor, "Demo", u.Door, "k")
	w.refused(err, ingest.Forbidden, ingest.CodeCompanyExpired)
}
