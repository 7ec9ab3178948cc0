package fsblob

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// store puts a one-shot body into the store.
func store(t testing.TB, s *Store, id ingest.StageID, data []byte) ingest.BlobKey {
	t.Helper()
	st := newStage(t, s, id, ingest.StageSpec{OneShot: true, Size: -1})
	put(t, st, 0, data)
	ref, err := st.Seal(ctx(), int64(len(data)))
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	return ref.Key
}

func listed(t testing.TB, s *Store) []ingest.BlobKey {
	t.Helper()
	var keys []ingest.BlobKey
	if err := s.Blobs(ctx(), func(k ingest.BlobKey) error { keys = append(keys, k); return nil }); err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestSegmentTornAtEveryPlace cuts a segment that was open when its process died
// wherever it matters, and once more fills the rest with zeros, as a reserved
// segment does. Records before the cut stay, the torn one is ignored, and new
// ones go elsewhere.
func TestSegmentTornAtEveryPlace(t *testing.T) {
	dir := t.TempDir()
	opts := Options{SegmentSize: 1 << 20}
	s := openStore(t, dir, opts)
	var keys []ingest.BlobKey
	var ends []int64
	var at int64
	for i, size := range []int{10, 4032, 4033, 9000, 0, 20_000} {
		keys = append(keys, store(t, s, ingest.StageID(fmt.Sprint(i)), fill(byte('a'+i), size)))
		ends = append(ends, at+headerSize+int64(size))
		at += recordSpace(int64(size))
	}
	s.kill()
	name := files(t, s.segments())[0]
	content, err := os.ReadFile(filepath.Join(s.segments(), name))
	if err != nil {
		t.Fatal(err)
	}
	var cuts []int64
	for _, end := range ends {
		cuts = append(cuts, end-1, end, end+1)
	}
	for cut := int64(0); cut <= at; cut += 1024 {
		cuts = append(cuts, cut, cut+headerSize-1, cut+headerSize)
	}
	for _, zeros := range []bool{false, true} {
		for _, cut := range cuts {
			torn := bytes.Clone(content[:cut])
			if zeros {
				torn = append(torn, make([]byte, len(content)-int(cut))...)
			}
			fresh := memoryDir(t)
			if err := os.MkdirAll(filepath.Join(fresh, "segments"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(fresh, "segments", name), torn, 0o600); err != nil {
				t.Fatal(err)
			}
			checkTorn(t, openStore(t, fresh, opts), keys, ends, cut)
		}
	}
}

func checkTorn(t *testing.T, s *Store, keys []ingest.BlobKey, ends []int64, cut int64) {
	t.Helper()
	var want []ingest.BlobKey
	for i, end := range ends {
		if end <= cut {
			want = append(want, keys[i])
		}
	}
	if diff := cmp.Diff(want, listed(t, s)); diff != "" {
		t.Fatalf("cut at %d: %s", cut, diff)
	}
	for i, key := range want {
		checkBlob(t, s, key, fill(byte('a'+i), int(ends[i]-headerSize-mustRecord(key).offset)))
	}
	added := store(t, s, "added", []byte("new"))
	if mustRecord(added).segment == mustRecord(keys[0]).segment {
		t.Fatalf("cut at %d: a new record went behind what was torn", cut)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustRecord(key ingest.BlobKey) recordKey {
	k, ok := parseRecordKey(key)
	if !ok {
		panic("not a record: " + key)
	}
	return k
}

// TestGroupCommit has 16 writers; they must share syncs, and lose nothing.
func TestGroupCommit(t *testing.T) {
	d := realDisk()
	var syncs atomic.Int64
	gate := make(chan struct{}, 1)
	d.sync = func(f *os.File) error {
		if strings.HasSuffix(f.Name(), openSuffix) {
			syncs.Add(1)
			<-gate
			defer func() { gate <- struct{}{} }()
		}
		return syncData(f)
	}
	s := openOn(t, t.TempDir(), Options{SegmentSize: 4 << 20}, d)
	const writers, each = 16, 20
	keys := make([][]ingest.BlobKey, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				keys[w] = append(keys[w], store(t, s, ingest.StageID(fmt.Sprintf("%d-%d", w, i)), fill(byte(w), 1000*i+1)))
			}
		})
	}
	gate <- struct{}{}
	wg.Wait()
	if n := syncs.Load(); n > writers*each/2 {
		t.Errorf("%d syncs for %d files", n, writers*each)
	}
	for w := range writers {
		for i, key := range keys[w] {
			checkBlob(t, s, key, fill(byte(w), 1000*i+1))
		}
	}
	if got := listed(t, s); len(got) != writers*each {
		t.Errorf("%d blobs are listed, want %d", len(got), writers*each)
	}
}

func TestDeleteGivesSpaceBack(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{SegmentSize: 1 << 20})
	var keys []ingest.BlobKey
	for i := range 12 { // of 128 KiB each: more than one segment
		keys = append(keys, store(t, s, ingest.StageID(fmt.Sprint(i)), fill(byte(i), 128<<10)))
	}
	first := mustRecord(keys[0]).segment
	path := s.segment(first, segmentSuffix)
	full := blocks(t, path)
	if err := s.Delete(ctx(), keys[1]); err != nil {
		t.Fatal(err)
	}
	if now := blocks(t, path); full-now < 128<<10 {
		t.Errorf("deleting 128 KiB gave %d bytes back", full-now)
	}
	checkBlob(t, s, keys[0], fill(0, 128<<10))
	checkBlob(t, s, keys[2], fill(2, 128<<10))
	for _, key := range keys {
		if err := s.Delete(ctx(), key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("empty segment is still there: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left := files(t, s.segments()); len(left) != 0 {
		t.Errorf("empty segments are left after Close: %v", left)
	}
}

// A crash between the last deletion and the removal of the segment leaves a
// file of holes; the next start removes it. Listings stop where fn says so.
func TestEmptySegmentsAreRemovedAtStart(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	key := store(t, s, "a", fill('a', 20_000))
	stop := errors.New("stop")
	if err := s.Blobs(ctx(), func(ingest.BlobKey) error { return stop }); err != stop {
		t.Fatalf("Blobs gave %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	k := mustRecord(key)
	f, err := os.OpenFile(s.segment(k.segment, segmentSuffix), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := punch(f, 0, recordSpace(k.length)); err != nil {
		t.Skip("needs a file system with holes: ", err)
	}
	s = openStore(t, s.root, Options{})
	if left := files(t, s.segments()); len(left) != 0 {
		t.Fatalf("segments without records are left: %v", left)
	}
}

// A deletion waits for the last reader, also across a listing.
func TestDoomedRecordsAreNotListed(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	key := store(t, s, "a", fill('a', 20_000))
	r, err := s.Open(ctx(), key)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Delete(ctx(), key); err != nil {
			t.Fatal(err)
		}
		if got := listed(t, s); len(got) != 0 {
			t.Fatalf("deleted record is listed: %v", got)
		}
	}
	path := s.segment(mustRecord(key).segment, openSuffix)
	before := blocks(t, path)
	for range 2 { // closing twice is one close
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if after := blocks(t, path); after >= before {
		t.Fatalf("%d bytes before the last reader closed, %d afterwards", before, after)
	}
}

// Where holes cannot be punched, deleted records are only marked.
func TestDeleteWithoutHoles(t *testing.T) {
	d := realDisk()
	d.punch = func(*os.File, int64, int64) error { return os.NewSyscallError("fallocate", syscall.EOPNOTSUPP) }
	s := openOn(t, t.TempDir(), Options{}, d)
	a, b := store(t, s, "a", fill('a', 20_000)), store(t, s, "b", fill('b', 20_000))
	if err := s.Delete(ctx(), a); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]ingest.BlobKey{b}, listed(t, s)); diff != "" {
		t.Fatal(diff)
	}
	if _, err := s.Open(ctx(), a); ingest.KindOf(err) != ingest.NotFound {
		t.Fatalf("Open of a deleted record: %v", err)
	}
	if err := s.Delete(ctx(), b); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left := files(t, s.segments()); len(left) != 0 {
		t.Fatalf("segments without records are left: %v", left)
	}
}

// After a failed sync nothing more goes into that segment, and what it held
// before is kept.
func TestFailedCommitLeavesTheSegment(t *testing.T) {
	for name, breakIt := range map[string]func(d *disk, broken *atomic.Bool){
		"sync": func(d *disk, broken *atomic.Bool) {
			d.sync = func(f *os.File) error {
				if broken.Swap(false) {
					return syscall.EIO
				}
				return syncData(f)
			}
		},
		"write": func(d *disk, broken *atomic.Bool) {
			d.vector = func(f *os.File, parts [][]byte, offset int64) error {
				if broken.Swap(false) {
					return errors.Join(writeVector(f, parts[:1], offset), syscall.EIO)
				}
				return writeVector(f, parts, offset)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := realDisk()
			var broken atomic.Bool
			breakIt(&d, &broken)
			s := openOn(t, t.TempDir(), Options{}, d)
			before := store(t, s, "before", fill('b', 5000))
			st := newStage(t, s, "failing", ingest.StageSpec{OneShot: true, Size: -1})
			put(t, st, 0, fill('f', 5000))
			broken.Store(true)
			if _, err := st.Seal(ctx(), 5000); ingest.KindOf(err) != ingest.Internal {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff([]ingest.BlobKey{before}, listed(t, s)); diff != "" {
				t.Fatalf("after the failure: %s", diff)
			}
			ref, err := st.Seal(ctx(), 5000)
			if err != nil {
				t.Fatalf("second try: %v", err)
			}
			if mustRecord(ref.Key).segment == mustRecord(before).segment {
				t.Fatal("a record went behind a failed one")
			}
			checkBlob(t, s, before, fill('b', 5000))
			checkBlob(t, s, ref.Key, fill('f', 5000))
		})
	}
}

// Some file systems take O_DIRECT when a file is opened and refuse it afterwards.
func TestSegmentWithoutDirectWrites(t *testing.T) {
	d := realDisk()
	refusals := 0
	d.vector = func(f *os.File, parts [][]byte, offset int64) error {
		if isDirect(t, f) {
			refusals++
			return os.NewSyscallError("pwritev", syscall.EINVAL)
		}
		return writeVector(f, parts, offset)
	}
	s := openOn(t, t.TempDir(), Options{}, d)
	for i := range 3 {
		checkBlob(t, s, store(t, s, ingest.StageID(fmt.Sprint(i)), fill('a', 5000)), fill('a', 5000))
	}
	if refusals > 1 {
		t.Errorf("%d direct writes were tried, want 1 at most", refusals)
	}
}

// A client's bytes that look like a record are never taken for one.
func TestForgedRecords(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	forged := make([]byte, 3*blockSize)
	header{recordKey{segment: 7, offset: blockSize, length: 100}, 0}.encode(forged[blockSize-headerSize:])
	key := store(t, s, "forged", forged)
	fake := recordKey{mustRecord(key).segment, mustRecord(key).offset + blockSize, 100}
	if err := s.Delete(ctx(), fake.key()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(ctx(), fake.key()); ingest.KindOf(err) != ingest.NotFound {
		t.Fatalf("Open of a forged key: %v", err)
	}
	checkBlob(t, s, key, forged)
}

func TestFullDiskMakesSmallerSegments(t *testing.T) {
	d := realDisk()
	var asked []int64
	d.reserve = func(f *os.File, size int64) error {
		asked = append(asked, size)
		if size > 1<<20 {
			return os.NewSyscallError("fallocate", syscall.ENOSPC)
		}
		return reserve(f, size)
	}
	s := openOn(t, t.TempDir(), Options{}, d)
	checkBlob(t, s, store(t, s, "a", fill('a', 100_000)), fill('a', 100_000))
	if len(asked) < 2 {
		t.Fatalf("asked for %v", asked)
	}
}
