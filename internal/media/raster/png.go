package raster

import (
	"encoding/binary"
	"image"
	"image/png"
	"io"
	"math"
	"strings"

	"sluice/internal/media/fault"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

func isPNG(head []byte) bool { return strings.HasPrefix(string(head), pngSignature) }

// openPNG reads the chunks up to the first pixel data; PNG, third edition, sections 5.3 and 11.2.1.
func openPNG(src *io.SectionReader, lim Limits, p *picture) error {
	var ihdr [25]byte // length, type, 13 bytes, checksum
	if _, err := src.ReadAt(ihdr[:], int64(len(pngSignature))); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(ihdr[:]) != 13 || string(ihdr[4:8]) != "IHDR" {
		return png.FormatError("no header chunk")
	}
	width, height := binary.BigEndian.Uint32(ihdr[8:]), binary.BigEndian.Uint32(ihdr[12:])
	if width > math.MaxInt32 || height > math.MaxInt32 {
		return png.FormatError("negative size")
	}
	p.Width, p.Height, p.BitDepth = int(width), int(height), int(ihdr[16])
	colorType := ihdr[17]
	if err := scanPNG(src, lim, p); err != nil {
		return err
	}
	perPixel := int64(1)
	switch colorType {
	case 0:
		p.ColorModel = "gray"
	case 2:
		p.ColorModel, perPixel = "rgb", 4
	case 3:
		p.ColorModel = "paletted"
	case 4:
		p.ColorModel, p.HasAlpha, perPixel = "gray", true, 4
	case 6:
		p.ColorModel, p.HasAlpha, perPixel = "rgb", true, 4
	default:
		return png.FormatError("unknown colour type")
	}
	if p.HasAlpha {
		perPixel = 4
	}
	if p.BitDepth > 8 {
		perPixel *= 2
	}
	if ihdr[20] != 0 {
		perPixel += perPixel / 4 // The largest pass of an interlaced picture is held beside the whole.
	}
	p.memory = int64(p.Width)*int64(p.Height)*perPixel + 16*int64(p.Width)
	p.decode = func(int) (image.Image, error) { return png.Decode(io.NewSectionReader(src, 0, src.Size())) }
	return nil
}

// maxChunks bounds the chunks in front of the pixels.
const maxChunks = 10000

// scanPNG looks for the chunks about animation, transparency and orientation in front of the pixels.
func scanPNG(src *io.SectionReader, lim Limits, p *picture) error {
	at := int64(len(pngSignature)) + 25
	for range maxChunks {
		var head [8]byte
		if _, err := src.ReadAt(head[:], at); err != nil {
			return err
		}
		length := int64(binary.BigEndian.Uint32(head[:]))
		if length > math.MaxInt32 {
			return png.FormatError("chunk length")
		}
		switch string(head[4:]) {
		case "IDAT":
			return checkPixelChunks(src, at, length)
		case "IEND":
			return nil
		case "tRNS":
			p.HasAlpha = true
		case "eXIf":
			p.readExif(io.NewSectionReader(src, at+8, length))
		case "pHYs":
			var density [9]byte // across and down, and the unit: 1 is the metre
			if _, err := src.ReadAt(density[:], at+8); err == nil && length == 9 && density[8] == 1 {
				p.Resolution = perInch(float64(binary.BigEndian.Uint32(density[:])) * 0.0254)
			}
		case "acTL":
			var frames [4]byte
			if _, err := src.ReadAt(frames[:], at+8); err != nil {
				return err
			}
			p.setFrames(int64(binary.BigEndian.Uint32(frames[:])), lim)
		}
		at += 12 + length
	}
	return png.FormatError("too many chunks before the pixels")
}

// maxPixelChunk is the most bytes that a chunk of pixel data may have (Scene7 contract, refused images).
const maxPixelChunk = 100 << 20

// checkPixelChunks goes over the chunks of pixel data, of which the first one, of length bytes, begins at an offset.
// Of the later ones it looks only at those that have the room to be too long; what a cut-off file announces there is
// the decoder's business.
func checkPixelChunks(src *io.SectionReader, at, length int64) error {
	for {
		if length > maxPixelChunk {
			return refuse(fault.Refused, "the PNG file has a chunk of pixel data (IDAT) of %d bytes, the limit is %d", length, maxPixelChunk)
		}
		at += 12 + length
		if src.Size()-at <= maxPixelChunk {
			return nil
		}
		var head [8]byte
		if _, err := src.ReadAt(head[:], at); err != nil {
			return err
		}
		if string(head[4:]) != "IDAT" {
			return nil
		}
		length = int64(binary.BigEndian.Uint32(head[:]))
	}
}

// setFrames records a count that the header announces.
func (p *picture) setFrames(announced int64, lim Limits) {
	p.Frames = int(max(1, min(announced, math.MaxInt32)))
	if lim.Frames > 0 && p.Frames > lim.Frames {
		p.Frames, p.FramesCapped = lim.Frames, true
	}
}
