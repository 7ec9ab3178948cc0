package blobtest

import (
	"bytes"
	"context"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// overlappingWritersWait starts a second body for a window whose first body is
// still arriving. The second must neither fail nor finish before the first.
func (s suite) overlappingWritersWait(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	st := newStage(t, b, newID(), ingest.StageSpec{Size: -1})
	first, second := noise(1, 700_000), noise(2, 700_000)
	body, feed := io.Pipe()
	var firstDone atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := st.Write(ctx, 0, body, ingest.WriteSpec{Accept: func(ingest.Window) error {
			firstDone.Store(true)
			return nil
		}})
		if err != nil {
			t.Errorf("first writer: %v", err)
		}
	})
	if _, err := feed.Write(first[:10]); err != nil { // the first body has begun
		t.Fatal(err)
	}
	wg.Go(func() {
		_, err := st.Write(ctx, 0, jerky(second), ingest.WriteSpec{Accept: func(ingest.Window) error {
			if !firstDone.Load() {
				t.Error("the second writer did not wait for the first")
			}
			return nil
		}})
		if err != nil {
			t.Errorf("second writer: %v", err)
		}
	})
	if _, err := feed.Write(first[10:]); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	wg.Wait()
	if diff := cmp.Diff([]ingest.Window{window(0, second)}, windows(t, st)); diff != "" {
		t.Fatalf("Windows: %s", diff)
	}
	holds(t, b, seal(t, st, second).Key, second)
}

// overlappingWritersDoNotMix has many bodies for the same window at once.
func (s suite) overlappingWritersDoNotMix(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	const size, writers = 600_000, 8
	st := newStage(t, b, newID(), ingest.StageSpec{Size: size})
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			if _, err := st.Write(ctx, 0, jerky(bytes.Repeat([]byte{byte(i)}, size)), ingest.WriteSpec{}); err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	got := make([]byte, size)
	if _, err := st.ReadAt(got, 0); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	want := bytes.Repeat(got[:1], size)
	same(t, "window", got, want)
	holds(t, b, seal(t, st, want).Key, want)
}

func (s suite) parallelWindows(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	const parts, size = 24, 500_123 // not a multiple of any block
	data := noise(11, parts*size)
	for _, hint := range []int64{-1, int64(len(data))} {
		st := newStage(t, b, newID(), ingest.StageSpec{Size: hint})
		var wg sync.WaitGroup
		var next atomic.Int64
		for range 8 {
			wg.Go(func() {
				for i := next.Add(1) - 1; i < parts; i = next.Add(1) - 1 {
					part := data[i*size : (i+1)*size]
					if _, err := st.Write(ctx, i*size, jerky(part), ingest.WriteSpec{}); err != nil {
						t.Errorf("part %d: %v", i, err)
					}
				}
			})
		}
		wg.Wait()
		holds(t, b, seal(t, st, data).Key, data)
	}
}

func (s suite) sealTwice(t *testing.T) {
	b := s.open(t)
	data := noise(12, 123_456)
	st := newStage(t, b, newID(), ingest.StageSpec{Size: -1})
	write(t, st, 0, data)
	refs := make([]ingest.BlobRef, 4)
	var wg sync.WaitGroup
	for i := range refs {
		wg.Go(func() { refs[i] = seal(t, st, data) })
	}
	wg.Wait()
	for _, ref := range refs[1:] {
		if diff := cmp.Diff(refs[0], ref); diff != "" {
			t.Fatalf("concurrent Seal differs: %s", diff)
		}
	}
	if got := blobs(t, b); len(got) != 1 || got[0] != refs[0].Key {
		t.Fatalf("blobs %v, want %s once", got, refs[0].Key)
	}
}

func (s suite) sealedStageIsClosed(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	data := noise(13, 5000)
	st := newStage(t, b, newID(), ingest.StageSpec{Size: -1})
	write(t, st, 0, data)
	ref := seal(t, st, data)
	_, err := st.Write(ctx, 0, jerky(noise(14, 5000)), ingest.WriteSpec{})
	isKind(t, "Write after Seal", err, ingest.Conflict)
	_, err = st.Seal(ctx, 4999)
	isKind(t, "Seal with another size after Seal", err, ingest.Conflict)
	if err := st.Discard(ctx); err != nil {
		t.Fatalf("Discard after Seal: %v", err)
	}
	holds(t, b, ref.Key, data)
}
