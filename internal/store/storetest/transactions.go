package storetest

import (
	"context"
	"errors"

	"sluice/internal/ingest"
)

// errFixture is an error that no store makes.
var errFixture = errors.New("the closure failed")

func rollback(f *fixture) {
	c := f.company()
	d := f.folder(c, "")
	a := f.asset(c, d, "kept.jpg")
	err := f.store.Update(context.Background(), func(tx ingest.Tx) error {
		changed := *a
		changed.Name = "changed"
		if err := tx.UpdateAsset(&changed); err != nil {
			return err
		}
		b := f.newAsset(c, d, "lost.jpg")
		if err := tx.CreateAsset(b); err != nil {
			return err
		}
		if _, err := tx.AssetByUUID(b.UUID); err != nil {
			f.Errorf("an update does not see what it wrote: %v", err)
		}
		return errFixture
	})
	if err != errFixture {
		f.Errorf("Update returned %v, want the closure's own error", err)
	}
	f.listed("after the rollback", ingest.AssetFilter{}, ingest.Page{}, a)

	b := *a
	f.taken("second asset of a UUID", func(tx ingest.Tx) error { return tx.CreateAsset(&b) })
	if b.Number != a.Number {
		f.Errorf("a failed create set the number %d", b.Number)
	}
	err = f.store.View(context.Background(), func(ingest.Tx) error { return errFixture })
	if err != errFixture {
		f.Errorf("View returned %v, want the closure's own error", err)
	}
}

// rollbackBesideOthers lets updates that fail and updates that succeed wait at
// the same time: each is kept or undone by itself.
func rollbackBesideOthers(f *fixture) {
	c := f.company()
	const n = 60
	done := make(chan error, n)
	for i := range n {
		go func() {
			err := f.store.Update(context.Background(), func(tx ingest.Tx) error {
				path := string(rune('a'+i/26)) + string(rune('a'+i%26)) + "/"
				if err := tx.CreateFolder(&ingest.Folder{UUID: f.uuid(), Company: c.Number, Path: path}); err != nil {
					return err
				}
				if i%3 == 0 {
					return errFixture
				}
				return nil
			})
			if i%3 == 0 && err != errFixture || i%3 != 0 && err != nil {
				f.Errorf("update %d: %v", i, err)
			}
			done <- err
		}()
	}
	for range n {
		<-done
	}
	f.view(func(tx ingest.Tx) error {
		kept, err := tx.Folders(c.Number, "", ingest.Page{Limit: 1000})
		if len(kept) != n-n/3 {
			f.Errorf("%d folders were kept, want %d", len(kept), n-n/3)
		}
		return err
	})
}

func panics(f *fixture) {
	c := f.company()
	err := f.store.Update(context.Background(), func(tx ingest.Tx) error {
		if err := tx.CreateFolder(&ingest.Folder{UUID: f.uuid(), Company: c.Number, Path: "x/"}); err != nil {
			return err
		}
		panic("a defect")
	})
	if err == nil || ingest.KindOf(err) != ingest.Internal {
		f.Errorf("panicking update: %v, want internal", err)
	}
	f.missing("folder of the panicking update", func(tx ingest.Tx) error { _, err := tx.Folder(c.Number, "x/"); return err })
	f.folder(c, "x/") // the store lives on
}

// snapshot: a View sees the state at its first read, whatever is committed since.
func snapshot(f *fixture) {
	c := f.company()
	d := f.folder(c, "")
	a := f.asset(c, d, "a.jpg")
	f.view(func(tx ingest.Tx) error {
		before, err := tx.Asset(a.Number)
		if err != nil {
			return err
		}
		changed := *a
		changed.Name = "changed"
		f.updateAsset(&changed)
		f.asset(c, d, "b.jpg")
		after, err := tx.Asset(a.Number)
		if err != nil {
			return err
		}
		f.same("asset within one view", after, before)
		all, err := tx.Assets(ingest.AssetFilter{}, ingest.Page{Limit: 9})
		if len(all) != 1 {
			f.Errorf("a view sees %d assets, want the one of its snapshot", len(all))
		}
		return err
	})
	if got := f.readAsset(a.Number).Name; got != "changed" {
		f.Errorf("the next view sees the name %q, want %q", got, "changed")
	}
}

func viewCannotWrite(f *fixture) {
	c := f.company()
	err := f.store.View(context.Background(), func(tx ingest.Tx) error {
		return tx.CreateFolder(&ingest.Folder{UUID: f.uuid(), Company: c.Number, Path: "x/"})
	})
	if err == nil {
		f.Error("a view could write")
	}
	f.missing("folder written in a view", func(tx ingest.Tx) error { _, err := tx.Folder(c.Number, "x/"); return err })
}

func cancelled(f *fixture) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	ran := false
	for name, call := range map[string]func(context.Context, func(ingest.Tx) error) error{"Update": f.store.Update, "View": f.store.View} {
		err := call(ctx, func(ingest.Tx) error {
			ran = true
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			f.Errorf("%s with a cancelled context: %v", name, err)
		}
	}
	if ran {
		f.Error("a closure ran although its context was cancelled")
	}
	if err := f.store.Ping(context.Background()); err != nil {
		f.Errorf("Ping: %v", err)
	}
}

// txAfterEnd: a transaction that has ended refuses everything.
func txAfterEnd(f *fixture) {
	c := f.company()
	var kept ingest.Tx
	for name, call := range map[string]func(context.Context, func(ingest.Tx) error) error{"Update": f.store.Update, "View": f.store.View} {
		if err := call(context.Background(), func(tx ingest.Tx) error { kept = tx; return nil }); err != nil {
			f.Fatal(err)
		}
		if _, err := kept.Company(c.Number); err == nil {
			f.Errorf("a transaction of %s could be used after its end", name)
		}
	}
}

func numbersAreNeverReused(f *fixture) {
	seen := map[ingest.Number]bool{}
	for range 3 {
		u := f.user("ann")
		k := &ingest.APIKey{UUID: f.uuid(), User: u.Number, Selector: "s"}
		f.update(func(tx ingest.Tx) error { return tx.CreateAPIKey(k) })
		for _, n := range []ingest.Number{u.Number, 1000 + k.Number} {
			if seen[n] {
				f.Errorf("number %d was given twice", n)
			}
			seen[n] = true
		}
		f.update(func(tx ingest.Tx) error { return tx.DeleteUser(u.Number) })
	}
}

func closed(f *fixture) {
	if err := f.store.Close(); err != nil {
		f.Fatalf("Close: %v", err)
	}
	if err := f.store.Close(); err != nil {
		f.Errorf("Close again: %v", err)
	}
	unavailable := func(what string, err error) {
		f.Helper()
		if err == nil || ingest.KindOf(err) != ingest.Unavailable {
			f.Errorf("%s after Close: %v, want unavailable", what, err)
		}
	}
	never := func(ingest.Tx) error { return errors.New("ran after Close") }
	unavailable("Update", f.store.Update(context.Background(), never))
	unavailable("View", f.store.View(context.Background(), never))
	unavailable("Ping", f.store.Ping(context.Background()))
}
