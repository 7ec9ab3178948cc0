package storetest

import (
	"fmt"

	"sluice/internal/ingest"
)

func documents(f *fixture) {
	newDocument := func(kind ingest.DocumentKind, company, owner ingest.Number, key string, position int) *ingest.Document {
		d := &ingest.Document{
			UUID: f.uuid(), Company: company, Kind: kind, Owner: owner, Other: 9, Key: key, Name: "n " + key, Position: position,
			Data: []byte(`{"a":1}`), Created: noon, Modified: noon.Add(1000), By: 3,
		}
		f.update(func(tx ingest.Tx) error { return tx.CreateDocument(d) })
		return d
	}
	first := newDocument(ingest.DocProject, 1, 0, "spring", 2)
	second := newDocument(ingest.DocProject, 1, 0, "autumn", 1)
	foreign := newDocument(ingest.DocProject, 2, 0, "spring", 0)
	target := newDocument(ingest.DocZoomTarget, 1, 7, "", 0)
	another := newDocument(ingest.DocZoomTarget, 1, 8, "", 0)
	if first.Number == second.Number || first.Number == 0 {
		f.Fatalf("numbers %d and %d", first.Number, second.Number)
	}
	expect(f, "Document", first, func(tx ingest.Tx) (*ingest.Document, error) { return tx.Document(first.Number) })
	expect(f, "DocumentByKey", foreign, func(tx ingest.Tx) (*ingest.Document, error) {
		return tx.DocumentByKey(2, ingest.DocProject, 0, "spring")
	})
	f.fails("a key twice", ingest.Conflict, ingest.CodeExists, func(tx ingest.Tx) error {
		return tx.CreateDocument(&ingest.Document{UUID: f.uuid(), Company: 1, Kind: ingest.DocProject, Key: "spring"})
	})
	expect(f, "Documents", []*ingest.Document{second, first}, func(tx ingest.Tx) ([]*ingest.Document, error) {
		return tx.Documents(ingest.DocumentFilter{Company: 1, Kind: ingest.DocProject, Other: 9}, ingest.Page{Limit: 10})
	})
	expect(f, "second page", []*ingest.Document{first}, func(tx ingest.Tx) ([]*ingest.Document, error) {
		return tx.Documents(ingest.DocumentFilter{Company: 1, Kind: ingest.DocProject}, ingest.Page{After: 1, Limit: 10})
	})
	expect(f, "of no owner", nil, func(tx ingest.Tx) ([]*ingest.Document, error) {
		return tx.Documents(ingest.DocumentFilter{Company: 1, Kind: ingest.DocZoomTarget, Owners: []ingest.Number{}}, ingest.Page{Limit: 10})
	})
	expect(f, "by name", []*ingest.Document{first}, func(tx ingest.Tx) ([]*ingest.Document, error) {
		return tx.Documents(ingest.DocumentFilter{Company: 1, Kind: ingest.DocProject, Owners: []ingest.Number{0}, Name: first.Name}, ingest.Page{Limit: 10})
	})
	expect(f, "DocumentsOf", []*ingest.Document{second, first, target, another}, func(tx ingest.Tx) ([]*ingest.Document, error) {
		return tx.DocumentsOf(1, []ingest.DocumentKind{ingest.DocProject, ingest.DocZoomTarget}, []ingest.Number{0, 7, 8})
	})

	first.Owner, first.Other, first.Key, first.Name, first.Position, first.Data = 4, 5, "winter", "W", 6, nil
	first.Modified, first.By = noon.Add(5000), 8
	f.update(func(tx ingest.Tx) error { return tx.UpdateDocument(first) })
	expect(f, "changed", first, func(tx ingest.Tx) (*ingest.Document, error) { return tx.Document(first.Number) })
	f.update(func(tx ingest.Tx) error { return tx.DeleteDocument(first.Number) })
	f.fails("deleted", ingest.NotFound, "", func(tx ingest.Tx) error { _, err := tx.Document(first.Number); return err })
	f.fails("no key", ingest.NotFound, "", func(tx ingest.Tx) error {
		_, err := tx.DocumentByKey(1, ingest.DocZoomTarget, 7, "")
		return err
	})
}

func reservedNumbers(f *fixture) {
	c := f.company()
	before := f.asset(c, f.folder(c, "shoes/"), "boot.jpg")
	var reserved ingest.Number
	f.update(func(tx ingest.Tx) (err error) { reserved, err = tx.ReserveAssetNumber(); return err })
	after := f.anotherAsset(before, "sandal.jpg")
	if reserved <= before.Number || after.Number <= reserved {
		f.Errorf("numbers %d, reserved %d, %d", before.Number, reserved, after.Number)
	}
}

func reservedFirst(f *fixture) {
	var reserved ingest.Number
	f.update(func(tx ingest.Tx) (err error) { reserved, err = tx.ReserveAssetNumber(); return err })
	c := f.company()
	if a := f.asset(c, f.folder(c, ""), "boot.jpg"); a.Number <= reserved || reserved < 1 {
		f.Errorf("reserved %d, then an asset %d", reserved, a.Number)
	}
}

func links(f *fixture) {
	const kind = ingest.LinkMember
	list := []ingest.Link{{Kind: kind, From: 5, To: 11, Data: "reset"}, {Kind: kind, From: 5, To: 12, Position: 1}, {Kind: kind, From: 5, To: 11, Position: 2}}
	f.update(func(tx ingest.Tx) error { return tx.PutLinks(kind, 5, list) })
	added := ingest.Link{Kind: kind, From: 5, To: 13, Position: 3}
	f.update(func(tx ingest.Tx) error { return tx.AddLink(added) })
	other := ingest.Link{Kind: kind, From: 4, To: 11}
	f.update(func(tx ingest.Tx) error { return tx.AddLink(other) })
	f.update(func(tx ingest.Tx) error { return tx.AddLink(ingest.Link{Kind: ingest.LinkProject, From: 5, To: 11}) })
	all := append(list, added)
	page := func(after ingest.Number, limit int) func(ingest.Tx) ([]ingest.Link, error) {
		return func(tx ingest.Tx) ([]ingest.Link, error) {
			return tx.Links(kind, 5, ingest.Page{After: after, Limit: limit})
		}
	}
	expect(f, "Links", all, page(0, 10))
	expect(f, "a page", all[1:3], page(1, 2))
	expect(f, "LinksFrom", append([]ingest.Link{other}, all...), func(tx ingest.Tx) ([]ingest.Link, error) {
		return tx.LinksFrom(kind, []ingest.Number{5, 4, 3})
	})
	expect(f, "LinksTo", []ingest.Link{other, all[0], all[2]}, func(tx ingest.Tx) ([]ingest.Link, error) {
		return tx.LinksTo(kind, []ingest.Number{11})
	})
	expect(f, "HasLink", true, func(tx ingest.Tx) (bool, error) { return tx.HasLink(kind, 5, 12) })
	expect(f, "HasLink of another kind", false, func(tx ingest.Tx) (bool, error) { return tx.HasLink(ingest.LinkProject, 5, 12) })
	f.update(func(tx ingest.Tx) error { return tx.DeleteLinks(kind, 5, 11) })
	expect(f, "after deleting", []ingest.Link{all[1], all[3]}, page(0, 10))
	f.update(func(tx ingest.Tx) error { return tx.DeleteLinks(kind, 0, 11) })
	expect(f, "to a thing", nil, func(tx ingest.Tx) ([]ingest.Link, error) { return tx.LinksTo(kind, []ingest.Number{11}) })
	f.update(func(tx ingest.Tx) error { return tx.PutLinks(kind, 5, nil) })
	expect(f, "replaced by none", nil, page(0, 10))
	f.fails("links of nothing", ingest.Invalid, "", func(tx ingest.Tx) error { return tx.DeleteLinks(kind, 0, 0) })
}

func values(f *fixture) {
	num := func(n float64) *float64 { return &n }
	red := []ingest.Value{{Asset: 3, Field: "12", Text: "Rot"}, {Asset: 3, Field: "12", Position: 1, Text: "Grün"}}
	size := []ingest.Value{{Asset: 3, Field: "13", Text: "4.5", Num: num(4.5)}}
	other := []ingest.Value{{Asset: 4, Field: "12", Text: "Rot"}}
	foreign := []ingest.Value{{Asset: 5, Field: "12", Text: "Rot"}}
	f.update(func(tx ingest.Tx) error {
		for _, put := range []struct {
			company, asset ingest.Number
			values         []ingest.Value
		}{{1, 3, red}, {1, 3, size}, {1, 4, other}, {2, 5, foreign}} {
			if err := tx.PutValues(put.company, put.asset, put.values[0].Field, put.values); err != nil {
				return err
			}
		}
		return nil
	})
	of := func(fields []string, assets ...ingest.Number) func(ingest.Tx) ([]ingest.Value, error) {
		return func(tx ingest.Tx) ([]ingest.Value, error) { return tx.ValuesOf(assets, fields) }
	}
	expect(f, "all values", append(append([]ingest.Value{}, red...), append(size, other...)...), of(nil, 3, 4))
	expect(f, "values of a field", size, of([]string{"13"}, 3, 4))
	f.update(func(tx ingest.Tx) error { return tx.RenameValue(1, "12", "Rot", "Red") })
	red[0].Text, other[0].Text = "Red", "Red"
	expect(f, "renamed", append(append([]ingest.Value{}, red...), append(other, foreign...)...), of([]string{"12"}, 3, 4, 5))
	f.update(func(tx ingest.Tx) error { return tx.DeleteValue(1, "12", "Red", false) })
	expect(f, "one value deleted", []ingest.Value{red[1]}, of([]string{"12"}, 3, 4))
	f.update(func(tx ingest.Tx) error { return tx.DeleteValue(1, "12", "", true) })
	expect(f, "a field deleted", size, of(nil, 3, 4))
	expect(f, "the other company's", foreign, of(nil, 5))
	f.update(func(tx ingest.Tx) error { return tx.PutValues(1, 3, "13", nil) })
	expect(f, "replaced by none", nil, of(nil, 3))
	var many []ingest.Value
	fields := []string{"gone"}
	for i := range 90 {
		fields = append(fields, fmt.Sprintf("k.%02d", i))
		many = append(many, ingest.Value{Asset: 3, Field: fields[i+1], Text: "Eins", Num: num(float64(i))}, ingest.Value{Asset: 3, Field: fields[i+1], Position: 1, Text: "Zwei"})
	}
	f.update(func(tx ingest.Tx) error { return tx.PutValues(1, 3, "gone", red) })
	f.update(func(tx ingest.Tx) error {
		return tx.PutValues(1, 3, "stays", []ingest.Value{{Asset: 3, Field: "stays", Text: "x"}})
	})
	f.update(func(tx ingest.Tx) error { return tx.ReplaceValues(1, 3, fields, many) })
	expect(f, "several fields replaced", append(many[:180:180], ingest.Value{Asset: 3, Field: "stays", Text: "x"}), of(nil, 3))
	f.update(func(tx ingest.Tx) error { return tx.ReplaceValues(1, 3, fields[:90], nil) })
	expect(f, "several fields replaced by none", append(many[178:180:180], ingest.Value{Asset: 3, Field: "stays", Text: "x"}), of(nil, 3))
	f.update(func(tx ingest.Tx) error { return tx.ReplaceValues(1, 3, nil, nil) })
}

func movedFolders(f *fixture) {
	c := f.company()
	shoes, summer, hats := f.folder(c, "schuhe/"), f.folder(c, "schuhe/größe/"), f.folder(c, "schuhe2/")
	later := noon.Add(7000)
	f.update(func(tx ingest.Tx) error { return tx.MoveFolders(c.Number, "schuhe/", "alt/füße/", later) })
	shoes.Path, shoes.Modified = "alt/füße/", later
	summer.Path, summer.Modified = "alt/füße/größe/", later
	for _, want := range []*ingest.Folder{shoes, summer, hats} {
		expect(f, want.Path, want, func(tx ingest.Tx) (*ingest.Folder, error) { return tx.Folder(c.Number, want.Path) })
	}
	summer.Deleted, summer.Parent = true, hats.Number
	f.update(func(tx ingest.Tx) error { return tx.UpdateFolder(summer) })
	f.fails("a deleted folder", ingest.NotFound, "", func(tx ingest.Tx) error { _, err := tx.Folder(c.Number, summer.Path); return err })
	expect(f, "by UUID", summer, func(tx ingest.Tx) (*ingest.Folder, error) { return tx.FolderByUUID(summer.UUID) })
	expect(f, "by number", summer, func(tx ingest.Tx) (*ingest.Folder, error) { return tx.FolderByNumber(summer.Number) })
	expect(f, "DeletedFolder", summer, func(tx ingest.Tx) (*ingest.Folder, error) { return tx.DeletedFolder(c.Number, summer.Path) })
	fresh := f.folder(c, "alt/füße/größe/")
	expect(f, "listed", []*ingest.Folder{shoes, fresh}, func(tx ingest.Tx) ([]*ingest.Folder, error) {
		return tx.Folders(c.Number, "alt/füße/", ingest.Page{Limit: 10})
	})
}
