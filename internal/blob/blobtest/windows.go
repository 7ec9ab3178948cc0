package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func (s suite) windowsInAnyOrder(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	data := noise(3, 3_000_000)
	for _, size := range []int64{-1, int64(len(data)), 10} {
		st := newStage(t, b, newID(), ingest.StageSpec{Size: size})
		if got := windows(t, st); len(got) != 0 {
			t.Fatalf("new stage has windows %+v", got)
		}
		write(t, st, 2_000_000, data[2_000_000:])
		write(t, st, 0, data[:4096])
		write(t, st, 4097, data[4097:1_000_000])
		write(t, st, 500, nil)
		want := []ingest.Window{window(0, data[:4096]), window(4097, data[4097:1_000_000]), window(2_000_000, data[2_000_000:])}
		if diff := cmp.Diff(want, windows(t, st)); diff != "" {
			t.Fatalf("Windows: %s", diff)
		}
		_, err := st.Seal(ctx, int64(len(data)))
		isKind(t, "Seal with gaps", err, ingest.Conflict)
		if diff := cmp.Diff(want, windows(t, st)); diff != "" {
			t.Fatalf("a refused Seal changed the windows: %s", diff)
		}
		got := make([]byte, 1000)
		if _, err := st.ReadAt(got, 2_000_100); err != nil {
			t.Fatalf("ReadAt: %v", err)
		}
		same(t, "ReadAt", got, data[2_000_100:2_001_100])
		write(t, st, 1_000_000, data[1_000_000:2_000_000])
		write(t, st, 4096, data[4096:4097])
		if diff := cmp.Diff([]ingest.Window{window(0, data)}, windows(t, st)); diff != "" {
			t.Fatalf("Windows: %s", diff)
		}
		for _, wrong := range []int64{0, int64(len(data)) - 1, int64(len(data)) + 1} {
			_, err := st.Seal(ctx, wrong)
			isKind(t, "Seal with another size", err, ingest.Conflict)
		}
		ref := seal(t, st, data)
		holds(t, b, ref.Key, data)
	}
	empty := newStage(t, b, newID(), ingest.StageSpec{Size: 0})
	holds(t, b, seal(t, empty, nil).Key, nil)
}

func (s suite) rewrite(t *testing.T) {
	b := s.open(t)
	for _, size := range []int{5, 10_000, 900_000} {
		st := newStage(t, b, newID(), ingest.StageSpec{Size: int64(2 * size)})
		first, second, third := noise(1, size), noise(2, size), noise(3, size)
		write(t, st, 0, first)
		write(t, st, int64(size), second)
		underRewrite := func(ingest.Window) error {
			for _, w := range windows(t, st) {
				if w.Offset < int64(size) {
					t.Errorf("window under rewrite counts: %+v", w)
				}
			}
			return nil
		}
		if _, err := st.Write(context.Background(), 0, jerky(third), ingest.WriteSpec{Accept: underRewrite}); err != nil {
			t.Fatal(err)
		}
		all := append(bytes.Clone(third), second...)
		if diff := cmp.Diff([]ingest.Window{window(0, all)}, windows(t, st)); diff != "" {
			t.Fatalf("Windows: %s", diff)
		}
		holds(t, b, seal(t, st, all).Key, all)
	}
}

func (s suite) accept(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	refused := errors.New("the digest does not match")
	for _, size := range []int{1, 50_000, 2_000_000} {
		data := noise(4, size)
		st := newStage(t, b, newID(), ingest.StageSpec{Size: -1})
		asked := 0
		_, err := st.Write(ctx, 100, jerky(data), ingest.WriteSpec{Accept: func(w ingest.Window) error {
			asked++
			if w != window(100, data) {
				t.Errorf("asked to accept %+v", w)
			}
			return refused
		}})
		if err != refused || asked != 1 {
			t.Fatalf("error %v after being asked %d times, want the refusal after one", err, asked)
		}
		if got := windows(t, st); len(got) != 0 {
			t.Fatalf("refused window was recorded: %+v", got)
		}
		write(t, st, 0, data)
		seal(t, st, data)
	}
}

func (s suite) readerFails(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	for _, size := range []int{0, 1, 70_000, 2_500_001} {
		data := noise(5, size)
		st := newStage(t, b, newID(), ingest.StageSpec{Size: -1})
		if w, err := st.Write(ctx, 0, broken(data), ingest.WriteSpec{}); err != errBroken || w.Length != 0 {
			t.Fatalf("Write gave %+v, %v, want the reader's error", w, err)
		}
		if got := windows(t, st); len(got) != 0 {
			t.Fatalf("%d bytes of a broken body were recorded: %+v", size, got)
		}
		w, err := st.Write(ctx, 0, broken(data), ingest.WriteSpec{KeepPartial: true})
		if err != errBroken || w != window(0, data) {
			t.Fatalf("Write gave %+v, %v, want what had arrived and the reader's error", w, err)
		}
		var want []ingest.Window
		if size > 0 {
			want = []ingest.Window{window(0, data)}
		}
		if diff := cmp.Diff(want, windows(t, st)); diff != "" {
			t.Fatalf("Windows: %s", diff)
		}
		more := noise(6, 1000)
		write(t, st, int64(size), more)
		all := append(bytes.Clone(data), more...)
		holds(t, b, seal(t, st, all).Key, all)
	}
}

func (s suite) cancel(t *testing.T) {
	b := s.open(t)
	stop := errors.New("taken over")
	for _, keep := range []bool{false, true} {
		data := noise(8, 1_500_000)
		st := newStage(t, b, newID(), ingest.StageSpec{Size: -1})
		ctx, cancel := context.WithCancelCause(context.Background())
		body := io.MultiReader(bytes.NewReader(data), readFunc(func(p []byte) (int, error) {
			cancel(stop)
			p[0] = 1
			return 1, nil
		}))
		w, err := st.Write(ctx, 0, body, ingest.WriteSpec{KeepPartial: keep})
		if !errors.Is(err, stop) {
			t.Fatalf("error %v, want the cause of the cancellation", err)
		}
		got := windows(t, st)
		if !keep {
			if len(got) != 0 || w.Length != 0 {
				t.Fatalf("cancelled body was recorded: %+v", got)
			}
			continue
		}
		if len(got) != 1 || got[0] != w || w.Length < int64(len(data)) {
			t.Fatalf("windows %+v and %+v, want all that had arrived", got, w)
		}
		p := make([]byte, len(data))
		if _, err := st.ReadAt(p, 0); err != nil {
			t.Fatal(err)
		}
		same(t, "kept bytes", p, data)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func (s suite) tee(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	data := noise(9, 2_345_678)
	st := newStage(t, b, newID(), ingest.StageSpec{Size: -1})
	var seen bytes.Buffer
	if _, err := st.Write(ctx, 777, jerky(data), ingest.WriteSpec{Tee: &seen}); err != nil {
		t.Fatal(err)
	}
	same(t, "tee", seen.Bytes(), data)
	full := errors.New("tee is full")
	calls := 0
	_, err := st.Write(ctx, 777, jerky(data), ingest.WriteSpec{Tee: writeFunc(func(p []byte) (int, error) {
		if calls++; calls > 1 {
			return 0, full
		}
		return len(p), nil
	})})
	if err != full {
		t.Fatalf("error %v, want the tee's", err)
	}
}

type writeFunc func([]byte) (int, error)

func (f writeFunc) Write(p []byte) (int, error) { return f(p) }
