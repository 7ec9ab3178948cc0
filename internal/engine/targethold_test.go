package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// The open upload of a target is found, whoever's it is; one that has ended holds
// nothing.
func TestWhoHoldsATarget(t *testing.T) {
	w := newWorld(t)
	a := w.bring(w.at("there.bin"), "0000")
	for name, spec := range map[string]engine.TargetSpec{"a place": w.at("new.bin"), "an asset": w.by(a.UUID)} {
		t.Run(name, func(t *testing.T) {
			holder := func(p ingest.Principal) string {
				t.Helper()
				u := w.target(p, spec).Upload
				switch {
				case u == nil:
					return "nobody"
				case u.User == w.colleague.User:
					return "colleague"
				}
				return "editor"
			}
			begin := func(p ingest.Principal) *ingest.Upload {
				t.Helper()
				u, err := w.toward(p, w.target(p, spec))
				w.ok(err)
				return u
			}
			same(t, "at first", holder(w.editor), "nobody")
			u := begin(w.colleague)
			same(t, "begun, by the colleague", holder(w.colleague), "colleague")
			same(t, "begun, by the editor", holder(w.editor), "colleague")
			_, err := w.toward(w.editor, w.target(w.editor, spec))
			w.refused(err, ingest.NotFound, "")
			w.ok(w.engine.Abort(w.ctx, w.colleague, u.UUID))
			same(t, "aborted", holder(w.editor), "nobody")
			u = begin(w.editor)
			same(t, "begun again", holder(w.colleague), "editor")
			w.clock.move(8 * 24 * time.Hour)
			w.ok(w.engine.Tick(w.ctx))
			same(t, "expired", holder(w.colleague), "nobody")
			u = begin(w.editor)
			w.sendParts(u, "1111")
			w.finishParts(u)
			same(t, "done", holder(w.editor), "nobody")
			again := begin(w.editor)
			if again.UUID == u.UUID || again.State != ingest.UploadOpen {
				t.Errorf("the upload that is done is answered: %+v", again)
			}
			tus := spec
			tus.Door = ingest.DoorTus
			if got := w.target(w.editor, tus); got.Upload != nil {
				t.Errorf("another door's upload holds the target: %+v", got.Upload)
			}
		})
	}
}

// Without FreeKey an upload that is done keeps its key.
func TestAKeyThatIsNotFree(t *testing.T) {
	w := newWorld(t)
	begin := func(free bool) *ingest.Upload {
		t.Helper()
		return w.parted(4, 4, func(s *engine.BeginSpec) { s.ClientKey, s.Options.FreeKey = fmt.Sprint("k", free), free })
	}
	for _, free := range []bool{false, true} {
		u := begin(free)
		same(t, "while it is open", begin(free).UUID, u.UUID)
		w.sendParts(u, "1111")
		a := w.finishParts(u)
		next := begin(free)
		same(t, fmt.Sprintf("the same after the end, key free %v", free), next.UUID == u.UUID, !free)
		if free {
			w.ok(w.engine.Abort(w.ctx, w.editor, next.UUID))
			if third := begin(free); third.UUID == next.UUID || third.UUID == u.UUID {
				t.Error("an upload that was aborted is answered")
			}
		}
		same(t, "finished again", w.finishParts(u).Number, a.Number)
	}
}

func TestTwoBeginsAtOnce(t *testing.T) {
	w := newWorld(t)
	got := make([]*ingest.Upload, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			target, err := w.engine.TargetOf(w.ctx, w.editor, w.at("new/folder/one.bin"))
			if err == nil {
				got[i], err = w.toward(w.editor, target)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, u := range got {
		if u == nil || u.UUID != got[0].UUID || u.Options.Asset != got[0].Options.Asset {
			t.Fatalf("uploads %+v and %+v", u, got[0])
		}
	}
	same(t, "folders", w.paths(), " in/ in/new/ in/new/folder/")
}

// An upload gives way when it has received nothing for the time, and only to those who
// may upload in its place.
func TestDisplace(t *testing.T) {
	const idle = time.Hour
	w := newWorld(t)
	a := w.bring(w.at("there.bin"), "0000")
	place, asset := w.at("new.bin"), w.by(a.UUID)
	begin := func(s engine.TargetSpec) *ingest.Upload {
		t.Helper()
		u, err := w.toward(w.colleague, w.target(w.colleague, s))
		w.ok(err)
		return u
	}
	u, over := begin(place), begin(asset)
	displace := func(p ingest.Principal, s engine.TargetSpec) error {
		t.Helper()
		return w.engine.Displace(w.ctx, p, w.target(w.editor, s), idle)
	}
	w.clock.move(idle - time.Second)
	w.refused(displace(w.editor, place), ingest.Conflict, ingest.CodeExists)
	send := func(u *ingest.Upload) engine.PartTag {
		t.Helper()
		tag, err := w.engine.WritePart(w.ctx, w.colleague, u, 1, engine.PartSpec{Body: strings.NewReader("1111"), Length: 4})
		w.ok(err)
		return tag
	}
	tag := send(u)
	w.clock.move(idle - time.Second)
	w.refused(displace(w.editor, place), ingest.Conflict, ingest.CodeExists)
	w.ok(w.engine.ConfirmPart(w.ctx, w.colleague, w.storedUpload(u), 1, tag))
	w.clock.move(time.Minute)
	w.reboot() // what is stored tells that a part was confirmed a minute ago
	w.refused(displace(w.editor, place), ingest.Conflict, ingest.CodeExists)
	w.clock.move(idle)
	for name, p := range map[string]ingest.Principal{"viewer": w.viewer, "outsider": w.outsider, "anonymous": w.anonymous} {
		if err := displace(p, place); err == nil || ingest.KindOf(err) != ingest.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.refused(displace(w.publisher, asset), ingest.Forbidden, ingest.CodeRole)
	same(t, "state", w.storedUpload(over).State, ingest.UploadOpen)
	w.ok(displace(w.publisher, place))
	w.ok(displace(w.editor, asset))
	for _, ended := range []*ingest.Upload{u, over} {
		same(t, "state", w.storedUpload(ended).State, ingest.UploadAborted)
		_, err := w.engine.WritePart(w.ctx, w.colleague, ended, 1, engine.PartSpec{Body: strings.NewReader("2222"), Length: 4})
		w.refused(err, ingest.Gone, "")
	}
	same(t, "stages", w.stageCount(), 0)
	if got := w.target(w.editor, asset); got.Upload != nil || w.read(a.UUID) != "0000" {
		t.Errorf("target %+v, bytes %q", got, w.read(a.UUID))
	}
}

// What was finished between the look at the target and Displace is not given up.
func TestDisplaceAnUploadThatIsDone(t *testing.T) {
	w := newWorld(t)
	u, err := w.toward(w.editor, w.target(w.editor, w.at("one.bin")))
	w.ok(err)
	held := w.target(w.colleague, w.at("one.bin"))
	w.sendParts(u, "1111")
	a := w.finishParts(u)
	w.clock.move(2 * time.Hour)
	w.refused(w.engine.Displace(w.ctx, w.colleague, held, time.Hour), ingest.Conflict, "")
	same(t, "bytes", w.read(a.UUID), "1111")
}
