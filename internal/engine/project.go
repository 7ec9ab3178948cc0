package engine

import (
	"context"
	"fmt"
	"strings"

	"sluice/internal/ingest"
)

// Projects lists the names of a company's projects, sorted.
func (e *Engine) Projects(ctx context.Context, p ingest.Principal, company ingest.Number) (names []string, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocProject}, ingest.Page{Limit: mostStored})
		names = make([]string, len(docs))
		for i, d := range docs {
			names[i] = d.Name
		}
		return err
	})
	return names, err
}

func checkProject(name string) error {
	const op = "engine.checkProject"
	switch {
	case strings.TrimSpace(name) == "":
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "a project needs a name"}
	case strings.Contains(name, "|"):
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("the project name %s must not contain '|'", quote(name))}
	case len(name) > MaxNameBytes:
		return tooLong(op, "project name", len(name), MaxNameBytes)
	}
	return checkText(name, "project name")
}

func findProject(tx ingest.Tx, company ingest.Number, name string) (*ingest.Document, error) {
	d, err := tx.DocumentByKey(company, ingest.DocProject, 0, name)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "engine.findProject", Msg: fmt.Sprintf("no project of this company is called %s", quote(name))}
	}
	return d, err
}

// CreateProject makes a project.
func (e *Engine) CreateProject(ctx context.Context, p ingest.Principal, company ingest.Number, name string) error {
	if err := checkProject(name); err != nil {
		return err
	}
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightOverwrite); err != nil {
			return err
		}
		if err := freeKey(tx, "engine.CreateProject", company, ingest.DocProject, 0, name, name, 0); err != nil {
			return err
		}
		return tx.CreateDocument(e.newDocument(p, company, ingest.DocProject, name, name, nil))
	})
}

// RenameProject gives a project another name.
func (e *Engine) RenameProject(ctx context.Context, p ingest.Principal, company ingest.Number, from, to string) error {
	if err := checkProject(to); err != nil {
		return err
	}
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightOverwrite); err != nil {
			return err
		}
		d, err := findProject(tx, company, from)
		if err != nil || from == to {
			return err
		}
		if err := freeKey(tx, "engine.RenameProject", company, ingest.DocProject, 0, to, to, d.Number); err != nil {
			return err
		}
		d.Key, d.Name, d.Modified, d.By = to, to, e.now(), p.User
		return tx.UpdateDocument(d)
	})
}

// DeleteProject removes a project; its assets stay.
func (e *Engine) DeleteProject(ctx context.Context, p ingest.Principal, company ingest.Number, name string) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightOverwrite); err != nil {
			return err
		}
		d, err := findProject(tx, company, name)
		if err != nil {
			return err
		}
		if err := tx.DeleteLinks(ingest.LinkProject, d.Number, 0); err != nil {
			return err
		}
		if err := tx.DeleteDocument(d.Number); err != nil {
			return err
		}
		return e.libraryChanged(tx, p, company, d.UUID)
	})
}

// ProjectChange says what becomes of the assets of a project.
type ProjectChange int

// Changes of a project's assets.
const (
	AddToProject ProjectChange = iota
	RemoveFromProject
	SetOfProject // they become all of its assets
)

// ChangeProject adds assets to a project, removes them, or makes them all that it
// has.
func (e *Engine) ChangeProject(ctx context.Context, p ingest.Principal, company ingest.Number, name string, change ProjectChange, assets []ingest.Number) (b Batch, err error) {
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		b = Batch{}
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		d, err := findProject(tx, company, name)
		if err != nil {
			return err
		}
		if change == SetOfProject {
			if err := tx.DeleteLinks(ingest.LinkProject, d.Number, 0); err != nil {
				return err
			}
		}
		for i, n := range assets {
			if err := b.note(i, inProject(tx, s, d.Number, n, change)); err != nil {
				return err
			}
		}
		return e.libraryChanged(tx, p, company, d.UUID)
	})
	return b, err
}

// inProject adds one asset to a project or removes it.
func inProject(tx ingest.Tx, s *sight, project, asset ingest.Number, change ProjectChange) error {
	if _, err := s.assetOf(asset, ingest.PermitRead); err != nil {
		return err
	}
	if change == RemoveFromProject {
		return tx.DeleteLinks(ingest.LinkProject, project, asset)
	}
	has, err := tx.HasLink(ingest.LinkProject, project, asset)
	if err != nil || has {
		return err
	}
	return tx.AddLink(ingest.Link{Kind: ingest.LinkProject, From: project, To: asset})
}
