package pixels_test

import (
	"image"
	"image/color"
	"testing"

	"sluice/internal/media/mediatest"
	"sluice/internal/media/pixels"
)

// Every kind of decoded picture gives the colours and the alpha that it has.
func TestFrom(t *testing.T) {
	half := color.NRGBA{200, 100, 50, 128}
	wide := image.NewNRGBA64(image.Rect(3, 4, 13, 14))
	straight := image.NewNRGBA(wide.Rect)
	paletted := image.NewPaletted(wide.Rect, color.Palette{color.NRGBA{}, half})
	for y := 4; y < 14; y++ {
		for x := 3; x < 13; x++ {
			wide.Set(x, y, half)
			straight.Set(x, y, half)
			paletted.SetColorIndex(x, y, 1)
		}
	}
	for name, src := range map[string]image.Image{"16 bits": wide, "8 bits": straight, "palette": paletted} {
		m := pixels.From(src, image.Rect(2, 3, 10, 10))
		if m.Width != 8 || m.Height != 7 || m.Space != pixels.RGB || m.Alpha == nil || m.Alpha[9] != 128 {
			t.Fatalf("%s: %+v", name, m)
		}
		if got := [4]byte(m.Pix[40:]); got != [4]byte{200, 100, 50, 255} {
			t.Errorf("%s: %v", name, got)
		}
	}
	opaque := pixels.From(mediatest.Picture(10, 10), image.Rect(5, 5, 10, 10))
	if opaque.Alpha != nil || [4]byte(opaque.Pix) != [4]byte{30, 60, 200, 255} {
		t.Errorf("an opaque picture: %v, %v", opaque.Alpha, opaque.Pix[:4])
	}
	if gray := pixels.From(image.NewGray16(image.Rect(0, 0, 2, 2)), image.Rect(0, 0, 2, 2)); gray.Space != pixels.Gray {
		t.Errorf("gray is of the space %d", gray.Space)
	}
}

// What is transparent lends no colour to the smaller picture, and a column without a partner is left out.
func TestHalf(t *testing.T) {
	m := &pixels.Image{Width: 5, Height: 2, Space: pixels.RGB, Pix: []byte{
		100, 0, 0, 255, 0, 200, 0, 255, 9, 9, 9, 255, 9, 9, 9, 255, 1, 2, 3, 255,
		50, 0, 0, 255, 0, 200, 0, 255, 9, 9, 9, 255, 9, 9, 9, 255, 1, 2, 3, 255,
	}, Alpha: []byte{255, 0, 0, 0, 7, 255, 0, 0, 0, 7}}
	got := m.Half()
	if got.Width != 2 || got.Height != 1 || [3]byte(got.Pix) != [3]byte{75, 0, 0} || got.Alpha[0] != 128 || got.Alpha[1] != 0 {
		t.Errorf("%+v", got)
	}
	m.Alpha = nil
	if got := m.Half(); [4]byte(got.Pix) != [4]byte{38, 100, 0, 255} || [4]byte(got.Pix[4:]) != [4]byte{9, 9, 9, 255} {
		t.Errorf("opaque: %v", got.Pix)
	}
}

func BenchmarkFlood(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		m := pixels.From(mediatest.Picture(4000, 3000), image.Rect(0, 0, 4000, 3000))
		b.StartTimer()
		if !m.Knockout("BottomRight", 0.1, true) {
			b.Fatal("the corner is not known")
		}
	}
}
