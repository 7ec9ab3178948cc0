package draft_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"sluice/internal/media/draft"
	"sluice/internal/media/mediatest"
)

// scene is a smooth picture with some edges, where an error of position or of a coefficient shows.
func scene(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			v := 128 + 60*math.Sin(float64(x)/19) + 50*math.Cos(float64(y)/13)
			m.SetRGBA(x, y, color.RGBA{uint8(v), uint8(x * 255 / width), uint8(y * 255 / height), 255})
		}
	}
	draw.Draw(m, image.Rect(width/4, height/4, width/2, height/2), image.NewUniform(color.RGBA{200, 20, 40, 255}),
		image.Point{}, draw.Src)
	return m
}

func gray(m *image.RGBA) *image.Gray {
	g := image.NewGray(m.Rect)
	draw.Draw(g, g.Rect, m, image.Point{}, draw.Src)
	return g
}

func encode(t testing.TB, m image.Image, quality int) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// distance is the root mean square difference of all channels, 0..255.
func distance(a, b image.Image) float64 {
	var sum float64
	bounds := a.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			for _, d := range []float64{float64(r1>>8) - float64(r2>>8), float64(g1>>8) - float64(g2>>8), float64(b1>>8) - float64(b2>>8)} {
				sum += d * d
			}
		}
	}
	return math.Sqrt(sum / float64(3*bounds.Dx()*bounds.Dy()))
}

// averaged makes each pixel the mean of scale x scale pixels; the last row and column are repeated outwards.
func averaged(src image.Image, width, height, scale int) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, width, height))
	last := src.Bounds().Max.Sub(image.Pt(1, 1))
	for y := range height {
		for x := range width {
			var sum [3]uint32
			for i := range scale * scale {
				r, g, b, _ := src.At(min(x*scale+i%scale, last.X), min(y*scale+i/scale, last.Y)).RGBA()
				sum[0], sum[1], sum[2] = sum[0]+r>>8, sum[1]+g>>8, sum[2]+b>>8
			}
			n := uint32(scale * scale)
			dst.SetRGBA(x, y, color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255})
		}
	}
	return dst
}

func TestDecodeAgreesWithAFullDecodeMadeSmaller(t *testing.T) {
	pictures := map[string]image.Image{
		"colour":          scene(512, 384),
		"grey":            gray(scene(512, 384)),
		"odd size":        scene(501, 379),
		"grey, odd":       gray(scene(333, 129)),
		"one block":       scene(8, 8),
		"one row":         scene(700, 1),
		"less than block": scene(5, 3),
	}
	for name, picture := range pictures {
		for _, quality := range []int{30, 75, 100} {
			for _, scale := range []int{2, 4, 8} {
				file := encode(t, picture, quality)
				got, err := draft.Decode(file, scale)
				if err != nil {
					t.Fatalf("%s, quality %d, 1/%d: %v", name, quality, scale, err)
				}
				full, err := jpeg.Decode(bytes.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				bounds := full.Bounds()
				width, height := (bounds.Dx()+scale-1)/scale, (bounds.Dy()+scale-1)/scale
				if got.Bounds() != image.Rect(0, 0, width, height) {
					t.Fatalf("%s, 1/%d: bounds %v, want %d x %d", name, scale, got.Bounds(), width, height)
				}
				if bounds.Dx() < 16 || bounds.Dy() < 16 {
					continue
				}
				want := averaged(full, width, height, scale)
				if d := distance(want, got); d > 5 {
					t.Errorf("%s, quality %d, 1/%d: differs by %.1f on average", name, quality, scale, d)
				}
			}
		}
	}
}

// Blocks in which every frequency counts end where they should: their mean values are those of the pixels.
func TestMeansOfNoise(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	coloured := image.NewYCbCr(image.Rect(0, 0, 640, 480), image.YCbCrSubsampleRatio420)
	for _, plane := range [][]byte{coloured.Y, coloured.Cb, coloured.Cr} {
		for i := range plane {
			plane[i] = byte(96 + source.IntN(64))
		}
	}
	plain := &image.Gray{Pix: coloured.Y, Stride: coloured.YStride, Rect: coloured.Rect}
	for _, quality := range []int{20, 60, 90, 100} {
		got, err := draft.Decode(encode(t, coloured, quality), 8)
		if err != nil {
			t.Fatal(err)
		}
		alone, err := draft.Decode(encode(t, plain, quality), 8)
		if err != nil {
			t.Fatal(err)
		}
		m := got.(*image.YCbCr)
		for y := range 60 {
			for x := range 80 {
				sum := 0
				for i := range 64 {
					sum += int(coloured.Y[(8*y+i/8)*coloured.YStride+8*x+i%8])
				}
				want := (sum + 32) / 64
				for _, mean := range []byte{m.Y[y*m.YStride+x], alone.(*image.Gray).Pix[y*alone.(*image.Gray).Stride+x]} {
					if difference := int(mean) - want; difference < -6 || difference > 6 || quality == 100 && (difference < -1 || difference > 1) {
						t.Fatalf("quality %d: block %d,%d has the mean %d, want %d", quality, x, y, mean, want)
					}
				}
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	whole := encode(t, scene(400, 300), 80)
	broken := bytes.Clone(whole)
	for i := len(broken) / 2; i < len(broken)/2+40; i++ {
		broken[i] = 0xff
	}
	tests := map[string][]byte{
		"nothing":         nil,
		"no JPEG":         []byte("BM stands for bitmap"),
		"header only":     whole[:300],
		"half":            whole[:len(whole)/2],
		"markers inside":  broken,
		"progressive":     bytes.Replace(whole, []byte{0xff, 0xc0}, []byte{0xff, 0xc2}, 1),
		"huge claim":      claim(whole, 60000, 60000),
		"no tables":       append([]byte{0xff, 0xd8}, whole[bytes.Index(whole, []byte{0xff, 0xda}):]...),
		"no quantisation": bytes.Replace(whole, []byte{0xff, 0xdb}, []byte{0xff, 0xe9}, 1),
	}
	for name, file := range tests {
		if img, err := draft.Decode(file, 8); err == nil {
			t.Errorf("%s: decoded to %v", name, img.Bounds())
		}
	}
	for _, scale := range []int{0, 1, 3, 16} {
		if _, err := draft.Decode(whole, scale); err == nil {
			t.Errorf("scale %d was accepted", scale)
		}
	}
}

// claim changes the size in the frame header.
func claim(file []byte, width, height int) []byte {
	out := bytes.Clone(file)
	at := bytes.Index(out, []byte{0xff, 0xc0})
	out[at+5], out[at+6], out[at+7], out[at+8] = byte(height>>8), byte(height), byte(width>>8), byte(width)
	return out
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, scene(70, 50), 60), uint8(1))
	f.Add(encode(f, gray(scene(33, 17)), 90), uint8(2))
	f.Add([]byte{0xff, 0xd8, 0xff, 0xda, 0, 2}, uint8(3))
	for _, of := range samplings() {
		c := fill(mediatest.EmptyCoefficients(35, 21, of.planes, of.h, of.v))
		f.Add(c.Progressive(3, mediatest.UsualScans(of.planes)), uint8(1))
		f.Add(c.Progressive(0, orders(of.planes)["bands that cross"]), uint8(2))
	}
	f.Fuzz(func(t *testing.T, file []byte, power uint8) {
		if len(file) > 1<<16 {
			return
		}
		img, err := draft.Decode(file, 1<<(power&3))
		if err == nil && img.Bounds().Empty() {
			t.Error("decoded to an empty picture without an error")
		}
	})
}

func BenchmarkProgressive(b *testing.B) {
	c := mediatest.CoefficientsOf(scene(1000, 750), 3, 2, 2)
	file := c.Progressive(0, mediatest.UsualScans(3))
	for _, scale := range []int{2, 4, 8} {
		b.Run(strconv.Itoa(scale), func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				if _, err := draft.Decode(file, scale); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecodeQuarter(b *testing.B) {
	file := encode(b, scene(4000, 3000), 85)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := draft.Decode(file, 4); err != nil {
			b.Fatal(err)
		}
	}
}
