// Package pixels holds decoded pictures in the form that the steps of picture processing share: eight bits for each
// channel, colours not premultiplied with alpha, ink values as they were stored. It works on pictures that were decoded
// from untrusted bytes and therefore runs only in the confined media worker.
package pixels

import (
	"image"
	"image/draw"
)

// Space is what the channels of a picture mean.
type Space int

// Spaces of pictures.
const (
	Gray Space = iota // three equal channels
	RGB
	CMYK // 255 is full ink
)

// Signature is the name of the space in an ICC profile; ICC.1 section 7.2.6.
func (s Space) Signature() string { return [...]string{"GRAY", "RGB ", "CMYK"}[s] }

// Channels is how many colour channels a file of the space has.
func (s Space) Channels() int { return [...]int{1, 3, 4}[s] }

// Image is a picture. Each pixel has four bytes in Pix, row after row without padding: red, green, blue and an unused
// one that is 255, or four inks.
type Image struct {
	Width  int
	Height int
	Space  Space
	Pix    []byte
	Alpha  []byte // one byte for each pixel; nil when all are opaque
}

// BytesPerPixel is what a picture with alpha takes.
const BytesPerPixel = 5

// From copies a part of a decoded picture, whose bounds begin at its upper left corner.
func From(src image.Image, part image.Rectangle) *Image {
	m := &Image{Width: part.Dx(), Height: part.Dy(), Space: RGB, Pix: make([]byte, 4*part.Dx()*part.Dy())}
	at := part.Min.Add(src.Bounds().Min)
	switch from := src.(type) {
	case *image.CMYK:
		m.Space = CMYK
		for y := range m.Height {
			copy(m.row(y), from.Pix[from.PixOffset(at.X, at.Y+y):])
		}
		return m
	case *image.Gray, *image.Gray16:
		m.Space = Gray
	}
	if opaque, ok := src.(interface{ Opaque() bool }); ok && opaque.Opaque() {
		whole := &image.RGBA{Pix: m.Pix, Stride: 4 * m.Width, Rect: image.Rect(0, 0, m.Width, m.Height)}
		draw.Draw(whole, whole.Rect, src, at, draw.Src)
		return m
	}
	m.separate(src, at)
	return m
}

// separate copies colours and alpha of a picture that is not opaque, row by row.
func (m *Image) separate(src image.Image, at image.Point) {
	m.Alpha = make([]byte, m.Width*m.Height)
	band := image.NewNRGBA(image.Rect(0, 0, m.Width, 1))
	for y := range m.Height {
		copyRow(band, src, at.Add(image.Pt(0, y)))
		row, alpha := m.row(y), m.Alpha[y*m.Width:][:m.Width]
		copy(row, band.Pix)
		for x := range alpha {
			alpha[x] = row[4*x+3]
			row[4*x+3] = 255
		}
	}
}

// copyRow copies a row without a detour through premultiplied colours where the source has none.
func copyRow(band *image.NRGBA, src image.Image, at image.Point) {
	switch from := src.(type) {
	case *image.NRGBA:
		copy(band.Pix, from.Pix[from.PixOffset(at.X, at.Y):][:len(band.Pix)])
	case *image.NRGBA64:
		wide := from.Pix[from.PixOffset(at.X, at.Y):]
		for i := range band.Pix {
			band.Pix[i] = wide[2*i]
		}
	default:
		for x := range band.Rect.Dx() {
			band.Set(x, 0, src.At(at.X+x, at.Y))
		}
	}
}

func (m *Image) row(y int) []byte { return m.Pix[4*m.Width*y:][:4*m.Width] }

// Bounds is the whole of the picture.
func (m *Image) Bounds() image.Rectangle { return image.Rect(0, 0, m.Width, m.Height) }

// Crop copies a part of the picture; the whole is returned as it is.
func (m *Image) Crop(part image.Rectangle) *Image {
	if part == m.Bounds() {
		return m
	}
	next := &Image{Width: part.Dx(), Height: part.Dy(), Space: m.Space, Pix: make([]byte, 4*part.Dx()*part.Dy())}
	if m.Alpha != nil {
		next.Alpha = make([]byte, part.Dx()*part.Dy())
	}
	for y := range next.Height {
		copy(next.row(y), m.row(part.Min.Y + y)[4*part.Min.X:])
		if m.Alpha != nil {
			copy(next.Alpha[y*next.Width:][:next.Width], m.Alpha[(part.Min.Y+y)*m.Width+part.Min.X:])
		}
	}
	return next
}

// Opaque reports whether nothing of the picture is transparent.
func (m *Image) Opaque() bool {
	for _, a := range m.Alpha {
		if a != 255 {
			return false
		}
	}
	return true
}

// Half is the picture at half its size, rounded up: squares of four pixels are averaged, colours by how opaque they are.
func (m *Image) Half() *Image {
	next := &Image{Width: max(1, m.Width/2), Height: max(1, m.Height/2), Space: m.Space}
	next.Pix = make([]byte, 4*next.Width*next.Height)
	if m.Alpha != nil {
		next.Alpha = make([]byte, next.Width*next.Height)
	}
	for y := range next.Height {
		above, below := 2*y, min(2*y+1, m.Height-1)
		if m.Alpha == nil {
			halfRow(next.row(y), m.row(above), m.row(below))
			continue
		}
		for x := range next.Width {
			left, right := 2*x, min(2*x+1, m.Width-1)
			m.average(next, y*next.Width+x, [4]int{above*m.Width + left, above*m.Width + right, below*m.Width + left, below*m.Width + right})
		}
	}
	return next
}

func halfRow(out, above, below []byte) {
	last := len(above) - 4
	for i := 0; i < len(out); i += 4 {
		left, right := 2*i, min(2*i+4, last)
		a, b, c, d := above[left:left+4], above[right:right+4], below[left:left+4], below[right:right+4]
		for channel := range 4 {
			out[i+channel] = byte((uint(a[channel]) + uint(b[channel]) + uint(c[channel]) + uint(d[channel]) + 2) / 4)
		}
	}
}

// average mixes four pixels into one of another picture.
func (m *Image) average(into *Image, at int, from [4]int) {
	var sums [4]int
	total := 0
	for _, i := range from {
		weight := int(m.Alpha[i])
		total += weight
		for channel := range sums {
			sums[channel] += weight * int(m.Pix[4*i+channel])
		}
	}
	into.Alpha[at] = byte((total + 2) / 4)
	for channel, sum := range sums {
		if total > 0 {
			into.Pix[4*at+channel] = byte((sum + total/2) / total)
		} else {
			into.Pix[4*at+channel] = m.Pix[4*from[0]+channel]
		}
	}
}
