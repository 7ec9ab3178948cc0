package engine

import (
	"context"

	"sluice/internal/ingest"
)

// AssetsByNumber returns the assets of a company that the caller may read, in the
// order in which they are named; others are left out. Those in the trash are shown.
func (e *Engine) AssetsByNumber(ctx context.Context, p ingest.Principal, company ingest.Number, numbers []ingest.Number) (list []*ingest.Asset, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		list = nil
		for _, n := range numbers {
			a, err := tx.Asset(n)
			if err != nil && ingest.KindOf(err) != ingest.NotFound {
				return err
			}
			if err == nil && a.Company == company && !a.Emptied && !a.Part && s.asset(a, ingest.PermitRead) {
				list = append(list, a)
			}
		}
		return nil
	})
	return list, err
}

// AssetsCalled returns the assets outside the trash that have exactly one of the
// names, in the order of the names.
func (e *Engine) AssetsCalled(ctx context.Context, p ingest.Principal, company ingest.Number, names []string) (list []*ingest.Asset, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		list = nil
		seen := map[string]bool{}
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			named, err := tx.AssetsNamed(company, name)
			if err != nil {
				return err
			}
			for _, a := range named {
				if a.Trashed.IsZero() && s.asset(a, ingest.PermitRead) {
					list = append(list, a)
				}
			}
		}
		return nil
	})
	return list, err
}

// NamesInUse returns those of the names that an asset of the company has, wherever
// it is, the trash included.
func (e *Engine) NamesInUse(ctx context.Context, p ingest.Principal, company ingest.Number, names []string) (used []string, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		used = nil
		for _, name := range names {
			named, err := tx.AssetsNamed(company, name)
			if err != nil {
				return err
			}
			if len(named) > 0 {
				used = append(used, name)
			}
		}
		return nil
	})
	return used, err
}

// AssetMove puts an asset into another folder.
type AssetMove struct {
	Asset  ingest.Number
	Folder string // within the company
}

// MoveAssets puts assets into other folders, which must exist.
func (e *Engine) MoveAssets(ctx context.Context, p ingest.Principal, company ingest.Number, moves []AssetMove) (Batch, error) {
	return e.batch(ctx, p, company, len(moves), func(tx ingest.Tx, s *sight, i int) error {
		a, err := s.assetOf(moves[i].Asset, ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		folder, err := s.folderOf(moves[i].Folder, ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		taken, err := folderNamed(tx, company, folder.Path+a.Name+"/")
		if err != nil {
			return err
		}
		if taken {
			return nameInUse(a.Name)
		}
		a.Folder, a.Path = folder.Number, folder.Path
		return e.changed(tx, p, a)
	})
}

// RenameAsset gives an asset another name; the file name keeps its extension. A
// taken name is refused, or, unless validate is set, numbered.
func (e *Engine) RenameAsset(ctx context.Context, p ingest.Principal, company, asset ingest.Number, name string, validate bool) error {
	clean, err := assetName(name)
	if err != nil {
		return err
	}
	return e.changeAsset(ctx, p, company, asset, func(tx ingest.Tx, a *ingest.Asset) error {
		if err := tx.LockCompany(company); err != nil {
			return err
		}
		_, ext := splitExt(a.FileName)
		place := Place{Folder: a.Path, Name: clean, FileName: clean}
		if ext != "" {
			place.FileName += "." + ext
		}
		free, err := e.nameFree(tx, a, place)
		if err != nil {
			return err
		}
		if !free && validate {
			return nameInUse(clean)
		}
		if !free {
			numbered, err := rename(tx, &ingest.Company{Number: company}, place, true, &ingest.Folder{Number: a.Folder, Path: a.Path})
			if err != nil {
				return err
			}
			place = numbered.place
		}
		a.Name, a.FileName = place.Name, place.FileName
		return nil
	})
}

// nameFree reports whether an asset can have a name: no other asset has it, and no
// folder beside it.
func (e *Engine) nameFree(tx ingest.Tx, a *ingest.Asset, place Place) (bool, error) {
	named, err := tx.AssetsNamed(a.Company, place.Name)
	if err != nil {
		return false, err
	}
	for _, other := range named {
		if other.Number != a.Number {
			return false, nil
		}
	}
	taken, err := folderNamed(tx, a.Company, place.Folder+place.Name+"/")
	return !taken, err
}
