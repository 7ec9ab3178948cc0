package engine

import (
	"context"

	"sluice/internal/ingest"
)

// Mark says what an asset is marked for publish in, of some contexts.
type Mark struct {
	Asset    ingest.Number
	Contexts ingest.Contexts // which of them are spoken of
	Set      bool
}

// MarkAssets marks assets for publish in contexts, or takes the marks away.
func (e *Engine) MarkAssets(ctx context.Context, p ingest.Principal, company ingest.Number, marks []Mark) (Batch, error) {
	return e.batch(ctx, p, company, len(marks), func(tx ingest.Tx, s *sight, i int) error {
		m := marks[i]
		a, err := s.assetOf(m.Asset, ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		before := a.Publish
		if a.Publish &^= m.Contexts; m.Set {
			a.Publish |= m.Contexts
		}
		if a.Publish == before {
			return nil
		}
		return e.changed(tx, p, a)
	})
}

// Republish forgets that assets were published, so that the next publish job takes
// them again.
func (e *Engine) Republish(ctx context.Context, p ingest.Principal, company ingest.Number, assets []ingest.Number) (Batch, error) {
	return e.batch(ctx, p, company, len(assets), func(tx ingest.Tx, s *sight, i int) error {
		a, err := s.assetOf(assets[i], ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		return e.changed(tx, p, a)
	})
}

// PublishHistory lists when an asset was published last, in each context, the
// latest first.
func (e *Engine) PublishHistory(ctx context.Context, p ingest.Principal, company, asset ingest.Number) (docs []*ingest.Document, err error) {
	err = e.viewAsset(ctx, p, company, asset, rightRead, func(tx ingest.Tx, _ *sight, _ *ingest.Asset) error {
		docs, err = tx.DocumentsOf(company, []ingest.DocumentKind{ingest.DocPublishHistory}, []ingest.Number{asset})
		return err
	})
	return docs, err
}

// TypeCounts counts the assets of a company by type, as far as the caller may read
// them.
func (e *Engine) TypeCounts(ctx context.Context, p ingest.Principal, company ingest.Number) (counts []ingest.TypeCount, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		if s.open {
			counts, err = tx.TypeCounts(company)
			return err
		}
		counts, err = s.countReadable()
		return err
	})
	return counts, err
}

// countReadable counts the assets that the caller may read one by one.
func (s *sight) countReadable() ([]ingest.TypeCount, error) {
	var counts []ingest.TypeCount
	at := map[ingest.AssetType]int{}
	filter := ingest.AssetFilter{Companies: []ingest.Number{s.company}}
	for after := ingest.Number(0); ; {
		page, err := s.tx.Assets(filter, ingest.Page{After: after, Limit: MostPerPage})
		if err != nil || len(page) == 0 {
			return counts, err
		}
		after = page[len(page)-1].Number
		for _, a := range s.visible(page) {
			i, ok := at[a.Type]
			if !ok {
				i = len(counts)
				at[a.Type] = i
				counts = append(counts, ingest.TypeCount{Type: a.Type})
			}
			counts[i].Count++
		}
	}
}

// Usage is what a company stores outside the trash.
func (e *Engine) Usage(ctx context.Context, p ingest.Principal, company ingest.Number) (u ingest.Usage, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightManage); err != nil {
			return err
		}
		u, err = tx.Usage(company, 0)
		return err
	})
	return u, err
}
