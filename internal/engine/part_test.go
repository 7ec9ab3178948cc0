package engine_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/blob/fsblob"
	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// parted opens an upload of the editor's that comes in parts.
func (w *world) parted(size, partSize int64, change ...func(*engine.BeginSpec)) *ingest.Upload {
	w.t.Helper()
	spec := w.begin("")
	spec.Door, spec.FileName, spec.Size = ingest.DoorNomad, "file.bin", size
	spec.Options = ingest.UploadOptions{PartSize: partSize, ExactName: true, LateDigest: true, FreeKey: true}
	spec.Conflict = ingest.ConflictPolicy{Taken: ingest.ActionBeside, Match: ingest.MatchFullName, Otherwise: ingest.ActionBeside}
	for _, f := range change {
		f(&spec)
	}
	u, err := w.engine.Begin(w.ctx, w.editor, spec)
	w.ok(err)
	return u
}

func (w *world) tryPart(u *ingest.Upload, n int, body string, change ...func(*engine.PartSpec)) (engine.PartTag, error) {
	s := engine.PartSpec{Body: strings.NewReader(body), Length: int64(len(body))}
	for _, f := range change {
		f(&s)
	}
	return w.engine.WritePart(w.ctx, w.editor, u, n, s)
}

func (w *world) putPart(u *ingest.Upload, n int, body string) engine.PartTag {
	w.t.Helper()
	tag, err := w.tryPart(u, n, body)
	w.ok(err)
	return tag
}

func (w *world) tryConfirm(u *ingest.Upload, n int, tag engine.PartTag) error {
	return w.engine.ConfirmPart(w.ctx, w.editor, w.storedUpload(u), n, tag)
}

func (w *world) confirm(u *ingest.Upload, n int, tag engine.PartTag) {
	w.t.Helper()
	w.ok(w.tryConfirm(u, n, tag))
}

// sendParts writes and confirms parts, which are numbered from 1.
func (w *world) sendParts(u *ingest.Upload, bodies ...string) (tags []engine.PartTag) {
	w.t.Helper()
	for i, body := range bodies {
		tags = append(tags, w.putPart(u, i+1, body))
		w.confirm(u, i+1, tags[i])
	}
	return tags
}

// parts renders how the parts of an upload stand: - absent, r received, c confirmed.
func (w *world) parts(u *ingest.Upload) string {
	w.t.Helper()
	states, err := w.engine.PartStates(w.ctx, w.storedUpload(u))
	w.ok(err)
	text := ""
	for i, s := range states {
		if s.Number != i+1 || s.Confirmed && !s.Received {
			w.t.Errorf("part %d is %+v", i+1, s)
		}
		switch {
		case s.Confirmed:
			text += "c"
		case s.Received:
			text += "r"
		default:
			text += "-"
		}
	}
	return text
}

func (w *world) tryFinishParts(u *ingest.Upload) (*ingest.Asset, string, error) {
	a, missing, err := w.engine.FinishParts(w.ctx, w.editor, u.UUID)
	var numbers []string
	for _, s := range missing {
		numbers = append(numbers, fmt.Sprint(s.Number))
	}
	return a, strings.Join(numbers, " "), err
}

func (w *world) finishParts(u *ingest.Upload) *ingest.Asset {
	w.t.Helper()
	a, missing, err := w.tryFinishParts(u)
	if err != nil {
		w.t.Fatalf("%v; missing %q", err, missing)
	}
	return a
}

// machineRestart opens everything anew under another boot of the machine, after
// damage has been done to the bytes of open uploads, as a power cut does it.
func (w *world) machineRestart(damage func(parts []string)) {
	w.t.Helper()
	w.close()
	files, err := filepath.Glob(filepath.Join(w.dir, "staging", "*.part"))
	w.ok(err)
	if len(files) == 0 {
		w.t.Fatalf("no open upload has bytes")
	}
	damage(files)
	w.open()
	w.ok(w.blobs.Close())
	blobs, err := fsblob.Open(w.dir, fsblob.Options{Logger: slog.New(slog.DiscardHandler), BootID: func() string { return "two" }, SegmentSize: 1 << 20})
	w.ok(err)
	w.blobs = &flakyBlobs{blobPort: blobs}
	w.reboot()
}

// lose overwrites bytes of the only open upload with zeros.
func (w *world) lose(offset, length int64) func([]string) {
	return func(files []string) {
		w.t.Helper()
		f, err := os.OpenFile(files[0], os.O_WRONLY, 0)
		w.ok(err)
		defer f.Close()
		_, err = f.WriteAt(make([]byte, length), offset)
		w.ok(err)
	}
}

func TestHowAFileIsDivided(t *testing.T) {
	const eight = 8 << 20
	type part struct{ offset, length int64 }
	for _, tt := range []struct {
		size, partSize int64
		count          int
		last           part
	}{
		{0, eight, 0, part{}},
		{-1, eight, 0, part{}},
		{10, 0, 0, part{}},
		{1, eight, 1, part{0, 1}},
		{eight - 1, eight, 1, part{0, eight - 1}},
		{eight, eight, 1, part{0, eight}},
		{eight + 1, eight, 2, part{eight, 1}},
		{45 << 20, eight, 6, part{5 * eight, 5 << 20}},
		{83_886_080_000, eight, 10_000, part{9_999 * eight, eight}},
		{50 << 40, 5 << 30, 10_240, part{10_239 * (5 << 30), 5 << 30}},
		{1<<63 - 1, 1 << 62, 2, part{1 << 62, 1<<62 - 1}},
	} {
		p := engine.Parts{Size: tt.size, PartSize: tt.partSize}
		same(t, fmt.Sprintf("%+v: parts", p), p.Count(), tt.count)
		if tt.count == 0 {
			continue
		}
		var last part
		last.offset, last.length = p.Range(tt.count)
		if last != tt.last {
			t.Errorf("%+v: the last part is %+v, want %+v", p, last, tt.last)
		}
		if tt.count > 10_000 {
			continue
		}
		at := int64(0)
		for n := 1; n <= p.Count(); n++ {
			offset, length := p.Range(n)
			if offset != at || length <= 0 {
				t.Fatalf("%+v: part %d is %d+%d, the one before ends at %d", p, n, offset, length, at)
			}
			at += length
		}
		same(t, fmt.Sprintf("%+v: bytes of all parts", p), at, tt.size)
	}
}

func TestBeginRefusesWhatCannotBeDivided(t *testing.T) {
	w := newWorld(t)
	begin := func(size, partSize int64) error {
		spec := w.begin("")
		spec.Size, spec.Options.PartSize = size, partSize
		_, err := w.engine.Begin(w.ctx, w.editor, spec)
		return err
	}
	w.ok(begin(10_000, 1))
	w.ok(begin(0, 1))
	w.refused(begin(10_001, 1), ingest.Invalid, ingest.CodeLimit)
	w.refused(begin(-1, 4), ingest.Invalid, "")
	w.refused(begin(4, -1), ingest.Invalid, "")
}

// A tag stands for the bytes of one part of one upload.
func TestPartTags(t *testing.T) {
	w := newWorld(t)
	u, other := w.parted(12, 4), w.parted(12, 4)
	tag := w.putPart(u, 1, "aaaa")
	same(t, "the tag of equal bytes", w.putPart(u, 1, "aaaa"), tag)
	second, elsewhere := w.putPart(u, 2, "aaaa"), w.putPart(other, 1, "aaaa")
	if second == tag || elsewhere == tag {
		t.Errorf("equal tags of other parts: %s %s %s", tag, second, elsewhere)
	}
	if len(tag) != 32 || strings.ToLower(string(tag)) != string(tag) {
		t.Errorf("the tag %q is not 32 lower-case hexadecimal digits", tag)
	}
	forged := []byte(tag)
	forged[31] ^= 1
	for what, bad := range map[string]engine.PartTag{
		"of another part": second, "of another upload": elsewhere, "forged": engine.PartTag(forged), "empty": "",
		"too short": tag[:31], "too long": tag + "00", "no digits": engine.PartTag(strings.Repeat("z", 32)),
		"the checksum alone": tag[:8], "the MD5 of others": "65ba841e01d6db7733e90a5b7f9e6f80",
	} {
		t.Run(what, func(t *testing.T) {
			w.refused(w.tryConfirm(u, 1, bad), ingest.Mismatch, ingest.CodeDigest)
		})
	}
	same(t, "parts", w.parts(u), "rr-")
	w.confirm(u, 1, engine.PartTag(strings.ToUpper(string(tag))))
	same(t, "parts", w.parts(u), "cr-")
	w.confirm(u, 2, "74b87337454200d4d33f80c4663dc5e5") // the MD5 of its bytes
	same(t, "parts", w.parts(u), "cc-")
	w.refused(w.tryConfirm(u, 3, tag), ingest.Mismatch, "")
	w.refused(w.tryConfirm(u, 0, tag), ingest.NotFound, "")
	w.refused(w.tryConfirm(u, 4, tag), ingest.NotFound, "")
}

// Each part has a bit of its own, and changing it changes no other.
func TestConfirmationsAreKeptApart(t *testing.T) {
	w := newWorld(t)
	u := w.parted(20, 1)
	for n := 1; n <= 20; n++ {
		w.putPart(u, n, "x")
	}
	confirmed := map[int]bool{}
	for _, n := range []int{20, 1, 8, 9, 16, 17} {
		w.confirm(u, n, w.putPart(u, n, "x"))
		confirmed[n] = true
		stored := w.storedUpload(u)
		for i := -1; i <= 30; i++ {
			if i > 0 && engine.Confirmed(stored, i) != confirmed[i] {
				t.Fatalf("after %d: part %d is confirmed: %v", n, i, !confirmed[i])
			}
		}
	}
	w.putPart(u, 9, "y")
	same(t, "parts", w.parts(u), "crrrrrrcrrrrrrrccrrc")
}

// What has arrived is told part by part, however the windows came.
func TestPartStatesOfWindowsInAnyOrder(t *testing.T) {
	for _, tt := range []struct {
		windows [][2]int64 // offset, length
		want    string
	}{
		{nil, "---"},
		{[][2]int64{{8, 2}}, "--r"},
		{[][2]int64{{8, 2}, {0, 4}}, "r-r"},
		{[][2]int64{{1, 3}, {4, 4}}, "-r-"},
		{[][2]int64{{0, 3}, {4, 3}, {8, 1}}, "---"},
		{[][2]int64{{2, 8}}, "-rr"},
		{[][2]int64{{9, 1}, {2, 6}, {0, 2}}, "rr-"},
		{[][2]int64{{8, 2}, {0, 8}}, "rrr"},
	} {
		t.Run(fmt.Sprint(tt.windows), func(t *testing.T) {
			w := newWorld(t)
			u := w.parted(10, 4)
			for _, win := range tt.windows {
				w.write(u, win[0], strings.Repeat("x", int(win[1])))
			}
			same(t, "parts", w.parts(u), tt.want)
			w.restart()
			same(t, "parts after a restart", w.parts(u), tt.want)
		})
	}
}

// A disk that cannot be read for a moment does not make parts look lost: the client
// would give the upload up.
func TestPartStatesNeedTheStage(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4, 4)
	w.sendParts(u, "1234")
	w.blobs.set(func(b *flakyBlobs) { b.onOpen = func() error { return errDisk } })
	_, err := w.engine.PartStates(w.ctx, w.storedUpload(u))
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	_, missing, err := w.tryFinishParts(u)
	w.refused(err, ingest.Unavailable, ingest.CodeDiskFull)
	same(t, "missing", missing, "")
	w.blobs.set(func(b *flakyBlobs) { b.onOpen = nil })
	same(t, "bytes", w.read(w.finishParts(u).UUID), "1234")
}
