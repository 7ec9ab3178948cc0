package fsblob

import (
	"errors"
	"io"

	"sluice/internal/ingest"
)

// load opens the files of a stage and reads its ledger. The caller has st.mu.
func (st *stage) load() error {
	s := st.store
	if err := st.openFiles(0); err != nil {
		return err
	}
	var boot entry
	lost := false
	err := st.ledger.replay(func(e entry, position int64) {
		switch e.kind {
		case bootRecord:
			boot = e
		case damagedRecord:
			lost = true
		}
		st.cov.apply(e, position)
	})
	id := s.opts.BootID()
	if err == nil && !lost && (id == "" || boot.Window != bootMark(id)) {
		err = st.verify(id)
	}
	if err != nil {
		st.closeFiles()
		return err
	}
	if lost {
		st.state = broken
	}
	st.syncedAt = s.now()
	st.unsynced = 0
	return nil
}

// verify is for a stage that another boot of the machine has written: what was
// not synced then may be gone, or there in part. Windows that are not what their
// checksum says are dropped.
func (st *stage) verify(boot string) error {
	buf := st.store.buffers.first()
	defer buf.put()
	for _, p := range st.cov.overlapping(0, maxOffset) {
		if st.cov.synced(p) {
			continue
		}
		crc, err := crcOfRange(st.part.reader(), p.Offset, p.Length, buf.mem)
		if err == nil && crc == p.CRC32C {
			continue
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			st.store.opts.Logger.Warn("window cannot be read", "stage", st.id, "offset", p.Offset, "error", err)
		}
		st.store.opts.Logger.Warn("window was lost with the machine's last boot", "stage", st.id, "offset", p.Offset, "length", p.Length)
		if err := st.append(entry{missingRecord, ingest.Window{Offset: p.Offset, Length: p.Length}}); err != nil {
			return err
		}
	}
	// What was just read came from the disk, so it is synced.
	if err := st.append(entry{syncedRecord, ingest.Window{Offset: st.ledger.end}}); err != nil {
		return err
	}
	if err := st.append(entry{bootRecord, bootMark(boot)}); err != nil {
		return err
	}
	return st.store.disk.sync(st.ledger.f)
}
