package faultblob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"sluice/internal/blob/blobtest"
	"sluice/internal/blob/fsblob"
	"sluice/internal/ingest"
)

func open(t testing.TB, dir string) *fsblob.Store {
	t.Helper()
	inner, err := fsblob.Open(dir, fsblob.Options{SmallFile: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inner.Close() })
	return inner
}

// Without faults the decorator must not be noticed.
func TestConformance(t *testing.T) {
	dirs := make(map[ingest.Blobs]string)
	start := func(t testing.TB, dir string) ingest.Blobs {
		s := New(open(t, dir))
		dirs[s] = dir
		return s
	}
	blobtest.Test(t,
		func(t testing.TB) ingest.Blobs { return start(t, t.TempDir()) },
		blobtest.Options{Reopen: func(t testing.TB, old ingest.Blobs) ingest.Blobs {
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			return start(t, dirs[old])
		}},
	)
}

var errLost = errors.New("lost")

// calls makes each call of the port once on a fresh stage and blob, and returns
// what it answered.
func calls(t *testing.T, s *Store) map[Op]func() error {
	t.Helper()
	ctx := context.Background()
	st, err := s.NewStage(ctx, "a", ingest.StageSpec{Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Write(ctx, 0, bytes.NewReader([]byte("0123456789")), ingest.WriteSpec{}); err != nil {
		t.Fatal(err)
	}
	done, err := s.NewStage(ctx, "b", ingest.StageSpec{Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := done.Write(ctx, 0, bytes.NewReader([]byte("0123456789")), ingest.WriteSpec{}); err != nil {
		t.Fatal(err)
	}
	ref, err := done.Seal(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(ctx, ref.Key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return map[Op]func() error{
		NewStage: func() error { _, err := s.NewStage(ctx, "c", ingest.StageSpec{Size: -1}); return err },
		Stage:    func() error { _, err := s.Stage(ctx, "a"); return err },
		Stages:   func() error { return s.Stages(ctx, func(ingest.StageID) error { return nil }) },
		Open: func() error {
			r, err := s.Open(ctx, ref.Key)
			if err == nil {
				err = r.Close()
			}
			return err
		},
		List: func() error { return s.Blobs(ctx, func(ingest.BlobKey) error { return nil }) },
		Free: func() error { _, err := s.Free(ctx); return err },
		Write: func() error {
			_, err := st.Write(ctx, 10, bytes.NewReader([]byte("x")), ingest.WriteSpec{})
			return err
		},
		Windows: func() error { _, err := st.Windows(ctx); return err },
		ReadAt:  func() error { _, err := st.ReadAt(make([]byte, 5), 0); return err },
		Read:    func() error { _, err := r.ReadAt(make([]byte, 5), 0); return err },
		Delete:  func() error { return s.Delete(ctx, ref.Key) },
		Seal:    func() error { _, err := st.Seal(ctx, 11); return err },
		Discard: func() error { return st.Discard(ctx) },
	}
}

// order is one in which every call of calls can succeed.
var order = []Op{NewStage, Stage, Stages, Open, List, Free, Write, Windows, ReadAt, Read, Delete, Seal, Discard}

func TestNthCallFails(t *testing.T) {
	s := New(open(t, t.TempDir()))
	all := calls(t, s)
	for _, op := range order {
		before := s.Calls(op)
		s.Inject(Fault{Op: op, Err: errLost})
		if err := all[op](); err != errLost {
			t.Errorf("%s: %v, want the fault", op, err)
		}
		if err := all[op](); err != nil {
			t.Errorf("%s after the fault: %v", op, err)
		}
		if n := s.Calls(op) - before; n != 2 {
			t.Errorf("%s: %d calls were counted, want 2", op, n)
		}
	}
}

func TestAlwaysUntilCleared(t *testing.T) {
	s := New(open(t, t.TempDir()))
	ctx := context.Background()
	s.Inject(Fault{Op: Free, Nth: 2, Always: true, Err: DiskFull()})
	var full []bool
	for range 4 {
		_, err := s.Free(ctx)
		full = append(full, ingest.CodeOf(err) == ingest.CodeDiskFull)
	}
	if full[0] || !full[1] || !full[2] || !full[3] {
		t.Fatalf("full: %v, want it from the second call on", full)
	}
	s.Clear()
	if _, err := s.Free(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestLostAnswers(t *testing.T) {
	s := New(open(t, t.TempDir()))
	ctx := context.Background()
	for _, op := range []Op{NewStage, Write, Seal} {
		s.Inject(Fault{Op: op, Err: errLost, Done: true})
	}
	if _, err := s.NewStage(ctx, "a", ingest.StageSpec{Size: -1}); err != errLost {
		t.Fatal(err)
	}
	st, err := s.Stage(ctx, "a")
	if err != nil {
		t.Fatalf("the stage does not exist: %v", err)
	}
	if _, err := st.Write(ctx, 0, bytes.NewReader([]byte("abc")), ingest.WriteSpec{}); err != errLost {
		t.Fatal(err)
	}
	if ws, err := st.Windows(ctx); err != nil || len(ws) != 1 || ws[0].Length != 3 {
		t.Fatalf("the window was not recorded: %+v, %v", ws, err)
	}
	if _, err := st.Seal(ctx, 3); err != errLost {
		t.Fatal(err)
	}
	ref, err := st.Seal(ctx, 3)
	if err != nil || ref.Size != 3 {
		t.Fatalf("second Seal gave %+v, %v", ref, err)
	}
}

func TestCutShort(t *testing.T) {
	s := New(open(t, t.TempDir()))
	ctx := context.Background()
	st, err := s.NewStage(ctx, "a", ingest.StageSpec{Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{5, 500_000} {
		s.Inject(Fault{Op: Write, After: 1000, Err: DiskFull()})
		body := bytes.NewReader(make([]byte, size))
		_, err := st.Write(ctx, 0, body, ingest.WriteSpec{KeepPartial: true})
		if ingest.CodeOf(err) != ingest.CodeDiskFull {
			t.Fatalf("error %v", err)
		}
		if read := size - body.Len(); read != min(size, 1000) {
			t.Errorf("%d bytes of the body were taken", read)
		}
		if ws, err := st.Windows(ctx); err != nil || len(ws) != 0 {
			t.Fatalf("recorded %+v, %v", ws, err)
		}
	}
	if _, err := st.Write(ctx, 0, bytes.NewReader([]byte("0123456789")), ingest.WriteSpec{}); err != nil {
		t.Fatal(err)
	}
	ref, err := st.Seal(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(ctx, ref.Key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s.Inject(Fault{Op: Read, Always: true, After: 4, Err: errLost})
	got, err := io.ReadAll(r)
	if string(got) != "0123" || err != errLost {
		t.Fatalf("read %q, %v", got, err)
	}
}

func TestDelay(t *testing.T) {
	s := New(open(t, t.TempDir()))
	synctest.Test(t, func(t *testing.T) {
		s.Inject(Fault{Op: Free, Delay: time.Hour})
		start := time.Now()
		if _, err := s.Free(context.Background()); err != nil || time.Since(start) != time.Hour {
			t.Errorf("answered %v after %v", err, time.Since(start))
		}
		s.Inject(Fault{Op: Free, Delay: time.Hour})
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := s.Free(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Hour+time.Minute {
			t.Errorf("answered %v after %v", err, time.Since(start))
		}
	})
}
