package media

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/fault"
	"sluice/internal/media/frame"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/photoshop"
)

// layered is a file of 8 x 6 pixels whose layers say which is which by their colours.
func layered(layers ...mediatest.PSDLayer) mediatest.Layered {
	plane := func(value byte) []byte { return bytes.Repeat([]byte{value}, 48) }
	return mediatest.Layered{Width: 8, Height: 6, Mode: 3, Depth: 8, Packing: 1, Layers: layers, Merged: [][]byte{plane(50), plane(60), plane(70)}}
}

// cut has a worker cut a file, and decodes the pictures.
func cut(t *testing.T, r *Runner, file []byte, extend bool) (LayeredFile, map[int]image.Image, error) {
	t.Helper()
	pictures := map[int]image.Image{}
	found, err := r.Layers(t.Context(), bytes.NewReader(file), int64(len(file)), "a.psd", LayersOptions{Extend: extend}, func(p LayerPicture) error {
		body, err := io.ReadAll(p.Body)
		if err != nil || int64(len(body)) != p.Size {
			t.Errorf("layer %d: %d bytes of %d, %v", p.Number, len(body), p.Size, err)
		}
		m, err := png.Decode(bytes.NewReader(body))
		if err != nil {
			t.Fatalf("layer %d: %v", p.Number, err)
		}
		if m.Bounds().Dx() != p.Width || m.Bounds().Dy() != p.Height {
			t.Errorf("layer %d has %v, announced %d x %d", p.Number, m.Bounds(), p.Width, p.Height)
		}
		if opaque := m.(interface{ Opaque() bool }).Opaque(); opaque == p.Alpha {
			t.Errorf("layer %d: alpha %v, opaque %v", p.Number, p.Alpha, opaque)
		}
		pictures[p.Number] = m
		return nil
	})
	return found, pictures, err
}

func TestLayersInTheWorker(t *testing.T) {
	r := newRunner(t, "media-worker")
	text := mediatest.Plain("Title", image.Rect(2, 2, 4, 3), 255, 200, 0, 0)
	text.Extra = mediatest.TypeTool("Hello", [6]float64{1, 0, 0, 1, 2, 3}, mediatest.Look("F", 8, 3, 3))
	glow := mediatest.Plain("Glow", image.Rect(-2, -2, 2, 2), 128, 0, 200, 0)
	glow.Extra = mediatest.Tagged("lfx2", make([]byte, 8))
	file := layered(append([]mediatest.PSDLayer{mediatest.Plain("Background", image.Rect(0, 0, 8, 6), 255, 50, 60, 70), {Name: "nothing", Opacity: 255}},
		mediatest.Group("Group", text, glow)...)...).File()
	found, pictures, err := cut(t, r, file, false)
	if err != nil {
		t.Fatal(err)
	}
	want := LayeredFile{
		Width: 8, Height: 6, Mode: "rgb", Depth: 8, Layers: []Layer{
			{Number: 1, Name: "Background", Kind: "image", Width: 8, Height: 6, Visible: true, Opacity: 1, Fill: 1, Blend: "normal", Pictured: true},
			{Number: 2, Name: "nothing", Kind: "empty", Visible: true, Opacity: 1, Fill: 1, Blend: "normal"},
			{Name: "Group", Kind: "group", Visible: true, Opacity: 1, Fill: 1, Blend: "pass-through", Layers: []Layer{
				{Number: 3, Name: "Title", Kind: "text", X: 2, Y: 2, Width: 2, Height: 1, Visible: true, Opacity: 1, Fill: 1, Blend: "normal", Pictured: true,
					Text: &LayerText{Value: "Hello", Justification: "center", Transform: [6]float64{1, 0, 0, 1, 2, 3}, Runs: []TextRun{
						{Value: "Hel", Font: "F", Size: 8, Color: "#ff0000"}, {Value: "lo", Font: "F", Size: 4, Color: "#000080"}}}},
				{Number: 4, Name: "Glow", Kind: "image", X: -2, Y: -2, Width: 4, Height: 4, Visible: true, Opacity: 1, Fill: 1, Blend: "normal", Effects: true, Pictured: true},
			}},
		},
		Warnings: []string{`1 layer has no pixels of their own and gave no image: "nothing"`, "1 layer has effects, which are not part of their images"},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(pictures) != 3 || pictures[4].Bounds().Dx() != 4 || color.NRGBAModel.Convert(pictures[4].At(0, 0)) != (color.NRGBA{0, 200, 0, 128}) ||
		color.NRGBAModel.Convert(pictures[1].At(7, 5)) != (color.NRGBA{50, 60, 70, 255}) {
		t.Errorf("pictures %v", pictures)
	}
	_, pictures, err = cut(t, r, file, true)
	if err != nil || len(pictures) != 3 {
		t.Fatalf("%d pictures, %v", len(pictures), err)
	}
	for number, m := range pictures {
		if m.Bounds().Dx() != 8 || m.Bounds().Dy() != 6 {
			t.Errorf("layer %d, extended, has %v", number, m.Bounds())
		}
	}
	if got := color.NRGBAModel.Convert(pictures[3].At(3, 2)); got != (color.NRGBA{200, 0, 0, 255}) || color.NRGBAModel.Convert(pictures[3].At(4, 2)) != (color.NRGBA{}) {
		t.Errorf("the extended text has %v", got)
	}
}

// A file that has the merged image only has one layer.
func TestFlatFilesHaveOneLayer(t *testing.T) {
	r := newRunner(t, "media-worker")
	found, pictures, err := cut(t, r, layered().File(), false)
	if err != nil || len(found.Layers) != 1 || found.Layers[0].Name != "Background" || !found.Layers[0].Pictured || len(pictures) != 1 {
		t.Fatalf("%+v, %v, %v", found, pictures, err)
	}
	if got := color.NRGBAModel.Convert(pictures[1].At(0, 0)); got != (color.NRGBA{50, 60, 70, 255}) {
		t.Errorf("%v", got)
	}
}

// The profile of the file goes into the images.
func TestLayersKeepTheProfile(t *testing.T) {
	r := newRunner(t, "media-worker")
	profile := make([]byte, 200)
	copy(profile[16:], "RGB XYZ ")
	copy(profile[36:], "acsp")
	for mode, want := range map[uint16]bool{3: true, 4: false} {
		f := layered(mediatest.Plain("a", image.Rect(0, 0, 2, 2), 255, 1, 2, 3, 4))
		f.Mode, f.Blocks, f.Merged = mode, mediatest.Resource(1039, "", profile), nil
		file := f.File()
		err := errors.New("no layer")
		found, failed := r.Layers(t.Context(), bytes.NewReader(file), int64(len(file)), "a.psd", LayersOptions{}, func(p LayerPicture) error {
			var body []byte
			body, err = io.ReadAll(p.Body)
			if bytes.Contains(body, []byte("iCCP")) != want {
				t.Errorf("mode %d: a profile is wanted: %v", mode, want)
			}
			return err
		})
		if err != nil || failed != nil || strings.Contains(strings.Join(found.Warnings, ""), "without a colour profile") != (mode == 4) {
			t.Errorf("mode %d: %v, %v, %q", mode, err, failed, found.Warnings)
		}
	}
}

// CMYK becomes sRGB by the profile of the file, in a layer as in a merged image.
func TestInksOfLayers(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/oov/psd").Output()
	if err != nil || len(out) < 2 {
		t.Skipf("the module github.com/oov/psd is not in the module cache: %v", err)
	}
	sample, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "testdata", "cmyk8bit.psd"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := photoshop.Open(io.NewSectionReader(bytes.NewReader(sample), 0, int64(len(sample))))
	if err != nil || len(d.Profile) == 0 {
		t.Fatalf("%v, a profile of %d bytes", err, len(d.Profile))
	}
	r := newRunner(t, "media-worker")
	// Pure cyan, magenta, yellow and black, stored as what is left without them, and bare paper.
	for i, left := range [][]byte{{0, 255, 255, 255}, {255, 0, 255, 255}, {255, 255, 0, 255}, {255, 255, 255, 0}, {255, 255, 255, 255}} {
		f := layered(mediatest.Plain("a", image.Rect(0, 0, 8, 6), 255, left...))
		f.Mode, f.Blocks, f.Merged = 4, mediatest.Resource(1039, "", d.Profile), nil
		for _, value := range left {
			f.Merged = append(f.Merged, bytes.Repeat([]byte{value}, 48))
		}
		// The same inks printed on coated paper, as any colour management shows them.
		want := []color.NRGBA{{0, 160, 220, 255}, {225, 0, 125, 255}, {255, 240, 0, 255}, {40, 35, 35, 255}, {255, 255, 255, 255}}[i]
		for _, layers := range [][]mediatest.PSDLayer{f.Layers, nil} {
			f.Layers = layers
			found, pictures, err := cut(t, r, f.File(), false)
			if err != nil || len(found.Warnings) > 0 {
				t.Fatalf("%v, %q", err, found.Warnings)
			}
			got := color.NRGBAModel.Convert(pictures[1].At(3, 3)).(color.NRGBA)
			for _, pair := range [][2]byte{{got.R, want.R}, {got.G, want.G}, {got.B, want.B}, {got.A, want.A}} {
				if d := int(pair[0]) - int(pair[1]); d > 40 || d < -40 {
					t.Errorf("%v gives %v, want about %v", left, got, want)
					break
				}
			}
		}
	}
}

// With more pixels than one picture may have, layers come by several requests, and no layer twice or never.
func TestLayersInParts(t *testing.T) {
	r := newRunner(t, "media-worker", func(o *Options) { o.MaxPixels = 48 })
	var layers []mediatest.PSDLayer
	for range 9 {
		layers = append(layers, mediatest.Plain("full", image.Rect(0, 0, 8, 6), 255, 1, 2, 3), mediatest.Plain("dot", image.Rect(0, 0, 1, 1), 255, 1, 2, 3))
	}
	layers = append(layers, mediatest.Plain("large", image.Rect(0, 0, 9, 6), 255, 1, 2, 3), mediatest.Plain("last", image.Rect(0, 0, 8, 6), 255, 1, 2, 3))
	file := layered(layers...).File()
	var order []int
	found, err := r.Layers(t.Context(), bytes.NewReader(file), int64(len(file)), "a.psd", LayersOptions{}, func(p LayerPicture) error {
		order = append(order, p.Number)
		return nil // without reading
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}
	if diff := cmp.Diff(want, order[:min(len(order), 18)]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Nine of 48 and nine of 1 make 441; the limit of 480 for all has no room for another of 48.
	if len(order) != 18 || len(found.Warnings) != 2 || !strings.Contains(found.Warnings[0], "9 x 6 pixels, the limit is 48") ||
		!strings.Contains(found.Warnings[1], "the limit for all layers is 480") || found.Layers[18].Pictured || found.Layers[19].Pictured {
		t.Errorf("%v, %q", order, found.Warnings)
	}
}

func TestLayersThatFail(t *testing.T) {
	r := newRunner(t, "media-worker")
	sound := layered(mediatest.Plain("a", image.Rect(0, 0, 8, 6), 255, 1, 2, 3), mediatest.Plain("b", image.Rect(0, 0, 8, 6), 255, 1, 2, 3))
	many := layered(make([]mediatest.PSDLayer, maxLayers+1)...)
	psb := sound
	psb.Version = 2
	deep := sound
	deep.Depth, deep.Packing = 32, 0
	for name, tt := range map[string]struct {
		file  []byte
		class fault.Class
		words string
	}{
		"no Photoshop file": {mediatest.PNG(mediatest.Picture(4, 4)), fault.Unsupported, "not a Photoshop file"},
		"PSB":               {psb.File(), fault.Refused, "PSB"},
		"32 bits":           {deep.File(), fault.Refused, "32 bits"},
		"too many":          {many.File(), fault.TooLarge, "1001 layers, the limit is 1000"},
		"cut off":           {sound.File()[:90], fault.Corrupt, "ends before"},
	} {
		_, _, err := cut(t, r, tt.file, false)
		if fault.ClassOf(err) != tt.class || !strings.Contains(err.Error(), tt.words) {
			t.Errorf("%s: %v, want class %q with %q", name, err, tt.class, tt.words)
		}
	}
	stop := errors.New("the disk is full")
	file := sound.File()
	if _, err := r.Layers(t.Context(), bytes.NewReader(file), int64(len(file)), "a.psd", LayersOptions{}, func(LayerPicture) error { return stop }); err != stop {
		t.Errorf("%v", err)
	}
	damaged := sound
	damaged.Layers[0].Channels[1].Samples = damaged.Layers[0].Channels[1].Samples[:40] // a row is missing
	found, pictures, err := cut(t, r, damaged.File(), false)
	if err != nil || len(pictures) != 1 || found.Layers[0].Pictured || !found.Layers[1].Pictured || !strings.Contains(strings.Join(found.Warnings, ""), `the layer "a" gave no image`) {
		t.Errorf("a damaged layer: %v, %+v, %v", pictures, found, err)
	}
}

// Lies of a worker that was taken over are not believed.
func TestLayersAreNotBelieved(t *testing.T) {
	r := newRunner(t, "fake-worker")
	for _, lie := range []string{"layer", "size", "disguise", "next", "tree", "class", "twice", "exit"} {
		_, err := r.Layers(t.Context(), strings.NewReader(""), 0, "layers: "+lie, LayersOptions{}, func(p LayerPicture) error {
			_, err := io.Copy(io.Discard, p.Body)
			return err
		})
		if fault.ClassOf(err) != fault.Crashed {
			t.Errorf("%s: %v", lie, err)
		}
	}
}

// fakeLayers sends a layer and the end, with one lie.
func fakeLayers(lie string) {
	body := pngStart + "picture"
	one := result{Layer: 1, ContentType: "image/png", Width: 2, Height: 2, Bytes: int64(len(body))}
	tree := `{"width":2,"height":2,"layers":[{"number":1,"kind":"image"}]}`
	end := result{Bytes: int64(len(tree))}
	switch lie {
	case "layer":
		one.Layer = 1 << 30
	case "size":
		one.Width = 1 << 30
	case "disguise":
		body = "<script>alert(1)</script>"[:len(body)]
	case "next":
		end.Next = 1
	case "tree":
		tree = strings.Replace(tree, `"number":1`, `"number":0`, 1)
	case "class":
		end.Class = "splendid"
	}
	send := func(done result, body string) {
		must(frame.Write(os.Stdout, done))
		_, err := io.WriteString(os.Stdout, body)
		must(err)
	}
	if lie == "exit" {
		send(one, body[:len(body)-3])
		os.Exit(3)
	}
	send(one, body)
	if lie == "twice" {
		send(one, body)
	}
	send(end, tree)
}
