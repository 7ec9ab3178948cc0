package media

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"sluice/internal/media/fault"
)

// Encoding says how a video is to be encoded: as H.264 and AAC in an MP4 file of fragments, which can be written to a
// pipe. Zero fields mean what is natural.
type Encoding struct {
	Name       string // for people
	Suffix     string // of the file name
	Width      int    // of the box that the pictures are fitted into, in pixels; 0 = any. They are never enlarged.
	Height     int
	VideoRate  int     // bits per second
	MaxRate    int     // bits per second; 0 = half as much again
	Constant   bool    // the rate is kept up
	FrameRate  float64 // pictures per second; 0 = as they come, up to 60
	KeySeconds int     // from key frame to key frame; 0 = 2
	Profile    string  // of H.264: baseline, main or high; "" = high
	Level      string  // of H.264, as 4.1; "" = as it comes
	AudioRate  int     // bits per second; 0 = 128,000
	SampleRate int     // of sound, per second; 0 = 48,000
}

// Footage is what is known of a video before it is encoded.
type Footage struct {
	Width    int // in square pixels, upright
	Height   int
	Duration time.Duration // 0 = unknown
	Sound    bool
	stream   int
}

// Encoded is what a video was encoded as.
type Encoded struct {
	Width  int
	Height int
}

// Ladder lists the default encodings of a video of this size: 360, 540 and 720 lines at 730, 2,000 and 3,000 kbit/s.
// Lines are those of the shorter edge. A video with fewer has its own size on the first step that exceeds it, and
// none above.
func Ladder(width, height int) []Encoding {
	var ladder []Encoding
	for _, step := range []struct{ lines, rate, sound int }{{360, 730_000, 64_000}, {540, 2_000_000, 128_000}, {720, 3_000_000, 128_000}} {
		name := strconv.Itoa(step.lines) + "p"
		e := Encoding{Name: name, Suffix: "_" + name, Height: step.lines, VideoRate: step.rate, AudioRate: step.sound}
		if width < height {
			e.Width, e.Height = step.lines, 0
		}
		ladder = append(ladder, e)
		if min(width, height) <= step.lines {
			break
		}
	}
	return ladder
}

// encodeNeed is what encodes videos.
func encodeNeed() need { return need{"the video was not encoded", []string{"ffmpeg"}} }

// Footage finds out what there is to encode in a video. It fails with class Unsupported when there are no pictures, with
// TooLarge when it is longer than Options.EncodeDuration, and with Missing when no tool would encode it.
func (r *Runner) Footage(ctx context.Context, src io.Reader, size int64, fileName string) (Footage, error) {
	in, head, err := r.opts.toolFile(src, size)
	if err != nil {
		return Footage{}, attributed(err, "media.Footage")
	}
	defer in.Close()
	found, err := r.encodable(ctx, in, head, fileName)
	if err == nil {
		_, _, err = encodeNeed().find()
	}
	return found, attributed(err, "media.Footage")
}

func (r *Runner) encodable(ctx context.Context, in toolSource, head []byte, fileName string) (Footage, error) {
	known := Inspection{ContentType: Detect(head, fileName)}
	f := footage{file: in.File, demuxer: demuxerFor(known.ContentType, head)}
	if f.demuxer == "" {
		return Footage{}, failure(fault.Unsupported, nil, "the content is not a video that is read here, whatever its name says")
	}
	all, s, err := r.streams(ctx, f, &known)
	if err != nil {
		return Footage{}, err
	}
	if s == nil || s.cover() || s.Width == 0 || s.Height == 0 {
		return Footage{}, failure(fault.Unsupported, nil, "the file has no pictures that could be encoded")
	}
	if known.Duration > r.opts.EncodeDuration {
		return Footage{}, failure(fault.TooLarge, nil, "the video is %v long, videos of at most %v are encoded",
			known.Duration.Round(time.Second), r.opts.EncodeDuration)
	}
	found := Footage{Duration: known.Duration, Sound: all.sound(), stream: s.Index}
	found.Width, found.Height = s.shown()
	return found, nil
}

// Encode encodes the video in src as wanted. take is given the file as it is made and must read it to its end; when
// Encode fails after that, the file is of no use. progress, if set, is told how much has been done, from 0 to 1.
//
// One encoding is under way at a time, beside the other work of the Runner; the call waits for its turn until ctx
// ends. What Poster says of src holds here too. What take fails with is returned as it is.
func (r *Runner) Encode(ctx context.Context, src io.Reader, size int64, fileName string, want Encoding, progress func(float64), take func(Encoded, io.Reader) error) error {
	const op = "media.Encode"
	if err := want.check(); err != nil {
		return attributed(err, op)
	}
	in, head, err := r.opts.toolFile(src, size)
	if err != nil {
		return attributed(err, op)
	}
	defer in.Close()
	found, err := r.encodable(ctx, in, head, fileName)
	if err != nil {
		return attributed(err, op)
	}
	f := footage{file: in.File, demuxer: demuxerFor(Detect(head, fileName), head)}
	return attributed(r.encode(ctx, f, found, want, progress, take), op)
}

func (r *Runner) encode(ctx context.Context, f footage, found Footage, want Encoding, progress func(float64), take func(Encoded, io.Reader) error) error {
	_, path, err := encodeNeed().find()
	if err != nil {
		return err
	}
	var made Encoded
	made.Width, made.Height = fitted(found.Width, found.Height, want.Width, want.Height)
	run := toolRun{program: "ffmpeg", path: path, args: f.encode(found, made, want, r.opts), input: f.file, most: r.opts.EncodeBytes}
	run.watch = func(line string) bool { return reportOf(line, found.Duration, progress) }
	limits := r.opts
	limits.CPUSeconds = limits.EncodeCPUSeconds
	var length int64
	err = r.turnIn(ctx, r.long, r.opts.EncodeTimeout, func(limited context.Context) error {
		return run.stream(limited, limits, func(file io.Reader) error {
			output := &encodedOutput{r: file}
			err := take(made, output)
			length = output.n
			if err != nil {
				return refusal{err}
			}
			return nil
		})
	})
	switch {
	case fault.ClassOf(err) == fault.Timeout:
		return run.failed(fault.Timeout, err, "did not encode the video within the limit of %v and was ended", r.opts.EncodeTimeout)
	case err != nil && strings.Contains(err.Error(), "Unknown encoder"):
		return run.failed(fault.Missing, err, "of this machine has no encoder for H.264 (libx264) or AAC")
	case err == nil && length == 0:
		return run.failed(fault.Corrupt, nil, "made nothing of the video")
	}
	return err
}

type encodedOutput struct {
	r io.Reader
	n int64
}

func (c *encodedOutput) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// encode asks for one encoding on standard output. With bitexact and a fixed number of threads the same source gives
// the same file. The header waits for the first fragment (delay_moov): only then it can say that the first frame is
// shown at 0, whatever the order of decoding.
func (f footage) encode(found Footage, made Encoded, want Encoding, o Options) []string {
	rate := func(bits int) string { return strconv.Itoa(bits) }
	ceiling := want.MaxRate
	if ceiling == 0 {
		ceiling = want.VideoRate + want.VideoRate/2
	}
	if want.Constant {
		ceiling = want.VideoRate
	}
	limit := strconv.FormatFloat(o.EncodeDuration.Seconds(), 'f', 3, 64)
	filter := fmt.Sprintf("scale=%d:%d:flags=bicubic,setsar=1,format=yuv420p", made.Width, made.Height)
	if want.FrameRate > 0 {
		filter = "fps=" + strconv.FormatFloat(want.FrameRate, 'f', -1, 64) + "," + filter // the option -r would add frames at the end
	}
	args := append([]string{"-nostdin", "-progress", "pipe:2", "-stats_period", "1", "-filter_threads", "1"},
		f.reading("-threads", "2", "-max_pixels", strconv.FormatInt(o.MaxPixels, 10))...)
	args = append(args, "-map", "0:"+strconv.Itoa(found.stream), "-map", "0:a:0?", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1", "-t", limit,
		"-vf", filter,
		"-c:v", "libx264", "-preset", "veryfast", "-threads", "2", "-b:v", rate(want.VideoRate), "-maxrate", rate(ceiling), "-bufsize", rate(2*ceiling),
		"-sc_threshold", "0", "-force_key_frames", fmt.Sprintf("expr:gte(t,n_forced*%d)", defaultTo(want.KeySeconds, 2)),
		"-profile:v", defaultTo(want.Profile, "high"))
	if want.Level != "" {
		args = append(args, "-level:v", want.Level)
	}
	if want.Constant {
		args = append(args, "-minrate", rate(want.VideoRate))
	}
	if want.FrameRate <= 0 {
		args = append(args, "-fpsmax", "60")
	}
	return append(args, "-c:a", "aac", "-ac", "2", "-b:a", rate(defaultTo(want.AudioRate, 128_000)), "-ar", rate(defaultTo(want.SampleRate, 48_000)),
		"-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
		"-movflags", "frag_keyframe+empty_moov+delay_moov+default_base_moof", "-f", "mp4", "pipe:1")
}

func defaultTo[T int | string](value, otherwise T) T {
	var none T
	if value == none {
		return otherwise
	}
	return value
}

// check refuses what no encoder makes.
func (e Encoding) check() error {
	within := func(what string, value, least, most int) error {
		if value != 0 && (value < least || value > most) {
			return failure(fault.Invalid, nil, "the %s of %d is not between %d and %d", what, value, least, most)
		}
		return nil
	}
	if e.VideoRate == 0 {
		return failure(fault.Invalid, nil, "no bit rate of the pictures is given")
	}
	for _, err := range []error{
		within("width", e.Width, 16, 8192), within("height", e.Height, 16, 8192), within("bit rate", e.VideoRate, 10_000, 100_000_000),
		within("highest bit rate", e.MaxRate, e.VideoRate, 200_000_000), within("bit rate of sound", e.AudioRate, 8_000, 512_000),
		within("sample rate", e.SampleRate, 8_000, 96_000), within("key frame interval", e.KeySeconds, 1, 60),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case e.FrameRate != 0 && !(e.FrameRate >= 1 && e.FrameRate <= 120):
		return failure(fault.Invalid, nil, "the frame rate of %v is not between 1 and 120", e.FrameRate)
	case !strings.Contains("|baseline|main|high|", "|"+e.Profile+"|") && e.Profile != "":
		return failure(fault.Invalid, nil, "the H.264 profile %.32q is not one of baseline, main, high", e.Profile)
	case strings.Trim(e.Level, "0123456789.") != "" || len(e.Level) > 3:
		return failure(fault.Invalid, nil, "the H.264 level %.32q is not like 4.1", e.Level)
	}
	return nil
}

// fitted is a size fitted into a box and never enlarged, with the even edges that the encoder needs.
func fitted(width, height, boxWidth, boxHeight int) (int, int) {
	scale := 1.0
	if boxWidth > 0 {
		scale = min(scale, float64(boxWidth)/float64(width))
	}
	if boxHeight > 0 {
		scale = min(scale, float64(boxHeight)/float64(height))
	}
	even := func(n int) int { return max(2, int(float64(n)*scale/2+0.5)*2) }
	return even(width), even(height)
}

// reportOf reads a line of ffmpeg's progress report, and says whether it is one.
func reportOf(line string, length time.Duration, progress func(float64)) bool {
	key, value, ok := strings.Cut(line, "=")
	if !ok || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
		return false
	}
	if us, err := strconv.ParseInt(value, 10, 64); key == "out_time_us" && err == nil && length > 0 && progress != nil {
		progress(min(1, max(0, float64(us)/float64(length.Microseconds()))))
	}
	return true
}
