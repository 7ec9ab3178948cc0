package engine

import (
	"context"
	"fmt"
	"time"

	"sluice/internal/ingest"
)

// Placeholder is a file name in a folder that waits for its file. It is no asset, as
// it has no bytes; the asset that its file becomes gets its UUID.
type Placeholder struct {
	UUID     ingest.UUID
	Folder   ingest.Number
	Path     string // of the folder
	FileName string
	Created  time.Time
	By       ingest.Number // user who made it
	Document ingest.Number // that it is kept in
}

// mostPlaceholders bounds the placeholders of one folder.
const mostPlaceholders = 10_000

// CreatePlaceholder keeps a file name in a folder. For a name that is kept already it
// answers the placeholder that there is; a name that a file or folder has is a
// Conflict with CodeExists.
func (e *Engine) CreatePlaceholder(ctx context.Context, p ingest.Principal, company ingest.Number, folder ingest.UUID, name string) (id ingest.UUID, err error) {
	const op = "engine.CreatePlaceholder"
	if err := checkEntryName(op, "file", name); err != nil {
		return "", err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		s, f, err := e.uploader(tx, p, company, folder)
		if err != nil {
			return err
		}
		if err := s.requireFolder(f.Path, ingest.PermitWrite); err != nil {
			return err
		}
		have, err := placeholderNamed(tx, f, name)
		if err != nil {
			return err
		}
		if have != nil {
			id = have.UUID
			return nil
		}
		last, err := tx.Documents(placeholdersOf(f), ingest.Page{After: mostPlaceholders - 1, Limit: 1})
		if err != nil {
			return err
		}
		if len(last) > 0 {
			return &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the folder has %d placeholders, the limit is %d", mostPlaceholders, mostPlaceholders)}
		}
		if err := freeEntry(tx, op, f, name); err != nil {
			return err
		}
		id = e.newUUID()
		d := e.newDocument(p, company, ingest.DocPlaceholder, string(id), name, []byte("{}"))
		d.Owner = f.Number
		return tx.CreateDocument(d)
	})
	return id, err
}

// Placeholder returns one that the caller may read.
func (e *Engine) Placeholder(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID) (ph *Placeholder, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err == nil {
			ph, err = s.placeholder(id)
		}
		return err
	})
	return ph, err
}

// PlaceholdersIn lists those of a folder that the caller may read, in the order in
// which they were made.
func (e *Engine) PlaceholdersIn(ctx context.Context, p ingest.Principal, company ingest.Number, folder ingest.UUID) (list []*Placeholder, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err != nil {
			return err
		}
		f, err := s.folderByUUID(folder)
		if err == nil {
			list, err = placeholdersIn(tx, f)
		}
		return err
	})
	return list, err
}

// Placeholders lists those of a company that the caller may read, up to a bound.
func (e *Engine) Placeholders(ctx context.Context, p ingest.Principal, company ingest.Number) (list []*Placeholder, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		list = nil
		s, err := e.looker(tx, p, company)
		if err != nil {
			return err
		}
		docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocPlaceholder}, ingest.Page{Limit: mostPlaceholders})
		if err != nil {
			return err
		}
		folders := map[ingest.Number]*ingest.Folder{}
		for _, d := range docs {
			f := folders[d.Owner]
			if f == nil {
				if f, err = tx.FolderByNumber(d.Owner); err != nil {
					return err
				}
				folders[d.Owner] = f
			}
			if !f.Deleted && s.folder(f.Path, ingest.PermitRead) {
				list = append(list, placeholderFrom(d, f))
			}
		}
		return nil
	})
	return list, err
}

// DeletePlaceholder gives the name free.
func (e *Engine) DeletePlaceholder(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightOverwrite); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		ph, err := s.placeholder(id)
		if err != nil {
			return err
		}
		if err := s.requireFolder(ph.Path, ingest.PermitDelete); err != nil {
			return err
		}
		return tx.DeleteDocument(ph.Document)
	})
}

// placeholder returns one of the company in a live folder that the caller may read,
// and on which it has the further permissions. Others are unknown.
func (s *sight) placeholder(id ingest.UUID, permissions ...ingest.Permission) (*Placeholder, error) {
	unknown := &ingest.Error{Kind: ingest.NotFound, Op: "engine.placeholder", Msg: fmt.Sprintf("no placeholder %s", quote(string(id)))}
	if id == "" {
		return nil, unknown
	}
	docs, err := s.tx.Documents(ingest.DocumentFilter{Company: s.company, Kind: ingest.DocPlaceholder, Key: string(id)}, ingest.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, unknown
	}
	f, err := s.tx.FolderByNumber(docs[0].Owner)
	if err != nil {
		return nil, err
	}
	if f.Deleted || !s.folder(f.Path, ingest.PermitRead) {
		return nil, unknown
	}
	return placeholderFrom(docs[0], f), s.requireFolder(f.Path, permissions...)
}

func placeholdersOf(f *ingest.Folder) ingest.DocumentFilter {
	return ingest.DocumentFilter{Company: f.Company, Kind: ingest.DocPlaceholder, Owners: []ingest.Number{f.Number}}
}

// placeholdersIn lists the placeholders of a folder.
func placeholdersIn(tx ingest.Tx, f *ingest.Folder) ([]*Placeholder, error) {
	docs, err := tx.Documents(placeholdersOf(f), ingest.Page{Limit: mostPlaceholders})
	list := make([]*Placeholder, len(docs))
	for i, d := range docs {
		list[i] = placeholderFrom(d, f)
	}
	return list, err
}

// placeholderNamed returns the placeholder of a folder that has the file name, nil
// when there is none.
func placeholderNamed(tx ingest.Tx, f *ingest.Folder, fileName string) (*Placeholder, error) {
	if fileName == "" {
		return nil, nil
	}
	filter := placeholdersOf(f)
	filter.Name = fileName
	docs, err := tx.Documents(filter, ingest.Page{Limit: 1})
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	return placeholderFrom(docs[0], f), nil
}

// dropPlaceholders forgets the placeholders of folders that go.
func dropPlaceholders(tx ingest.Tx, folders []*ingest.Folder) error {
	for _, f := range folders {
		list, err := placeholdersIn(tx, f)
		if err != nil {
			return err
		}
		for _, ph := range list {
			if err := tx.DeleteDocument(ph.Document); err != nil {
				return err
			}
		}
	}
	return nil
}

func placeholderFrom(d *ingest.Document, f *ingest.Folder) *Placeholder {
	return &Placeholder{UUID: ingest.UUID(d.Key), Folder: f.Number, Path: f.Path, FileName: d.Name, Created: d.Created, By: d.By, Document: d.Number}
}
