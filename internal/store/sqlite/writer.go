package sqlite

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"sluice/internal/ingest"
	"sluice/internal/store/sqlstore"
)

// A batch ends with these many updates, or when they have run for so long.
const (
	batchUpdates = 256
	batchTime    = 20 * time.Millisecond
)

// writer runs all updates. Its goroutine owns everything from conn on.
type writer struct {
	dialect *sqlstore.Dialect
	logger  *slog.Logger
	queue   chan *update
	stopped chan struct{} // closed when the goroutine has ended for good

	commits atomic.Int64

	conn  *conn
	wal   *wal
	batch []*update // those whose answer waits for the commit
	dirty bool      // an earlier update of the batch has written
	wrote bool      // the present update has written
	saved bool      // the present update has a savepoint
	wary  bool      // updates of this batch get savepoints, because one has failed after writing
}

// startWriter opens the writing connection and starts the goroutines.
func (s *Store) startWriter() error {
	// In-memory temporary storage keeps the undo log of savepoints off the disk.
	c, err := openConn(s.path, s.opts.BusyTimeout, "cache_size(-4096)", "temp_store(MEMORY)")
	if err != nil {
		return err
	}
	w := &writer{
		dialect: s.dialect, logger: s.opts.Logger, conn: c,
		queue: make(chan *update, batchUpdates), stopped: make(chan struct{}),
		wal: newWAL(s),
	}
	c.beforeWrite = w.savepoint
	s.writer = w
	s.workers.Go(w.wal.copyBack)
	s.workers.Add(1)
	go w.loop(s)
	return nil
}

// loop runs batches until the store closes and no update waits.
func (w *writer) loop(s *Store) {
	ended := false
	defer func() {
		if !ended { // a closure called runtime.Goexit, which ends this goroutine
			w.abort(errors.New("an update ended its goroutine"))
			go w.loop(s)
			return
		}
		close(w.stopped)
		s.workers.Done()
	}()
	for {
		select {
		case u := <-w.queue:
			w.commit(u)
		case <-w.wal.copied:
			w.wal.finish(w.conn)
		case <-s.closing:
			for u := w.next(); u != nil; u = w.next() {
				w.commit(u)
			}
			ended = true
			return
		}
	}
}

// next returns an update that waits already, or nil.
func (w *writer) next() *update {
	select {
	case u := <-w.queue:
		return u
	default:
		return nil
	}
}

// commit runs first and the updates that wait in one transaction and answers
// them when it is on stable storage.
func (w *writer) commit(first *update) {
	if err := w.begin(); err != nil {
		w.refuse(first, err)
		return
	}
	start := time.Now()
	for u := first; u != nil; u = w.next() {
		if u.taken.CompareAndSwap(false, true) {
			w.batch = append(w.batch, u)
			w.run(u)
		}
		if w.conn.broken != nil {
			w.abort(w.conn.broken)
			return
		}
		if len(w.batch) >= batchUpdates || time.Since(start) >= batchTime {
			break
		}
	}
	if err := w.conn.run("COMMIT"); err != nil {
		w.abort(err)
		return
	}
	w.commits.Add(1)
	w.wal.committed(w.conn)
	w.answer(nil)
}

func (w *writer) begin() error {
	w.dirty, w.wary, w.conn.broken = false, false, nil
	return w.conn.run("BEGIN IMMEDIATE")
}

// refuse fails an update and all that wait: the database cannot be locked.
func (w *writer) refuse(first *update, err error) {
	for u := first; u != nil; u = w.next() {
		if u.taken.CompareAndSwap(false, true) {
			w.batch = append(w.batch, u)
		}
	}
	w.answer(err)
}

// abort undoes the batch and fails all of it, also those that had failed by
// themselves: what they saw has not come to be.
func (w *writer) abort(err error) {
	w.conn.end()
	if e := w.conn.run("ROLLBACK"); e != nil {
		w.logger.Debug("database rolled back by itself", "cause", err)
	}
	w.logger.Error("database update failed", "updates", len(w.batch), "error", err)
	w.answer(err)
}

// answer gives each update of the batch the failure of the batch, or its own.
func (w *writer) answer(failure error) {
	if failure != nil {
		failure = w.dialect.Error("sqlite.Update", "", failure)
		if ingest.KindOf(failure) != ingest.Unavailable { // it says nothing about any one update
			failure = &ingest.Error{Kind: ingest.Internal, Op: "sqlite.Update", Err: failure}
		}
	}
	for i, u := range w.batch {
		if failure != nil {
			u.err = failure
		}
		u.done <- u.err
		w.batch[i] = nil
	}
	w.batch = w.batch[:0]
}

// run runs one update and undoes it when it fails.
func (w *writer) run(u *update) {
	if err := u.ctx.Err(); err != nil {
		u.err = errGivenUp("sqlite.Update", err)
		return
	}
	w.wrote, w.saved = false, false
	w.conn.begin(u.ctx)
	u.err = w.call(u)
	w.conn.ctx = nil
	if w.conn.broken != nil {
		return
	}
	u.wrote = w.wrote
	if err := w.settle(u.err == nil); err != nil {
		w.conn.broken = err
	}
}

// rerun undoes the whole batch and runs again, each with a savepoint, the
// updates that had written. They ran before the failed one, so they see what
// they saw. Updates that fail after they have written are rare
// enough that this costs less than a savepoint for each of all.
func (w *writer) rerun() error {
	if err := w.conn.run("ROLLBACK"); err != nil {
		return err
	}
	if err := w.conn.run("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	w.dirty, w.wary = false, true
	for _, u := range w.batch {
		if u.err == nil && u.wrote {
			w.run(u)
		}
		if w.conn.broken != nil {
			return w.conn.broken
		}
	}
	return nil
}

// call runs the closure and turns a panic into an error.
func (w *writer) call(u *update) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.logger.Error("database update panicked", "panic", p, "stack", string(debug.Stack()))
			err = &ingest.Error{Kind: ingest.Internal, Op: "sqlite.Update", Err: fmt.Errorf("panic: %v", p)}
		}
	}()
	return u.fn(sqlstore.NewTx(w.conn, w.dialect))
}

// savepoint is called before each statement of an update that may write. The
// first update of a batch to write needs no savepoint: undoing it undoes all.
// The others get one only in a wary batch.
func (w *writer) savepoint() error {
	if w.wrote {
		return nil
	}
	w.wrote = true
	if !w.dirty || !w.wary {
		return nil
	}
	w.saved = true
	return w.conn.run("SAVEPOINT u")
}

// settle keeps or undoes what the present update wrote.
func (w *writer) settle(keep bool) error {
	switch {
	case !w.wrote:
		return nil
	case keep && w.saved:
		return w.conn.run("RELEASE u")
	case keep:
		w.dirty = true
		return nil
	case w.saved:
		if err := w.conn.run("ROLLBACK TO u"); err != nil {
			return err
		}
		return w.conn.run("RELEASE u")
	case w.dirty:
		return w.rerun()
	}
	if err := w.conn.run("ROLLBACK"); err != nil {
		return err
	}
	return w.conn.run("BEGIN IMMEDIATE")
}

// close empties the write-ahead log and closes the connection.
func (w *writer) close() error {
	if err := w.conn.run("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		w.logger.Warn("write-ahead log not emptied", "error", err)
	}
	if err := w.conn.close(); err != nil {
		return w.dialect.Error("sqlite.Close", "", err)
	}
	return nil
}
