package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// FieldUpdate changes the values of one field of an asset. Of the plain values
// the first that is set counts; tags are set, deleted and added in this order
// after it.
type FieldUpdate struct {
	Field  FieldRef
	Value  *string
	Bool   *bool
	Long   *int64
	Double *float64
	Date   *time.Time

	SetTags    []string // nil = not given
	DeleteTags []string
	AddTags    []string
}

// SetMetadata changes metadata of one asset: all of the updates or none.
func (e *Engine) SetMetadata(ctx context.Context, p ingest.Principal, company, asset ingest.Number, updates []FieldUpdate) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		for _, u := range updates {
			if err := e.setField(tx, p, s, asset, u); err != nil {
				return err
			}
		}
		return nil
	})
}

// editor judges the callers of verbs that change assets.
func (e *Engine) editor(tx ingest.Tx, p ingest.Principal, company ingest.Number) (*sight, error) {
	if _, err := e.authorize(tx, p, company, rightOverwrite); err != nil {
		return nil, err
	}
	if _, err := e.folderAt(tx, company, ""); err != nil { // a new company has no folder yet
		return nil, err
	}
	return sightOf(tx, p, company)
}

// AssetUpdate changes fields of one asset.
type AssetUpdate struct {
	Asset   ingest.Number
	Updates []FieldUpdate
}

// BatchSetMetadata changes metadata of assets, one field of one asset at a time.
// The items of the batch are the pairs of asset and field in their order.
func (e *Engine) BatchSetMetadata(ctx context.Context, p ingest.Principal, company ingest.Number, assets []AssetUpdate) (b Batch, err error) {
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		b = Batch{}
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		item := 0
		for _, a := range assets {
			for _, u := range a.Updates {
				if err := b.note(item, e.setField(tx, p, s, a.Asset, u)); err != nil {
					return err
				}
				item++
			}
		}
		return nil
	})
	return b, err
}

// setField changes one field of one asset, or nothing.
func (e *Engine) setField(tx ingest.Tx, p ingest.Principal, s *sight, asset ingest.Number, u FieldUpdate) error {
	a, err := s.assetOf(asset, ingest.PermitRead, ingest.PermitWrite)
	if err != nil {
		return err
	}
	f, _, err := fieldFor(tx, a, u.Field)
	if err != nil {
		return err
	}
	if err := e.putFieldValues(tx, p, a, f, u); err != nil {
		return err
	}
	return e.changed(tx, p, a)
}

// putFieldValues stores what an asset has of a field after an update.
func (e *Engine) putFieldValues(tx ingest.Tx, p ingest.Principal, a *ingest.Asset, f Field, u FieldUpdate) error {
	values, err := e.newValues(tx, p, a, f, u)
	if err != nil {
		return err
	}
	return tx.PutValues(a.Company, a.Number, f.Key(), values)
}

// fieldFor finds a field that assets like this one have.
func fieldFor(tx ingest.Tx, a *ingest.Asset, ref FieldRef) (Field, *ingest.Document, error) {
	f, d, err := findField(tx, a.Company, ref)
	if err == nil && !f.Fits(a.Type) {
		err = &ingest.Error{Kind: ingest.Invalid, Op: "engine.fieldFor", Msg: fmt.Sprintf("the field %s is for the type %s, the asset %s is of the type %s", quote(f.Name), f.AssetType, quote(a.Name), a.Type)}
	}
	return f, d, err
}

// changed notes that an asset was changed.
func (e *Engine) changed(tx ingest.Tx, p ingest.Principal, a *ingest.Asset) error {
	a.Modified, a.ModifiedBy = e.now(), p.User
	if err := tx.UpdateAsset(a); err != nil {
		return err
	}
	return tx.Emit(ingest.Event{Company: a.Company, Time: a.Modified, Kind: ingest.EventAssetChanged, Subject: a.UUID, User: p.User})
}

// newValues works out the values that an asset has after an update.
func (e *Engine) newValues(tx ingest.Tx, p ingest.Principal, a *ingest.Asset, f Field, u FieldUpdate) ([]ingest.Value, error) {
	if f.Type.Tag() {
		tags, err := e.newTags(tx, p, a, f, u)
		values := make([]ingest.Value, len(tags))
		for i, tag := range tags {
			values[i] = ingest.Value{Asset: a.Number, Field: f.Key(), Text: tag}
		}
		return values, err
	}
	if u.SetTags != nil || u.AddTags != nil || u.DeleteTags != nil {
		return nil, notTags(f)
	}
	v, ok := typedValue(f.Type, u)
	if !ok && f.Enforced {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: "engine.newValues", Msg: fmt.Sprintf("%s does not fit the type %s of the field %s", quote(v.Text), f.Type, quote(f.Name))}
	}
	if len(v.Text) > maxValueText {
		return nil, tooLong("engine.newValues", "value of the field "+quote(f.Name), len(v.Text), maxValueText)
	}
	if v.Text == "" {
		return nil, nil
	}
	return []ingest.Value{v}, nil
}

// plainText is the plain value of an update as text, false when there is none.
func (u FieldUpdate) plainText() (string, bool) {
	switch {
	case u.Value != nil:
		return *u.Value, true
	case u.Bool != nil:
		return strconv.FormatBool(*u.Bool), true
	case u.Long != nil:
		return strconv.FormatInt(*u.Long, 10), true
	case u.Double != nil:
		return strconv.FormatFloat(*u.Double, 'f', -1, 64), true
	case u.Date != nil:
		return u.Date.Format(time.RFC3339Nano), true
	}
	return "", false
}

// typedValue is the plain value of an update for a field of a type; false when it
// does not fit the type, then it is a text only.
func typedValue(kind ingest.FieldType, u FieldUpdate) (ingest.Value, bool) {
	text, _ := u.plainText()
	v := ingest.Value{Text: text}
	number := func(n float64) (ingest.Value, bool) { v.Num = &n; return v, true }
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return v, true
	}
	switch kind {
	case ingest.FieldBoolean:
		switch strings.ToLower(trimmed) {
		case "true", "1":
			v.Text = "true"
			return number(1)
		case "false", "0":
			v.Text = "false"
			return number(0)
		}
		return v, false
	case ingest.FieldInt:
		n, err := strconv.ParseInt(trimmed, 10, 64)
		if err != nil {
			return v, false
		}
		v.Text = trimmed
		return number(float64(n))
	case ingest.FieldFloat, ingest.FieldDimension:
		n, err := strconv.ParseFloat(trimmed, 64)
		if err != nil || n != n || n > 1e308 || n < -1e308 {
			return v, kind == ingest.FieldDimension
		}
		v.Text = trimmed
		return number(n)
	case ingest.FieldDate:
		at, ok := parseDate(trimmed)
		if !ok {
			return v, false
		}
		v.Text = trimmed
		return number(float64(at.UnixMicro()))
	}
	return v, true
}

// parseDate reads a date or a time; without offset it is UTC.
func parseDate(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02", "2006-01-02Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1 && at.Year() <= 9999 {
			return at, true
		}
	}
	return time.Time{}, false
}

// newTags works out the tags that an asset has after an update. An open field
// learns tags that it does not know.
func (e *Engine) newTags(tx ingest.Tx, p ingest.Principal, a *ingest.Asset, f Field, u FieldUpdate) ([]string, error) {
	have, err := tx.ValuesOf([]ingest.Number{a.Number}, []string{f.Key()})
	if err != nil {
		return nil, err
	}
	var tags []string
	for _, v := range have {
		tags = append(tags, v.Text)
	}
	if text, ok := u.plainText(); ok {
		tags = nil
		if text != "" {
			tags = []string{text}
		}
	}
	if u.SetTags != nil {
		tags = u.SetTags
	}
	for _, gone := range u.DeleteTags {
		tags = slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return tag == strings.TrimSpace(gone) })
	}
	tags = append(slices.Clone(tags), u.AddTags...)
	if f.Type == ingest.FieldBooleanTag {
		tags = booleanTags(tags)
	}
	if tags, err = addTags(nil, tags); err != nil {
		return nil, err
	}
	if !f.Type.Multiple() && len(tags) > 1 {
		tags = tags[len(tags)-1:]
	}
	return tags, e.learnTags(tx, p, a.Company, f, tags)
}

// booleanTags gives tags of a field whose dictionary is True and False their
// spelling.
func booleanTags(tags []string) []string {
	spelled := slices.Clone(tags)
	for i, tag := range spelled {
		switch strings.ToLower(strings.TrimSpace(tag)) {
		case "true", "1":
			spelled[i] = "True"
		case "false", "0":
			spelled[i] = "False"
		}
	}
	return spelled
}

// learnTags adds unknown tags to an open field's dictionary and refuses them for
// a fixed one.
func (e *Engine) learnTags(tx ingest.Tx, p ingest.Principal, company ingest.Number, f Field, tags []string) error {
	for _, tag := range tags {
		if !slices.Contains(f.Tags, tag) && f.Type.Fixed() {
			return &ingest.Error{Kind: ingest.Invalid, Op: "engine.learnTags", Msg: fmt.Sprintf("%s is not in the dictionary of the field %s", quote(tag), quote(f.Name))}
		}
	}
	dictionary, err := addTags(f.Tags, tags)
	if err != nil || len(dictionary) == len(f.Tags) {
		return err
	}
	f.Tags = dictionary
	return e.storeField(tx, p, company, f)
}

// DeleteMetadata removes the values of fields from one asset: all or nothing.
func (e *Engine) DeleteMetadata(ctx context.Context, p ingest.Principal, company, asset ingest.Number, refs []FieldRef) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		a, err := s.assetOf(asset, ingest.PermitRead, ingest.PermitDelete)
		if err != nil {
			return err
		}
		for _, ref := range refs {
			f, _, err := fieldFor(tx, a, ref)
			if err != nil {
				return err
			}
			if err := tx.PutValues(company, asset, f.Key(), nil); err != nil {
				return err
			}
		}
		return e.changed(tx, p, a)
	})
}
