package fsblob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sluice/internal/ingest"
)

// recover makes the directories and clears up what a crash has left behind.
func (s *Store) recover() error {
	const op = "fsblob.Open"
	st, err := os.Stat(s.root)
	if err == nil && !st.IsDir() {
		err = errors.New("it is not a directory")
	}
	if err != nil {
		return &ingest.Error{Kind: ingest.Internal, Op: op, Msg: "the blob directory cannot be opened", Err: err}
	}
	for _, step := range []func() error{s.makeDirs, s.clearOneShots, s.clearLedgers, s.closeSegments} {
		if err := step(); err != nil {
			return fail(op, fmt.Errorf("recovering the blob directory: %w", err))
		}
	}
	return nil
}

// makeDirs makes every directory that is missing, durably.
func (s *Store) makeDirs() error {
	made := make(map[string]bool)
	dirs := []string{s.staging(), s.oneShots(), s.blobs(), s.segments()}
	for i := range shards {
		dirs = append(dirs, filepath.Join(s.blobs(), fmt.Sprintf("%02x", i)))
	}
	for _, dir := range dirs {
		err := os.Mkdir(dir, 0o700)
		if err == nil {
			made[filepath.Dir(dir)] = true
		} else if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	for dir := range made {
		if err := s.dirs.wait(dir); err != nil {
			return err
		}
	}
	return nil
}

// clearOneShots removes bodies whose request ended with the process.
func (s *Store) clearOneShots() error {
	return eachName(context.Background(), "fsblob.Open", s.oneShots(), func(name string) error {
		return os.Remove(filepath.Join(s.oneShots(), name))
	})
}

// clearLedgers removes ledgers whose file was sealed or discarded.
func (s *Store) clearLedgers() error {
	return eachName(context.Background(), "fsblob.Open", s.staging(), func(name string) error {
		id, ok := strings.CutSuffix(name, ledgerSuffix)
		if !ok {
			return nil
		}
		if _, err := os.Lstat(s.part(ingest.StageID(id))); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.Remove(filepath.Join(s.staging(), name))
	})
}

// closeSegments ends segments that were open. New records go into a new one, so
// nothing is ever written behind what a crash may have torn. Segments that were
// closed are removed if the crash came between their last record and them.
func (s *Store) closeSegments() error {
	return eachName(context.Background(), "fsblob.Open", s.segments(), func(name string) error {
		id, ok := parseSegmentName(name)
		switch {
		case !ok:
			return nil
		case strings.HasSuffix(name, openSuffix):
			return s.closeSegment(id)
		}
		return s.dropIfEmpty(id)
	})
}
