package fsblob

import (
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const directFlag = unix.O_DIRECT

// isUnsupported reports whether a file system refused a call that it could do without.
func isUnsupported(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS)
}

func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// syncData flushes a file's bytes and what is needed to find them again.
func syncData(f *os.File) error {
	return os.NewSyscallError("fdatasync", retry(func() error { return unix.Fdatasync(int(f.Fd())) }))
}

// reserve allocates the first size bytes of f; f is at least that long after
// it. File systems that cannot reserve are left alone.
func reserve(f *os.File, size int64) error {
	err := retry(func() error { return unix.Fallocate(int(f.Fd()), 0, 0, size) })
	if isUnsupported(err) {
		return nil
	}
	return os.NewSyscallError("fallocate", err)
}

// punch gives the space of a range back; it reads as zeros afterwards.
func punch(f *os.File, offset, length int64) error {
	err := retry(func() error {
		return unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, offset, length)
	})
	return os.NewSyscallError("fallocate", err)
}

// nextData returns where data begins at or after offset, or io.EOF when only a
// hole follows.
func nextData(f *os.File, offset int64) (int64, error) {
	at, err := unix.Seek(int(f.Fd()), offset, unix.SEEK_DATA)
	switch {
	case errors.Is(err, unix.ENXIO):
		return 0, io.EOF
	case isUnsupported(err):
		return offset, nil
	}
	return at, os.NewSyscallError("lseek", err)
}

// writeBack waits for write-back of f that was started before and starts it for
// what has become dirty since, so that dirty pages stay few.
func writeBack(f *os.File) error {
	err := retry(func() error {
		return unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WAIT_BEFORE|unix.SYNC_FILE_RANGE_WRITE)
	})
	if isUnsupported(err) || errors.Is(err, unix.ESPIPE) {
		return nil
	}
	return os.NewSyscallError("sync_file_range", err)
}

// readNarrowly keeps the kernel from reading ahead in f. Pages that were read
// ahead could hold blocks that a direct write is about to replace.
func readNarrowly(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_RANDOM)
}

// forgetPages takes clean pages of f out of the page cache.
func forgetPages(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}

// writeVector writes the parts one after the other from offset on.
func writeVector(f *os.File, parts [][]byte, offset int64) error {
	for len(parts) > 0 {
		n, err := unix.Pwritev(int(f.Fd()), parts, offset)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return os.NewSyscallError("pwritev", err)
		}
		if n == 0 {
			return io.ErrShortWrite
		}
		offset += int64(n)
		for len(parts) > 0 && n >= len(parts[0]) {
			n -= len(parts[0])
			parts = parts[1:]
		}
		if n > 0 {
			parts = append([][]byte{parts[0][n:]}, parts[1:]...)
		}
	}
	return nil
}

// mapMemory returns size bytes that begin on a page and lie outside the Go heap.
func mapMemory(size int) ([]byte, error) {
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	return mem, os.NewSyscallError("mmap", err)
}

func unmapMemory(mem []byte) { _ = unix.Munmap(mem) }

// freeBytes returns what an unprivileged process can still store under dir.
func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := retry(func() error { return unix.Statfs(dir, &st) }); err != nil {
		return 0, os.NewSyscallError("statfs", err)
	}
	return int64(st.Bavail) * st.Bsize, nil
}

func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
