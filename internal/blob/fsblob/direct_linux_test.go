package fsblob

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func isDirect(t testing.TB, f *os.File) bool {
	t.Helper()
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil {
		t.Error(err)
	}
	return flags&unix.O_DIRECT != 0
}
