package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// crops renders the named crops of an image.
func (w *world) crops(a *ingest.Asset) (list []string) {
	w.t.Helper()
	have, err := w.engine.Related(w.ctx, w.editor, w.demo.Number, a.Number)
	w.ok(err)
	for _, c := range have.Crops {
		list = append(list, fmt.Sprintf("%s %dx%d at %v,%v %vx%v", c.Name, c.Crop.PixelWidth, c.Crop.PixelHeight, c.Crop.Left, c.Crop.Top, c.Crop.Width, c.Crop.Height))
	}
	return list
}

// Images get the named crops of their job when their dimensions are known, once, and those that people have set stay.
func TestCropsOfJobs(t *testing.T) {
	w := newWorld(t)
	cropped := func(crops ...ingest.SmartCrop) func(*engine.JobSpec) {
		return func(s *engine.JobSpec) { s.Processing.Overwrite, s.Processing.SmartCrops = true, crops }
	}
	square, wide := ingest.SmartCrop{Name: "square", Width: 90, Height: 90}, ingest.SmartCrop{Name: "wide", Width: 160, Height: 60}
	a := w.put(w.editor, w.job("1", cropped(square, wide)), file{name: "a.jpg", body: jpeg + "1"})
	if got := w.crops(a); got != nil {
		t.Errorf("crops before the dimensions are known: %q", got)
	}
	w.process() // 4 by 3 pixels
	first := []string{"square 90x90 at 0.125,0 0.75x1", "wide 160x60 at 0,0.25 1x0.5"}
	if diff := cmp.Diff(first, w.crops(a)); diff != "" {
		t.Fatalf("crops (-want +got):\n%s", diff)
	}
	have, err := w.engine.Related(w.ctx, w.editor, w.demo.Number, a.Number)
	w.ok(err)
	b, err := w.engine.UpdateSmartCrops(w.ctx, w.editor, w.demo.Number, []engine.SmartCropUpdate{{
		Image: a.Number, Crop: have.Crops[0].Number, Rect: &ingest.NamedCrop{Width: 0.5, Height: 0.5},
	}})
	w.ok(err)
	if b.Success != 1 {
		t.Fatalf("batch %+v", b)
	}
	square.Width = 45
	w.put(w.editor, w.job("2", cropped(square, wide)), file{name: "a.jpg", body: jpeg + "2"})
	w.process()
	if diff := cmp.Diff([]string{"square 90x90 at 0,0 0.5x0.5", first[1]}, w.crops(a)); diff != "" {
		t.Errorf("crops of the next version (-want +got):\n%s", diff)
	}
	w.put(w.editor, w.job("3", cropped(square, wide), func(s *engine.JobSpec) { s.Processing.RedoSmartCrops = true }), file{name: "a.jpg", body: jpeg + "3"})
	w.process()
	if diff := cmp.Diff([]string{"square 45x90 at 0.3125,0 0.375x1", first[1]}, w.crops(a)); diff != "" {
		t.Errorf("crops that are computed anew (-want +got):\n%s", diff)
	}
}

// Crops that cannot be made are warnings, the others are made. Photoshop files and pages of documents have crops only
// where the company wants that.
func TestCropsThatAreNotMade(t *testing.T) {
	w := newWorld(t)
	var crops []ingest.SmartCrop
	for i := range 101 {
		crops = append(crops, ingest.SmartCrop{Name: fmt.Sprint("c", i), Width: 1, Height: 1})
	}
	crops = append([]ingest.SmartCrop{{Name: "none", Width: 0, Height: 5}, {Width: 1, Height: 1}}, crops...)
	j, out := w.deliver(w.editor, w.job("j", func(s *engine.JobSpec) { s.Processing.SmartCrops = crops }), file{name: "a.jpg", body: jpeg})
	w.process()
	if got := w.crops(out[0].Asset); len(got) != 100 {
		t.Errorf("%d crops", len(got))
	}
	var warnings []string
	for _, r := range w.rows(j.Number) {
		if r.Type == ingest.LogUploadWarning {
			warnings = append(warnings, strings.TrimPrefix(r.Message, "a.jpg: autoSmartCropOptionsArray: "))
		}
	}
	want := []string{`"none": a crop cannot be of 0 by 5 pixels: the least size is 1`, `"": a crop needs a name`, `"c100": the image has 100 crops, the limit is 100`}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	for i, wanted := range []bool{false, true} {
		w.settings(w.demo, ingest.CompanySettings{SmartCropPSD: wanted})
		a := w.put(w.editor, w.job("psd", func(s *engine.JobSpec) { s.Processing.SmartCrops = crops[2:3] }), file{name: fmt.Sprint(i, ".psd"), body: "8BPS"})
		w.process()
		if got := w.crops(a); (len(got) == 1) != wanted {
			t.Errorf("a Photoshop file has %d crops, wanted: %v", len(got), wanted)
		}
	}
}
