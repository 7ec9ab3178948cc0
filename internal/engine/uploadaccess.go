package engine

import (
	"context"

	"sluice/internal/ingest"
)

// checkTarget asks whether the caller may put the file of an upload where it goes,
// with the metadata that it brings.
func checkTarget(tx ingest.Tx, p ingest.Principal, c *ingest.Company, u *ingest.Upload) error {
	place, err := placeOf(tx, c, u)
	if err != nil {
		return err
	}
	s, err := sightOf(tx, p, c.Number)
	if err != nil {
		return err
	}
	if u.Options.Replaces == 0 {
		if err := s.requireFolder(place.Folder, ingest.PermitRead, ingest.PermitWrite); err != nil {
			return err
		}
		return checkMetadata(u.Metadata)
	}
	a, err := s.assetOf(u.Options.Replaces, ingest.PermitRead, ingest.PermitWrite)
	if err != nil {
		return err
	}
	if !may(p, c.Number, rightOverwrite) {
		return roleForbids(p, c.Number, rightOverwrite)
	}
	if u.Options.MergeMetadata {
		return checkMetadata(merged(a.Metadata, u.Metadata))
	}
	return checkMetadata(u.Metadata)
}

// mayHandle checks that the caller may act on an upload. Shared ones are everybody's
// of the company whose role has the right, and that to overwrite if the file replaces one.
func mayHandle(p ingest.Principal, u *ingest.Upload, r right) error {
	switch {
	case p.Admin, u.User == p.User && !u.Options.Shared && may(p, u.Company, rightUpload):
		return nil
	case u.Options.Shared && r == rightUpload && u.Options.Replaces != 0 && may(p, u.Company, r) && !may(p, u.Company, rightOverwrite):
		return roleForbids(p, u.Company, rightOverwrite)
	case u.Options.Shared && may(p, u.Company, r):
		return nil
	case u.Options.Shared && may(p, u.Company, rightRead):
		return roleForbids(p, u.Company, r)
	}
	return unknownUpload()
}

// unknownUpload does not repeat what the client sent, which may be the secret by which
// somebody else's upload is reached.
func unknownUpload() error {
	return &ingest.Error{Kind: ingest.NotFound, Op: "engine.findUpload", Msg: "no such upload"}
}

// findUpload reads an upload that the caller may act on. Strangers learn
// nothing of its existence.
func (e *Engine) findUpload(ctx context.Context, p ingest.Principal, id ingest.UUID, r right) (u *ingest.Upload, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		u, err = tx.Upload(id)
		if err != nil {
			return err
		}
		if err := mayHandle(p, u, r); err != nil {
			return err
		}
		return e.inTime(tx, p, u.Company)
	})
	return u, err
}

// UploadByKey returns an upload of a company by the key that its client knows it by.
// What the caller may not read is unknown to it.
func (e *Engine) UploadByKey(ctx context.Context, p ingest.Principal, company ingest.Number, door ingest.Door, key string) (u *ingest.Upload, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		u, err = tx.UploadByClientKey(company, door, key)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			return unknownUpload()
		}
		if err != nil {
			return err
		}
		if err := mayHandle(p, u, rightRead); err != nil {
			return err
		}
		return e.inTime(tx, p, u.Company)
	})
	return u, err
}

// WriteTarget returns the company of a name and the upload in it that a key names, if
// the caller may write to it: what a door asks for each piece of a file.
func (e *Engine) WriteTarget(ctx context.Context, p ingest.Principal, company string, door ingest.Door, key string) (c *ingest.Company, u *ingest.Upload, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		named, err := tx.CompanyByName(company)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			return unknownCompany(0)
		}
		if err != nil {
			return err
		}
		c = named
		if err := identified(p); err != nil {
			return err
		}
		if err := e.admit(p, c, rightUpload); err != nil {
			return err
		}
		u, err = tx.UploadByClientKey(c.Number, door, key)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			return unknownUpload()
		}
		if err != nil {
			return err
		}
		return mayHandle(p, u, rightUpload)
	})
	return c, u, err
}
