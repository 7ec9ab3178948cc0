package raster

import (
	"encoding/binary"
	"image"
	"io"
	"strings"

	"golang.org/x/image/bmp"

	"sluice/internal/media/fault"
)

// isBMP asks for the two letters and four reserved bytes, because two letters alone also start texts.
func isBMP(head []byte) bool {
	return len(head) >= 18 && strings.HasPrefix(string(head), "BM") &&
		binary.LittleEndian.Uint32(head[6:]) == 0 && binary.LittleEndian.Uint32(head[14:]) <= 256
}

// openBMP reads the file header and the BITMAPINFOHEADER or a later one, which start alike.
func openBMP(src *io.SectionReader, _ Limits, p *picture) error {
	var head [42]byte
	if _, err := src.ReadAt(head[:], 0); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(head[14:]) < 40 {
		return refuse(fault.Unsupported, "BMP files of OS/2 are not read here; save the picture as PNG")
	}
	width, height := int64(int32(binary.LittleEndian.Uint32(head[18:]))), int64(int32(binary.LittleEndian.Uint32(head[22:])))
	if height < 0 {
		height = -height // Rows from top to bottom.
	}
	if width <= 0 || height == 0 {
		return refuse(fault.Corrupt, "the BMP header gives a size of %d x %d pixels", width, height)
	}
	bits := int64(binary.LittleEndian.Uint16(head[28:]))
	p.Width, p.Height, p.BitDepth, p.ColorModel = int(width), int(height), 8, "rgb"
	p.Resolution = perInch(float64(int32(binary.LittleEndian.Uint32(head[38:]))) * 0.0254)
	perPixel := int64(4)
	if bits <= 8 {
		p.BitDepth, p.ColorModel, perPixel = int(bits), "paletted", 1
	}
	if compression := binary.LittleEndian.Uint32(head[30:]); compression == 0 {
		if needed := (width*bits + 31) / 32 * 4 * height; needed > src.Size() {
			return refuse(fault.Corrupt, "the BMP file of %d bytes is shorter than its %d x %d pixels of %d bits",
				src.Size(), width, height, bits)
		}
	}
	config, err := bmp.DecodeConfig(io.NewSectionReader(src, 0, src.Size()))
	if err != nil {
		return err
	}
	p.HasAlpha = hasAlpha(config.ColorModel)
	p.memory = width * height * perPixel
	p.decode = func(int) (image.Image, error) { return bmp.Decode(io.NewSectionReader(src, 0, src.Size())) }
	return nil
}
