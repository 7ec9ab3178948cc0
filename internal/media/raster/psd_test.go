package raster_test

import (
	"bytes"
	"image"
	"image/color"
	"io"
	"strings"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/raster"
)

// psd is a Photoshop file of 600 x 300 pixels in one colour.
func psd(mode, depth uint16, samples ...byte) mediatest.Layered {
	f := mediatest.Layered{Width: 600, Height: 300, Mode: mode, Depth: depth, Packing: 1}
	for _, value := range samples {
		f.Merged = append(f.Merged, bytes.Repeat([]byte{value}, (600*int(depth)+7)/8*300))
	}
	return f
}

func TestPhotoshopFiles(t *testing.T) {
	clear := psd(3, 8, 137, 167, 197, 128) // 20, 80, 140 over white
	clear.Transparent, clear.Layers = true, []mediatest.PSDLayer{{Name: "a", Opacity: 255}}
	layer := mediatest.Plain("a", image.Rect(0, 0, 600, 300), 255, 20, 80, 140)
	unmerged := psd(3, 8, 255, 255, 255)
	unmerged.Layers, unmerged.Blocks = []mediatest.PSDLayer{layer}, mediatest.Resource(1057, "", make([]byte, 20))
	inches := psd(1, 8, 90)
	inches.Blocks = mediatest.Resource(1005, "", []byte{0, 150, 128, 0, 0, 1, 0, 1, 0, 150, 0, 0, 0, 1, 0, 1})
	for name, tt := range map[string]struct {
		file  mediatest.Layered
		want  raster.Report
		color color.NRGBA
	}{
		"RGB":          {psd(3, 8, 20, 80, 140), raster.Report{ColorModel: "rgb", BitDepth: 8}, color.NRGBA{20, 80, 140, 255}},
		"RGB, 16 bits": {psd(3, 16, 20, 80, 140), raster.Report{ColorModel: "rgb", BitDepth: 16}, color.NRGBA{20, 80, 140, 255}},
		"CMYK":         {psd(4, 8, 255, 128, 0, 200), raster.Report{ColorModel: "cmyk", BitDepth: 8}, color.NRGBA{200, 100, 0, 255}},
		"gray":         {inches, raster.Report{ColorModel: "gray", BitDepth: 8, Resolution: 150.5}, color.NRGBA{90, 90, 90, 255}},
		"bitmap":       {psd(0, 1, 0xff), raster.Report{ColorModel: "gray", BitDepth: 1}, color.NRGBA{0, 0, 0, 255}},
		"transparent":  {clear, raster.Report{ColorModel: "rgb", BitDepth: 8, HasAlpha: true}, color.NRGBA{20, 80, 140, 128}},
		"not merged":   {unmerged, raster.Report{ColorModel: "rgb", BitDepth: 8}, color.NRGBA{20, 80, 140, 255}},
	} {
		tt.want.Format, tt.want.ContentType, tt.want.Width, tt.want.Height, tt.want.Frames, tt.want.Orientation = "psd", "image/vnd.adobe.photoshop", 600, 300, 1, 1
		report, small, err := inspect(tt.file.File(), 100)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if report != tt.want {
			t.Errorf("%s: %+v, want %+v", name, report, tt.want)
		}
		m := decode(t, small)
		got := color.NRGBAModel.Convert(m.At(50, 25)).(color.NRGBA)
		if m.Bounds().Dx() != 100 || m.Bounds().Dy() != 50 || !near(got, tt.color, 3) {
			t.Errorf("%s: %v at its middle is %v, want %v", name, m.Bounds(), got, tt.color)
		}
	}
}

func near(a, b color.NRGBA, tolerance int) bool {
	for _, pair := range [][2]byte{{a.R, b.R}, {a.G, b.G}, {a.B, b.B}, {a.A, b.A}} {
		if d := int(pair[0]) - int(pair[1]); d > tolerance || d < -tolerance {
			return false
		}
	}
	return true
}

func TestPhotoshopFilesThatAreNotTaken(t *testing.T) {
	lab, deep, large := psd(3, 8, 1, 2, 3), psd(3, 8, 1, 2, 3), psd(3, 8, 1, 2, 3)
	lab.Mode, large.Version, deep.Depth, deep.Packing = 9, 2, 32, 0
	sound := psd(3, 8, 1, 2, 3).File()
	wide := psd(3, 8)
	wide.Width, wide.Height = 30_000, 30_000
	for name, tt := range map[string]struct {
		file  []byte
		class fault.Class
		words string
	}{
		"Lab":     {lab.File(), fault.Refused, "mode 9"},
		"PSB":     {large.File(), fault.Refused, "PSB"},
		"32 bits": {deep.File(), fault.Refused, "32 bits"},
		"cut off": {sound[:len(sound)-9], fault.Corrupt, "ends before"},
		"huge":    {wide.File(), fault.TooLarge, "30000 x 30000"},
	} {
		_, _, err := raster.Inspect(io.NewSectionReader(bytes.NewReader(tt.file), 0, int64(len(tt.file))), limits(), 100)
		if fault.ClassOf(err) != tt.class || !strings.Contains(err.Error(), tt.words) {
			t.Errorf("%s: %v, want class %q with %q", name, err, tt.class, tt.words)
		}
	}
}

// The profile is that of the pixels which decoding gives.
func TestProfilesOfPhotoshopFiles(t *testing.T) {
	profile := make([]byte, 200)
	copy(profile[36:], "acsp")
	for clear, want := range map[bool]int{false: 200, true: 0} {
		f := psd(4, 8, 1, 2, 3, 4)
		f.Blocks = mediatest.Resource(1039, "", profile)
		if clear {
			f.Transparent, f.Layers, f.Merged = true, []mediatest.PSDLayer{{Name: "a"}}, append(f.Merged, f.Merged[0])
		}
		file := f.File()
		if got := raster.Profile(io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file)))); len(got) != want {
			t.Errorf("transparent %v: %d bytes, want %d", clear, len(got), want)
		}
	}
}
