package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sluice/internal/ingest"
)

// PermissionChange says what becomes of a permission set.
type PermissionChange int

// Changes of permission sets.
const (
	SetPermissions    PermissionChange = iota // the entries become the whole set
	MergePermissions                          // they are added, or replace those of their group and permission
	RemovePermissions                         // the set goes, and what it was of inherits again
)

// ChangeAssetPermissions changes the own permission set of an asset.
func (e *Engine) ChangeAssetPermissions(ctx context.Context, p ingest.Principal, company, asset ingest.Number, change PermissionChange, entries []ingest.PermissionEntry) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorizeGroups(tx, p, company); err != nil {
			return err
		}
		s, err := restrictionsOf(tx, company)
		if err != nil {
			return err
		}
		s.open = true // administrators are not restricted
		a, err := s.assetOf(asset)
		if err != nil {
			return err
		}
		if entries, err = checkEntries(tx, p, company, entries); err != nil {
			return err
		}
		inherited, _ := s.effective(a.Path)
		return e.changeSetOf(tx, p, s, asset, ingest.PermissionsOfAsset, change, entries, inherited.entries)
	})
}

// changeSetOf stores what a change makes of the set of one owner. One that inherits
// starts from what it inherits when entries are merged.
func (e *Engine) changeSetOf(tx ingest.Tx, p ingest.Principal, s *sight, owner ingest.Number, key string, change PermissionChange, entries, inherited []ingest.PermissionEntry) error {
	d, err := tx.DocumentByKey(s.company, ingest.DocPermissions, owner, key)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return err
	}
	own := err == nil
	switch {
	case change == RemovePermissions && own:
		return tx.DeleteDocument(d.Number)
	case change == RemovePermissions:
		return nil
	case change == MergePermissions && own:
		var set ingest.PermissionSet
		if err := readContent(d, &set); err != nil {
			return err
		}
		entries = mergeEntries(set.Entries, entries)
	case change == MergePermissions:
		entries = mergeEntries(inherited, entries)
	}
	if own {
		return e.storeEntries(tx, p, d, entries)
	}
	if s.sets >= mostPermissionSets {
		return &ingest.Error{Kind: ingest.Conflict, Op: "engine.changeSetOf", Code: ingest.CodeLimit,
			Msg: fmt.Sprintf("the company has %d permission sets, the limit is %d", s.sets, mostPermissionSets)}
	}
	data, err := json.Marshal(ingest.PermissionSet{Entries: entries})
	if err != nil {
		return err
	}
	d = e.newDocument(p, s.company, ingest.DocPermissions, key, "", data)
	d.Owner = owner
	return tx.CreateDocument(d)
}

func (e *Engine) storeEntries(tx ingest.Tx, p ingest.Principal, d *ingest.Document, entries []ingest.PermissionEntry) (err error) {
	if d.Data, err = json.Marshal(ingest.PermissionSet{Entries: entries}); err != nil {
		return err
	}
	d.Modified, d.By = e.now(), p.User
	return tx.UpdateDocument(d)
}

// mergeEntries adds entries; of several for one group and permission the last
// counts.
func mergeEntries(have, more []ingest.PermissionEntry) []ingest.PermissionEntry {
	merged := slices.Clone(have)
	for _, entry := range more {
		same := slices.IndexFunc(merged, func(m ingest.PermissionEntry) bool { return m.Group == entry.Group && m.Type == entry.Type })
		if same >= 0 {
			merged[same] = entry
			continue
		}
		merged = append(merged, entry)
	}
	return merged
}

// ChangeFolderPermissions changes the permission set of a folder. With children the
// same holds for all below it: setting and removing drop their own sets, merging
// merges into them.
func (e *Engine) ChangeFolderPermissions(ctx context.Context, p ingest.Principal, company ingest.Number, path string, change PermissionChange, entries []ingest.PermissionEntry, children bool) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorizeGroups(tx, p, company); err != nil {
			return err
		}
		if path == "" {
			if _, err := e.folderAt(tx, company, ""); err != nil {
				return err
			}
		}
		s, err := restrictionsOf(tx, company)
		if err != nil {
			return err
		}
		s.open = true // administrators are not restricted
		f, err := s.folderOf(path)
		if err != nil {
			return err
		}
		if entries, err = checkEntries(tx, p, company, entries); err != nil {
			return err
		}
		inherited := permissionSet{}
		if path != "" {
			inherited, _ = s.effective(parentPath(path))
		}
		if err := e.changeSetOf(tx, p, s, f.Number, ingest.PermissionsOfFolder, change, entries, inherited.entries); err != nil {
			return err
		}
		if !children {
			return nil
		}
		return e.changeBelow(tx, p, s, path, change, entries)
	})
}

// changeBelow changes the own sets of folders and assets below a folder.
func (e *Engine) changeBelow(tx ingest.Tx, p ingest.Principal, s *sight, path string, change PermissionChange, entries []ingest.PermissionEntry) error {
	var numbers []ingest.Number
	for at, set := range s.folders {
		if at != path && strings.HasPrefix(at, path) {
			numbers = append(numbers, set.number)
		}
	}
	for asset, set := range s.assets {
		a, err := tx.Asset(asset)
		if err != nil {
			return err
		}
		if strings.HasPrefix(a.Path, path) {
			numbers = append(numbers, set.number)
		}
	}
	for _, number := range numbers {
		d, err := tx.Document(number)
		if err != nil {
			return err
		}
		if change != MergePermissions {
			err = tx.DeleteDocument(number)
		} else {
			var set ingest.PermissionSet
			if err = readContent(d, &set); err == nil {
				err = e.storeEntries(tx, p, d, mergeEntries(set.Entries, entries))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
