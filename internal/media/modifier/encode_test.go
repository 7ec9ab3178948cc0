package modifier_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/modifier"
	"sluice/internal/media/raster"
)

// opened decodes with the standard decoder of the type.
func opened(t *testing.T, e modifier.Encoded) image.Image {
	t.Helper()
	decoders := map[string]func(io.Reader) (image.Image, error){
		"image/jpeg": jpeg.Decode, "image/png": png.Decode, "image/gif": gif.Decode, "image/tiff": tiff.Decode, "image/bmp": bmp.Decode,
	}
	m, err := decoders[e.ContentType](bytes.NewReader(slices.Concat(e.Pieces...)))
	if err != nil {
		t.Fatalf("%s: %v", e.ContentType, err)
	}
	return m
}

// withHole is the red and blue picture with a transparent and a half transparent spot.
func withHole() *image.RGBA {
	m := mediatest.Picture(40, 20)
	draw.Draw(m, image.Rect(30, 10, 40, 20), image.Transparent, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(20, 10, 30, 20), image.NewUniform(color.RGBA{0, 100, 0, 200}), image.Point{}, draw.Src)
	return m
}

func TestEncode(t *testing.T) {
	white := gray(255)
	for text, want := range map[string]struct {
		from, contentType, extension string
		alpha                        bool
		hole, half                   color.RGBA // premultiplied
		warning                      string
	}{
		"":                          {"jpeg", "image/jpeg", "jpg", false, white, color.RGBA{55, 155, 55, 255}, ""},
		"qlt=90":                    {"png", "image/png", "png", true, none, color.RGBA{0, 100, 0, 200}, ""},
		"op_blur=0":                 {"gif", "image/gif", "gif", true, none, color.RGBA{0, 128, 0, 255}, ""},
		"rotate=0":                  {"tiff", "image/tiff", "tif", true, none, color.RGBA{0, 100, 0, 200}, ""},
		"op_invert=0":               {"bmp", "image/bmp", "bmp", false, white, color.RGBA{55, 155, 55, 255}, ""},
		"wid=40":                    {"webp", "image/png", "png", true, none, color.RGBA{0, 100, 0, 200}, "WebP"},
		"fmt=jpeg&bgc=0,0,0":        {"png", "image/jpeg", "jpg", false, gray(0), color.RGBA{0, 100, 0, 255}, ""},
		"fmt=jpg&qlt=100":           {"png", "image/jpeg", "jpg", false, white, color.RGBA{55, 155, 55, 255}, ""},
		"fmt=jpg&qlt=95,1":          {"png", "image/jpeg", "jpg", false, white, color.RGBA{55, 155, 55, 255}, "half the resolution"},
		"fmt=png":                   {"gif", "image/png", "png", false, white, color.RGBA{55, 155, 55, 255}, ""},
		"fmt=png&bgc=ff0000":        {"gif", "image/png", "png", false, color.RGBA{255, 0, 0, 255}, color.RGBA{55, 100, 0, 255}, ""},
		"fmt=png-alpha":             {"jpeg", "image/png", "png", true, none, color.RGBA{0, 100, 0, 200}, ""},
		"fmt=png8":                  {"jpeg", "image/png", "png", false, white, color.RGBA{55, 155, 55, 255}, ""},
		"fmt=png8-alpha":            {"jpeg", "image/png", "png", true, none, color.RGBA{0, 128, 0, 255}, ""},
		"fmt=gif":                   {"jpeg", "image/gif", "gif", false, white, color.RGBA{55, 155, 55, 255}, ""},
		"fmt=gif-alpha":             {"jpeg", "image/gif", "gif", true, none, color.RGBA{0, 128, 0, 255}, ""},
		"fmt=tif":                   {"jpeg", "image/tiff", "tif", false, white, color.RGBA{55, 155, 55, 255}, ""},
		"fmt=tif-alpha":             {"jpeg", "image/tiff", "tif", true, none, color.RGBA{0, 100, 0, 200}, ""},
		"fmt=png-alpha,gray":        {"jpeg", "image/png", "png", true, none, color.RGBA{59, 59, 59, 200}, ""},
		"fmt=tif,gray":              {"jpeg", "image/tiff", "tif", false, white, gray(114), ""},
		"fmt=jpeg,gray&bgc=0,0,255": {"png", "image/jpeg", "jpg", false, gray(29), gray(65), ""},
		"iccEmbed=1":                {"png", "image/png", "png", true, none, color.RGBA{0, 100, 0, 200}, "no profile"},
	} {
		m := withHole()
		got, err := modifier.Encode(m, parse(t, text), modifier.Source{Format: want.from}, 1<<20)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got.ContentType != want.contentType || got.Extension != want.extension || got.Alpha != want.alpha {
			t.Errorf("%s: %s, %s, alpha %v", text, got.ContentType, got.Extension, got.Alpha)
		}
		file := opened(t, got)
		if file.Bounds() != image.Rect(0, 0, 40, 20) || got.Bytes() != int64(len(slices.Concat(got.Pieces...))) {
			t.Errorf("%s: %v in %d bytes", text, file.Bounds(), got.Bytes())
		}
		model := func(x, y int) color.RGBA { return color.RGBAModel.Convert(file.At(x, y)).(color.RGBA) }
		if hole, half := model(35, 15), model(25, 15); !near(hole, want.hole, 10) || !near(half, want.half, 12) {
			t.Errorf("%s: hole %v and half %v, want %v and %v", text, hole, half, want.hole, want.half)
		}
		if !strings.Contains(text, "gray") && !near(model(5, 5), mediatest.Corner(), 5) {
			t.Errorf("%s: %v", text, model(5, 5))
		}
		if all := strings.Join(got.Warnings, ";"); (all != "") != (want.warning != "") || !strings.Contains(all, want.warning) {
			t.Errorf("%s warns of %q", text, all)
		}
	}
}

func TestEncodeKeepsGrayFilesGray(t *testing.T) {
	for format, c := range map[string]string{"jpeg": "", "png": "", "tiff": "", "gif": "fmt=jpeg"} {
		got, err := modifier.Encode(edge(40, 20, 30, 200), parse(t, c), modifier.Source{Format: format, Gray: true}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if m, ok := opened(t, got).(*image.Gray); !ok || m.GrayAt(39, 0).Y < 195 {
			t.Errorf("%s: %T", format, m)
		}
	}
	tinted := mediatest.Picture(40, 20)
	got, err := modifier.Encode(tinted, modifier.Commands{}, modifier.Source{Format: "png", Gray: true}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if m := opened(t, got); !near(color.RGBAModel.Convert(m.At(0, 0)).(color.RGBA), mediatest.Corner(), 0) {
		t.Errorf("a colour that came in was lost: %v", m.At(0, 0))
	}
}

func TestPalettes(t *testing.T) {
	photo := mediatest.Photograph(200, 150)
	draw.Draw(photo, image.Rect(0, 0, 10, 10), image.Transparent, image.Point{}, draw.Src)
	before := image.NewRGBA(photo.Rect)
	copy(before.Pix, photo.Pix)
	for _, format := range []string{"png8-alpha", "gif-alpha"} {
		got, err := modifier.Encode(photo, parse(t, "fmt="+format), modifier.Source{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		m, ok := opened(t, got).(*image.Paletted)
		if !ok || len(m.Palette) != 256 {
			t.Fatalf("%s: %T with %d colours", format, m, len(m.Palette))
		}
		var sum, count int
		for y := range 150 {
			for x := range 200 {
				was, is := before.RGBAAt(x, y), color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)
				if was.A != is.A {
					t.Fatalf("%s: %d, %d was %v and is %v", format, x, y, was, is)
				}
				for _, d := range []int{int(was.R) - int(is.R), int(was.G) - int(is.G), int(was.B) - int(is.B)} {
					sum, count = sum+d*d, count+1
				}
			}
		}
		if mean := float64(sum) / float64(count); mean > 60 {
			t.Errorf("%s: mean square error %.1f", format, mean)
		}
	}
	clear, err := modifier.Encode(image.NewRGBA(image.Rect(0, 0, 5, 5)), parse(t, "fmt=gif-alpha"), modifier.Source{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, a := opened(t, clear).At(2, 2).RGBA(); a != 0 {
		t.Errorf("an empty picture has alpha %d", a)
	}
}

// fakeProfile has the header fields that are looked at; ICC.1 section 7.2.
func fakeProfile(space string, length int) []byte {
	p := make([]byte, length)
	for i := range p {
		p[i] = byte(i * 7)
	}
	binary.BigEndian.PutUint32(p, uint32(length))
	copy(p[16:], space)
	copy(p[36:], "acsp")
	return p
}

func TestProfilesAreEmbedded(t *testing.T) {
	rgb, one := fakeProfile("RGB ", 200_000), fakeProfile("GRAY", 400)
	for name, tt := range map[string]struct {
		commands string
		from     modifier.Source
		want     []byte
		warning  string
	}{
		"jpeg":            {"iccEmbed=1", modifier.Source{Format: "jpeg", Profile: rgb}, rgb, ""},
		"png":             {"iccEmbed=1", modifier.Source{Format: "png", Profile: rgb}, rgb, ""},
		"png8":            {"iccEmbed=1&fmt=png8", modifier.Source{Format: "png", Profile: rgb}, rgb, ""},
		"tiff":            {"iccEmbed=1", modifier.Source{Format: "tiff", Profile: rgb}, rgb, ""},
		"not asked for":   {"iccEmbed=0", modifier.Source{Format: "png", Profile: rgb}, nil, ""},
		"gif":             {"iccEmbed=1&fmt=gif", modifier.Source{Format: "png", Profile: rgb}, nil, "gif files"},
		"inks":            {"iccEmbed=1", modifier.Source{Format: "jpeg", Profile: fakeProfile("CMYK", 400)}, nil, "CMYK"},
		"gray":            {"iccEmbed=1&fmt=jpeg,gray", modifier.Source{Profile: one}, one, ""},
		"gray for colour": {"iccEmbed=1&fmt=jpeg", modifier.Source{Profile: one}, nil, "GRAY"},
		"none":            {"iccEmbed=1", modifier.Source{Format: "png"}, nil, "no profile"},
	} {
		got, err := modifier.Encode(mediatest.Picture(40, 20), parse(t, tt.commands), tt.from, 0)
		if err != nil {
			t.Fatal(err)
		}
		opened(t, got)
		file := slices.Concat(got.Pieces...)
		found := raster.Profile(io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file))))
		if !bytes.Equal(found, tt.want) {
			t.Errorf("%s: %d bytes of profile, want %d", name, len(found), len(tt.want))
		}
		if all := strings.Join(got.Warnings, ";"); (all != "") != (tt.warning != "") || !strings.Contains(all, tt.warning) {
			t.Errorf("%s warns of %q", name, all)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	photo := mediatest.Photograph(300, 200)
	for _, format := range []string{"jpeg", "png", "png8", "gif", "tif"} {
		_, err := modifier.Encode(photo, parse(t, "fmt="+format), modifier.Source{}, 5000)
		if fault.ClassOf(err) != fault.TooLarge || !strings.Contains(err.Error(), "5000 bytes") {
			t.Errorf("%s: %v", format, err)
		}
	}
	_, err := modifier.Encode(photo, modifier.Commands{}, modifier.Source{Format: "bmp"}, 5000)
	if fault.ClassOf(err) != fault.TooLarge {
		t.Errorf("bmp: %v", err)
	}
	long := image.NewRGBA(image.Rect(0, 0, 65536, 1))
	for _, format := range []string{"jpeg", "gif"} {
		if _, err := modifier.Encode(long, parse(t, "fmt="+format), modifier.Source{}, 0); fault.ClassOf(err) != fault.TooLarge || !strings.Contains(err.Error(), "65535") {
			t.Errorf("%s: %v", format, err)
		}
	}
	if _, err := modifier.Encode(long, parse(t, "fmt=png"), modifier.Source{}, 0); err != nil {
		t.Errorf("png: %v", err)
	}
}

func TestLongFilesOfManyStripsAndPieces(t *testing.T) {
	photo := mediatest.Photograph(1500, 1000)
	got, err := modifier.Encode(photo, parse(t, "fmt=tif"), modifier.Source{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Pieces) < 2 {
		t.Fatalf("%d pieces do not test much", len(got.Pieces))
	}
	m := opened(t, got)
	for _, p := range []image.Point{{0, 0}, {1499, 999}, {700, 351}, {3, 800}} {
		if c := color.RGBAModel.Convert(m.At(p.X, p.Y)).(color.RGBA); c != photo.RGBAAt(p.X, p.Y) {
			t.Errorf("%v: %v, want %v", p, c, photo.RGBAAt(p.X, p.Y))
		}
	}
}
