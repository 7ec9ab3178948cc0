package media

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/fault"
	"sluice/internal/media/frame"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/modifier"
)

// made is what came of a picture.
type made struct {
	PictureResult
	files map[string][]byte
	parts []PicturePart
}

func makePicture(t *testing.T, file []byte, o PictureOptions) (made, error) {
	t.Helper()
	m := made{files: map[string][]byte{}}
	var err error
	m.PictureResult, err = worked(t).Picture(context.Background(), bytes.NewReader(file), int64(len(file)), "picture", o, func(p PicturePart, r io.Reader) error {
		body, err := io.ReadAll(r)
		m.files[p.Kind], m.parts = body, append(m.parts, p)
		return err
	})
	return m, err
}

func mustMake(t *testing.T, file []byte, o PictureOptions) made {
	t.Helper()
	m, err := makePicture(t, file, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// worked starts a runner of the test's own.
func worked(t *testing.T) *Runner {
	t.Helper()
	r := New(Options{Command: []string{os.Args[0], "media-worker"}})
	t.Cleanup(func() { r.Close() })
	return r
}

// optimized reads a level of the optimised image with vips.
func (m made) optimized(t *testing.T, level int) image.Image {
	t.Helper()
	needTools(t, "vips")
	in, out := filepath.Join(t.TempDir(), "in.tif"), filepath.Join(t.TempDir(), "out.png")
	if err := os.WriteFile(in, m.files[PartOptimized], 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("vips", "tiffload", in, out, "--page", strconv.Itoa(level)).CombinedOutput(); err != nil {
		t.Fatalf("vips: %v\n%s", err, said)
	}
	file, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// header is what vips says of the optimised image.
func (m made) header(t *testing.T, field string) string {
	t.Helper()
	needTools(t, "vipsheader")
	in := filepath.Join(t.TempDir(), "in.tif")
	if err := os.WriteFile(in, m.files[PartOptimized], 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command("vipsheader", "-f", field, in).Output()
	if err != nil {
		t.Fatalf("vipsheader: %v", err)
	}
	return strings.TrimSpace(string(said))
}

func (m made) mask(t *testing.T) *image.Gray {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(m.files[PartMask]))
	if err != nil {
		t.Fatal(err)
	}
	gray, ok := img.(*image.Gray)
	if !ok {
		t.Fatalf("the mask is %T, want gray", img)
	}
	return gray
}

// apart is the mean and the largest difference of two pictures in levels of a channel.
func apart(t *testing.T, got, want image.Image) (mean float64, most int) {
	t.Helper()
	if got.Bounds().Size() != want.Bounds().Size() {
		t.Fatalf("the picture has %v, want %v", got.Bounds().Size(), want.Bounds().Size())
	}
	n := 0
	for y := range got.Bounds().Dy() {
		for x := range got.Bounds().Dx() {
			a := color.NRGBAModel.Convert(got.At(got.Bounds().Min.X+x, got.Bounds().Min.Y+y)).(color.NRGBA)
			b := color.NRGBAModel.Convert(want.At(want.Bounds().Min.X+x, want.Bounds().Min.Y+y)).(color.NRGBA)
			for _, pair := range [][2]uint8{{a.R, b.R}, {a.G, b.G}, {a.B, b.B}, {a.A, b.A}} {
				d := int(pair[0]) - int(pair[1])
				d = max(d, -d)
				most = max(most, d)
				mean += float64(d)
				n++
			}
		}
	}
	return mean / float64(n), most
}

// framed is a picture with a border of 7, 11, 13 and 17 pixels (left, right, top, bottom).
func framed(border color.Color) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 118, 130))
	draw.Draw(m, m.Rect, image.NewUniform(border), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(7, 13, 107, 113), mediatest.Picture(100, 100), image.Point{}, draw.Src)
	return m
}

func TestTheOptimisedImageIsATiledPyramid(t *testing.T) {
	source, err := jpeg.Decode(bytes.NewReader(mediatest.JPEG(mediatest.Photograph(1000, 600))))
	if err != nil {
		t.Fatal(err)
	}
	m := mustMake(t, mediatest.JPEG(mediatest.Photograph(1000, 600)), PictureOptions{})
	if diff := cmp.Diff([]PicturePart{{Kind: PartOptimized, Bytes: int64(len(m.files[PartOptimized])), Width: 1000, Height: 600}}, m.parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if got := m.header(t, "n-pages"); got != "3" {
		t.Errorf("%s levels, want 3", got)
	}
	mean, _ := apart(t, m.optimized(t, 0), source)
	if mean > 4 {
		t.Errorf("the full size differs by %.2f levels on average, want at most 4 (JPEG of quality 90 with halved colours)", mean)
	}
	small := m.optimized(t, 2)
	if got := small.Bounds().Size(); got != image.Pt(250, 150) {
		t.Errorf("the smallest level has %v, want 250 x 150", got)
	}
}

// An opaque part of a picture with an alpha channel, sharp edges: packed without loss.
func TestPicturesWithAlphaKeepTheirPixels(t *testing.T) {
	source := framed(color.NRGBA{})
	m := mustMake(t, mediatest.PNG(source), PictureOptions{})
	if mean, most := apart(t, m.optimized(t, 0), source); most > 0 {
		t.Errorf("it differs by %.2f on average, %d at most, want 0", mean, most)
	}
	if !m.parts[0].Alpha {
		t.Error("the part is said to be opaque")
	}
}

func TestCrops(t *testing.T) {
	white := mediatest.PNG(framed(color.White))
	clear := mediatest.PNG(framed(color.NRGBA{}))
	inner := &Rect{X: 7, Y: 13, Width: 100, Height: 100}
	tests := map[string]struct {
		file []byte
		o    PictureOptions
		want *Rect
		said string
	}{
		"none":                  {white, PictureOptions{}, nil, ""},
		"manual":                {white, PictureOptions{Crop: &ManualCrop{Left: 1, Right: 2, Top: 3, Bottom: 4}}, &Rect{X: 1, Y: 3, Width: 115, Height: 123}, ""},
		"manual, all but one":   {white, PictureOptions{Crop: &ManualCrop{Left: 100, Right: 17, Top: 129}}, &Rect{X: 100, Y: 129, Width: 1, Height: 1}, ""},
		"manual, too wide":      {white, PictureOptions{Crop: &ManualCrop{Left: 100, Right: 18}}, nil, "leaves nothing of the picture of 118 x 130 pixels and was ignored"},
		"manual, too high":      {white, PictureOptions{Crop: &ManualCrop{Bottom: 130}}, nil, "was ignored"},
		"manual, negative":      {white, PictureOptions{Crop: &ManualCrop{Left: -1}}, nil, "was ignored"},
		"manual before kept":    {white, PictureOptions{Crop: &ManualCrop{Left: 1}, Keep: inner}, &Rect{X: 1, Width: 117, Height: 130}, ""},
		"kept":                  {white, PictureOptions{Keep: inner}, inner, ""},
		"kept, does not fit":    {white, PictureOptions{Keep: &Rect{Width: 119, Height: 5}}, nil, "the crop that the image had does not fit the picture of 118 x 130 pixels"},
		"colour":                {white, PictureOptions{AutoCrop: &AutoCropOptions{Color: true, Corner: "UpperLeft"}}, inner, ""},
		"colour, nothing":       {white, PictureOptions{AutoCrop: &AutoCropOptions{Color: true, Corner: "UpperLeft", Tolerance: 1}}, nil, ""},
		"transparent":           {clear, PictureOptions{AutoCrop: &AutoCropOptions{}}, inner, ""},
		"transparent, nothing":  {white, PictureOptions{AutoCrop: &AutoCropOptions{}}, nil, ""},
		"cropped and knocked":   {white, PictureOptions{AutoCrop: &AutoCropOptions{Color: true, Corner: "UpperLeft"}, Knockout: &Knockout{Corner: "UpperLeft"}}, inner, ""},
		"of a JPEG, EXIF turns": {mediatest.WithOrientation(mediatest.JPEG(framed(color.White)), 6), PictureOptions{Crop: &ManualCrop{Left: 18}}, &Rect{X: 18, Width: 100, Height: 130}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := mustMake(t, tt.file, tt.o)
			if diff := cmp.Diff(tt.want, m.Crop); diff != "" {
				t.Errorf("crop (-want +got):\n%s", diff)
			}
			if said := strings.Join(m.Warnings, "; "); !strings.Contains(said, tt.said) || (tt.said == "") != (said == "") {
				t.Errorf("warnings %q, want %q", said, tt.said)
			}
			size := image.Pt(118, 130)
			if tt.want != nil {
				size = image.Pt(tt.want.Width, tt.want.Height)
			}
			if got := image.Pt(m.parts[0].Width, m.parts[0].Height); got != size {
				t.Errorf("the optimised image has %v, want %v", got, size)
			}
			if a := tt.o.AutoCrop; a != nil {
				rect, err := worked(t).AutoCropRect(context.Background(), bytes.NewReader(tt.file), int64(len(tt.file)), "", *a)
				if whole := (Rect{Width: 118, Height: 130}); err != nil || rect != whole && (m.Crop == nil || rect != *m.Crop) {
					t.Errorf("getAutoCropRect answers %v (%v), the crop is %v", rect, err, m.Crop)
				}
			}
		})
	}
}

func TestTheCropShowsThePixelsItSays(t *testing.T) {
	source := framed(color.NRGBA{255, 255, 255, 255})
	m := mustMake(t, mediatest.PNG(source), PictureOptions{Crop: &ManualCrop{Left: 7, Right: 11, Top: 13, Bottom: 17}})
	if mean, most := apart(t, m.optimized(t, 0), mediatest.Picture(100, 100)); most > 0 {
		t.Errorf("it differs by %.2f on average, %d at most", mean, most)
	}
}

// ring is white with a black ring, inside of which it is white again, and one pixel of almost white.
func ring() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 60, 60))
	draw.Draw(m, m.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(20, 20, 40, 40), image.Black, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(25, 25, 35, 35), image.White, image.Point{}, draw.Src)
	m.Set(50, 50, color.NRGBA{250, 255, 255, 255})
	return m
}

func TestKnockout(t *testing.T) {
	tests := map[string]struct {
		o      Knockout
		opaque int // pixels
	}{
		"flood":                     {Knockout{Corner: "UpperLeft", Flood: true}, 20*20 + 1},
		"match":                     {Knockout{Corner: "BottomRight"}, 300 + 1},
		"flood, tolerant":           {Knockout{Corner: "UpperRight", Flood: true, Tolerance: 0.02}, 20 * 20},
		"match, tolerant":           {Knockout{Corner: "BottomLeft", Tolerance: 0.02}, 300},
		"match, just not tolerant":  {Knockout{Corner: "BottomLeft", Tolerance: 4.9 / 255}, 301},
		"everything, most tolerant": {Knockout{Corner: "UpperLeft", Tolerance: 1}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := mustMake(t, mediatest.PNG(ring()), PictureOptions{Knockout: &tt.o, Mask: true})
			opaque := 0
			for _, level := range m.mask(t).Pix {
				switch level {
				case 255:
					opaque++
				case 0:
				default:
					t.Fatalf("a level of %d", level)
				}
			}
			if opaque != tt.opaque {
				t.Errorf("%d pixels are opaque, want %d", opaque, tt.opaque)
			}
			shown := m.optimized(t, 0)
			if _, _, _, alpha := shown.At(59, 0).RGBA(); alpha != 0 {
				t.Error("the corner of the optimised image is not transparent")
			}
		})
	}
	_, err := makePicture(t, mediatest.PNG(ring()), PictureOptions{Knockout: &Knockout{Corner: "Middle"}})
	if fault.ClassOf(err) != fault.Invalid {
		t.Errorf("an unknown corner: %v", err)
	}
}

func TestMasks(t *testing.T) {
	half := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for i := range half.Pix {
		half.Pix[i] = byte(i / 4 % 40 * 6)
	}
	m := mustMake(t, mediatest.PNG(half), PictureOptions{Mask: true, Crop: &ManualCrop{Left: 10}})
	mask := m.mask(t)
	if got := mask.Rect.Size(); got != image.Pt(30, 20) {
		t.Fatalf("the mask has %v, want that of the optimised image", got)
	}
	if got, want := mask.GrayAt(5, 3).Y, half.NRGBAAt(15, 3).A; got != want {
		t.Errorf("level %d, want %d", got, want)
	}
	if m.parts[1].ContentType() != "image/png" {
		t.Errorf("type %s", m.parts[1].ContentType())
	}
	m = mustMake(t, mediatest.PNG(mediatest.Picture(10, 10)), PictureOptions{Mask: true})
	if len(m.parts) != 1 || len(m.Warnings) != 0 {
		t.Errorf("an opaque picture has %v, warnings %q", m.parts, m.Warnings)
	}
}

// The clipping path of a file makes a mask of the optimised image, with the hole that a second line cuts; other paths
// do not count.
func TestTheMaskOfAClippingPath(t *testing.T) {
	outline := append(mediatest.PathRecords(true, [2]float64{0.25, 0.25}, [2]float64{0.75, 0.25}, [2]float64{0.75, 0.75}, [2]float64{0.25, 0.75}),
		mediatest.PathRecords(true, [2]float64{0.4, 0.4}, [2]float64{0.6, 0.4}, [2]float64{0.6, 0.6}, [2]float64{0.4, 0.6})...)
	blocks := append(mediatest.Resource(2000, "other", mediatest.PathRecords(true, [2]float64{}, [2]float64{1}, [2]float64{1, 1})),
		mediatest.Resource(2001, "outline", outline)...)
	jpg := mediatest.JPEG(mediatest.Picture(200, 100))
	m := mustMake(t, mediatest.WithResources(jpg, blocks, 9000), PictureOptions{Mask: true})
	if len(m.parts) != 1 {
		t.Fatal("a path that is not the clipping path made a mask")
	}
	blocks = append(blocks, mediatest.Resource(2999, "", []byte("\x07outline"))...)
	file := mediatest.WithResources(jpg, blocks, 9000)
	for name, o := range map[string]PictureOptions{"whole": {Mask: true}, "cropped": {Mask: true, Crop: &ManualCrop{Left: 40, Top: 10}}} {
		m := mustMake(t, file, o)
		mask := m.mask(t)
		at := image.Point{}
		if o.Crop != nil {
			at = image.Pt(40, 10)
		}
		for place, want := range map[image.Point]uint8{{10, 50}: 0, {60, 30}: 255, {100, 50}: 0, {140, 70}: 255, {160, 50}: 0, {51, 26}: 255} {
			p := place.Sub(at)
			if got := mask.GrayAt(p.X, p.Y).Y; p.In(mask.Rect) && got != want {
				t.Errorf("%s: level %d at %v, want %d", name, got, place, want)
			}
		}
	}
}

func TestSharpening(t *testing.T) {
	source := mediatest.Into(image.NewGray(image.Rect(0, 0, 200, 120)), mediatest.Photograph(200, 120))
	mask := modifier.Unsharp{Amount: 1.75, Radius: 1.5, Threshold: 2}
	want := image.NewRGBA(source.Bounds())
	mediatest.Into(want, source)
	modifier.UnsharpMask(want, mask)
	sharp := mustMake(t, mediatest.PNG(source), PictureOptions{Unsharp: mask}).optimized(t, 0)
	if mean, most := apart(t, sharp, want); most > 0 {
		t.Errorf("the sharpened image differs by %.2f on average, %d at most, from what the mask makes", mean, most)
	}
}

// What only vips reads comes out as upright or stored as the file says, with all options.
func TestPicturesThatOnlyVipsReads(t *testing.T) {
	needTools(t, "vips")
	samples := sampleModule(t, "github.com/davidbyttow/govips/v2@v2.16.0")
	for _, name := range []string{"heic-24bit.heic", "avif-8bit.avif", "jxl-8bit-grey-icc-dot-gain.jxl", "jp2k-orientation-6.jp2"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(samples, "resources", name)
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			said, err := exec.Command("vipsheader", path).Output()
			if err != nil {
				t.Fatal(err)
			}
			found, err := worked(t).Poster(context.Background(), bytes.NewReader(file), int64(len(file)), name, ThumbnailSpec{})
			if err != nil || found.Thumbnail == nil {
				t.Fatalf("inspection: %v, %+v", err, found)
			}
			if size := strconv.Itoa(found.Width) + "x" + strconv.Itoa(found.Height); !strings.Contains(string(said), " "+size+" ") {
				t.Errorf("the picture has %s, vipsheader says %s", size, said)
			}
			m := mustMake(t, file, PictureOptions{Crop: &ManualCrop{Left: 10, Top: 20}})
			if got, want := (Rect{X: 10, Y: 20, Width: found.Width - 10, Height: found.Height - 20}), m.Crop; want == nil || got != *want {
				t.Errorf("crop %v, want %v", want, got)
			}
		})
	}
	only(t, "ls")
	file, err := os.ReadFile(filepath.Join(samples, "resources", "jp2k-orientation-6.jp2"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = makePicture(t, file, PictureOptions{})
	if fault.ClassOf(err) != fault.Missing || !strings.Contains(err.Error(), "apt-get install libvips-tools") {
		t.Errorf("without vips: %v", err)
	}
}

// fakePicture lies about the files of a picture as the file name of the request says.
func fakePicture(req request, done result) (result, []byte) {
	body := []byte("II*\x00 picture")
	done.Parts = []PicturePart{{Kind: PartOptimized, Bytes: int64(len(body)), Width: 10, Height: 10}}
	switch name, _ := strings.CutPrefix(req.Name, "lie: "); name {
	case "nothing":
		done.Parts, body = nil, nil
	case "failed with a file":
		done.Class = fault.Corrupt
	case "long":
		done.Parts[0].Bytes = 1 << 40
	case "wide":
		done.Parts[0].Width = 11
	case "kind":
		done.Parts[0].Kind = "script"
	case "two":
		done.Parts = append(done.Parts, done.Parts[0])
	case "outside":
		done.Rect.X = 1
	case "disguise":
		body = []byte("<script>alert('x')")[:len(body)]
	case "exit in the result":
		must(frame.Write(os.Stdout, done))
		os.Exit(3)
	}
	return done, body
}

// A worker that read a hostile file is not believed.
func TestPicturesOfALyingWorker(t *testing.T) {
	r := New(Options{Command: []string{os.Args[0], "fake-worker"}})
	defer r.Close()
	taken := 0
	ask := func(name string, take func(PicturePart, io.Reader) error) error {
		_, err := r.Picture(context.Background(), strings.NewReader("x"), 1, name, PictureOptions{}, take)
		return err
	}
	count := func(_ PicturePart, from io.Reader) error { taken++; _, err := io.Copy(io.Discard, from); return err }
	for _, lie := range []string{"nothing", "failed with a file", "long", "wide", "kind", "two", "outside", "disguise", "exit in the result"} {
		if err := ask("lie: "+lie, count); fault.ClassOf(err) != fault.Crashed || taken > 0 {
			t.Errorf("%s: %v, %d files taken", lie, err, taken)
		}
	}
	if err := ask("honest", count); err != nil || taken != 1 {
		t.Errorf("an honest worker: %v, %d files", err, taken)
	}
	full := errors.New("the disk is full")
	if err := ask("honest", func(PicturePart, io.Reader) error { return full }); !errors.Is(err, full) {
		t.Errorf("a file that cannot be taken: %v", err)
	}
	if err := ask("honest", count); err != nil {
		t.Errorf("after that: %v", err)
	}
}
