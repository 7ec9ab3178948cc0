package engine_test

import (
	"slices"
	"strings"
	"testing"

	"sluice/internal/ingest"
)

// Options become steps, each of which this server can run; what an option cannot have is a warning.
func TestOptionsArePlanned(t *testing.T) {
	w := newWorld(t)
	pixels := &ingest.ManualCrop{Left: 1}
	yes := true
	tests := map[string]struct {
		file    string
		o       ingest.Processing
		steps   string
		warning string
	}{
		"a plain image":             {"a.jpg", ingest.Processing{}, "inspect", ""},
		"a raw image":               {"a.nef", ingest.Processing{}, "inspect", ""},
		"a raw image with crop":     {"a.nef", ingest.Processing{Crop: pixels}, "inspect picture", ""},
		"an image that is not read": {"a.fpx", ingest.Processing{Crop: pixels}, "inspect picture", ""},
		"an image of a tool":        {"a.heic", ingest.Processing{}, "inspect", ""},
		"an image without name":     {"image", ingest.Processing{}, "inspect", ""},
		"knockout":                  {"a.jpg", ingest.Processing{Knockout: &ingest.Knockout{Corner: "UpperLeft"}}, "inspect picture", ""},
		"manual crop":               {"a.jpg", ingest.Processing{Crop: pixels}, "inspect picture", ""},
		"a crop of nothing":         {"a.jpg", ingest.Processing{Crop: &ingest.ManualCrop{}}, "inspect", ""},
		"manual crop goes first":    {"a.jpg", ingest.Processing{Crop: pixels, ColorCrop: &ingest.ColorCrop{}, AlphaCrop: &ingest.AlphaCrop{}}, "inspect picture", ""},
		"color crop":                {"a.jpg", ingest.Processing{ColorCrop: &ingest.ColorCrop{Corner: "UpperLeft"}}, "inspect picture", ""},
		"alpha crop":                {"a.jpg", ingest.Processing{AlphaCrop: &ingest.AlphaCrop{Tolerance: .5}}, "inspect picture", ""},
		"smart crops":               {"a.jpg", ingest.Processing{SmartCrops: []ingest.SmartCrop{{Name: "s", Width: 1, Height: 1}}}, "inspect", ""},
		"mask":                      {"a.jpg", ingest.Processing{CreateMask: true}, "inspect picture", ""},
		"color":                     {"a.jpg", ingest.Processing{Color: &ingest.Color{Mode: "Convert"}}, "inspect picture", ""},
		"color as it is":            {"a.jpg", ingest.Processing{Color: &ingest.Color{Mode: "MaintainOriginal"}}, "inspect", ""},
		"unsharp":                   {"a.jpg", ingest.Processing{Unsharp: &ingest.Unsharp{Amount: 1, Radius: 1}}, "inspect picture", ""},
		"unsharp by nothing":        {"a.jpg", ingest.Processing{Unsharp: &ingest.Unsharp{}}, "inspect", ""},
		"layers":                    {"a.PSD", ingest.Processing{Photoshop: &ingest.Photoshop{Layers: true}}, "inspect layers", ""},
		"layers of no PSD":          {"a.jpg", ingest.Processing{Photoshop: &ingest.Photoshop{Layers: true}}, "inspect", ""},
		"pdf":                       {"a.pdf", ingest.Processing{}, "inspect", ""},
		"pdf, rasterized":           {"a.pdf", ingest.Processing{PDF: &ingest.Rasterize{Process: "Rasterize"}}, "inspect pages", ""},
		"pdf, None":                 {"a.pdf", ingest.Processing{PDF: &ingest.Rasterize{Process: "None"}}, "", ""},
		"pdf, thumbnail":            {"a.pdf", ingest.Processing{PDF: &ingest.Rasterize{Process: "Thumbnail"}}, "inspect", ""},
		"pdf, thumbnail, words":     {"a.pdf", ingest.Processing{PDF: &ingest.Rasterize{Process: "Thumbnail", Words: true}}, "inspect pages", ""},
		"postscript":                {"a.eps", ingest.Processing{}, "inspect", ""},
		"illustrator":               {"a.ai", ingest.Processing{Illustrator: &ingest.Rasterize{Process: "Rasterize", Resolution: 300}}, "inspect pages", ""},
		"indesign":                  {"a.indd", ingest.Processing{InDesign: "Pages"}, "inspect pages", ""},
		"indesign, None":            {"a.indd", ingest.Processing{InDesign: "None"}, "", ""},
		"video":                     {"a.mp4", ingest.Processing{}, "inspect", ""},
		"video presets":             {"a.mp4", ingest.Processing{Video: &ingest.Video{Presets: []string{"p"}}}, "encode inspect", ""},
		"video encodings":           {"a.mp4", ingest.Processing{Video: &ingest.Video{Encodings: []map[string]string{{"videobitrate": "400"}}}}, "encode inspect", ""},
		"video crops":               {"a.mp4", ingest.Processing{Video: &ingest.Video{Crops: 1}}, "inspect", "videoSmartCropArray"},
		"crops of another file":     {"a.mp3", ingest.Processing{Video: &ingest.Video{Crops: 1}}, "inspect", ""},
		"audio":                     {"a.mp3", ingest.Processing{}, "inspect", ""},
		"archive":                   {"a.zip", ingest.Processing{}, "", ""},
		"css":                       {"a.css", ingest.Processing{CSSStatic: &yes}, "", "cssOptions (forceStaticImages)"},
		"css as it is":              {"a.css", ingest.Processing{CSSStatic: no()}, "", ""},
	}
	i := 0
	for name, tt := range tests {
		i++
		t.Run(name, func(t *testing.T) {
			w.t = t
			c := w.company("P" + string(rune('A'+i%26)) + strings.Repeat("x", i/26))
			d := into(c, w.job("job"))
			d.Open.Processing = tt.o
			body := "x"
			if tt.file == "image" {
				body = jpeg
			}
			j, out := w.deliver(w.admin, d, file{"", tt.file, body})
			a := out[0].Asset
			if a == nil {
				t.Fatalf("outcome %+v", out[0])
			}
			detail, err := w.engine.Asset(w.ctx, w.admin, a.UUID)
			w.ok(err)
			var steps []string
			for _, task := range detail.Pending {
				if task.State != ingest.TaskQueued {
					t.Errorf("step %s is %s", task.Kind, task.State)
				}
				steps = append(steps, string(task.Kind))
			}
			slices.Sort(steps)
			if got := strings.Join(steps, " "); got != tt.steps {
				t.Errorf("steps %q, want %q", got, tt.steps)
			}
			if busy := detail.Asset.State == ingest.AssetProcessing; busy != (tt.steps != "") {
				t.Errorf("the asset is %s", detail.Asset.State)
			}
			w.process()
			if got := w.storedJob(j.Number); got.State != ingest.JobDone || (got.Counts.Warning > 0) != (tt.warning != "") {
				t.Fatalf("job %+v", got)
			}
			if tt.warning != "" && !strings.Contains(w.row(j.Number, ingest.LogUploadWarning).Message, a.FileName+": ") {
				t.Errorf("warning %q", w.row(j.Number, ingest.LogUploadWarning).Message)
			}
			if tt.warning != "" && !strings.Contains(w.row(j.Number, ingest.LogUploadWarning).Message, tt.warning) {
				t.Errorf("warning %q", w.row(j.Number, ingest.LogUploadWarning).Message)
			}
		})
	}
}

// The types that the job log knows no word for, and those that it does.
func TestJobLogFileTypes(t *testing.T) {
	w := newWorld(t)
	for name, want := range map[string]string{
		"a.ai": "MasterImage", "b.eps": "MasterImage", "c.pdf": "Pdf", "d.icc": "IccProfile", "e.zip": "Zip", "f.ttf": "Font",
		"g.mp4": "Video", "h.mp3": "NoType", "i.docx": "NoType", "j.xml": "Xml", "k.svg": "Svg", "l.heic": "MasterImage",
	} {
		j, _ := w.deliver(w.editor, w.job(name), file{"", name, "x"})
		w.process()
		if got := w.row(j.Number, ingest.LogUploadSuccess).AssetType; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// Doors that take any file do so.
func TestUploadsOfAnyType(t *testing.T) {
	w := newWorld(t)
	a := w.upload(w.editor, "", "tool.exe", "MZ", ingest.ConflictPolicy{})
	if a.Type != ingest.TypeOther || a.State != ingest.AssetReady {
		t.Errorf("asset %+v", a)
	}
	_, err := w.engine.Derived(w.ctx, w.editor, a.UUID, "", ingest.DerivedThumbnail)
	w.refused(err, ingest.NotFound, "")
}
