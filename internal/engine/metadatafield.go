package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// Limits of metadata fields of one company.
const (
	mostFields   = 2000
	mostTags     = 10_000   // in one dictionary
	maxValueText = 64 << 10 // bytes of one value
)

// Field is a metadata field of a company.
type Field struct {
	Number ingest.Number
	ingest.MetadataField
}

// Key is the name under which the field's values are kept.
func (f Field) Key() string { return strconv.FormatInt(int64(f.Number), 10) }

// Fits reports whether assets of a type have the field.
func (f Field) Fits(kind ingest.AssetType) bool {
	return f.AssetType == ingest.TypeOther || strings.EqualFold(string(f.AssetType), string(kind))
}

// FieldRef names a field as clients do. The type is compared without regard to
// case, and ALL means the same as ASSET.
type FieldRef struct {
	AssetType string
	Name      string
}

func (r FieldRef) key() string {
	kind := strings.ToUpper(r.AssetType)
	if kind == "ALL" {
		kind = "ASSET"
	}
	return kind + "|" + r.Name
}

func fieldOf(d *ingest.Document) (Field, error) {
	f := Field{Number: d.Number}
	if err := json.Unmarshal(d.Data, &f.MetadataField); err != nil {
		return f, &ingest.Error{Kind: ingest.Internal, Op: "engine.fieldOf", Err: err}
	}
	return f, nil
}

// findField returns a field of the company; others are unknown.
func findField(tx ingest.Tx, company ingest.Number, ref FieldRef) (Field, *ingest.Document, error) {
	d, err := tx.DocumentByKey(company, ingest.DocMetadataField, 0, ref.key())
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return Field{}, nil, err
	}
	if err != nil {
		return Field{}, nil, &ingest.Error{Kind: ingest.NotFound, Op: "engine.findField",
			Msg: fmt.Sprintf("no metadata field %s of the type %s in this company", quote(ref.Name), quote(ref.AssetType))}
	}
	f, err := fieldOf(d)
	return f, d, err
}

// fieldsOf lists the fields of a company by asset type and name.
func fieldsOf(tx ingest.Tx, company ingest.Number) ([]Field, error) {
	docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocMetadataField}, ingest.Page{Limit: mostFields})
	if err != nil {
		return nil, err
	}
	fields := make([]Field, len(docs))
	for i, d := range docs {
		if fields[i], err = fieldOf(d); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(fields, func(a, b Field) int {
		if a.AssetType != b.AssetType {
			return strings.Compare(string(a.AssetType), string(b.AssetType))
		}
		return strings.Compare(a.Name, b.Name)
	})
	return fields, nil
}

// Fields lists the metadata fields of a company by asset type and name.
func (e *Engine) Fields(ctx context.Context, p ingest.Principal, company ingest.Number) (fields []Field, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		fields, err = fieldsOf(tx, company)
		return err
	})
	return fields, err
}

// checkField refuses a field that cannot be.
func checkField(f *ingest.MetadataField) error {
	const op = "engine.checkField"
	problem := func(format string, args ...any) error {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf(format, args...)}
	}
	if err := checkText(f.Name, "name"); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(f.Name) == "":
		return problem("a metadata field needs a name")
	case strings.Contains(f.Name, "|"):
		return problem("the name %s of a metadata field must not contain '|'", quote(f.Name))
	case len(f.Name) > MaxNameBytes:
		return tooLong(op, "name", len(f.Name), MaxNameBytes)
	case !slices.Contains(ingest.FieldTypes(), f.Type):
		return problem("%s is no type of a metadata field", quote(string(f.Type)))
	case f.Type.Tag() && f.Default != "":
		return problem("a field of the type %s cannot have the default value %s", f.Type, quote(f.Default))
	case len(f.Default) > maxValueText:
		return tooLong(op, "default value", len(f.Default), maxValueText)
	}
	if f.Enforced && f.Default != "" {
		if _, ok := typedValue(f.Type, FieldUpdate{Value: &f.Default}); !ok {
			return problem("the default value %s does not fit the type %s", quote(f.Default), f.Type)
		}
	}
	return nil
}

// uniqueField refuses a name that another field has: of the same type, of every
// asset, or, for a field of every asset, of any type.
func uniqueField(tx ingest.Tx, company ingest.Number, f *ingest.MetadataField, except ingest.Number) error {
	all, err := fieldsOf(tx, company)
	if err != nil {
		return err
	}
	for _, other := range all {
		same := other.AssetType == f.AssetType || other.AssetType == ingest.TypeOther || f.AssetType == ingest.TypeOther
		if other.Number != except && other.Name == f.Name && same {
			return &ingest.Error{Kind: ingest.Conflict, Op: "engine.uniqueField", Code: ingest.CodeExists,
				Msg: fmt.Sprintf("a metadata field %s exists already for the type %s", quote(f.Name), other.AssetType)}
		}
	}
	if except == 0 && len(all) >= mostFields {
		return &ingest.Error{Kind: ingest.Conflict, Op: "engine.uniqueField", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the company has %d metadata fields, the limit is %d", len(all), mostFields)}
	}
	return nil
}

// CreateField makes a metadata field.
func (e *Engine) CreateField(ctx context.Context, p ingest.Principal, company ingest.Number, f ingest.MetadataField) (field Field, err error) {
	kind, ok := ingest.AssetTypeNamed(string(f.AssetType))
	if !ok {
		return field, &ingest.Error{Kind: ingest.Invalid, Op: "engine.CreateField", Msg: fmt.Sprintf("%s is no asset type", quote(string(f.AssetType)))}
	}
	f.AssetType = kind
	if err := checkField(&f); err != nil {
		return field, err
	}
	switch {
	case f.Type == ingest.FieldBooleanTag:
		f.Tags = []string{"True", "False"}
	case f.Type.Tag() && f.InitialTag != "":
		if f.Tags, err = addTags(nil, []string{f.InitialTag}); err != nil {
			return field, err
		}
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightManage); err != nil {
			return err
		}
		if err := uniqueField(tx, company, &f, 0); err != nil {
			return err
		}
		data, err := json.Marshal(f)
		if err != nil {
			return err
		}
		ref := FieldRef{AssetType: string(f.AssetType), Name: f.Name}
		d := e.newDocument(p, company, ingest.DocMetadataField, ref.key(), f.Name, data)
		if err := tx.CreateDocument(d); err != nil {
			return err
		}
		field = Field{Number: d.Number, MetadataField: f}
		return nil
	})
	return field, err
}

// UpdateField changes a metadata field; its values and dictionary stay with it.
// change may run again. The types cannot change.
func (e *Engine) UpdateField(ctx context.Context, p ingest.Principal, company ingest.Number, ref FieldRef, change func(*ingest.MetadataField) error) (field Field, err error) {
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		field, err = e.changeField(tx, p, company, ref, change)
		return err
	})
	return field, err
}

func (e *Engine) changeField(tx ingest.Tx, p ingest.Principal, company ingest.Number, ref FieldRef, change func(*ingest.MetadataField) error) (Field, error) {
	if _, err := e.authorize(tx, p, company, rightManage); err != nil {
		return Field{}, err
	}
	f, d, err := findField(tx, company, ref)
	if err != nil {
		return f, err
	}
	before := f.MetadataField
	if err := change(&f.MetadataField); err != nil {
		return f, err
	}
	if f.AssetType != before.AssetType || f.Type != before.Type {
		return f, &ingest.Error{Kind: ingest.Invalid, Op: "engine.UpdateField", Msg: fmt.Sprintf("the field %s is a %s of the type %s; neither can be changed", quote(before.Name), before.AssetType, before.Type)}
	}
	if err := checkField(&f.MetadataField); err != nil {
		return f, err
	}
	if f.Name != before.Name {
		if err := uniqueField(tx, company, &f.MetadataField, f.Number); err != nil {
			return f, err
		}
	}
	return f, e.putField(tx, p, d, f)
}

// storeField stores a field whose name is as it was.
func (e *Engine) storeField(tx ingest.Tx, p ingest.Principal, company ingest.Number, f Field) error {
	d, err := documentOf(tx, company, ingest.DocMetadataField, f.Number)
	if err != nil {
		return err
	}
	return e.putField(tx, p, d, f)
}

func (e *Engine) putField(tx ingest.Tx, p ingest.Principal, d *ingest.Document, f Field) (err error) {
	if d.Data, err = json.Marshal(f.MetadataField); err != nil {
		return err
	}
	d.Key, d.Name, d.Modified, d.By = FieldRef{string(f.AssetType), f.Name}.key(), f.Name, e.now(), p.User
	if err := tx.UpdateDocument(d); err != nil {
		return err
	}
	return e.libraryChanged(tx, p, d.Company, d.UUID)
}

// DeleteField removes a field with its dictionary and all of its values.
func (e *Engine) DeleteField(ctx context.Context, p ingest.Principal, company ingest.Number, ref FieldRef) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightManage); err != nil {
			return err
		}
		f, _, err := findField(tx, company, ref)
		if err != nil {
			return err
		}
		if err := tx.DeleteValue(company, f.Key(), "", true); err != nil {
			return err
		}
		if err := tx.DeleteDocument(f.Number); err != nil {
			return err
		}
		return e.libraryChanged(tx, p, company, "")
	})
}
