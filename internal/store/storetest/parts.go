package storetest

import (
	"time"

	"sluice/internal/ingest"
)

// parts are in no list and hold no name, count to the usage, and are found by what
// refers to them, by their digest and as orphans.
func parts(f *fixture) {
	c, other := f.company(), f.company()
	root, far := f.folder(c, ""), f.folder(other, "")
	listed := f.asset(c, root, "page.html")
	part := f.newAsset(c, root, "style.css")
	part.Part = true
	f.createAsset(part)
	check := func(what string) {
		f.Helper()
		expect(f, what, part, func(tx ingest.Tx) (*ingest.Asset, error) { return tx.Asset(part.Number) })
		f.listed(what, ingest.AssetFilter{Companies: []ingest.Number{c.Number}}, ingest.Page{}, listed)
		expect(f, what+": names", nil, func(tx ingest.Tx) ([]*ingest.Asset, error) { return tx.AssetsNamed(c.Number, "style") })
		expect(f, what+": usage", ingest.Usage{Files: 2, Bytes: 20}, func(tx ingest.Tx) (ingest.Usage, error) { return tx.Usage(c.Number, 0) })
	}
	orphans := func(at time.Time, want ...*ingest.Asset) {
		f.Helper()
		expect(f, "OrphanedBefore", want, func(tx ingest.Tx) ([]*ingest.Asset, error) { return tx.OrphanedBefore(at, 9) })
	}
	check("a part")
	orphans(noon.Add(time.Hour))
	part.Orphaned = noon
	f.updateAsset(part)
	check("an orphan")
	orphans(noon)
	orphans(noon.Add(time.Second), part)

	sum := []byte{1, 19: 2}
	v := f.version(part, 1, "b1")
	f.version(listed, 1, "b2")
	digest := func(number ingest.Number, sum []byte) {
		f.Helper()
		f.update(func(tx ingest.Tx) error { return tx.SetVersionSHA1(number, sum) })
	}
	digest(v.Number, sum)
	v.Blob.SHA1 = sum
	expect(f, "version", v, func(tx ingest.Tx) (*ingest.Version, error) { return tx.Version(v.Number) })
	old := f.asset(c, root, "was-the-same.css")
	digest(f.version(old, 1, "b3").Number, sum)
	f.version(old, 2, "b4")
	trashed := f.asset(c, root, "trashed.css")
	trashed.Trashed = noon
	f.updateAsset(trashed)
	digest(f.version(trashed, 1, "b5").Number, sum)
	foreign := f.asset(other, far, "style.css")
	digest(f.version(foreign, 1, "b6").Number, sum)
	twin := f.asset(c, root, "twin.css")
	digest(f.version(twin, 1, "b7").Number, sum)
	bySHA1 := func(limit int, want ...*ingest.Asset) {
		f.Helper()
		expect(f, "AssetsBySHA1", want, func(tx ingest.Tx) ([]*ingest.Asset, error) { return tx.AssetsBySHA1(c.Number, sum, limit) })
	}
	bySHA1(9, part, twin)
	bySHA1(1, part)
	f.missing("SetVersionSHA1", func(tx ingest.Tx) error { return tx.SetVersionSHA1(999, sum) })

	part.Part, part.Emptied, part.Trashed, part.Orphaned = false, true, noon, time.Time{}
	f.updateAsset(part)
	expect(f, "an emptied part", part, func(tx ingest.Tx) (*ingest.Asset, error) { return tx.Asset(part.Number) })
	bySHA1(9, twin)
	orphans(noon.Add(time.Second))
}

// members are the uploads of a session.
func members(f *fixture) {
	c := f.company()
	session := f.newUpload(c, ingest.UploadOpen)
	session.Options = ingest.UploadOptions{Session: true, Shared: true}
	f.createUpload(session)
	member := func(name string) *ingest.Upload {
		u := f.newUpload(c, ingest.UploadOpen)
		u.Parent, u.FileName, u.Facts = session.Number, name, []byte(name)
		u.Options = ingest.UploadOptions{Replaces: 3, Stay: true, ExactName: true, Part: true, SHA1: true, Limit: 5_000_000_000}
		return f.createUpload(u)
	}
	a, b := member("a"), member("b")
	f.createUpload(f.newUpload(c, ingest.UploadOpen))
	of := func(parent ingest.Number, want ...*ingest.Upload) {
		f.Helper()
		expect(f, "UploadsOf", want, func(tx ingest.Tx) ([]*ingest.Upload, error) { return tx.UploadsOf(parent) })
	}
	of(session.Number, a, b)
	of(0)
	b.State, b.Facts, b.Options = ingest.UploadDone, nil, ingest.UploadOptions{}
	f.updateUpload(b)
	of(session.Number, a, b)
}

// foldersIn are those directly below a folder.
func foldersIn(f *fixture) {
	c, other := f.company(), f.company()
	root := f.folder(c, "")
	below := func(c *ingest.Company, parent ingest.Number, path string) *ingest.Folder {
		d := &ingest.Folder{UUID: f.uuid(), Company: c.Number, Parent: parent, Path: path, Created: noon}
		f.update(func(tx ingest.Tx) error { return tx.CreateFolder(d) })
		return d
	}
	a, b := below(c, root.Number, "a/"), below(c, root.Number, "B/")
	deep := below(c, a.Number, "a/deep/")
	gone := below(c, root.Number, "gone/")
	gone.Deleted = true
	f.update(func(tx ingest.Tx) error { return tx.UpdateFolder(gone) })
	below(other, root.Number, "foreign/")
	in := func(parent ingest.Number, want ...*ingest.Folder) {
		f.Helper()
		expect(f, "FoldersIn", want, func(tx ingest.Tx) ([]*ingest.Folder, error) { return tx.FoldersIn(c.Number, parent) })
	}
	in(root.Number, a, b)
	in(a.Number, deep)
	in(b.Number)
}
