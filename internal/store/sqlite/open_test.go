package sqlite

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sluice/internal/ingest"
)

func TestOpenRefusesNewerSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sluice.db")
	if err := openTest(t, path, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), path, Options{Logger: slog.New(slog.DiscardHandler)})
	wantKind(t, "Open", err, ingest.Invalid, "")
	if err != nil && !strings.Contains(ingest.Message(err), "9000") {
		t.Errorf("message %q does not name the version", ingest.Message(err))
	}
}

// TestOpenAtOnce: several processes may create the schema at the same time, and
// the path may hold any character.
func TestOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a ?#%41&=\" é.db")
	stores := make([]*Store, 4)
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() {
			s, err := Open(context.Background(), path, Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Errorf("Open %d: %v", i, err)
				return
			}
			stores[i] = s
		})
	}
	wg.Wait()
	for _, s := range stores {
		if s == nil {
			continue
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file has the rights %v, want 0600", info.Mode().Perm())
	}
}

func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(context.Background(), filepath.Join(dir, "none", "sluice.db"), Options{})
	wantKind(t, "in a folder that does not exist", err, ingest.Unavailable, "")
	path := filepath.Join(dir, "text.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), path, Options{})
	wantKind(t, "of another kind of file", err, ingest.Internal, "")
}

// TestSafetyPragmas checks what durability rests on, on every kind of connection.
func TestSafetyPragmas(t *testing.T) {
	s := newTest(t)
	check := func(what string, c *conn) {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
			rows, err := c.Query("SELECT CAST(" + pragma + " AS TEXT) FROM pragma_" + pragma)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			for rows.Next() {
				if err := rows.Scan(&got); err != nil {
					t.Error(err)
				}
			}
			rows.Close()
			if got != want {
				t.Errorf("%s: %s = %s, want %s", what, pragma, got, want)
			}
		}
	}
	if err := s.Update(context.Background(), func(ingest.Tx) error { check("writer", s.writer.conn); return nil }); err != nil {
		t.Error(err)
	}
	if err := s.read(context.Background(), "test", func(c *conn) error { check("reader", c); return nil }); err != nil {
		t.Error(err)
	}
}
