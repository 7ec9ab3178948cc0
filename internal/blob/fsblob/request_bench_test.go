package fsblob

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sluice/internal/ingest"
)

// BenchmarkRequest compares one body of 1 GiB over HTTP, with and without
// SHA-256, into the store with a bare handler that writes past the page cache.
// Run it with -count: the two must be measured next to each other.
func BenchmarkRequest(b *testing.B) {
	const size = 1 << 30
	for _, hashed := range []bool{false, true} {
		dir := b.TempDir()
		s, err := Open(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		for name, take := range map[string]func(io.Reader, hash.Hash) error{
			"bare":  func(r io.Reader, h hash.Hash) error { return bareCopy(filepath.Join(dir, "bare"), r, h) },
			"store": func(r io.Reader, h hash.Hash) error { return storeCopy(s, r, size, h) },
		} {
			b.Run(fmt.Sprintf("%s/sha256=%v", name, hashed), func(b *testing.B) {
				srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					var h hash.Hash
					if hashed {
						h = sha256.New()
					}
					if err := take(r.Body, h); err != nil {
						http.Error(w, err.Error(), 500)
					}
				}))
				defer srv.Close()
				b.SetBytes(size)
				for b.Loop() {
					req, _ := http.NewRequest(http.MethodPut, srv.URL, newSocketReader(size))
					req.ContentLength = size
					resp, err := http.DefaultClient.Do(req)
					if err != nil || resp.StatusCode != 200 {
						b.Fatal(resp, err)
					}
					resp.Body.Close()
				}
			})
		}
	}
}

func storeCopy(s *Store, r io.Reader, size int64, h hash.Hash) error {
	st, err := s.NewStage(context.Background(), "bench", ingest.StageSpec{OneShot: true, Size: size})
	if err != nil {
		return err
	}
	spec := ingest.WriteSpec{}
	if h != nil {
		spec.Tee = h
	}
	if _, err := st.Write(context.Background(), 0, r, spec); err != nil {
		return err
	}
	ref, err := st.Seal(context.Background(), size)
	if err != nil {
		return err
	}
	return s.Delete(context.Background(), ref.Key)
}

// bareCopy is the least that a handler can do: two buffers, a goroutine that
// writes them directly, one sync.
func bareCopy(path string, r io.Reader, h hash.Hash) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|directFlag, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	defer f.Close()
	free, full := make(chan []byte, 2), make(chan []byte, 2)
	for range 2 {
		mem, err := mapMemory(1 << 20)
		if err != nil {
			return err
		}
		defer unmapMemory(mem)
		free <- mem
	}
	done := make(chan error, 1)
	go func() {
		var failed error
		for p := range full {
			if failed == nil {
				_, failed = f.Write(p)
			}
			free <- p[:cap(p)]
		}
		done <- failed
	}()
	for err == nil {
		p := <-free
		var n int
		if n, err = io.ReadFull(r, p); n > 0 {
			if h != nil {
				h.Write(p[:n])
			}
			full <- p[:n]
		}
	}
	close(full)
	if failed := <-done; failed != nil {
		return failed
	}
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	return f.Sync()
}

// BenchmarkMemory takes 32 bodies of 64 MiB at once and reports the most memory
// that the process had.
func BenchmarkMemory(b *testing.B) {
	s := benchStore(b)
	for i := 0; b.Loop(); i++ {
		var wg sync.WaitGroup
		for j := range 32 {
			wg.Go(func() {
				ref := storeOneShot(b, s, fmt.Sprintf("m-%d-%d", i, j), 64<<20, nil)
				if err := s.Delete(context.Background(), ref.Key); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("needs /proc")
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			b.ReportMetric(float64(kb)/1024, "peak-MiB")
		}
	}
}
