//go:build !linux

package fsblob

import (
	"errors"
	"io"
	"os"
)

// directFlag is 0 where direct writes are not used.
const directFlag = 0

func isUnsupported(err error) bool { return errors.Is(err, errors.ErrUnsupported) }

func syncData(f *os.File) error { return f.Sync() }

func reserve(*os.File, int64) error { return nil }

func punch(*os.File, int64, int64) error { return errors.ErrUnsupported }

func nextData(f *os.File, offset int64) (int64, error) {
	st, err := f.Stat()
	if err == nil && offset >= st.Size() {
		err = io.EOF
	}
	return offset, err
}

func writeBack(*os.File) error { return nil }

func readNarrowly(*os.File) {}

func forgetPages(*os.File) {}

func writeVector(f *os.File, parts [][]byte, offset int64) error {
	for _, p := range parts {
		if _, err := f.WriteAt(p, offset); err != nil {
			return err
		}
		offset += int64(len(p))
	}
	return nil
}

func mapMemory(size int) ([]byte, error) { return make([]byte, size), nil }

func unmapMemory([]byte) {}

func freeBytes(string) (int64, error) { return -1, nil }

func bootID() string { return "" }
