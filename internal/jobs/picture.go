package jobs

import (
	"context"
	"io"
	"path"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// PictureTasks gives what picture tasks work on, and takes the files that come of it.
type PictureTasks interface {
	PictureWork(ctx context.Context, t *ingest.Task) (engine.PictureWork, error)
	OpenBlob(ctx context.Context, key ingest.BlobKey) (ingest.BlobReader, error)
	NewIntake() *engine.Intake
}

// PictureMade is what was found out of an image while its files were made.
type PictureMade struct {
	Crop     *ingest.Rect // nil = the whole image
	Warnings []string
}

// PictureMaker carries out the image options of an upload. It hands each file that
// comes of them to take, which reads it to its end.
type PictureMaker interface {
	MakePicture(ctx context.Context, src io.Reader, w engine.PictureWork, take func(ingest.DerivedKind, ingest.Media, io.Reader) error) (PictureMade, *engine.Failure)
}

// Picture returns the handler that crops an image, knocks out its background,
// converts its colours, sharpens it and makes its optimised image and its mask.
func Picture(tasks PictureTasks, maker PictureMaker) Handler {
	return func(ctx context.Context, t *ingest.Task) (result engine.TaskResult, failure *engine.Failure) {
		w, err := tasks.PictureWork(ctx, t)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		r, err := tasks.OpenBlob(ctx, w.Blob.Key)
		if err != nil {
			return engine.TaskResult{}, failed(err)
		}
		defer r.Close()
		p := engine.TaskResult{Intake: tasks.NewIntake(), Warnings: w.Warnings}
		defer dropUnless(&result, p.Intake)
		take := func(kind ingest.DerivedKind, found ingest.Media, file io.Reader) error {
			spool, err := p.Intake.Receive(ctx, file, -1)
			if err != nil {
				return err
			}
			p.Derived = append(p.Derived, engine.DerivedFile{
				Key: string(kind), Kind: kind, Name: derivedName(w.FileName, kind), Media: found, Spool: spool,
			})
			return nil
		}
		made, failure := maker.MakePicture(ctx, r, w, take)
		if failure != nil {
			return engine.TaskResult{}, failure
		}
		p.Crop = made.Crop
		p.Warnings = append(p.Warnings, made.Warnings...)
		return p, nil
	}
}

// derivedName is what a file that is made of an image is called.
func derivedName(fileName string, kind ingest.DerivedKind) string {
	base := strings.TrimSuffix(fileName, path.Ext(fileName))
	if kind == ingest.DerivedMask {
		return base + "-mask.png"
	}
	return base + ".tif"
}
