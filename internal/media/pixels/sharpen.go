package pixels

import (
	"bytes"
	"image"
	"math"

	"sluice/internal/media/modifier"
)

// Sharpen applies an unsharp mask in place. It needs a second picture of the same size while it works. Transparent
// pixels lend nothing of their colours to their neighbours; alpha stays.
func (m *Image) Sharpen(mask modifier.Unsharp) {
	if mask.Idle() {
		return
	}
	if m.Space == CMYK {
		m.sharpenInks(mask)
		return
	}
	if m.Space == Gray {
		mask.Monochrome = false
	}
	whole := &image.RGBA{Pix: m.Pix, Stride: 4 * m.Width, Rect: m.Bounds()}
	m.multiply()
	modifier.UnsharpMask(whole, mask)
	m.divide()
}

// multiply puts alpha into the fourth byte of each pixel and multiplies the colours with it.
func (m *Image) multiply() {
	for i, a := range m.Alpha {
		pixel := m.Pix[4*i:][:4]
		pixel[3] = a
		if a != 255 {
			for channel := range 3 {
				pixel[channel] = byte((int(pixel[channel])*int(a) + 127) / 255)
			}
		}
	}
}

func (m *Image) divide() {
	for i, a := range m.Alpha {
		pixel := m.Pix[4*i:][:4]
		pixel[3] = 255
		if a != 255 && a != 0 {
			for channel := range 3 {
				pixel[channel] = byte(min(255, (int(pixel[channel])*255+int(a)/2)/int(a)))
			}
		}
	}
}

// sharpenInks sharpens each of the four inks, or with monochrome the coloured ones by the same amount.
func (m *Image) sharpenInks(mask modifier.Unsharp) {
	soft := &image.RGBA{Pix: bytes.Clone(m.Pix), Stride: 4 * m.Width, Rect: m.Bounds()}
	modifier.Blur(soft, mask.Radius)
	least := max(float64(mask.Threshold), 0.5)
	for i := 0; i < len(m.Pix); i += 4 {
		var edge [4]float64
		for ink := range edge {
			edge[ink] = float64(m.Pix[i+ink]) - float64(soft.Pix[i+ink])
		}
		if mask.Monochrome {
			same := (edge[0] + edge[1] + edge[2]) / 3
			edge[0], edge[1], edge[2] = same, same, same
		}
		for ink, difference := range edge {
			if math.Abs(difference) >= least {
				m.Pix[i+ink] = byte(math.Round(max(0, min(255, float64(m.Pix[i+ink])+mask.Amount*difference))))
			}
		}
	}
}
