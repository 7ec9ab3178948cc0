package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/box"
	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
)

func (r *Runner) inspectBytes(ctx context.Context, file []byte, name string) (Inspection, error) {
	return r.Inspect(ctx, bytes.NewReader(file), int64(len(file)), name, ThumbnailSpec{})
}

func TestInspectInAConfinedWorker(t *testing.T) {
	if !box.Supported().Closed() {
		t.Skipf("this kernel cannot confine: %v", box.Supported())
	}
	r := newRunner(t, "media-worker")
	file := mediatest.WithOrientation(mediatest.JPEG(mediatest.Picture(1000, 500)), 6)
	got, err := r.inspectBytes(t.Context(), file, "holiday.jpg")
	if err != nil {
		t.Fatal(err)
	}
	thumbnail := got.Thumbnail
	got.Thumbnail = nil
	want := Inspection{ContentType: "image/jpeg", Format: "jpeg", Width: 1000, Height: 500, Frames: 1,
		ColorModel: "ycbcr", BitDepth: 8, Orientation: 6}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inspection (-want +got):\n%s", diff)
	}
	small, err := jpeg.Decode(bytes.NewReader(thumbnail.Bytes))
	if err != nil || small.Bounds().Dx() != 160 || small.Bounds().Dy() != 320 {
		t.Errorf("thumbnail %v, %v; want an upright one of 160 x 320", small.Bounds(), err)
	}
	// The worker waits now; the kernel must show the walls around it.
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.idle[0].cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, wall := range []string{"Seccomp:\t2", "NoNewPrivs:\t1"} {
		if !strings.Contains(string(status), wall) {
			t.Errorf("the worker's status lacks %q", wall)
		}
	}
	level, err := r.Probe(t.Context())
	if err != nil || !level.Closed() || level.Landlock != box.Supported().Landlock {
		t.Errorf("Probe: %v, %v; want all that the kernel offers, %v", level, err, box.Supported())
	}
}

func TestWorkerAnswersForBadFiles(t *testing.T) {
	r := newRunner(t, "media-worker")
	bomb := append(mediatest.PNGHeader(40000, 40000), mediatest.PNGChunk("IDAT", make([]byte, 190<<10))...)
	good := mediatest.PNG(mediatest.Picture(60, 40))
	tests := []struct {
		name, contentType string
		file              []byte
		class             Class
		width             int
	}{
		{"bomb.png", "image/png", bomb, fault.TooLarge, 40000},
		{"empty.jpg", "application/octet-stream", nil, fault.Corrupt, 0},
		{"note.jpg", "text/plain", []byte("a text that was named .jpg"), fault.Unsupported, 0},
		{"table.csv", "text/csv", []byte("a text; a table"), fault.Unsupported, 0},
		{"cut.png", "image/png", good[:len(good)/2], fault.Corrupt, 60},
		{"report.jpg", "application/pdf", []byte("%PDF-1.7\n%âãÏÓ\n"), fault.Unsupported, 0},
		{"lab.tif", "image/tiff", []byte("II*\x00\x08\x00\x00\x00\x01\x00\x06\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00"), fault.Refused, 0},
		{"good.png", "image/png", good, "", 60},
	}
	var pids []int
	for _, tt := range tests {
		got, err := r.inspectBytes(t.Context(), tt.file, tt.name)
		if fault.ClassOf(err) != tt.class || got.ContentType != tt.contentType || got.Width != tt.width {
			t.Errorf("%s: %s, %d wide, %v; want %s, %d wide, class %q", tt.name, got.ContentType, got.Width, err,
				tt.contentType, tt.width, tt.class)
		}
		pids = append(pids, r.idle[0].cmd.Process.Pid)
	}
	for _, pid := range pids {
		if pid != pids[0] {
			t.Errorf("bad files cost workers: %v", pids)
		}
	}
}

func TestLongFilesGoThroughTheSpool(t *testing.T) {
	r := newRunner(t, "media-worker")
	// Chunks that decoders skip make the file longer than what is kept in memory.
	filler := mediatest.PNGChunk("fiLl", make([]byte, 12<<20))
	long := mediatest.InsertPNGChunks(mediatest.PNG(mediatest.Picture(600, 400)), filler, filler, filler)
	short := mediatest.PNG(mediatest.Picture(50, 40))
	for i, file := range [][]byte{long, short, long} {
		got, err := r.inspectBytes(t.Context(), file, "a.png")
		if err != nil || got.Thumbnail == nil || got.Width != []int{600, 50, 600}[i] {
			t.Errorf("file %d of %d bytes: %+v, %v", i, len(file), got.Width, err)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	r := newRunner(t, "media-worker", func(o *Options) { o.MemoryBytes = 64 << 20 })
	big := append(mediatest.PNGHeader(5000, 4000), mediatest.PNGChunk("IDAT", []byte("80 MB of pixels"))...)
	got, err := r.inspectBytes(t.Context(), big, "big.png")
	if fault.ClassOf(err) != fault.TooLarge || !strings.Contains(err.Error(), "memory limit is 48 MiB") || got.Width != 5000 {
		t.Errorf("%+v, %v; want a refusal that names the memory limit", got, err)
	}
}

func TestSourcesThatFail(t *testing.T) {
	r := newRunner(t, "media-worker")
	broken := errors.New("the disk is on fire")
	tests := []struct {
		name string
		src  io.Reader
		size int64
		want Class
	}{
		{"shorter than announced", strings.NewReader("abc"), 10, fault.Source},
		{"failing", io.MultiReader(strings.NewReader("abc"), errorReader{broken}), 10, fault.Source},
		{"longer than announced", bytes.NewReader(mediatest.PNG(mediatest.Picture(9, 9))), 30, fault.Corrupt},
		{"negative size", strings.NewReader(""), -1, fault.Invalid},
		{"over the limit", strings.NewReader(""), 1 << 40, fault.TooLarge},
	}
	for _, tt := range tests {
		_, err := r.Inspect(t.Context(), tt.src, tt.size, "a.png", ThumbnailSpec{})
		if fault.ClassOf(err) != tt.want {
			t.Errorf("%s: %v, want class %q", tt.name, err, tt.want)
		}
		if tt.name == "failing" && !errors.Is(err, broken) {
			t.Errorf("%v does not wrap the cause", err)
		}
		if _, err := r.inspectBytes(t.Context(), mediatest.PNG(mediatest.Picture(9, 9)), "a.png"); err != nil {
			t.Errorf("after %q: %v", tt.name, err)
		}
	}
	if _, err := r.Inspect(t.Context(), nil, 0, "", ThumbnailSpec{MaxEdge: 5000}); fault.ClassOf(err) != fault.Invalid {
		t.Errorf("an edge of 5000: %v", err)
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func TestSkipReadsTheHeaderOnly(t *testing.T) {
	r := newRunner(t, "media-worker")
	file := mediatest.JPEG(mediatest.Picture(400, 300))
	got, err := r.Inspect(t.Context(), bytes.NewReader(file), int64(len(file)), "a.jpg", ThumbnailSpec{Skip: true})
	if err != nil || got.Width != 400 || got.Thumbnail != nil {
		t.Errorf("%+v, %v; want the size and no thumbnail", got, err)
	}
}

// The fake worker reports its process number as the width.
func TestACrashFailsOneFileAndTheNextGetsAFreshWorker(t *testing.T) {
	for _, how := range []string{"exit before the file", "exit after the file", "exit in the answer"} {
		r := newRunner(t, "fake-worker")
		first, err := r.inspectBytes(t.Context(), []byte("x"), "fine")
		if err != nil {
			t.Fatal(err)
		}
		// More than the pipe holds, so that the worker's end is noticed while the file is sent.
		_, err = r.inspectBytes(t.Context(), make([]byte, 4<<20), how)
		if fault.ClassOf(err) != fault.Crashed || !strings.Contains(err.Error(), "exit status 3") {
			t.Errorf("%s: %v, want class crashed and the exit status", how, err)
		}
		if how == "exit before the file" && !strings.Contains(err.Error(), "the decoder tripped") {
			t.Errorf("%v does not say what the worker said", err)
		}
		second, err := r.inspectBytes(t.Context(), []byte("x"), "fine")
		if err != nil || second.Width == first.Width {
			t.Errorf("after %q: worker %d again, %v", how, second.Width, err)
		}
	}
}

func TestAnAnswerThatCannotBeTrueEndsTheWorker(t *testing.T) {
	r := newRunner(t, "fake-worker")
	for _, lie := range []string{"size", "negative", "class", "frames", "orientation", "huge thumbnail", "no thumbnail",
		"script", "disguise", "wide thumbnail"} {
		before, err := r.inspectBytes(t.Context(), []byte("x"), "fine")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.inspectBytes(t.Context(), []byte("x"), "lie: "+lie); fault.ClassOf(err) != fault.Crashed {
			t.Errorf("%s: %s, %v; want class crashed", lie, asJSON(got), err)
		}
		if running(before.Width) {
			t.Errorf("%s: worker %d still runs", lie, before.Width)
		}
	}
	_, err := r.inspectBytes(t.Context(), []byte("x"), "lie: words")
	if fault.ClassOf(err) != fault.Corrupt || err.Error() != "bad [31m news \uFFFD" {
		t.Errorf("words of a worker arrive as %q", err)
	}
}

func TestTheTimeLimitKillsTheWorker(t *testing.T) {
	r := newRunner(t, "fake-worker", func(o *Options) { o.Timeout = 700 * time.Millisecond })
	before, err := r.inspectBytes(t.Context(), []byte("x"), "fine")
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.inspectBytes(t.Context(), []byte("x"), "hang")
	if fault.ClassOf(err) != fault.Timeout || !strings.Contains(err.Error(), "700ms") {
		t.Errorf("%v, want class timeout and the limit", err)
	}
	if running(before.Width) {
		t.Errorf("worker %d still runs", before.Width)
	}
	if _, err := r.inspectBytes(t.Context(), []byte("x"), "fine"); err != nil {
		t.Errorf("after the timeout: %v", err)
	}
}

func TestTheCallerCanGiveUp(t *testing.T) {
	r := newRunner(t, "fake-worker")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	_, err := r.inspectBytes(ctx, []byte("x"), "hang")
	if fault.ClassOf(err) != fault.Cancelled || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want class cancelled", err)
	}
	if _, err := r.inspectBytes(ctx, []byte("x"), "fine"); fault.ClassOf(err) != fault.Cancelled {
		t.Errorf("with an ended context: %v", err)
	}
}

func TestAnOpenBoxIsRefusedUnlessAllowed(t *testing.T) {
	r := newRunner(t, "open-worker")
	_, err := r.inspectBytes(t.Context(), []byte("x"), "fine")
	if fault.ClassOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "no seccomp filters") {
		t.Errorf("%v, want class unavailable and the missing wall", err)
	}
	r = newRunner(t, "open-worker", func(o *Options) { o.AllowUnboxed = true })
	if _, err := r.inspectBytes(t.Context(), []byte("x"), "fine"); err != nil {
		t.Errorf("allowed, and still: %v", err)
	}
}

func TestAWorkerThatCannotStart(t *testing.T) {
	r := newRunner(t, "dead-worker")
	_, err := r.inspectBytes(t.Context(), []byte("x"), "fine")
	if fault.ClassOf(err) != fault.Crashed || !strings.Contains(err.Error(), "no kernel for old workers") {
		t.Errorf("%v, want the worker's last words", err)
	}
	r = newRunner(t, "", func(o *Options) { o.Command = []string{"/nowhere/sluice"} })
	var failed *Error
	if _, err := r.inspectBytes(t.Context(), []byte("x"), "fine"); !errors.As(err, &failed) || failed.Class != fault.Unavailable || strings.Contains(failed.Msg, "nowhere") {
		t.Errorf("%v, want class unavailable, and no path in the words", err)
	}
}

func TestWorkersAreReplacedAfterEnoughFiles(t *testing.T) {
	r := newRunner(t, "fake-worker", func(o *Options) { o.RecycleAfter = 3 })
	var pids []int
	for i := range 7 {
		name := "fine"
		if i == 4 {
			name = "lie: retire"
		}
		got, err := r.inspectBytes(t.Context(), []byte("x"), name)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, got.Width)
	}
	same := func(i, j int) bool { return pids[i] == pids[j] }
	if !same(0, 2) || same(2, 3) || !same(3, 4) || same(4, 5) || !same(5, 6) {
		t.Errorf("workers %v; want three files for the first, two for the one that retired", pids)
	}
}

func TestIdleWorkersEnd(t *testing.T) {
	r := newRunner(t, "fake-worker", func(o *Options) { o.IdleAfter = 50 * time.Millisecond })
	got, err := r.inspectBytes(t.Context(), []byte("x"), "fine")
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); running(got.Width); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("worker %d still runs", got.Width)
		}
	}
	if _, err := r.inspectBytes(t.Context(), []byte("x"), "fine"); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

// A worker that died while it waited must not cost the next file anything.
func TestAnIdleWorkerThatDiedIsReplaced(t *testing.T) {
	r := newRunner(t, "fake-worker")
	first, err := r.inspectBytes(t.Context(), []byte("x"), "fine")
	if err != nil {
		t.Fatal(err)
	}
	waiting := r.idle[0]
	if err := waiting.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-waiting.done
	second, err := r.inspectBytes(t.Context(), []byte("x"), "fine")
	if err != nil || second.Width == first.Width {
		t.Errorf("worker %d then %d, %v", first.Width, second.Width, err)
	}
}

func TestConcurrentUse(t *testing.T) {
	r := newRunner(t, "media-worker", func(o *Options) { o.Workers, o.RecycleAfter = runtime.NumCPU(), 5 })
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			width := 40 + i
			got, err := r.inspectBytes(t.Context(), mediatest.PNG(mediatest.Picture(width, 30)), "a.png")
			if err != nil || got.Width != width || got.Thumbnail == nil || got.Thumbnail.Width != width {
				t.Errorf("file %d: %s, %v", i, asJSON(got), err)
			}
		})
	}
	all.Wait()
	if got := len(r.idle); got > runtime.NumCPU() {
		t.Errorf("%d workers wait, at most %d were allowed", got, runtime.NumCPU())
	}
}

func TestCloseEndsEverything(t *testing.T) {
	r := newRunner(t, "fake-worker", func(o *Options) { o.Workers = 1 })
	idle, err := r.inspectBytes(t.Context(), []byte("x"), "fine")
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 2)
	for range 2 { // One at work, one that waits for its turn.
		go func() {
			_, err := r.inspectBytes(context.Background(), []byte("x"), "hang")
			failed <- err
		}()
	}
	for len(r.slots) == 0 {
		runtime.Gosched()
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-failed; fault.ClassOf(err) != fault.Cancelled && fault.ClassOf(err) != fault.Unavailable {
			t.Errorf("a call under way: %v", err)
		}
	}
	if running(idle.Width) {
		t.Errorf("worker %d still runs", idle.Width)
	}
	if _, err := r.inspectBytes(t.Context(), []byte("x"), "fine"); fault.ClassOf(err) != fault.Unavailable {
		t.Errorf("after Close: %v", err)
	}
}

func BenchmarkThumbnailOf12Megapixels(b *testing.B) {
	r := newRunner(b, "media-worker")
	file := mediatest.JPEG(mediatest.Photograph(4000, 3000))
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := r.inspectBytes(b.Context(), file, "a.jpg"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHeaderOnly(b *testing.B) {
	r := newRunner(b, "media-worker")
	file := mediatest.JPEG(mediatest.Picture(400, 300))
	for b.Loop() {
		if _, err := r.Inspect(b.Context(), bytes.NewReader(file), int64(len(file)), "a.jpg", ThumbnailSpec{Skip: true}); err != nil {
			b.Fatal(err)
		}
	}
}
