package media

import (
	"context"
	"encoding/binary"
	"io"
	"strconv"
	"time"

	"sluice/internal/media/fault"
	"sluice/internal/media/movie"
	"sluice/internal/media/raster"
)

// Limits of the files whose boxes are read here. ffprobe reads the others.
const (
	maxMoov     = 64 << 20 // bytes of the moov box
	maxTopBoxes = 64       // of the file
)

// contained reads the streams of a file of the demuxer mov without a tool: a worker gets the moov box and nothing of
// the rest. It returns false when ffprobe has to be asked, and an error when that would be of no use.
func (r *Runner) contained(ctx context.Context, f footage) (streams probed, ok bool, err error) {
	if f.demuxer != "mov" {
		return probed{}, false, nil
	}
	info, err := f.file.Stat()
	if err != nil {
		return probed{}, false, failure(fault.Source, err, "reading the file failed")
	}
	moov, ok, err := moovOf(f.file, info.Size())
	if err != nil || !ok || moov.length > min(maxMoov, r.opts.MaxInputBytes) {
		return probed{}, false, err
	}
	done, _, err := r.perform(ctx, request{Op: opMovie, Name: "movie", Size: moov.length}, io.NewSectionReader(f.file, moov.at, moov.length))
	switch class := fault.ClassOf(err); {
	case class == fault.Cancelled, class == fault.Unavailable, class == fault.Source:
		return probed{}, false, err
	case err != nil || done.Movie == nil:
		return probed{}, false, nil
	}
	streams, ok = probedOf(done.Movie, moov)
	return streams, ok, nil
}

// moovOf finds the moov box of a file of size bytes by the headers of its boxes, and reads nothing else. It returns
// false when there is not exactly one, when the file ends too early, and when there is something beside it that ffmpeg
// would look into.
func moovOf(f io.ReaderAt, size int64) (moov span, ok bool, err error) {
	const short, long = 8, 16 // bytes of a header
	samples := false
	at := int64(0)
	for range maxTopBoxes {
		left := size - at
		if left < short {
			return moov, moov.length > 0 && samples, nil
		}
		var head [long]byte
		if n, err := f.ReadAt(head[:min(left, long)], at); int64(n) < min(left, long) {
			return moov, false, failure(fault.Source, err, "reading the file failed")
		}
		length, least := int64(binary.BigEndian.Uint32(head[:])), int64(short)
		switch length {
		case 0: // to the end of the file
			length = left
		case 1:
			length, least = int64(binary.BigEndian.Uint64(head[short:])), long
		}
		switch kind := string(head[4:8]); {
		case length < least || length > left:
			return moov, false, nil
		case kind == "moov" && moov.length == 0:
			moov = span{at, length}
		case kind == "mdat":
			samples = true
		case kind != "ftyp" && kind != "free" && kind != "skip" && kind != "wide" && kind != "pnot" && kind != "uuid":
			return moov, false, nil
		}
		at += length
	}
	return moov, false, nil
}

// movie reads the moov box, and the headers of the covers in it.
func (w *worker) movie(src *io.SectionReader, done *result) error {
	m, err := movie.Read(src)
	if err != nil {
		return failure(fault.Unsupported, err, "the boxes of the file are out of the ordinary")
	}
	for i := range m.Streams {
		if s := &m.Streams[i]; s.CoverBytes > 0 {
			report, _, _ := raster.Inspect(io.NewSectionReader(src, s.CoverAt, s.CoverBytes), w.setup.Raster, 0) // the size is known, even if it is beyond the limit
			s.Width, s.Height = report.Width, report.Height
		}
	}
	done.Movie = m
	return nil
}

// probedOf translates what a worker read in a moov box to the words of ffprobe. It returns false when no honest worker
// would say it.
func probedOf(m *movie.Movie, moov span) (p probed, ok bool) {
	if m.Duration <= 0 || m.Duration > maxDuration.Microseconds() || len(m.Streams) == 0 || len(m.Streams) > movie.MaxStreams {
		return probed{}, false
	}
	p.Format.Duration = strconv.FormatFloat((time.Duration(m.Duration) * time.Microsecond).Seconds(), 'f', 6, 64)
	for i, found := range m.Streams {
		if found.CoverAt < 0 || found.CoverBytes < 0 || found.CoverAt > moov.length || found.CoverBytes > moov.length-found.CoverAt {
			return probed{}, false
		}
		s := stream{Index: i, Type: found.Kind, Width: found.Width, Height: found.Height, PixelShape: found.PixelShape, FrameRate: found.FrameRate}
		if found.CoverBytes > 0 {
			s.Disposition.Cover, s.picture = 1, span{moov.at + found.CoverAt, found.CoverBytes}
		}
		if found.Turn != 0 {
			s.SideData = []sideData{{Rotation: -float64(found.Turn)}}
		}
		p.Streams = append(p.Streams, s)
	}
	return p, true
}
