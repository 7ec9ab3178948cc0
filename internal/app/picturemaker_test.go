package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media"
	"sluice/internal/media/fault"
	"sluice/internal/media/modifier"
)

// fakeParts notes what it was asked for.
type fakeParts struct {
	asked media.PictureOptions
	err   error
}

func (f *fakeParts) Picture(_ context.Context, _ io.Reader, _ int64, _ string, o media.PictureOptions, take func(media.PicturePart, io.Reader) error) (media.PictureResult, error) {
	f.asked = o
	if f.err != nil {
		return media.PictureResult{}, f.err
	}
	for _, part := range []media.PicturePart{{Kind: media.PartOptimized, Width: 3, Height: 4, Alpha: true}, {Kind: media.PartMask, Width: 3, Height: 4}} {
		if err := take(part, strings.NewReader("file")); err != nil {
			return media.PictureResult{}, err
		}
	}
	return media.PictureResult{Width: 5, Height: 6, Crop: &media.Rect{X: 1, Y: 2, Width: 3, Height: 4}, Warnings: []string{"w"}}, nil
}

func TestMakePictureTranslates(t *testing.T) {
	f := &fakeParts{}
	w := engine.PictureWork{
		Crop: &ingest.ManualCrop{Left: 1, Right: 2, Top: 3, Bottom: 4}, Keep: &ingest.Rect{X: 5}, AutoCrop: &engine.AutoCrop{Corner: "UpperLeft", Tolerance: .5},
		Knockout: &ingest.Knockout{Corner: "BottomLeft", Tolerance: .25, Fill: "FloodFill"}, Mask: true,
		Unsharp: &ingest.Unsharp{Amount: 1, Radius: 2, Threshold: 3, Monochrome: true}, ColorMode: "Convert", Source: []byte("s"), Output: []byte("o"),
	}
	var taken []ingest.DerivedKind
	made, failure := pictureMaker{f, slog.New(slog.DiscardHandler)}.MakePicture(t.Context(), nil, w, func(k ingest.DerivedKind, m ingest.Media, r io.Reader) error {
		taken = append(taken, k)
		if want := map[bool]string{true: "image/tiff", false: "image/png"}[k == ingest.DerivedOptimized]; m.ContentType != want || m.Width != 3 {
			t.Errorf("%s is %+v", k, m)
		}
		return nil
	})
	if failure != nil {
		t.Fatal(failure)
	}
	want := media.PictureOptions{
		Crop: &media.ManualCrop{Left: 1, Right: 2, Top: 3, Bottom: 4}, Keep: &media.Rect{X: 5},
		AutoCrop: &media.AutoCropOptions{Corner: "UpperLeft", Color: true, Tolerance: .5},
		Knockout: &media.Knockout{Corner: "BottomLeft", Tolerance: .25, Flood: true}, Mask: true,
		Unsharp: modifier.Unsharp{Amount: 1, Radius: 2, Threshold: 3, Monochrome: true},
		Color:   media.ColorOptions{Mode: media.ColorConvert, Source: []byte("s"), Output: []byte("o")},
	}
	if diff := cmp.Diff(want, f.asked); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]ingest.DerivedKind{ingest.DerivedOptimized, ingest.DerivedMask}, taken); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&ingest.Rect{X: 1, Y: 2, Width: 3, Height: 4}, made.Crop); diff != "" || len(made.Warnings) != 1 {
		t.Errorf("warnings %q, crop (-want +got):\n%s", made.Warnings, diff)
	}
}

// Only what an option asked for is missed; a file that is no image fails the asset, and what may pass is tried again.
func TestMakePictureFails(t *testing.T) {
	about := func(class fault.Class) error {
		return &fault.Error{Class: class, Msg: "it is so", Err: errors.New("/srv/secret")}
	}
	asked := engine.PictureWork{TaskInput: engine.TaskInput{Processing: ingest.Processing{CreateMask: true}}, Mask: true}
	for name, tt := range map[string]struct {
		err      error
		w        engine.PictureWork
		warnings []string
		failure  *engine.Failure
	}{
		"corrupt":              {about(fault.Corrupt), asked, nil, &engine.Failure{Reason: "it is so", Final: true, Unreadable: true}},
		"too large":            {about(fault.TooLarge), asked, []string{"createMask: the optimised image was not made: it is so"}, nil},
		"unsupported":          {about(fault.Unsupported), asked, []string{"createMask: the optimised image was not made: it is so"}, nil},
		"too large, not asked": {about(fault.TooLarge), engine.PictureWork{}, nil, nil},
		"no tool": {&fault.Error{Class: fault.Missing, Msg: "no vips: apt-get install libvips-tools", Tool: "vips"}, asked,
			[]string{"createMask: the optimised image was not made: no vips: apt-get install libvips-tools"}, nil},
		"crash": {about(fault.Crashed), asked, nil, &engine.Failure{Reason: "the media worker stopped while it inspected the file", Suspect: true}},
		"other": {errors.New("disk"), asked, nil, &engine.Failure{Reason: "the media worker could not inspect the file"}},
	} {
		made, failure := pictureMaker{&fakeParts{err: tt.err}, slog.New(slog.DiscardHandler)}.MakePicture(t.Context(), nil, tt.w, nil)
		if diff := cmp.Diff(tt.failure, failure); diff != "" {
			t.Errorf("%s: failure (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tt.warnings, made.Warnings); diff != "" {
			t.Errorf("%s: warnings (-want +got):\n%s", name, diff)
		}
	}
}
