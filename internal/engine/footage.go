package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// FootageStep is what a footage task does.
type FootageStep struct {
	At int64 `json:"at"` // of the poster, in milliseconds from the start
}

// encodeStep is what an encode task does.
type encodeStep struct {
	Presets   []string            `json:"presets,omitempty"`   // handles
	Encodings []map[string]string `json:"encodings,omitempty"` // properties of others, by name in lower case; none of both = the default encodings
}

// EncodePreset is a property set that says how videos are encoded.
type EncodePreset struct {
	Handle     string            // "" = the job itself describes it
	Properties map[string]string // by name in lower case
}

// EncodeWork is what an encode task works on.
type EncodeWork struct {
	TaskInput
	Presets  []EncodePreset // none and no warnings = the default encodings
	Warnings []string       // presets that cannot be used
}

// FootageWork returns what a footage task works on.
func (e *Engine) FootageWork(ctx context.Context, t *ingest.Task) (in TaskInput, step FootageStep, err error) {
	if err := json.Unmarshal(t.Params, &step); err != nil {
		return in, step, &ingest.Error{Kind: ingest.Internal, Op: "engine.FootageWork", Err: err}
	}
	in, err = e.TaskInput(ctx, t)
	return in, step, err
}

// EncodeWork returns what an encode task works on. Presets are read in the name of
// the owner of the job.
func (e *Engine) EncodeWork(ctx context.Context, t *ingest.Task) (w EncodeWork, err error) {
	var step encodeStep
	if err := json.Unmarshal(t.Params, &step); err != nil {
		return w, &ingest.Error{Kind: ingest.Internal, Op: "engine.EncodeWork", Err: err}
	}
	if w.TaskInput, err = e.TaskInput(ctx, t); err != nil || len(step.Presets)+len(step.Encodings) == 0 {
		return w, err
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		w.Presets, w.Warnings = nil, nil
		j, err := tx.Job(t.Job)
		if err != nil {
			return err
		}
		owner, err := principalOf(tx, j.User)
		if err != nil {
			return err
		}
		for i, handle := range step.Presets {
			if slices.Contains(step.Presets[:i], handle) {
				continue
			}
			set, _, err := setOf(tx, owner, handleNumber(handle))
			if ingest.KindOf(err) == ingest.NotFound {
				w.Warnings = append(w.Warnings, fmt.Sprintf("the encoding preset %s was left out: there is no such property set", quote(handle)))
				continue
			}
			if err != nil {
				return err
			}
			preset := EncodePreset{Handle: handle, Properties: map[string]string{}}
			for _, p := range set.Properties {
				preset.Properties[strings.ToLower(strings.TrimSpace(p.Name))] = strings.TrimSpace(p.Value)
			}
			w.Presets = append(w.Presets, preset)
		}
		for _, properties := range step.Encodings {
			w.Presets = append(w.Presets, EncodePreset{Properties: properties})
		}
		return nil
	})
	return w, err
}

// handleNumber is the number in a handle such as ps|42; 0 when there is none.
func handleNumber(handle string) ingest.Number {
	_, digits, ok := strings.Cut(handle, "|")
	if !ok {
		digits = handle
	}
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return ingest.Number(number)
}
