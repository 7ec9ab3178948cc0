package engine

import (
	"context"
	"fmt"
	"strings"

	"sluice/internal/ingest"
)

// Limits of operations on several things or whole folders, which are one transaction
// each.
const (
	MostDeleted = 20_000 // files and folders of one deletion
	MostEntries = 1_000  // things named in one request
)

// Entry is a thing in the tree of a library: one of the first three is set.
type Entry struct {
	Folder      *ingest.Folder
	Asset       *ingest.Asset
	Placeholder *Placeholder
	Parent      *ingest.Folder // it lies in; nil = none, or one that the caller may not read
}

// entry finds what a UUID names among what the caller may read and has the further
// permissions on.
func (s *sight) entry(id ingest.UUID, permissions ...ingest.Permission) (Entry, error) {
	f, err := s.folderByUUID(id, permissions...)
	if err == nil || ingest.KindOf(err) != ingest.NotFound {
		return Entry{Folder: f}, err
	}
	a, err := s.assetByUUID(id, permissions...)
	if err == nil || ingest.KindOf(err) != ingest.NotFound {
		return Entry{Asset: a}, err
	}
	ph, err := s.placeholder(id, permissions...)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		err = &ingest.Error{Kind: ingest.NotFound, Op: "engine.entry", Msg: fmt.Sprintf("no folder, file or placeholder %s in this company", quote(string(id)))}
	}
	return Entry{Placeholder: ph}, err
}

// Entry returns what a UUID names, as far as the caller may read it.
func (e *Engine) Entry(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID) (it Entry, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err != nil {
			return err
		}
		if it, err = s.entry(id); err != nil {
			return err
		}
		it.Parent, err = s.parentOf(it)
		return err
	})
	return it, err
}

// EntryAt returns what lies at a path, as far as the caller may read it: a folder, or
// the file or placeholder of that name.
func (e *Engine) EntryAt(ctx context.Context, p ingest.Principal, company ingest.Number, path string) (it Entry, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err != nil {
			return err
		}
		if it, err = s.entryAt(path); err != nil {
			return err
		}
		it.Parent, err = s.parentOf(it)
		return err
	})
	return it, err
}

func (s *sight) entryAt(path string) (Entry, error) {
	unknown := &ingest.Error{Kind: ingest.NotFound, Op: "engine.entryAt", Msg: fmt.Sprintf("there is nothing at %s in this company", quote(path))}
	path = strings.Trim(path, "/")
	full := path + "/"
	if path == "" {
		full = ""
	}
	f, err := s.tx.Folder(s.company, full)
	if err == nil && s.folder(full, ingest.PermitRead) {
		return Entry{Folder: f}, nil
	}
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return Entry{}, err
	}
	above := parentPath(full)
	in, err := s.tx.Folder(s.company, above)
	if err != nil || path == "" {
		if err == nil || ingest.KindOf(err) == ingest.NotFound {
			err = unknown
		}
		return Entry{}, err
	}
	a, err := fileNamed(s.tx, in, path[len(above):])
	if err != nil {
		return Entry{}, err
	}
	if a != nil && s.asset(a, ingest.PermitRead) {
		return Entry{Asset: a}, nil
	}
	ph, err := placeholderNamed(s.tx, in, path[len(above):])
	if err != nil {
		return Entry{}, err
	}
	if ph != nil && s.folder(in.Path, ingest.PermitRead) {
		return Entry{Placeholder: ph}, nil
	}
	return Entry{}, unknown
}

// parentOf is the folder that an entry lies in, nil when the caller may not read it or
// there is none.
func (s *sight) parentOf(it Entry) (*ingest.Folder, error) {
	if it.Folder != nil && it.Folder.Path == "" {
		return nil, nil
	}
	f, err := s.folderOfEntry(it)
	if err != nil || !s.folder(f.Path, ingest.PermitRead) {
		return nil, err
	}
	return f, nil
}

// MoveEntries puts folders, files and placeholders into a folder, all of them or none.
// A name that is taken there is a Conflict with CodeExists.
func (e *Engine) MoveEntries(ctx context.Context, p ingest.Principal, company ingest.Number, ids []ingest.UUID, into ingest.UUID) error {
	return e.changeEntries(ctx, p, company, ids, func(tx ingest.Tx, s *sight, it Entry) error {
		target, err := s.folderByUUID(into, ingest.PermitWrite)
		if err != nil {
			return err
		}
		return e.place(tx, p, it, target, it.Name())
	})
}

// RenameEntry gives a folder, a file or a placeholder another name, kept as it is. A
// file name without an extension gets the one that the file had.
func (e *Engine) RenameEntry(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID, name string) error {
	return e.changeEntries(ctx, p, company, []ingest.UUID{id}, func(tx ingest.Tx, s *sight, it Entry) error {
		return e.renameEntry(tx, p, s, it, name)
	})
}

func (e *Engine) renameEntry(tx ingest.Tx, p ingest.Principal, s *sight, it Entry, name string) error {
	in, err := s.folderOfEntry(it)
	if err != nil {
		return err
	}
	if _, ext := splitExt(it.Name()); it.Folder == nil && ext != "" && !strings.Contains(name, ".") {
		name += "." + ext
	}
	return e.place(tx, p, it, in, name)
}

// changeEntries runs one change for each of some entries that the caller may write to,
// in one transaction.
func (e *Engine) changeEntries(ctx context.Context, p ingest.Principal, company ingest.Number, ids []ingest.UUID, change func(ingest.Tx, *sight, Entry) error) error {
	if err := checkNamed("engine.changeEntries", ids); err != nil {
		return err
	}
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightOverwrite); err != nil {
			return err
		}
		if err := tx.LockCompany(company); err != nil {
			return err
		}
		for _, id := range ids {
			s, err := sightOf(tx, p, company) // anew, as moved folders take their permissions along
			if err != nil {
				return err
			}
			it, err := s.entry(id, ingest.PermitWrite)
			if err != nil {
				return err
			}
			if err := change(tx, s, it); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkNamed(op string, ids []ingest.UUID) error {
	if len(ids) == 0 {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMissing, Msg: "nothing is named"}
	}
	if len(ids) > MostEntries {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("%d things are named, the limit is %d", len(ids), MostEntries)}
	}
	return nil
}

// Name is what an entry is called in its folder; "" = the root folder.
func (it Entry) Name() string {
	switch {
	case it.Folder != nil:
		return strings.TrimSuffix(strings.TrimPrefix(it.Folder.Path, parentPath(it.Folder.Path)), "/")
	case it.Asset != nil:
		return it.Asset.FileName
	}
	return it.Placeholder.FileName
}

// folderOfEntry is the folder that an entry lies in.
func (s *sight) folderOfEntry(it Entry) (*ingest.Folder, error) {
	switch {
	case it.Folder != nil && it.Folder.Path == "":
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: "engine.folderOfEntry", Msg: "the root folder of a company cannot be moved, renamed, copied or deleted"}
	case it.Folder != nil:
		return s.tx.FolderByNumber(it.Folder.Parent)
	case it.Asset != nil:
		return s.tx.FolderByNumber(it.Asset.Folder)
	}
	return s.tx.FolderByNumber(it.Placeholder.Folder)
}

// place gives an entry a folder and a name, which must be free there.
func (e *Engine) place(tx ingest.Tx, p ingest.Principal, it Entry, in *ingest.Folder, name string) error {
	const op = "engine.place"
	if it.Folder != nil {
		return e.placeFolder(tx, it.Folder, in, name)
	}
	if err := checkEntryName(op, "file", name); err != nil {
		return err
	}
	if ph := it.Placeholder; ph != nil {
		if ph.Folder == in.Number && ph.FileName == name {
			return nil
		}
		if err := freeEntry(tx, op, in, name); err != nil {
			return err
		}
		d, err := tx.Document(ph.Document)
		if err != nil {
			return err
		}
		d.Owner, d.Name, d.Modified, d.By = in.Number, name, e.now(), p.User
		return tx.UpdateDocument(d)
	}
	a := it.Asset
	if a.Folder == in.Number && a.FileName == name {
		return nil
	}
	if err := freeEntry(tx, op, in, name); err != nil {
		return err
	}
	a.Folder, a.Path, a.FileName, a.Name = in.Number, in.Path, name, exactPlaceOf("", name).Name
	return e.changed(tx, p, a)
}

// placeFolder gives a folder another parent and name; what is in it goes with it.
func (e *Engine) placeFolder(tx ingest.Tx, f, in *ingest.Folder, name string) error {
	const op = "engine.placeFolder"
	if f.Path == "" {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "the root folder of a company cannot be moved or renamed"}
	}
	if err := checkEntryName(op, "folder", name); err != nil {
		return err
	}
	to := in.Path + name + "/"
	if to == f.Path {
		return nil
	}
	if strings.HasPrefix(in.Path, f.Path) {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("the folder %s cannot be moved into itself", quote(f.Path))}
	}
	below, err := foldersBelow(tx, f.Company, f.Path)
	if err != nil {
		return err
	}
	for _, b := range below {
		if err := checkDepth(op, to+strings.TrimPrefix(b.Path, f.Path)); err != nil {
			return err
		}
	}
	if err := freeEntry(tx, op, in, name); err != nil {
		return err
	}
	if err := tx.MoveFolders(f.Company, f.Path, to, e.now()); err != nil {
		return err
	}
	f.Path, f.Parent, f.Modified = to, in.Number, e.now()
	return tx.UpdateFolder(f)
}

// DeleteEntry puts a file, or all files at and below a folder, into the trash; folders
// and placeholders are removed. A folder with more than MostDeleted files and folders
// is refused.
func (e *Engine) DeleteEntry(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID) error {
	var it Entry
	err := e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err != nil {
			return err
		}
		if it, err = s.entry(id); err != nil || it.Folder == nil {
			return err
		}
		return boundTree(tx, "engine.DeleteEntry", it.Folder, MostDeleted)
	})
	if err != nil {
		return err
	}
	switch {
	case it.Folder != nil:
		return e.DeleteFolder(ctx, p, company, it.Folder.Path)
	case it.Placeholder != nil:
		return e.DeletePlaceholder(ctx, p, company, id)
	}
	b, err := e.TrashAssets(ctx, p, company, []ingest.Number{it.Asset.Number})
	if err == nil && len(b.Errors) > 0 {
		err = b.Errors[0].Err
	}
	return err
}

// boundTree refuses a folder with more than most files and folders.
func boundTree(tx ingest.Tx, op string, f *ingest.Folder, most int) error {
	folders, err := tx.Folders(f.Company, f.Path, ingest.Page{Limit: most + 1})
	if err != nil {
		return err
	}
	files, err := tx.UsageBelow(f.Company, f.Path, most+1)
	if err != nil {
		return err
	}
	if n := int64(len(folders)) + files.Files; n > int64(most) {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the folder has more than %d files and folders; take a part of it", most)}
	}
	return nil
}
