package blobtest

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func blobs(t reporter, b ingest.Blobs) []ingest.BlobKey {
	t.Helper()
	var keys []ingest.BlobKey
	err := b.Blobs(context.Background(), func(k ingest.BlobKey) error {
		keys = append(keys, k)
		return nil
	})
	if err != nil {
		t.Fatalf("Blobs: %v", err)
	}
	slices.Sort(keys)
	return keys
}

func stages(t reporter, b ingest.Blobs) []ingest.StageID {
	t.Helper()
	var ids []ingest.StageID
	err := b.Stages(context.Background(), func(id ingest.StageID) error {
		ids = append(ids, id)
		return nil
	})
	if err != nil {
		t.Fatalf("Stages: %v", err)
	}
	slices.Sort(ids)
	return ids
}

// storeBlobs stores one blob of every kind.
func storeBlobs(t reporter, b ingest.Blobs) map[ingest.BlobKey][]byte {
	t.Helper()
	all := make(map[ingest.BlobKey][]byte)
	for i, size := range []int{0, 10, 60_000, 60_001, 700_000} {
		data := noise(uint64(100+i), size)
		st := newStage(t, b, newID(), ingest.StageSpec{OneShot: true, Size: -1})
		write(t, st, 0, data)
		all[seal(t, st, data).Key] = data
		st = newStage(t, b, newID(), ingest.StageSpec{Size: -1})
		write(t, st, 0, data)
		all[seal(t, st, data).Key] = data
	}
	return all
}

func keysOf(m map[ingest.BlobKey][]byte) []ingest.BlobKey {
	var keys []ingest.BlobKey
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (s suite) listing(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	all := storeBlobs(t, b)
	if diff := cmp.Diff(keysOf(all), blobs(t, b)); diff != "" {
		t.Fatalf("Blobs: %s", diff)
	}
	for i, key := range keysOf(all) {
		if i%2 == 0 {
			continue
		}
		for range 2 {
			if err := b.Delete(ctx, key); err != nil {
				t.Fatalf("Delete: %v", err)
			}
		}
		_, err := b.Open(ctx, key)
		isKind(t, "Open of a deleted blob", err, ingest.NotFound)
		delete(all, key)
	}
	for range 2 {
		if diff := cmp.Diff(keysOf(all), blobs(t, b)); diff != "" {
			t.Fatalf("Blobs after Delete: %s", diff)
		}
		for key, data := range all {
			holds(t, b, key, data)
		}
		b = s.reopen(t, b)
	}
	stop := errors.New("seen enough")
	if err := b.Blobs(ctx, func(ingest.BlobKey) error { return stop }); err != stop {
		t.Fatalf("Blobs returned %v, want the callback's error", err)
	}
	a, c := newID(), newID()
	newStage(t, b, a, ingest.StageSpec{Size: -1})
	newStage(t, b, c, ingest.StageSpec{Size: -1})
	if diff := cmp.Diff([]ingest.StageID{a, c}, stages(t, b)); diff != "" {
		t.Fatalf("Stages: %s", diff)
	}
	if err := b.Stages(ctx, func(ingest.StageID) error { return stop }); err != stop {
		t.Fatalf("Stages returned %v, want the callback's error", err)
	}
	if n, err := b.Free(ctx); err != nil || n < -1 {
		t.Fatalf("Free gave %d, %v", n, err)
	}
}

func (s suite) discard(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	id := newID()
	st := newStage(t, b, id, ingest.StageSpec{Size: 100_000})
	write(t, st, 0, noise(1, 50_000))
	for range 2 {
		if err := st.Discard(ctx); err != nil {
			t.Fatalf("Discard: %v", err)
		}
	}
	_, err := b.Stage(ctx, id)
	isKind(t, "Stage after Discard", err, ingest.NotFound)
	_, err = st.Write(ctx, 0, jerky(noise(2, 10)), ingest.WriteSpec{})
	isKind(t, "Write after Discard", err, ingest.NotFound)
	if got := stages(t, b); len(got) != 0 {
		t.Fatalf("discarded stage is listed: %v", got)
	}
	b = s.reopen(t, b)
	if got := stages(t, b); len(got) != 0 {
		t.Fatalf("discarded stage came back: %v", got)
	}
	fresh := newStage(t, b, id, ingest.StageSpec{Size: -1})
	if got := windows(t, fresh); len(got) != 0 {
		t.Fatalf("new stage has the old one's windows: %+v", got)
	}
	one := newStage(t, b, newID(), ingest.StageSpec{OneShot: true, Size: -1})
	write(t, one, 0, noise(3, 300_000))
	if err := one.Discard(ctx); err != nil {
		t.Fatalf("Discard of a one-shot stage: %v", err)
	}
	if got := blobs(t, b); len(got) != 0 {
		t.Fatalf("discarded bytes are listed: %v", got)
	}
}

func (s suite) unknownNames(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	all := storeBlobs(t, b)
	names := []string{
		"", "x", "..", "../../etc/passwd", "a/b", "\x00", "s-0-0-0", "f-x-0-0", string(newID()),
		"s-0000000000000001-4096-10", "f-0190b3c4-7a00-7000-8000-000000000001-10-00000000",
	}
	for key := range all {
		names = append(names, string(key)+"0", string(key[1:]), string(key)+"/", " "+string(key))
	}
	for _, name := range names {
		_, err := b.Open(ctx, ingest.BlobKey(name))
		isKind(t, "Open "+name, err, ingest.NotFound)
		if err := b.Delete(ctx, ingest.BlobKey(name)); err != nil {
			t.Fatalf("Delete of %q: %v", name, err)
		}
		_, err = b.Stage(ctx, ingest.StageID(name))
		isKind(t, "Stage "+name, err, ingest.NotFound)
	}
	for key, data := range all {
		holds(t, b, key, data)
	}
}

func (s suite) readersOutliveDelete(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	for key, data := range storeBlobs(t, b) {
		r, err := b.Open(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		second, err := b.Open(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
		if err := second.Close(); err != nil {
			t.Fatal(err)
		}
		_, err = b.Open(ctx, key)
		isKind(t, "Open of a deleted blob", err, ingest.NotFound)
		got, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "deleted blob in an open reader", got, data)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := blobs(t, b); len(got) != 0 {
		t.Fatalf("deleted blobs are listed: %v", got)
	}
}

func (s suite) crash(t *testing.T) {
	b := s.open(t)
	ctx := context.Background()
	data := noise(20, 1_700_000)
	id := newID()
	st := newStage(t, b, id, ingest.StageSpec{Size: int64(len(data))})
	write(t, st, 0, data[:600_000])
	write(t, st, 1_000_000, data[1_000_000:])
	want := windows(t, st)
	b = s.reopen(t, b)
	if diff := cmp.Diff([]ingest.StageID{id}, stages(t, b)); diff != "" {
		t.Fatalf("Stages after a crash: %s", diff)
	}
	open := func() ingest.Stage {
		st, err := b.Stage(ctx, id)
		if err != nil {
			t.Fatalf("Stage after a crash: %v", err)
		}
		return st
	}
	st = open()
	if diff := cmp.Diff(want, windows(t, st)); diff != "" {
		t.Fatalf("Windows after a crash: %s", diff)
	}
	write(t, st, 600_000, data[600_000:1_000_000])
	if diff := cmp.Diff([]ingest.Window{window(0, data)}, windows(t, open())); diff != "" {
		t.Fatalf("a second opening is another stage: %s", diff)
	}
	ref := seal(t, st, data)
	for range 2 {
		b = s.reopen(t, b)
		again := seal(t, open(), data)
		if diff := cmp.Diff(ref, again); diff != "" {
			t.Fatalf("Seal after a crash differs: %s", diff)
		}
		if got := blobs(t, b); len(got) != 1 || got[0] != ref.Key {
			t.Fatalf("blobs %v, want %s", got, ref.Key)
		}
		if got := stages(t, b); len(got) != 0 {
			t.Fatalf("sealed stage is listed: %v", got)
		}
		holds(t, b, ref.Key, data)
	}
}
