package sqlite

import (
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	driver "modernc.org/sqlite"
)

// pageSize is SQLite's default, in bytes.
const pageSize = 4096

// wal keeps the write-ahead log short without holding up commits: when it has
// grown past a limit, a connection of its own copies its pages back while
// commits go on; then the writer copies the few that came meanwhile, after which
// SQLite starts the log over.
type wal struct {
	open   func() (*conn, error)
	logger *slog.Logger
	limit  int
	pages  int           // written since the log was last copied back; the writer's
	busy   atomic.Bool   // a copy is under way; set by the writer
	start  chan struct{} // the log is past its limit
	copied chan struct{} // the copy has ended
	stop   <-chan struct{}
}

func newWAL(s *Store) *wal {
	w := &wal{
		open:   func() (*conn, error) { return openConn(s.path, s.opts.BusyTimeout, "cache_size(-256)") },
		logger: s.opts.Logger,
		limit:  s.opts.checkpointPages,
		start:  make(chan struct{}, 1),
		copied: make(chan struct{}, 1),
		stop:   s.closing,
	}
	if info, err := os.Stat(s.path + "-wal"); err == nil {
		w.pages = int(info.Size() / pageSize)
	}
	return w
}

// committed counts what a commit wrote and has the log copied back when it is
// long. The writer calls it.
func (w *wal) committed(c *conn) {
	if status, ok := c.dc.(driver.DBStatus); ok {
		n, _, _ := status.Status(driver.DBStatusCacheWrite, true)
		w.pages += n
	}
	if w.busy.Load() || w.pages < w.limit {
		return
	}
	w.pages = 0
	w.busy.Store(true)
	w.start <- struct{}{}
}

// copyBack is the goroutine of the copying connection.
func (w *wal) copyBack() {
	var c *conn
	defer func() {
		if c != nil {
			c.close()
		}
	}()
	for {
		select {
		case <-w.start:
		case <-w.stop:
			return
		}
		var err error
		if c == nil {
			c, err = w.open()
		}
		if err == nil {
			w.checkpoint(c)
		} else {
			c = nil
			w.logger.Warn("write-ahead log not copied back", "error", err)
		}
		w.copied <- struct{}{}
	}
}

// finish copies what was committed during the long copy. The writer calls it
// between two transactions.
func (w *wal) finish(c *conn) {
	w.pages = 0
	w.checkpoint(c)
	w.busy.Store(false)
}

// checkpoint copies as much as readers allow. It never waits for them.
func (w *wal) checkpoint(c *conn) {
	start := time.Now()
	if err := c.run("PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		w.logger.Warn("write-ahead log not copied back", "error", err)
		return
	}
	w.logger.Debug("write-ahead log copied back", "took", time.Since(start))
}
