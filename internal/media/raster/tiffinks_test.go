package raster_test

import (
	"bytes"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sluice/internal/media/lossless"
	"sluice/internal/media/pixels"
	"sluice/internal/media/pyramid"
	"sluice/internal/media/raster"
)

// fourInks is a picture in which every ink has its own gradient.
func fourInks() *image.CMYK {
	m := image.NewCMYK(image.Rect(0, 0, 300, 40))
	for i := range m.Pix {
		x, y := i/4%300, i/1200
		m.Pix[i] = [4]byte{byte(x), byte(6 * y), byte(x + y), byte(x * y)}[i%4]
	}
	return m
}

// Pictures of four inks come out as they are, however they are stored: in strips and tiles, packed in several ways.
// Of 16 bits the higher eight count.
func TestTIFFWithInks(t *testing.T) {
	source := fourInks()
	var strips bytes.Buffer
	if _, err := lossless.Encode(&strips, bytes.NewReader(source.Pix), lossless.Header{Width: 300, Height: 40, Components: 4, Inks: true}); err != nil {
		t.Fatal(err)
	}
	pieces, err := pyramid.Encode(&pixels.Image{Width: 300, Height: 40, Space: pixels.CMYK, Pix: source.Pix}, pyramid.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"strips": strips.Bytes(), "tiles": bytes.Join(pieces, nil)}
	if _, err := exec.LookPath("vips"); err == nil {
		in := filepath.Join(t.TempDir(), "in.tif")
		if err := os.WriteFile(in, strips.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		for name, options := range map[string]string{"LZW": "[compression=lzw,predictor=horizontal]", "PackBits": "[compression=packbits]", "plain": "[compression=none]", "16 bits": ""} {
			out := filepath.Join(t.TempDir(), "out.tif")
			from := in
			if name == "16 bits" {
				from = filepath.Join(t.TempDir(), "wide.v")
				if said, err := exec.Command("vips", "cast", in, from, "ushort", "--shift").CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, said)
				}
			}
			if said, err := exec.Command("vips", "copy", from, out+options).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			if files[name], err = os.ReadFile(out); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, file := range files {
		src := io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file)))
		report, m, err := raster.Decode(src, raster.Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, ok := m.(*image.CMYK)
		if !ok || got.Rect != source.Rect || !bytes.Equal(got.Pix, source.Pix) || report.ColorModel != "cmyk" {
			t.Errorf("%s: %T %v, %+v", name, m, m.Bounds(), report)
		}
		if _, thumbnail, err := raster.Inspect(src, raster.Limits{}, 100); err != nil || thumbnail == nil {
			t.Errorf("%s has no thumbnail: %v", name, err)
		}
	}
}
