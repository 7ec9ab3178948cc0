package modifier

import (
	"bytes"
	"image"
	"math"
)

// Unsharp is an unsharp mask. Ingest options and the command op_usm mean the same by it.
type Unsharp struct {
	Amount     float64 // 0..5: how much of the difference to the blurred picture is added
	Radius     float64 // of the blur in pixels, 0..250
	Threshold  int     // 0..255: smaller differences are left alone
	Monochrome bool    // brightness only, instead of each colour
}

// Idle reports whether the mask changes nothing.
func (u Unsharp) Idle() bool { return u.Amount <= 0 || u.Radius <= 0 }

// UnsharpMask sharpens a picture in place. It needs a second picture of the same size while it works. Alpha stays.
func UnsharpMask(img *image.RGBA, mask Unsharp) {
	if mask.Idle() {
		return
	}
	soft := &image.RGBA{Pix: bytes.Clone(img.Pix), Stride: img.Stride, Rect: img.Rect}
	Blur(soft, mask.Radius)
	threshold := float64(mask.Threshold)
	for y := range img.Rect.Dy() {
		row, blurred := img.Pix[y*img.Stride:][:4*img.Rect.Dx()], soft.Pix[y*img.Stride:]
		for ; len(row) > 0; row, blurred = row[4:], blurred[4:] {
			if row[0] == blurred[0] && row[1] == blurred[1] && row[2] == blurred[2] {
				continue
			}
			var edge [3]float64
			for i := range edge {
				edge[i] = float64(row[i]) - float64(blurred[i])
			}
			if mask.Monochrome {
				brightness := luma(edge[0], edge[1], edge[2])
				edge = [3]float64{brightness, brightness, brightness}
			}
			for i, difference := range edge {
				if math.Abs(difference) >= max(threshold, 0.5) {
					row[i] = byte(math.Round(max(0, min(float64(row[3]), float64(row[i])+mask.Amount*difference))))
				}
			}
		}
	}
}
