package media

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
)

func (r *Runner) renderBytes(ctx context.Context, file []byte, modifier string) (Rendered, error) {
	return r.Render(ctx, bytes.NewReader(file), int64(len(file)), "a.png", RenderOptions{Modifier: modifier})
}

func TestRenderInTheWorker(t *testing.T) {
	r := newRunner(t, "media-worker")
	hole := mediatest.Picture(40, 20)
	hole.SetRGBA(39, 19, color.RGBA{})
	files := map[string][]byte{
		"jpeg": mediatest.JPEG(mediatest.Picture(40, 20)), "turned": mediatest.WithOrientation(mediatest.JPEG(mediatest.Picture(40, 20)), 6),
		"png": mediatest.PNG(hole), "gif": mediatest.GIF(40, 20, 3), "webp": mediatest.WebP(40, 20, 255),
		"bmp": mediatest.BMP(mediatest.Picture(40, 20)), "tiff": mediatest.TIFF(mediatest.Picture(40, 20)),
		"inks": mediatest.CMYK(40, 20, [4]byte{255, 60, 60, 230}, true),
	}
	tests := []struct {
		file, modifier string
		want           Rendered
	}{
		{"jpeg", "crop=0,0,20,10", Rendered{ContentType: "image/jpeg", Extension: "jpg", Width: 20, Height: 10}},
		{"turned", "wid=10", Rendered{ContentType: "image/jpeg", Extension: "jpg", Width: 10, Height: 20}},
		{"png", "rotate=90", Rendered{ContentType: "image/png", Extension: "png", Width: 20, Height: 40, Alpha: true}},
		{"png", "fmt=png", Rendered{ContentType: "image/png", Extension: "png", Width: 40, Height: 20}},
		{"png", "wid=10&action=none", Rendered{ContentType: "image/png", Extension: "png", Width: 10, Height: 5, Alpha: true,
			Warnings: []string{`the command "action=none" is not known and was skipped`}}},
		{"gif", "flip=lr", Rendered{ContentType: "image/gif", Extension: "gif", Width: 40, Height: 20,
			Warnings: []string{"the file has 3 pictures, the result shows the first one"}}},
		{"webp", "op_invert=1", Rendered{ContentType: "image/png", Extension: "png", Width: 40, Height: 20,
			Warnings: []string{"WebP files are not written here; the result is a PNG file"}}},
		{"bmp", "op_blur=1", Rendered{ContentType: "image/bmp", Extension: "bmp", Width: 40, Height: 20}},
		{"tiff", "op_usm=1,1,1,1", Rendered{ContentType: "image/tiff", Extension: "tif", Width: 40, Height: 20}},
		{"inks", "fmt=png8", Rendered{ContentType: "image/png", Extension: "png", Width: 40, Height: 20}},
	}
	for _, tt := range tests {
		got, err := r.renderBytes(t.Context(), files[tt.file], tt.modifier)
		if err != nil {
			t.Errorf("%s, %s: %v", tt.file, tt.modifier, err)
			continue
		}
		found, err := r.inspectBytes(t.Context(), got.Bytes, "result")
		if err != nil || found.ContentType != tt.want.ContentType || found.Width != tt.want.Width || found.Height != tt.want.Height ||
			found.Thumbnail == nil || found.HasAlpha != tt.want.Alpha {
			t.Errorf("%s, %s: the file is %+v, %v", tt.file, tt.modifier, found, err)
		}
		got.Bytes = nil
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", tt.file, tt.modifier, diff)
		}
	}
}

func TestRenderedPixelsArriveWhole(t *testing.T) {
	r := newRunner(t, "media-worker")
	photo := mediatest.Photograph(1500, 1000)
	got, err := r.renderBytes(t.Context(), mediatest.TIFF(photo), "fmt=png&flip=lr")
	if err != nil || len(got.Bytes) < 1<<20 {
		t.Fatalf("%d bytes, %v; want more than one piece", len(got.Bytes), err)
	}
	m, err := png.Decode(bytes.NewReader(got.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []image.Point{{0, 0}, {1499, 999}, {17, 500}} {
		if c := color.RGBAModel.Convert(m.At(1499-p.X, p.Y)); c != photo.RGBAAt(p.X, p.Y) {
			t.Errorf("%v: %v, want %v", p, c, photo.RGBAAt(p.X, p.Y))
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	r := newRunner(t, "media-worker", func(o *Options) { o.MaxPixels, o.MaxRenderBytes, o.MaxInputBytes = 1_000_000, 20_000, 10<<20 })
	photo := mediatest.JPEG(mediatest.Photograph(400, 300))
	for _, tt := range []struct {
		name, modifier string
		file           []byte
		class          Class
		words          string
	}{
		{"format", "fmt=webp", photo, fault.Invalid, "cannot be written"},
		{"pixels", "wid=1001&hei=1001", photo, fault.TooLarge, "1002001 pixels, the limit is 1000000"},
		{"bytes", "fmt=png", photo, fault.TooLarge, "20000 bytes, the limit"},
		{"nothing left", "extend=-400,0,0,0", photo, fault.Invalid, "leaves nothing"},
		{"damaged", "wid=10", photo[:len(photo)/2], fault.Corrupt, "ends before"},
		{"no picture", "wid=10", []byte("text"), fault.Unsupported, "not a JPEG"},
		{"empty", "wid=10", nil, fault.Corrupt, "empty"},
		{"source of too many pixels", "crop=0,0,5,5", append(mediatest.PNGHeader(2000, 2000), mediatest.PNGChunk("IDAT", []byte("pixels"))...), fault.TooLarge, "4000000"},
		{"input", "wid=10", make([]byte, 11<<20), fault.TooLarge, "at most 10485760"},
	} {
		got, err := r.renderBytes(t.Context(), tt.file, tt.modifier)
		if fault.ClassOf(err) != tt.class || !strings.Contains(err.Error(), tt.words) || got.Bytes != nil {
			t.Errorf("%s: %v, want class %s with %q", tt.name, err, tt.class, tt.words)
		}
	}
	if got, err := r.renderBytes(t.Context(), photo, "wid=40"); err != nil || r.idle[0].served < 8 {
		t.Errorf("refusals cost the worker, or %v, %d bytes", err, len(got.Bytes))
	}
}

func TestAutoCropInTheWorker(t *testing.T) {
	r := newRunner(t, "media-worker")
	m := image.NewNRGBA(image.Rect(0, 0, 30, 20))
	for y := 5; y < 15; y++ {
		for x := 10; x < 29; x++ {
			m.SetNRGBA(x, y, color.NRGBA{200, 10, 10, 255})
		}
	}
	file := mediatest.PNG(m)
	crop := func(file []byte, o AutoCropOptions) (Rect, error) {
		return r.AutoCropRect(t.Context(), bytes.NewReader(file), int64(len(file)), "a.png", o)
	}
	want := Rect{X: 10, Y: 5, Width: 19, Height: 10}
	for _, o := range []AutoCropOptions{{}, {Tolerance: 0.5}, {Color: true, Corner: "BottomLeft"}} {
		if got, err := crop(file, o); got != want || err != nil {
			t.Errorf("%+v: %+v, %v", o, got, err)
		}
	}
	// The orientation does not count: the rectangle is one of the stored picture.
	turned := mediatest.WithOrientation(mediatest.JPEG(mediatest.Picture(64, 32)), 6)
	if got, err := crop(turned, AutoCropOptions{Color: true, Corner: "BottomRight", Tolerance: 0.2}); err != nil || got != (Rect{Width: 32, Height: 16}) {
		t.Errorf("turned: %+v, %v", got, err)
	}
	for _, o := range []AutoCropOptions{{Color: true, Corner: "Top"}, {Tolerance: 1.1}, {Tolerance: -1}} {
		if _, err := crop(file, o); fault.ClassOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := crop(file[:40], AutoCropOptions{}); fault.ClassOf(err) != fault.Corrupt {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestPathsInTheWorker(t *testing.T) {
	r := newRunner(t, "media-worker")
	blocks := slices.Concat(
		mediatest.Resource(2000, "Shoe", mediatest.PathRecords(true, [2]float64{0, 0}, [2]float64{.5, 0}, [2]float64{.5, 1}, [2]float64{0, 1})),
		mediatest.Resource(2001, "Lace", mediatest.PathRecords(false, [2]float64{.1, .1}, [2]float64{.2, .3})),
	)
	for name, file := range map[string][]byte{
		"psd":  mediatest.PSD(60, 40, blocks),
		"jpeg": mediatest.WithResources(mediatest.JPEG(mediatest.Picture(60, 40)), blocks, 50),
		"tiff": mediatest.TIFFWith(60, 40, 34377, 1, uint32(len(blocks)), blocks),
	} {
		got, err := r.Paths(t.Context(), bytes.NewReader(file), int64(len(file)), name)
		if err != nil || len(got) != 2 || got[0].Name != "Shoe" || got[1].Name != "Lace" || got[1].Subpaths[0].Closed {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		if quad, want := Quad(got[0]), [4]Point{{X: 0, Y: 0}, {X: 30, Y: 0}, {X: 30, Y: 40}, {X: 0, Y: 40}}; quad != want {
			t.Errorf("%s: %v, want %v", name, quad, want)
		}
	}
	many := make([][2]float64, 50_000)
	big := mediatest.PSD(60, 40, mediatest.Resource(2000, "most", mediatest.PathRecords(true, many...)))
	if got, err := r.Paths(t.Context(), bytes.NewReader(big), int64(len(big)), "a.psd"); err != nil || len(got[0].Subpaths[0].Knots) != 50_000 {
		t.Errorf("as many knots as may be: %v", err)
	}
	over := mediatest.PSD(60, 40, mediatest.Resource(2000, "over", mediatest.PathRecords(true, append(many, many[0])...)))
	if _, err := r.Paths(t.Context(), bytes.NewReader(over), int64(len(over)), "a.psd"); fault.ClassOf(err) != fault.TooLarge {
		t.Errorf("one knot more: %v", err)
	}
	for _, file := range [][]byte{nil, []byte("text"), mediatest.PNG(mediatest.Picture(5, 5)), mediatest.JPEG(mediatest.Picture(5, 5))} {
		if got, err := r.Paths(t.Context(), bytes.NewReader(file), int64(len(file)), "a"); len(got) != 0 || err != nil {
			t.Errorf("%.4q: %v, %v", file, got, err)
		}
	}
}

func TestAResultThatCannotBeTrueEndsTheWorker(t *testing.T) {
	r := newRunner(t, "fake-worker")
	for name, call := range map[string]struct {
		lies []string
		do   func(name string) error
	}{
		"render": {
			[]string{"class", "failed with a file", "long", "negative", "size", "warnings", "nothing", "script", "extension", "disguise", "exit in the result"},
			func(name string) error {
				_, err := r.Render(t.Context(), strings.NewReader("x"), 1, name, RenderOptions{Modifier: "wid=5"})
				return err
			},
		},
		"autocrop": {
			[]string{"class", "failed with a file", "long", "size", "outside", "no area", "nothing"},
			func(name string) error {
				_, err := r.AutoCropRect(t.Context(), strings.NewReader("x"), 1, name, AutoCropOptions{})
				return err
			},
		},
		"paths": {
			[]string{"class", "failed with a file", "long", "negative", "no list"},
			func(name string) error {
				_, err := r.Paths(t.Context(), strings.NewReader("x"), 1, name)
				return err
			},
		},
	} {
		for _, lie := range call.lies {
			if err := call.do("fine"); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			before, err := r.inspectBytes(t.Context(), []byte("x"), "fine")
			if err != nil {
				t.Fatal(err)
			}
			if err := call.do("lie: " + lie); fault.ClassOf(err) != fault.Crashed {
				t.Errorf("%s, %s: %v; want class crashed", name, lie, err)
			}
			if running(before.Width) {
				t.Errorf("%s, %s: worker %d still runs", name, lie, before.Width)
			}
		}
	}
}

// Every step makes a picture of 160 MB here; what earlier steps left must not count.
func TestLargePicturesFitTheMemory(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes several times the memory")
	}
	if testing.Short() || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("this works on 40 million pixels")
	}
	r := newRunner(t, "media-worker")
	file := mediatest.JPEG(image.NewGray(image.Rect(0, 0, 8000, 5000)))
	for _, modifier := range []string{"wid=1000", "rotate=90&op_blur=2.5&op_usm=1,1,0,0&qlt=30"} {
		got, err := r.renderBytes(t.Context(), file, modifier)
		if err != nil || got.Width < 100 {
			t.Errorf("%s: %d wide, %v", modifier, got.Width, err)
		}
	}
}
