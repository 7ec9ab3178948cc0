package storetest

import (
	"time"

	"sluice/internal/ingest"
)

func (f *fixture) newUpload(c *ingest.Company, state ingest.UploadState) *ingest.Upload {
	return &ingest.Upload{UUID: f.uuid(), Company: c.Number, Door: ingest.DoorTus, State: state, Size: -1, Created: noon, Touched: noon}
}

func (f *fixture) createUpload(u *ingest.Upload) *ingest.Upload {
	f.Helper()
	f.update(func(tx ingest.Tx) error { return tx.CreateUpload(u) })
	return u
}

func (f *fixture) updateUpload(u *ingest.Upload) {
	f.Helper()
	f.update(func(tx ingest.Tx) error { return tx.UpdateUpload(u) })
}

func uploads(f *fixture) {
	c := f.company()
	u := f.newUpload(c, ingest.UploadOpen)
	u.User, u.ClientKey, u.Job, u.Size, u.Folder, u.FileName, u.Publish = 4, "key", 5, 1<<42, "shoes/", "boot.jpg", true
	u.Conflict = ingest.ConflictPolicy{CompanyWide: true, Taken: ingest.ActionReplace, Match: ingest.MatchAnyExt, Otherwise: ingest.ActionRename}
	u.Metadata = map[string]string{"a": "b"}
	u.Expires = noon.Add(time.Hour)
	f.createUpload(u)
	read := func() {
		f.Helper()
		expect(f, "Upload", u, func(tx ingest.Tx) (*ingest.Upload, error) { return tx.Upload(u.UUID) })
		expect(f, "UploadByNumber", u, func(tx ingest.Tx) (*ingest.Upload, error) { return tx.UploadByNumber(u.Number) })
	}
	read()
	u.State, u.Size, u.Job, u.Folder, u.FileName, u.Publish = ingest.UploadDone, 9, 6, "x/", "y.jpg", false
	u.Conflict, u.Metadata, u.Asset, u.Touched, u.Expires = ingest.ConflictPolicy{}, nil, 7, noon.Add(time.Minute), time.Time{}
	f.updateUpload(u)
	read()
	f.missing("Upload", func(tx ingest.Tx) error { _, err := tx.Upload("none"); return err })
	f.missing("UpdateUpload", func(tx ingest.Tx) error { return tx.UpdateUpload(&ingest.Upload{Number: 999}) })
	f.taken("UUID", func(tx ingest.Tx) error {
		return tx.CreateUpload(&ingest.Upload{UUID: u.UUID, Company: c.Number, State: ingest.UploadOpen})
	})
}

// uploadClientKeys: a key is unique while its upload is neither aborted nor expired.
func uploadClientKeys(f *fixture) {
	c, other := f.company(), f.company()
	with := func(c *ingest.Company, door ingest.Door, key string) *ingest.Upload {
		u := f.newUpload(c, ingest.UploadOpen)
		u.Door, u.ClientKey = door, key
		return u
	}
	find := func(want *ingest.Upload) {
		f.Helper()
		expect(f, "UploadByClientKey", want, func(tx ingest.Tx) (*ingest.Upload, error) {
			return tx.UploadByClientKey(want.Company, want.Door, want.ClientKey)
		})
	}
	u := f.createUpload(with(c, ingest.DoorTus, "k"))
	find(f.createUpload(with(c, ingest.DoorNomad, "k")))
	find(f.createUpload(with(other, ingest.DoorTus, "k")))
	find(u)
	f.createUpload(with(c, ingest.DoorTus, ""))
	f.createUpload(with(c, ingest.DoorTus, "")) // no key is not a key
	f.missing("no key", func(tx ingest.Tx) error { _, err := tx.UploadByClientKey(c.Number, ingest.DoorTus, ""); return err })
	f.missing("other key", func(tx ingest.Tx) error { _, err := tx.UploadByClientKey(c.Number, ingest.DoorTus, "K"); return err })
	for _, state := range []ingest.UploadState{ingest.UploadOpen, ingest.UploadSealing, ingest.UploadDone} {
		u.State = state
		f.updateUpload(u)
		f.taken("key of an upload that is "+string(state), func(tx ingest.Tx) error { return tx.CreateUpload(with(c, ingest.DoorTus, "k")) })
	}
	for _, state := range []ingest.UploadState{ingest.UploadAborted, ingest.UploadExpired} {
		u.State = state
		f.updateUpload(u)
		find(u)
		u = f.createUpload(with(c, ingest.DoorTus, "k"))
		find(u)
	}
}

func uploadLists(f *fixture) {
	c, other := f.company(), f.company()
	expiring := func(c *ingest.Company, state ingest.UploadState, at time.Time) *ingest.Upload {
		u := f.newUpload(c, state)
		u.Expires = at
		return f.createUpload(u)
	}
	late := expiring(c, ingest.UploadOpen, noon)
	early := expiring(other, ingest.UploadOpen, noon.Add(-time.Hour))
	never := expiring(c, ingest.UploadOpen, time.Time{})
	future := expiring(c, ingest.UploadOpen, noon.Add(time.Microsecond))
	sealing := expiring(c, ingest.UploadSealing, noon.Add(-time.Minute))
	lasting := expiring(c, ingest.UploadSealing, time.Time{})
	for _, state := range []ingest.UploadState{ingest.UploadDone, ingest.UploadAborted, ingest.UploadExpired} {
		expiring(c, state, noon.Add(-time.Hour))
	}
	expired := func(now time.Time, limit int, want ...*ingest.Upload) {
		f.Helper()
		expect(f, "ExpiredUploads", want, func(tx ingest.Tx) ([]*ingest.Upload, error) { return tx.ExpiredUploads(now, limit) })
	}
	expired(noon, 9, early, sealing, late)
	expired(noon, 1, early)
	expired(noon.Add(-2*time.Hour), 9)
	in := func(state ingest.UploadState, p ingest.Page, want ...*ingest.Upload) {
		f.Helper()
		expect(f, "UploadsIn "+string(state), want, func(tx ingest.Tx) ([]*ingest.Upload, error) { return tx.UploadsIn(state, p) })
	}
	in(ingest.UploadOpen, ingest.Page{Limit: 9}, late, early, never, future)
	in(ingest.UploadOpen, ingest.Page{After: late.Number, Limit: 2}, early, never)
	in(ingest.UploadSealing, ingest.Page{Limit: 9}, sealing, lasting)
	in(ingest.UploadDone, ingest.Page{After: 99, Limit: 9})
}
