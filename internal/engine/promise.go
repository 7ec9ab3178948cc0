package engine

import (
	"context"

	"sluice/internal/ingest"
)

// PromisedAsset returns the open upload that is to become an asset which is not there
// yet, or its new version.
func (e *Engine) PromisedAsset(ctx context.Context, p ingest.Principal, company ingest.Number, asset ingest.UUID) (u *ingest.Upload, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		if u, err = tx.UploadPromising(company, asset); err != nil {
			return err
		}
		if err := follow(tx, u); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		if !s.folder(u.Folder, ingest.PermitRead) {
			return unknownUpload()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// MostPromised is how many files to come one answer has at most.
const MostPromised = 1000

// PromisedAssets lists the open uploads that are to become assets of a company, or new
// versions of such, in folders that the caller may read.
func (e *Engine) PromisedAssets(ctx context.Context, p ingest.Principal, company ingest.Number) (list []*ingest.Upload, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		list = nil
		s, err := e.looker(tx, p, company)
		if err != nil {
			return err
		}
		all, err := tx.UploadsPromising(company, ingest.Page{Limit: MostPromised})
		if err != nil {
			return err
		}
		for _, u := range all {
			if err := follow(tx, u); err != nil {
				return err
			}
			if s.folder(u.Folder, ingest.PermitRead) {
				list = append(list, u)
			}
		}
		return nil
	})
	return list, err
}

// settleTarget does what an upload promised for when its asset is there.
func (e *Engine) settleTarget(tx ingest.Tx, u *ingest.Upload, a *ingest.Asset, delta *ingest.JobDelta) error {
	if n := u.Options.Placeholder; n != 0 {
		if err := tx.DeleteDocument(n); err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
	}
	if u.Options.ExactName { // one may have been made while the bytes were on their way
		ph, err := placeholderNamed(tx, &ingest.Folder{Number: a.Folder, Company: a.Company, Path: a.Path}, a.FileName)
		if err != nil {
			return err
		}
		if ph != nil {
			if err := tx.DeleteDocument(ph.Document); err != nil {
				return err
			}
		}
	}
	if names := u.Options.Recreate; names != "" {
		event := ingest.Event{Company: u.Company, Time: u.Touched, Kind: ingest.EventAssetRecreate, Subject: u.Options.Asset, User: u.User, Data: `{"names":` + names + `}`}
		if err := tx.Emit(event); err != nil {
			return err
		}
	}
	return e.settleRelation(tx, u, a, delta)
}

// settleRelation links an asset to what it was uploaded for. If that is gone by now,
// the job log says so.
func (e *Engine) settleRelation(tx ingest.Tx, u *ingest.Upload, a *ingest.Asset, delta *ingest.JobDelta) error {
	r := u.Options.Relation
	var err error
	switch {
	case r.From == 0 || r.Kind == ingest.LinkRelated && r.From == u.Asset:
		return nil
	case r.Kind == ingest.LinkRelated:
		s := &sight{tx: tx, company: u.Company, open: true}
		if _, err = s.assetOf(r.From); err == nil {
			err = relate(tx, r.From, u.Asset, ingest.UUID(r.Data))
		}
	default:
		if _, err = tx.Document(r.From); err == nil {
			err = linkOnce(tx, ingest.Link{Kind: r.Kind, From: r.From, To: u.Asset, Data: r.Data})
		}
	}
	if kind := ingest.KindOf(err); err == nil || kind != ingest.NotFound && kind != ingest.Conflict {
		return err
	}
	delta.Counts.Warning++
	return e.warn(tx, u.Job, a, "it was stored, but not related to what it was uploaded for: "+ingest.Message(err))
}

func linkOnce(tx ingest.Tx, l ingest.Link) error {
	linked, err := tx.HasLink(l.Kind, l.From, l.To)
	if err != nil || linked {
		return err
	}
	return tx.AddLink(l)
}

// ContentRelation is the link from a content record of a company to a file to come.
func (e *Engine) ContentRelation(ctx context.Context, p ingest.Principal, company ingest.Number, content ingest.UUID) (r ingest.Relation, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightUpload); err != nil {
			return err
		}
		c, err := contentOf(tx, company, content)
		if err == nil {
			r = ingest.Relation{Kind: ingest.LinkContent, From: c.document}
		}
		return err
	})
	return r, err
}

// AssetRelation is the link from an asset that the caller may write to a file to come
// that goes with it. Kind is the id of what it is for.
func (e *Engine) AssetRelation(ctx context.Context, p ingest.Principal, company ingest.Number, asset ingest.UUID, kind string) (r ingest.Relation, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightUpload); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		a, err := s.assetByUUID(asset, ingest.PermitWrite)
		if err == nil {
			r = ingest.Relation{Kind: ingest.LinkRelated, From: a.Number, Data: kind}
		}
		return err
	})
	return r, err
}
