// Package movie reads what the moov box of an ISO base media file (ISO/IEC 14496-12: MP4, M4V, M4A, 3GP) or a QuickTime
// movie says of its streams. It answers only where ffprobe would say the same of the file: a movie in fragments, a
// codec whose headers are not read here, or a structure out of the ordinary is an error, and the caller asks ffprobe.
//
// The bytes are hostile: it runs in the confined media worker, reads no box that is longer than it has to be, goes down
// a fixed number of levels, and gives up after a fixed number of boxes. It reads no sample.
package movie

import (
	"errors"
	"fmt"
	"io"
)

// Kinds of streams. All others are of no kind.
const (
	Video = "video"
	Audio = "audio"
)

// Movie is what the moov box says.
type Movie struct {
	Duration int64    `json:"duration"` // microseconds, more than 0
	Streams  []Stream `json:"streams"`  // in the order in which ffmpeg counts them
}

// Stream is a track, or a cover. Of the pictures, those of the first track are described, and those of no other.
type Stream struct {
	Kind       string `json:"kind,omitempty"`
	Width      int    `json:"width,omitempty"` // stored pixels
	Height     int    `json:"height,omitempty"`
	PixelShape string `json:"pixelShape,omitempty"` // width to height of a pixel, as 4:3; "" = unknown
	FrameRate  string `json:"frameRate,omitempty"`  // pictures per second on average, as 30000/1001
	Turn       int    `json:"turn,omitempty"`       // degrees clockwise by which a player turns the pictures: 0, 90, 180 or 270
	CoverAt    int64  `json:"coverAt,omitempty"`    // where the cover begins, in bytes from the start of the moov box
	CoverBytes int64  `json:"coverBytes,omitempty"` // length of the cover; 0 = the stream is none
}

// Limits of what is believed.
const (
	MaxStreams = 64
	maxBoxes   = 20_000
	maxPayload = 1 << 16 // bytes of a box that is held in memory
	maxEdge    = 1 << 16 // pixels
	maxTime    = 1 << 53 // units of any time scale
)

// Read reads a moov box, of which src is all, with its header. Any error means that ffprobe has to be asked.
func Read(src *io.SectionReader) (*Movie, error) {
	r := &reader{src: src, boxes: maxBoxes}
	m := &movie{}
	err := r.each(box{end: src.Size()}, func(b box) error {
		if b.kind != "moov" || m.moov {
			return fmt.Errorf("a box %q instead of one moov box", b.kind)
		}
		m.moov = true
		return r.each(b, func(b box) error { return m.take(r, b) })
	})
	if err != nil {
		return nil, err
	}
	return m.told()
}

// movie collects what a moov box says.
type movie struct {
	moov     bool
	duration int64 // microseconds; 0 = there was no header yet
	streams  []Stream
	tracks   map[uint32]track // by number
	pictures bool             // there was a track of pictures
}

// take reads a box of the moov box.
func (m *movie) take(r *reader, b box) error {
	switch b.kind {
	case "mvhd":
		return m.header(r, b)
	case "trak":
		return m.track(r, b)
	case "udta":
		return r.each(b, func(b box) error {
			if b.kind != "meta" {
				return nil
			}
			return m.metadata(r, b, true)
		})
	case "meta":
		return m.metadata(r, b, false)
	case "mvex", "moof", "moov", "cmov", "rmra", "mdia", "pssh":
		return fmt.Errorf("a moov box with a box %q", b.kind)
	}
	return nil // ffmpeg passes over it, too
}

// track reads a track.
func (m *movie) track(r *reader, b box) error {
	if m.duration == 0 {
		return errors.New("a track before the header of the movie")
	}
	t := track{described: !m.pictures}
	if err := t.read(r, b); err != nil {
		return err
	}
	if _, twice := m.tracks[t.number]; twice || t.number == 0 {
		return fmt.Errorf("a track with the number %d", t.number)
	}
	if m.tracks == nil {
		m.tracks = map[uint32]track{}
	}
	m.tracks[t.number] = t
	s, err := t.stream()
	if err != nil {
		return err
	}
	m.pictures = m.pictures || s.Kind == Video
	return m.add(s)
}

func (m *movie) add(s Stream) error {
	if len(m.streams) == MaxStreams {
		return fmt.Errorf("more than %d streams", MaxStreams)
	}
	m.streams = append(m.streams, s)
	return nil
}

// told checks what only the whole movie tells.
func (m *movie) told() (*Movie, error) {
	if len(m.tracks) == 0 {
		return nil, errors.New("no tracks")
	}
	for _, t := range m.tracks {
		for _, number := range t.chapters { // ffmpeg makes covers of pictures of chapters
			if kind := m.tracks[number].handler; kind == "vide" || kind == "soun" {
				return nil, fmt.Errorf("chapters in a track of type %q", kind)
			}
		}
	}
	return &Movie{Duration: m.duration, Streams: m.streams}, nil
}
