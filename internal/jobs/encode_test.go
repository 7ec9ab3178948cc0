package jobs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media"
)

// fakeEncodes has one video.
type fakeEncodes struct {
	*engine.Engine
	work engine.EncodeWork
}

func (f fakeEncodes) EncodeWork(context.Context, *ingest.Task) (engine.EncodeWork, error) {
	f.work.FileName = "films/my film.mov"
	return f.work, nil
}

func (f fakeEncodes) OpenBlob(context.Context, ingest.BlobKey) (ingest.BlobReader, error) {
	return &fakeReader{Reader: bytes.NewReader([]byte("film")), files: &fakeFiles{body: "film"}}, nil
}

// fakeEncoder encodes every video that is 1920 x 1080 pixels, but for the suffixes that fail.
type fakeEncoder struct {
	found *engine.Failure
	fails map[string]engine.Failure
}

func (f fakeEncoder) Footage(_ context.Context, src io.Reader, _ int64, _ string) (media.Footage, *engine.Failure) {
	if film, err := io.ReadAll(src); err != nil || string(film) != "film" {
		return media.Footage{}, &engine.Failure{Reason: "another file"}
	}
	return media.Footage{Width: 1920, Height: 1080}, f.found
}

func (f fakeEncoder) Encode(_ context.Context, src io.Reader, _ int64, _ string, want media.Encoding, progress func(float64), take func(ingest.Media, io.Reader) error) *engine.Failure {
	if film, err := io.ReadAll(src); err != nil || string(film) != "film" {
		return &engine.Failure{Reason: "another file"}
	}
	if err := take(ingest.Media{ContentType: "video/mp4", Height: want.Height}, strings.NewReader("encoded")); err != nil {
		return failed(err)
	}
	progress(0.5)
	if failure, ok := f.fails[want.Suffix]; ok {
		return &failure
	}
	return nil
}

func preset(handle string, properties ...string) engine.EncodePreset {
	p := engine.EncodePreset{Handle: handle, Properties: map[string]string{}}
	for i := 0; i < len(properties); i += 2 {
		p.Properties[properties[i]] = properties[i+1]
	}
	return p
}

func TestEncodeTasks(t *testing.T) {
	late := engine.Failure{Reason: "ffmpeg did not encode the video within the limit of 1h0m0s and was ended", Final: true}
	ours := &engine.Failure{Reason: "the media worker could not encode the video"}
	lacking := &engine.Failure{Reason: "the video was not encoded, because ffmpeg is not installed", Final: true}
	for name, tt := range map[string]struct {
		work     engine.EncodeWork
		encoder  fakeEncoder
		made     []string
		set      string
		warnings []string
		failure  *engine.Failure
	}{
		"the default ladder": {
			made: []string{"my film_360p.mp4", "my film_540p.mp4", "my film_720p.mp4"},
			set:  "my film-AVS: ${getFilePath([a|1])},${getFilePath([a|2])},${getFilePath([a|3])}",
		},
		"presets": {
			work: engine.EncodeWork{Presets: []engine.EncodePreset{
				preset("ps|7", "name", "Small", "filesuffix", "-s.mp4", "height", "240", "videobitrate", "400"), preset("ps|8", "videobitrate", "900"),
				preset("ps|9", "filesuffix", "-s", "videobitrate", "500"), preset("ps|10", "videobitrate", "fast"), preset("ps|11", "videocodec", "VP6", "videobitrate", "1"),
				preset("ps|12", "name", "none"),
			}, Warnings: []string{"before"}},
			made: []string{"my film-s.mp4", "my film_8.mp4", "my film-s_9.mp4"},
			set:  "my film-AVS: ${getFilePath([a|1])},${getFilePath([a|2])},${getFilePath([a|3])}",
			warnings: []string{"before",
				`the encoding preset "ps|10" was left out: its property videobitrate is "fast", which is no figure that can be used`,
				`the encoding preset "ps|11" was left out: its property videocodec is "VP6", H.264 is what is made`,
				`the encoding preset "ps|12" was left out: it has no property videoBitrate`},
		},
		"encodings in the job": {
			work: engine.EncodeWork{Presets: []engine.EncodePreset{
				preset("", "name", "HD/4", "videobitrate", "400"), preset("", "name", "a", "filesuffix", "_s", "videobitrate", "400"),
				preset("", "name", "a", "filesuffix", "_s", "videobitrate", "500"), preset("", "name", "a", "filesuffix", "_s", "videobitrate", "600"), preset("", "name", "none"),
			}},
			made:     []string{"my film_HD_4.mp4", "my film_s.mp4", "my film_s_a.mp4", "my film_s_a-2.mp4"},
			set:      "my film-AVS: ${getFilePath([a|1])},${getFilePath([a|2])},${getFilePath([a|3])},${getFilePath([a|4])}",
			warnings: []string{`the encoding preset "none" was left out: it has no property videoBitrate`},
		},
		"presets that are all unknown": {work: engine.EncodeWork{Warnings: []string{"unknown"}}, warnings: []string{"unknown"}},
		"one that takes too long": {
			encoder: fakeEncoder{fails: map[string]engine.Failure{"_540p": late}},
			made:    []string{"my film_360p.mp4", "my film_720p.mp4"}, set: "my film-AVS: ${getFilePath([a|1])},${getFilePath([a|2])}",
			warnings: []string{"mediaOptions: the encoding 540p was left out: " + late.Reason},
		},
		"trouble of the server":  {encoder: fakeEncoder{fails: map[string]engine.Failure{"_720p": *ours}}, failure: ours},
		"no tool":                {encoder: fakeEncoder{found: lacking}, warnings: []string{"mediaOptions: " + lacking.Reason}},
		"trouble with the probe": {encoder: fakeEncoder{found: ours}, failure: ours},
	} {
		t.Run(name, func(t *testing.T) {
			got, failure := Encode(fakeEncodes{intakes(t), tt.work}, tt.encoder)(t.Context(), &ingest.Task{})
			if diff := cmp.Diff(tt.failure, failure); diff != "" {
				t.Fatalf("failure (-want +got):\n%s", diff)
			}
			var made []string
			numbers := map[string]ingest.Number{}
			for i, m := range got.Made {
				made = append(made, m.FileName[strings.LastIndex(m.FileName, "/")+1:])
				numbers[m.Key] = ingest.Number(i + 1)
				if m.Type != ingest.TypeVideo || m.Kind != ingest.DerivedEncoding || m.Engine == "" || m.Spool.Size() != 7 || m.Media.ContentType != "video/mp4" {
					t.Errorf("made %+v", m)
				}
			}
			if diff := cmp.Diff(tt.made, made); diff != "" {
				t.Errorf("made (-want +got):\n%s", diff)
			}
			set := ""
			for _, s := range got.Sets {
				set += fmt.Sprintf("%s: %s", s.Name[strings.LastIndex(s.Name, "/")+1:], s.Define(func(key string) ingest.Number { return numbers[key] }))
			}
			if set != tt.set {
				t.Errorf("set %q, want %q", set, tt.set)
			}
			warnings := got.Warnings
			if got.Warning != "" {
				warnings = append(warnings, got.Warning)
			}
			if diff := cmp.Diff(tt.warnings, warnings, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if got.Intake != nil {
				got.Intake.Close()
			}
		})
	}
}

func TestEncodingOfAPreset(t *testing.T) {
	got, err := encodingOf(preset("ps|3", "name", "HD", "filesuffix", "../x", "width", "Auto", "height", "720", "videocodec", "H.264", "videobitrate", "3000000",
		"maxbitrate", "4000", "constantbitrate", "TRUE", "framerate", "29.97", "keyframeinterval", "4", "h264profile", "Main", "h264level", "3.1",
		"audiocodec", "AAC", "audiobitrate", "96", "audiosamplerate", "44100"))
	want := media.Encoding{
		Name: "HD", Suffix: "_.._x", Height: 720, VideoRate: 3_000_000, MaxRate: 4_000_000, Constant: true, FrameRate: 29.97, KeySeconds: 4,
		Profile: "main", Level: "3.1", AudioRate: 96_000, SampleRate: 44_100,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// fakeFootage has one video and remembers the time that is asked for.
type fakeFootage struct {
	fakeFiles
	at  int64
	got time.Duration
}

func (f *fakeFootage) FootageWork(ctx context.Context, t *ingest.Task) (engine.TaskInput, engine.FootageStep, error) {
	in, err := f.TaskInput(ctx, t)
	return in, engine.FootageStep{At: f.at}, err
}

func (f *fakeFootage) Footage(_ context.Context, _ io.Reader, _ int64, _ string, at time.Duration) (FoundFootage, *engine.Failure) {
	f.got = at
	found := Found{Media: ingest.Media{Width: 4, Height: 3, Duration: time.Minute}, Thumbnail: []byte("t")}
	return FoundFootage{Found: found, Poster: []byte("p"), PosterMedia: ingest.Media{Width: 4}}, nil
}

func TestFootageTasks(t *testing.T) {
	for at, want := range map[int64]time.Duration{0: 0, 1500: 1500 * time.Millisecond, -5: 0, 1 << 62: longestSeek} {
		f := &fakeFootage{fakeFiles: fakeFiles{body: "x"}, at: at}
		got, failure := Footage(f, f)(t.Context(), &ingest.Task{})
		if failure != nil || f.got != want || got.Media.Duration != time.Minute || f.closed != 1 {
			t.Errorf("at %d: asked for %v, %+v, %v", at, f.got, got, failure)
		}
		if len(got.Derived) != 2 || got.Derived[0].Kind != ingest.DerivedThumbnail || got.Derived[1].Kind != ingest.DerivedPoster || string(got.Derived[1].Bytes) != "p" {
			t.Errorf("at %d: derived %+v", at, got.Derived)
		}
	}
}
