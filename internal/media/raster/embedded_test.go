package raster_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/raster"
)

func section(file []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file)))
}

func TestResolution(t *testing.T) {
	picture := mediatest.Picture(20, 10)
	jfif := func(unit byte, density uint16) []byte {
		body := binary.BigEndian.AppendUint16([]byte("JFIF\x00\x01\x02"+string(unit)), density)
		return mediatest.WithSegment(mediatest.JPEG(picture), 0xe0, append(body, 0, 1, 0, 0))
	}
	phys := func(unit byte, density uint32) []byte {
		body := binary.BigEndian.AppendUint32(nil, density)
		return mediatest.InsertPNGChunks(mediatest.PNG(picture), mediatest.PNGChunk("pHYs", append(binary.BigEndian.AppendUint32(body, 1), unit)))
	}
	tiff := func(above, below uint32) []byte {
		return mediatest.TIFFWith(20, 10, 282, 5, 1, binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, above), below))
	}
	exif := append([]byte("Exif\x00\x00"), tiff(240, 1)...)
	bmp := mediatest.BMP(picture)
	binary.LittleEndian.PutUint32(bmp[38:], 11811)
	for name, tt := range map[string]struct {
		file []byte
		want float64
	}{
		"jpeg per inch":       {jfif(1, 300), 300},
		"jpeg per centimetre": {jfif(2, 118), 299.72},
		"jpeg shape only":     {jfif(0, 300), 0},
		"jpeg without":        {mediatest.JPEG(picture), 0},
		"jpeg exif":           {mediatest.WithSegment(mediatest.JPEG(picture), 0xe1, exif), 240},
		"jpeg exif and shape": {mediatest.WithSegment(jfif(0, 1), 0xe1, exif), 240},
		"png":                 {phys(1, 11811), 300},
		"png shape only":      {phys(0, 11811), 0},
		"png beyond belief":   {phys(1, math.MaxUint32), 0},
		"bmp":                 {bmp, 300},
		"tiff":                {tiff(7200, 100), 72},
		"tiff divided by 0":   {tiff(7200, 0), 0},
		"tiff at its encoder": {mediatest.TIFF(picture), 72},
	} {
		report, _, err := raster.Inspect(section(tt.file), limits(), 0)
		if math.Abs(report.Resolution-tt.want) > 0.01 || err != nil {
			t.Errorf("%s: %v, want %v, %v", name, report.Resolution, tt.want, err)
		}
	}
}

func TestPhotoshopResources(t *testing.T) {
	blocks := mediatest.Resource(2000, "path", bytes.Repeat([]byte("x"), 999))
	jpeg := mediatest.JPEG(mediatest.Picture(60, 40))
	for name, tt := range map[string]struct {
		file  []byte
		want  []byte
		class fault.Class
	}{
		"psd":                     {mediatest.PSD(60, 40, blocks), blocks, ""},
		"psd, cut off":            {mediatest.PSD(60, 40, blocks)[:500], blocks[:500-34], ""},
		"psd, header only":        {mediatest.PSD(60, 40, blocks)[:26], nil, fault.Corrupt},
		"psd, of no version":      {[]byte("8BPS\x00\x07" + strings.Repeat("\x00", 40)), nil, fault.Corrupt},
		"psd, color data lie":     {append(mediatest.PSD(60, 40, nil)[:26], 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0), nil, fault.Corrupt},
		"jpeg":                    {mediatest.WithResources(jpeg, blocks, 60000), blocks, ""},
		"jpeg, in parts":          {mediatest.WithResources(jpeg, blocks, 100), blocks, ""},
		"jpeg, other segment":     {mediatest.WithSegment(jpeg, 0xed, []byte("something else")), nil, ""},
		"jpeg, empty segment":     {mediatest.WithSegment(jpeg, 0xed, nil), nil, ""},
		"jpeg, cut off":           {mediatest.WithResources(jpeg, blocks, 100)[:700], nil, fault.Corrupt},
		"tiff":                    {mediatest.TIFFWith(60, 40, 34377, 1, uint32(len(blocks)), blocks), blocks, ""},
		"tiff, undefined":         {mediatest.TIFFWith(60, 40, 34377, 7, uint32(len(blocks)), blocks), blocks, ""},
		"tiff, longer than it is": {mediatest.TIFFWith(60, 40, 34377, 7, math.MaxUint32, blocks), blocks, ""},
		"tiff, without":           {mediatest.TIFF(mediatest.Picture(60, 40)), nil, ""},
		"png":                     {mediatest.PNG(mediatest.Picture(60, 40)), nil, ""},
		"text":                    {[]byte("8BI"), nil, ""},
		"empty":                   {nil, nil, ""},
	} {
		got, err := raster.PhotoshopResources(section(tt.file), limits())
		if fault.ClassOf(err) != tt.class || (err == nil) != (tt.class == "") || !bytes.Equal(got.Blocks, tt.want) {
			t.Errorf("%s: %d bytes, %v; want %d, class %q", name, len(got.Blocks), err, len(tt.want), tt.class)
		}
		if len(tt.want) > 0 && (got.Width != 60 || got.Height != 40) {
			t.Errorf("%s: %d x %d", name, got.Width, got.Height)
		}
	}
	long := sparse{0: mediatest.PSD(60, 40, nil)[:30], 30: {0x7f, 0, 0, 0}}
	if _, err := raster.PhotoshopResources(io.NewSectionReader(long, 0, 1<<40), limits()); fault.ClassOf(err) != fault.TooLarge {
		t.Errorf("blocks of 2 GiB: %v", err)
	}
}

func TestProfile(t *testing.T) {
	profile := append(make([]byte, 36), "acsp and more"...)
	profile = append(profile, make([]byte, 200)...)
	jpeg := mediatest.JPEG(mediatest.Picture(6, 4))
	second := mediatest.WithSegment(jpeg, 0xe2, slices.Concat([]byte("ICC_PROFILE\x00\x02\x02"), profile[100:]))
	for name, tt := range map[string]struct {
		file []byte
		want []byte
	}{
		"jpeg in two parts":  {mediatest.WithSegment(second, 0xe2, slices.Concat([]byte("ICC_PROFILE\x00\x01\x02"), profile[:100])), profile},
		"jpeg without":       {jpeg, nil},
		"tiff":               {mediatest.TIFFWith(6, 4, 34675, 7, uint32(len(profile)), profile), profile},
		"no profile at all":  {mediatest.TIFFWith(6, 4, 34675, 7, 200, make([]byte, 200)), nil},
		"png, packed badly":  {mediatest.InsertPNGChunks(mediatest.PNG(mediatest.Picture(6, 4)), mediatest.PNGChunk("iCCP", []byte("n\x00\x00no zlib"))), nil},
		"png, no zero in it": {mediatest.InsertPNGChunks(mediatest.PNG(mediatest.Picture(6, 4)), mediatest.PNGChunk("iCCP", []byte("name"))), nil},
		"gif":                {mediatest.GIF(6, 4, 1), nil},
		"empty":              {nil, nil},
	} {
		if got := raster.Profile(section(tt.file)); !bytes.Equal(got, tt.want) {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(tt.want))
		}
	}
}

func TestDecodeRefusesByTheHeader(t *testing.T) {
	lim := limits()
	lim.MemoryBytes = 10 << 20
	file := mediatest.PNG(mediatest.Picture(1500, 1000))
	if _, _, err := raster.Decode(section(file), lim); fault.ClassOf(err) != fault.TooLarge || !strings.Contains(err.Error(), "memory limit is 10 MiB") {
		t.Errorf("%v", err)
	}
	lim.Pixels = 1000
	if _, _, err := raster.Decode(section(file), lim); fault.ClassOf(err) != fault.TooLarge || !strings.Contains(err.Error(), "limit is 1000") {
		t.Errorf("%v", err)
	}
	for name, file := range variants() {
		report, img, err := raster.Decode(section(file), limits())
		if err != nil || img.Bounds().Dx() != report.Width || img.Bounds().Dy() != report.Height {
			t.Errorf("%s: %v, %v", name, report, err)
		}
	}
}

func FuzzEmbedded(f *testing.F) {
	blocks := mediatest.Resource(2000, "p", mediatest.PathRecords(true, [2]float64{.5, .5}))
	f.Add(mediatest.PSD(60, 40, blocks))
	f.Add(mediatest.WithResources(mediatest.JPEG(mediatest.Picture(6, 4)), blocks, 20))
	f.Add(mediatest.TIFFWith(60, 40, 34377, 1, uint32(len(blocks)), blocks))
	f.Add(mediatest.TIFFWith(60, 40, 34675, 7, 1<<31, blocks))
	f.Add(mediatest.InsertPNGChunks(mediatest.PNG(mediatest.Picture(6, 4)), mediatest.PNGChunk("iCCP", []byte("n\x00\x00zlib"))))
	f.Fuzz(func(t *testing.T, file []byte) {
		found, err := raster.PhotoshopResources(section(file), limits())
		if err != nil && fault.ClassOf(err) == "" || len(found.Blocks) > len(file) {
			t.Errorf("%d bytes of blocks out of %d, %v", len(found.Blocks), len(file), err)
		}
		if profile := raster.Profile(section(file)); profile != nil && len(profile) < 128 {
			t.Errorf("a profile of %d bytes", len(profile))
		}
	})
}
