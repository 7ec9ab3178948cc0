package media

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"sluice/internal/media/box"
	"sluice/internal/media/fault"
	"sluice/internal/media/raster"
)

// Options configures a Runner. Each zero field means its default.
type Options struct {
	// Command is the program (an absolute path, or a name on PATH) and arguments of the worker; by default this
	// program with the argument "media-worker".
	// The program must call RunWorker with its standard input and output, and nothing else may write to the latter.
	Command []string
	// Workers is how many files are inspected at once: 1 by default, at most one per processor.
	Workers int
	// MaxInputBytes is the largest file that is inspected: 256 MiB by default.
	MaxInputBytes int64
	// MaxPixels is the most that width times height may be: 100 million by default.
	MaxPixels int64
	// MaxFrames is where counting frames and pages stops: 10,000 by default.
	MaxFrames int
	// MaxThumbnailBytes is the largest encoded thumbnail: 8 MiB by default.
	MaxThumbnailBytes int
	// MaxRenderBytes is the longest file that rendering may make: 256 MiB by default, and never more than a quarter of
	// MemoryBytes.
	MaxRenderBytes int64
	// MemoryBytes bounds what one worker may use: 1 GiB by default. A picture whose header says that decoding needs
	// more is refused; a worker that goes beyond it dies.
	MemoryBytes int64
	// CPUSeconds bounds the processor time for one file: 60 by default.
	CPUSeconds int
	// Timeout bounds the time for one file, the start of a worker included: 60 s by default.
	Timeout time.Duration
	// EncodeTimeout bounds the time for one encoding of a video: 1 h by default.
	EncodeTimeout time.Duration
	// EncodeCPUSeconds bounds the processor time for one encoding: 7,200 by default.
	EncodeCPUSeconds int
	// EncodeDuration is the longest video that is encoded: 2 h by default.
	EncodeDuration time.Duration
	// EncodeBytes is the longest file that an encoding may become: 4 GiB by default.
	EncodeBytes int64
	// IdleAfter ends workers that had nothing to do for so long: 30 s by default.
	IdleAfter time.Duration
	// RecycleAfter replaces a worker after so many files: 200 by default.
	RecycleAfter int
	// SpoolDir is where files longer than 32 MiB are kept for their worker, without a name, while it reads them; by
	// default the system's folder for temporary files.
	SpoolDir string
	// AllowUnboxed lets workers run although the kernel could not close the box around them. By default they refuse.
	AllowUnboxed bool
}

func (o Options) withDefaults() Options {
	if len(o.Command) == 0 {
		o.Command = []string{ownProgram(), "media-worker"}
	}
	o.Workers = min(defaulted(o.Workers, 1), runtime.NumCPU())
	o.MaxInputBytes = defaulted(o.MaxInputBytes, 256<<20)
	o.MaxPixels = defaulted(o.MaxPixels, 100_000_000)
	o.MaxFrames = defaulted(o.MaxFrames, 10_000)
	o.MaxThumbnailBytes = defaulted(o.MaxThumbnailBytes, 8<<20)
	o.MemoryBytes = defaulted(o.MemoryBytes, 1<<30)
	o.MaxRenderBytes = min(defaulted(o.MaxRenderBytes, 256<<20), o.MemoryBytes/4)
	o.CPUSeconds = defaulted(o.CPUSeconds, 60)
	o.Timeout = defaulted(o.Timeout, time.Minute)
	o.EncodeTimeout = defaulted(o.EncodeTimeout, time.Hour)
	o.EncodeCPUSeconds = defaulted(o.EncodeCPUSeconds, 7200)
	o.EncodeDuration = defaulted(o.EncodeDuration, 2*time.Hour)
	o.EncodeBytes = defaulted(o.EncodeBytes, 4<<30)
	o.IdleAfter = defaulted(o.IdleAfter, 30*time.Second)
	o.RecycleAfter = defaulted(o.RecycleAfter, 200)
	if o.SpoolDir == "" {
		o.SpoolDir = os.TempDir()
	}
	return o
}

func defaulted[T int | int64 | time.Duration](value, otherwise T) T {
	if value <= 0 {
		return otherwise
	}
	return value
}

// ownProgram prefers the kernel's link to the running file, which stays right when the file is replaced by an
// upgrade while the server runs.
func ownProgram() string {
	const link = "/proc/self/exe"
	if _, err := os.Stat(link); err == nil {
		return link
	}
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

// openFiles is enough for the three pipes, the spool file and what the Go runtime holds.
const openFiles = 32

// setup is the first message to a worker.
func (o Options) setup() setup {
	return setup{
		Version: protocolVersion,
		Box: box.Limits{
			MemoryBytes: o.MemoryBytes,
			CPUSeconds:  uint64(o.CPUSeconds) * uint64(o.RecycleAfter),
			FileBytes:   uint64(o.MaxInputBytes + profileRoom),
			OpenFiles:   openFiles,
		},
		Raster: raster.Limits{
			Pixels:         o.MaxPixels,
			Frames:         o.MaxFrames,
			MemoryBytes:    o.MemoryBytes / 4 * 3,
			ThumbnailBytes: o.MaxThumbnailBytes,
		},
		CPUSeconds:   uint64(o.CPUSeconds),
		InputBytes:   o.MaxInputBytes + profileRoom,
		RenderBytes:  o.MaxRenderBytes,
		AllowUnboxed: o.AllowUnboxed,
	}
}

// failure builds an error of Inspect; attributed gives it to another operation.
func failure(class fault.Class, cause error, format string, args ...any) *fault.Error {
	return &fault.Error{Class: class, Op: "media.Inspect", Msg: fmt.Sprintf(format, args...), Err: cause}
}

// attributed names the operation in an error that was made for this call.
func attributed(err error, op string) error {
	var failed *fault.Error
	if errors.As(err, &failed) {
		failed.Op = op
	}
	return err
}
