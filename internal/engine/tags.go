package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sluice/internal/ingest"
)

// Tags returns the dictionaries of tag fields, in the order in which the fields
// are named.
func (e *Engine) Tags(ctx context.Context, p ingest.Principal, company ingest.Number, refs []FieldRef) (fields []Field, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		fields = make([]Field, len(refs))
		for i, ref := range refs {
			f, _, err := findField(tx, company, ref)
			if err != nil {
				return err
			}
			if !f.Type.Tag() {
				return notTags(f)
			}
			fields[i] = f
		}
		return nil
	})
	return fields, err
}

func notTags(f Field) error {
	return &ingest.Error{Kind: ingest.Invalid, Op: "engine.Tags", Msg: fmt.Sprintf("the field %s is of the type %s, which has no tags", quote(f.Name), f.Type)}
}

// changeTags stores what change makes of a dictionary.
func (e *Engine) changeTags(ctx context.Context, p ingest.Principal, company ingest.Number, ref FieldRef, change func(ingest.Tx, *Field) error) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		_, err := e.changeField(tx, p, company, ref, func(m *ingest.MetadataField) error {
			f, _, err := findField(tx, company, ref)
			if err != nil {
				return err
			}
			if !f.Type.Tag() {
				return notTags(f)
			}
			if f.Type == ingest.FieldBooleanTag {
				return &ingest.Error{Kind: ingest.Invalid, Op: "engine.changeTags", Msg: fmt.Sprintf("the tags of the field %s are True and False", quote(f.Name))}
			}
			if err := change(tx, &f); err != nil {
				return err
			}
			m.Tags = f.Tags
			return nil
		})
		return err
	})
}

// addTags appends the tags that a dictionary does not have yet.
func addTags(have, add []string) ([]string, error) {
	const op = "engine.addTags"
	tags, known := slices.Clone(have), map[string]bool{}
	for _, tag := range have {
		known[tag] = true
	}
	for _, tag := range add {
		tag, err := cleanTag(tag)
		if err != nil {
			return nil, err
		}
		if !known[tag] {
			known[tag] = true
			tags = append(tags, tag)
		}
	}
	if len(tags) > mostTags {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the field would have %d tags, the limit is %d", len(tags), mostTags)}
	}
	return tags, nil
}

// cleanTag trims a tag. An empty one is refused.
func cleanTag(tag string) (string, error) {
	tag = strings.TrimSpace(tag)
	switch {
	case tag == "":
		return "", &ingest.Error{Kind: ingest.Invalid, Op: "engine.cleanTag", Msg: "a tag must not be empty"}
	case len(tag) > maxValueText:
		return "", tooLong("engine.cleanTag", "tag", len(tag), maxValueText)
	}
	return tag, checkText(tag, "tag")
}

// AddTags appends tags to a dictionary.
func (e *Engine) AddTags(ctx context.Context, p ingest.Principal, company ingest.Number, ref FieldRef, tags []string) error {
	return e.changeTags(ctx, p, company, ref, func(_ ingest.Tx, f *Field) (err error) {
		f.Tags, err = addTags(f.Tags, tags)
		return err
	})
}

// SetTags replaces a dictionary. Assets keep the values that are still in it.
func (e *Engine) SetTags(ctx context.Context, p ingest.Principal, company ingest.Number, ref FieldRef, tags []string) error {
	return e.changeTags(ctx, p, company, ref, func(tx ingest.Tx, f *Field) error {
		kept, err := addTags(nil, tags)
		if err != nil {
			return err
		}
		return dropTags(tx, company, f, func(tag string) bool { return slices.Contains(kept, tag) }, kept)
	})
}

// DeleteTags removes tags from a dictionary and from all assets. Unknown ones are
// ignored.
func (e *Engine) DeleteTags(ctx context.Context, p ingest.Principal, company ingest.Number, ref FieldRef, tags []string) error {
	return e.changeTags(ctx, p, company, ref, func(tx ingest.Tx, f *Field) error {
		gone := map[string]bool{}
		for _, tag := range tags {
			gone[strings.TrimSpace(tag)] = true
		}
		kept := slices.DeleteFunc(slices.Clone(f.Tags), func(tag string) bool { return gone[tag] })
		return dropTags(tx, company, f, func(tag string) bool { return !gone[tag] }, kept)
	})
}

// dropTags gives a field its new dictionary and takes from assets what is not
// kept of the old one.
func dropTags(tx ingest.Tx, company ingest.Number, f *Field, kept func(string) bool, dictionary []string) error {
	for _, tag := range f.Tags {
		if kept(tag) {
			continue
		}
		if err := tx.DeleteValue(company, f.Key(), tag, false); err != nil {
			return err
		}
	}
	f.Tags = dictionary
	return nil
}

// TagRename gives a tag another text.
type TagRename struct{ Old, New string }

// RenameTags renames tags one after the other; assets keep them. A failure is the
// item's own, in the vendor's words (Scene7 tier 3 contract, section 6.3).
func (e *Engine) RenameTags(ctx context.Context, p ingest.Principal, company ingest.Number, ref FieldRef, renames []TagRename) (b Batch, err error) {
	err = e.changeTags(ctx, p, company, ref, func(tx ingest.Tx, f *Field) error {
		b = Batch{}
		for i, r := range renames {
			err := renameTag(tx, company, f, r)
			if err := b.note(i, err); err != nil {
				return err
			}
		}
		return nil
	})
	return b, err
}

func renameTag(tx ingest.Tx, company ingest.Number, f *Field, r TagRename) error {
	const op = "engine.renameTag"
	old, err := cleanTag(r.Old)
	if err != nil {
		return err
	}
	tag, err := cleanTag(r.New)
	if err != nil {
		return err
	}
	at := slices.Index(f.Tags, old)
	switch {
	case at < 0:
		return &ingest.Error{Kind: ingest.NotFound, Op: op, Msg: fmt.Sprintf("Tag value '%s' not found.", old)}
	case old == tag:
		return nil
	case slices.Contains(f.Tags, tag):
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("New tag value '%s' already exists.", tag)}
	}
	f.Tags = slices.Clone(f.Tags)
	f.Tags[at] = tag
	return tx.RenameValue(company, f.Key(), old, tag)
}
