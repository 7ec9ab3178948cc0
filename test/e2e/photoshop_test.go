package e2e_test

import (
	"bytes"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"

	"sluice/internal/media/mediatest"
)

// advertisement is a Photoshop file of 40 x 30 pixels: a ground, and a text in a group.
func advertisement() mediatest.Layered {
	title := mediatest.Plain("Title", image.Rect(5, 6, 25, 16), 255, 200, 0, 0)
	title.Extra = mediatest.TypeTool("Half price", [6]float64{1, 0, 0, 1, 5, 14}, mediatest.Look("Bold", 12, 5, 6))
	plane := func(value byte) []byte { return bytes.Repeat([]byte{value}, 40*30) }
	return mediatest.Layered{
		Width: 40, Height: 30, Mode: 3, Depth: 8, Packing: 1, Merged: [][]byte{plane(20), plane(80), plane(140)},
		Layers: append([]mediatest.PSDLayer{mediatest.Plain("Background", image.Rect(0, 0, 40, 30), 255, 20, 80, 140)}, mediatest.Group("Words", title)...),
	}
}

// The layers of a Photoshop file come out of a job as images, with a template and the texts.
func TestPhotoshopLayers(t *testing.T) {
	s := start(t, mediaHere(t))
	wanted := "<photoshopOptions><process>MaintainLayers</process><layerOptions><layerNaming>AppendName</layerNaming><anchor>South</anchor>" +
		"<createTemplate>true</createTemplate><extractText>true</extractText><extendLayers>false</extendLayers></layerOptions></photoshopOptions>"
	psd := string(advertisement().File())
	rows := s.finished(s.upload(auth(), documentJob("layers", wanted), file("Spring Ad.psd", psd)))
	if got := strings.Count(types(rows), "UploadSuccess"); got != 4 || strings.Contains(types(rows), "Warning") { // the file, two layers, a template
		t.Errorf("%d successes: %v", got, rows)
	}
	s.holds("Spring Ad.psd", psd)
	original := s.asset("Spring Ad.psd")
	if _, thumbnail := original.made("thumbnail"); original.Type != "PsdTemplate" || original.Width != 40 || original.Height != 30 || !thumbnail {
		t.Errorf("the file is %+v", original)
	}
	for name, size := range map[string][2]int{"Spring Ad_1.png": {40, 30}, "Spring Ad_Title.png": {20, 10}} {
		a := s.asset(name)
		if _, thumbnail := a.made("thumbnail"); a.Width != size[0] || a.Height != size[1] || a.Type != "Image" || !thumbnail {
			t.Errorf("%s is %+v", name, a)
		}
	}
	d := dialects()[0]
	found := s.mustIPS(d, "getSearchStrings", fmt.Sprintf("<companyHandle>c|1</companyHandle><assetHandle>a|%d</assetHandle>", original.Number))
	if got := found.all("searchString"); !slices.Equal(got, []string{"Half", "price"}) {
		t.Errorf("search strings %q", got)
	}
	before := len(s.assets())
	s.finished(s.upload(auth(), documentJob("again", wanted), file("Spring Ad.psd", psd)))
	if after := len(s.assets()); after != before {
		t.Errorf("the same file again: %d assets, were %d", after, before)
	}
}

// What the library does not take stands in the log.
func TestPhotoshopFilesThatAreRefused(t *testing.T) {
	s := start(t, mediaHere(t))
	lab, deep, large := advertisement(), advertisement(), advertisement()
	lab.Mode, large.Version, deep.Depth, deep.Packing = 9, 2, 32, 0
	rows := s.finished(s.upload(auth(), documentJob("refused", ""), file("lab.psd", string(lab.File())), file("deep.psd", string(deep.File())), file("large.psd", string(large.File()))))
	if got := strings.Count(types(rows), "UploadError"); got != 3 {
		t.Errorf("%d errors: %v", got, rows)
	}
}
