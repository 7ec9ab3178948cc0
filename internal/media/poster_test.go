package media

import (
	"bytes"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/internal/media/fault"
)

// posterOf runs Poster over a file of the disk.
func posterOf(t *testing.T, r *Runner, path, name string) (Inspection, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return r.Poster(t.Context(), f, info.Size(), name, ThumbnailSpec{})
}

// brightness is the mean of a thumbnail's gray values.
func brightness(t *testing.T, thumbnail *Thumbnail) float64 {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(thumbnail.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	var sum, count float64
	size := img.Bounds()
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			sum += float64(r+g+b) / 3 / 257
			count++
		}
	}
	return sum / count
}

func TestPosterOfVideos(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	r := newRunner(t, "media-worker")
	for name, codec := range map[string][]string{
		"a.mp4": nil, "a.m4v": nil, "a.mov": nil, "a.mkv": nil, "a.ts": nil, "a.m2ts": nil, "a.mts": nil,
		"a.m2t":  {"-f", "mpegts"},
		"a.3gp":  {"-c:v", "mpeg4"},
		"a.avi":  {"-c:v", "mpeg4"},
		"a.wmv":  {"-c:v", "wmv2"},
		"a.webm": {"-c:v", "libvpx", "-deadline", "realtime"},
		"a.ogv":  {"-c:v", "libtheora"},
		"a.mpg":  {"-r", "25"}, "a.vob": {"-r", "25"}, "a.m2v": {"-r", "25"},
	} {
		t.Run(name, func(t *testing.T) {
			path := sample(t, name, slices.Concat(pictures, codec)...)
			got, err := posterOf(t, r, path, name)
			if err != nil {
				t.Fatalf("%s: %v", got.ContentType, err)
			}
			small := got.Thumbnail
			if got.Width != 320 || got.Height != 180 || small == nil || small.Width != 320 || small.Height != 180 || small.ContentType != "image/jpeg" {
				t.Fatalf("inspection %+v", got)
			}
			if b := brightness(t, small); b < 60 {
				t.Errorf("the poster has brightness %.0f", b)
			}
			if name != "a.m2v" && (got.Duration < 2*time.Second || got.Duration > 4*time.Second) { // .m2v has no times
				t.Errorf("duration %v, want about 3 s", got.Duration)
			}
		})
	}
}

// A film that begins in the dark is shown by a frame that is not, if there is one in the part that is looked at.
func TestPosterIsNotDark(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	r := newRunner(t, "media-worker")
	fade := []string{"-f", "lavfi", "-i", "color=black:size=160x90:rate=10:duration=3[a];color=white:size=160x90:rate=10:duration=3[b];[a][b]concat"}
	for name, tt := range map[string]struct {
		args []string
		dark bool
	}{
		"light in the middle, one key frame": {fade, false},
		"light in the middle, key frames":    {append(fade[:4:4], "-g", "5"), false},
		"dark to the end":                    {[]string{"-f", "lavfi", "-i", "color=black:size=160x90:rate=10:duration=2"}, true},
	} {
		got, err := posterOf(t, r, sample(t, "a.mp4", tt.args...), "a.mp4")
		if err != nil || got.Thumbnail == nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		} else if b := brightness(t, got.Thumbnail); (b < 100) != tt.dark {
			t.Errorf("%s: brightness %.0f", name, b)
		}
	}
}

func TestPosterOfTurnedAndStretchedVideos(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	r := newRunner(t, "media-worker")
	halves := sample(t, "a.mp4", "-f", "lavfi", "-i",
		"color=white:size=160x180:duration=1:rate=10[a];color=black:size=160x180:duration=1:rate=10[b];[a][b]hstack")
	turnRight(t, halves)
	got, err := posterOf(t, r, halves, "a.mp4")
	if err != nil || got.Width != 320 || got.Height != 180 || got.Orientation != 6 || got.Thumbnail.Width != 180 || got.Thumbnail.Height != 320 {
		t.Fatalf("turned: %+v, %v", got, err)
	}
	img, err := jpeg.Decode(bytes.NewReader(got.Thumbnail.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	if top, _, _, _ := img.At(90, 20).RGBA(); top>>8 < 200 {
		t.Errorf("the left half is not above: %d", top>>8)
	}
	got, err = posterOf(t, r, sample(t, "b.mp4", append(pictures, "-vf", "setsar=1/2")...), "b.mp4")
	if err != nil || got.Width != 320 || got.Thumbnail.Width != 160 || got.Thumbnail.Height != 180 {
		t.Errorf("stretched: %+v, %v", got, err)
	}
}

func TestPosterOfSoundIsItsCover(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	r := newRunner(t, "media-worker")
	cover := []string{"-i", coverFile(t), "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v:0", "attached_pic"}
	for name, cut := range map[string][]string{
		"a.mp3": nil, "a.flac": nil, "a.m4a": nil,
		"b.mp3": {}, "b.flac": {}, "b.m4a": {}, "b.ogg": {"-c:a", "libvorbis"}, "b.opus": {"-c:a", "libopus"}, "b.wav": {}, "b.aif": {}, "b.aac": {}, "b.wma": {},
	} {
		t.Run(name, func(t *testing.T) {
			args := cut
			if cut == nil {
				args = cover
			}
			got, err := posterOf(t, r, sample(t, name, slices.Concat(sound, args)...), name)
			if err != nil || got.Width != 0 || got.Height != 0 || (got.Thumbnail != nil) != (cut == nil) {
				t.Fatalf("%+v, %v", got, err)
			}
			if cut == nil && (got.Thumbnail.Width != 300 || got.Thumbnail.Height != 300) {
				t.Errorf("thumbnail of %d x %d", got.Thumbnail.Width, got.Thumbnail.Height)
			}
		})
	}
}

func TestPosterOfPDFs(t *testing.T) {
	for _, program := range []string{"pdftoppm", "gs"} {
		t.Run(program, func(t *testing.T) {
			needTools(t, program)
			only(t, program)
			r := newRunner(t, "media-worker")
			body := pdf()
			got, err := r.Poster(t.Context(), bytes.NewReader(body), int64(len(body)), "a.pdf", ThumbnailSpec{MaxEdge: 100})
			if err != nil || got.ContentType != "application/pdf" || got.Thumbnail.Width != 100 || got.Thumbnail.Height != 50 {
				t.Fatalf("%+v, %v", got, err)
			}
			broken := body[:len(body)/3]
			_, err = r.Poster(t.Context(), bytes.NewReader(broken), int64(len(broken)), "a.pdf", ThumbnailSpec{})
			if fault.ClassOf(err) != fault.Corrupt || !strings.HasPrefix(err.Error(), program+" ") {
				t.Errorf("a broken file: %v", err)
			}
		})
	}
}

// A tool reads the caller's own file when that is all of it, and a copy otherwise.
func TestPosterReadsTheFileItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	section := func(at, n int64) io.Reader { return io.NewSectionReader(f, at, n) }
	if got := wholeFile(section(0, 10), 10); got != f {
		t.Error("the whole file is copied")
	}
	if wholeFile(section(1, 9), 9) != nil || wholeFile(section(0, 9), 9) != nil || wholeFile(f, 9) != nil || wholeFile(strings.NewReader("x"), 1) != nil {
		t.Error("a tool would see more than the caller gave")
	}
	o := Options{SpoolDir: t.TempDir(), MaxInputBytes: 20}
	in, head, err := o.toolFile(strings.NewReader("0123456789"), 9)
	if err != nil || string(head) != "012345678" {
		t.Fatalf("%q, %v", head, err)
	}
	in.Close()
	if _, _, err := o.toolFile(strings.NewReader("0"), 2); fault.ClassOf(err) != fault.Source {
		t.Errorf("a short source: %v", err)
	}
	if _, _, err := o.toolFile(strings.NewReader("0"), 21); fault.ClassOf(err) != fault.TooLarge {
		t.Errorf("a long source: %v", err)
	}
}
