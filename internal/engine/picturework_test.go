package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// imageJob is a job with options.
func (w *world) imageJob(name string, o ingest.Processing) engine.Delivery {
	return w.job(name, func(s *engine.JobSpec) { s.Processing = o })
}

// pictureTask claims all tasks and returns that of the image options; nil = there is none.
func (w *world) pictureTask() (found *ingest.Task) {
	for _, t := range w.claim() {
		if t.Kind == ingest.TaskPicture {
			found = t
		}
	}
	return found
}

func TestAnImageHasAPictureTaskWhenAnOptionAsks(t *testing.T) {
	tests := map[string]struct {
		o    ingest.Processing
		want bool
	}{
		"nothing":        {ingest.Processing{}, false},
		"crop":           {ingest.Processing{Crop: &ingest.ManualCrop{Top: 1}}, true},
		"crop of 0":      {ingest.Processing{Crop: &ingest.ManualCrop{}}, false},
		"colour crop":    {ingest.Processing{ColorCrop: &ingest.ColorCrop{Corner: "UpperLeft"}}, true},
		"alpha crop":     {ingest.Processing{AlphaCrop: &ingest.AlphaCrop{}}, true},
		"knockout":       {ingest.Processing{Knockout: &ingest.Knockout{Corner: "UpperLeft", Fill: "FloodFill"}}, true},
		"mask":           {ingest.Processing{CreateMask: true}, true},
		"convert":        {ingest.Processing{Color: &ingest.Color{Mode: "Convert"}}, true},
		"keep colours":   {ingest.Processing{Color: &ingest.Color{Mode: "Default"}}, false},
		"sharpen":        {ingest.Processing{Unsharp: &ingest.Unsharp{Amount: 1, Radius: 1}}, true},
		"sharpen by 0":   {ingest.Processing{Unsharp: &ingest.Unsharp{Radius: 1}}, false},
		"keywords alone": {ingest.Processing{Keywords: []string{"a"}}, false},
	}
	for _, always := range []bool{false, true} {
		t.Run(fmt.Sprint("always ", always), func(t *testing.T) {
			w := newWorld(t, func(c *engine.Config) { c.Optimize = always })
			n := 0
			for name, tt := range tests {
				n++
				w.put(w.editor, w.imageJob(name, tt.o), file{"", fmt.Sprintf("i%d.jpg", n), fmt.Sprint("x", n)})
				if got := w.pictureTask() != nil; got != (tt.want || always) {
					t.Errorf("%s: a picture task %v", name, got)
				}
			}
		})
	}
}

// The crop that an image has is that of its new version, unless the job brings one
// or says that it goes.
func TestPictureWorkKeepsACrop(t *testing.T) {
	w := newWorld(t, func(c *engine.Config) { c.Optimize = true })
	had := ingest.Rect{X: 1, Y: 2, Width: 3, Height: 4}
	manual := &ingest.ManualCrop{Left: 5}
	tests := map[string]struct {
		o        ingest.Processing
		manual   *ingest.ManualCrop
		kept     *ingest.Rect
		auto     *engine.AutoCrop
		warnings int
	}{
		"nothing said":    {ingest.Processing{}, nil, &had, nil, 0},
		"preserved":       {ingest.Processing{PreserveCrop: yes()}, nil, &had, nil, 0},
		"removed":         {ingest.Processing{PreserveCrop: no()}, nil, nil, nil, 0},
		"manual":          {ingest.Processing{Crop: manual}, manual, nil, nil, 0},
		"manual of 0":     {ingest.Processing{Crop: &ingest.ManualCrop{}}, nil, &had, nil, 0},
		"automatic":       {ingest.Processing{ColorCrop: &ingest.ColorCrop{Corner: "UpperLeft"}}, nil, &had, nil, 1},
		"automatic, anew": {ingest.Processing{AlphaCrop: &ingest.AlphaCrop{Tolerance: .5}, PreserveCrop: no()}, nil, nil, &engine.AutoCrop{Tolerance: .5}, 0},
	}
	n := 0
	for name, tt := range tests {
		n++
		tt.o.Overwrite = true
		place := file{"", fmt.Sprintf("c%d.jpg", n), "first"}
		a := w.put(w.editor, w.job(name), place)
		w.process()
		w.change(a, func(a *ingest.Asset) { a.Crop = &had })
		place.body = "second"
		w.put(w.editor, w.imageJob(name+" again", tt.o), place)
		work, err := w.engine.PictureWork(w.ctx, w.pictureTask())
		w.ok(err)
		if diff := cmp.Diff([]any{tt.manual, tt.kept, tt.auto}, []any{work.Crop, work.Keep, work.AutoCrop}); diff != "" || len(work.Warnings) != tt.warnings {
			t.Errorf("%s: warnings %q (-want +got):\n%s", name, work.Warnings, diff)
		}
		w.process()
	}
}

func TestPictureWorkReadsTheProfiles(t *testing.T) {
	w := newWorld(t)
	profile := w.put(w.editor, w.job("profile"), file{"", "p.icc", "the bytes of a profile"})
	handle := fmt.Sprintf("a|%d", profile.Number)
	n := 0
	work := func(source, output string) engine.PictureWork {
		n++
		w.put(w.editor, w.imageJob("job", ingest.Processing{Color: &ingest.Color{Mode: "Convert", Source: source, Output: output}}), file{"", fmt.Sprintf("x%d.jpg", n), source + output})
		got, err := w.engine.PictureWork(w.ctx, w.pictureTask())
		w.ok(err)
		return got
	}
	got := work(handle, handle)
	if got.ColorMode != "Convert" || string(got.Source) != "the bytes of a profile" || string(got.Output) != string(got.Source) || len(got.Warnings) > 0 {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"a|99999", "x", ""} {
		got := work(handle, bad)
		if got.ColorMode != "MaintainOriginal" || len(got.Warnings) != 1 || !strings.HasPrefix(got.Warnings[0], "colorManagementOptions was not carried out: ") {
			t.Errorf("%q: %s, %q", bad, got.ColorMode, got.Warnings)
		}
	}
}
