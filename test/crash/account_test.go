package crash_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/blob/fsblob"
	"sluice/internal/ingest"
	"sluice/internal/store/sqlite"
)

// account is what a stopped server has left on disk.
type account struct {
	blobs   int
	orphans []ingest.BlobKey // that no row refers to
	missing []ingest.BlobKey // that a row refers to and that are not there
	empty   []string         // segments without a record, which take up a name
}

// open opens the files and the database of a stopped server. That of the files
// clears up as a start of the server does.
func (p program) open(t *testing.T) (*fsblob.Store, *sqlite.Store) {
	t.Helper()
	blobs, err := fsblob.Open(filepath.Join(p.data, "files"), fsblob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), filepath.Join(p.data, "sluice.db"), sqlite.Options{})
	if err != nil {
		blobs.Close()
		t.Fatal(err)
	}
	return blobs, store
}

// audit compares blobs with rows in both directions. The rows are read in full
// only for a thorough audit.
func (p program) audit(t *testing.T, thorough bool) account {
	t.Helper()
	blobs, store := p.open(t)
	defer blobs.Close()
	defer store.Close()
	var a account
	var keys []ingest.BlobKey
	stored := map[ingest.BlobKey]bool{}
	err := blobs.Blobs(t.Context(), func(key ingest.BlobKey) error {
		keys, stored[key] = append(keys, key), true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	a.blobs = len(keys)
	err = store.View(t.Context(), func(tx ingest.Tx) error {
		used, err := tx.BlobsInUse(keys)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if !used[key] {
				a.orphans = append(a.orphans, key)
			}
		}
		if !thorough {
			return nil
		}
		return eachReference(tx, func(key ingest.BlobKey) {
			if !stored[key] {
				a.missing = append(a.missing, key)
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	a.empty = p.emptySegments(t, keys)
	return a
}

// eachReference calls fn for the blobs of all versions, and of the files that
// were made from the current ones.
func eachReference(tx ingest.Tx, fn func(ingest.BlobKey)) error {
	for after := ingest.Number(0); ; {
		assets, err := tx.Assets(ingest.AssetFilter{}, ingest.Page{After: after, Limit: 500})
		if err != nil || len(assets) == 0 {
			return err
		}
		for _, a := range assets {
			after = a.Number
			versions, err := tx.Versions(a.Number)
			if err != nil {
				return err
			}
			for _, v := range versions {
				fn(v.Blob.Key)
			}
			derived, err := tx.DerivedOf(a.Number)
			if err != nil {
				return err
			}
			for _, d := range derived {
				fn(d.Blob.Key)
			}
		}
	}
}

// emptySegments lists the segments in which no blob is.
func (p program) emptySegments(t *testing.T, keys []ingest.BlobKey) (empty []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(p.data, "files", "segments"))
	if err != nil {
		t.Fatal(err)
	}
	inUse := map[string]bool{}
	for _, key := range keys {
		if parts := strings.Split(string(key), "-"); parts[0] == "s" {
			inUse[parts[1]] = true
		}
	}
	for _, e := range entries {
		if id, _, _ := strings.Cut(e.Name(), "."); !inUse[id] {
			empty = append(empty, e.Name())
		}
	}
	return empty
}

// staged lists what lies in the directories of bodies that are on their way.
func (p program) staged() ([]string, error) {
	var names []string
	for _, directory := range []string{"staging", "oneshot"} {
		entries, err := os.ReadDir(filepath.Join(p.data, "files", directory))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			names = append(names, directory+"/"+e.Name())
		}
	}
	return names, nil
}

// awaitNothingStaged waits until the server has cleared up its staging areas.
func (p program) awaitNothingStaged(ctx context.Context) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		names, err := p.staged()
		if err != nil || len(names) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("10 s after the restart, these are still staged: %v", names)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}
