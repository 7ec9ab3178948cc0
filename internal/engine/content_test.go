package engine_test

import (
	"encoding/json"
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func TestContent(t *testing.T) {
	w := newWorld(t)
	demo := w.demo.Number
	id, err := w.engine.CreateContent(w.ctx, w.publisher, demo, "film", "en")
	w.ok(err)
	film := w.keep("", "film.mp4", "1")
	w.ok(w.engine.RelateContent(w.ctx, w.editor, demo, id, film.Number))
	w.ok(w.engine.RelateContent(w.ctx, w.editor, demo, id, film.Number))
	update := func(p ingest.Principal, properties string) error {
		return w.engine.UpdateContent(w.ctx, p, demo, id, func(c *engine.Content) { c.Properties = json.RawMessage(properties) })
	}
	w.ok(update(w.publisher, `{"title":"Trip","year":1902}`))
	c, err := w.engine.Content(w.ctx, w.viewer, demo, id)
	w.ok(err)
	if c.Title != "Trip" || c.Definition != "film" || c.Language != "en" || string(c.Properties) != `{"title":"Trip","year":1902}` || len(c.Assets) != 1 || c.Assets[0].UUID != film.UUID {
		t.Errorf("the record is %+v", c)
	}
	list, err := w.engine.ContentsOf(w.ctx, w.viewer, demo, film.Number)
	w.ok(err)
	if len(list) != 1 || list[0].UUID != id {
		t.Errorf("the film belongs to %v", list)
	}
	for properties, code := range map[string]ingest.Code{"[]": "", `"x"`: "", "{": ""} {
		w.refused(update(w.editor, properties), ingest.Invalid, code)
	}
	w.refused(update(w.editor, `{"a":"`+strings.Repeat("x", engine.MaxContentBytes)+`"}`), ingest.TooLarge, ingest.CodeLimit)
	w.ok(update(w.editor, ""))
	w.refused(update(w.publisher, "{}"), ingest.Forbidden, ingest.CodeRole) // an editor has changed it since
	w.refused(w.engine.DeleteContent(w.ctx, w.publisher, demo, id), ingest.Forbidden, ingest.CodeRole)
	_, err = w.engine.Content(w.ctx, w.outsider, w.other.Number, id)
	w.refused(err, ingest.NotFound, "")
	w.refused(w.engine.RelateContent(w.ctx, w.editor, demo, "11111111-2222-4333-8444-555555555555", film.Number), ingest.NotFound, "")

	w.ok(w.engine.DeleteEntry(w.ctx, w.editor, demo, film.UUID))
	if c, err = w.engine.Content(w.ctx, w.viewer, demo, id); err != nil || len(c.Assets) != 0 {
		t.Errorf("with its file in the trash: %+v, %v", c, err)
	}
	w.ok(w.engine.DeleteContent(w.ctx, w.editor, demo, id))
	_, err = w.engine.Content(w.ctx, w.viewer, demo, id)
	w.refused(err, ingest.NotFound, "")
}

func TestContentOutlivesItsFiles(t *testing.T) {
	w := newWorld(t)
	w.settings(w.demo, ingest.CompanySettings{ImmediateDelete: true})
	id, err := w.engine.CreateContent(w.ctx, w.editor, w.demo.Number, "", "")
	w.ok(err)
	film := w.keep("", "film.mp4", "1")
	w.ok(w.engine.RelateContent(w.ctx, w.editor, w.demo.Number, id, film.Number))
	w.ok(w.engine.DeleteEntry(w.ctx, w.editor, w.demo.Number, film.UUID))
	c, err := w.engine.Content(w.ctx, w.editor, w.demo.Number, id)
	w.ok(err)
	if len(c.Assets) != 0 {
		t.Errorf("the record still names %v", c.Assets)
	}
	w.view(func(tx ingest.Tx) error {
		links, err := tx.LinksTo(ingest.LinkContent, []ingest.Number{film.Number})
		if len(links) != 0 {
			t.Errorf("links to a file that is gone for good stay: %v", links)
		}
		return err
	})
}
