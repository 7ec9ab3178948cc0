package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"

	scale "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

const (
	longestEdge = 360 // pixels of a picture in the gallery
	lineHeight  = 15
	margin      = 8
)

// fitted makes a picture at most longestEdge pixels wide and high. Small ones are
// enlarged by a whole number, so that single pixels can be seen.
func fitted(m image.Image) image.Image {
	width, height := m.Bounds().Dx(), m.Bounds().Dy()
	if longest := max(width, height); longest > longestEdge {
		width, height = max(1, width*longestEdge/longest), max(1, height*longestEdge/longest)
	} else if times := min(8, 160/max(1, longest)); times > 1 {
		width, height = width*times, height*times
	} else {
		return m
	}
	to := image.NewNRGBA(image.Rect(0, 0, width, height))
	if width > m.Bounds().Dx() {
		scale.NearestNeighbor.Scale(to, to.Rect, m, m.Bounds(), scale.Src, nil)
	} else {
		scale.CatmullRom.Scale(to, to.Rect, m, m.Bounds(), scale.Src, nil)
	}
	return to
}

// moderate makes a picture smaller that would fill the page by itself.
func moderate(m image.Image) image.Image {
	if max(m.Bounds().Dx(), m.Bounds().Dy()) > 2*longestEdge {
		return fitted(m)
	}
	return m
}

// onBoard lays a picture on a chessboard, which shows where it is transparent.
func onBoard(m image.Image) *image.RGBA {
	to := image.NewRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	for y := range to.Rect.Dy() {
		for x := range to.Rect.Dx() {
			level := uint8(255)
			if (x/8+y/8)%2 == 0 {
				level = 215
			}
			to.SetRGBA(x, y, color.RGBA{level, level, level, 255})
		}
	}
	draw.Draw(to, to.Rect, m, m.Bounds().Min, draw.Over)
	return to
}

// outlined draws the outline of a rectangle, two pixels wide.
func outlined(m image.Image, rect image.Rectangle, line color.Color) *image.RGBA {
	to := image.NewRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(to, to.Rect, m, m.Bounds().Min, draw.Src)
	for _, side := range []image.Rectangle{
		image.Rect(rect.Min.X-1, rect.Min.Y-1, rect.Max.X+1, rect.Min.Y+1), image.Rect(rect.Min.X-1, rect.Max.Y-1, rect.Max.X+1, rect.Max.Y+1),
		image.Rect(rect.Min.X-1, rect.Min.Y-1, rect.Min.X+1, rect.Max.Y+1), image.Rect(rect.Max.X-1, rect.Min.Y-1, rect.Max.X+1, rect.Max.Y+1),
	} {
		draw.Draw(to, side, image.NewUniform(line), image.Point{}, draw.Src)
	}
	return to
}

// written draws lines of text.
func written(lines ...string) image.Image {
	width := 160
	for _, line := range lines {
		width = max(width, font.MeasureString(basicfont.Face7x13, line).Ceil()+2*margin)
	}
	to := image.NewRGBA(image.Rect(0, 0, width, len(lines)*lineHeight+2*margin))
	draw.Draw(to, to.Rect, image.White, image.Point{}, draw.Src)
	for i, line := range lines {
		write(to, margin, margin+(i+1)*lineHeight-4, line)
	}
	return to
}

func write(to draw.Image, x, y int, line string) {
	d := font.Drawer{Dst: to, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(x, y)}
	d.DrawString(line)
}

// captioned is a picture with a line below it.
type captioned struct {
	caption string
	picture image.Image
}

// sheet puts pictures side by side, each with its caption.
func sheet(all ...captioned) image.Image {
	const perRow = 4
	var rows []image.Image
	for from := 0; from < len(all); from += perRow {
		rows = append(rows, side(all[from:min(len(all), from+perRow)]))
	}
	return stacked(rows...)
}

// stacked puts pictures below each other.
func stacked(rows ...image.Image) image.Image {
	width, height := 0, 0
	for _, row := range rows {
		width, height = max(width, row.Bounds().Dx()), height+row.Bounds().Dy()
	}
	to := image.NewRGBA(image.Rect(0, 0, max(1, width), max(1, height)))
	draw.Draw(to, to.Rect, image.White, image.Point{}, draw.Src)
	top := 0
	for _, row := range rows {
		draw.Draw(to, row.Bounds().Add(image.Pt(0, top)), row, image.Point{}, draw.Src)
		top += row.Bounds().Dy()
	}
	return to
}

func side(all []captioned) image.Image {
	width, height := margin, 0
	for _, c := range all {
		width += max(c.picture.Bounds().Dx(), 7*len(c.caption)) + margin
		height = max(height, c.picture.Bounds().Dy())
	}
	to := image.NewRGBA(image.Rect(0, 0, width, height+lineHeight+2*margin))
	draw.Draw(to, to.Rect, image.White, image.Point{}, draw.Src)
	left := margin
	for _, c := range all {
		b := c.picture.Bounds()
		draw.Draw(to, image.Rect(left, margin, left+b.Dx(), margin+b.Dy()), c.picture, b.Min, draw.Over)
		write(to, left, margin+height+lineHeight-4, c.caption)
		left += max(b.Dx(), 7*len(c.caption)) + margin
	}
	return to
}

// tree draws paths as the folders and files that they are.
func tree(paths ...string) image.Image {
	var lines []string
	shown := map[string]bool{}
	for _, path := range paths {
		steps := strings.Split(path, "/")
		for i, step := range steps {
			prefix := strings.Join(steps[:i+1], "/")
			if step == "" || shown[prefix] {
				continue
			}
			shown[prefix] = true
			if i < len(steps)-1 {
				step += "/"
			}
			lines = append(lines, strings.Repeat("    ", i)+step)
		}
	}
	if len(lines) == 0 {
		lines = []string{"(nothing)"}
	}
	return written(lines...)
}

// size is how people write it.
func size(m image.Image) string {
	return fmt.Sprintf("%d x %d", m.Bounds().Dx(), m.Bounds().Dy())
}
