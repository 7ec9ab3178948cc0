package jobs

import (
	"archive/zip"
	"bytes"
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media/archive"
)

// reports collects what a run reports.
func reports(t *testing.T) (context.Context, *[]float64) {
	var got []float64
	return reporting(t.Context(), func(done float64) { got = append(got, done) }), &got
}

// A handler tells the queue how far its run has come.
func TestWorkersReportProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a")
		stop := run(q, 1, map[ingest.TaskKind]Handler{"a": func(ctx context.Context, _ *ingest.Task) (engine.TaskResult, *engine.Failure) {
			report(ctx, 0.25)
			return engine.TaskResult{}, nil
		}})
		synctest.Wait()
		stop()
		if diff := cmp.Diff([]string{"at 0.25 of 1", "done 1"}, q.entries()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Each encoding is a part of the whole.
func TestEncodingReports(t *testing.T) {
	ctx, got := reports(t)
	if _, failure := Encode(fakeEncodes{intakes(t), engine.EncodeWork{Presets: []engine.EncodePreset{
		preset("ps|1", "videobitrate", "400"), preset("ps|2", "videobitrate", "900"),
	}}}, fakeEncoder{})(ctx, &ingest.Task{}); failure != nil {
		t.Fatal(failure)
	}
	if diff := cmp.Diff([]float64{0.25, 0.75}, *got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Unpacking reports its members, and within a large one its bytes.
func TestUnpackingReports(t *testing.T) {
	ctx, got := reports(t)
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	for name, size := range map[string]int{"a.txt": 1 << 20, "b.txt": 1 << 20} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	a := &fakeArchives{Engine: intakes(t), body: file.Bytes()}
	if _, failure := Unpack(a, archive.Limits{})(ctx, &ingest.Task{}); failure != nil {
		t.Fatal(failure)
	}
	within := func(from, to float64) bool {
		return slices.ContainsFunc(*got, func(done float64) bool { return done > from && done < to })
	}
	if len(*got) == 0 || !slices.IsSorted(*got) || !slices.Contains(*got, 0.5) || !within(0.5, 0.9) || (*got)[len(*got)-1] != 1 {
		t.Errorf("reports %v", *got)
	}
}
