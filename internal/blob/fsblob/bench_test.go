package fsblob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"sluice/internal/ingest"
)

// socketReader gives bytes in the portions in which a busy socket does.
type socketReader struct {
	block []byte
	left  int64
}

func newSocketReader(size int64) *socketReader {
	block := make([]byte, 192<<10)
	for i := range block {
		block[i] = byte(i * 31 >> 3)
	}
	return &socketReader{block: block, left: size}
}

func (r *socketReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), r.left)], r.block)
	r.left -= int64(n)
	return n, nil
}

func benchStore(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func storeOneShot(b *testing.B, s *Store, id string, size int64, tee io.Writer) ingest.BlobRef {
	b.Helper()
	ctx := context.Background()
	st, err := s.NewStage(ctx, ingest.StageID(id), ingest.StageSpec{OneShot: true, Size: size})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := st.Write(ctx, 0, newSocketReader(size), ingest.WriteSpec{Tee: tee}); err != nil {
		b.Fatal(err)
	}
	ref, err := st.Seal(ctx, size)
	if err != nil {
		b.Fatal(err)
	}
	return ref
}

// BenchmarkLarge stores one body of 1 GiB durably.
func BenchmarkLarge(b *testing.B) {
	for _, hashed := range []bool{false, true} {
		b.Run(fmt.Sprintf("sha256=%v", hashed), func(b *testing.B) {
			s := benchStore(b)
			const size = 1 << 30
			b.SetBytes(size)
			for i := 0; b.Loop(); i++ {
				var tee io.Writer
				if hashed {
					tee = sha256.New()
				}
				ref := storeOneShot(b, s, fmt.Sprintf("large-%d", i), size, tee)
				b.StopTimer()
				if err := s.Delete(context.Background(), ref.Key); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

// BenchmarkParts stores 1 GiB in windows of 8 MiB, by one client and by eight.
func BenchmarkParts(b *testing.B) {
	for _, clients := range []int{1, 8} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			s := benchStore(b)
			const size, part = 1 << 30, 8 << 20
			ctx := context.Background()
			b.SetBytes(size)
			for i := 0; b.Loop(); i++ {
				st, err := s.NewStage(ctx, ingest.StageID(fmt.Sprintf("parts-%d", i)), ingest.StageSpec{Size: size})
				if err != nil {
					b.Fatal(err)
				}
				var next atomic.Int64
				var wg sync.WaitGroup
				for range clients {
					wg.Go(func() {
						for at := next.Add(part) - part; at < size; at = next.Add(part) - part {
							if _, err := st.Write(ctx, at, newSocketReader(part), ingest.WriteSpec{}); err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
				ref, err := st.Seal(ctx, size)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := s.Delete(ctx, ref.Key); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

// BenchmarkSmall stores files of 64 KiB durably from 16 writers.
func BenchmarkSmall(b *testing.B) {
	s := benchStore(b)
	ctx := context.Background()
	data := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var n atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 16 {
		wg.Go(func() {
			for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
				st, err := s.NewStage(ctx, ingest.StageID(fmt.Sprintf("small-%d", i)), ingest.StageSpec{OneShot: true, Size: -1})
				if err != nil {
					b.Error(err)
					return
				}
				if _, err := st.Write(ctx, 0, bytes.NewReader(data), ingest.WriteSpec{}); err != nil {
					b.Error(err)
				}
				if _, err := st.Seal(ctx, int64(len(data))); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "files/s")
}
