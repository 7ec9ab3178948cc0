package modifier

import (
	"image"
	"math"
)

// rotate turns the picture clockwise. The canvas grows to hold it whole; its corners become transparent. Quarter turns
// are exact, others are interpolated bilinearly.
func (w *work) rotate(degrees float64) error {
	switch degrees {
	case 0:
		return nil
	case 90:
		return w.turn(6)
	case 180:
		return w.turn(3)
	case 270:
		return w.turn(8)
	}
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	const slack = 1e-6 // What is left over by rounding is no reason for another pixel.
	fromWidth, fromHeight := float64(w.width()), float64(w.height())
	width := int(math.Ceil(math.Abs(fromWidth*cos) + math.Abs(fromHeight*sin) - slack))
	height := int(math.Ceil(math.Abs(fromWidth*sin) + math.Abs(fromHeight*cos) - slack))
	if err := w.room(width, height, 0); err != nil {
		return err
	}
	next := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		down := float64(y) + 0.5 - float64(height)/2
		row := next.Pix[y*next.Stride:][:4*width]
		for x := range width {
			across := float64(x) + 0.5 - float64(width)/2
			between(row[4*x:][:4:4], w.img, across*cos+down*sin+fromWidth/2-0.5, down*cos-across*sin+fromHeight/2-0.5)
		}
	}
	w.img = next
	return nil
}

// between mixes the four pixels around a place; outside of the picture all is transparent.
func between(out []byte, src *image.RGBA, x, y float64) {
	width, height := src.Rect.Dx(), src.Rect.Dy()
	left, top := math.Floor(x), math.Floor(y)
	if left < -1 || top < -1 || left >= float64(width) || top >= float64(height) {
		return
	}
	partX, partY := x-left, y-top
	var sums [4]float64
	for i, weight := range [4]float64{(1 - partX) * (1 - partY), partX * (1 - partY), (1 - partX) * partY, partX * partY} {
		atX, atY := int(left)+i&1, int(top)+i>>1
		if weight == 0 || atX < 0 || atY < 0 || atX >= width || atY >= height {
			continue
		}
		pixel := src.Pix[atY*src.Stride+4*atX:][:4]
		for channel := range sums {
			sums[channel] += weight * float64(pixel[channel])
		}
	}
	for channel := range sums {
		out[channel] = byte(sums[channel] + 0.5)
	}
}
