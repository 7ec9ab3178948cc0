package raster_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Real files: no encoder at hand makes lossy WebP or packed TIFF, so the samples of the decoders'
// own module are used, where the module cache has them.
func TestRealFiles(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/image").Output()
	folder := filepath.Join(strings.TrimSpace(string(out)), "testdata")
	if err != nil || len(out) < 2 {
		t.Skipf("the module golang.org/x/image is not in the module cache: %v", err)
	}
	sizes := map[string][2]int{
		"blue-purple-pink.lossy.webp":                     {150, 100},
		"blue-purple-pink.lossless.webp":                  {150, 100},
		"yellow_rose.lossy-with-alpha.webp":               {400, 301},
		"video-001.tiff":                                  {150, 103},
		"video-001-gray-16bit.tiff":                       {150, 103},
		"video-001-tile-64x64.tiff":                       {150, 103},
		"bw-packbits.tiff":                                {153, 55},
		"yellow_rose-small.bmp":                           {16, 12},
		"gopher-doc.4bpp.lossless.webp":                   {75, 100},
		"blue-purple-pink-large.normal-filter.lossy.webp": {600, 400},
	}
	for name, size := range sizes {
		t.Run(name, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			report, thumbnail, err := inspect(file, 100)
			if err != nil {
				t.Fatal(err)
			}
			if report.Width != size[0] || report.Height != size[1] {
				t.Errorf("%d x %d, want %v", report.Width, report.Height, size)
			}
			if m := decode(t, thumbnail).Bounds(); m.Dx() > 100 || m.Dy() > 100 || m.Empty() {
				t.Errorf("thumbnail %v", m)
			}
		})
	}
}
