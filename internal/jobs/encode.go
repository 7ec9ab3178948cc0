package jobs

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/media"
)

// EncodeTasks gives what encode tasks work on, and takes the files that come of it.
type EncodeTasks interface {
	EncodeWork(ctx context.Context, t *ingest.Task) (engine.EncodeWork, error)
	OpenBlob(ctx context.Context, key ingest.BlobKey) (ingest.BlobReader, error)
	NewIntake() *engine.Intake
}

// Encoder encodes videos. A failure that is final says what is wrong in words for the
// job log.
type Encoder interface {
	Footage(ctx context.Context, src io.Reader, size int64, fileName string) (media.Footage, *engine.Failure)
	Encode(ctx context.Context, src io.Reader, size int64, fileName string, want media.Encoding, progress func(float64), take func(ingest.Media, io.Reader) error) *engine.Failure
}

// Encode returns the handler that encodes a video by presets, or by default in a few
// sizes. Each encoding is an asset, and all together are an asset set.
func Encode(tasks EncodeTasks, encoder Encoder) Handler {
	return func(ctx context.Context, t *ingest.Task) (result engine.TaskResult, failure *engine.Failure) {
		w, err := tasks.EncodeWork(ctx, t)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		r, err := tasks.OpenBlob(ctx, w.Blob.Key)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		defer r.Close()
		found, failure := encoder.Footage(ctx, r, w.Blob.Size, w.FileName)
		if failure != nil {
			return encodeFailed(failure)
		}
		e := encodeRun{tasks: tasks, encoder: encoder, work: w, result: engine.TaskResult{Intake: tasks.NewIntake(), Warnings: w.Warnings}}
		defer dropUnless(&result, e.result.Intake)
		wanted := e.wanted(found)
		for i, want := range wanted {
			progress := func(done float64) { report(ctx, (float64(i)+done)/float64(len(wanted))) }
			if failure := e.encode(ctx, r, want, progress); failure != nil {
				return engine.TaskResult{}, failure
			}
		}
		e.group()
		return e.result, nil
	}
}

// encodeFailed is the end of a task that could not begin: what is wrong with the
// video, or lacking on this machine, is a warning.
func encodeFailed(f *engine.Failure) (engine.TaskResult, *engine.Failure) {
	if f.Final {
		return engine.TaskResult{Warning: "mediaOptions: " + f.Reason}, nil
	}
	return engine.TaskResult{}, f
}

// encodeRun is one run of an encode task.
type encodeRun struct {
	tasks   EncodeTasks
	encoder Encoder
	work    engine.EncodeWork
	result  engine.TaskResult
}

// wanted lists the encodings that are to be made.
func (e *encodeRun) wanted(found media.Footage) []media.Encoding {
	if len(e.work.Presets) == 0 && len(e.work.Warnings) == 0 {
		return media.Ladder(found.Width, found.Height)
	}
	var list []media.Encoding
	suffixes := map[string]bool{}
	for _, p := range e.work.Presets {
		want, err := encodingOf(p)
		if err != nil {
			e.result.Warnings = append(e.result.Warnings, fmt.Sprintf("the encoding preset %.64q was left out: %s", cmp.Or(p.Handle, p.Properties["name"]), ingest.Message(err)))
			continue
		}
		if suffixes[want.Suffix] {
			want.Suffix += "_" + shortName(p)
		}
		for n, stem := 2, want.Suffix; suffixes[want.Suffix]; n++ {
			want.Suffix = fmt.Sprintf("%s-%d", stem, n)
		}
		suffixes[want.Suffix] = true
		list = append(list, want)
	}
	return list
}

// encode makes one encoding. One that fails for good is left out with a warning.
func (e *encodeRun) encode(ctx context.Context, src io.ReadSeeker, want media.Encoding, progress func(float64)) *engine.Failure {
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return failed(err)
	}
	made := engine.Made{
		Key: "encoding/" + want.Suffix, FileName: strings.TrimSuffix(e.work.FileName, path.Ext(e.work.FileName)) + want.Suffix + ".mp4",
		Type: ingest.TypeVideo, Engine: engine.EngineImageConvert, Kind: ingest.DerivedEncoding,
	}
	failure := e.encoder.Encode(ctx, src, e.work.Blob.Size, e.work.FileName, want, progress, func(found ingest.Media, file io.Reader) (err error) {
		made.Media = found
		made.Spool, err = e.result.Intake.Receive(ctx, file, -1)
		return err
	})
	switch {
	case failure == nil:
		e.result.Made = append(e.result.Made, made)
	case failure.Final:
		e.result.Warnings = append(e.result.Warnings, fmt.Sprintf("mediaOptions: the encoding %s was left out: %s", want.Name, failure.Reason))
	default:
		return failure
	}
	return nil
}

// group makes the set of the encodings. Its text lists the files, as video sets do.
func (e *encodeRun) group() {
	if len(e.result.Made) == 0 {
		return
	}
	if len(e.result.Warnings) == 0 {
		e.result.Completes = []ingest.DerivedKind{ingest.DerivedEncoding}
	}
	var keys []string
	for _, m := range e.result.Made {
		keys = append(keys, m.Key)
	}
	e.result.Sets = []engine.MadeSet{{
		Key: "encodings", Kind: ingest.DerivedEncoding, Type: ingest.TypeAssetSet, SubType: "AdaptiveVideoSet", Engine: engine.EngineImageConvert,
		Name: strings.TrimSuffix(e.work.FileName, path.Ext(e.work.FileName)) + "-AVS",
		Define: func(number func(key string) ingest.Number) string {
			var items []string
			for _, key := range keys {
				if n := number(key); n != 0 {
					items = append(items, fmt.Sprintf("${getFilePath([a|%d])}", n))
				}
			}
			return strings.Join(items, ",")
		},
	}}
}
