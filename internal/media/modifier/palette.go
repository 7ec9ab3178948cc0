package modifier

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

const (
	// maxColours is how many entries a palette has.
	maxColours = 256
	// cellBits is how many bits of each channel tell the cells of the colour cube apart.
	cellBits = 5
	// clearBelow is the alpha below which a pixel takes the transparent colour.
	clearBelow = 128
)

// paletted reduces a picture to at most 256 colours, one of them transparent when a pixel of it is. A picture with no
// more colours than that keeps them exactly; others get the median colours of boxes cut out of the colour cube.
func paletted(img *image.RGBA) *image.Paletted {
	whole := !img.Opaque()
	room := maxColours
	if whole {
		room--
	}
	colours, index := exactColours(img, room)
	if colours == nil {
		colours, index = cutColours(img, room)
	}
	palette := make(color.Palette, 0, maxColours)
	for _, c := range colours {
		palette = append(palette, c)
	}
	clearIndex := uint8(len(palette))
	if whole {
		palette = append(palette, color.RGBA{})
	}
	out := image.NewPaletted(img.Rect, palette)
	eachPixel(img, func(x, y int, c color.RGBA, opaque bool) {
		if !opaque {
			out.Pix[y*out.Stride+x] = clearIndex
		} else {
			out.Pix[y*out.Stride+x] = index(c)
		}
	})
	return out
}

// eachPixel visits all pixels with their full colour, as if they were opaque.
func eachPixel(img *image.RGBA, visit func(x, y int, c color.RGBA, opaque bool)) {
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:]
		for x := range img.Rect.Dx() {
			pixel := row[4*x:][:4]
			c := color.RGBA{pixel[0], pixel[1], pixel[2], 255}
			if alpha := int(pixel[3]); alpha >= clearBelow && alpha < 255 {
				for i, channel := range []*uint8{&c.R, &c.G, &c.B} {
					*channel = uint8(min(255, (int(pixel[i])*255+alpha/2)/alpha))
				}
			}
			visit(x, y, c, pixel[3] >= clearBelow)
		}
	}
}

// exactColours lists the colours when there are at most room of them, and nothing otherwise.
func exactColours(img *image.RGBA, room int) ([]color.RGBA, func(color.RGBA) uint8) {
	places := map[color.RGBA]uint8{}
	var list []color.RGBA
	var last color.RGBA
	tooMany := false
	eachPixel(img, func(_, _ int, c color.RGBA, opaque bool) {
		if tooMany || !opaque || c == last {
			return
		}
		last = c
		if _, seen := places[c]; seen {
			return
		}
		if tooMany = len(list) >= room; tooMany {
			return
		}
		places[c] = uint8(len(list))
		list = append(list, c)
	})
	if tooMany {
		return nil, nil
	}
	if len(list) == 0 {
		list = []color.RGBA{{A: 255}} // All pixels are transparent; a palette with one more entry is read everywhere.
	}
	return list, func(c color.RGBA) uint8 { return places[c] }
}

// cell is a small cube of the colour cube with the pixels that fall into it.
type cell struct {
	place   int
	count   int64
	r, g, b int64 // sums
}

func placeOf(c color.RGBA) int {
	const drop = 8 - cellBits
	return int(c.R>>drop)<<(2*cellBits) | int(c.G>>drop)<<cellBits | int(c.B>>drop)
}

// cutColours divides the cells into boxes, always the one with the largest spread weighed with its pixels, and gives
// every cell the mean colour of its box.
func cutColours(img *image.RGBA, room int) ([]color.RGBA, func(color.RGBA) uint8) {
	cube := make([]cell, 1<<(3*cellBits))
	eachPixel(img, func(_, _ int, c color.RGBA, opaque bool) {
		if !opaque {
			return
		}
		at := &cube[placeOf(c)]
		at.count++
		at.r, at.g, at.b = at.r+int64(c.R), at.g+int64(c.G), at.b+int64(c.B)
	})
	var used []cell
	for i, c := range cube {
		if c.count > 0 {
			c.place = i
			used = append(used, c)
		}
	}
	boxes := []box{newBox(used)}
	for len(boxes) < room {
		widest := 0
		for i := range boxes {
			if boxes[i].weight > boxes[widest].weight {
				widest = i
			}
		}
		if len(boxes[widest].cells) < 2 {
			break
		}
		low, high := boxes[widest].cut()
		boxes[widest] = low
		boxes = append(boxes, high)
	}
	index := make([]uint8, len(cube))
	colours := make([]color.RGBA, len(boxes))
	for i, b := range boxes {
		colours[i] = b.mean()
		for _, c := range b.cells {
			index[c.place] = uint8(i)
		}
	}
	return colours, func(c color.RGBA) uint8 { return index[placeOf(c)] }
}

// box is a set of cells.
type box struct {
	cells  []cell
	along  int     // the channel with the largest spread: 0 is red
	weight float64 // 0 when it cannot be cut
}

func (c cell) level(channel int) float64 {
	return float64([3]int64{c.r, c.g, c.b}[channel]) / float64(c.count)
}

func newBox(cells []cell) box {
	b := box{cells: cells}
	if len(cells) < 2 {
		return b
	}
	var count int64
	var sums, squares [3]float64
	for _, c := range cells {
		count += c.count
		for channel := range 3 {
			level := c.level(channel)
			sums[channel] += level * float64(c.count)
			squares[channel] += level * level * float64(c.count)
		}
	}
	for channel := range 3 {
		spread := squares[channel] - sums[channel]*sums[channel]/float64(count)
		if spread > b.weight || channel == 0 {
			b.along, b.weight = channel, max(spread, 1e-9)
		}
	}
	return b
}

// cut divides the pixels of a box into two halves.
func (b box) cut() (low, high box) {
	slices.SortFunc(b.cells, func(a, c cell) int { return cmp.Compare(a.level(b.along), c.level(b.along)) })
	var total, passed int64
	for _, c := range b.cells {
		total += c.count
	}
	at := 1
	for i, c := range b.cells[:len(b.cells)-1] {
		if passed += c.count; 2*passed >= total {
			at = i + 1
			break
		}
		at = i + 1
	}
	return newBox(b.cells[:at]), newBox(b.cells[at:])
}

func (b box) mean() color.RGBA {
	var sum cell
	for _, c := range b.cells {
		sum.count, sum.r, sum.g, sum.b = sum.count+c.count, sum.r+c.r, sum.g+c.g, sum.b+c.b
	}
	half := sum.count / 2
	return color.RGBA{uint8((sum.r + half) / sum.count), uint8((sum.g + half) / sum.count), uint8((sum.b + half) / sum.count), 255}
}
