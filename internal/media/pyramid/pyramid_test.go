package pyramid_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"golang.org/x/image/tiff"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/pixels"
	"sluice/internal/media/pyramid"
)

func encode(t *testing.T, m *pixels.Image, o pyramid.Options) []byte {
	t.Helper()
	pieces, err := pyramid.Encode(m, o)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Join(pieces, nil)
}

// Pictures that are packed without loss come back pixel for pixel from another decoder.
func TestWithoutLoss(t *testing.T) {
	photo := mediatest.Photograph(300, 270)
	shaded := mediatest.Into(image.NewNRGBA(photo.Rect), photo).(*image.NRGBA)
	for i := 3; i < len(shaded.Pix); i += 4 {
		shaded.Pix[i] = byte(i / 4 % 300)
	}
	for name, src := range map[string]image.Image{
		"rgb": photo, "alpha": shaded, "gray": mediatest.Into(image.NewGray(photo.Rect), photo),
	} {
		file := encode(t, pixels.From(src, src.Bounds()), pyramid.Options{Lossless: true})
		got, err := tiff.Decode(bytes.NewReader(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for y := range 270 {
			for x := range 300 {
				a, b := color.NRGBAModel.Convert(got.At(x, y)).(color.NRGBA), color.NRGBAModel.Convert(src.At(x, y)).(color.NRGBA)
				if a != b && a.A+b.A > 0 {
					t.Fatalf("%s: %v at %d,%d, want %v", name, a, x, y, b)
				}
			}
		}
	}
}

// levels lists the sizes in the chain of directories; TIFF 6.0 section 2.
func levels(file []byte) (sizes []image.Point, kinds []uint32) {
	for at := binary.LittleEndian.Uint32(file[4:]); at != 0; {
		count := uint32(binary.LittleEndian.Uint16(file[at:]))
		var size image.Point
		for i := range count {
			entry := file[at+2+12*i:]
			value := binary.LittleEndian.Uint32(entry[8:])
			switch binary.LittleEndian.Uint16(entry) {
			case 254:
				kinds = append(kinds, value)
			case 256:
				size.X = int(value)
			case 257:
				size.Y = int(value)
			}
		}
		sizes = append(sizes, size)
		at = binary.LittleEndian.Uint32(file[at+2+12*count:])
	}
	return sizes, kinds
}

func TestLevels(t *testing.T) {
	for _, tt := range []struct {
		width, height int
		want          []image.Point
	}{
		{1, 1, []image.Point{{1, 1}}},
		{256, 256, []image.Point{{256, 256}}},
		{257, 3, []image.Point{{257, 3}, {128, 1}}},
		{1100, 300, []image.Point{{1100, 300}, {550, 150}, {275, 75}, {137, 37}}},
	} {
		file := encode(t, pixels.From(mediatest.Picture(tt.width, tt.height), image.Rect(0, 0, tt.width, tt.height)), pyramid.Options{Resolution: 72, Profile: make([]byte, 131)})
		sizes, kinds := levels(file)
		if len(sizes) != len(tt.want) {
			t.Fatalf("%d x %d: levels %v, want %v", tt.width, tt.height, sizes, tt.want)
		}
		for i, size := range sizes {
			if size != tt.want[i] || kinds[i] != min(uint32(i), 1) {
				t.Errorf("%d x %d: level %d is %v of kind %d, want %v", tt.width, tt.height, i, size, kinds[i], tt.want[i])
			}
		}
	}
}

func TestTheLimitIsNamed(t *testing.T) {
	m := pixels.From(mediatest.Photograph(600, 600), image.Rect(0, 0, 600, 600))
	if _, err := pyramid.Encode(m, pyramid.Options{MaxBytes: 20_000}); fault.ClassOf(err) != fault.TooLarge || err.Error() != "the optimised image has more than 20000 bytes, the limit" {
		t.Errorf("%v", err)
	}
}

func BenchmarkEncode(b *testing.B) {
	m := pixels.From(mediatest.Photograph(4000, 3000), image.Rect(0, 0, 4000, 3000))
	for name, o := range map[string]pyramid.Options{"JPEG": {}, "lossless": {Lossless: true}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := pyramid.Encode(m, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Pictures with their colours apart give the same levels, whatever the ratio of the planes, and tiles that are whole
// JPEG files of the right size.
func TestPlanes(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440,
	} {
		img := image.NewYCbCr(image.Rect(0, 0, 517, 259), ratio)
		for i := range img.Y {
			img.Y[i] = 200
		}
		for i := range img.Cb {
			img.Cb[i], img.Cr[i] = 90, 160
		}
		pieces, ok, err := pyramid.EncodeYCbCr(img, pyramid.Options{})
		if err != nil || !ok {
			t.Fatalf("%v: %v, %v", ratio, ok, err)
		}
		if sizes, _ := levels(bytes.Join(pieces, nil)); len(sizes) != 3 || sizes[1] != image.Pt(258, 129) || sizes[2] != image.Pt(129, 64) {
			t.Errorf("%v: levels %v", ratio, sizes)
		}
		tiles := 0
		for _, piece := range pieces {
			tile, err := jpeg.Decode(bytes.NewReader(piece))
			if err != nil {
				continue // a header or a directory
			}
			tiles++
			for _, at := range []image.Point{{}, {255, 255}, {255, 0}, {100, 200}} {
				got := color.YCbCrModel.Convert(tile.At(at.X, at.Y)).(color.YCbCr)
				if max(got.Y, 200)-min(got.Y, 200) > 3 || max(got.Cb, 90)-min(got.Cb, 90) > 3 || max(got.Cr, 160)-min(got.Cr, 160) > 3 || tile.Bounds().Dx() != pyramid.Tile {
					t.Errorf("%v: tile %d is %v at %v", ratio, tiles, got, at)
				}
			}
		}
		if tiles != 3*2+2*1+1 {
			t.Errorf("%v: %d tiles, want 9", ratio, tiles)
		}
	}
	if _, ok, _ := pyramid.EncodeYCbCr(image.NewYCbCr(image.Rect(0, 0, 9, 9), image.YCbCrSubsampleRatio410), pyramid.Options{}); ok {
		t.Error("an unusual ratio was taken")
	}
}
