package raster

import (
	"bufio"
	"encoding/binary"
	"errors"
	"image"
	"image/gif"
	"io"
	"strings"
)

func isGIF(head []byte) bool {
	return strings.HasPrefix(string(head), "GIF87a") || strings.HasPrefix(string(head), "GIF89a")
}

// openGIF reads the logical screen and counts the frames by walking the blocks; GIF89a sections 18 to 27.
func openGIF(src *io.SectionReader, lim Limits, p *picture) error {
	var head [13]byte
	if _, err := src.ReadAt(head[:], 0); err != nil {
		return err
	}
	p.Width, p.Height = int(binary.LittleEndian.Uint16(head[6:])), int(binary.LittleEndian.Uint16(head[8:]))
	p.ColorModel, p.BitDepth = "paletted", int(head[10]&7)+1
	p.memory = 5 * int64(p.Width) * int64(p.Height)
	walk := gifWalk{in: bufio.NewReader(io.NewSectionReader(src, 13, src.Size()-13)), limit: lim.Frames}
	err := walk.run(head[10])
	if walk.frames == 0 {
		if err == nil {
			err = errors.New("it has no frame")
		}
		return err
	}
	// What is broken after the first frame does not keep it from being shown.
	p.Frames, p.FramesCapped, p.HasAlpha = walk.frames, walk.capped, walk.transparent
	if walk.ownTable != 0 {
		p.BitDepth = int(walk.ownTable&7) + 1
	}
	p.decode = func(int) (image.Image, error) {
		frame, err := gif.Decode(io.NewSectionReader(src, 0, src.Size()))
		if err != nil {
			return nil, err
		}
		return placed(frame, frame.Bounds().Min.X, frame.Bounds().Min.Y, p.Width, p.Height), nil
	}
	return nil
}

// gifWalk counts frames without decoding them.
type gifWalk struct {
	in          *bufio.Reader
	limit       int
	frames      int
	capped      bool
	transparent bool // the first frame has a transparent colour
	ownTable    byte // the flags of the first frame when it has a colour table of its own
}

func (w *gifWalk) run(screenFlags byte) error {
	if err := w.skipColorTable(screenFlags); err != nil {
		return err
	}
	for {
		kind, err := w.in.ReadByte()
		if err != nil {
			return err
		}
		switch kind {
		case 0x21:
			err = w.extension()
		case 0x2c:
			if w.limit > 0 && w.frames >= w.limit {
				w.capped = true
				return nil
			}
			err = w.frame()
		case 0x3b:
			return nil
		default:
			return errors.New("a block of unknown kind")
		}
		if err != nil {
			return err
		}
	}
}

func (w *gifWalk) extension() error {
	label, err := w.in.ReadByte()
	if err != nil {
		return err
	}
	if label == 0xf9 && w.frames == 0 {
		if block, err := w.in.Peek(2); err == nil && block[0] > 0 && block[1]&1 == 1 {
			w.transparent = true
		}
	}
	return w.skipBlocks()
}

func (w *gifWalk) frame() error {
	var descriptor [9]byte
	if _, err := io.ReadFull(w.in, descriptor[:]); err != nil {
		return err
	}
	if w.frames == 0 && descriptor[8]&0x80 != 0 {
		w.ownTable = descriptor[8]
	}
	if err := w.skipColorTable(descriptor[8]); err != nil {
		return err
	}
	if _, err := w.in.ReadByte(); err != nil { // LZW minimum code size
		return err
	}
	w.frames++
	return w.skipBlocks()
}

func (w *gifWalk) skipColorTable(flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	_, err := w.in.Discard(3 << (flags&7 + 1))
	return err
}

func (w *gifWalk) skipBlocks() error {
	for {
		length, err := w.in.ReadByte()
		if err != nil || length == 0 {
			return err
		}
		if _, err := w.in.Discard(int(length)); err != nil {
			return err
		}
	}
}
