package storetest

import (
	"sluice/internal/ingest"
)

// uploadParts: the confirmed parts of an upload are stored by themselves.
func uploadParts(f *fixture) {
	c := f.company()
	u := f.newUpload(c, ingest.UploadOpen)
	u.Size = 1 << 30
	u.Options = ingest.UploadOptions{
		ExactName: true, PartSize: 8 << 20, LateDigest: true, FreeKey: true, Asset: f.uuid(), Placeholder: 7,
		Relation: ingest.Relation{Kind: ingest.LinkProject, From: 9, Data: "x"},
	}
	f.createUpload(u)
	read := func() {
		f.Helper()
		expect(f, "Upload", u, func(tx ingest.Tx) (*ingest.Upload, error) { return tx.Upload(u.UUID) })
	}
	read()
	f.update(func(tx ingest.Tx) error { return tx.SetUploadParts(u.Number, []byte{5, 0, 255}) })
	u.Parts = []byte{5, 0, 255}
	read()
	stale := *u
	stale.Parts, stale.FileName = nil, "renamed"
	f.updateUpload(&stale)
	u.FileName = "renamed"
	read() // UpdateUpload leaves the parts alone
	f.missing("SetUploadParts", func(tx ingest.Tx) error { return tx.SetUploadParts(999, nil) })
}

// uploadPromises: an upload is found by the asset that it becomes, while it is open.
func uploadPromises(f *fixture) {
	c, other := f.company(), f.company()
	asset := f.uuid()
	promise := func(c *ingest.Company, state ingest.UploadState) *ingest.Upload {
		u := f.newUpload(c, state)
		u.Options.Asset = asset
		return f.createUpload(u)
	}
	none := func(what string, c *ingest.Company, id ingest.UUID) {
		f.Helper()
		f.missing(what, func(tx ingest.Tx) error { _, err := tx.UploadPromising(c.Number, id); return err })
	}
	none("nothing yet", c, asset)
	u := promise(c, ingest.UploadOpen)
	find := func(want *ingest.Upload) {
		f.Helper()
		expect(f, "UploadPromising", want, func(tx ingest.Tx) (*ingest.Upload, error) { return tx.UploadPromising(c.Number, asset) })
	}
	find(u)
	none("another company", other, asset)
	none("no asset", c, "")
	u.State = ingest.UploadSealing
	f.updateUpload(u)
	find(u)
	for _, state := range []ingest.UploadState{ingest.UploadDone, ingest.UploadAborted, ingest.UploadExpired} {
		u.State = state
		f.updateUpload(u)
		none(string(state), c, asset)
	}
	promise(c, ingest.UploadOpen)
	find(promise(c, ingest.UploadOpen))
	promisingOf(f, promise)
}

// uploadFreeKeys: a key that is free once its upload has ended can be used again.
func uploadFreeKeys(f *fixture) {
	c := f.company()
	with := func() *ingest.Upload {
		u := f.newUpload(c, ingest.UploadOpen)
		u.ClientKey, u.Options.FreeKey = "k", true
		return u
	}
	find := func(want *ingest.Upload) {
		f.Helper()
		expect(f, "UploadByClientKey", want, func(tx ingest.Tx) (*ingest.Upload, error) {
			return tx.UploadByClientKey(c.Number, want.Door, "k")
		})
	}
	u := f.createUpload(with())
	for _, state := range []ingest.UploadState{ingest.UploadOpen, ingest.UploadSealing} {
		u.State = state
		f.updateUpload(u)
		f.taken("key of an upload that is "+string(state), func(tx ingest.Tx) error { return tx.CreateUpload(with()) })
	}
	u.State = ingest.UploadDone
	f.updateUpload(u)
	find(u)
	find(f.createUpload(with()))
}

// uploadsBy lists the uploads of a user through one door, the newest first.
func uploadsBy(f *fixture) {
	c := f.company()
	by := func(user ingest.Number, door ingest.Door, state ingest.UploadState) *ingest.Upload {
		u := f.newUpload(c, state)
		u.User, u.Door = user, door
		return f.createUpload(u)
	}
	a := by(4, ingest.DoorNomad, ingest.UploadOpen)
	b := by(4, ingest.DoorNomad, ingest.UploadDone)
	by(4, ingest.DoorNomad, ingest.UploadAborted)
	by(4, ingest.DoorTus, ingest.UploadOpen)
	by(5, ingest.DoorNomad, ingest.UploadOpen)
	elsewhere := f.newUpload(f.company(), ingest.UploadOpen)
	elsewhere.User, elsewhere.Door = 4, ingest.DoorNomad
	f.createUpload(elsewhere)
	d := by(4, ingest.DoorNomad, ingest.UploadOpen)
	list := func(page ingest.Page, states []ingest.UploadState, want ...*ingest.Upload) {
		f.Helper()
		expect(f, "UploadsBy", want, func(tx ingest.Tx) ([]*ingest.Upload, error) {
			return tx.UploadsBy(4, c.Number, ingest.DoorNomad, states, page)
		})
	}
	open := []ingest.UploadState{ingest.UploadOpen}
	list(ingest.Page{Limit: 9}, open, d, a)
	list(ingest.Page{Limit: 9}, []ingest.UploadState{ingest.UploadOpen, ingest.UploadDone}, d, b, a)
	list(ingest.Page{Limit: 1}, open, d)
	list(ingest.Page{Limit: 9, After: d.Number}, open, a)
	list(ingest.Page{Limit: 9}, nil)
}

// promisingOf checks the list of all uploads that promise an asset.
func promisingOf(f *fixture, promise func(*ingest.Company, ingest.UploadState) *ingest.Upload) {
	c, other := f.company(), f.company()
	open := promise(c, ingest.UploadOpen)
	promise(c, ingest.UploadDone)
	promise(other, ingest.UploadOpen)
	sealing := promise(c, ingest.UploadSealing)
	list := func(what string, page ingest.Page, want ...*ingest.Upload) {
		f.Helper()
		expect(f, what, want, func(tx ingest.Tx) ([]*ingest.Upload, error) { return tx.UploadsPromising(c.Number, page) })
	}
	list("promising", ingest.Page{Limit: 10}, open, sealing)
	list("the first promising", ingest.Page{Limit: 1}, open)
	list("promising, after the first", ingest.Page{After: open.Number, Limit: 10}, sealing)
}
