package photoshop_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/photoshop"
)

// ramp is samples that differ from place to place, in bytes.
func ramp(length, start int) []byte {
	out := make([]byte, length)
	for i := range out {
		out[i] = byte(start + i*7)
		if i%5 < 2 {
			out[i] = byte(start)
		}
	}
	return out
}

// Every packing of every depth gives the samples back.
func TestPackings(t *testing.T) {
	const width, height = 9, 4
	for _, mode := range []uint16{1, 3, 4} {
		for _, depth := range []uint16{8, 16} {
			for packing := range uint16(4) {
				name := fmt.Sprintf("mode %d, %d bits, packing %d", mode, depth, packing)
				channels := map[uint16]int{1: 1, 3: 3, 4: 4}[mode]
				rect := image.Rect(-2, 3, -2+width, 3+height)
				layer := mediatest.PSDLayer{Name: "L", Rect: rect, Opacity: 255}
				var planes [][]byte
				for id := range channels {
					planes = append(planes, ramp(width*height*int(depth)/8, 40*id))
					layer.Channels = append(layer.Channels, mediatest.PSDChannel{ID: int16(id), Width: width, Samples: planes[id]})
				}
				file := mediatest.Layered{Width: width, Height: height, Mode: mode, Depth: depth, Packing: packing, Merged: planes,
					Layers: []mediatest.PSDLayer{layer}, Tagged: depth == 16}.File()
				d, records := layersOf(t, file)
				got, err := d.Picture(records[0], records[0].Rect)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				want := image.NewNRGBA64(image.Rect(0, 0, width, height))
				for i := range width * height {
					want.Set(i%width, i/width, colourAt(planes, i, int(depth/8), channels))
				}
				tolerance := 1
				if channels == 4 {
					tolerance = 2 << 8
				}
				compare(t, name, want, got, tolerance)
				whole, err := d.Composite(1)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				compare(t, name+", merged", want, whole, 2<<8)
			}
		}
	}
}

// colourAt works a colour out of planes of big-endian samples.
func colourAt(planes [][]byte, i, size, channels int) color.Color {
	sample := func(id int) uint32 {
		if size == 2 {
			return uint32(binary.BigEndian.Uint16(planes[id][2*i:]))
		}
		return uint32(planes[id][i]) * 0x101
	}
	switch channels {
	case 1:
		return color.Gray16{Y: uint16(sample(0))}
	case 4:
		part := func(id int) uint16 { return uint16(sample(id) * sample(3) / 0xffff) }
		return color.NRGBA64{part(0), part(1), part(2), 0xffff}
	}
	return color.NRGBA64{uint16(sample(0)), uint16(sample(1)), uint16(sample(2)), 0xffff}
}

func TestFramesAndMasks(t *testing.T) {
	layer := mediatest.Plain("a", image.Rect(1, 1, 5, 3), 200, 10, 20, 30)
	masked := func(rect image.Rectangle, outside, flags byte, samples ...byte) mediatest.PSDLayer {
		l := mediatest.Plain("a", image.Rect(1, 1, 5, 3), 200, 10, 20, 30)
		l.Mask = mediatest.Masked(rect, outside, flags)
		l.Channels = append(l.Channels, mediatest.PSDChannel{ID: -2, Width: rect.Dx(), Samples: samples})
		return l
	}
	noAlpha := layer
	noAlpha.Channels = layer.Channels[1:]
	small := image.Rect(2, 1, 4, 2)
	for name, tt := range map[string]struct {
		layer mediatest.PSDLayer
		frame image.Rectangle
		want  []byte // alpha of each pixel
	}{
		"as it is":         {layer, layer.Rect, []byte{200, 200, 200, 200, 200, 200, 200, 200}},
		"extended":         {layer, image.Rect(0, 0, 6, 4), []byte{0, 0, 0, 0, 0, 0, 0, 200, 200, 200, 200, 0, 0, 200, 200, 200, 200, 0, 0, 0, 0, 0, 0, 0}},
		"cut":              {layer, image.Rect(0, 0, 3, 2), []byte{0, 0, 0, 0, 200, 200}},
		"opaque":           {noAlpha, image.Rect(0, 0, 3, 2), []byte{0, 0, 0, 0, 255, 255}},
		"mask hides":       {masked(small, 0, 0, 255, 51), layer.Rect, []byte{0, 200, 40, 0, 0, 0, 0, 0}},
		"mask shows":       {masked(small, 255, 0, 0, 51), layer.Rect, []byte{200, 0, 40, 200, 200, 200, 200, 200}},
		"mask is off":      {masked(small, 0, 2, 0, 51), layer.Rect, []byte{200, 200, 200, 200, 200, 200, 200, 200}},
		"mask outside":     {masked(image.Rect(8, 8, 9, 9), 0, 0, 255), layer.Rect, []byte{0, 0, 0, 0, 0, 0, 0, 0}},
		"mask of nothing":  {masked(image.Rectangle{}, 0, 0), layer.Rect, []byte{0, 0, 0, 0, 0, 0, 0, 0}},
		"mask and a frame": {masked(small, 255, 0, 0, 51), image.Rect(0, 0, 6, 2), []byte{0, 0, 0, 0, 0, 0, 0, 200, 0, 40, 200, 0}},
	} {
		d, records := layersOf(t, mediatest.Layered{Width: 6, Height: 4, Mode: 3, Depth: 8, Packing: 1, Layers: []mediatest.PSDLayer{tt.layer}}.File())
		got, err := d.Picture(records[0], tt.frame)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var alpha []byte
		m := got.(*image.NRGBA)
		for i := 0; i < len(m.Pix); i += 4 {
			alpha = append(alpha, m.Pix[i+3])
			if m.Pix[i+3] > 0 && !bytes.Equal(m.Pix[i:i+3], []byte{10, 20, 30}) {
				t.Errorf("%s: pixel %d is %v", name, i/4, m.Pix[i:i+4])
			}
		}
		if diff := cmp.Diff(tt.want, alpha); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// outline writes a tree with its numbers.
func outline(list []photoshop.Layer) string {
	var parts []string
	for _, l := range list {
		if l.Kind == photoshop.KindGroup {
			parts = append(parts, l.Name+"("+outline(l.Layers)+")")
		} else {
			parts = append(parts, fmt.Sprintf("%d:%s", l.Number, l.Name))
		}
	}
	return strings.Join(parts, " ")
}

func TestGroups(t *testing.T) {
	dot := func(name string) mediatest.PSDLayer {
		return mediatest.Plain(name, image.Rect(0, 0, 1, 1), 255, 1, 2, 3)
	}
	nested := []mediatest.PSDLayer{dot("in")}
	for _, name := range []string{"6", "5", "4", "3", "2", "1"} {
		nested = mediatest.Group(name, append(nested, dot("beside "+name))...)
	}
	for name, tt := range map[string]struct {
		layers []mediatest.PSDLayer
		want   string
		deep   []string
	}{
		"flat":           {[]mediatest.PSDLayer{dot("a"), dot("b")}, "1:a 2:b", nil},
		"group":          {append(append([]mediatest.PSDLayer{dot("a")}, mediatest.Group("G", dot("b"), dot("c"))...), dot("d")), "1:a G(2:b 3:c) 4:d", nil},
		"empty group":    {mediatest.Group("G"), "G()", nil},
		"six levels":     {nested, "1(2(3(4(5(3:beside 5) 4:beside 4) 5:beside 3) 6:beside 2) 7:beside 1)", []string{"in", "beside 6"}},
		"no beginning":   {[]mediatest.PSDLayer{dot("a"), mediatest.Group("G")[0], dot("b")}, "1:a 2:b", nil},
		"no end":         {[]mediatest.PSDLayer{dot("a"), mediatest.Group("G")[1], dot("b")}, "1:a G() 2:b", nil},
		"name in UTF-16": {[]mediatest.PSDLayer{dot("Ebene für 日本\x00")}, "1:Ebene für 日本", nil},
	} {
		_, records := layersOf(t, mediatest.Layered{Width: 1, Height: 1, Mode: 3, Depth: 8, Layers: tt.layers}.File())
		tree, deep, left := photoshop.Tree(records)
		if got := outline(tree); got != tt.want || !cmp.Equal(deep, tt.deep) || left != len(tt.deep) {
			t.Errorf("%s: %s without %d %q, want %s without %q", name, got, left, deep, tt.want, tt.deep)
		}
	}
}

func TestLayersSayWhatTheyAre(t *testing.T) {
	rect := image.Rect(-1, 2, 1, 4)
	full := mediatest.Plain("full", rect, 255, 1, 2, 3)
	full.Opacity, full.Blend, full.Hidden, full.Clipped = 128, "mul ", true, true
	full.Extra = append(mediatest.Tagged("iOpa", []byte{51, 0, 0, 0}), mediatest.Tagged("lfx2", make([]byte, 9))...)
	levels := mediatest.PSDLayer{Name: "levels", Opacity: 255, Blend: "????", Extra: mediatest.Tagged("levl", make([]byte, 4))}
	empty := mediatest.PSDLayer{Name: "empty", Opacity: 255}
	group := mediatest.Group("group", empty)
	group[2].Hidden = true
	file := mediatest.Layered{Width: 9, Height: 9, Mode: 3, Depth: 8, Layers: append([]mediatest.PSDLayer{full, levels}, group...)}.File()
	_, records := layersOf(t, file)
	got, _, _ := photoshop.Tree(records)
	want := []photoshop.Layer{
		{Number: 1, Name: "full", Kind: "image", X: -1, Y: 2, Width: 2, Height: 2, Opacity: .501, Fill: .2, Blend: "multiply", Clipped: true, Effects: true},
		{Number: 2, Name: "levels", Kind: "adjustment", Visible: true, Opacity: 1, Fill: 1, Blend: "normal", Record: 1},
		{Name: "group", Kind: "group", Opacity: 1, Fill: 1, Blend: "pass-through", Record: -1, Layers: []photoshop.Layer{
			{Number: 3, Name: "empty", Kind: "empty", Visible: true, Opacity: 1, Fill: 1, Blend: "normal", Record: 3},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTexts(t *testing.T) {
	transform := [6]float64{2, 0, 0, 2, 30, 40.5}
	for name, tt := range map[string]struct {
		value, look string
		want        *photoshop.Text
	}{
		"with its look": {"Grüße\rfür dich", mediatest.Look("Bök-Regular", 24, 6, 9), &photoshop.Text{
			Value: "Grüße\nfür dich", Justification: "center", Transform: transform, Runs: []photoshop.Run{
				{Value: "Grüße\n", Font: "Bök-Regular", Size: 24, Color: "#ff0000"},
				{Value: "für dich", Font: "Bök-Regular", Size: 12, Color: "#000080"},
			}}},
		"beyond the BMP":      {"😀a", mediatest.Look("F", 8, 2, 2), &photoshop.Text{Value: "😀a", Justification: "center", Transform: transform, Runs: []photoshop.Run{{"😀", "F", 8, "#ff0000"}, {"a", "F", 4, "#000080"}}}},
		"without":             {"plain\x03lines\t.", "", &photoshop.Text{Value: "plain\nlines .", Transform: transform}},
		"look of another":     {"a longer text", mediatest.Look("F", 8, 2, 2), &photoshop.Text{Value: "a longer text", Justification: "center", Transform: transform}},
		"look that is broken": {"x", mediatest.Look("F", 8, 1, 1)[:200], &photoshop.Text{Value: "x", Transform: transform}},
		"no sense at all":     {"x", strings.Repeat("<<[", 5000) + "/a (b", &photoshop.Text{Value: "x", Transform: transform}},
		"empty":               {"", "", &photoshop.Text{Transform: transform}},
	} {
		layer := mediatest.Plain("t", image.Rect(0, 0, 1, 1), 255, 1, 2, 3)
		layer.Extra = mediatest.TypeTool(tt.value, transform, tt.look)
		_, records := layersOf(t, mediatest.Layered{Width: 1, Height: 1, Mode: 3, Depth: 8, Layers: []mediatest.PSDLayer{layer}}.File())
		if name == "look that is broken" && records[0].Text != nil {
			records[0].Text.Justification, records[0].Text.Runs = "", nil // as far as it went
		}
		if diff := cmp.Diff(tt.want, records[0].Text); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// All layers together give a mebibyte of text.
func TestLongTexts(t *testing.T) {
	long := mediatest.Plain("t", image.Rect(0, 0, 1, 1), 255, 1, 2, 3)
	long.Extra = mediatest.TypeTool(strings.Repeat("ab ", 200_000), [6]float64{}, "")
	_, records := layersOf(t, mediatest.Layered{Width: 1, Height: 1, Mode: 3, Depth: 8, Layers: []mediatest.PSDLayer{long, long, long}}.File())
	var got []int
	for _, r := range records {
		got = append(got, len(r.Text.Value))
	}
	if diff := cmp.Diff([]int{600_000, 1<<20 - 600_000, 0}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHeaders(t *testing.T) {
	plane := []byte{1, 2, 3, 4}
	base := mediatest.Layered{Width: 2, Height: 2, Mode: 3, Depth: 8, Merged: [][]byte{plane, plane, plane}}
	with := func(change func(*mediatest.Layered)) []byte {
		f := base
		change(&f)
		return f.File()
	}
	for name, tt := range map[string]struct {
		file  []byte
		class fault.Class
		words string
	}{
		"sound":       {with(func(*mediatest.Layered) {}), "", ""},
		"PSB":         {with(func(f *mediatest.Layered) { f.Version = 2 }), fault.Refused, "PSB"},
		"version":     {with(func(f *mediatest.Layered) { f.Version = 3 }), fault.Corrupt, "version 3"},
		"indexed":     {with(func(f *mediatest.Layered) { f.Mode = 2 }), fault.Refused, "mode 2"},
		"multi":       {with(func(f *mediatest.Layered) { f.Mode = 7 }), fault.Refused, "mode 7"},
		"duotone":     {with(func(f *mediatest.Layered) { f.Mode = 8 }), fault.Refused, "mode 8"},
		"Lab":         {with(func(f *mediatest.Layered) { f.Mode = 9 }), fault.Refused, "mode 9"},
		"32 bits":     {with(func(f *mediatest.Layered) { f.Depth = 32 }), fault.Refused, "32 bits"},
		"3 bits":      {with(func(f *mediatest.Layered) { f.Depth = 3 }), fault.Corrupt, "3 bits"},
		"1 bit RGB":   {with(func(f *mediatest.Layered) { f.Depth = 1 }), fault.Corrupt, "1 bits"},
		"no pixels":   {with(func(f *mediatest.Layered) { f.Width = 0 }), fault.Corrupt, "0 x 2"},
		"too wide":    {with(func(f *mediatest.Layered) { f.Width = 30_001 }), fault.Corrupt, "30001 x 2"},
		"two of RGB":  {with(func(f *mediatest.Layered) { f.Merged = f.Merged[:2] }), fault.Corrupt, "2 channels"},
		"cut header":  {base.File()[:20], fault.Corrupt, "ends before"},
		"cut section": {base.File()[:36], fault.Corrupt, "ends before"},
		"no PSD":      {append([]byte("XXXX"), base.File()[4:]...), fault.Unsupported, "not a Photoshop file"},
	} {
		_, err := open(tt.file)
		if fault.ClassOf(err) != tt.class || err != nil && !strings.Contains(err.Error(), tt.words) {
			t.Errorf("%s: %v, want class %q with %q", name, err, tt.class, tt.words)
		}
	}
}

func TestDamagedPixels(t *testing.T) {
	layer := mediatest.Plain("a", image.Rect(0, 0, 40, 40), 200, 10, 20, 30)
	plane := bytes.Repeat([]byte{9}, 1600)
	for packing := range uint16(4) {
		file := mediatest.Layered{Width: 40, Height: 40, Mode: 3, Depth: 8, Packing: packing, Merged: [][]byte{plane, plane, plane},
			Layers: []mediatest.PSDLayer{layer}}.File()
		d, err := open(file[:len(file)-12])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Composite(1); fault.ClassOf(err) != fault.Corrupt {
			t.Errorf("packing %d, cut off: %v", packing, err)
		}
		d, records := layersOf(t, file)
		records[0].Rect.Max.X += 3
		if _, err := d.Picture(records[0], records[0].Rect); fault.ClassOf(err) != fault.Corrupt {
			t.Errorf("packing %d, more pixels than there are: %v", packing, err)
		}
	}
}

func TestTooManyLayers(t *testing.T) {
	layers := make([]mediatest.PSDLayer, photoshop.MaxRecords)
	for add, class := range []fault.Class{"", fault.TooLarge} {
		d, err := open(mediatest.Layered{Width: 1, Height: 1, Mode: 3, Depth: 8, Merged: [][]byte{{1}, {1}, {1}},
			Layers: append(layers[:len(layers):len(layers)], make([]mediatest.PSDLayer, add)...)}.File())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.ReadLayers(); fault.ClassOf(err) != class {
			t.Errorf("%d layers: %v", len(layers)+add, err)
		}
	}
}

// Shrinking gives the averages of squares.
func TestCompositeInSmall(t *testing.T) {
	values := []byte{10, 20, 30, 30, 40, 50, 99}
	plane := append(append([]byte{}, values...), 0, 10, 10, 10, 0, 10, 99)
	d, err := open(mediatest.Layered{Width: 7, Height: 2, Mode: 1, Depth: 8, Merged: [][]byte{plane}}.File())
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Composite(3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]byte{13, 23, 99}, got.(*image.Gray).Pix); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzDocument(f *testing.F) {
	layer := mediatest.Plain("a", image.Rect(-1, 0, 3, 4), 200, 10, 20, 30)
	layer.Mask = mediatest.Masked(image.Rect(0, 0, 2, 2), 255, 0)
	layer.Channels = append(layer.Channels, mediatest.PSDChannel{ID: -2, Width: 2, Samples: make([]byte, 4)})
	layer.Extra = mediatest.TypeTool("text", [6]float64{1, 0, 0, 1, 0, 0}, mediatest.Look("F", 8, 2, 2))
	plane := ramp(16, 3)
	for packing := range uint16(4) {
		f.Add(mediatest.Layered{Width: 4, Height: 4, Mode: 3, Depth: 8, Packing: packing, Merged: [][]byte{plane, plane, plane},
			Layers: mediatest.Group("G", layer)}.File())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		d, err := open(file)
		if err != nil {
			return
		}
		if d.Width*d.Height < 1<<16 {
			_, _ = d.Composite(2)
		}
		records, err := d.ReadLayers()
		if err != nil {
			return
		}
		photoshop.Tree(records)
		for _, r := range records {
			if r.Rect.Dx()*r.Rect.Dy() < 1<<16 {
				_, _ = d.Picture(r, r.Rect)
			}
		}
	})
}
