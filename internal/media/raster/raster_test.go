package raster_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/raster"
)

func limits() raster.Limits {
	return raster.Limits{Pixels: 100_000_000, Frames: 1000, MemoryBytes: 768 << 20, ThumbnailBytes: 1 << 20}
}

func inspect(file []byte, maxEdge int) (raster.Report, *raster.Thumbnail, error) {
	return raster.Inspect(io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file))), limits(), maxEdge)
}

func decode(t *testing.T, thumbnail *raster.Thumbnail) image.Image {
	t.Helper()
	if thumbnail == nil {
		t.Fatal("no thumbnail")
	}
	open := map[string]func(io.Reader) (image.Image, error){"image/jpeg": jpeg.Decode, "image/png": png.Decode}
	m, err := open[thumbnail.ContentType](bytes.NewReader(thumbnail.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Bounds(); got.Dx() != thumbnail.Width || got.Dy() != thumbnail.Height {
		t.Errorf("the thumbnail says %d x %d and has %v", thumbnail.Width, thumbnail.Height, got)
	}
	return m
}

// like reports whether two colours are as near as lossy coding keeps them.
func like(a, b color.Color) bool {
	r1, g1, b1, a1 := a.RGBA()
	r2, g2, b2, a2 := b.RGBA()
	for _, d := range []int{int(r1) - int(r2), int(g1) - int(g2), int(b1) - int(b2), int(a1) - int(a2)} {
		if d > 24<<8 || d < -24<<8 {
			return false
		}
	}
	return true
}

func variants() map[string][]byte {
	picture := mediatest.Picture(400, 300)
	bounds := picture.Rect
	half := mediatest.Into(image.NewNRGBA(bounds), picture).(*image.NRGBA)
	for i := 3; i < len(half.Pix)/2; i += 4 {
		half.Pix[i] = 128
	}
	return map[string][]byte{
		"jpeg":            mediatest.JPEG(picture),
		"jpeg gray":       mediatest.JPEG(mediatest.Into(image.NewGray(bounds), picture)),
		"jpeg cmyk adobe": mediatest.CMYK(400, 300, [4]byte{255, 60, 60, 230}, true),
		"jpeg cmyk plain": mediatest.CMYK(400, 300, [4]byte{0, 195, 195, 25}, false),
		"png":             mediatest.PNG(picture),
		"png gray":        mediatest.PNG(mediatest.Into(image.NewGray(bounds), picture)),
		"png gray 16":     mediatest.PNG(mediatest.Into(image.NewGray16(bounds), picture)),
		"png alpha":       mediatest.PNG(half),
		"png 16":          mediatest.PNG(mediatest.Into(image.NewNRGBA64(bounds), half)),
		"png paletted":    mediatest.PNG(mediatest.Paletted(400, 300)),
		"png animated":    mediatest.InsertPNGChunks(mediatest.PNG(picture), mediatest.PNGChunk("acTL", []byte{0, 0, 0, 7, 0, 0, 0, 0})),
		"gif":             mediatest.GIF(400, 300, 1),
		"gif animated":    mediatest.GIF(400, 300, 5),
		"webp":            mediatest.WebP(400, 300, 255),
		"webp alpha":      mediatest.WebP(400, 300, 100),
		"webp animated":   mediatest.AnimatedWebP(400, 300, 3),
		"bmp":             mediatest.BMP(picture),
		"bmp paletted":    mediatest.BMP(mediatest.Paletted(400, 300)),
		"tiff":            mediatest.TIFF(picture),
		"tiff 16":         mediatest.TIFF(mediatest.Into(image.NewNRGBA64(bounds), picture)),
		"tiff gray 16":    mediatest.TIFF(mediatest.Into(image.NewGray16(bounds), picture)),
	}
}

func TestInspectReadsTheHeaderOfEveryVariant(t *testing.T) {
	type facts struct {
		Format, Model string
		Bits, Frames  int
		Alpha         bool
		Thumbnail     string
	}
	want := map[string]facts{
		"jpeg":            {"jpeg", "ycbcr", 8, 1, false, "image/jpeg"},
		"jpeg gray":       {"jpeg", "gray", 8, 1, false, "image/jpeg"},
		"jpeg cmyk adobe": {"jpeg", "cmyk", 8, 1, false, "image/jpeg"},
		"jpeg cmyk plain": {"jpeg", "cmyk", 8, 1, false, "image/jpeg"},
		"png":             {"png", "rgb", 8, 1, false, "image/jpeg"},
		"png gray":        {"png", "gray", 8, 1, false, "image/jpeg"},
		"png gray 16":     {"png", "gray", 16, 1, false, "image/jpeg"},
		"png alpha":       {"png", "rgb", 8, 1, true, "image/png"},
		"png 16":          {"png", "rgb", 16, 1, true, "image/png"},
		"png paletted":    {"png", "paletted", 2, 1, false, "image/jpeg"},
		"png animated":    {"png", "rgb", 8, 7, false, "image/jpeg"},
		"gif":             {"gif", "paletted", 2, 1, false, "image/jpeg"},
		"gif animated":    {"gif", "paletted", 2, 5, false, "image/jpeg"},
		"webp":            {"webp", "rgb", 8, 1, false, "image/jpeg"},
		"webp alpha":      {"webp", "rgb", 8, 1, true, "image/png"},
		"webp animated":   {"webp", "ycbcr", 8, 3, false, "image/png"}, // The margin of the first frame is transparent.
		"bmp":             {"bmp", "rgb", 8, 1, false, "image/jpeg"},
		"bmp paletted":    {"bmp", "paletted", 8, 1, false, "image/jpeg"},
		"tiff":            {"tiff", "rgb", 8, 1, true, "image/jpeg"},
		"tiff 16":         {"tiff", "rgb", 16, 1, true, "image/jpeg"},
		"tiff gray 16":    {"tiff", "gray", 16, 1, false, "image/jpeg"},
	}
	for name, file := range variants() {
		t.Run(name, func(t *testing.T) {
			report, thumbnail, err := inspect(file, 320)
			if err != nil {
				t.Fatal(err)
			}
			if report.Width != 400 || report.Height != 300 || report.ContentType != "image/"+report.Format || report.Orientation != 1 {
				t.Errorf("report %+v, want 400 x 300, upright, of its own type", report)
			}
			m := decode(t, thumbnail)
			if m.Bounds() != image.Rect(0, 0, 320, 240) {
				t.Errorf("thumbnail %v, want 320 x 240", m.Bounds())
			}
			got := facts{report.Format, report.ColorModel, report.BitDepth, report.Frames, report.HasAlpha, thumbnail.ContentType}
			if diff := cmp.Diff(want[name], got); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestThumbnailShowsThePicture(t *testing.T) {
	gray := func(c color.Color) color.Color { return color.GrayModel.Convert(c) }
	seeThrough := func(c color.RGBA) color.Color { return color.NRGBA{c.R, c.G, c.B, 128} }
	webp := func(green, alpha uint8) color.Color { return color.NRGBA{90, green, 120, alpha} }
	ink := color.RGBA{230, 54, 54, 255}
	want := map[string][2]color.Color{ // the upper left and the lower right quarter
		"jpeg gray":       {gray(mediatest.Corner()), gray(mediatest.Rest())},
		"jpeg cmyk adobe": {ink, ink}, "jpeg cmyk plain": {ink, ink},
		"png gray":    {gray(mediatest.Corner()), gray(mediatest.Rest())},
		"png gray 16": {gray(mediatest.Corner()), gray(mediatest.Rest())}, "tiff gray 16": {gray(mediatest.Corner()), gray(mediatest.Rest())},
		"png alpha": {seeThrough(mediatest.Corner()), mediatest.Rest()}, "png 16": {seeThrough(mediatest.Corner()), mediatest.Rest()},
		"webp":          {webp(mediatest.Corner().R, 255), webp(mediatest.Rest().G, 255)},
		"webp animated": {webp(mediatest.Corner().R, 255), webp(mediatest.Rest().G, 255)},
		"webp alpha":    {webp(mediatest.Corner().R, 100), webp(mediatest.Rest().G, 100)},
	}
	for name, file := range variants() {
		for _, edge := range []int{20, 320, 2000} {
			t.Run(fmt.Sprint(name, " ", edge), func(t *testing.T) {
				_, thumbnail, err := inspect(file, edge)
				if err != nil {
					t.Fatal(err)
				}
				colors, ok := want[name]
				if !ok {
					colors = [2]color.Color{mediatest.Corner(), mediatest.Rest()}
				}
				m := decode(t, thumbnail)
				size := m.Bounds().Size()
				if size.X > edge || size.X != min(edge, 400) {
					t.Errorf("thumbnail is %d wide, want %d", size.X, min(edge, 400))
				}
				if got := m.At(size.X/4, size.Y/4); !like(got, colors[0]) {
					t.Errorf("upper left %v, want %v", got, colors[0])
				}
				if got := m.At(size.X*3/4, size.Y*3/4); !like(got, colors[1]) {
					t.Errorf("lower right %v, want %v", got, colors[1])
				}
			})
		}
	}
}

func TestOrientationIsAppliedToTheThumbnail(t *testing.T) {
	// Where the upper left quarter is seen, as signs of x and y from the middle; EXIF 2.32 section 4.6.4 A.
	seen := map[uint16][2]int{1: {-1, -1}, 2: {1, -1}, 3: {1, 1}, 4: {-1, 1}, 5: {-1, -1}, 6: {1, -1}, 7: {1, 1}, 8: {-1, 1}}
	picture := mediatest.Picture(300, 200)
	for orientation, side := range seen {
		for name, file := range map[string][]byte{
			"jpeg": mediatest.WithOrientation(mediatest.JPEG(picture), orientation),
			"png":  mediatest.InsertPNGChunks(mediatest.PNG(picture), mediatest.PNGChunk("eXIf", mediatest.Exif(orientation))),
			"webp": mediatest.WebPWithOrientation(300, 200, orientation),
		} {
			t.Run(fmt.Sprint(name, " ", orientation), func(t *testing.T) {
				report, thumbnail, err := inspect(file, 150)
				if err != nil {
					t.Fatal(err)
				}
				if report.Width != 300 || report.Height != 200 || report.Orientation != int(orientation) {
					t.Errorf("report %+v, want stored 300 x 200 and orientation %d", report, orientation)
				}
				m := decode(t, thumbnail)
				want := image.Rect(0, 0, 150, 100)
				if orientation >= 5 {
					want = image.Rect(0, 0, 100, 150)
				}
				if m.Bounds() != want {
					t.Fatalf("thumbnail %v, want %v", m.Bounds(), want)
				}
				corner := m.At(want.Dx()/2+side[0]*want.Dx()/4, want.Dy()/2+side[1]*want.Dy()/4)
				opposite := m.At(want.Dx()/2-side[0]*want.Dx()/4, want.Dy()/2-side[1]*want.Dy()/4)
				if like(corner, opposite) {
					t.Errorf("the marked quarter is not where orientation %d puts it: %v and %v", orientation, corner, opposite)
				}
			})
		}
	}
}

func TestInspectRefuses(t *testing.T) {
	picture := mediatest.Picture(400, 300)
	random := make([]byte, 5000)
	rand.New(rand.NewSource(7)).Read(random)
	cut := func(file []byte) []byte { return file[:len(file)*2/3] }
	bmpBomb := mediatest.BMP(picture)
	copy(bmpBomb[18:], "\x40\x9c\x00\x00\x40\x9c\x00\x00")
	tests := []struct {
		name  string
		file  []byte
		class fault.Class
		says  string
	}{
		{"nothing", nil, fault.Corrupt, "empty"},
		{"random bytes", random, fault.Unsupported, "not a JPEG"},
		{"text", []byte("holiday pictures, all of them"), fault.Unsupported, "not a JPEG"},
		{"three bytes of JPEG", []byte("\xff\xd8\xff"), fault.Corrupt, "ends before"},
		{"png bomb", append(mediatest.PNGHeader(40000, 40000), mediatest.PNGChunk("IDAT", random)...), fault.TooLarge, "1600000000 pixels, the limit is 100000000"},
		{"jpeg bomb", mediatest.Claim(mediatest.JPEG(picture), 40000, 40000), fault.TooLarge, "40000 x 40000"},
		{"gif bomb", append([]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00"), "\x02\x01\x44\x00;"...), fault.TooLarge, "65535 x 65535"},
		{"webp bomb", mediatest.WebP(16384, 16384, 255)[:60], fault.TooLarge, "16384 x 16384"},
		{"bmp bomb", bmpBomb, fault.Corrupt, "40000 x 40000"},
		{"tiff bomb", mediatest.TIFFHeader(40000, 40000, 1, 1), fault.TooLarge, "40000 x 40000"},
		{"tiff of 2^32 pixels a side", mediatest.TIFFHeader(1<<32-1, 1<<32-1, 1, 1), fault.Corrupt, "damaged"},
		{"tiff without pixels", mediatest.TIFFHeader(100, 100, 1, 1), fault.Corrupt, "damaged"},
		{"much memory", append(mediatest.PNGHeader(9999, 9999)[:24], append([]byte{16, 6, 0, 0, 1, 0, 0, 0, 0}, mediatest.PNGChunk("IDAT", nil)...)...), fault.TooLarge, "memory limit is 768 MiB"},
		{"cut jpeg", cut(mediatest.JPEG(picture)), fault.Corrupt, "ends before the picture is complete"},
		{"cut large jpeg", cut(mediatest.JPEG(mediatest.Picture(1500, 1000))), fault.Corrupt, "ends before the picture is complete"},
		{"cut png", cut(mediatest.PNG(picture)), fault.Corrupt, "ends before the picture is complete"},
		{"cut gif", cut(mediatest.GIF(400, 300, 1)), fault.Corrupt, "gif file"},
		{"cut webp", cut(mediatest.WebP(400, 300, 255)), fault.Corrupt, "ends before the picture is complete"},
		{"cut bmp", cut(mediatest.BMP(picture)), fault.Corrupt, "shorter than its 400 x 300 pixels"},
		{"cut tiff", cut(mediatest.TIFF(picture)), fault.Corrupt, "ends before"},
		{"zero size png", mediatest.PNGHeader(0, 10), fault.Corrupt, ""},
		{"bigtiff", []byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"), fault.Unsupported, "BigTIFF"},
		{"lossless jpeg", bytes.Replace(mediatest.JPEG(picture), []byte{0xff, 0xc0}, []byte{0xff, 0xc3}, 1), fault.Unsupported, "lossless"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, thumbnail, err := inspect(tt.file, 320)
			if fault.ClassOf(err) != tt.class || !strings.Contains(fmt.Sprint(err), tt.says) || thumbnail != nil {
				t.Errorf("error of class %q: %v; want class %q and %q", fault.ClassOf(err), err, tt.class, tt.says)
			}
		})
	}
}

// A refused picture still gives its size, which the library shows.
func TestRefusedPicturesKeepTheirFacts(t *testing.T) {
	report, _, err := inspect(append(mediatest.PNGHeader(40000, 40000), mediatest.PNGChunk("IDAT", nil)...), 320)
	if fault.ClassOf(err) != fault.TooLarge || report.Width != 40000 || report.Height != 40000 || report.Format != "png" {
		t.Errorf("report %+v, error %v; want the size and a refusal", report, err)
	}
}

// Refusing by header must not touch the pixels: it must be cheap.
func TestBombsAreRefusedWithoutMemory(t *testing.T) {
	bomb := append(mediatest.PNGHeader(40000, 40000), mediatest.PNGChunk("IDAT", make([]byte, 190<<10))...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := inspect(bomb, 320)
	runtime.ReadMemStats(&after)
	if fault.ClassOf(err) != fault.TooLarge {
		t.Fatal(err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<10 {
		t.Errorf("refusing takes %d bytes of memory, want at most 64 KiB", got)
	}
}

func TestCountingStopsAtTheLimit(t *testing.T) {
	few := raster.Limits{Frames: 3}
	loop := mediatest.TIFFHeader(10, 10, 1, 2)
	copy(loop[len(loop)-4:], []byte{8, 0, 0, 0}) // The last directory points to the first.
	tests := []struct {
		name   string
		file   []byte
		frames int
		capped bool
	}{
		{"gif", mediatest.GIF(20, 20, 9), 3, true},
		{"gif of three", mediatest.GIF(20, 20, 3), 3, false},
		{"webp", mediatest.AnimatedWebP(20, 20, 9), 3, true},
		{"tiff", mediatest.TIFFHeader(10, 10, 1, 9), 3, true},
		{"tiff loop", loop, 3, false},
		{"png", mediatest.InsertPNGChunks(mediatest.PNG(mediatest.Picture(20, 20)), mediatest.PNGChunk("acTL", []byte{255, 0, 0, 7, 0, 0, 0, 0})), 3, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report, _, err := raster.Inspect(io.NewSectionReader(bytes.NewReader(tt.file), 0, int64(len(tt.file))), few, 0)
			if err != nil || report.Frames != tt.frames || report.FramesCapped != tt.capped {
				t.Errorf("%d frames, capped %v, error %v; want %d, %v", report.Frames, report.FramesCapped, err, tt.frames, tt.capped)
			}
		})
	}
}

func TestExtremeShapes(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {2000, 1}, {1, 2000}, {5000, 3}, {319, 321}, {17, 4001}} {
		for name, file := range map[string][]byte{
			"jpeg": mediatest.JPEG(mediatest.Picture(size[0], size[1])), "png": mediatest.PNG(mediatest.Picture(size[0], size[1])),
		} {
			_, thumbnail, err := inspect(file, 100)
			if err != nil {
				t.Errorf("%s of %v: %v", name, size, err)
				continue
			}
			if m := decode(t, thumbnail).Bounds(); m.Empty() || m.Dx() > 100 || m.Dy() > 100 {
				t.Errorf("%s of %v: thumbnail %v", name, size, m)
			}
		}
	}
}

func FuzzInspect(f *testing.F) {
	for _, file := range variants() {
		f.Add(file[:min(len(file), 2000)])
	}
	f.Add(mediatest.TIFFHeader(3, 3, 6, 2))
	small := raster.Limits{Pixels: 1 << 16, Frames: 50, MemoryBytes: 16 << 20, ThumbnailBytes: 1 << 20}
	f.Fuzz(func(t *testing.T, file []byte) {
		report, thumbnail, err := raster.Inspect(io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file))), small, 64)
		switch {
		case err != nil && fault.ClassOf(err) == "":
			t.Errorf("an error without a class: %v", err)
		case err == nil && (thumbnail == nil || max(thumbnail.Width, thumbnail.Height) > 64):
			t.Errorf("thumbnail %+v of %+v", thumbnail, report)
		case err == nil && report.Width*report.Height > 1<<16:
			t.Errorf("%d x %d pixels passed the limit", report.Width, report.Height)
		}
	})
}

func BenchmarkInspect12Megapixels(b *testing.B) {
	file := mediatest.JPEG(mediatest.Photograph(4000, 3000))
	for b.Loop() {
		if _, _, err := inspect(file, 320); err != nil {
			b.Fatal(err)
		}
	}
}

// A thumbnail has the shape of its picture, also when that was decoded at a reduced size that is rounded up.
func TestThumbnailsKeepTheShape(t *testing.T) {
	for size, want := range map[image.Point]image.Point{
		{1024, 683}: {320, 213}, {4001, 9}: {320, 1}, {3999, 2501}: {320, 200}, {999, 4000}: {80, 320},
	} {
		file := mediatest.JPEG(mediatest.Picture(size.X, size.Y))
		_, small, err := raster.Inspect(section(file), raster.Limits{}, 320)
		if err != nil || image.Pt(small.Width, small.Height) != want {
			t.Errorf("%v: %+v, %v; want %v", size, small, err, want)
		}
	}
}
