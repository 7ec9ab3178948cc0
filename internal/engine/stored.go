package engine

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// Stored is a thing that a company's clients keep with the server and get back as
// it was; nothing else acts on it. Data is the door's own record of it.
type Stored struct {
	Number ingest.Number
	Key    string // unique among those of the kind and owner; "" = none
	Name   string
	Data   []byte
	By     ingest.Number // user who changed it last
}

// MaxStoredBytes is the largest Data of a stored thing.
const MaxStoredBytes = 8 << 20

// mostStored is how many things of one kind a listing answers.
const mostStored = 10_000

// storedRights says who may read and write the kinds of stored things.
func storedRights(kind ingest.DocumentKind) (read, write right, ok bool) {
	switch kind {
	case ingest.DocImagePreset:
		return rightRead, rightOverwrite, true
	case ingest.DocCompanyMetadata, ingest.DocMetadataSchema:
		return rightRead, rightManage, true
	case ingest.DocVignetteFormat, ingest.DocPortalEvent, ingest.DocPublishSettings, ingest.DocInvalidation:
		return rightManage, rightManage, true
	}
	return 0, 0, false
}

func checkStored(op string, s *Stored) error {
	if len(s.Data) > MaxStoredBytes {
		return &ingest.Error{Kind: ingest.TooLarge, Op: op, Code: ingest.CodeLimit,
			Msg: fmt.Sprintf("the content has %d bytes, at most %d are kept", len(s.Data), MaxStoredBytes)}
	}
	if len(s.Name) > MaxNameBytes {
		return tooLong(op, "name", len(s.Name), MaxNameBytes)
	}
	return checkText(s.Name, "name")
}

func storedKind(op string, kind ingest.DocumentKind) (read, write right, err error) {
	read, write, ok := storedRights(kind)
	if !ok {
		return 0, 0, &ingest.Error{Kind: ingest.Internal, Op: op, Msg: "the kind " + string(kind) + " has rules of its own"}
	}
	return read, write, nil
}

// CreateStored keeps a new thing. Conflict with CodeExists when its key is taken.
func (e *Engine) CreateStored(ctx context.Context, p ingest.Principal, company ingest.Number, kind ingest.DocumentKind, s Stored) (number ingest.Number, err error) {
	const op = "engine.CreateStored"
	_, write, err := storedKind(op, kind)
	if err != nil {
		return 0, err
	}
	if err := checkStored(op, &s); err != nil {
		return 0, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, write); err != nil {
			return err
		}
		if err := freeKey(tx, op, company, kind, 0, s.Key, s.Name, 0); err != nil {
			return err
		}
		d := e.newDocument(p, company, kind, s.Key, s.Name, s.Data)
		if err := tx.CreateDocument(d); err != nil {
			return err
		}
		number = d.Number
		return nil
	})
	return number, err
}

// newDocument fills what every new document has.
func (e *Engine) newDocument(p ingest.Principal, company ingest.Number, kind ingest.DocumentKind, key, name string, data []byte) *ingest.Document {
	now := e.now()
	return &ingest.Document{UUID: e.newUUID(), Company: company, Kind: kind, Key: key, Name: name, Data: data, Created: now, Modified: now, By: p.User}
}

// freeKey refuses a key that another document has.
func freeKey(tx ingest.Tx, op string, company ingest.Number, kind ingest.DocumentKind, owner ingest.Number, key, name string, except ingest.Number) error {
	if key == "" {
		return nil
	}
	taken, err := tx.DocumentByKey(company, kind, owner, key)
	switch {
	case err != nil && ingest.KindOf(err) == ingest.NotFound:
		return nil
	case err != nil:
		return err
	case taken.Number == except:
		return nil
	}
	return &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeExists, Msg: fmt.Sprintf("the name %s is already in use", quote(name))}
}

// documentOf returns a document of a kind that belongs to the company. What
// belongs to another one is unknown.
func documentOf(tx ingest.Tx, company ingest.Number, kind ingest.DocumentKind, number ingest.Number) (*ingest.Document, error) {
	d, err := tx.Document(number)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil || d.Kind != kind || d.Company != company {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "engine.documentOf", Msg: fmt.Sprintf("no %s of this company has the number %d", kind, number)}
	}
	return d, nil
}

// UpdateStored changes a stored thing; change is given what there is and may run
// again.
func (e *Engine) UpdateStored(ctx context.Context, p ingest.Principal, company ingest.Number, kind ingest.DocumentKind, number ingest.Number, change func(*Stored) error) error {
	const op = "engine.UpdateStored"
	_, write, err := storedKind(op, kind)
	if err != nil {
		return err
	}
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, write); err != nil {
			return err
		}
		d, err := documentOf(tx, company, kind, number)
		if err != nil {
			return err
		}
		s := stored(d)
		if err := change(&s); err != nil {
			return err
		}
		if err := checkStored(op, &s); err != nil {
			return err
		}
		if err := freeKey(tx, op, company, kind, d.Owner, s.Key, s.Name, number); err != nil {
			return err
		}
		d.Key, d.Name, d.Data, d.Modified, d.By = s.Key, s.Name, s.Data, e.now(), p.User
		return tx.UpdateDocument(d)
	})
}

// DeleteStored forgets a stored thing.
func (e *Engine) DeleteStored(ctx context.Context, p ingest.Principal, company ingest.Number, kind ingest.DocumentKind, number ingest.Number) error {
	_, write, err := storedKind("engine.DeleteStored", kind)
	if err != nil {
		return err
	}
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, write); err != nil {
			return err
		}
		if _, err := documentOf(tx, company, kind, number); err != nil {
			return err
		}
		return tx.DeleteDocument(number)
	})
}

// StoredOf returns one stored thing.
func (e *Engine) StoredOf(ctx context.Context, p ingest.Principal, company ingest.Number, kind ingest.DocumentKind, number ingest.Number) (s Stored, err error) {
	read, _, err := storedKind("engine.StoredOf", kind)
	if err != nil {
		return s, err
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, read); err != nil {
			return err
		}
		d, err := documentOf(tx, company, kind, number)
		if err == nil {
			s = stored(d)
		}
		return err
	})
	return s, err
}

// StoredList lists the stored things of a kind in the order in which they were
// made, up to a bound.
func (e *Engine) StoredList(ctx context.Context, p ingest.Principal, company ingest.Number, kind ingest.DocumentKind) (list []Stored, err error) {
	read, _, err := storedKind("engine.StoredList", kind)
	if err != nil {
		return nil, err
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, read); err != nil {
			return err
		}
		docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: kind}, ingest.Page{Limit: mostStored})
		list = make([]Stored, len(docs))
		for i, d := range docs {
			list[i] = stored(d)
		}
		return err
	})
	return list, err
}

func stored(d *ingest.Document) Stored {
	return Stored{Number: d.Number, Key: d.Key, Name: d.Name, Data: d.Data, By: d.By}
}
