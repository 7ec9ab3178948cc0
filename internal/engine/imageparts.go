package engine

import (
	"context"
	"fmt"
	"strings"

	"sluice/internal/ingest"
)

// Limits of what is inside an image.
const (
	mostZoomTargets = 5
	mostImageMaps   = 1000
	maxModifier     = 64 << 10
)

// imageBased reports whether assets of a type are rendered from pixels, so that
// they can have image maps.
func imageBased(kind ingest.AssetType) bool {
	switch kind {
	case ingest.TypeImage, "AdjustedView", "LayerView", "Template":
		return true
	}
	return false
}

// wrongType refuses an asset for its type.
func wrongType(a *ingest.Asset, wanted string) error {
	return &ingest.Error{Kind: ingest.Invalid, Op: "engine.wrongType", Msg: fmt.Sprintf("the asset %s is of the type %s, not %s", quote(a.Name), a.Type, wanted)}
}

// NewZoomTarget is a zoom target as a client gives it.
type NewZoomTarget struct {
	Name string
	ingest.ZoomTarget
}

func (z NewZoomTarget) check() error {
	const op = "engine.NewZoomTarget"
	switch {
	case z.X < 0 || z.Y < 0:
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("a zoom target cannot begin at %d,%d: the least position is 0", z.X, z.Y)}
	case z.Width <= 0 || z.Height <= 0:
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("a zoom target cannot be of %d by %d pixels: the least size is 1", z.Width, z.Height)}
	case len(z.Name) > maxValueText || len(z.UserData) > maxValueText:
		return tooLong(op, "text of a zoom target", max(len(z.Name), len(z.UserData)), maxValueText)
	}
	return nil
}

func tooManyTargets(n int) error {
	return &ingest.Error{Kind: ingest.Invalid, Op: "engine.SetZoomTargets", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the image would have %d zoom targets, the limit is %d", n, mostZoomTargets)}
}

func zoomable(a *ingest.Asset) error {
	if imageBased(a.Type) || isSet(a.Type) {
		return nil
	}
	return wrongType(a, "an image or a set")
}

// changeAsset runs a change of one asset that the caller may write, and notes it.
func (e *Engine) changeAsset(ctx context.Context, p ingest.Principal, company, asset ingest.Number, change func(ingest.Tx, *ingest.Asset) error) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		a, err := s.assetOf(asset, ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		if err := change(tx, a); err != nil {
			return err
		}
		return e.changed(tx, p, a)
	})
}

// SetZoomTargets replaces all zoom targets of an image and returns their numbers.
func (e *Engine) SetZoomTargets(ctx context.Context, p ingest.Principal, company, asset ingest.Number, targets []NewZoomTarget) (numbers []ingest.Number, err error) {
	if len(targets) > mostZoomTargets {
		return nil, tooManyTargets(len(targets))
	}
	parts := make([]part, len(targets))
	for i, z := range targets {
		if err := z.check(); err != nil {
			return nil, err
		}
		parts[i] = part{z.Name, z.ZoomTarget}
	}
	err = e.changeAsset(ctx, p, company, asset, func(tx ingest.Tx, a *ingest.Asset) error {
		if err := zoomable(a); err != nil {
			return err
		}
		numbers, err = e.putParts(tx, p, company, asset, ingest.DocZoomTarget, parts)
		return err
	})
	return numbers, err
}

// SaveZoomTarget makes a zoom target behind those of an image, or, with a number,
// changes one of them.
func (e *Engine) SaveZoomTarget(ctx context.Context, p ingest.Principal, company, asset, number ingest.Number, z NewZoomTarget) (saved ingest.Number, err error) {
	if err := z.check(); err != nil {
		return 0, err
	}
	err = e.changeAsset(ctx, p, company, asset, func(tx ingest.Tx, a *ingest.Asset) error {
		if err := zoomable(a); err != nil {
			return err
		}
		if number != 0 {
			saved = number
			return e.editPart(tx, p, company, asset, ingest.DocZoomTarget, number, part{z.Name, z.ZoomTarget}, nil)
		}
		have, err := tx.DocumentsOf(company, []ingest.DocumentKind{ingest.DocZoomTarget}, []ingest.Number{asset})
		if err != nil {
			return err
		}
		if len(have) >= mostZoomTargets {
			return tooManyTargets(len(have) + 1)
		}
		saved, err = e.addPart(tx, p, company, asset, ingest.DocZoomTarget, part{z.Name, z.ZoomTarget}, nextPosition(have))
		return err
	})
	return saved, err
}

func nextPosition(docs []*ingest.Document) int {
	if len(docs) == 0 {
		return 0
	}
	return docs[len(docs)-1].Position + 1
}

// editPart replaces the content of a part of an asset.
func (e *Engine) editPart(tx ingest.Tx, p ingest.Principal, company, asset ingest.Number, kind ingest.DocumentKind, number ingest.Number, content part, position *int) error {
	d, err := partOf(tx, company, kind, number)
	if err != nil {
		return err
	}
	if d.Owner != asset {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.editPart", Msg: fmt.Sprintf("the %s %d belongs to another asset", kind, number)}
	}
	fresh, err := partDocument(d, content, position)
	if err != nil {
		return err
	}
	fresh.Modified, fresh.By = e.now(), p.User
	return tx.UpdateDocument(fresh)
}

// DeletePart removes a zoom target or an image map; the positions of the targets
// behind it close up.
func (e *Engine) DeletePart(ctx context.Context, p ingest.Principal, company ingest.Number, kind ingest.DocumentKind, number ingest.Number) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		d, err := partOf(tx, company, kind, number)
		if err != nil {
			return err
		}
		a, err := s.assetOf(d.Owner, ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		if err := tx.DeleteDocument(d.Number); err != nil {
			return err
		}
		if kind == ingest.DocZoomTarget {
			if err := closeUp(tx, company, kind, d.Owner); err != nil {
				return err
			}
		}
		return e.changed(tx, p, a)
	})
}

func closeUp(tx ingest.Tx, company ingest.Number, kind ingest.DocumentKind, owner ingest.Number) error {
	rest, err := tx.DocumentsOf(company, []ingest.DocumentKind{kind}, []ingest.Number{owner})
	if err != nil {
		return err
	}
	for i, d := range rest {
		if d.Position == i {
			continue
		}
		d.Position = i
		if err := tx.UpdateDocument(d); err != nil {
			return err
		}
	}
	return nil
}

// NewImageMap is an image map as a client gives it.
type NewImageMap struct {
	Name string
	ingest.ImageMap
}

func (m NewImageMap) check() error {
	const op = "engine.NewImageMap"
	if m.Shape != "Rectangle" && m.Shape != "Polygon" {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("the shape %s is not one of Rectangle, Polygon", quote(m.Shape))}
	}
	if strings.Trim(m.Region, "0123456789+-,. \t") != "" {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("the region %s is not a list of numbers", quote(m.Region))}
	}
	if longest := max(len(m.Name), len(m.Region), len(m.Action)); longest > maxValueText {
		return tooLong(op, "text of an image map", longest, maxValueText)
	}
	return nil
}

func mappable(a *ingest.Asset) error {
	if imageBased(a.Type) {
		return nil
	}
	return wrongType(a, "one that has pixels (Image, AdjustedView, LayerView, Template)")
}

// SetImageMaps replaces all image maps of an asset; each lies on top of those
// before it. It returns their numbers.
func (e *Engine) SetImageMaps(ctx context.Context, p ingest.Principal, company, asset ingest.Number, maps []NewImageMap) (numbers []ingest.Number, err error) {
	if len(maps) > mostImageMaps {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: "engine.SetImageMaps", Code: ingest.CodeLimit, Msg: fmt.Sprintf("%d image maps were sent, the limit is %d", len(maps), mostImageMaps)}
	}
	parts := make([]part, len(maps))
	for i, m := range maps {
		if err := m.check(); err != nil {
			return nil, err
		}
		parts[i] = part{m.Name, m.ImageMap}
	}
	err = e.changeAsset(ctx, p, company, asset, func(tx ingest.Tx, a *ingest.Asset) error {
		if err := mappable(a); err != nil {
			return err
		}
		numbers, err = e.putParts(tx, p, company, asset, ingest.DocImageMap, parts)
		return err
	})
	return numbers, err
}

// SaveImageMap makes an image map at a position, or, with a number, changes one.
func (e *Engine) SaveImageMap(ctx context.Context, p ingest.Principal, company, asset, number ingest.Number, m NewImageMap, position int) (saved ingest.Number, err error) {
	if err := m.check(); err != nil {
		return 0, err
	}
	err = e.changeAsset(ctx, p, company, asset, func(tx ingest.Tx, a *ingest.Asset) error {
		if err := mappable(a); err != nil {
			return err
		}
		if number != 0 {
			saved = number
			return e.editPart(tx, p, company, asset, ingest.DocImageMap, number, part{m.Name, m.ImageMap}, &position)
		}
		have, err := tx.DocumentsOf(company, []ingest.DocumentKind{ingest.DocImageMap}, []ingest.Number{asset})
		if err != nil {
			return err
		}
		if len(have) >= mostImageMaps {
			return &ingest.Error{Kind: ingest.Invalid, Op: "engine.SaveImageMap", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the image has %d image maps, the limit is %d", len(have), mostImageMaps)}
		}
		saved, err = e.addPart(tx, p, company, asset, ingest.DocImageMap, part{m.Name, m.ImageMap}, position)
		return err
	})
	return saved, err
}
