package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

const subtitleKind = "22222222-2222-4333-8444-555555555555"

func (w *world) relatedTo(a *ingest.Asset) []string {
	w.t.Helper()
	list, err := w.engine.RelatedAssets(w.ctx, w.editor, w.demo.Number, a.Number)
	w.ok(err)
	names := []string{}
	for _, r := range list {
		names = append(names, r.FileName+" "+string(r.Kind))
	}
	return names
}

func TestRelatedAssets(t *testing.T) {
	w := newWorld(t)
	film, text, proxy := w.keep("", "film.mp4", "1"), w.keep("", "film.srt", "2"), w.keep("", "proxy.mp4", "3")
	relate := func(to *ingest.Asset, kind ingest.UUID) error {
		return w.engine.Relate(w.ctx, w.editor, w.demo.Number, film.Number, to.Number, kind)
	}
	w.ok(relate(text, ""))
	w.ok(relate(proxy, subtitleKind))
	w.ok(relate(text, subtitleKind)) // again, with a kind
	w.ok(relate(text, subtitleKind))
	if diff := cmp.Diff([]string{"film.srt " + subtitleKind, "proxy.mp4 " + subtitleKind}, w.relatedTo(film)); diff != "" {
		t.Error(diff)
	}
	w.refused(relate(film, ""), ingest.Invalid, "")
	w.refused(w.engine.Relate(w.ctx, w.publisher, w.demo.Number, film.Number, text.Number, ""), ingest.Forbidden, ingest.CodeRole)

	w.refused(w.engine.Unrelate(w.ctx, w.editor, w.demo.Number, text.UUID, proxy.UUID), ingest.NotFound, "")
	w.ok(w.engine.Unrelate(w.ctx, w.editor, w.demo.Number, film.UUID, proxy.UUID))
	if w.stored(proxy).Trashed.IsZero() {
		t.Error("a file that was removed from an asset stays in the library")
	}
	w.refused(w.engine.Unrelate(w.ctx, w.editor, w.demo.Number, film.UUID, proxy.UUID), ingest.NotFound, "")

	w.ok(w.engine.DeleteEntry(w.ctx, w.editor, w.demo.Number, film.UUID))
	if w.stored(text).Trashed.IsZero() {
		t.Error("the subtitles of a deleted film stay in the library")
	}
	b, err := w.engine.Restore(w.ctx, w.editor, w.demo.Number, []ingest.Number{film.Number})
	w.ok(err)
	if b.Success != 1 || !w.stored(text).Trashed.IsZero() || w.stored(proxy).Trashed.IsZero() {
		t.Errorf("restored: %+v; subtitles %v, removed proxy %v", b, w.stored(text).Trashed, w.stored(proxy).Trashed)
	}
	if diff := cmp.Diff([]string{"film.srt " + subtitleKind}, w.relatedTo(film)); diff != "" {
		t.Error(diff)
	}
}

// TestRelatedBothWays checks that two files which go with each other can be deleted,
// brought back, and deleted at once.
func TestRelatedBothWays(t *testing.T) {
	w := newWorld(t)
	a, b := w.keep("", "a.mp4", "1"), w.keep("", "b.mp4", "2")
	w.ok(w.engine.Relate(w.ctx, w.editor, w.demo.Number, a.Number, b.Number, ""))
	w.ok(w.engine.Relate(w.ctx, w.editor, w.demo.Number, b.Number, a.Number, ""))
	w.ok(w.engine.DeleteEntry(w.ctx, w.editor, w.demo.Number, a.UUID))
	_, err := w.engine.Restore(w.ctx, w.editor, w.demo.Number, []ingest.Number{b.Number})
	w.ok(err)
	w.wantTree("restored", "a.mp4", "b.mp4")
	w.settings(w.demo, ingest.CompanySettings{ImmediateDelete: true})
	w.ok(w.engine.DeleteEntry(w.ctx, w.editor, w.demo.Number, b.UUID))
	w.wantTree("deleted at once")
	if !w.stored(a).Emptied || !w.stored(b).Emptied {
		t.Error("the bytes are kept")
	}
	w.view(func(tx ingest.Tx) error {
		links, err := tx.LinksFrom(ingest.LinkRelated, []ingest.Number{a.Number, b.Number})
		if len(links) != 0 {
			t.Errorf("links of files that are gone for good stay: %v", links)
		}
		return err
	})
}
