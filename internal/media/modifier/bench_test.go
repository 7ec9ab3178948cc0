package modifier_test

import (
	"image"
	"testing"

	"sluice/internal/media/mediatest"
	"sluice/internal/media/modifier"
)

// Each works on ten million pixels.
func BenchmarkApply(b *testing.B) {
	src := mediatest.Picture(4000, 2500)
	for _, text := range []string{"op_blur=1", "op_blur=5", "op_usm=1,1,0,0", "op_saturation=20", "rotate=90", "rotate=10", "wid=1000", "wid=8000&hei=8000"} {
		c, _, err := modifier.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			b.SetBytes(int64(len(src.Pix)))
			for b.Loop() {
				if _, err := modifier.Apply(src, 1, c, modifier.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	src := mediatest.Photograph(2000, 1500)
	for _, format := range []string{"jpeg", "png", "png8", "gif", "tif"} {
		b.Run(format, func(b *testing.B) {
			b.SetBytes(int64(len(src.Pix)))
			for b.Loop() {
				m := &image.RGBA{Pix: src.Pix, Stride: src.Stride, Rect: src.Rect}
				if _, err := modifier.Encode(m, modifier.Commands{Format: format}, modifier.Source{}, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
