package engine

import (
	"slices"

	"sluice/internal/ingest"
)

// maps gives a made asset the image maps that are made of its originator, in the place
// of those that were made before. Those that people have added or changed stay, on top
// of these, with their numbers; one that has the name of one of theirs is left out.
func (m *maker) maps(a *ingest.Asset, wanted []NewImageMap) error {
	docs, err := m.tx.DocumentsOf(a.Company, []ingest.DocumentKind{ingest.DocImageMap}, []ingest.Number{a.Number})
	if err != nil {
		return err
	}
	var before []NewImageMap
	var made, theirs []*ingest.Document
	for _, d := range docs {
		is := NewImageMap{Name: d.Name}
		if err := readContent(d, &is.ImageMap); err != nil {
			return err
		}
		if is.Made {
			before, made = append(before, is), append(made, d)
		} else {
			theirs = append(theirs, d)
		}
	}
	var fresh []NewImageMap
	for _, one := range wanted {
		named := slices.ContainsFunc(theirs, func(d *ingest.Document) bool { return d.Name == one.Name })
		if one.Made = true; !named && len(fresh)+len(theirs) < mostImageMaps {
			fresh = append(fresh, one)
		}
	}
	if slices.Equal(before, fresh) {
		return nil
	}
	for _, d := range made {
		if err := m.tx.DeleteDocument(d.Number); err != nil {
			return err
		}
	}
	for i, one := range fresh {
		if _, err := m.e.addPart(m.tx, m.owner, a.Company, a.Number, ingest.DocImageMap, part{one.Name, one.ImageMap}, i); err != nil {
			return err
		}
	}
	for i, d := range theirs {
		d.Position = len(fresh) + i
		if err := m.tx.UpdateDocument(d); err != nil {
			return err
		}
	}
	return nil
}
