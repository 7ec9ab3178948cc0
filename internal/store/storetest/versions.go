package storetest

import (
	"fmt"

	"sluice/internal/ingest"
)

// version stores the next version of an asset; a bears it as the current one.
func (f *fixture) version(a *ingest.Asset, ordinal int, blob ingest.BlobKey) *ingest.Version {
	f.Helper()
	v := &ingest.Version{UUID: f.uuid(), Asset: a.Number, Ordinal: ordinal, FileName: a.FileName, ContentType: "image/jpeg", Update: ordinal > 1, Notes: []string{"waits", "für später"},
		Blob: ingest.BlobRef{Key: blob, Size: 10, CRC32C: 0xfffffffe}, Created: noon, CreatedBy: 2}
	f.update(func(tx ingest.Tx) error { return tx.CreateVersion(v) })
	a.Version = v.Number
	return v
}

func versions(f *fixture) {
	c := f.company()
	a := f.asset(c, f.folder(c, ""), "a.jpg")
	v1, v2 := f.version(a, 1, "blob-1"), f.version(a, 2, "blob-2")
	f.version(f.asset(c, f.folder(c, "x/"), "b.jpg"), 1, "blob-3")
	expect(f, "Version", v1, func(tx ingest.Tx) (*ingest.Version, error) { return tx.Version(v1.Number) })
	expect(f, "Versions", []*ingest.Version{v1, v2}, func(tx ingest.Tx) ([]*ingest.Version, error) { return tx.Versions(a.Number) })
	f.missing("Version", func(tx ingest.Tx) error { _, err := tx.Version(999); return err })
	f.taken("ordinal", func(tx ingest.Tx) error {
		return tx.CreateVersion(&ingest.Version{UUID: f.uuid(), Asset: a.Number, Ordinal: 2})
	})
	f.missing("version of no asset", func(tx ingest.Tx) error {
		return tx.CreateVersion(&ingest.Version{UUID: f.uuid(), Asset: 999, Ordinal: 1})
	})
	f.missing("SetVersionDigest", func(tx ingest.Tx) error { return tx.SetVersionDigest(999, []byte{1}) })
}

// currentVersion checks which version an asset has through all ways to set it.
func currentVersion(f *fixture) {
	c := f.company()
	a := f.asset(c, f.folder(c, ""), "a.jpg")
	check := func(what string) {
		f.Helper()
		expect(f, what, a, func(tx ingest.Tx) (*ingest.Asset, error) { return tx.Asset(a.Number) })
	}
	digest := func(v *ingest.Version, b byte) {
		f.Helper()
		v.Blob.SHA256 = []byte{b, 31: b}
		f.update(func(tx ingest.Tx) error { return tx.SetVersionDigest(v.Number, v.Blob.SHA256) })
		expect(f, "digest of the version", v, func(tx ingest.Tx) (*ingest.Version, error) { return tx.Version(v.Number) })
	}
	check("asset without a version")
	v1 := f.version(a, 1, "b1")
	check("asset after its first version")
	digest(v1, 1)
	a.SHA256 = v1.Blob.SHA256
	check("digest of the first version")
	f.updateAsset(a) // now with the version written out
	v2 := f.version(a, 2, "b2")
	check("asset after its second version")
	digest(v1, 3)
	check("digest of an old version")
	digest(v2, 2)
	a.SHA256 = v2.Blob.SHA256
	check("digest of the second version")
	a.Version = v1.Number
	f.updateAsset(a)
	check("asset put back to its first version")
}

func derived(f *fixture) {
	c := f.company()
	a := f.asset(c, f.folder(c, ""), "a.jpg")
	v1 := f.version(a, 1, "original")
	d := &ingest.Derived{UUID: f.uuid(), Asset: a.Number, Version: v1.Number, Key: "thumb", Kind: ingest.DerivedThumbnail, Name: "t.jpg",
		Media: ingest.Media{ContentType: "image/jpeg", Width: 1, Height: 2, Frames: 3, Orientation: 4, Alpha: true}, Page: 5, Layer: 6,
		Blob: ingest.BlobRef{Key: "t-1", Size: 7, CRC32C: 0xffffffff, SHA256: []byte{8}}, Created: noon}
	member := &ingest.Derived{UUID: f.uuid(), Asset: a.Number, Version: v1.Number, Key: "member", Kind: ingest.DerivedMember, Target: a.Number, Created: noon}
	put := func(d *ingest.Derived, freed ingest.BlobKey) {
		f.Helper()
		f.update(func(tx ingest.Tx) error {
			got, err := tx.PutDerived(d)
			if got != freed {
				f.Errorf("PutDerived(%q) freed %q, want %q", d.Key, got, freed)
			}
			return err
		})
		expect(f, "Derived", d, func(tx ingest.Tx) (*ingest.Derived, error) { return tx.Derived(d.UUID) })
	}
	list := func(want ...*ingest.Derived) {
		f.Helper()
		expect(f, "DerivedOf", want, func(tx ingest.Tx) ([]*ingest.Derived, error) { return tx.DerivedOf(a.Number) })
	}
	list()
	put(d, "")
	put(member, "")
	list(d, member)
	uuid, number := d.UUID, d.Number
	d.UUID, d.Number, d.Blob.Key, d.Media.Width = f.uuid(), 0, "t-2", 9
	put(d, "t-1")
	if d.UUID != uuid || d.Number != number {
		f.Errorf("replaced row is %v %v, want it to stay %v %v", d.Number, d.UUID, number, uuid)
	}
	put(d, "") // the same again
	put(member, "")
	list(d, member)

	v2 := f.version(a, 2, "second")
	list()
	e := &ingest.Derived{UUID: f.uuid(), Asset: a.Number, Version: v2.Number, Key: "thumb", Kind: ingest.DerivedThumbnail, Blob: ingest.BlobRef{Key: "t-3"}, Created: noon}
	put(e, "")
	list(e)
	f.missing("Derived", func(tx ingest.Tx) error { _, err := tx.Derived("none"); return err })
}

func blobsInUse(f *fixture) {
	c := f.company()
	a := f.asset(c, f.folder(c, ""), "a.jpg")
	v := f.version(a, 1, "in-version")
	f.update(func(tx ingest.Tx) error {
		_, err := tx.PutDerived(&ingest.Derived{UUID: f.uuid(), Asset: a.Number, Version: v.Number, Key: "k", Blob: ingest.BlobRef{Key: "in-derived"}})
		return err
	})
	check := func(what string, keys []ingest.BlobKey, want map[ingest.BlobKey]bool) {
		f.Helper()
		expect(f, what, want, func(tx ingest.Tx) (map[ingest.BlobKey]bool, error) { return tx.BlobsInUse(keys) })
	}
	both := map[ingest.BlobKey]bool{"in-version": true, "in-derived": true}
	check("few keys", []ingest.BlobKey{"in-version", "x", "in-derived", "IN-VERSION"}, both)
	check("no keys", nil, map[ingest.BlobKey]bool{})
	many := make([]ingest.BlobKey, 0, 1002)
	for i := range 1000 {
		many = append(many, ingest.BlobKey(fmt.Sprint("none-", i)))
	}
	check("many keys", append(many, "in-derived", "in-version"), both)
}
