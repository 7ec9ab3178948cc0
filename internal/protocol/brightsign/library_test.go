package brightsign

import (
	"context"
	"io"
	"strconv"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// stored is a file as the library has it.
type stored struct {
	Folder, Name, Content string
}

// library lists the files of the account of the harness, by number.
func (h *harness) library() map[ingest.Number]stored {
	h.t.Helper()
	list, err := h.engine.Assets(context.Background(), h.boss.Principal, engine.AssetQuery{Company: h.company.Number}, ingest.Page{Limit: 1000})
	h.ok(err)
	all := map[ingest.Number]stored{}
	for _, a := range list {
		all[a.Number] = stored{a.Path, a.FileName, h.content(a)}
	}
	return all
}

// asset returns what the library has of an asset, which may be a part of a page.
func (h *harness) asset(number ingest.Number) *ingest.Asset {
	h.t.Helper()
	var a *ingest.Asset
	h.ok(h.db.View(context.Background(), func(tx ingest.Tx) (err error) {
		a, err = tx.Asset(number)
		return err
	}))
	return a
}

// content reads the current version of an asset.
func (h *harness) content(a *ingest.Asset) string {
	h.t.Helper()
	var v *ingest.Version
	h.ok(h.db.View(context.Background(), func(tx ingest.Tx) (err error) {
		v, err = tx.Version(a.Version)
		return err
	}))
	r, err := h.engine.OpenBlob(context.Background(), v.Blob.Key)
	h.ok(err)
	defer r.Close()
	all, err := io.ReadAll(r)
	h.ok(err)
	return string(all)
}

// contentID is the identifier in a status.
func (h *harness) contentID(e *element) ingest.Number {
	h.t.Helper()
	n, err := strconv.ParseInt(text(e, "ContentId"), 10, 32)
	if err != nil || n <= 0 {
		h.t.Fatalf("ContentId is %q", text(e, "ContentId"))
	}
	return ingest.Number(n)
}

// page reads a page: its name, its own file, and its parts by their places.
func (h *harness) page(number ingest.Number) (name, html string, parts map[string]string) {
	h.t.Helper()
	p, err := h.engine.WebPage(context.Background(), h.boss.Principal, h.company.Number, number)
	h.ok(err)
	parts = map[string]string{}
	for _, part := range p.Parts {
		parts[part.Target] = h.content(part.Asset)
	}
	return p.Name, h.content(p.Asset), parts
}
