package faultstore_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"sluice/internal/ingest"
	"sluice/internal/store/faultstore"
	"sluice/internal/store/sqlite"
	"sluice/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) *faultstore.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "sluice.db"), sqlite.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return faultstore.New(s)
}

// TestWithoutFaults: a store without faults is a store.
func TestWithoutFaults(t *testing.T) {
	storetest.Test(t, func(t *testing.T) ingest.Store { return open(t) })
}

func create(s ingest.Store, name string) error {
	return s.Update(context.Background(), func(tx ingest.Tx) error {
		return tx.CreateCompany(&ingest.Company{UUID: ingest.UUID(name), Name: name, Slug: name})
	})
}

func names(t *testing.T, s ingest.Store) (all []string) {
	t.Helper()
	err := s.View(context.Background(), func(tx ingest.Tx) error {
		list, err := tx.Companies(ingest.Page{Limit: 100})
		for _, c := range list {
			all = append(all, c.Name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFaults(t *testing.T) {
	boom := errors.New("boom")
	for _, test := range []struct {
		name  string
		point faultstore.Point
		kept  bool
	}{
		{"before the update", faultstore.BeforeUpdate, false},
		{"before the commit", faultstore.BeforeCommit, false},
		{"after the commit", faultstore.AfterCommit, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			s.On(test.point, 2, faultstore.Fault{Err: boom})
			for i, name := range []string{"a", "b", "c"} {
				if err := create(s, name); (i == 1) != errors.Is(err, boom) {
					t.Errorf("update %d: %v", i+1, err)
				}
			}
			want := 2
			if test.kept {
				want = 3
			}
			if got := names(t, s); len(got) != want {
				t.Errorf("kept %v, want %d of them", got, want)
			}
			if n := s.Calls(faultstore.BeforeUpdate); n != 3 {
				t.Errorf("calls = %d, want 3", n)
			}
		})
	}
}

func TestAlways(t *testing.T) {
	s := open(t)
	s.Always(faultstore.BeforeCommit, faultstore.Fault{Err: faultstore.DiskFull()})
	for range 2 {
		if err := create(s, "a"); ingest.CodeOf(err) != ingest.CodeDiskFull || ingest.KindOf(err) != ingest.Unavailable {
			t.Errorf("update: %v, want disk full", err)
		}
	}
	s.Clear()
	if err := create(s, "a"); err != nil {
		t.Errorf("update without faults: %v", err)
	}
	s.Always(faultstore.BeforePing, faultstore.Fault{Err: faultstore.DiskFull()})
	s.Always(faultstore.BeforeView, faultstore.Fault{Err: faultstore.DiskFull()})
	if err := s.Ping(context.Background()); err == nil {
		t.Error("Ping succeeded")
	}
	err := s.View(context.Background(), func(ingest.Tx) error {
		t.Error("the view ran")
		return nil
	})
	if err == nil {
		t.Error("View succeeded")
	}
}

func TestWait(t *testing.T) {
	s := open(t)
	gate := make(chan struct{})
	s.On(faultstore.AfterCommit, 1, faultstore.Fault{Wait: gate})
	answer := make(chan error)
	go func() { answer <- create(s, "a") }()
	for s.Calls(faultstore.AfterCommit) == 0 {
		if err := s.Ping(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, s); len(got) != 1 {
		t.Errorf("committed %v before the caller was told, want one", got)
	}
	close(gate)
	if err := <-answer; err != nil {
		t.Errorf("update: %v", err)
	}

	s.On(faultstore.BeforeUpdate, 1, faultstore.Fault{Wait: make(chan struct{})})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { answer <- s.Update(ctx, func(ingest.Tx) error { return nil }) }()
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("update whose context ended: %v", err)
	}
}
