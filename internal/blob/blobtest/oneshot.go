package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// oneShotSizes lie on both sides of every threshold that implementations are
// known to have.
var oneShotSizes = []int{
	0, 1, 4032, 4096, 64 << 10, 128<<10 - 1, 128 << 10, 128<<10 + 1, 256 << 10, 300_001, 1 << 20, 5<<20 + 77,
}

func (s suite) oneShot(t *testing.T) {
	b := s.open(t)
	for _, size := range oneShotSizes {
		for _, hint := range []int64{-1, int64(size), 1} {
			t.Run(fmt.Sprintf("%d bytes, %d expected", size, hint), func(t *testing.T) {
				data := noise(uint64(size), size)
				st := newStage(t, b, newID(), ingest.StageSpec{OneShot: true, Size: hint})
				var seen bytes.Buffer
				accepted := 0
				w, err := st.Write(context.Background(), 0, jerky(data), ingest.WriteSpec{
					Tee: &seen,
					Accept: func(w ingest.Window) error {
						accepted++
						if w != window(0, data) {
							return fmt.Errorf("asked to accept %+v", w)
						}
						return nil
					},
				})
				if err != nil || w != window(0, data) || accepted != 1 {
					t.Fatalf("Write returned %+v, %v and asked %d times", w, err, accepted)
				}
				same(t, "tee", seen.Bytes(), data)
				ref := seal(t, st, data)
				again := seal(t, st, data)
				if diff := cmp.Diff(ref, again); diff != "" {
					t.Fatalf("second Seal differs: %s", diff)
				}
				if err := st.Discard(context.Background()); err != nil {
					t.Fatalf("Discard after Seal: %v", err)
				}
				holds(t, b, ref.Key, data)
				readsEverywhere(t, b, ref.Key, data)
			})
		}
	}
}

// readsEverywhere checks Seek and ReadAt, also past the end.
func readsEverywhere(t *testing.T, b ingest.Blobs, key ingest.BlobKey, data []byte) {
	t.Helper()
	r, err := b.Open(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	middle := int64(len(data) / 2)
	if at, err := r.Seek(middle, io.SeekStart); err != nil || at != middle {
		t.Fatalf("Seek gave %d, %v", at, err)
	}
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "second half", rest, data[middle:])
	p := make([]byte, 10)
	n, err := r.ReadAt(p, max(0, int64(len(data))-3))
	if n != min(3, len(data)) || err != io.EOF {
		t.Fatalf("ReadAt over the end gave %d, %v", n, err)
	}
	same(t, "end", p[:n], data[len(data)-n:])
}

func (s suite) oneShotRefusals(t *testing.T) {
	b := s.open(t)
	refused := errors.New("not these")
	for _, size := range []int{0, 1000, 400_000, 3 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			data := noise(7, size)
			ctx := context.Background()
			for name, c := range map[string]struct {
				body io.Reader
				spec ingest.WriteSpec
				want error
			}{
				"accept refuses": {jerky(data), ingest.WriteSpec{Accept: func(ingest.Window) error { return refused }}, refused},
				"reader fails":   {broken(data), ingest.WriteSpec{}, errBroken},
			} {
				st := newStage(t, b, newID(), ingest.StageSpec{OneShot: true, Size: -1})
				if _, err := st.Write(ctx, 0, c.body, c.spec); err != c.want {
					t.Fatalf("%s: error %v, want %v", name, err, c.want)
				}
				_, err := st.Seal(ctx, int64(size))
				isKind(t, name+": Seal", err, ingest.Conflict)
				if err := st.Discard(ctx); err != nil {
					t.Fatalf("Discard: %v", err)
				}
			}
			st := newStage(t, b, newID(), ingest.StageSpec{OneShot: true, Size: -1})
			write(t, st, 0, data)
			_, err := st.Seal(ctx, int64(size)+1)
			isKind(t, "Seal with another size", err, ingest.Conflict)
			seal(t, st, data)
		})
	}
	if got := blobs(t, b); len(got) != 4 {
		t.Fatalf("%d blobs are listed, want the 4 that were sealed", len(got))
	}
}

func (s suite) oneShotDoesNotSurvive(t *testing.T) {
	b := s.open(t)
	id := newID()
	st := newStage(t, b, id, ingest.StageSpec{OneShot: true, Size: 1 << 20})
	write(t, st, 0, noise(1, 1<<20))
	if got := stages(t, b); len(got) != 0 {
		t.Fatalf("one-shot stages are listed: %v", got)
	}
	b = s.reopen(t, b)
	_, err := b.Stage(context.Background(), id)
	isKind(t, "Stage of a one-shot body after a crash", err, ingest.NotFound)
	if got := blobs(t, b); len(got) != 0 {
		t.Fatalf("unsealed body became a blob: %v", got)
	}
}
