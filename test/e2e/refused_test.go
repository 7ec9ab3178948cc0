package e2e_test

import (
	"encoding/binary"
	"fmt"
	"image"
	"strings"
	"testing"

	"sluice/internal/media/mediatest"
)

// tiffWith is the header of a TIFF file with one more entry.
func tiffWith(tag, value uint16) string {
	file := mediatest.TIFFHeader(10, 10, value, 1)
	binary.LittleEndian.PutUint16(file[34:], tag) // of the third entry
	return string(file)
}

// Files that the library does not take, and pictures of kinds that it does not take (contract section 11), each with a
// row that says why. The others of the same job are taken.
func TestFilesThatAreRefused(t *testing.T) {
	s := start(t, mediaHere(t))
	photoshop := func(change func(*mediatest.Layered)) string {
		file := advertisement()
		change(&file)
		return string(file.File())
	}
	mode := func(m uint16) string { return photoshop(func(f *mediatest.Layered) { f.Mode = m }) }
	long := append(mediatest.PNGHeader(10, 10), binary.BigEndian.AppendUint32(nil, 100<<20+1)...)
	tests := map[string]struct{ body, kind, said string }{
		".DS_Store":       {"x", "UploadWarning", "hidden file"},
		"Thumbs.db":       {"x", "UploadWarning", "hidden file"},
		"tool.exe":        {"MZ", "UploadError", "not supported"},
		"page.html":       {"<p>", "UploadError", "not supported"},
		"code.js":         {"x", "UploadError", "allow-javascript"},
		"{}":              {"x", "UploadError", "nothing of the name is left"},
		"large.psd":       {photoshop(func(f *mediatest.Layered) { f.Version = 2 }), "UploadError", "PSB"},
		"deep.psd":        {photoshop(func(f *mediatest.Layered) { f.Depth, f.Packing = 32, 0 }), "UploadError", "32 bits"},
		"indexed.psd":     {mode(2), "UploadError", "Indexed"},
		"channels.psd":    {mode(7), "UploadError", "Multichannel"},
		"duotone.psd":     {mode(8), "UploadError", "Duotone"},
		"lab.psd":         {mode(9), "UploadError", "Lab"},
		"chunk.png":       {string(long) + "IDAT" + strings.Repeat("\x00", 100), "UploadError", "104857601 bytes, the limit is 104857600"},
		"floating.tif":    {tiffWith(339, 3), "UploadError", "floating-point"},
		"lab.tif":         {tiffWith(262, 8), "UploadError", "Lab"},
		"iccLab.tif":      {tiffWith(262, 9), "UploadError", "Lab"},
		"nothing.jpg":     {"no picture", "UploadError", "could not be read"},
		"photograph.fpx":  {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "UploadWarning", "not read here"},
		"drawing.pict":    {strings.Repeat("\x00", 600), "UploadWarning", "not read here"},
		"good.png":        {string(mediatest.PNG(shirt())), "UploadSuccess", ""},
		"other names.rtf": {"{\\rtf1}", "UploadSuccess", ""},
	}
	parts := []part{auth(), newJob("refused")}
	for name, tt := range tests {
		parts = append(parts, file(name, tt.body))
	}
	rows := s.finished(s.upload(parts...))
	for name, tt := range tests {
		found := false
		for _, r := range rows {
			found = found || r.Type == tt.kind && strings.Contains(r.Message, tt.said) && (r.Asset == name || strings.Contains(r.Message, name) || name == "{}")
		}
		if !found {
			t.Errorf("%s has no row %s with %q", name, tt.kind, tt.said)
		}
	}
}

// What files become by their names (contract section 11).
func TestTypesOfFiles(t *testing.T) {
	s := start(t, mediaHere(t))
	s.must("", "company", "set", "Demo", "allow-javascript=true")
	want := map[string]string{}
	parts := []part{auth(), newJob("types")}
	for kind, extensions := range map[string]string{
		"Image":       "bmp fpx gif jpg jpeg png pict tif tiff psd dng cr2 nef arw raf orf",
		"Illustrator": "ai", "PostScript": "eps ps", "Pdf": "pdf", "InDesign": "indd indt", "Word": "doc docx", "Excel": "xls xlsx", "PowerPoint": "ppt pptx", "Rtf": "rtf",
		"Svg": "svg svgx", "Fxg": "fxg", "Css": "css", "Javascript": "js", "Xml": "xml", "Xsl": "xsl xslt", "IccProfile": "icc icm",
		"Font": "afm otf pfb pfm ttc ttf", "Audio": "aac ac3 aif aiff mp3 wav wma",
		"MasterVideo":  "3gp asf avi m2p m2t m2ts m2v m4v mov mp4 mpeg mpg mts ogv ts vob wmv",
		"VideoCaption": "vtt srt", "Flash": "swf", "Swc": "swc", "Cabinet": "vnc", "Vignette": "vnt", "WindowCovering": "vnw", "Aco": "aco", "Zip": "zip tar gz",
	} {
		for _, extension := range strings.Fields(extensions) {
			name := "of " + extension + "." + extension
			want[name] = kind
			parts = append(parts, file(name, "x"))
		}
	}
	want["moves.gif"], want["upper.PDF"] = "AnimatedGif", "Pdf"
	parts = append(parts, file("moves.gif", string(mediatest.GIF(20, 10, 2))), file("upper.PDF", "x"))
	s.finished(s.upload(parts...))
	got := map[string]string{}
	for _, a := range s.assets() {
		got[a.FileName] = a.Type
	}
	for name, kind := range want {
		if got[name] != kind {
			t.Errorf("%s is %q, want %s", name, got[name], kind)
		}
	}
}

// Limits of what is made of one file are rows of the log, and what is within them is made.
func TestLimitsOfWhatIsMade(t *testing.T) {
	needsTools(t, "gs", "pdftoppm", "pdfinfo")
	s := start(t, mediaHere(t))
	said := func(rows []row, kind, words string) {
		t.Helper()
		for _, r := range rows {
			if r.Type == kind && strings.Contains(r.Message, words) {
				return
			}
		}
		t.Errorf("no row %s with %q among %v", kind, words, rows)
	}
	long := pdfOf(t, "<< /PageSize [72 72] >> setpagedevice 101 { 9 9 9 9 rectfill showpage } repeat")
	rows := s.finished(s.upload(auth(), documentJob("pages", "<pdfOptions><process>Rasterize</process><resolution>10</resolution></pdfOptions>"), file("long.pdf", long)))
	said(rows, "UploadWarning", "first 100 pages")
	if got := strings.Count(types(rows), "UploadSuccess"); got != 102 { // with the file and the catalog
		t.Errorf("%d successes", got)
	}
	var crops strings.Builder
	for i := range 101 {
		fmt.Fprintf(&crops, "<items><name>c%d</name><width>10</width><height>10</height><type>CROP</type></items>", i)
	}
	rows = s.finished(s.upload(auth(), documentJob("crops", "<autoSmartCropOptionsArray>"+crops.String()+"</autoSmartCropOptionsArray>"),
		file("cropped.png", string(mediatest.PNG(shirt())))))
	said(rows, "UploadWarning", "the limit is 100")
	if got := strings.Count(types(rows), "UploadWarning"); got != 1 {
		t.Errorf("%d warnings", got)
	}
	deep := []mediatest.PSDLayer{mediatest.Plain("in six groups", image.Rect(0, 0, 5, 5), 255, 1, 2, 3)}
	for i := range 6 {
		deep = mediatest.Group(fmt.Sprint("group ", i), deep...)
	}
	psd := advertisement()
	psd.Layers = append(psd.Layers, deep...)
	rows = s.finished(s.upload(auth(), documentJob("groups", "<photoshopOptions><process>MaintainLayers</process></photoshopOptions>"), file("deep.psd", string(psd.File()))))
	said(rows, "UploadWarning", "group")
}
