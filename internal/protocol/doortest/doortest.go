// Package doortest is what the tests of doors stand on: a real database and real files
// in a directory of their own, companies and users in them, a clock that stands until it
// is moved, and a log that can be read. Only tests import it.
package doortest

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/blob/fsblob"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/store/sqlite"
)

// Dir makes a directory for one test, in memory where the system has such a place: what
// tests of doors look at is rules, not disks.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "sluice-door-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Open opens the stores in a directory, for tests that start a server again on what it
// holds. The caller closes them.
func Open(t testing.TB, dir string, log *slog.Logger) (*sqlite.Store, *fsblob.Store) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "sluice.db"), sqlite.Options{Logger: log})
	ok(t, err)
	blobs, err := fsblob.Open(dir, fsblob.Options{Logger: log, SegmentSize: 1 << 20})
	ok(t, err)
	return db, blobs
}

// Stores opens empty stores, which last as long as the test.
func Stores(t testing.TB, log *slog.Logger) (*sqlite.Store, *fsblob.Store) {
	t.Helper()
	db, blobs := Open(t, Dir(t), log)
	t.Cleanup(func() {
		ok(t, blobs.Close())
		ok(t, db.Close())
	})
	return db, blobs
}

// Company makes a company whose slug is its name in small letters.
func Company(t testing.TB, store ingest.Store, name string, now time.Time) *ingest.Company {
	t.Helper()
	c := &ingest.Company{UUID: id.New(), Name: name, Slug: strings.ToLower(name), Created: now}
	ok(t, store.Update(t.Context(), func(tx ingest.Tx) error { return tx.CreateCompany(c) }))
	return c
}

// User makes a user with memberships, which need not say whose they are, and returns the
// caller that the user is.
func User(t testing.TB, store ingest.Store, u *ingest.User, memberships ...ingest.Membership) ingest.Principal {
	t.Helper()
	u.UUID = id.New()
	ok(t, store.Update(t.Context(), func(tx ingest.Tx) error {
		if err := tx.CreateUser(u); err != nil {
			return err
		}
		for i := range memberships {
			memberships[i].User = u.Number
			if err := tx.PutMembership(memberships[i]); err != nil {
				return err
			}
		}
		return nil
	}))
	return u.Principal(memberships)
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}
