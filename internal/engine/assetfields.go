package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"sluice/internal/ingest"
)

// ImageUpdate changes what clients set of an image; nil keeps.
type ImageUpdate struct {
	Asset            ingest.Number
	Resolution       *float64 // pixels per inch
	AnchorX, AnchorY *int     // pixels
	UserData         *string
}

// batch runs one change for each of n items in one transaction; an item that
// fails changes nothing and does not stop the others.
func (e *Engine) batch(ctx context.Context, p ingest.Principal, company ingest.Number, n int, change func(tx ingest.Tx, s *sight, i int) error) (b Batch, err error) {
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		b = Batch{}
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		for i := range n {
			if err := b.note(i, change(tx, s, i)); err != nil {
				return err
			}
		}
		return nil
	})
	return b, err
}

// SetImageFields changes fields of images.
func (e *Engine) SetImageFields(ctx context.Context, p ingest.Principal, company ingest.Number, updates []ImageUpdate) (Batch, error) {
	return e.batch(ctx, p, company, len(updates), func(tx ingest.Tx, s *sight, i int) error {
		u := updates[i]
		a, err := s.assetOf(u.Asset, ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		if a.Type != ingest.TypeImage {
			return wrongType(a, "Image")
		}
		if u.Resolution != nil && !(*u.Resolution > 0) {
			return &ingest.Error{Kind: ingest.Invalid, Op: "engine.SetImageFields", Msg: fmt.Sprintf("the resolution %v is not above 0", *u.Resolution)}
		}
		if u.UserData != nil && len(*u.UserData) > maxValueText {
			return tooLong("engine.SetImageFields", "userData", len(*u.UserData), maxValueText)
		}
		fields, _, err := attached[ingest.ImageFields](tx, company, a.Number, ingest.DocImageFields)
		if err != nil {
			return err
		}
		keep(&fields.Resolution, u.Resolution)
		keep(&fields.AnchorX, u.AnchorX)
		keep(&fields.AnchorY, u.AnchorY)
		if err := e.attach(tx, p, company, a.Number, ingest.DocImageFields, fields); err != nil {
			return err
		}
		if u.UserData != nil {
			if err := putText(tx, a, ingest.FieldUserData, *u.UserData); err != nil {
				return err
			}
		}
		return e.changed(tx, p, a)
	})
}

// keep takes over a value that is given.
func keep[T any](field **T, given *T) {
	if given != nil {
		*field = given
	}
}

// putText gives an asset the one value of a field that every asset has; an empty
// one removes it.
func putText(tx ingest.Tx, a *ingest.Asset, field, text string) error {
	var values []ingest.Value
	if text != "" {
		values = []ingest.Value{{Asset: a.Number, Field: field, Text: text}}
	}
	return tx.PutValues(a.Company, a.Number, field, values)
}

// FileUpdate changes fields of a font or an ICC profile; those that are not in
// Fields are kept.
type FileUpdate struct {
	Asset  ingest.Number
	Fields ingest.FileFields
}

// fileFieldValues are the only values of the fields that have a list of them.
func fileFieldValues(kind ingest.AssetType) map[string][]string {
	spaces := []string{"XYZ", "Lab", "Luv", "YCbCr", "Yxy", "RGB", "GRAY", "HSV", "HLS", "CMYK",
		"2CLR", "3CLR", "4CLR", "5CLR", "6CLR", "7CLR", "8CLR", "9CLR", "ACLR", "BCLR", "CCLR", "DCLR", "ECLR", "FCLR"}
	if kind == "Font" {
		return map[string][]string{"style": {"", "Bold", "Italic", "BoldItalic"}, "type": {"TTF", "OTF", "AFM", "PFM", "PFB", "TTC", "KERN"}}
	}
	return map[string][]string{
		"class":      {"Input", "Display", "Output", "DeviceLink", "ColorSpaceConversion", "Abstract", "NamedColor"},
		"colorSpace": spaces, "pcsType": spaces,
	}
}

// SetFileFields changes fields of fonts or ICC profiles, as kind says.
func (e *Engine) SetFileFields(ctx context.Context, p ingest.Principal, company ingest.Number, kind ingest.AssetType, updates []FileUpdate) (Batch, error) {
	allowed := fileFieldValues(kind)
	return e.batch(ctx, p, company, len(updates), func(tx ingest.Tx, s *sight, i int) error {
		u := updates[i]
		a, err := s.assetOf(u.Asset, ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		if a.Type != kind {
			return wrongType(a, string(kind))
		}
		for name, value := range u.Fields {
			if values, ok := allowed[name]; ok && !slices.Contains(values, value) {
				return &ingest.Error{Kind: ingest.Invalid, Op: "engine.SetFileFields", Msg: fmt.Sprintf("%s: %s is not one of %q", name, quote(value), values)}
			}
			if len(value) > maxValueText {
				return tooLong("engine.SetFileFields", name, len(value), maxValueText)
			}
		}
		fields, ok, err := attached[ingest.FileFields](tx, company, a.Number, ingest.DocFileFields)
		if err != nil {
			return err
		}
		if !ok || fields == nil {
			fields = ingest.FileFields{}
		}
		maps.Copy(fields, u.Fields)
		if err := e.attach(tx, p, company, a.Number, ingest.DocFileFields, fields); err != nil {
			return err
		}
		return e.changed(tx, p, a)
	})
}

// ThumbnailUpdate makes an asset stand for another one; 0 removes that.
type ThumbnailUpdate struct {
	Asset     ingest.Number
	Thumbnail ingest.Number
}

// mayStand reports whether assets of a type can be the thumbnail of another.
func mayStand(kind ingest.AssetType) bool {
	switch kind {
	case ingest.TypeImage, "AdjustedView", "Mask", "Template", "PsdTemplate":
		return true
	}
	return false
}

// SetThumbnails gives assets their thumbnail assets.
func (e *Engine) SetThumbnails(ctx context.Context, p ingest.Principal, company ingest.Number, updates []ThumbnailUpdate) (Batch, error) {
	return e.batch(ctx, p, company, len(updates), func(tx ingest.Tx, s *sight, i int) error {
		a, err := s.assetOf(updates[i].Asset, ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		if err := setThumbnail(tx, s, a.Number, updates[i].Thumbnail); err != nil {
			return err
		}
		return e.changed(tx, p, a)
	})
}

// setThumbnail links an asset to the one that stands for it; 0 = none.
func setThumbnail(tx ingest.Tx, s *sight, asset, thumbnail ingest.Number) error {
	if thumbnail == 0 {
		return tx.DeleteLinks(ingest.LinkThumbnail, asset, 0)
	}
	thumb, err := s.assetOf(thumbnail, ingest.PermitRead)
	if err != nil {
		return err
	}
	if !mayStand(thumb.Type) {
		return wrongType(thumb, "one that can be a thumbnail (Image, AdjustedView, Mask, Template, PsdTemplate)")
	}
	return tx.PutLinks(ingest.LinkThumbnail, asset, []ingest.Link{{To: thumbnail}})
}

// SetModifiers stores commands that an asset is rendered with; nil keeps, empty
// clears.
func (e *Engine) SetModifiers(ctx context.Context, p ingest.Principal, company, asset ingest.Number, before, after *string) error {
	for _, text := range []*string{before, after} {
		if err := checkModifier(text); err != nil {
			return err
		}
	}
	return e.changeAsset(ctx, p, company, asset, func(tx ingest.Tx, a *ingest.Asset) error {
		switch a.Type {
		case ingest.TypeImage, "AdjustedView", "LayerView", "Template", "Watermark", "Vignette", "RenderScene":
		default:
			return wrongType(a, "one that is rendered")
		}
		fields, _, err := attached[ingest.ImageFields](tx, company, asset, ingest.DocImageFields)
		if err != nil {
			return err
		}
		if before != nil {
			fields.Modifier = *before
		}
		if after != nil {
			fields.PostModifier = *after
		}
		return e.attach(tx, p, company, asset, ingest.DocImageFields, fields)
	})
}

// checkModifier refuses rendering commands that are too long or not text.
func checkModifier(text *string) error {
	if text == nil {
		return nil
	}
	if len(*text) > maxModifier {
		return tooLong("engine.checkModifier", "modifier", len(*text), maxModifier)
	}
	return checkText(*text, "modifier")
}
