package movie

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/abema/go-mp4"
)

// track is what a trak box says.
type track struct {
	described bool   // its pictures are looked at
	number    uint32 // by which other tracks refer to it; 0 = it has no header
	handler   string // four characters, as vide
	turn      int    // degrees clockwise
	turnErr   error  // the matrix cannot be told in degrees
	width     int    // pixels, as the header of the track says
	height    int
	timeScale uint64
	format    string // of the samples, as avc1
	formats   uint32 // how many
	pictures  entry
	frames    uint64
	duration  uint64          // of all frames, in units of the time scale
	met       map[string]bool // boxes of which a track has one
	chapters  []uint32        // tracks
}

func (t *track) read(r *reader, b box) error {
	t.met = map[string]bool{}
	return r.each(b, func(b box) error { return t.take(r, b) })
}

// once notes a box of which a track has one.
func (t *track) once(kind string) error {
	if t.met[kind] {
		return fmt.Errorf("a track with two boxes %q", kind)
	}
	t.met[kind] = true
	return nil
}

// take reads a box of the track.
func (t *track) take(r *reader, b box) error {
	switch b.kind {
	case "tkhd":
		return t.header(r, b)
	case "tref":
		return r.each(b, func(b box) error { return t.reference(r, b) })
	case "udta":
		return r.each(b, func(b box) error {
			if b.kind != "meta" {
				return nil
			}
			return (&movie{}).metadata(r, b, false)
		})
	case "meta":
		return (&movie{}).metadata(r, b, false)
	case "mdia":
		if err := t.once(b.kind); err != nil {
			return err
		}
		return r.each(b, func(b box) error { return t.media(r, b) })
	}
	return nil
}

func (t *track) header(r *reader, b box) error {
	var h mp4.Tkhd
	if err := errors.Join(t.once(b.kind), r.unmarshal(b, &h)); err != nil {
		return err
	}
	t.number, t.width, t.height = h.TrackID, int(int32(h.Width)>>16), int(int32(h.Height)>>16)
	t.turn, t.turnErr = turn(h.Matrix)
	return nil
}

// reference reads to which tracks the chapters lead.
func (t *track) reference(r *reader, b box) error {
	if b.kind != "chap" {
		return nil
	}
	numbers, err := r.payload(b)
	for ; err == nil && len(numbers) >= 4; numbers = numbers[4:] {
		t.chapters = append(t.chapters, binary.BigEndian.Uint32(numbers))
	}
	return err
}

// media reads a box of the mdia box.
func (t *track) media(r *reader, b box) error {
	switch b.kind {
	case "mdhd":
		var h mp4.Mdhd
		if err := errors.Join(t.once(b.kind), r.unmarshal(b, &h)); err != nil {
			return err
		}
		t.timeScale = uint64(h.Timescale)
	case "hdlr":
		var h mp4.Hdlr
		if err := errors.Join(t.once(b.kind), r.unmarshal(b, &h)); err != nil {
			return err
		}
		t.handler = string(h.HandlerType[:])
	case "minf":
		if err := t.once(b.kind); err != nil {
			return err
		}
		return r.each(b, func(b box) error {
			if b.kind != "stbl" {
				return nil
			}
			if err := t.once(b.kind); err != nil {
				return err
			}
			return r.each(b, func(b box) error { return t.table(r, b) })
		})
	}
	return nil
}

// table reads a box of the stbl box.
func (t *track) table(r *reader, b box) error {
	switch b.kind {
	case "stsd", "stts", "stsc", "stsz", "stz2", "stco", "co64":
		if err := t.once(b.kind); err != nil {
			return err
		}
	}
	switch b.kind {
	case "stsd":
		return t.description(r, b)
	case "stts":
		return t.times(r, b)
	}
	return nil
}

// description reads what the samples are.
func (t *track) description(r *reader, b box) error {
	const head = 8 // version, flags and the number of entries
	var d mp4.Stsd
	if err := r.unmarshal(box{b.kind, b.at, min(b.end, b.at+head)}, &d); err != nil {
		return err
	}
	t.formats = d.EntryCount
	return r.each(b.after(head), func(b box) error {
		if t.format != "" {
			return errors.New("more than one description of samples")
		}
		t.format = b.kind
		if t.handler != "vide" || !t.described {
			return nil
		}
		return t.pictures.read(r, b)
	})
}

// times adds up how long the samples are shown. The table is read as it comes, because it may be long.
func (t *track) times(r *reader, b box) error {
	table := bufio.NewReader(io.NewSectionReader(r.src, b.at, b.size()))
	var head [8]byte
	if _, err := io.ReadFull(table, head[:]); err != nil {
		return err
	}
	count := int64(binary.BigEndian.Uint32(head[4:]))
	if count*8 > b.size()-8 {
		return fmt.Errorf("%d times in a table of %d bytes", count, b.size())
	}
	for range count {
		var times [8]byte
		if _, err := io.ReadFull(table, times[:]); err != nil {
			return err
		}
		samples, each := uint64(binary.BigEndian.Uint32(times[:])), uint64(binary.BigEndian.Uint32(times[4:]))
		if each > math.MaxInt32 { // ffmpeg takes it for a negative number
			return fmt.Errorf("samples of %d units", each)
		}
		t.frames += samples
		if t.duration += samples * each; t.frames > math.MaxInt32 || t.duration >= maxTime {
			return errors.New("more time than is believed")
		}
	}
	return nil
}

// stream is how ffmpeg sees the track.
func (t *track) stream() (Stream, error) {
	if t.handler == "" || t.format == "" || t.formats != 1 || t.timeScale == 0 || t.timeScale > math.MaxInt32 {
		return Stream{}, fmt.Errorf("a track of type %q with %d descriptions (%q) in a time scale of %d", t.handler, t.formats, t.format, t.timeScale)
	}
	if !t.met["stts"] || !t.met["stsc"] || t.met["stsz"] == t.met["stz2"] || t.met["stco"] == t.met["co64"] {
		return Stream{}, errors.New("a track without the tables of its samples")
	}
	switch t.handler {
	case "soun":
		return Stream{Kind: Audio}, nil
	case "vide":
		if !t.described {
			return Stream{Kind: Video}, nil
		}
		return t.shown()
	}
	// Whatever the handler says, ffmpeg goes by the format when it knows that, so that others may be of any kind.
	switch t.format {
	case "tmcd", "text", "tx3g", "c608", "stpp", "wvtt", "rtp ", "mebx", "metx", "mett", "camm", "gpmd", "fdsc", "djmd", "dbgi", "rtmd":
		return Stream{}, nil
	}
	return Stream{}, fmt.Errorf("a track of type %q with samples of format %q", t.handler, t.format)
}

// shown describes the pictures of the track.
func (t *track) shown() (Stream, error) {
	p := t.pictures
	if t.turnErr != nil {
		return Stream{}, t.turnErr
	}
	if p.shape == (fraction{}) { // that of the container comes before that of the codec
		if t.width <= 0 || t.height <= 0 || t.width != p.width || t.height != p.height {
			return Stream{}, fmt.Errorf("pictures of %d x %d that are shown as %d x %d", p.width, p.height, t.width, t.height)
		}
		p.shape = p.codecShape
	}
	if t.duration == 0 || t.frames == 0 {
		return Stream{}, errors.New("pictures without a duration")
	}
	s := Stream{Kind: Video, Width: p.width, Height: p.height, PixelShape: p.shape.text(":"), Turn: t.turn}
	above, below := reduced(t.timeScale*t.frames, t.duration, math.MaxInt32)
	s.FrameRate = fraction{above, below}.text("/")
	return s, nil
}
