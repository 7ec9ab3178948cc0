package raster_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/raster"
)

// sparse is a file that holds pieces at some offsets and zeros elsewhere.
type sparse map[int64][]byte

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	for at, piece := range s {
		for i, b := range piece {
			if to := at + int64(i) - off; to >= 0 && to < int64(len(p)) {
				p[to] = b
			}
		}
	}
	return len(p), nil
}

// chunkHead is the length and the type of a PNG chunk.
func chunkHead(length uint32, kind string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, length), kind...)
}

func TestLongPNGChunksAreRefused(t *testing.T) {
	const limit = 100 << 20
	header := mediatest.PNGHeader(10, 10)
	at := int64(len(header))
	for name, tt := range map[string]struct {
		file  sparse
		size  int64
		class fault.Class
	}{
		"the first chunk":        {sparse{0: header, at: chunkHead(limit+1, "IDAT")}, at + limit + 100, fault.Refused},
		"the first, cut off":     {sparse{0: header, at: chunkHead(limit+1, "IDAT")}, at + 100, fault.Refused},
		"just as long as may be": {sparse{0: header, at: chunkHead(limit, "IDAT")}, at + limit + 100, fault.Corrupt},
		"a later chunk":          {sparse{0: header, at: chunkHead(100, "IDAT"), at + 112: chunkHead(limit+1, "IDAT")}, at + limit + 1000, fault.Refused},
		"a long one behind them": {sparse{0: header, at: chunkHead(100, "IDAT"), at + 112: chunkHead(limit+1, "tEXt")}, at + limit + 1000, fault.Corrupt},
	} {
		report, _, err := raster.Inspect(io.NewSectionReader(tt.file, 0, tt.size), limits(), 320)
		if fault.ClassOf(err) != tt.class || report.Format != "png" || (tt.class == fault.Refused) != strings.Contains(err.Error(), "104857601 bytes, the limit is 104857600") {
			t.Errorf("%s: %v, want class %q", name, err, tt.class)
		}
	}
}

// tiffWith is a one-page TIFF file of 10 x 10 pixels with one more entry of SHORTs.
func tiffWith(tag uint16, values ...uint16) []byte {
	out := []byte("II*\x00\x08\x00\x00\x00\x03\x00")
	entry := func(tag, kind uint16, count, value uint32) {
		out = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(out, tag), kind)
		out = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out, count), value)
	}
	entry(256, 4, 1, 10)
	entry(257, 4, 1, 10)
	if len(values) == 1 {
		entry(tag, 3, 1, uint32(values[0]))
		return append(out, 0, 0, 0, 0)
	}
	entry(tag, 3, uint32(len(values)), uint32(len(out)+16))
	out = append(out, 0, 0, 0, 0)
	for _, v := range values {
		out = binary.LittleEndian.AppendUint16(out, v)
	}
	return out
}

func TestTIFFWithFloatingPointOrLabIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		file    []byte
		refused string
	}{
		"floating point":             {tiffWith(339, 3), "floating-point"},
		"floating point in channels": {tiffWith(339, 3, 3, 3), "floating-point"},
		"complex floating point":     {tiffWith(339, 6), "floating-point"},
		"unsigned":                   {tiffWith(339, 1, 1, 1), ""},
		"CIE Lab":                    {tiffWith(262, 8), "Lab"},
		"ICC Lab":                    {tiffWith(262, 9), "Lab"},
		"ITU Lab":                    {tiffWith(262, 10), "Lab"},
		"RGB":                        {tiffWith(262, 2), ""},
	} {
		report, _, err := raster.Inspect(io.NewSectionReader(bytes.NewReader(tt.file), 0, int64(len(tt.file))), limits(), 320)
		if (fault.ClassOf(err) == fault.Refused) != (tt.refused != "") || !strings.Contains(err.Error(), tt.refused) || report.Width != 10 {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}
