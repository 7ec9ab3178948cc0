package main

import (
	"crypto/sha256"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// preallocateFrom is the size in bytes from which the direct modes reserve the
// space of a file before writing it.
const preallocateFrom = 1 << 20

// store does what the mode says with the body and returns its SHA-256 in the
// modes that compute one.
func (h *bareHandler) store(name string, r *http.Request) ([]byte, error) {
	var sum hash.Hash
	if h.mode == modeHashSync || h.mode == modeDirectHash {
		sum = sha256.New()
	}
	var err error
	switch h.mode {
	case modeDiscard:
		err = h.copy(io.Discard, r.Body)
	case modeWrite:
		err = h.write(filepath.Join(h.dir, name), r.Body)
	case modeSync, modeHashSync:
		err = h.durable(name, 0, func(f *os.File) error {
			if sum == nil {
				return h.copy(f, r.Body)
			}
			return copyBeside(h.buffers, r.Body, r.ContentLength, f.Write, sum.Write)
		})
	case modeDirect, modeDirectHash:
		err = h.durable(name, unix.O_DIRECT, func(f *os.File) error {
			if r.ContentLength >= preallocateFrom {
				// Only a hint: not every file system can reserve space.
				_ = unix.Fallocate(int(f.Fd()), 0, 0, r.ContentLength)
			}
			write := directWriter{file: f}.Write
			if sum == nil {
				return copyBeside(h.buffers, r.Body, r.ContentLength, write)
			}
			return copyBeside(h.buffers, r.Body, r.ContentLength, write, sum.Write)
		})
	}
	if err != nil || sum == nil {
		return nil, err
	}
	return sum.Sum(nil), nil
}

// copy moves src to dst through one pooled buffer.
func (h *bareHandler) copy(dst io.Writer, src io.Reader) error {
	buf := h.buffers.take()
	defer h.buffers.give(buf)
	// The wrapper hides ReadFrom, which would use a small buffer of its own.
	_, err := io.CopyBuffer(struct{ io.Writer }{dst}, src, buf)
	return err
}

// write stores src under path without any sync.
func (h *bareHandler) write(path string, src io.Reader) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := h.copy(f, src); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// durable lets fill write a hidden file, syncs its data, renames it to name
// and syncs the directory. A failed file is removed.
func (h *bareHandler) durable(name string, flag int, fill func(*os.File) error) error {
	part := filepath.Join(h.dir, "."+name+".part")
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|flag, 0o644)
	if err != nil {
		return err
	}
	err = fill(f)
	if err == nil {
		err = unix.Fdatasync(int(f.Fd()))
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(part, filepath.Join(h.dir, name))
	}
	if err != nil {
		_ = os.Remove(part)
		return err
	}
	return syncDirectory(h.dir)
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}

// directWriter writes to a file that was opened with O_DIRECT. A buffer whose
// length is not a multiple of the alignment can only be the last one: O_DIRECT
// is then taken off the file.
type directWriter struct{ file *os.File }

func (w directWriter) Write(p []byte) (int, error) {
	if len(p)%alignment != 0 {
		if _, err := unix.FcntlInt(w.file.Fd(), unix.F_SETFL, 0); err != nil {
			return 0, os.NewSyscallError("fcntl", err)
		}
	}
	return w.file.Write(p)
}
