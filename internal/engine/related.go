package engine

import (
	"context"
	"fmt"
	"slices"

	"sluice/internal/ingest"
)

// RelatedAsset is a file that goes with another one: subtitles, a proxy, a picture.
type RelatedAsset struct {
	*ingest.Asset
	Kind ingest.UUID // what it is for, as the client named it; "" = it did not say
}

// mostRelatedFiles bounds the files that go with one asset.
const mostRelatedFiles = 1000

// AssetByUUID returns an asset of a company that the caller may read and that is not
// in the trash.
func (e *Engine) AssetByUUID(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID) (a *ingest.Asset, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err == nil {
			a, err = s.assetByUUID(id)
		}
		return err
	})
	return a, err
}

// assetByUUID returns an asset of the company outside the trash that the caller may
// read, and on which it has the further permissions. One that it may not read is
// unknown.
func (s *sight) assetByUUID(id ingest.UUID, permissions ...ingest.Permission) (*ingest.Asset, error) {
	a, err := s.tx.AssetByUUID(id)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil || a.Company != s.company || !a.Trashed.IsZero() || a.Emptied || a.Part || !s.asset(a, ingest.PermitRead) {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "engine.assetByUUID", Msg: fmt.Sprintf("no asset %s in this company", quote(string(id)))}
	}
	return a, s.require(a, permissions...)
}

// Relate makes a file go with another one: it is listed with it and deleted with it.
func (e *Engine) Relate(ctx context.Context, p ingest.Principal, company, parent, related ingest.Number, kind ingest.UUID) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		if _, err := s.assetOf(parent, ingest.PermitRead, ingest.PermitWrite); err != nil {
			return err
		}
		if _, err := s.assetOf(related, ingest.PermitRead, ingest.PermitWrite); err != nil {
			return err
		}
		return relate(tx, parent, related, kind)
	})
}

// relate links a file to the asset that it goes with. Doing so again changes what it
// is for.
func relate(tx ingest.Tx, parent, related ingest.Number, kind ingest.UUID) error {
	const op = "engine.relate"
	if parent == related {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "a file cannot go with itself"}
	}
	links, err := tx.LinksFrom(ingest.LinkRelated, []ingest.Number{parent})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(links, func(l ingest.Link) bool { return l.To == related })
	switch {
	case at >= 0 && links[at].Data == string(kind):
		return nil
	case at >= 0:
		links[at].Data = string(kind)
		return tx.PutLinks(ingest.LinkRelated, parent, links)
	case len(links) >= mostRelatedFiles:
		return &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the asset has %d related files, the limit is %d", len(links), mostRelatedFiles)}
	}
	return tx.AddLink(ingest.Link{Kind: ingest.LinkRelated, From: parent, To: related, Data: string(kind)})
}

// RelatedAssets lists the files that go with an asset, as far as the caller may read
// them and they are not in the trash, in the order in which they came.
func (e *Engine) RelatedAssets(ctx context.Context, p ingest.Principal, company, parent ingest.Number) (list []RelatedAsset, err error) {
	err = e.viewAsset(ctx, p, company, parent, rightRead, func(tx ingest.Tx, s *sight, a *ingest.Asset) error {
		list = nil
		links, err := tx.LinksFrom(ingest.LinkRelated, []ingest.Number{a.Number})
		if err != nil {
			return err
		}
		for _, l := range links {
			related, err := s.shown(l.To)
			if err != nil {
				return err
			}
			if related != nil {
				list = append(list, RelatedAsset{related, ingest.UUID(l.Data)})
			}
		}
		return nil
	})
	return list, err
}

// Unrelate parts a file from the asset that it goes with and puts it into the trash.
func (e *Engine) Unrelate(ctx context.Context, p ingest.Principal, company ingest.Number, parent, related ingest.UUID) error {
	var dropped []ingest.BlobKey
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, company, rightOverwrite)
		if err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		a, err := s.assetByUUID(parent, ingest.PermitWrite)
		if err != nil {
			return err
		}
		file, err := s.assetByUUID(related, ingest.PermitDelete)
		if err != nil {
			return err
		}
		goes, err := tx.HasLink(ingest.LinkRelated, a.Number, file.Number)
		if err != nil {
			return err
		}
		if !goes {
			return &ingest.Error{Kind: ingest.NotFound, Op: "engine.Unrelate", Msg: fmt.Sprintf("the asset has no related file %s", quote(string(related)))}
		}
		if err := tx.DeleteLinks(ingest.LinkRelated, a.Number, file.Number); err != nil {
			return err
		}
		dropped, err = e.trash(tx, p, c, file)
		return err
	})
	if err != nil {
		return err
	}
	return e.dropBlobs(ctx, dropped)
}

// attendants lists the assets that go to the trash, and come back, with one: views of
// it and files related to it.
func attendants(tx ingest.Tx, a *ingest.Asset) (list []*ingest.Asset, err error) {
	views, err := tx.LinksTo(ingest.LinkOwner, []ingest.Number{a.Number})
	if err != nil {
		return nil, err
	}
	files, err := tx.LinksFrom(ingest.LinkRelated, []ingest.Number{a.Number})
	if err != nil {
		return nil, err
	}
	numbers := make([]ingest.Number, 0, len(views)+len(files))
	for _, l := range views {
		numbers = append(numbers, l.From)
	}
	for _, l := range files {
		numbers = append(numbers, l.To)
	}
	for _, n := range numbers {
		other, err := tx.Asset(n)
		if err != nil {
			return nil, err
		}
		list = append(list, other)
	}
	return list, nil
}
