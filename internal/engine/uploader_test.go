package engine_test

import (
	"strings"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Whoever began an upload is its uploader as long as the user may upload.
func TestUploader(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	got, p, err := w.engine.Uploader(w.ctx, u.Number)
	w.ok(err)
	same(t, "upload", got.UUID, u.UUID)
	same(t, "caller", p, w.again(w.editor))
	_, err = w.engine.WritePart(w.ctx, p, got, 1, engine.PartSpec{Body: strings.NewReader("1234"), Length: 4})
	w.ok(err)
	_, _, err = w.engine.Uploader(w.ctx, u.Number+1)
	w.refused(err, ingest.NotFound, "")
}

func TestAnUploaderWhoMayNoMore(t *testing.T) {
	disable := func(w *world, change func(*ingest.User)) {
		w.update(func(tx ingest.Tx) error {
			user, err := tx.User(w.editor.User)
			if err != nil {
				return err
			}
			change(user)
			return tx.UpdateUser(user)
		})
	}
	for name, tt := range map[string]struct {
		change func(*world)
		code   ingest.Code
	}{
		"disabled": {func(w *world) { disable(w, func(u *ingest.User) { u.Disabled = true }) }, ingest.CodeInvalidUser},
		"expired": {func(w *world) {
			disable(w, func(u *ingest.User) { u.Expires = w.clock.now().Add(time.Minute) })
			w.clock.move(time.Minute)
		}, ingest.CodeInvalidUser},
		"deleted": {func(w *world) { w.update(func(tx ingest.Tx) error { return tx.DeleteUser(w.editor.User) }) }, ingest.CodeInvalidUser},
		"no member any more": {func(w *world) {
			w.update(func(tx ingest.Tx) error { return tx.DeleteMembership(w.editor.User, w.demo.Number) })
		}, ingest.CodeNotMember},
		"a viewer now":           {func(w *world) { w.setRole(w.editor, ingest.RoleViewer) }, ingest.CodeRole},
		"the company is expired": {func(w *world) { w.expire(w.demo, w.clock.now()) }, ingest.CodeCompanyExpired},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			u := w.parted(4, 4)
			tt.change(w)
			_, _, err := w.engine.Uploader(w.ctx, u.Number)
			w.refused(err, ingest.Forbidden, tt.code)
		})
	}
}

// The role that counts is the one of now.
func TestAnUploaderWithAnotherRole(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	w.setRole(w.editor, ingest.RolePublisher)
	_, p, err := w.engine.Uploader(w.ctx, u.Number)
	w.ok(err)
	same(t, "role", p.RoleIn(w.demo.Number), ingest.RolePublisher)
}

func TestOwnUploads(t *testing.T) {
	w := newWorld(t)
	var own []*ingest.Upload
	for range 4 {
		own = append(own, w.parted(0, 4))
	}
	w.finishParts(own[0])
	w.ok(w.engine.Abort(w.ctx, w.editor, own[1].UUID))
	theirs, err := w.toward(w.colleague, w.target(w.colleague, w.at("theirs.bin")))
	w.ok(err)
	w.begun("another door", 4)
	list := func(p ingest.Principal, states ...ingest.UploadState) (numbers []ingest.Number) {
		t.Helper()
		all, err := w.engine.Uploads(w.ctx, p, ingest.DoorNomad, w.demo.Number, states, ingest.Page{Limit: 100})
		w.ok(err)
		for _, u := range all {
			numbers = append(numbers, u.Number)
		}
		return numbers
	}
	same(t, "open", list(w.editor, ingest.UploadOpen, ingest.UploadSealing), []ingest.Number{own[3].Number, own[2].Number})
	same(t, "open and done", list(w.editor, ingest.UploadOpen, ingest.UploadDone), []ingest.Number{own[3].Number, own[2].Number, own[0].Number})
	same(t, "the colleague's", list(w.colleague, ingest.UploadOpen), []ingest.Number{theirs.Number})
	_, err = w.engine.Uploads(w.ctx, w.outsider, ingest.DoorNomad, w.demo.Number, nil, ingest.Page{Limit: 100})
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)

	got, err := w.engine.UploadNumbered(w.ctx, w.editor, own[2].Number)
	w.ok(err)
	same(t, "by number", got.UUID, own[2].UUID)
	got, err = w.engine.UploadOf(w.ctx, w.editor, own[1].UUID)
	w.ok(err)
	same(t, "by id", got.State, ingest.UploadAborted)
	for _, number := range []ingest.Number{theirs.Number, 4711} {
		_, err = w.engine.UploadNumbered(w.ctx, w.editor, number)
		w.refused(err, ingest.NotFound, "")
	}
	_, err = w.engine.UploadOf(w.ctx, w.editor, theirs.UUID)
	w.refused(err, ingest.NotFound, "")
}
