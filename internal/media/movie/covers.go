package movie

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// artwork is a key under which QuickTime keeps a cover.
const artwork = "com.apple.quicktime.artwork"

// metadata looks for covers in a meta box. Where none are expected, they are an error.
func (m *movie) metadata(r *reader, b box, expected bool) error {
	head, err := r.payload(box{b.kind, b.at, min(b.end, b.at+12)})
	if err != nil {
		return err
	}
	switch { // QuickTime has neither version nor flags
	case len(head) < 8:
		return nil
	case string(head[4:8]) == "hdlr":
	case len(head) == 12 && string(head[8:12]) == "hdlr":
		b = b.after(4)
	default:
		return fmt.Errorf("metadata that begins with %q", head)
	}
	return r.each(b, func(b box) error {
		switch b.kind {
		case "keys":
			names, err := r.payload(b)
			if err == nil && bytes.Contains(names, []byte(artwork)) {
				err = fmt.Errorf("the key %q", artwork)
			}
			return err
		case "ilst":
			return r.each(b, func(b box) error {
				if b.kind != "covr" {
					return nil
				}
				if !expected {
					return fmt.Errorf("a cover in a place out of the ordinary")
				}
				return r.each(b, func(b box) error { return m.cover(r, b) })
			})
		case "trak", "udta", "moov", "meta":
			return fmt.Errorf("metadata with a box %q", b.kind)
		}
		return nil
	})
}

// cover reads a cover: its type, its language, and the picture, which stays where it is.
func (m *movie) cover(r *reader, b box) error {
	const (
		head = 8
		// Types of ISO covers that ffmpeg takes.
		jpeg, png, bmp = 13, 14, 27
	)
	kind, err := r.payload(box{b.kind, b.at, min(b.end, b.at+head)})
	if err != nil {
		return err
	}
	if b.kind != "data" || b.size() <= head+8 {
		return fmt.Errorf("a cover of %d bytes in a box %q", b.size(), b.kind)
	}
	switch binary.BigEndian.Uint32(kind) {
	case jpeg, png, bmp:
		return m.add(Stream{Kind: Video, CoverAt: b.at + head, CoverBytes: b.size() - head})
	}
	return nil
}
