package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// newAsset returns an asset that is not stored yet.
func (f *fixture) newAsset(c *ingest.Company, d *ingest.Folder, fileName string) *ingest.Asset {
	name, _, _ := strings.Cut(fileName, ".")
	return &ingest.Asset{UUID: f.uuid(), Company: c.Number, Folder: d.Number, Path: d.Path, Name: name, FileName: fileName,
		Type: ingest.TypeImage, State: ingest.AssetReady, Size: 10, Created: noon, CreatedBy: 1, Modified: noon, ModifiedBy: 1}
}

func (f *fixture) asset(c *ingest.Company, d *ingest.Folder, fileName string) *ingest.Asset {
	f.Helper()
	a := f.newAsset(c, d, fileName)
	f.createAsset(a)
	return a
}

func (f *fixture) anotherAsset(like *ingest.Asset, fileName string) *ingest.Asset {
	f.Helper()
	a := *like
	a.UUID, a.FileName, a.Number = f.uuid(), fileName, 0
	f.createAsset(&a)
	return &a
}

func (f *fixture) createAsset(a *ingest.Asset) {
	f.Helper()
	f.update(func(tx ingest.Tx) error { return tx.CreateAsset(a) })
}

func (f *fixture) updateAsset(a *ingest.Asset) {
	f.Helper()
	f.update(func(tx ingest.Tx) error { return tx.UpdateAsset(a) })
}

func (f *fixture) readAsset(number ingest.Number) (a *ingest.Asset) {
	f.Helper()
	f.view(func(tx ingest.Tx) (err error) {
		a, err = tx.Asset(number)
		return err
	})
	return a
}

// listed checks which assets a filter selects.
func (f *fixture) listed(what string, filter ingest.AssetFilter, p ingest.Page, want ...*ingest.Asset) {
	f.Helper()
	if p.Limit == 0 {
		p.Limit = 100
	}
	expect(f, what, want, func(tx ingest.Tx) ([]*ingest.Asset, error) { return tx.Assets(filter, p) })
}

func assets(f *fixture) {
	c := f.company()
	shoes, hats := f.folder(c, "shoes/"), f.folder(c, "hats/")
	a := f.newAsset(c, shoes, "boot.jpg")
	a.Media = ingest.Media{ContentType: "image/jpeg", Width: 640, Height: 480, Frames: 1, Orientation: 6, Alpha: true, Duration: 90*time.Minute + 123*time.Millisecond}
	a.Size, a.SHA256, a.Publish = 1<<40, []byte("0123456789abcdef0123456789abcdef"), ingest.ContextVideo
	a.Crop = &ingest.Rect{X: 1, Y: 2, Width: 3, Height: 4}
	a.Metadata = map[string]string{"dc:title": "Boot \"x\" ✓", "empty": ""}
	a.State = ingest.AssetProcessing
	f.createAsset(a)
	read := func() {
		f.Helper()
		expect(f, "Asset", a, func(tx ingest.Tx) (*ingest.Asset, error) { return tx.Asset(a.Number) })
		expect(f, "AssetByUUID", a, func(tx ingest.Tx) (*ingest.Asset, error) { return tx.AssetByUUID(a.UUID) })
	}
	read()
	a.Folder, a.Path, a.Name, a.FileName, a.Type, a.State = hats.Number, "hats/", "cap", "cap.tif", ingest.TypeOther, ingest.AssetFailed
	a.Media, a.Size, a.SHA256, a.Publish, a.Crop, a.Metadata = ingest.Media{}, 5, nil, 0, nil, nil
	a.Modified, a.ModifiedBy, a.Trashed = noon.Add(time.Hour), 3, noon.Add(2*time.Hour)
	f.updateAsset(a)
	read()
	zero := &ingest.Rect{} // differs from none
	a.Crop, a.Trashed = zero, time.Time{}
	f.updateAsset(a)
	read()

	f.taken("UUID", func(tx ingest.Tx) error {
		b := f.newAsset(c, hats, "x.jpg")
		b.UUID = a.UUID
		return tx.CreateAsset(b)
	})
	f.missing("Asset", func(tx ingest.Tx) error { _, err := tx.Asset(999); return err })
	f.missing("AssetByUUID", func(tx ingest.Tx) error { _, err := tx.AssetByUUID("none"); return err })
	f.missing("UpdateAsset", func(tx ingest.Tx) error {
		b := f.newAsset(c, hats, "x.jpg")
		b.Number = 999
		return tx.UpdateAsset(b)
	})
	f.missing("asset in no folder", func(tx ingest.Tx) error { return tx.CreateAsset(f.newAsset(c, &ingest.Folder{Number: 999}, "x.jpg")) })
}

func assetsNamed(f *fixture) {
	c, other := f.company(), f.company()
	d, e := f.folder(c, "a/"), f.folder(c, "b/")
	one, two, three := f.asset(c, d, "boot.jpg"), f.asset(c, d, "boot.png"), f.asset(c, e, "boot.jpg")
	f.asset(c, d, "Boot.jpg")
	f.asset(c, d, "boots.jpg")
	f.asset(other, f.folder(other, "a/"), "boot.jpg")
	two.Trashed = noon
	f.updateAsset(two)
	three.State = ingest.AssetFailed
	f.updateAsset(three)
	expect(f, "AssetsNamed", []*ingest.Asset{one, two, three}, func(tx ingest.Tx) ([]*ingest.Asset, error) { return tx.AssetsNamed(c.Number, "boot") })
	expect(f, "no asset named", nil, func(tx ingest.Tx) ([]*ingest.Asset, error) { return tx.AssetsNamed(c.Number, "boot*") })
}

func assetFilters(f *fixture) {
	c, other := f.company(), f.company()
	shoes, summer, pro := f.folder(c, "shoes/"), f.folder(c, "shoes/summer/"), f.folder(c, "shoes-pro/")
	a, b, d, e := f.asset(c, shoes, "a.jpg"), f.asset(c, summer, "b.jpg"), f.asset(c, pro, "c.pdf"), f.asset(c, shoes, "d.jpg")
	foreign := f.asset(other, f.folder(other, "shoes/"), "a.jpg")
	d.Type = ingest.TypePDF
	f.updateAsset(d)
	b.State = ingest.AssetFailed
	f.updateAsset(b)
	e.Trashed = noon
	f.updateAsset(e)
	j := f.job(c, "job")
	for i, of := range []*ingest.Asset{a, d, a} {
		v := &ingest.Version{UUID: f.uuid(), Asset: of.Number, Ordinal: i + 1, Job: j.Number, Blob: ingest.BlobRef{Key: ingest.BlobKey(f.uuid())}}
		f.update(func(tx ingest.Tx) error { return tx.CreateVersion(v) })
		of.Version = v.Number
	}
	in := []ingest.Number{c.Number}
	all := ingest.Page{}
	f.listed("everything", ingest.AssetFilter{}, all, a, b, d, foreign)
	f.listed("all trash", ingest.AssetFilter{Trash: true}, all, e)
	f.listed("no company", ingest.AssetFilter{Companies: []ingest.Number{}}, all)
	f.listed("company", ingest.AssetFilter{Companies: in}, all, a, b, d)
	f.listed("trash", ingest.AssetFilter{Companies: in, Trash: true}, all, e)
	f.listed("folder", ingest.AssetFilter{Companies: in, Folder: shoes.Number}, all, a)
	f.listed("folder of another company", ingest.AssetFilter{Companies: []ingest.Number{other.Number}, Folder: shoes.Number}, all)
	f.listed("folder of any company", ingest.AssetFilter{Folder: shoes.Number}, all, a)
	f.listed("subtree", ingest.AssetFilter{Companies: in, Under: "shoes/"}, all, a, b)
	f.listed("subtree and name", ingest.AssetFilter{Companies: in, Under: "shoes/", Name: "b"}, all, b)
	f.listed("subtree and folder", ingest.AssetFilter{Companies: in, Under: "shoes/", Folder: summer.Number}, all, b)
	f.listed("subtree of trash", ingest.AssetFilter{Companies: in, Under: "shoes/", Trash: true}, all, e)
	f.listed("type", ingest.AssetFilter{Companies: in, Type: ingest.TypePDF}, all, d)
	f.listed("type everywhere", ingest.AssetFilter{Type: ingest.TypeImage}, all, a, b, foreign)
	f.listed("failed", ingest.AssetFilter{Companies: in, State: ingest.AssetFailed}, all, b)
	f.listed("failed everywhere", ingest.AssetFilter{State: ingest.AssetFailed}, all, b)
	f.listed("ready", ingest.AssetFilter{Companies: in, State: ingest.AssetReady}, all, a, d)
	f.listed("ready of a type", ingest.AssetFilter{Companies: in, State: ingest.AssetReady, Type: ingest.TypeImage}, all, a)
	f.listed("failed of a type", ingest.AssetFilter{Companies: in, State: ingest.AssetFailed, Type: ingest.TypePDF}, all)
	f.listed("job", ingest.AssetFilter{Companies: in, Job: j.Number}, all, a, d)
	f.listed("job and folder", ingest.AssetFilter{Companies: in, Job: j.Number, Folder: pro.Number}, all, d)
	f.listed("job and name", ingest.AssetFilter{Job: j.Number, Name: "a.jpg"}, all, a)
	f.listed("another company's job", ingest.AssetFilter{Companies: []ingest.Number{other.Number}, Job: j.Number}, all)
	f.listed("all at once", ingest.AssetFilter{Companies: in, Folder: shoes.Number, Under: "shoes/", Name: "a*", Type: ingest.TypeImage,
		State: ingest.AssetReady, Job: j.Number}, all, a)
	f.fails("subtree of all companies", ingest.Invalid, "", func(tx ingest.Tx) error {
		_, err := tx.Assets(ingest.AssetFilter{Under: "shoes/"}, ingest.Page{Limit: 1})
		return err
	})
}

func assetNames(f *fixture) {
	c := f.company()
	d := f.folder(c, "a/")
	names := []string{"boot.jpg", "Boot.jpg", "boots.jpg", "boot_x.jpg", "boot%.jpg", "b*t.jpg", "bö.jpg", "bö\U0010ffff.jpg", "bø.jpg", "b\ud7ff.jpg", "b\ue000.jpg", "z"}
	made := make(map[string]*ingest.Asset)
	for _, n := range names {
		made[n] = f.asset(c, d, n)
	}
	renamed := f.newAsset(c, d, "old.jpg") // a name that its file name does not start with
	renamed.Name = "boot-1"
	f.createAsset(renamed)
	made["old.jpg"] = renamed
	for _, test := range []struct {
		name string
		want []string
	}{
		{"boot", []string{"boot.jpg"}},
		{"boot.jpg", []string{"boot.jpg"}},
		{"Boot", []string{"Boot.jpg"}},
		{"BOOT", nil},
		{"boot%", []string{"boot%.jpg"}},
		{"boot_", nil},
		{"boot*", []string{"boot.jpg", "boots.jpg", "boot_x.jpg", "boot%.jpg", "old.jpg"}},
		{"boot_*", []string{"boot_x.jpg"}},
		{"boot%*", []string{"boot%.jpg"}},
		{"b*t*", []string{"b*t.jpg"}},
		{"b*t", []string{"b*t.jpg"}},
		{"bö*", []string{"bö.jpg", "bö\U0010ffff.jpg"}},
		{"bö\U0010ffff*", []string{"bö\U0010ffff.jpg"}},
		{"b\ud7ff*", []string{"b\ud7ff.jpg"}},
		{"old*", []string{"old.jpg"}},
		{"boot-1", []string{"old.jpg"}},
		{"z*", []string{"z"}},
		{"*", append(slices.Clone(names), "old.jpg")},
		{"x*", nil},
	} {
		var want []*ingest.Asset
		for _, n := range test.want {
			want = append(want, made[n])
		}
		f.listed(fmt.Sprintf("name %q", test.name), ingest.AssetFilter{Companies: []ingest.Number{c.Number}, Name: test.name}, ingest.Page{}, want...)
		f.listed(fmt.Sprintf("name %q in all companies", test.name), ingest.AssetFilter{Name: test.name}, ingest.Page{}, want...)
	}
}

func assetPages(f *fixture) {
	c := f.company()
	d := f.folder(c, "a/")
	var all []*ingest.Asset
	for _, n := range []string{"p5.jpg", "p1.jpg", "p4.jpg", "p2.jpg", "p3.jpg"} {
		all = append(all, f.asset(c, d, n))
	}
	for _, filter := range []ingest.AssetFilter{{}, {Companies: []ingest.Number{c.Number}}, {Folder: d.Number}, {Name: "p*"}, {Type: ingest.TypeImage},
		{Companies: []ingest.Number{c.Number}, Under: "a/"}, {Companies: []ingest.Number{c.Number, 999}}} {
		what := fmt.Sprintf("%+v", filter)
		f.listed(what+" page 1", filter, ingest.Page{Limit: 2}, all[:2]...)
		f.listed(what+" page 2", filter, ingest.Page{After: all[1].Number, Limit: 2}, all[2:4]...)
		f.listed(what+" page 3", filter, ingest.Page{After: all[3].Number, Limit: 2}, all[4])
		f.listed(what+" page 4", filter, ingest.Page{After: all[4].Number, Limit: 2})
	}
	expect(f, "page without a limit", nil, func(tx ingest.Tx) ([]*ingest.Asset, error) { return tx.Assets(ingest.AssetFilter{}, ingest.Page{}) })
}

func assetsOfManyCompanies(f *fixture) {
	var in []ingest.Number
	var want []*ingest.Asset
	for i := range 20 {
		c := f.company()
		a := f.asset(c, f.folder(c, ""), "boot.jpg")
		if i%5 != 4 {
			in, want = append(in, c.Number), append(want, a)
		}
	}
	slices.Reverse(in)
	f.listed("sixteen", ingest.AssetFilter{Companies: in}, ingest.Page{}, want...)
	f.listed("sixteen, paged", ingest.AssetFilter{Companies: in}, ingest.Page{After: want[2].Number, Limit: 5}, want[3:8]...)
	f.listed("sixteen, named", ingest.AssetFilter{Companies: in, Name: "boot"}, ingest.Page{After: want[2].Number, Limit: 5}, want[3:8]...)
	more := append(in, 9999)
	f.listed("seventeen", ingest.AssetFilter{Companies: more}, ingest.Page{After: want[2].Number, Limit: 5}, want[3:8]...)
	f.listed("seventeen, named", ingest.AssetFilter{Companies: more, Name: "boot*"}, ingest.Page{Limit: 3}, want[:3]...)
	f.listed("seventeen, type", ingest.AssetFilter{Companies: more, Type: ingest.TypeImage}, ingest.Page{Limit: 3}, want[:3]...)
}

// usageBelow sums what lies at and below a folder, outside the trash, up to a limit.
func usageBelow(f *fixture) {
	c, other := f.company(), f.company()
	shoes, summer, shoes2 := f.folder(c, "shoes/"), f.folder(c, "shoes/summer/"), f.folder(c, "shoes2/")
	for i, d := range []*ingest.Folder{f.folder(c, ""), shoes, summer, summer, shoes2, summer} {
		a := f.newAsset(c, d, fmt.Sprintf("a%d.jpg", i))
		a.Size = 1 << i
		f.createAsset(a)
		if i == 5 {
			a.Trashed = noon
			f.updateAsset(a)
		}
	}
	f.createAsset(f.newAsset(other, f.folder(other, "shoes/"), "far.jpg"))
	for _, want := range []struct {
		under string
		limit int
		ingest.Usage
	}{
		{"shoes/", 100, ingest.Usage{Files: 3, Bytes: 2 + 4 + 8}}, {"shoes/summer/", 100, ingest.Usage{Files: 2, Bytes: 4 + 8}}, {"none/", 100, ingest.Usage{}},
		{"", 100, ingest.Usage{Files: 5, Bytes: 1 + 2 + 4 + 8 + 16}},
	} {
		expect(f, fmt.Sprint("below ", want.under), want.Usage, func(tx ingest.Tx) (ingest.Usage, error) { return tx.UsageBelow(c.Number, want.under, want.limit) })
	}
	f.view(func(tx ingest.Tx) error {
		u, err := tx.UsageBelow(c.Number, "", 2)
		if u.Files != 2 {
			f.Errorf("up to 2 files: %+v", u)
		}
		return err
	})
}

// usage changes assets at random places and compares the counters with a recount.
func usage(f *fixture) {
	c, other := f.company(), f.company()
	d := f.folder(c, "")
	check := func(step string) {
		f.Helper()
		want := map[[2]ingest.Number]ingest.Usage{}
		f.view(func(tx ingest.Tx) error {
			all, err := tx.Assets(ingest.AssetFilter{}, ingest.Page{Limit: 1000})
			for _, a := range all {
				keys := [][2]ingest.Number{{a.Company, 0}}
				if a.CreatedBy != 0 {
					keys = append(keys, [2]ingest.Number{a.Company, a.CreatedBy})
				}
				for _, k := range keys {
					u := want[k]
					want[k] = ingest.Usage{Files: u.Files + 1, Bytes: u.Bytes + a.Size}
				}
			}
			return err
		})
		for _, k := range [][2]ingest.Number{{c.Number, 0}, {c.Number, 1}, {c.Number, 2}, {c.Number, 3}, {other.Number, 0}, {other.Number, 1}} {
			expect(f, fmt.Sprintf("%s: usage of %v", step, k), want[k], func(tx ingest.Tx) (ingest.Usage, error) { return tx.Usage(k[0], k[1]) })
		}
	}
	check("empty")
	var made []*ingest.Asset
	for i := range 8 {
		a := f.newAsset(c, d, fmt.Sprintf("a%d.jpg", i))
		a.CreatedBy, a.Size = ingest.Number(i%3), int64(100+i)
		if i == 7 {
			a.Trashed = noon
		}
		f.createAsset(a)
		made = append(made, a)
	}
	f.asset(other, f.folder(other, ""), "x.jpg")
	check("created")
	made[0].Trashed = noon
	made[1].Trashed = noon
	made[7].Trashed = time.Time{}
	made[2].Size = 9
	made[3].Size = 1 << 41
	made[4].CreatedBy = 2 // never changes: the counters stay with the creator
	made[5].Trashed, made[5].Size = noon, 5000
	for _, a := range made {
		f.updateAsset(a)
	}
	check("trashed and resized")
	made[1].Size = 77 // in the trash
	made[5].Trashed, made[5].Size = time.Time{}, 6000
	for _, a := range made {
		f.updateAsset(a)
	}
	check("restored")
	f.fails("undone", ingest.Invalid, "", func(tx ingest.Tx) error {
		if err := tx.CreateAsset(f.newAsset(c, d, "z.jpg")); err != nil {
			return err
		}
		return &ingest.Error{Kind: ingest.Invalid}
	})
	check("undone")
	expect(f, "bytes", ingest.Usage{Files: 6, Bytes: 9 + 1<<41 + 104 + 6000 + 106 + 107},
		func(tx ingest.Tx) (ingest.Usage, error) { return tx.Usage(c.Number, 0) })
}
