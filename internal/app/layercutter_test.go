package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/media"
	"sluice/internal/media/fault"
)

// fakeLayers fails as it is told.
type fakeLayers struct {
	err    error
	extend bool
}

func (f *fakeLayers) Layers(_ context.Context, _ io.ReaderAt, _ int64, _ string, o media.LayersOptions, _ func(media.LayerPicture) error) (media.LayeredFile, error) {
	f.extend = o.Extend
	return media.LayeredFile{Width: 1}, f.err
}

func TestCutLayers(t *testing.T) {
	of := func(class fault.Class) error {
		return &fault.Error{Class: class, Msg: "words", Err: errors.New("/a/secret")}
	}
	for name, tt := range map[string]struct {
		err     error
		refusal string
		failure *engine.Failure
	}{
		"sound":     {nil, "", nil},
		"refused":   {of(fault.Refused), "", &engine.Failure{Reason: "words", Final: true, Unreadable: true}},
		"corrupt":   {of(fault.Corrupt), "words", nil},
		"no PSD":    {of(fault.Unsupported), "words", nil},
		"too large": {of(fault.TooLarge), "words", nil},
		"timeout":   {of(fault.Timeout), "", &engine.Failure{Reason: "the media worker did not finish the file in time", Suspect: true}},
		"crashed":   {of(fault.Crashed), "", &engine.Failure{Reason: "the media worker stopped while it inspected the file", Suspect: true}},
		"disk":      {errors.New("/a/secret"), "", &engine.Failure{Reason: "the media worker could not inspect the file"}},
	} {
		runner := &fakeLayers{err: tt.err}
		_, refusal, failure := layerCutter{runner, slog.New(slog.DiscardHandler)}.CutLayers(t.Context(), bytes.NewReader(nil), 0, "a.psd", true, nil)
		if refusal != tt.refusal || !runner.extend {
			t.Errorf("%s: %q, want %q", name, refusal, tt.refusal)
		}
		if diff := cmp.Diff(tt.failure, failure); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
