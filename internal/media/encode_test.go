package media

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/fault"
)

// encodeFile encodes a file of the disk and returns what came of it.
func encodeFile(t *testing.T, r *Runner, path string, want Encoding, progress func(float64)) (Encoded, []byte, error) {
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
	var made Encoded
	var file []byte
	err = r.Encode(t.Context(), f, info.Size(), filepath.Base(path), want, progress, func(e Encoded, src io.Reader) (err error) {
		made = e
		file, err = io.ReadAll(src)
		return err
	})
	return made, file, err
}

// film is a video with sound of 3 s.
func film(t *testing.T, name string, args ...string) string {
	return sample(t, name, slices.Concat([]string{"-f", "lavfi", "-i", "testsrc=duration=3:size=320x180:rate=10",
		"-f", "lavfi", "-i", "sine=duration=3", "-shortest"}, args)...)
}

// facts are what another run of ffprobe says of a file.
func facts(t *testing.T, file []byte) (width, height int, codecs string, duration time.Duration) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.mp4")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command("ffprobe", "-v", "error", "-of", "json", "-show_entries", "format=duration:stream=codec_name,width,height,profile", path).Output()
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	var found struct {
		Streams []struct {
			Codec         string `json:"codec_name"`
			Width, Height int
		}
	}
	if err := json.Unmarshal(said, &found); err != nil {
		t.Fatal(err)
	}
	p, err := parseProbe(said)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found.Streams {
		codecs += s.Codec + " "
		width, height = max(width, s.Width), max(height, s.Height)
	}
	return width, height, strings.TrimSpace(codecs), p.duration()
}

func TestEncode(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	r := newRunner(t, "media-worker")
	turned := film(t, "t.mp4")
	turnRight(t, turned)
	for name, tt := range map[string]struct {
		path          string
		want          Encoding
		width, height int
		codecs        string
	}{
		"smaller":                {film(t, "a.mp4"), Encoding{Height: 90, VideoRate: 100_000}, 160, 90, "h264 aac"},
		"never enlarged":         {film(t, "b.mkv"), Encoding{Width: 1920, Height: 1080, VideoRate: 100_000}, 320, 180, "h264 aac"},
		"in a box":               {film(t, "c.mov"), Encoding{Width: 100, Height: 100, VideoRate: 100_000, Profile: "baseline", Level: "3.1", Constant: true, FrameRate: 5, KeySeconds: 1, SampleRate: 44_100, AudioRate: 64_000}, 100, 56, "h264 aac"},
		"turned":                 {turned, Encoding{Height: 160, VideoRate: 100_000}, 90, 160, "h264 aac"},
		"pixels that are narrow": {film(t, "d.mp4", "-vf", "setsar=1/2"), Encoding{Height: 180, VideoRate: 100_000}, 160, 180, "h264 aac"},
		"without sound":          {sample(t, "e.mp4", pictures...), Encoding{Height: 90, VideoRate: 100_000}, 160, 90, "h264"},
		"another codec":          {film(t, "f.avi", "-c:v", "mpeg4"), Encoding{Height: 90, VideoRate: 100_000}, 160, 90, "h264 aac"},
	} {
		t.Run(name, func(t *testing.T) {
			var reports []float64
			made, file, err := encodeFile(t, r, tt.path, tt.want, func(done float64) { reports = append(reports, done) })
			if err != nil {
				t.Fatal(err)
			}
			width, height, codecs, duration := facts(t, file)
			if made != (Encoded{tt.width, tt.height}) || width != tt.width || height != tt.height || codecs != tt.codecs {
				t.Errorf("said %+v, made %d x %d %s", made, width, height, codecs)
			}
			if duration < 2900*time.Millisecond || duration > 3150*time.Millisecond {
				t.Errorf("duration %v, want 3 s and no more than a frame of sound", duration)
			}
			if len(reports) == 0 || !slices.IsSorted(reports) || reports[len(reports)-1] < 0.8 {
				t.Errorf("progress %v", reports)
			}
			if got := Detect(file, ""); got != "video/mp4" {
				t.Errorf("the file is taken for %s", got)
			}
		})
	}
}

// Encodings of one video are shown from the same moment and end together, whatever their frame rates, so that a player
// may change between them: the first frame is at 0 and none is added.
func TestEncodingsBeginTogether(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	r := newRunner(t, "media-worker")
	path := film(t, "a.mp4")
	for frames, rate := range map[int]float64{15: 5, 30: 0, 72: 24} {
		_, file, err := encodeFile(t, r, path, Encoding{Height: 90, VideoRate: 100_000, FrameRate: rate}, nil)
		if err != nil {
			t.Fatal(err)
		}
		made := filepath.Join(t.TempDir(), "made.mp4")
		if err := os.WriteFile(made, file, 0o600); err != nil {
			t.Fatal(err)
		}
		said, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=pts_time", "-of", "csv=p=0", made).Output()
		if err != nil {
			t.Fatal(err)
		}
		if times := strings.Fields(strings.ReplaceAll(string(said), ",", "")); len(times) != frames || times[0] != "0.000000" {
			t.Errorf("at %v frames a second there are %d, want %d: %v", rate, len(times), frames, times)
		}
	}
}

// The same source gives the same bytes, so that a repeated step changes nothing.
func TestEncodingIsDeterministic(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	r := newRunner(t, "media-worker")
	path := film(t, "a.mp4")
	_, first, err := encodeFile(t, r, path, Ladder(320, 180)[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := encodeFile(t, r, path, Ladder(320, 180)[0], nil)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("%d and %d bytes differ, %v", len(first), len(second), err)
	}
}

func TestFootage(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	r := newRunner(t, "media-worker")
	path := film(t, "a.mp4")
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Footage(t.Context(), bytes.NewReader(body), int64(len(body)), "a.mp4")
	if err != nil || got.Width != 320 || got.Height != 180 || !got.Sound || got.Duration.Round(time.Second) != 3*time.Second {
		t.Errorf("%+v, %v", got, err)
	}
	noise, err := os.ReadFile(sample(t, "a.m4a", sound...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Footage(t.Context(), bytes.NewReader(noise), int64(len(noise)), "a.mp4"); fault.ClassOf(err) != fault.Unsupported {
		t.Errorf("sound alone: %v", err)
	}
}

func TestLadder(t *testing.T) {
	for _, tt := range []struct {
		width, height int
		want          string
	}{
		{1920, 1080, "360p 540p 720p"}, {1280, 720, "360p 540p 720p"}, {960, 540, "360p 540p"}, {640, 480, "360p 540p"}, {320, 180, "360p"}, {1080, 1920, "360p 540p 720p"},
	} {
		var names []string
		for _, e := range Ladder(tt.width, tt.height) {
			if err := e.check(); err != nil {
				t.Error(err)
			}
			names = append(names, e.Name)
			if portrait := tt.height > tt.width; (e.Width > 0) != portrait || (e.Height > 0) == portrait {
				t.Errorf("%d x %d: %+v", tt.width, tt.height, e)
			}
		}
		if diff := cmp.Diff(tt.want, strings.Join(names, " ")); diff != "" {
			t.Errorf("%d x %d: %s", tt.width, tt.height, diff)
		}
	}
}

func TestEncodingsThatNoEncoderMakes(t *testing.T) {
	r := newRunner(t, "media-worker")
	good := Encoding{VideoRate: 100_000}
	for want, change := range map[string]func(*Encoding){
		"no bit rate":     func(e *Encoding) { e.VideoRate = 0 },
		"width":           func(e *Encoding) { e.Width = 100_000 },
		"highest bit":     func(e *Encoding) { e.MaxRate = 1 },
		"frame rate":      func(e *Encoding) { e.FrameRate = 1000 },
		"H.264 profile":   func(e *Encoding) { e.Profile = "high -i /etc/passwd" },
		"H.264 level":     func(e *Encoding) { e.Level = "four" },
		"sample rate":     func(e *Encoding) { e.SampleRate = 1 },
		"key frame inter": func(e *Encoding) { e.KeySeconds = -1 },
	} {
		e := good
		change(&e)
		err := r.Encode(t.Context(), strings.NewReader(""), 0, "a.mp4", e, nil, nil)
		if fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// An encoder that misbehaves is ended, and says so in words for the job log.
func TestEncodersThatMisbehave(t *testing.T) {
	long := `echo '{"streams":[{"index":0,"codec_type":"video","width":64,"height":48}],"format":{"duration":"9000"}}'`
	for name, tt := range map[string]struct {
		ffprobe, ffmpeg string
		class           fault.Class
		msg             string
	}{
		"missing":    {oneStream, "", fault.Missing, "the video was not encoded, because ffmpeg is not installed: apt-get install ffmpeg"},
		"too long":   {long, "exit 0", fault.TooLarge, "the video is 2h30m0s long, videos of at most 2h0m0s are encoded"},
		"hangs":      {oneStream, "exec /bin/sleep 1000", fault.Timeout, "ffmpeg did not encode the video within the limit of 2s and was ended"},
		"spins":      {oneStream, "while :; do :; done", fault.Crashed, "ffmpeg stopped while it read the file"},
		"talks":      {oneStream, "exec /usr/bin/yes", fault.TooLarge, "ffmpeg gave more than 1048576 bytes and was ended"},
		"fails":      {oneStream, "echo half; exit 1", fault.Corrupt, "ffmpeg could not read the file"},
		"no encoder": {oneStream, "echo \"Unknown encoder 'libx264'\" >&2; exit 1", fault.Missing, "ffmpeg of this machine has no encoder for H.264 (libx264) or AAC"},
		"no result":  {oneStream, "echo out_time_us=1000 >&2", fault.Corrupt, "ffmpeg made nothing of the video"},
	} {
		t.Run(name, func(t *testing.T) {
			scripts := map[string]string{"ffprobe": tt.ffprobe}
			if tt.ffmpeg != "" {
				scripts["ffmpeg"] = tt.ffmpeg
			}
			r := scripted(t, scripts, func(o *Options) {
				o.EncodeTimeout, o.EncodeBytes, o.EncodeCPUSeconds = 2*time.Second, 1<<20, 60
				if name == "spins" {
					o.EncodeTimeout, o.EncodeCPUSeconds = time.Minute, 1
				}
			})
			err := r.Encode(t.Context(), strings.NewReader(mp4Head), int64(len(mp4Head)), "a.mp4", Encoding{VideoRate: 100_000}, nil, func(_ Encoded, src io.Reader) error {
				_, err := io.Copy(io.Discard, src)
				return err
			})
			var failed *Error
			if !errors.As(err, &failed) || failed.Class != tt.class || failed.Msg != tt.msg || failed.Op != "media.Encode" {
				t.Errorf("%+v", err)
			}
		})
	}
}

// An encoding that goes on for long holds up no other work, and ends with its caller.
func TestEncodingBesideOtherWork(t *testing.T) {
	r := scripted(t, map[string]string{"ffprobe": oneStream, "ffmpeg": "exec /bin/sleep 1000", "pdftoppm": "exit 3"})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- r.Encode(ctx, strings.NewReader(mp4Head), int64(len(mp4Head)), "a.mp4", Encoding{VideoRate: 100_000}, nil, func(_ Encoded, src io.Reader) error {
			_, err := io.Copy(io.Discard, src)
			return err
		})
	}()
	for len(r.long) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if _, err := r.posterOf(t.Context(), "%PDF-1.4\n", "a.pdf"); fault.ClassOf(err) != fault.Corrupt {
		t.Errorf("beside it: %v", err)
	}
	from := time.Now()
	cancel()
	if err := <-ended; fault.ClassOf(err) != fault.Cancelled || time.Since(from) > 2*time.Second {
		t.Errorf("cancelled after %v: %v", time.Since(from), err)
	}
	stop := errors.New("the disk is full")
	err := r.Encode(t.Context(), strings.NewReader(mp4Head), int64(len(mp4Head)), "a.mp4", Encoding{VideoRate: 100_000}, nil, func(Encoded, io.Reader) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("a receiver that fails: %v", err)
	}
}

func TestPosterAtATime(t *testing.T) {
	needTools(t, "ffmpeg", "ffprobe")
	r := newRunner(t, "media-worker")
	path := sample(t, "a.mp4", "-f", "lavfi", "-i", "color=black:size=2400x1200:rate=5:duration=2[a];color=white:size=2400x1200:rate=5:duration=2[b];[a][b]concat")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for at, light := range map[time.Duration]bool{0: false, time.Second: false, 3 * time.Second: true, time.Hour: false} {
		got, err := r.PosterAt(t.Context(), f, info.Size(), "a.mp4", at, ThumbnailSpec{})
		if err != nil || got.Still == nil || got.Thumbnail == nil {
			t.Fatalf("at %v: %+v, %v", at, got, err)
		}
		if got.Still.Width != 1920 || got.Still.Height != 960 || got.Thumbnail.Width != 320 || got.Width != 2400 {
			t.Errorf("at %v: still of %d x %d, thumbnail of %d", at, got.Still.Width, got.Still.Height, got.Thumbnail.Width)
		}
		if b := brightness(t, got.Thumbnail); (b > 200) != light {
			t.Errorf("at %v: brightness %.0f", at, b)
		}
	}
}
