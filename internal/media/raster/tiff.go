package raster

import (
	"errors"
	"image"
	"io"
	"math"
	"strings"

	"golang.org/x/image/tiff"

	"sluice/internal/media/fault"
)

func isTIFF(head []byte) bool {
	return strings.HasPrefix(string(head), "II*\x00") || strings.HasPrefix(string(head), "MM\x00*") ||
		strings.HasPrefix(string(head), "II+\x00") || strings.HasPrefix(string(head), "MM\x00+")
}

// openTIFF reads the first directory and counts the others; TIFF 6.0 section 2.
func openTIFF(src *io.SectionReader, lim Limits, p *picture) error {
	var head [4]byte
	if _, err := src.ReadAt(head[:], 0); err != nil {
		return err
	}
	if head[2] == '+' || head[3] == '+' {
		return refuse(fault.Unsupported, "BigTIFF is not read here; save the picture as a classic TIFF of less than 4 GiB")
	}
	dirs, err := newIFDReader(src)
	if err != nil {
		return err
	}
	first, err := dirs.read()
	if err != nil {
		return err
	}
	if first[tagWidth] > math.MaxInt32 || first[tagHeight] > math.MaxInt32 {
		return errDirectory
	}
	p.Width, p.Height = int(first[tagWidth]), int(first[tagHeight])
	p.Orientation, p.Resolution = first.orientation(), dirs.resolution(first)
	p.BitDepth = max(1, int(min(first[tagBits], 64)))
	p.HasAlpha = first[tagExtra] == 1 || first[tagExtra] == 2
	p.ColorModel = tiffColorModel(first)
	if err := tiffRefusal(first); err != nil {
		return err
	}
	if err := countPages(dirs, lim, p); err != nil {
		return err
	}
	p.memory = tiffMemory(first, p)
	p.decode = func(int) (image.Image, error) {
		whole := io.NewSectionReader(src, 0, src.Size())
		switch {
		case planar(first):
			return decodePlanes(whole, first)
		case separated(first):
			return decodeInks(whole)
		}
		return tiff.Decode(whole)
	}
	return nil
}

// tiffRefusal refuses what the library does not take: floating-point samples (section 19, complex ones included), and
// Lab data, which section 23 and its successors know in three codings.
func tiffRefusal(d directory) error {
	switch {
	case d[tagFormat] == 3 || d[tagFormat] == 6:
		return refuse(fault.Refused, "the TIFF file has floating-point samples, which are not taken; save it with 8 or 16 bits for each channel")
	case d[tagPhotometric] >= 8 && d[tagPhotometric] <= 10:
		return refuse(fault.Refused, "the TIFF file has Lab data, which is not taken; save it in RGB, CMYK or gray")
	}
	return nil
}

// tiffColorModel names the photometric interpretation; TIFF 6.0 section 8.
func tiffColorModel(d directory) string {
	switch d[tagPhotometric] {
	case 0, 1:
		return "gray"
	case 3:
		return "paletted"
	case 5:
		return "cmyk"
	case 6:
		return "ycbcr"
	}
	return "rgb"
}

// countPages follows the chain of directories. A directory that points back ends the count.
func countPages(dirs *ifdReader, lim Limits, p *picture) error {
	seen := map[int64]bool{}
	for dirs.next != 0 && !seen[dirs.next] {
		if lim.Frames > 0 && p.Frames >= lim.Frames {
			p.FramesCapped = true
			return nil
		}
		seen[dirs.next] = true
		if _, err := dirs.read(); err != nil {
			if errors.Is(err, errDirectory) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil // The first page can still be shown.
			}
			return err
		}
		p.Frames++
	}
	return nil
}

// tiffMemory expects the picture in Go's layout plus twice its largest strip or tile, and one more plane of a picture
// that is stored in planes.
func tiffMemory(d directory, p *picture) int64 {
	pixels := int64(p.Width) * int64(p.Height)
	samples := int64(max(1, min(d[tagSamples], 16)))
	channel := int64(1)
	if p.BitDepth > 8 {
		channel = 2
	}
	perPixel := channel
	if samples > 1 {
		perPixel = 4 * channel
	}
	if planar(d) {
		perPixel += channel
	}
	blockPixels := int64(p.Width) * int64(min(uint32(p.Height), max(1, d[tagStripRows])))
	if d[tagTileWidth] > 0 && d[tagTileHeight] > 0 {
		blockPixels = int64(d[tagTileWidth]) * int64(d[tagTileHeight])
	} else if d[tagStripRows] == 0 {
		blockPixels = pixels
	}
	if blockPixels < 0 || blockPixels > math.MaxInt64/64 {
		return math.MaxInt64
	}
	return pixels*perPixel + 2*blockPixels*samples*channel
}
