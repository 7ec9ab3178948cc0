// Package sqlite keeps the library in one SQLite file, without cgo.
//
// All updates of a process go through one writer, which runs those that wait
// each in a savepoint of one transaction and answers them after the commit has
// been synced (WAL, synchronous=FULL): one sync serves many. Views read
// snapshots from a small pool of read-only connections beside it. The
// write-ahead log is copied back by a connection of its own, off the path of
// commits. Other processes may use the same file at the same time; each waits
// for the others' transactions up to the busy time-out.
//
// The statements are those of sqlstore; the schema is under migrations and only
// ever moves forward.
package sqlite

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sluice/internal/ingest"
	"sluice/internal/store/sqlstore"
)

// Options tune a store. The zero value is ready for use.
type Options struct {
	Logger      *slog.Logger  // nil = slog.Default()
	Readers     int           // connections for View; 0 = 4
	BusyTimeout time.Duration // how long to wait for other processes' transactions; 0 = 5 s

	checkpointPages int // pages in the write-ahead log from which on it is copied back; 0 = 1024 (4 MiB)
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 5 * time.Second
	}
	if o.checkpointPages <= 0 {
		o.checkpointPages = 1024
	}
	return o
}

// Store implements ingest.Store over one SQLite file.
type Store struct {
	path    string
	opts    Options
	dialect *sqlstore.Dialect
	writer  *writer
	readers chan *conn // nil entries are opened when they are needed

	closing   chan struct{}
	closeOnce sync.Once
	closeErr  error
	workers   sync.WaitGroup
}

var _ ingest.Store = (*Store)(nil)

// Open opens the database file, creating it with its owner's rights only when it
// does not exist, and brings its schema up to date. A database of a newer schema
// is refused with Invalid.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	const op = "sqlite.Open"
	s := &Store{
		path: path,
		opts: opts.withDefaults(),
		dialect: &sqlstore.Dialect{
			Classify:           classify,
			ReserveAssetNumber: `UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'assets' RETURNING seq`,
		},
		closing: make(chan struct{}),
	}
	if err := createFile(path); err != nil {
		return nil, &ingest.Error{Kind: ingest.Unavailable, Op: op, Msg: "the database file cannot be created", Err: err}
	}
	if err := migrate(ctx, path, s.opts); err != nil {
		return nil, s.dialect.Error(op, "", err)
	}
	s.readers = make(chan *conn, s.opts.Readers)
	for range s.opts.Readers {
		s.readers <- nil
	}
	if err := s.startWriter(); err != nil {
		return nil, s.dialect.Error(op, "", err)
	}
	return s, nil
}

// Ping implements ingest.Store.
func (s *Store) Ping(ctx context.Context) error {
	const op = "sqlite.Ping"
	return s.read(ctx, op, func(c *conn) error {
		if err := c.run("SELECT COUNT(*) FROM sqlite_schema"); err != nil {
			return s.dialect.Error(op, "", err)
		}
		return nil
	})
}

// Close runs the updates that were handed over before, waits for views and
// updates to end, empties the write-ahead log and closes the file. Closing again
// returns the same result.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		s.workers.Wait()
		for range s.opts.Readers {
			if c := <-s.readers; c != nil {
				c.close()
			}
		}
		s.closeErr = s.writer.close()
	})
	return s.closeErr
}

func errClosed(op string) error {
	return &ingest.Error{Kind: ingest.Unavailable, Op: op, Msg: "the database is shutting down"}
}

func errGivenUp(op string, err error) error {
	return &ingest.Error{Kind: ingest.Unavailable, Op: op, Msg: "the request was given up before it reached the database", Err: err}
}
