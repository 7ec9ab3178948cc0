package jobs

import (
	"context"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// fakePictures is one image with its options, and what comes of it.
type fakePictures struct {
	fakeFiles
	made    PictureMade
	failure *engine.Failure
}

func (f *fakePictures) PictureWork(ctx context.Context, t *ingest.Task) (engine.PictureWork, error) {
	in, err := f.TaskInput(ctx, t)
	return engine.PictureWork{TaskInput: in, Warnings: []string{"from the options"}}, err
}

func (f *fakePictures) NewIntake() *engine.Intake { return (&engine.Engine{}).NewIntake() }

func (f *fakePictures) MakePicture(_ context.Context, src io.Reader, w engine.PictureWork, _ func(ingest.DerivedKind, ingest.Media, io.Reader) error) (PictureMade, *engine.Failure) {
	if body, err := io.ReadAll(src); err != nil || string(body) != f.body || w.FileName != "a.jpg" {
		return PictureMade{}, &engine.Failure{Reason: "another file"}
	}
	return f.made, f.failure
}

func TestPicture(t *testing.T) {
	crop := &ingest.Rect{X: 1, Width: 2, Height: 3}
	f := &fakePictures{fakeFiles: fakeFiles{body: "abc"}, made: PictureMade{Crop: crop, Warnings: []string{"from the picture"}}}
	r, failure := Picture(f, f)(context.Background(), &ingest.Task{})
	if failure != nil || f.closed != 1 || r.Crop != crop || r.Intake == nil {
		t.Errorf("result %+v, failure %v, closed %d times", r, failure, f.closed)
	}
	if diff := cmp.Diff([]string{"from the options", "from the picture"}, r.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	f.failure = &engine.Failure{Reason: "damaged", Final: true, Unreadable: true}
	if _, failure := Picture(f, f)(context.Background(), &ingest.Task{}); failure != f.failure {
		t.Errorf("failure %v", failure)
	}
	for name, files := range map[string]fakeFiles{"no row": {inputErr: errSecret}, "no blob": {openErr: errSecret}} {
		f := &fakePictures{fakeFiles: files}
		if _, failure := Picture(f, f)(context.Background(), &ingest.Task{}); failure == nil || failure.Reason == errSecret.Error() || failure.Final {
			t.Errorf("%s: %v", name, failure)
		}
	}
}

func TestDerivedNames(t *testing.T) {
	for _, tt := range []struct {
		file string
		kind ingest.DerivedKind
		want string
	}{
		{"chair.jpg", ingest.DerivedOptimized, "chair.tif"}, {"a.b.png", ingest.DerivedMask, "a.b-mask.png"}, {"none", ingest.DerivedMask, "none-mask.png"},
	} {
		if got := derivedName(tt.file, tt.kind); got != tt.want {
			t.Errorf("%s of %s: %s, want %s", tt.kind, tt.file, got, tt.want)
		}
	}
}
