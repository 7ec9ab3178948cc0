package main

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

const (
	photoKinds   = 4    // photographs that are drawn; all others are these under another name
	photoTile    = 1000 // edge of what is repeated in large ones
	photoQuality = 85
)

// photograph draws what a camera might have taken, in the way that JPEG files hold it: soft shapes with grain, colours
// at half the resolution. Larger pictures repeat it with another brightness.
func photograph(seed uint64, width, height int) *image.YCbCr {
	source := rand.New(rand.NewPCG(seed, 11))
	tile := image.NewYCbCr(image.Rect(0, 0, photoTile, photoTile), image.YCbCrSubsampleRatio420)
	var fx, fy, turn [6]float64
	for i := range fx {
		fx[i], fy[i], turn[i] = math.Pi*float64(1+source.IntN(9<<i))/photoTile, math.Pi*float64(1+source.IntN(9<<i))/photoTile, 6*source.Float64()
	}
	wave := func(x, y int, shift float64) float64 {
		v := 0.0
		for i := range fx {
			v += math.Sin(float64(x)*fx[i]+turn[i]+shift) * math.Cos(float64(y)*fy[i]-shift) / float64(i+1)
		}
		return v
	}
	sample := func(v float64) byte { return byte(max(0, min(255, v))) }
	for y := range photoTile {
		for x := range photoTile {
			tile.Y[y*tile.YStride+x] = sample(120 + 60*wave(x, y, 0) + 3*source.NormFloat64())
			if x%2 == 0 && y%2 == 0 {
				at := y/2*tile.CStride + x/2
				tile.Cb[at], tile.Cr[at] = sample(128+25*wave(x, y, 2)+source.NormFloat64()), sample(128+25*wave(x, y, 4)+source.NormFloat64())
			}
		}
	}
	m := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	repeat := func(dst []byte, stride, rows int, src []byte, edge int) {
		for y := range rows {
			row := dst[y*stride:][:stride]
			for x := 0; x < stride; x += edge {
				copy(row[x:], src[y%edge*edge:][:edge])
			}
		}
	}
	repeat(m.Y, m.YStride, height, tile.Y, photoTile)
	repeat(m.Cb, m.CStride, (height+1)/2, tile.Cb, photoTile/2)
	repeat(m.Cr, m.CStride, (height+1)/2, tile.Cr, photoTile/2)
	return m
}

func writePhotograph(path string, seed uint64, width, height int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<20)
	if err = jpeg.Encode(out, photograph(seed, width, height), &jpeg.Options{Quality: photoQuality}); err == nil {
		err = out.Flush()
	}
	if problem := f.Close(); err == nil {
		err = problem
	}
	return err
}

// photographs writes so many files into a new folder: a few pictures under many names.
func (b *processingBench) photographs(name string, derive func(from, to string) error) (folder string, files []string, err error) {
	folder = filepath.Join(b.root, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", nil, err
	}
	for i := range b.pictures {
		path := filepath.Join(folder, fmt.Sprintf("picture-%03d.jpg", i))
		files = append(files, path)
		if i >= photoKinds {
			if err := os.Link(files[i%photoKinds], path); err != nil {
				return "", nil, err
			}
			continue
		}
		drawn := filepath.Join(b.root, "drawn.jpg")
		if err := writePhotograph(drawn, uint64(i), b.width, b.height); err != nil {
			return "", nil, err
		}
		if err := derive(drawn, path); err != nil {
			return "", nil, err
		}
	}
	return folder, files, nil
}

// writeDocument writes a PDF file of A4 pages with text, lines and coloured areas (ISO 32000-1).
func writeDocument(path string, pages int) error {
	var out bytes.Buffer
	var places []int
	object := func(format string, args ...any) {
		places = append(places, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", len(places), fmt.Sprintf(format, args...))
	}
	out.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	var kids bytes.Buffer
	for page := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 4+2*page)
	}
	object("<< /Type /Pages /Count %d /Kids [%s] >>", pages, kids.String())
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	for page := range pages {
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>", 5+2*page)
		content := pageContent(page + 1)
		object("<< /Length %d >>\nstream\n%s\nendstream", len(content), content)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, at := range places {
		fmt.Fprintf(&out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, table)
	return os.WriteFile(path, out.Bytes(), 0o644)
}

func pageContent(page int) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "0.%d 0.4 0.7 rg 40 780 515 40 re f 0.9 0.8 0.%d rg 300 80 255 180 re f 0 g 0 G\n", page%10, page%10)
	fmt.Fprintf(&b, "BT /F1 20 Tf 50 793 Td (Chapter %d) Tj ET\n", page)
	for line := range 42 {
		width := 520.0
		if line >= 31 {
			width = 240
		}
		text := fmt.Sprintf("%d.%d The quick brown fox jumps over the lazy dog and measures how long a page of ordinary text takes to draw.", page, line)
		fmt.Fprintf(&b, "BT /F1 10 Tf 40 %d Td (%.*s) Tj ET\n", 760-16*line, int(width/5), text)
	}
	b.WriteString("2 w 40 60 m 555 60 l S 300 80 m 360 180 420 100 555 250 c S")
	return b.String()
}
