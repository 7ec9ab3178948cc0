package engine_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
)

func promising(id ingest.UUID) func(*engine.BeginSpec) {
	return func(s *engine.BeginSpec) { s.Options.Asset = id }
}

func TestFinishNamesMissingParts(t *testing.T) {
	w := newWorld(t)
	u := w.parted(30, 1)
	var all []string
	for n := 1; n <= 30; n++ {
		all = append(all, fmt.Sprint(n))
	}
	check := func(want []string) {
		t.Helper()
		a, missing, err := w.tryFinishParts(u)
		w.refused(err, ingest.Conflict, ingest.CodeOffset)
		if a != nil {
			t.Error("there is an asset")
		}
		same(t, "missing", missing, strings.Join(want, " "))
		same(t, "state", w.storedUpload(u).State, ingest.UploadOpen)
	}
	check(all[:20])
	var tags []engine.PartTag
	for n := 1; n <= 30; n++ {
		tags = append(tags, w.putPart(u, n, "x"))
	}
	check(all[:20]) // received, but the client does not know
	for n := 1; n <= 28; n++ {
		if n != 3 {
			w.confirm(u, n, tags[n-1])
		}
	}
	check([]string{"3", "29", "30"})
	for _, n := range []int{3, 29, 30} {
		w.confirm(u, n, tags[n-1])
	}
	same(t, "bytes", w.read(w.finishParts(u).UUID), strings.Repeat("x", 30))
}

func TestFinishAFileWithoutBytes(t *testing.T) {
	w := newWorld(t)
	promised := id.New()
	u := w.parted(0, 4, promising(promised))
	same(t, "parts", w.parts(u), "")
	a := w.finishParts(u)
	same(t, "bytes", w.read(promised), "")
	same(t, "again", w.finishParts(u).Number, a.Number)
	if !cmp.Equal(w.stored(a).SHA256, sha("")) || a.Size != 0 || w.stageCount() != 0 {
		t.Errorf("asset %+v, %d stages", a, w.stageCount())
	}
}

// Finishing again, or many times at once, gives one asset, which has the UUID that was
// promised and its digest.
func TestFinishPartsOnce(t *testing.T) {
	w := newWorld(t)
	promised := id.New()
	u := w.parted(10, 4, promising(promised))
	w.sendParts(u, "1111", "2222", "33")
	got := make([]*ingest.Asset, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], _, err = w.tryFinishParts(u); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.restart()
	got = append(got, w.finishParts(u), w.finishParts(u))
	for _, a := range got {
		if a == nil || a.UUID != promised || a.Number != got[0].Number {
			t.Fatalf("asset %+v, want %s", a, promised)
		}
	}
	if a := w.stored(got[0]); !cmp.Equal(a.SHA256, sha("1111222233")) || w.assetCount(w.demo) != 1 {
		t.Errorf("%d assets, digest %x", w.assetCount(w.demo), a.SHA256)
	}
	same(t, "parts", w.parts(u), "ccc")
	if diff := cmp.Diff(whole("UploadSuccess file.bin"), w.log(u.Job)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// The digest of a file up to 16 MiB is there at once, that of a larger one comes by a
// task; its parts are not read back for it.
func TestTheDigestOfParts(t *testing.T) {
	for _, size := range []int{16 << 20, 16<<20 + 1} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			w := newWorld(t)
			body := noise(size)
			const part = 5 << 20
			u := w.parted(int64(size), part)
			for n := engine.PartsOf(u).Count(); n > 0; n-- {
				end := min(n*part, size)
				w.confirm(u, n, w.putPart(u, n, body[(n-1)*part:end]))
			}
			before := w.bytesRead()
			a := w.finishParts(u)
			late := size > 16<<20
			if late != (w.stored(a).SHA256 == nil) {
				t.Errorf("digest %x", w.stored(a).SHA256)
			}
			if read := w.bytesRead() - before; late && read > 1<<20 {
				t.Errorf("%d bytes were read back", read)
			}
			if late {
				tasks := w.claim()
				if len(tasks) != 1 || tasks[0].Kind != ingest.TaskDigest {
					t.Fatalf("tasks %+v", tasks)
				}
				w.ok(w.engine.CompleteTask(w.ctx, tasks[0], engine.TaskResult{SHA256: sha(body)}))
			}
			if got := w.stored(a).SHA256; !cmp.Equal(got, sha(body)) {
				t.Errorf("digest %x", got)
			}
			if w.read(a.UUID) != body {
				t.Error("the bytes are not those that were sent")
			}
		})
	}
}

// The digest is right when parts were sent again, also after it had passed them.
func TestTheDigestOfPartsSentAgain(t *testing.T) {
	w := newWorld(t)
	u := w.parted(10, 4)
	w.sendParts(u, "1111", "2222", "33")
	w.sendParts(u, "aaaa")
	_, err := w.tryPart(u, 2, "", broken("bb"))
	if err == nil {
		t.Fatal("no error")
	}
	a := w.finishParts(u)
	if !cmp.Equal(w.stored(a).SHA256, sha("aaaa222233")) || w.read(a.UUID) != "aaaa222233" {
		t.Errorf("bytes %q, digest %x", w.read(a.UUID), w.stored(a).SHA256)
	}
}

// A process that dies anywhere leaves parts that are whole or absent, and confirmations
// only of what is there; the upload goes on at the next start.
func TestPartsSurviveACrash(t *testing.T) {
	again := func(w *world, u *ingest.Upload) { w.tryPart(u, 2, "bbbb") }
	first := func(w *world, u *ingest.Upload) { w.tryPart(u, 3, "33") }
	finish := func(w *world, u *ingest.Upload) { w.tryFinishParts(u) }
	for name, tt := range map[string]struct {
		point string
		nth   int
		do    func(*world, *ingest.Upload)
		parts string // after the restart
		bytes string
		asset bool // there is one already
	}{
		"first, begun":    {"part.begin", 3, first, "cc-", "1111222233", false},
		"first, recorded": {"part.recorded", 3, first, "ccr", "1111222233", false},
		"again, aside":    {"part.again", 1, again, "cr-", "1111222233", false},
		"again, begun":    {"part.begin", 3, again, "cr-", "1111222233", false},
		"again, recorded": {"part.recorded", 3, again, "cr-", "1111bbbb33", false},
		"sealing":         {"finish.sealing", 1, finish, "ccc", "1111222233", true},
		"sealed":          {"finish.sealed", 1, finish, "ccc", "1111222233", true},
		"committed":       {"finish.committed", 1, finish, "ccc", "1111222233", true},
	} {
		for _, recover := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, recover %v", name, recover), func(t *testing.T) {
				w := newWorld(t, killAt(tt.point, tt.nth))
				promised := id.New()
				u := w.parted(10, 4, promising(promised))
				w.sendParts(u, "1111", "2222")
				if tt.asset {
					w.confirm(u, 3, w.putPart(u, 3, "33"))
				}
				if !survive(func() { tt.do(w, u) }) {
					t.Fatal("it was not killed")
				}
				w.tune = nil
				w.restart()
				if recover {
					w.ok(w.engine.Recover(w.ctx))
				}
				same(t, "parts", w.parts(u), tt.parts)
				if !tt.asset {
					have := []string{"1111", tt.bytes[4:8], "33"}
					for i := range have {
						tag := w.putPart(u, i+1, have[i])
						w.confirm(u, i+1, tag)
					}
				}
				a := w.finishParts(u)
				if got := w.read(promised); got != tt.bytes || !cmp.Equal(w.stored(a).SHA256, sha(tt.bytes)) || w.assetCount(w.demo) != 1 {
					t.Errorf("bytes %q, %d assets", got, w.assetCount(w.demo))
				}
				swept, err := w.engine.Sweep(w.ctx)
				w.ok(err)
				same(t, "swept", swept, engine.Swept{})
			})
		}
	}
}

// A part that comes again with other bytes between the look at the parts and the end
// keeps the upload open.
func TestAPartChangesWhileItIsFinished(t *testing.T) {
	w := newWorld(t)
	u := w.parted(8, 4)
	w.sendParts(u, "1111", "2222")
	n := 0
	w.blobs.set(func(b *flakyBlobs) {
		b.onRead = func() error { // the head is read after the parts were looked at
			if n++; n == 1 {
				w.putPart(u, 2, "9999")
			}
			return nil
		}
	})
	_, missing, err := w.tryFinishParts(u)
	w.refused(err, ingest.Conflict, ingest.CodeOffset)
	same(t, "missing", missing, "2")
	same(t, "state", w.storedUpload(u).State, ingest.UploadOpen)
	w.sendParts(u, "1111", "9999")
	a := w.finishParts(u)
	if w.read(a.UUID) != "11119999" || !cmp.Equal(w.stored(a).SHA256, sha("11119999")) {
		t.Errorf("bytes %q, digest %x", w.read(a.UUID), w.stored(a).SHA256)
	}
}

// over is an upload that brings a new version of an asset.
func over(a *ingest.Asset, change ...func(*engine.BeginSpec)) func(*engine.BeginSpec) {
	return func(s *engine.BeginSpec) {
		s.Folder, s.FileName = a.Path, a.FileName
		s.Options.Replaces, s.Options.Stay, s.Options.Asset = a.Number, true, a.UUID
		for _, f := range change {
			f(s)
		}
	}
}

// A new version keeps the asset's identity and place. Whoever has begun to read the
// old bytes reads them to their end.
func TestPartsReplaceAnAsset(t *testing.T) {
	w := newWorld(t)
	old := w.kept("in/", "file.bin", "old bytes")
	reader, err := w.engine.Original(w.ctx, w.admin, old.UUID)
	w.ok(err)
	defer reader.Bytes.Close()
	head := make([]byte, 3)
	if _, err := reader.Bytes.Read(head); err != nil {
		t.Fatal(err)
	}
	u := w.parted(8, 4, over(old))
	w.sendParts(u, "1111", "2222")
	same(t, "bytes before the end", w.read(old.UUID), "old bytes")
	a := w.finishParts(u)
	if a.UUID != old.UUID || a.Number != old.Number || w.stored(a).Path+w.stored(a).FileName != "in/file.bin" || w.assetCount(w.demo) != 1 {
		t.Errorf("asset %+v", w.stored(a))
	}
	same(t, "bytes", w.read(old.UUID), "11112222")
	rest, err := io.ReadAll(reader.Bytes)
	w.ok(err)
	same(t, "what the reader has", string(head)+string(rest), "old bytes")
	if events := w.events(); !slices.Contains(events, ingest.EventAssetReplaced) {
		t.Errorf("events %v", events)
	}
	if diff := cmp.Diff(whole("FileUpdated file.bin"), w.log(u.Job)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestMetadataOfAReplacedAsset(t *testing.T) {
	start := map[string]string{"title": "old", "language": "de", "note": "kept"}
	for name, tt := range map[string]struct {
		merge     bool
		has, sent map[string]string
		want      map[string]string
	}{
		"not asked for":       {false, start, map[string]string{"title": "new"}, start},
		"one key":             {true, start, map[string]string{"title": "new"}, map[string]string{"title": "new", "language": "de", "note": "kept"}},
		"a further key":       {true, start, map[string]string{"more": "x"}, map[string]string{"title": "old", "language": "de", "note": "kept", "more": "x"}},
		"an empty value":      {true, start, map[string]string{"language": "", "absent": ""}, map[string]string{"title": "old", "note": "kept"}},
		"nothing sent":        {true, start, nil, start},
		"nothing there":       {true, nil, map[string]string{"title": "new", "note": ""}, map[string]string{"title": "new"}},
		"all keys are empty":  {true, map[string]string{"a": "b"}, map[string]string{"a": ""}, nil},
		"nothing and nothing": {true, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			old := w.kept("", "file.bin", "old", func(s *engine.BeginSpec) { s.Metadata = tt.has })
			merging := func(s *engine.BeginSpec) { s.Metadata, s.Options.MergeMetadata = tt.sent, tt.merge }
			w.db.rerunning(func() {})
			u := w.parted(4, 4, over(old, merging))
			w.sendParts(u, "1234")
			w.change(old, func(a *ingest.Asset) { a.Publish = ingest.AllContexts }) // the asset as it is then counts
			a := w.finishParts(u)
			w.db.rerunning(nil)
			if diff := cmp.Diff(tt.want, w.stored(a).Metadata); diff != "" {
				t.Errorf("metadata (-want +got):\n%s", diff)
			}
		})
	}
}

// Metadata of a new asset is what was sent; a key of which the value is to be removed
// is not there.
func TestMetadataOfANewAsset(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4, func(s *engine.BeginSpec) {
		s.Metadata, s.Options.MergeMetadata = map[string]string{"title": "T", "language": ""}, true
	})
	w.sendParts(u, "1234")
	same(t, "metadata", w.stored(w.finishParts(u)).Metadata, map[string]string{"title": "T"})
}

// A power cut while a file is sealed takes bytes away: the upload is open again, and
// goes on with what is missing.
func TestAPowerCutWhileSealing(t *testing.T) {
	w := newWorld(t, killAt("finish.sealing", 1))
	u := w.parted(10, 4)
	tags := w.sendParts(u, "1111", "2222", "33")
	if !survive(func() { _, _, _ = w.tryFinishParts(u) }) {
		t.Fatal("it was not killed")
	}
	w.tune = nil
	w.machineRestart(w.lose(5, 2))
	w.ok(w.engine.Recover(w.ctx))
	same(t, "state", w.storedUpload(u).State, ingest.UploadOpen)
	same(t, "parts", w.parts(u), "c-c")
	same(t, "the tag of the same bytes", w.putPart(u, 2, "2222"), tags[1])
	w.confirm(u, 2, tags[1])
	same(t, "bytes", w.read(w.finishParts(u).UUID), "1111222233")
}
