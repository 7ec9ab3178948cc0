package e2e_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strconv"
	"strings"
	"testing"

	"sluice/internal/media/icc"
	"sluice/internal/media/mediatest"
)

// withOptions begins a job with image options, which stand where the schema has
// them.
func withOptions(name, createMask, crops, rest string) part {
	return params(jobName(name), endJob, "<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>"+createMask+
		"</createMask>"+crops+"<emailSetting>None</emailSetting>"+rest+"</uploadParams>")
}

// shirt is a red square on a white ground with a border of 10, 20, 30 and 40
// pixels (left, right, top, bottom).
func shirt() *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 130, 170))
	draw.Draw(m, m.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(10, 30, 110, 130), image.NewUniform(color.NRGBA{200, 20, 40, 255}), image.Point{}, draw.Src)
	return m
}

// made finds what was made of an asset.
func (a asset) made(kind string) (found derived, ok bool) {
	for _, d := range a.Derived {
		if d.Kind == kind {
			return d, true
		}
	}
	return derived{}, false
}

// TestPictureOptions sends images with each of the options and looks at what becomes of
// them.
func TestPictureOptions(t *testing.T) {
	s := start(t, mediaHere(t))
	picture := string(mediatest.PNG(shirt()))
	tests := []struct {
		name, mask, crops, rest string
		crop                    string // x y width height
		optimized               string // width x height
		hasMask                 bool
		said                    string
	}{
		{name: "plain", mask: "false", optimized: "130x170"},
		{name: "manual", mask: "false", crops: "<manualCropOptions><left>1</left><right>2</right><top>3</top><bottom>4</bottom></manualCropOptions>",
			crop: "1 3 127 163", optimized: "127x163"},
		{name: "nothing cut", mask: "false", crops: "<manualCropOptions><left>0</left><right>0</right><top>0</top><bottom>0</bottom></manualCropOptions>", optimized: "130x170"},
		{name: "too large", mask: "false", crops: "<manualCropOptions><left>100</left><right>30</right><top>3</top><bottom>4</bottom></manualCropOptions>",
			optimized: "130x170", said: "leaves nothing of the picture of 130 x 170 pixels and was ignored"},
		{name: "colour", mask: "false", crops: "<autoColorCropOptions><corner>UpperLeft</corner><tolerance>0.05</tolerance></autoColorCropOptions>",
			crop: "10 30 100 100", optimized: "100x100"},
		{name: "two", mask: "false", crops: "<manualCropOptions><left>1</left><right>2</right><top>3</top><bottom>4</bottom></manualCropOptions>" +
			"<autoColorCropOptions><corner>UpperLeft</corner><tolerance>0</tolerance></autoColorCropOptions>",
			crop: "1 3 127 163", optimized: "127x163", said: "autoColorCropOptions"},
		{name: "knockout", mask: "true", crops: "<knockoutBackgroundOptions><corner>UpperLeft</corner><tolerance>0</tolerance><fillMethod>FloodFill</fillMethod></knockoutBackgroundOptions>",
			optimized: "130x170", hasMask: true},
		{name: "sharp", mask: "true", rest: "<unsharpMaskOptions><amount>1.75</amount><radius>0.2</radius><threshold>2</threshold><monochrome>0</monochrome></unsharpMaskOptions>",
			optimized: "130x170"},
	}
	for _, tt := range tests {
		fileName := strings.ReplaceAll(tt.name, " ", "") + ".png"
		rows := s.finished(s.upload(auth(), withOptions(tt.name, tt.mask, tt.crops, tt.rest), file(fileName, picture)))
		a := s.asset(fileName)
		crop := ""
		if c := a.Crop; c != nil {
			crop = strings.Trim(strings.Join([]string{strconv.Itoa(c.X), strconv.Itoa(c.Y), strconv.Itoa(c.Width), strconv.Itoa(c.Height)}, " "), " ")
		}
		if crop != tt.crop {
			t.Errorf("%s: crop %q, want %q", tt.name, crop, tt.crop)
		}
		optimized, ok := a.made("optimized")
		if size := strconv.Itoa(optimized.Width) + "x" + strconv.Itoa(optimized.Height); !ok || size != tt.optimized || optimized.Type != "image/tiff" {
			t.Errorf("%s: optimised image %+v, want %s", tt.name, optimized, tt.optimized)
		} else if !strings.HasPrefix(s.read(optimized.URL), "II*\x00") {
			t.Errorf("%s: the optimised image is no TIFF file", tt.name)
		}
		mask, ok := a.made("mask")
		if ok != tt.hasMask {
			t.Errorf("%s: mask %+v, want %v", tt.name, mask, tt.hasMask)
		}
		if ok {
			img, err := png.Decode(strings.NewReader(s.read(mask.URL)))
			if err != nil || img.At(0, 0) != (color.Gray{}) || img.At(50, 50) != (color.Gray{Y: 255}) {
				t.Errorf("%s: the mask is not that of the ground: %v", tt.name, err)
			}
		}
		info := s.mustIPS(dialects()[0], "getAssetsByName", "<companyHandle>c|1</companyHandle><nameArray><items>"+a.Name+"</items></nameArray>").
			at("assetArray", "items", "imageInfo")
		if got := info.at("maskFile").Text; tt.hasMask != (got == a.Name+"-mask.png") || tt.hasMask != (info.at("masks", "items", "maskFile").Text == got && got != "") {
			t.Errorf("%s: the API says of the mask: %q, %+v", tt.name, got, info.at("masks"))
		}
		if got := info.at("optimizedFile").Text; got != a.Name+".tif" {
			t.Errorf("%s: the API says of the optimised image: %q", tt.name, got)
		}
		said := ""
		for _, r := range rows {
			if r.Type == "UploadWarning" {
				said += r.Message + "\n"
			}
		}
		if !strings.Contains(said, tt.said) || (said == "") != (tt.said == "") {
			t.Errorf("%s: warnings %q, want %q", tt.name, said, tt.said)
		}
		s.holds(fileName, picture) // the original stays
	}
}

// TestPreserveCrop replaces an image that has a crop.
func TestPreserveCrop(t *testing.T) {
	s := start(t, mediaHere(t))
	manual := "<manualCropOptions><left>5</left><right>0</right><top>0</top><bottom>0</bottom></manualCropOptions>"
	colour := "<autoColorCropOptions><corner>UpperLeft</corner><tolerance>0</tolerance></autoColorCropOptions>"
	for i, tt := range []struct{ options, want string }{
		{manual, "5 125"},
		{"", "5 125"},
		{"<preserveCrop>true</preserveCrop>", "5 125"},
		{"<preserveCrop>true</preserveCrop>" + colour, "5 125"},
		{"<preserveCrop>true</preserveCrop>" + strings.Replace(manual, "5", "7", 1), "7 123"},
		{"<preserveCrop>false</preserveCrop>" + colour, "10 100"},
		{"<preserveCrop>false</preserveCrop>", ""},
	} {
		m := shirt()
		m.Set(60, 60, color.NRGBA{uint8(i), 0, 0, 255}) // other bytes each time
		s.finished(s.upload(auth(), withOptions("p"+strconv.Itoa(i), "false", tt.options, ""), file("p.png", string(mediatest.PNG(m)))))
		a := s.asset("p.png")
		got := ""
		if c := a.Crop; c != nil {
			got = strconv.Itoa(c.X) + " " + strconv.Itoa(c.Width)
		}
		optimized, _ := a.made("optimized")
		if width := optimized.Width; got != tt.want || tt.want == "" && width != 130 || tt.want != "" && !strings.HasSuffix(tt.want, " "+strconv.Itoa(width)) {
			t.Errorf("upload %d: crop %q, optimised width %d, want %q", i, got, width, tt.want)
		}
	}
}

// TestConvertWithProfileAssets converts by profiles that were uploaded before.
func TestConvertWithProfileAssets(t *testing.T) {
	s := start(t, mediaHere(t))
	s.finished(s.upload(auth(), newJob("profile"), file("srgb.icc", string(icc.SRGB()))))
	handle := "a|" + strconv.FormatInt(s.asset("srgb.icc").Number, 10)
	rest := "<colorManagementOptions><colorManagement>Convert</colorManagement><sourceProfileHandle>" + handle + "</sourceProfileHandle><outputProfileHandle>" +
		handle + "</outputProfileHandle></colorManagementOptions>"
	picture := mediatest.PNG(shirt())
	rows := s.finished(s.upload(auth(), params(jobName("convert"), endJob, "<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask>"+
		rest+"<emailSetting>None</emailSetting></uploadParams>"), file("c.png", string(picture))))
	optimized, ok := s.asset("c.png").made("optimized")
	if !ok || !bytes.Contains([]byte(s.read(optimized.URL)), icc.SRGB()) {
		t.Errorf("the optimised image carries no output profile: %+v, %v", optimized, rows)
	}
	if strings.Contains(types(rows), "UploadWarning") {
		t.Errorf("warnings: %v", rows)
	}
}
