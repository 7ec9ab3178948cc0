package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sluice/internal/media/mediatest"
)

// scene draws a shaded ball with stripes on a ground, with a border of 20, 40, 10 and 30
// pixels around (left, right, top, bottom).
func scene(ground color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 260, 240))
	draw.Draw(m, m.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
	const left, top, radius = 20, 10, 100
	for y := range 2 * radius {
		for x := range 2 * radius {
			dx, dy := float64(x-radius)/radius, float64(y-radius)/radius
			if dx*dx+dy*dy > 1 {
				continue
			}
			light := 0.35 + 0.65*math.Sqrt(1-dx*dx-dy*dy)*(1-0.4*(dx+dy)/2)
			c := [3]float64{230, 60, 50}
			switch (x + y) / 25 % 3 {
			case 1:
				c = [3]float64{60, 160, 230}
			case 2:
				c = [3]float64{250, 215, 90}
			}
			level := func(v float64) uint8 { return uint8(min(255, v*light)) }
			m.SetNRGBA(left+x, top+y, color.NRGBA{level(c[0]), level(c[1]), level(c[2]), 255})
		}
	}
	return m
}

func paper() color.NRGBA { return color.NRGBA{255, 255, 255, 255} }

// blurred is the scene out of focus.
func blurred() *image.NRGBA {
	from := scene(paper())
	to := image.NewNRGBA(from.Rect)
	const reach = 2
	for y := range from.Rect.Dy() {
		for x := range from.Rect.Dx() {
			var sum [3]int
			n := 0
			for dy := -reach; dy <= reach; dy++ {
				for dx := -reach; dx <= reach; dx++ {
					if p := image.Pt(x+dx, y+dy); p.In(from.Rect) {
						c := from.NRGBAAt(p.X, p.Y)
						sum[0], sum[1], sum[2], n = sum[0]+int(c.R), sum[1]+int(c.G), sum[2]+int(c.B), n+1
					}
				}
			}
			to.SetNRGBA(x, y, color.NRGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255})
		}
	}
	return to
}

// inks is the scene in CMYK, in a Photoshop file without a profile.
func inks() []byte {
	from := scene(paper())
	merged := make([][]byte, 4)
	for i := 0; i < len(from.Pix); i += 4 {
		c, m, y, k := color.RGBToCMYK(from.Pix[i], from.Pix[i+1], from.Pix[i+2])
		for ink, value := range []byte{c, m, y, k} {
			merged[ink] = append(merged[ink], 255-value) // such files store how much paper is left
		}
	}
	return mediatest.Layered{Width: 260, Height: 240, Mode: 4, Depth: 8, Packing: 1, Merged: merged}.File()
}

// outline is a clipping path around the ball: a circle of knots with a square hole.
func outline() []byte {
	var ring [][2]float64
	for i := range 36 {
		angle := float64(i) * math.Pi / 18
		ring = append(ring, [2]float64{(120 + 100*math.Cos(angle)) / 260, (110 + 100*math.Sin(angle)) / 240})
	}
	hole := [][2]float64{{0.4, 0.4}, {0.5, 0.4}, {0.5, 0.5}, {0.4, 0.5}}
	records := append(mediatest.PathRecords(true, ring...), mediatest.PathRecords(true, hole...)...)
	return append(mediatest.Resource(2000, "Path 1", records), mediatest.Resource(2999, "", []byte("\x06Path 1"))...)
}

// planes are the red, green and blue samples of a picture.
func planes(m *image.NRGBA) [][]byte {
	all := make([][]byte, 3)
	for i, v := range m.Pix {
		if i%4 < 3 {
			all[i%4] = append(all[i%4], v)
		}
	}
	return all
}

// flatPSD is a Photoshop file with a merged image only and a clipping path.
func flatPSD() []byte {
	return mediatest.Layered{Width: 260, Height: 240, Mode: 3, Depth: 8, Packing: 1, Blocks: outline(), Merged: planes(scene(paper()))}.File()
}

// advertisement is a Photoshop file with a ground, a ball, and a text in a group.
func advertisement() []byte {
	ball := scene(color.NRGBA{})
	layer := mediatest.PSDLayer{Name: "Ball", Rect: ball.Rect, Opacity: 255}
	var alpha []byte
	for i := 3; i < len(ball.Pix); i += 4 {
		alpha = append(alpha, ball.Pix[i])
	}
	layer.Channels = append(layer.Channels, mediatest.PSDChannel{ID: -1, Width: 260, Samples: alpha})
	for id, plane := range planes(ball) {
		layer.Channels = append(layer.Channels, mediatest.PSDChannel{ID: int16(id), Width: 260, Samples: plane})
	}
	title := mediatest.Plain("Title", image.Rect(60, 20, 200, 50), 220, 30, 30, 90)
	title.Extra = mediatest.TypeTool("Half price", [6]float64{1, 0, 0, 1, 64, 44}, mediatest.Look("Helvetica-Bold", 24, 5, 6))
	layers := append([]mediatest.PSDLayer{mediatest.Plain("Background", image.Rect(0, 0, 260, 240), 255, 180, 220, 190), layer}, mediatest.Group("Words", title)...)
	whole := scene(color.NRGBA{180, 220, 190, 255})
	draw.Draw(whole, image.Rect(60, 20, 200, 50), image.NewUniform(color.NRGBA{30, 30, 90, 220}), image.Point{}, draw.Over)
	return mediatest.Layered{Width: 260, Height: 240, Mode: 3, Depth: 8, Packing: 1, Layers: layers, Merged: planes(whole)}.File()
}

// brochure is a PostScript program of three pages with words, links and colours.
const brochure = `%!PS-Adobe-3.0
<< /PageSize [300 200] >> setpagedevice /Helvetica findfont 24 scalefont setfont
0.9 0.1 0.1 setrgbcolor 20 20 100 50 rectfill 0.1 0.3 0.8 setrgbcolor 200 20 50 50 rectfill 0 setgray 40 120 moveto (Pineapple Spring) show
[ /Rect [20 20 120 70] /Action << /Subtype /URI /URI (http://example.com/) >> /Subtype /Link /ANN pdfmark
[ /Rect [200 20 250 70] /Page 2 /View [/Fit] /Subtype /Link /ANN pdfmark
showpage 0.5 setgray 40 40 220 60 rectfill 0 setgray 40 120 moveto (Second page, gray) show showpage
0.8 0 0.4 0 setcmykcolor 40 40 220 60 rectfill 0 setgray 40 120 moveto (Third page, inks) show showpage
`

// poster is an EPS file whose bounding box is smaller than a page.
const poster = `%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 100 100 300 220
0 0.5 0.9 setrgbcolor 200 160 50 0 360 arc fill 0 setgray /Helvetica findfont 20 scalefont setfont 130 105 moveto (On sale now) show
showpage
%%EOF
`

// portable has Ghostscript turn a PostScript program into a PDF file.
func (k *kit) portable(ctx context.Context, program string) ([]byte, error) {
	return k.tool(ctx, sample{"in.ps", []byte(program)}, "gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-sOutputFile=%stdout", "IN")
}

// generated has ffmpeg make a file; it ends with the format.
func (k *kit) generated(ctx context.Context, args ...string) ([]byte, error) {
	folder, err := os.MkdirTemp(k.work, "made-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	out := filepath.Join(folder, "out."+args[len(args)-1])
	cover := filepath.Join(folder, "cover.png")
	if err := os.WriteFile(cover, mediatest.PNG(scene(paper())), 0o600); err != nil {
		return nil, err
	}
	args = append([]string{"-nostdin", "-v", "error"}, append(args[:len(args)-1:len(args)-1], out)...)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "COVER", cover)
	}
	if said, err := exec.CommandContext(ctx, "ffmpeg", args...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("ffmpeg: %w: %s", err, said)
	}
	return os.ReadFile(out)
}

// film is a video of three seconds and 720 lines that counts and is dark at first, with a tone.
func (k *kit) film(ctx context.Context) ([]byte, error) {
	return k.generated(ctx, "-f", "lavfi", "-i", "color=black:size=1280x720:rate=10:duration=1[a];testsrc=duration=2:size=1280x720:rate=10[b];[a][b]concat",
		"-f", "lavfi", "-i", "sine=duration=3", "-pix_fmt", "yuv420p", "mp4")
}

// song is a tone that swells four times, with a cover.
func (k *kit) song(ctx context.Context) ([]byte, error) {
	return k.generated(ctx, "-f", "lavfi", "-i", "aevalsrc=0.9*sin(880*t)*abs(sin(4*PI*t)):duration=1", "-i", "COVER", "-map", "0", "-map", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic", "m4a")
}

// errNoSample says that a sample cannot be had here.
var errNoSample = errors.New("the sample cannot be made here")

// packed has vips pack the scene as a format that only vips reads.
func (k *kit) packed(ctx context.Context, format string) ([]byte, error) {
	out := filepath.Join(k.work, "scene."+format)
	if _, err := k.tool(ctx, sample{"in.png", pngScene(paper())()}, "vips", "copy", "IN", out); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoSample, err)
	}
	return os.ReadFile(out)
}

// zipped packs files into a ZIP file.
func zipped(files ...sample) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		to, _ := w.Create(f.name) // into memory
		_, _ = to.Write(f.body)
	}
	_ = w.Close()
	return out.Bytes()
}

// tarred packs files into a TAR file.
func tarred(files ...sample) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		_ = w.WriteHeader(&tar.Header{Name: f.name, Size: int64(len(f.body)), Mode: 0o644}) // into memory
		_, _ = w.Write(f.body)
	}
	_ = w.Close()
	return out.Bytes()
}

func gzipped(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(body) // into memory
	_ = w.Close()
	return out.Bytes()
}
