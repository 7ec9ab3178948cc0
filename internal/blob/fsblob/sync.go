package fsblob

import (
	"errors"
	"syscall"
	"time"

	"sluice/internal/ingest"
)

// syncAfter is how old unsynced windows of an open upload may become before the
// next window makes them be synced.
const syncAfter = 30 * time.Second

// considerSync begins a sync in the background when much is unsynced, or
// something has been for long. The caller has st.mu.
func (st *stage) considerSync() {
	s := st.store
	if st.syncing || s.closed.Load() {
		return
	}
	if st.unsynced < s.opts.SyncEvery && s.now().Sub(st.syncedAt) < syncAfter {
		return
	}
	st.syncing = true
	st.users++
	st.unsynced = 0
	st.syncedAt = s.now()
	upTo := st.ledger.end
	s.wg.Go(func() {
		defer st.leave()
		st.syncTo(upTo)
	})
}

// syncTo makes the windows durable that were recorded before a ledger position,
// and says so in the ledger.
func (st *stage) syncTo(upTo int64) {
	err := st.store.disk.sync(st.part.f)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.syncing = false
	if err != nil {
		_ = st.breakDown("fsblob.Write", err)
		return
	}
	st.store.crash("stage.background-synced")
	if st.state != taking {
		return
	}
	err = st.append(entry{syncedRecord, ingest.Window{Offset: upTo}})
	if err == nil {
		err = st.store.disk.sync(st.ledger.f)
	}
	if err != nil {
		st.store.opts.Logger.Warn("sync of an open upload was not recorded", "stage", st.id, "error", err)
	}
}

// breakDown ends a stage whose sync failed. The kernel may have dropped the
// pages and calls them clean, so a second sync would prove nothing. Stages that
// have ended are left alone. The caller has st.mu.
func (st *stage) breakDown(op string, cause error) error {
	st.store.opts.Logger.Error("sync failed; the upload is lost", "stage", st.id, "error", cause)
	if st.state == taking || st.state == sealing {
		st.state = broken
		if st.part != nil {
			_ = st.append(entry{kind: damagedRecord})
		}
	}
	return damaged(op, cause)
}

// writeFailed turns the failure of a window into the error to return. An I/O
// error in write-back may belong to windows that were recorded before.
func (st *stage) writeFailed(op string, err error) error {
	if errors.Is(err, syscall.EIO) {
		st.mu.Lock()
		defer st.mu.Unlock()
		return st.breakDown(op, err)
	}
	return copyFailed(op, err)
}

// copyFailed tells failures of the disk from those of a tee, which are returned
// as they are.
func copyFailed(op string, err error) error {
	if _, ok := errors.AsType[syscall.Errno](err); ok {
		return fail(op, err)
	}
	return err
}
