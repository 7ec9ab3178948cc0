package raster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"

	"golang.org/x/image/webp"
)

var errWebP = errors.New("its RIFF structure is malformed")

func isWebP(head []byte) bool {
	return len(head) >= 16 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
}

// Flags of the VP8X chunk; WebP container specification, "Extended File Format".
const (
	webpAnimated = 1 << 1
	webpAlpha    = 1 << 4
)

// webpScan is what the walk over the chunks found.
type webpScan struct {
	src        *io.SectionReader
	limit      int
	p          *picture
	seenCanvas bool
	lossless   bool
	firstFrame io.ReaderAt // the first ANMF chunk's data
	frameSize  int64
}

func openWebP(src *io.SectionReader, lim Limits, p *picture) error {
	scan := webpScan{src: src, limit: lim.Frames, p: p}
	p.Frames = 0
	if err := scan.run(); err != nil {
		return err
	}
	animated := p.Frames > 0
	p.Frames = max(1, p.Frames)
	if !scan.seenCanvas {
		return errWebP
	}
	p.BitDepth = 8
	// Lossy: the planes, an alpha plane, and the lossless picture that alpha is packed in.
	p.memory = int64(p.Width) * int64(p.Height) * 8
	if !scan.lossless && !p.HasAlpha {
		p.memory = int64(p.Width) * int64(p.Height) * 2
	}
	p.decode = func(int) (image.Image, error) {
		if animated {
			return scan.decodeFrame()
		}
		return webp.Decode(io.NewSectionReader(src, 0, src.Size()))
	}
	return nil
}

// run walks the chunks of the file. What is cut off after the first picture is left to the decoder.
func (s *webpScan) run() error {
	at := int64(12)
	for range maxChunks {
		var head [8]byte
		if _, err := s.src.ReadAt(head[:], at); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		if err := s.chunk(string(head[:4]), at+8, length); err != nil {
			return err
		}
		if s.p.FramesCapped {
			return nil
		}
		at += 8 + length + length&1
	}
	return errWebP
}

func (s *webpScan) chunk(kind string, at, length int64) error {
	switch kind {
	case "VP8X":
		var b [10]byte
		if _, err := s.src.ReadAt(b[:], at); err != nil {
			return err
		}
		s.p.Width, s.p.Height = int(uint24(b[4:]))+1, int(uint24(b[7:]))+1
		s.p.HasAlpha, s.p.ColorModel = b[0]&webpAlpha != 0, "ycbcr"
		s.seenCanvas = true
	case "VP8 ", "VP8L":
		return s.bitstream(kind, at)
	case "ANMF":
		if s.limit > 0 && s.p.Frames >= s.limit {
			s.p.FramesCapped = true
			return nil
		}
		if s.p.Frames++; s.firstFrame == nil {
			s.firstFrame, s.frameSize = io.NewSectionReader(s.src, at, length), length
		}
	case "EXIF":
		block := io.NewSectionReader(s.src, at, length)
		var mark [6]byte
		if _, err := block.ReadAt(mark[:], 0); err == nil && string(mark[:]) == "Exif\x00\x00" {
			block = io.NewSectionReader(s.src, at+6, length-6)
		}
		s.p.readExif(block)
	}
	return nil
}

// bitstream reads the size out of a picture chunk: RFC 6386 section 9.1 for lossy, WebP lossless section 3.
func (s *webpScan) bitstream(kind string, at int64) error {
	var b [10]byte
	if _, err := s.src.ReadAt(b[:], at); err != nil {
		return err
	}
	width, height, alpha := int(binary.LittleEndian.Uint16(b[6:])&0x3fff), int(binary.LittleEndian.Uint16(b[8:])&0x3fff), false
	model := "ycbcr"
	if kind == "VP8L" {
		bits := binary.LittleEndian.Uint32(b[1:])
		width, height, alpha = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1, bits>>28&1 == 1
		model, s.lossless = "rgb", true
	}
	s.p.ColorModel = model
	if !s.seenCanvas {
		s.p.Width, s.p.Height, s.p.HasAlpha, s.seenCanvas = width, height, alpha, true
	}
	return nil
}

// maxFrameBytes bounds the first frame of an animation, which is held in memory to be decoded on its own.
const maxFrameBytes = 64 << 20

// decodeFrame wraps the first ANMF chunk's picture in a file of its own, because the decoder knows stills only. The
// chunk starts with 16 bytes: place (in units of 2 pixels), size and duration.
func (s *webpScan) decodeFrame() (image.Image, error) {
	if s.frameSize < 24 || s.frameSize > maxFrameBytes {
		return nil, errWebP
	}
	chunk := make([]byte, s.frameSize)
	if _, err := s.firstFrame.ReadAt(chunk, 0); err != nil {
		return nil, err
	}
	x, y := 2*int(uint24(chunk)), 2*int(uint24(chunk[3:]))
	width, height := int(uint24(chunk[6:]))+1, int(uint24(chunk[9:]))+1
	if x+width > s.p.Width || y+height > s.p.Height {
		return nil, errWebP
	}
	data := chunk[16:]
	var file bytes.Buffer
	file.WriteString("RIFF\x00\x00\x00\x00WEBP")
	if string(data[:4]) == "ALPH" {
		extended := [18]byte{'V', 'P', '8', 'X', 10, 0, 0, 0, webpAlpha}
		copy(extended[12:], chunk[6:12])
		file.Write(extended[:])
	}
	file.Write(data)
	whole := file.Bytes()
	binary.LittleEndian.PutUint32(whole[4:], uint32(len(whole)-8))
	frame, err := webp.Decode(bytes.NewReader(whole))
	if err != nil {
		return nil, err
	}
	return placed(frame, x, y, s.p.Width, s.p.Height), nil
}

func uint24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }
