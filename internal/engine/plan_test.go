package engine_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// Options that this server cannot carry out are kept under their names and hold
// nothing up.
func TestOptionsArePlannedAndParked(t *testing.T) {
	w := newWorld(t)
	pixels := &ingest.ManualCrop{Left: 1}
	tests := map[string]struct {
		file   string
		o      ingest.Processing
		parked []string // kind, and its parameters
		state  ingest.AssetState
	}{
		"a plain image":          {"a.jpg", ingest.Processing{}, nil, ingest.AssetProcessing},
		"a raw image":            {"a.nef", ingest.Processing{}, []string{"inspect"}, ingest.AssetReady},
		"an image of a tool":     {"a.heic", ingest.Processing{}, nil, ingest.AssetProcessing},
		"an image without name":  {"image", ingest.Processing{}, nil, ingest.AssetProcessing},
		"knockout":               {"a.jpg", ingest.Processing{Knockout: &ingest.Knockout{Corner: "UpperLeft"}}, nil, ingest.AssetProcessing},
		"manual crop":            {"a.jpg", ingest.Processing{Crop: pixels}, nil, ingest.AssetProcessing},
		"a crop of nothing":      {"a.jpg", ingest.Processing{Crop: &ingest.ManualCrop{}}, nil, ingest.AssetProcessing},
		"manual crop goes first": {"a.jpg", ingest.Processing{Crop: pixels, ColorCrop: &ingest.ColorCrop{}, AlphaCrop: &ingest.AlphaCrop{}}, nil, ingest.AssetProcessing},
		"color crop":             {"a.jpg", ingest.Processing{ColorCrop: &ingest.ColorCrop{Corner: "UpperLeft"}}, nil, ingest.AssetProcessing},
		"alpha crop":             {"a.jpg", ingest.Processing{AlphaCrop: &ingest.AlphaCrop{Tolerance: .5}}, nil, ingest.AssetProcessing},
		"smart crops":            {"a.jpg", ingest.Processing{SmartCrops: []ingest.SmartCrop{{Name: "s"}}}, []string{"autoSmartCropOptionsArray"}, ingest.AssetProcessing},
		"mask":                   {"a.jpg", ingest.Processing{CreateMask: true}, nil, ingest.AssetProcessing},
		"color":                  {"a.jpg", ingest.Processing{Color: &ingest.Color{Mode: "Convert"}}, nil, ingest.AssetProcessing},
		"color as it is":         {"a.jpg", ingest.Processing{Color: &ingest.Color{Mode: "MaintainOriginal"}}, nil, ingest.AssetProcessing},
		"unsharp":                {"a.jpg", ingest.Processing{Unsharp: &ingest.Unsharp{Amount: 1, Radius: 1}}, nil, ingest.AssetProcessing},
		"unsharp by nothing":     {"a.jpg", ingest.Processing{Unsharp: &ingest.Unsharp{}}, nil, ingest.AssetProcessing},
		"layers":                 {"a.PSD", ingest.Processing{Photoshop: &ingest.Photoshop{Layers: true}}, nil, ingest.AssetProcessing},
		"layers of no PSD":       {"a.jpg", ingest.Processing{Photoshop: &ingest.Photoshop{Layers: true}}, nil, ingest.AssetProcessing},
		"pdf":                    {"a.pdf", ingest.Processing{}, nil, ingest.AssetProcessing},
		"pdf, None":              {"a.pdf", ingest.Processing{PDF: &ingest.Rasterize{Process: "None"}}, nil, ingest.AssetReady},
		"pdf, thumbnail":         {"a.pdf", ingest.Processing{PDF: &ingest.Rasterize{Process: "Thumbnail"}}, nil, ingest.AssetProcessing},
		"pdf, thumbnail, words":  {"a.pdf", ingest.Processing{PDF: &ingest.Rasterize{Process: "Thumbnail", Words: true}}, nil, ingest.AssetProcessing},
		"postscript":             {"a.eps", ingest.Processing{}, nil, ingest.AssetProcessing},
		"illustrator":            {"a.ai", ingest.Processing{Illustrator: &ingest.Rasterize{Process: "Rasterize", Resolution: 300}}, nil, ingest.AssetProcessing},
		"indesign":               {"a.indd", ingest.Processing{InDesign: "Pages"}, nil, ingest.AssetProcessing},
		"indesign, None":         {"a.indd", ingest.Processing{InDesign: "None"}, nil, ingest.AssetReady},
		"video":                  {"a.mp4", ingest.Processing{}, nil, ingest.AssetProcessing},
		"video presets":          {"a.mp4", ingest.Processing{Video: &ingest.Video{Presets: []string{"p"}}}, nil, ingest.AssetProcessing},
		"audio":                  {"a.mp3", ingest.Processing{}, nil, ingest.AssetProcessing},
		"archive":                {"a.zip", ingest.Processing{}, nil, ingest.AssetReady},
		"css":                    {"a.css", ingest.Processing{CSSStatic: no()}, []string{"cssOptions false"}, ingest.AssetReady},
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
			if a == nil || w.stored(a).State != tt.state {
				t.Fatalf("outcome %+v", out[0])
			}
			w.process()
			if got := w.storedJob(j.Number).State; got != ingest.JobDone {
				t.Fatalf("the job is %s: parked steps hold it up", got)
			}
			detail, err := w.engine.Asset(w.ctx, w.admin, a.UUID)
			w.ok(err)
			if len(detail.Pending) != len(tt.parked) || detail.Asset.State != ingest.AssetReady {
				t.Fatalf("asset %s, pending %v, want %v", detail.Asset.State, detail.Pending, tt.parked)
			}
			var notes []string
			for i, want := range tt.parked {
				kind, params, _ := strings.Cut(want, " ")
				task := detail.Pending[i]
				if string(task.Kind) != kind || task.State != ingest.TaskParked || (params != "" && string(task.Params) != params) {
					t.Errorf("task %s is %s with %s, want %s", task.Kind, task.State, task.Params, want)
				}
				if task.Params != nil && !json.Valid(task.Params) {
					t.Errorf("parameters %s", task.Params)
				}
				notes = append(notes, kind+" is recorded and waits until this server can do it")
			}
			if diff := cmp.Diff(notes, w.row(j.Number, ingest.LogUploadSuccess).Extra); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
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
