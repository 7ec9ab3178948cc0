package media

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// openFootage opens a file of the demuxer mov.
func openFootage(t *testing.T, path string) footage {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return footage{file: f, demuxer: "mov"}
}

// used are the facts of a file that anything depends on, in the same words whoever told them.
type used struct {
	Duration string
	Streams  []usedStream
}

type usedStream struct {
	Index         int
	Kind          string
	Cover         bool
	Width, Height int
	Shape, Rate   string
	Orientation   int
}

func usedOf(p probed) (u used) {
	u.Duration = p.Format.Duration
	best := p.best()
	for i := range p.Streams {
		s := &p.Streams[i]
		seen := usedStream{Index: s.Index, Kind: s.Type, Cover: s.cover()}
		if s.Type != "video" && s.Type != "audio" {
			seen.Kind = ""
		}
		if s.cover() || s == best {
			seen.Width, seen.Height = s.Width, s.Height
		}
		if s == best && !s.cover() {
			seen.Rate, seen.Orientation = s.FrameRate, s.orientation()
			if fraction(s.PixelShape, ":") > 0 {
				seen.Shape = s.PixelShape
			}
		}
		u.Streams = append(u.Streams, seen)
	}
	return u
}

// turned returns an edit that replaces the matrix of the first track header.
func turned(matrix ...int32) func(*testing.T, []byte) []byte {
	return func(t *testing.T, file []byte) []byte {
		at := bytes.Index(file, []byte("tkhd"))
		for i, value := range matrix {
			binary.BigEndian.PutUint32(file[at+44+4*i:], uint32(value))
		}
		return file
	}
}

// put returns an edit that overwrites what stands so many bytes after the first place of a word in the moov box.
func put(word string, after int, bytesThere ...byte) func(*testing.T, []byte) []byte {
	return func(t *testing.T, file []byte) []byte {
		moov := bytes.Index(file, []byte("moov"))
		at := bytes.Index(file[moov:], []byte(word))
		if at < 0 {
			t.Fatalf("the sample has no %q", word)
		}
		copy(file[moov+at+after:], bytesThere)
		return file
	}
}

// movieSample is a file to be read with and without ffprobe.
type movieSample struct {
	name string
	args []string
	edit func(*testing.T, []byte) []byte
	sure bool // it must be read without
}

const (
	unit  = 1 << 16
	wUnit = 1 << 30
)

// movieSamples are files as cameras, editors and ffmpeg write them.
func movieSamples(t *testing.T) map[string]movieSample {
	lavfi := func(source string, more ...string) []string {
		return append([]string{"-f", "lavfi", "-i", source}, more...)
	}
	both := slices.Concat(pictures, sound)
	cover := coverFile(t)
	chapters := filepath.Join(t.TempDir(), "chapters")
	if err := os.WriteFile(chapters, []byte(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=one\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=two\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	words := filepath.Join(t.TempDir(), "words.srt")
	if err := os.WriteFile(words, []byte("1\n00:00:00,000 --> 00:00:01,000\nwords\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(input []string, args ...string) []string { return slices.Concat(input, args) }
	samples := map[string]movieSample{
		"H.264":                      {"a.mp4", pictures, nil, true},
		"with sound":                 {"a.mp4", both, nil, true},
		"QuickTime":                  {"a.mov", both, nil, true},
		"M4V":                        {"a.m4v", both, nil, true},
		"moov first":                 {"a.mp4", with(both, "-movflags", "+faststart"), nil, true},
		"baseline":                   {"a.mp4", with(pictures, "-profile:v", "baseline", "-pix_fmt", "yuv420p"), nil, true},
		"4:2:0, B frames":            {"a.mp4", with(pictures, "-pix_fmt", "yuv420p", "-bf", "3"), nil, true},
		"4:2:2":                      {"a.mp4", with(pictures, "-pix_fmt", "yuv422p10le"), nil, true},
		"4:0:0":                      {"a.mp4", with(pictures, "-pix_fmt", "gray"), nil, true},
		"RGB":                        {"a.mp4", with(pictures, "-c:v", "libx264rgb"), nil, true},
		"interlaced":                 {"a.mp4", with(pictures, "-pix_fmt", "yuv420p", "-flags", "+ildct+ilme", "-x264opts", "tff=1"), nil, true},
		"scaling lists":              {"a.mp4", with(pictures, "-pix_fmt", "yuv420p", "-x264opts", "cqm=jvt"), nil, true},
		"odd size":                   {"a.mp4", lavfi("testsrc=size=317x175:duration=1", "-pix_fmt", "yuv444p"), nil, true},
		"1080 lines":                 {"a.mp4", lavfi("testsrc=size=1920x1080:duration=0.2", "-pix_fmt", "yuv420p"), nil, true},
		"29.97 pictures per second":  {"a.mp4", lavfi("testsrc=size=64x48:rate=30000/1001:duration=2"), nil, true},
		"uneven times":               {"a.mp4", lavfi("testsrc=size=64x48:rate=30:duration=3", "-vf", "setpts=PTS+0.01*random(0)/TB", "-vsync", "vfr", "-video_track_timescale", "90000"), nil, true},
		"a fraction that is cut":     {"a.mp4", lavfi("testsrc=size=64x48:rate=30:duration=3", "-vf", "setpts=PTS+0.01*random(0)/TB", "-vsync", "vfr", "-video_track_timescale", "100000007"), nil, true},
		"stretched":                  {"a.mp4", with(pictures, "-vf", "setsar=1/2"), nil, true},
		"wide pixels":                {"a.mov", with(pictures, "-vf", "setsar=16/11"), nil, true},
		"square pixels":              {"a.mp4", with(pictures, "-vf", "setsar=1"), nil, true},
		"no pasp, told by the codec": {"a.mp4", with(pictures, "-vf", "setsar=1/2"), put("pasp", 0, []byte("free")...), false},
		"no pasp at all":             {"a.mp4", with(pictures, "-vf", "setsar=1"), put("pasp", 0, []byte("free")...), true},
		"pixels of nothing":          {"a.mp4", with(pictures, "-vf", "setsar=1/2"), put("pasp", 4, 0, 0, 0, 0), false},
		"turned right":               {"a.mp4", both, turned(0, unit, 0, -unit, 0, 0, 180*unit, 0, wUnit), true},
		"upside down":                {"a.mp4", both, turned(-unit, 0, 0, 0, -unit, 0, 320*unit, 180*unit, wUnit), true},
		"turned left":                {"a.mov", both, turned(0, -unit, 0, unit, 0, 0, 0, 320*unit, wUnit), true},
		"turned and stretched":       {"a.mp4", with(pictures, "-vf", "setsar=1/2"), turned(0, unit, 0, -unit, 0, 0, 0, 0, wUnit), true},
		"moved":                      {"a.mp4", both, turned(unit, 0, 0, 0, unit, 0, 5*unit, 0, wUnit), true},
		"mirrored":                   {"a.mp4", both, turned(-unit, 0, 0, 0, unit, 0, 0, 0, wUnit), false},
		"slanted":                    {"a.mp4", both, turned(unit/2, unit, 0, -unit, unit/2, 0, 0, 0, wUnit), false},
		"stretched by the matrix":    {"a.mp4", both, turned(2*unit, 0, 0, 0, unit, 0, 0, 0, wUnit), false},
		"the movie is turned":        {"a.mp4", both, put("mvhd", 40, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0), false},
		"shown in another size":      {"a.mp4", with(pictures, "-vf", "setsar=0"), put("tkhd", 80, 0, 100), false},
		"the codec says another":     {"a.mp4", with(pictures, "-pix_fmt", "yuv420p"), put("avc1", 28, 1, 48), false},
		"sound alone":                {"a.m4a", sound, nil, true},
		"lossless sound":             {"a.m4a", with(sound, "-c:a", "alac"), nil, true},
		"MP3 in MP4":                 {"a.mp4", with(sound, "-c:a", "libmp3lame"), nil, true},
		"samples in QuickTime":       {"a.mov", with(sound, "-c:a", "pcm_s16be"), nil, true},
		"AC-3":                       {"a.mp4", with(sound, "-c:a", "ac3"), nil, true},
		"a cover":                    {"a.m4a", with(sound, "-i", cover, "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v:0", "attached_pic"), nil, true},
		"a cover of PNG":             {"a.m4a", with(sound, "-i", cover, "-map", "0:a", "-map", "1:v", "-c:v", "png", "-disposition:v:0", "attached_pic"), nil, true},
		"two covers":                 {"a.m4a", with(sound, "-i", cover, "-i", cover, "-map", "1:v", "-map", "0:a", "-map", "2:v", "-c:v", "copy", "-disposition:v", "attached_pic"), nil, true},
		"a cover, broken":            {"a.m4a", with(sound, "-i", cover, "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v:0", "attached_pic"), put("\xff\xd8\xff", 0, make([]byte, 3000)...), true},
		"a cover, unknown type":      {"a.m4a", with(sound, "-i", cover, "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v:0", "attached_pic"), put("covr", 15, 12), true},
		"video with a cover":         {"a.mp4", with(both, "-i", cover, "-map", "1:a", "-map", "2:v", "-map", "0:v", "-c:v:0", "copy", "-disposition:v:0", "attached_pic"), nil, true},
		"sound first":                {"a.mp4", with(both, "-map", "1:a", "-map", "0:v"), nil, true},
		"several tracks":             {"a.mp4", with(both, "-map", "1:a", "-map", "0:v", "-map", "1:a", "-map", "0:v", "-s:v:1", "64x48"), nil, true},
		"another codec as second":    {"a.mp4", with(pictures, "-map", "0:v", "-map", "0:v", "-c:v:1", "mjpeg"), nil, true},
		"another codec as first":     {"a.mp4", with(pictures, "-map", "0:v", "-map", "0:v", "-c:v:0", "mjpeg"), nil, false},
		"subtitles":                  {"a.mp4", with(both, "-i", words, "-map", "2:s", "-map", "0:v", "-c:s", "mov_text"), nil, true},
		"chapters":                   {"a.mp4", with(both, "-i", chapters, "-map_metadata", "2"), nil, true},
		"chapters of pictures":       {"a.mp4", with(both, "-i", chapters, "-map_metadata", "2"), func(t *testing.T, file []byte) []byte { return put("chap", 4, 0, 0, 0, 1)(t, file) }, false},
		"time code":                  {"a.mov", with(both, "-timecode", "01:00:00:00"), nil, true},
		"time code in MP4":           {"a.mp4", with(both, "-timecode", "01:00:00:00", "-write_tmcd", "on"), nil, true},
		"keys of QuickTime":          {"a.mov", with(both, "-movflags", "use_metadata_tags", "-metadata", "make=maker"), nil, true},
		"tags":                       {"a.mp4", with(both, "-metadata", "title=title", "-metadata", "comment=words"), nil, true},
		"late sound":                 {"a.mp4", with(slices.Concat([]string{"-itsoffset", "0.7"}, sound, pictures), "-map", "1:v", "-map", "0:a"), nil, true},
		"cut by an edit list":        {"a.mp4", with([]string{"-ss", "1.55"}, "-i", "FILM", "-c", "copy"), nil, true},
		"no edit lists":              {"a.mp4", with(both, "-use_editlist", "0"), nil, true},
		"fragments":                  {"a.mp4", with(both, "-movflags", "frag_keyframe+empty_moov"), nil, false},
		"fragments after a moov":     {"a.mp4", with(both, "-movflags", "frag_keyframe"), nil, false},
		"fragments, one index":       {"a.mp4", with(both, "-movflags", "frag_keyframe+global_sidx"), nil, false},
		"HEVC":                       {"a.mp4", lavfi("testsrc=size=318x178:rate=25:duration=1", "-c:v", "libx265", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p"), nil, true},
		"HEVC as hvc1":               {"a.mov", with(pictures, "-c:v", "libx265", "-x265-params", "log-level=none:sar=4", "-tag:v", "hvc1", "-pix_fmt", "yuv420p10le"), nil, true},
		"HEVC, no pasp":              {"a.mp4", with(pictures, "-c:v", "libx265", "-x265-params", "log-level=none:scaling-list=default:bframes=4:ref=4", "-vf", "setsar=16/11", "-tag:v", "hvc1"), put("pasp", 0, []byte("free")...), false},
		"HEVC, square, no pasp":      {"a.mp4", with(pictures, "-c:v", "libx265", "-x265-params", "log-level=none:bframes=4:ref=4:b-pyramid=1:temporal-layers=1", "-vf", "setsar=1", "-tag:v", "hvc1"), put("pasp", 0, []byte("free")...), true},
		"MPEG-4 part 2":              {"a.mp4", with(pictures, "-c:v", "mpeg4"), nil, true},
		"MPEG-4 part 2, stretched":   {"a.mp4", with(pictures, "-c:v", "mpeg4", "-vf", "setsar=7/5"), nil, true},
		"3GP":                        {"a.3gp", with(pictures, "-c:v", "mpeg4"), nil, true},
		"3GP of H.264":               {"a.3gp", with(both, "-c:v", "libx264", "-c:a", "aac"), nil, true},
		"3GP of H.263":               {"a.3gp", with(pictures, "-c:v", "h263", "-s", "352x288"), nil, false},
		"AV1":                        {"a.mp4", lavfi("testsrc=size=64x48:duration=0.2", "-c:v", "libaom-av1", "-cpu-used", "8"), nil, false},
		"VP9":                        {"a.mp4", lavfi("testsrc=size=64x48:duration=0.2", "-c:v", "libvpx-vp9", "-deadline", "realtime"), nil, false},
		"ProRes":                     {"a.mov", lavfi("testsrc=size=64x48:duration=0.2", "-c:v", "prores"), nil, false},
		"Motion JPEG":                {"a.mov", lavfi("testsrc=size=64x48:duration=0.2", "-c:v", "mjpeg"), nil, false},
		"a picture alone":            {"a.mp4", lavfi("testsrc=size=64x48:rate=1:duration=1"), nil, true},
		"cut off":                    {"a.mp4", with(both, "-movflags", "+faststart"), func(t *testing.T, file []byte) []byte { return file[:len(file)*2/3] }, false},
		"a tail":                     {"a.mp4", both, func(t *testing.T, file []byte) []byte { return append(file, "tail of something"...) }, false},
		"encrypted":                  {"a.mp4", both, put("avc1", 0, []byte("encv")...), false},
	}
	for _, format := range []string{"text", "tx3g", "c608", "stpp", "wvtt", "rtp ", "mebx", "metx", "mett", "camm", "gpmd", "fdsc", "djmd", "dbgi", "rtmd"} {
		samples["data of type "+format] = movieSample{"a.mov", with(both, "-timecode", "01:00:00:00"), func(_ *testing.T, file []byte) []byte {
			moov := bytes.Index(file, []byte("moov"))
			return append(file[:moov:moov], bytes.ReplaceAll(file[moov:], []byte("tmcd"), []byte(format))...)
		}, true}
	}
	return samples
}

// What is read of the boxes of a file is what ffprobe says of the same file; what it may say otherwise is left to it.
func TestBoxesTellWhatFfprobeTells(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	r := newRunner(t, "media-worker")
	film := sample(t, "film.mp4", append(slices.Concat(pictures, sound), "-g", "5")...)
	made := map[string][]byte{} // many samples are edits of the same file
	for name, tt := range movieSamples(t) {
		t.Run(name, func(t *testing.T) {
			args := slices.Clone(tt.args)
			if at := slices.Index(args, "FILM"); at >= 0 {
				args[at] = film
			}
			recipe := tt.name + strings.Join(args, " ")
			file, ok := made[recipe]
			if !ok {
				var err error
				if file, err = os.ReadFile(sample(t, tt.name, args...)); err != nil {
					t.Fatal(err)
				}
				made[recipe] = file
			}
			file = bytes.Clone(file)
			if tt.edit != nil {
				file = tt.edit(t, file)
			}
			path := filepath.Join(t.TempDir(), tt.name)
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			compareWithFfprobe(t, r, path, tt.sure)
		})
	}
}

func compareWithFfprobe(t *testing.T, r *Runner, path string, sure bool) {
	t.Helper()
	f := openFootage(t, path)
	got, ok, err := r.contained(t.Context(), f)
	if err != nil || ok != sure {
		t.Errorf("the boxes tell all: %v, %v; want %v", ok, err, sure)
	}
	if !ok {
		return
	}
	want, err := r.probed(t.Context(), f, "video/mp4")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(usedOf(want), usedOf(got)); diff != "" {
		t.Errorf("-ffprobe +boxes:\n%s", diff)
	}
}

// The samples of the library that reads the boxes.
func TestSamplesTellWhatFfprobeTells(t *testing.T) {
	needTools(t, "ffprobe")
	r := newRunner(t, "media-worker")
	said, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/abema/go-mp4").Output()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(strings.TrimSpace(string(said)), "testdata")
	for name, sure := range map[string]bool{
		"sample.mp4": true, "sample_qt.mp4": false /* cut off */, "sample_fragmented.mp4": false, "sample_init.enca.mp4": false, "sample_init.encv.mp4": false,
	} {
		t.Run(name, func(t *testing.T) { compareWithFfprobe(t, r, filepath.Join(folder, name), sure) })
	}
}

// bare makes a Runner that finds no tool but these on PATH.
func bare(t *testing.T, programs ...string) *Runner {
	t.Helper()
	folder := t.TempDir()
	for _, program := range programs {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(folder, program)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
	return newRunner(t, "media-worker")
}

// Without a tool, a video has its dimensions, its length and its orientation, and lacks the thumbnail alone; sound has
// its cover. What is out of the ordinary lacks all, as ffprobe is what is missing.
func TestVideosWithoutTools(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	video := sample(t, "a.mp4", slices.Concat(pictures, sound)...)
	turnRight(t, video)
	song := sample(t, "a.m4a", append(slices.Clone(sound), "-i", coverFile(t), "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v:0", "attached_pic")...)
	plainSong := sample(t, "b.m4a", sound...)
	fragments := sample(t, "b.mp4", append(slices.Clone(pictures), "-movflags", "frag_keyframe+empty_moov")...)
	r := bare(t)

	got, err := posterOf(t, r, video, "a.mp4")
	if err == nil || err.Error() != "no thumbnail was made, because ffmpeg is not installed: apt-get install ffmpeg" {
		t.Errorf("a video: %v", err)
	}
	if got.Width != 320 || got.Height != 180 || got.Orientation != 6 || got.Duration != 3*time.Second || got.Thumbnail != nil {
		t.Errorf("a video: %+v", got)
	}
	found, err := r.Footage(t.Context(), openFootage(t, video).file, sizeOf(t, video), "a.mp4")
	if err == nil || err.Error() != "the video was not encoded, because ffmpeg is not installed: apt-get install ffmpeg" {
		t.Errorf("to encode: %v", err)
	}
	if want := (Footage{Width: 180, Height: 320, Duration: 3 * time.Second, Sound: true}); found != want {
		t.Errorf("to encode: %+v", found)
	}
	if got, err = posterOf(t, r, song, "a.m4a"); err != nil || got.Thumbnail == nil || got.Thumbnail.Width != 300 || got.Width != 0 {
		t.Errorf("sound with a cover: %+v, %v", got, err)
	}
	if got, err = posterOf(t, r, plainSong, "b.m4a"); err != nil || got.Thumbnail != nil || got.Duration < time.Second {
		t.Errorf("sound without: %+v, %v", got, err)
	}
	got, err = posterOf(t, r, fragments, "b.mp4")
	if err == nil || err.Error() != "neither dimensions nor a thumbnail were found, because ffprobe is not installed: apt-get install ffmpeg" || got.Width != 0 {
		t.Errorf("fragments: %+v, %v", got, err)
	}
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// The poster of an ordinary MP4 file needs ffmpeg and not ffprobe, and is the same with it.
func TestPosterWithoutFfprobe(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	path := sample(t, "a.mp4", slices.Concat(pictures, sound)...)
	got, err := posterOf(t, bare(t, "ffmpeg"), path, "a.mp4")
	if err != nil || got.Thumbnail == nil || got.Width != 320 || got.Duration != 3*time.Second {
		t.Errorf("%+v, %v", got, err)
	}
}

// A cover beyond the limits is refused by what its header says, as when ffprobe tells of it.
func TestCoverBeyondTheLimit(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	song := sample(t, "a.m4a", append(slices.Clone(sound), "-i", coverFile(t), "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v:0", "attached_pic")...)
	small := newRunner(t, "media-worker", func(o *Options) { o.MaxPixels = 89_999 })
	_, err := posterOf(t, small, song, "a.m4a")
	if err == nil || err.Error() != "the file has pictures of 300 x 300 pixels, the limit is 89999" {
		t.Errorf("%v", err)
	}
}
