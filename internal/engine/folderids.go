package engine

import (
	"context"
	"fmt"
	"strings"

	"sluice/internal/ingest"
)

// Folders by their universal names, for doors whose clients never see a path.

// RootFolder returns the root folder of a company, which is made when there is none
// yet: its UUID is how clients name the company's library as a whole.
func (e *Engine) RootFolder(ctx context.Context, p ingest.Principal, company ingest.Number) (f *ingest.Folder, err error) {
	find := func(tx ingest.Tx) error {
		if _, err := e.visible(tx, p, company); err != nil {
			return err
		}
		f, err = tx.Folder(company, "")
		return err
	}
	if err = e.store.View(ctx, find); err == nil || ingest.CodeOf(err) == ingest.CodeUnknownCompany || ingest.KindOf(err) != ingest.NotFound {
		return f, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if err := tx.LockCompany(company); err != nil {
			return err
		}
		f, err = e.folderAt(tx, company, "")
		return err
	})
	return f, err
}

// FolderByUUID returns a folder of a company that the caller may read. Those of other
// companies and those that were deleted do not exist for it.
func (e *Engine) FolderByUUID(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID) (f *ingest.Folder, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err == nil {
			f, err = s.folderByUUID(id)
		}
		return err
	})
	return f, err
}

// FolderAt returns the folder at a path of a company that the caller may read.
func (e *Engine) FolderAt(ctx context.Context, p ingest.Principal, company ingest.Number, path string) (f *ingest.Folder, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err != nil {
			return err
		}
		if f, err = s.folderOf(path); err == nil && !s.folder(path, ingest.PermitRead) {
			err = unknownFolder("")
		}
		return err
	})
	return f, err
}

// looker is the sight of a caller who may read a company. A company that is not the
// caller's looks like one that does not exist.
func (e *Engine) looker(tx ingest.Tx, p ingest.Principal, company ingest.Number) (*sight, error) {
	if _, err := e.visible(tx, p, company); err != nil {
		return nil, err
	}
	return sightOf(tx, p, company)
}

// folderByUUID returns a live folder that the caller may read, and on which it has the
// further permissions. One that it may not read is unknown.
func (s *sight) folderByUUID(id ingest.UUID, permissions ...ingest.Permission) (*ingest.Folder, error) {
	f, err := s.tx.FolderByUUID(id)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil || f.Company != s.company || f.Deleted || !s.folder(f.Path, ingest.PermitRead) {
		return nil, unknownFolder(id)
	}
	return f, s.requireFolder(f.Path, permissions...)
}

func unknownFolder(id ingest.UUID) error {
	return &ingest.Error{Kind: ingest.NotFound, Op: "engine.folderByUUID", Msg: fmt.Sprintf("no folder %s in this company", quote(string(id)))}
}

// FoldersIn lists the folders directly in one that the caller may read.
func (e *Engine) FoldersIn(ctx context.Context, p ingest.Principal, company ingest.Number, parent ingest.UUID) (list []*ingest.Folder, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err != nil {
			return err
		}
		f, err := s.folderByUUID(parent)
		if err != nil {
			return err
		}
		below, err := tx.FoldersIn(company, f.Number)
		list = s.readableFolders(below)
		return err
	})
	return list, err
}

// FoldersBelow lists the folders of a company at and below a path that the caller may
// read, at most MostFolders of them.
func (e *Engine) FoldersBelow(ctx context.Context, p ingest.Principal, company ingest.Number, path string) (list []*ingest.Folder, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err != nil {
			return err
		}
		below, err := foldersBelow(tx, company, path)
		list = s.readableFolders(below)
		return err
	})
	return list, err
}

func (s *sight) readableFolders(all []*ingest.Folder) []*ingest.Folder {
	var list []*ingest.Folder
	for _, f := range all {
		if s.folder(f.Path, ingest.PermitRead) {
			list = append(list, f)
		}
	}
	return list
}

// CreateFolderIn makes a folder of a name, kept as it is, in another one and returns
// it. One that is there already is returned too, whoever made it, so that two callers
// who make the same folder at once get the same one.
func (e *Engine) CreateFolderIn(ctx context.Context, p ingest.Principal, company ingest.Number, parent ingest.UUID, name string) (f *ingest.Folder, err error) {
	const op = "engine.CreateFolderIn"
	if err := checkEntryName(op, "folder", name); err != nil {
		return nil, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		s, up, err := e.uploader(tx, p, company, parent)
		if err != nil {
			return err
		}
		path := up.Path + name + "/"
		f, err = tx.Folder(company, path)
		if err == nil && s.folder(path, ingest.PermitRead) {
			return nil
		}
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err == nil {
			return entryExists(op, name)
		}
		if err := checkDepth(op, path); err != nil {
			return err
		}
		if err := s.requireFolder(up.Path, ingest.PermitWrite); err != nil {
			return err
		}
		if err := freeEntry(tx, op, up, name); err != nil {
			return err
		}
		f, err = e.folderAt(tx, company, path)
		return err
	})
	return f, err
}

// uploader is the sight of a caller who may bring files, with a folder that it names.
// Names in the company are locked.
func (e *Engine) uploader(tx ingest.Tx, p ingest.Principal, company ingest.Number, folder ingest.UUID) (*sight, *ingest.Folder, error) {
	if _, err := e.authorize(tx, p, company, rightUpload); err != nil {
		return nil, nil, err
	}
	if err := tx.LockCompany(company); err != nil {
		return nil, nil, err
	}
	s, err := sightOf(tx, p, company)
	if err != nil {
		return nil, nil, err
	}
	f, err := s.folderByUUID(folder)
	return s, f, err
}

// checkEntryName refuses what a file or folder cannot be called where names are kept
// as clients give them.
func checkEntryName(op, what, name string) error {
	if err := checkText(name, what+" name"); err != nil {
		return err
	}
	if name == "" {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMissing, Msg: "the name of the " + what + " is missing"}
	}
	if len(name) > MaxNameBytes {
		return tooLong(op, "name", len(name), MaxNameBytes)
	}
	if strings.ContainsAny(name, `/\`) || strings.TrimSpace(name) == "" || name == "." || name == ".." {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("a %s cannot be called %s", what, quote(name))}
	}
	return nil
}

// checkDepth refuses a folder path that is too long or too deep.
func checkDepth(op, path string) error {
	if len(path) > MaxPathBytes {
		return tooLong(op, "path", len(path), MaxPathBytes)
	}
	if n := strings.Count(path, "/"); n > MaxPathDepth {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the path has %d segments, the limit is %d", n, MaxPathDepth)}
	}
	return nil
}

// freeEntry refuses a name that a folder, a file or a placeholder in the folder has.
// Names are compared whole: the file intro.mp4 may lie beside the folder intro.
func freeEntry(tx ingest.Tx, op string, in *ingest.Folder, name string) error {
	taken, err := folderNamed(tx, in.Company, in.Path+name+"/")
	if err != nil {
		return err
	}
	if !taken {
		a, err := fileNamed(tx, in, name)
		if err != nil {
			return err
		}
		taken = a != nil
	}
	if !taken {
		ph, err := placeholderNamed(tx, in, name)
		if err != nil {
			return err
		}
		taken = ph != nil
	}
	if taken {
		return entryExists(op, name)
	}
	return nil
}

func entryExists(op, name string) error {
	return &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeExists, Msg: fmt.Sprintf("the folder has something called %s already", quote(name))}
}

// fileNamed returns the file of a folder that has exactly the file name, nil when
// there is none outside the trash.
func fileNamed(tx ingest.Tx, in *ingest.Folder, fileName string) (*ingest.Asset, error) {
	named, err := tx.AssetsNamed(in.Company, exactPlaceOf("", fileName).Name)
	if err != nil {
		return nil, err
	}
	for _, a := range named {
		if a.Folder == in.Number && a.FileName == fileName && a.Trashed.IsZero() && !a.Emptied && !a.Part {
			return a, nil
		}
	}
	return nil, nil
}
