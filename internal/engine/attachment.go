package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"sluice/internal/ingest"
)

// viewAsset runs a reading of one asset of a company, for a caller who has the right
// there and may read the asset.
func (e *Engine) viewAsset(ctx context.Context, p ingest.Principal, company, asset ingest.Number, need right, read func(ingest.Tx, *sight, *ingest.Asset) error) error {
	return e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, need); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		a, err := s.assetOf(asset, ingest.PermitRead)
		if err != nil {
			return err
		}
		return read(tx, s, a)
	})
}

// attached reads the one document of a kind that an asset has, false when there is
// none.
func attached[T any](tx ingest.Tx, company, owner ingest.Number, kind ingest.DocumentKind) (content T, ok bool, err error) {
	d, err := tx.DocumentByKey(company, kind, owner, ingest.OnlyOne)
	if err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			err = nil
		}
		return content, false, err
	}
	return content, true, readContent(d, &content)
}

func readContent(d *ingest.Document, content any) error {
	if err := json.Unmarshal(d.Data, content); err != nil {
		return &ingest.Error{Kind: ingest.Internal, Op: "engine.attached", Msg: "the content of a " + string(d.Kind), Err: err}
	}
	return nil
}

// attach stores the one document of a kind that an asset has.
func (e *Engine) attach(tx ingest.Tx, p ingest.Principal, company, owner ingest.Number, kind ingest.DocumentKind, content any) error {
	data, err := json.Marshal(content)
	if err != nil {
		return err
	}
	d, err := tx.DocumentByKey(company, kind, owner, ingest.OnlyOne)
	if err == nil {
		d.Data, d.Modified, d.By = data, e.now(), p.User
		return tx.UpdateDocument(d)
	}
	if ingest.KindOf(err) != ingest.NotFound {
		return err
	}
	d = e.newDocument(p, company, kind, ingest.OnlyOne, "", data)
	d.Owner = owner
	return tx.CreateDocument(d)
}

// part is a thing inside an image that clients address like an asset: a zoom
// target or an image map.
type part struct {
	name    string
	content any
}

// putParts replaces all parts of a kind that an asset has and returns the numbers
// of the new ones in their order.
func (e *Engine) putParts(tx ingest.Tx, p ingest.Principal, company, owner ingest.Number, kind ingest.DocumentKind, parts []part) ([]ingest.Number, error) {
	old, err := tx.DocumentsOf(company, []ingest.DocumentKind{kind}, []ingest.Number{owner})
	if err != nil {
		return nil, err
	}
	for _, d := range old {
		if err := tx.DeleteDocument(d.Number); err != nil {
			return nil, err
		}
	}
	numbers := make([]ingest.Number, len(parts))
	for i, part := range parts {
		if numbers[i], err = e.addPart(tx, p, company, owner, kind, part, i); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

func (e *Engine) addPart(tx ingest.Tx, p ingest.Principal, company, owner ingest.Number, kind ingest.DocumentKind, part part, position int) (ingest.Number, error) {
	number, err := tx.ReserveAssetNumber()
	if err != nil {
		return 0, err
	}
	data, err := json.Marshal(part.content)
	if err != nil {
		return 0, err
	}
	d := e.newDocument(p, company, kind, partKey(number), part.name, data)
	d.Owner, d.Position = owner, position
	return number, tx.CreateDocument(d)
}

func partKey(number ingest.Number) string { return strconv.FormatInt(int64(number), 10) }

// partOf finds a part by the number that clients address it by.
func partOf(tx ingest.Tx, company ingest.Number, kind ingest.DocumentKind, number ingest.Number) (*ingest.Document, error) {
	docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: kind, Key: partKey(number)}, ingest.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "engine.partOf", Msg: fmt.Sprintf("no %s of this company has the number %d", kind, number)}
	}
	return docs[0], nil
}

// partDocument returns the document of a part with new content.
func partDocument(d *ingest.Document, content part, position *int) (*ingest.Document, error) {
	data, err := json.Marshal(content.content)
	if err != nil {
		return nil, err
	}
	fresh := *d
	fresh.Name, fresh.Data = content.name, data
	if position != nil {
		fresh.Position = *position
	}
	return &fresh, nil
}
