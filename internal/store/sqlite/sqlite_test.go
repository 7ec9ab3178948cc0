package sqlite

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"sluice/internal/ingest"
	"sluice/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openTest(t *testing.T, path string, opts Options) *Store {
	t.Helper()
	opts.Logger = slog.New(slog.DiscardHandler)
	s, err := Open(context.Background(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newTest(t *testing.T) *Store {
	t.Helper()
	return openTest(t, filepath.Join(t.TempDir(), "sluice.db"), Options{})
}

func TestStore(t *testing.T) {
	storetest.Test(t, func(t *testing.T) ingest.Store { return newTest(t) })
}

func TestDurability(t *testing.T) {
	storetest.TestDurability(t, func(t *testing.T) func() ingest.Store {
		path := filepath.Join(t.TempDir(), "sluice.db")
		return func() ingest.Store { return openTest(t, path, Options{}) }
	})
}
