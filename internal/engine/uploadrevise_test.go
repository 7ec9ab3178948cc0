package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func (w *world) revise(u *ingest.Upload, change func(*ingest.Upload)) *ingest.Upload {
	w.t.Helper()
	revised, err := w.engine.Revise(w.ctx, w.editor, u.UUID, func(u *ingest.Upload) error { change(u); return nil })
	w.ok(err)
	return revised
}

// What is asked of an open upload changes; what has arrived stays.
func TestRevise(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.UploadLifetime = time.Hour })
	u := w.begun("first.xml", 4)
	w.write(u, 2, "34")
	w.clock.move(59 * time.Minute)
	revised := w.revise(u, func(u *ingest.Upload) {
		u.FileName, u.Folder, u.Size, u.Facts, u.Metadata = "A+B.mp4", "web", 6, []byte("facts"), map[string]string{"title": "Stuhl"}
		u.Options = ingest.UploadOptions{ExactName: true, SHA1: true}
	})
	stored := w.storedUpload(u)
	if diff := cmp.Diff(revised, stored, cmpopts.EquateApproxTime(time.Millisecond)); diff != "" {
		t.Errorf("upload (-answered +stored):\n%s", diff)
	}
	same(t, "upload", []any{stored.Number, stored.State, stored.Job, stored.FileName, string(stored.Facts)}, []any{u.Number, ingest.UploadOpen, u.Job, "A+B.mp4", "facts"})
	same(t, "windows", w.windows(u), "2+2")
	w.clock.move(59 * time.Minute) // it was put off
	w.ok(w.engine.Tick(w.ctx))
	w.write(u, 4, "56")
	w.write(u, 0, "12")
	a := w.finish(u)
	w.holds(a, "123456")
	same(t, "asset", []any{a.Path, a.FileName, a.Metadata["title"], len(w.blobOf(a).SHA1)}, []any{"web/", "A+B.mp4", "Stuhl", 20})
}

func TestReviseRefuses(t *testing.T) {
	w := newWorld(t)
	old := w.put(w.editor, w.job("j"), file{"", "old.xml", "old"})
	groups := map[string]ingest.Number{"c": w.group(w.demo, "c", w.colleague.User)}
	w.put(w.editor, w.job("j"), file{"closed", "closed.xml", "x"})
	w.ok(w.engine.ChangeFolderPermissions(w.ctx, w.boss, w.demo.Number, "closed/", engine.SetPermissions, entries(groups, "c Read +", "c Write +"), false))
	own, shared, done := w.begun("own.xml", 4), w.shared("k", 0), w.begun("done.xml", 0)
	w.finish(done)
	keep := func(*ingest.Upload) error { return nil }
	tests := map[string]struct {
		p      ingest.Principal
		u      *ingest.Upload
		change func(*ingest.Upload) error
		kind   ingest.Kind
		code   ingest.Code
	}{
		"a colleague":           {w.colleague, own, keep, ingest.NotFound, ""},
		"a viewer":              {w.viewer, shared, keep, ingest.Forbidden, ingest.CodeRole},
		"another company":       {w.outsider, shared, keep, ingest.NotFound, ""},
		"nobody":                {w.anonymous, own, keep, ingest.NotFound, ""},
		"nothing":               {w.editor, &ingest.Upload{UUID: "nothing"}, keep, ingest.NotFound, ""},
		"a change that fails":   {w.editor, own, func(u *ingest.Upload) error { u.FileName = "x"; return errDisk }, ingest.Unavailable, ingest.CodeDiskFull},
		"a bad name":            {w.editor, own, func(u *ingest.Upload) error { u.FileName = "a/../b"; return nil }, ingest.Invalid, ""},
		"a closed folder":       {w.editor, own, func(u *ingest.Upload) error { u.Folder = "closed"; return nil }, ingest.Forbidden, ingest.CodePermission},
		"an unknown asset":      {w.editor, own, func(u *ingest.Upload) error { u.Options.Replaces = 4711; return nil }, ingest.NotFound, ""},
		"a publisher replacing": {w.publisher, shared, func(u *ingest.Upload) error { u.Options.Replaces = old.Number; return nil }, ingest.Forbidden, ingest.CodeRole},
		"a finished upload":     {w.editor, done, keep, ingest.Conflict, ""},
		"an aborted upload":     {w.editor, w.ended("ended.xml"), keep, ingest.Gone, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.t = t
			var before *ingest.Upload
			if tt.u.Number != 0 {
				before = w.storedUpload(tt.u)
			}
			u, err := w.engine.Revise(w.ctx, tt.p, tt.u.UUID, tt.change)
			w.refused(err, tt.kind, tt.code)
			if u != nil {
				t.Errorf("answered %+v", u)
			}
			if before == nil {
				return
			}
			if diff := cmp.Diff(before, w.storedUpload(tt.u)); diff != "" {
				t.Errorf("upload (-before +after):\n%s", diff)
			}
		})
	}
	w.t = t
	w.expire(w.demo, w.clock.now())
	_, err := w.engine.Revise(w.ctx, w.editor, own.UUID, keep)
	w.refused(err, ingest.Forbidden, ingest.CodeCompanyExpired)
}

// A file whose name is taken gets another place, and is finished without being sent
// again.
func TestReviseSealed(t *testing.T) {
	w := newWorld(t)
	w.put(w.editor, w.job("first"), file{"", "u.xml", "old"})
	keep := func(*ingest.Upload) error { return nil }
	u := w.begun("u.xml", 4)
	_, err := w.engine.ReviseSealed(w.ctx, w.editor, u.UUID, keep)
	w.refused(err, ingest.Conflict, "")
	w.write(u, 0, "1234")
	_, err = w.tryFinish(u)
	w.refused(err, ingest.Conflict, ingest.CodeExists)
	_, err = w.engine.Revise(w.ctx, w.editor, u.UUID, keep)
	w.refused(err, ingest.Conflict, "")
	_, err = w.engine.ReviseSealed(w.ctx, w.outsider, u.UUID, keep)
	w.refused(err, ingest.NotFound, "")
	revised, err := w.engine.ReviseSealed(w.ctx, w.editor, u.UUID, func(u *ingest.Upload) error { u.FileName = "v.xml"; return nil })
	w.ok(err)
	same(t, "revised", []any{revised.State, w.storedUpload(u).FileName}, []any{ingest.UploadSealing, "v.xml"})
	a := w.finish(u)
	same(t, "asset", []any{a.FileName, w.read(a.UUID), w.assetCount(w.demo)}, []any{"v.xml", "1234", 2})
	_, err = w.engine.ReviseSealed(w.ctx, w.editor, u.UUID, keep)
	w.refused(err, ingest.Conflict, "")
}

// ReviseSealed does not come between the steps of a Finish that is under way.
func TestReviseSealedWaitsForFinish(t *testing.T) {
	reached, goOn := make(chan struct{}), make(chan struct{})
	w := newWorld(t, hold("finish.sealed", reached, goOn))
	u := w.begun("u.xml", 4)
	w.write(u, 0, "1234")
	finished, revised := make(chan error, 1), make(chan error, 1)
	go func() { _, err := w.tryFinish(u); finished <- err }()
	<-reached
	go func() {
		_, err := w.engine.ReviseSealed(w.ctx, w.editor, u.UUID, func(u *ingest.Upload) error { u.FileName = "v.xml"; return nil })
		revised <- err
	}()
	select {
	case err := <-revised:
		t.Errorf("it did not wait: %v", err)
		revised <- err
	case <-time.After(50 * time.Millisecond):
	}
	close(goOn)
	w.ok(<-finished)
	w.refused(<-revised, ingest.Conflict, "")
	same(t, "name", w.storedUpload(u).FileName, "u.xml")
}

// An upload with a limit takes as many bytes, whatever its size was said to be.
func TestAnUploadWithALimit(t *testing.T) {
	tests := map[string]struct {
		hint, finish int64
		body         string
		want         string // "" = refused
		code         ingest.Code
	}{
		"as said":                   {6, -1, "123456", "123456", ""},
		"more than said":            {4, 6, "123456", "123456", ""},
		"much more than said":       {0, 8, "12345678", "12345678", ""},
		"less than said":            {8, 6, "123456", "123456", ""},
		"nothing said":              {-1, 6, "123456", "123456", ""},
		"nothing said at all":       {-1, -1, "123456", "123456", ""},
		"up to the limit":           {6, 8, "12345678", "12345678", ""},
		"said beyond the limit":     {100, 6, "123456", "123456", ""},
		"nothing":                   {6, 0, "", "", ""},
		"more than is there":        {6, 7, "123456", "refused", ingest.CodeOffset},
		"less than is there":        {6, 5, "123456", "refused", ingest.CodeOffset},
		"the hint, when more came":  {4, -1, "123456", "refused", ingest.CodeOffset},
		"the hint, when less came":  {8, -1, "123456", "refused", ingest.CodeOffset},
		"the limit, when less came": {-1, 8, "123456", "refused", ingest.CodeOffset},
	}
	for name, tt := range tests {
		for _, order := range []string{"forwards", "backwards"} {
			t.Run(name+", "+order, func(t *testing.T) {
				w := newWorld(t)
				spec := w.begin("")
				spec.Size, spec.Options.Limit = tt.hint, 8
				u, err := w.engine.Begin(w.ctx, w.editor, spec)
				w.ok(err)
				half := len(tt.body) / 2
				if order == "backwards" {
					w.write(u, int64(half), tt.body[half:])
				}
				w.write(u, 0, tt.body[:half])
				w.write(u, int64(half), tt.body[half:])
				for _, at := range []int64{0, 3, 8} {
					w.refused(w.tryWrite(u, at, strings.Repeat("x", 9-int(at))), ingest.TooLarge, ingest.CodeLimit)
				}
				w.refused(w.tryWrite(u, 9, ""), ingest.Invalid, ingest.CodeOffset)
				w.write(u, 0, tt.body) // what a refused window had there is not relied upon
				a, err := w.engine.Finish(w.ctx, w.editor, u.UUID, engine.FinishSpec{Size: tt.finish})
				if tt.want == "refused" {
					w.refused(err, ingest.Conflict, tt.code)
					same(t, "state", w.storedUpload(u).State, ingest.UploadOpen)
					return
				}
				w.ok(err)
				w.holds(a, tt.want)
				same(t, "size", []int64{a.Size, w.storedUpload(u).Size}, []int64{int64(len(tt.want)), int64(len(tt.want))})
			})
		}
	}
}
