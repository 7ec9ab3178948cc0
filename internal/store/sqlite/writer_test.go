package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/ingest"
)

func newCompany(i int) *ingest.Company {
	return &ingest.Company{UUID: ingest.UUID(fmt.Sprint("uuid-", i)), Name: fmt.Sprint("name-", i), Slug: fmt.Sprint("slug-", i)}
}

func create(c *ingest.Company) func(ingest.Tx) error {
	return func(tx ingest.Tx) error { return tx.CreateCompany(c) }
}

func wantKind(t *testing.T, what string, err error, kind ingest.Kind, code ingest.Code) {
	t.Helper()
	if err == nil || ingest.KindOf(err) != kind || ingest.CodeOf(err) != code {
		t.Errorf("%s: %v, want %v %q", what, err, kind, code)
	}
}

// hold occupies the writer until the returned function is called, which returns
// the result of the update that held it.
func hold(s *Store) (release func() error) {
	started, gate, answer := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		answer <- s.Update(context.Background(), func(ingest.Tx) error {
			close(started)
			<-gate
			return nil
		})
	}()
	<-started
	return func() error {
		close(gate)
		return <-answer
	}
}

// TestOneCommitServesMany: updates that wait together are committed together.
func TestOneCommitServesMany(t *testing.T) {
	s := newTest(t)
	release := hold(s)
	const n = 100
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := s.Update(context.Background(), create(newCompany(i))); err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		})
	}
	for len(s.writer.queue) < n {
		runtime.Gosched()
	}
	if err := release(); err != nil {
		t.Errorf("update that held the writer: %v", err)
	}
	wg.Wait()
	if got := s.writer.commits.Load(); got > n/4 {
		t.Errorf("%d updates took %d commits", n, got)
	}
}

// TestGivenUpWhileWaiting: an update whose context ends before its turn answers
// at once and never runs.
func TestGivenUpWhileWaiting(t *testing.T) {
	s := newTest(t)
	release := hold(s)
	ctx, cancel := context.WithCancel(context.Background())
	answer := make(chan error, 1)
	go func() {
		answer <- s.Update(ctx, func(ingest.Tx) error {
			t.Error("the update ran")
			return nil
		})
	}()
	for len(s.writer.queue) == 0 {
		runtime.Gosched()
	}
	cancel()
	err := <-answer // while the writer is still held
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Update: %v, want cancelled", err)
	}
	wantKind(t, "Update", err, ingest.Unavailable, "")
	if err := release(); err != nil {
		t.Errorf("update that held the writer: %v", err)
	}
	if err := s.Update(context.Background(), create(newCompany(1))); err != nil {
		t.Error(err)
	}
}

// TestDiskFull: an update that finds no room fails as such, harms nothing that
// was there, and the store works again when there is room.
func TestDiskFull(t *testing.T) {
	s := newTest(t)
	onWriter(t, s, "PRAGMA max_page_count = 1") // clamped to the present size
	big := newCompany(1)
	big.Settings.Doors = map[string]string{"x": string(make([]byte, 1<<20))}
	wantKind(t, "update without room", s.Update(context.Background(), create(big)), ingest.Unavailable, ingest.CodeDiskFull)

	// An update that goes on after the failure must not be committed in part.
	err := s.Update(context.Background(), func(tx ingest.Tx) error {
		_ = tx.CreateCompany(big)
		_ = tx.CreateCompany(newCompany(2))
		return nil
	})
	wantKind(t, "update that ignores the failure", err, ingest.Unavailable, ingest.CodeDiskFull)
	onWriter(t, s, "PRAGMA max_page_count = 1000000")
	if err := s.Update(context.Background(), create(big)); err != nil {
		t.Errorf("update with room again: %v", err)
	}
	err = s.View(context.Background(), func(tx ingest.Tx) error {
		all, err := tx.Companies(ingest.Page{Limit: 10})
		if len(all) != 1 {
			t.Errorf("%d companies, want the one of the last update", len(all))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// onWriter runs a statement on the writing connection outside transactions.
func onWriter(t *testing.T, s *Store, statement string) {
	t.Helper()
	err := s.Update(context.Background(), func(ingest.Tx) error { return s.writer.conn.run(statement) })
	if err != nil {
		t.Fatal(err)
	}
}

// TestFailedCommit: when the commit fails, every update of the batch fails and
// none is kept.
func TestFailedCommit(t *testing.T) {
	s := newTest(t)
	release := hold(s)
	errs := make([]error, 3)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			errs[i] = s.Update(context.Background(), func(tx ingest.Tx) error {
				if err := tx.CreateCompany(newCompany(i)); err != nil {
					return err
				}
				if i == 1 { // a reference that only the commit checks
					if err := s.writer.conn.run("PRAGMA defer_foreign_keys = 1"); err != nil {
						return err
					}
					return tx.CreateFolder(&ingest.Folder{UUID: "f", Company: 999, Path: "x/"})
				}
				return nil
			})
		})
	}
	for len(s.writer.queue) < 3 {
		runtime.Gosched()
	}
	held := release()
	wg.Wait()
	errs = append(errs, held)
	for i, err := range errs {
		wantKind(t, fmt.Sprint("update ", i, " of a failed commit"), err, ingest.Internal, "")
	}
	err := s.View(context.Background(), func(tx ingest.Tx) error {
		all, err := tx.Companies(ingest.Page{Limit: 10})
		if len(all) != 0 {
			t.Errorf("%d companies were kept", len(all))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := s.Update(context.Background(), create(newCompany(9))); err != nil {
		t.Errorf("update after a failed commit: %v", err)
	}
}

// TestGoexit: a closure that ends its goroutine, as a failing test does, ends
// neither the writer nor the other updates.
func TestGoexit(t *testing.T) {
	s := newTest(t)
	err := s.Update(context.Background(), func(tx ingest.Tx) error {
		if err := tx.CreateCompany(newCompany(1)); err != nil {
			return err
		}
		runtime.Goexit()
		return nil
	})
	wantKind(t, "update that exits", err, ingest.Internal, "")
	if err := s.Update(context.Background(), create(newCompany(1))); err != nil {
		t.Errorf("update after it: %v", err)
	}
}

// TestCloseRunsWhatWaits: updates that were handed over before Close are run.
func TestCloseRunsWhatWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sluice.db")
	s := openTest(t, path, Options{})
	release := hold(s)
	answer := make(chan error, 1)
	go func() { answer <- s.Update(context.Background(), create(newCompany(1))) }()
	for len(s.writer.queue) == 0 {
		runtime.Gosched()
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Close() }()
	<-s.closing
	if err := release(); err != nil {
		t.Errorf("update that held the writer: %v", err)
	}
	if err := <-answer; err != nil {
		t.Errorf("update that waited: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Close: %v", err)
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		t.Errorf("the write-ahead log has %d bytes after Close", info.Size())
	}
}

// TestTwoProcesses lets two stores, as two processes would, write to one file.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sluice.db")
	stores := []*Store{openTest(t, path, Options{}), openTest(t, path, Options{})}
	const n = 50
	var wg sync.WaitGroup
	for k, s := range stores {
		for i := range n {
			wg.Go(func() {
				if err := s.Update(context.Background(), create(newCompany(k*n+i))); err != nil {
					t.Errorf("store %d: %v", k, err)
				}
			})
		}
	}
	wg.Wait()
	for _, s := range stores {
		err := s.View(context.Background(), func(tx ingest.Tx) error {
			all, err := tx.Companies(ingest.Page{Limit: 1000})
			if len(all) != 2*n {
				t.Errorf("%d companies, want %d", len(all), 2*n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestBusy: a lock that another process does not give up in time is reported as
// such, and updates work again afterwards.
func TestBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sluice.db")
	s := openTest(t, path, Options{BusyTimeout: 30 * time.Millisecond})
	other := openTest(t, path, Options{})
	release := hold(other)
	wantKind(t, "update beside a lock", s.Update(context.Background(), create(newCompany(1))), ingest.Unavailable, "")
	if err := release(); err != nil {
		t.Errorf("update that held the writer: %v", err)
	}
	if err := s.Update(context.Background(), create(newCompany(1))); err != nil {
		t.Errorf("update after the lock: %v", err)
	}
}

// TestLogStaysShort: the write-ahead log is copied back and started over while
// updates go on.
func TestLogStaysShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sluice.db")
	s := openTest(t, path, Options{checkpointPages: 64})
	const updates, pages = 100, 40
	for i := range updates {
		c := newCompany(i)
		c.Settings.Doors = map[string]string{"x": strings.Repeat("x", pages*pageSize)}
		if err := s.Update(context.Background(), create(c)); err != nil {
			t.Fatal(err)
		}
		for s.writer.wal.busy.Load() { // let the copy end
			runtime.Gosched()
		}
	}
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if written := int64(updates * pages * pageSize); info.Size() > written/4 {
		t.Errorf("the log has %d bytes after %d were written", info.Size(), written)
	}
}
