package modifier

import "math"

// tone applies brightness, contrast, saturation and inversion, in this order, to the colours of every pixel. Alpha
// stays.
//
// Brightness adds its percentage of the full range. Contrast multiplies the distance from the middle by 1 plus its
// percentage when it lowers it, and by the inverse when it raises it. Saturation does the same as a lowered contrast
// with the distance from the brightness of the pixel.
func (w *work) tone(c Commands) {
	if c.Brightness == 0 && c.Contrast == 0 && c.Saturation == 0 && !c.Invert {
		return
	}
	levels := levels(c.Brightness, c.Contrast)
	vivid := 1 + c.Saturation/100
	for y := range w.height() {
		row := w.img.Pix[y*w.img.Stride:][:4*w.width()]
		for ; len(row) > 0; row = row[4:] {
			alpha := int(row[3])
			if alpha == 0 {
				continue
			}
			var colours [3]float64
			for i := range colours {
				colours[i] = levels[min(255, (int(row[i])*255+alpha/2)/alpha)]
			}
			if vivid != 1 {
				grey := luma(colours[0], colours[1], colours[2])
				for i := range colours {
					colours[i] = inRange(grey + (colours[i]-grey)*vivid)
				}
			}
			for i, level := range colours {
				if c.Invert {
					level = 255 - level
				}
				row[i] = byte(math.Round(level * float64(alpha) / 255))
			}
		}
	}
}

// steepest is the factor of the contrast 100, which leaves hardly more than black and white.
const steepest = 255

// levels says what becomes of each level of a colour.
func levels(brightness, contrast float64) [256]float64 {
	factor := 1 + contrast/100
	if contrast > 0 {
		factor = min(steepest, 100/max(1e-9, 100-contrast))
	}
	var table [256]float64
	for i := range table {
		level := inRange(float64(i) + brightness*255/100)
		table[i] = inRange(127.5 + (level-127.5)*factor)
	}
	return table
}

func inRange(level float64) float64 { return max(0, min(255, level)) }

// luma is the brightness of a colour; ITU-R BT.601.
func luma(r, g, b float64) float64 { return 0.299*r + 0.587*g + 0.114*b }
