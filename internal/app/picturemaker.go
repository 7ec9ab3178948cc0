package app

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/jobs"
	"sluice/internal/media"
	"sluice/internal/media/fault"
	"sluice/internal/media/modifier"
)

// pictureMaker lets the workers of package jobs make the files of images.
type pictureMaker struct {
	runner picturePartRunner
	log    *slog.Logger
}

// picturePartRunner is what pictureMaker needs of media.Runner.
type picturePartRunner interface {
	Picture(ctx context.Context, src io.Reader, size int64, fileName string, o media.PictureOptions, take func(media.PicturePart, io.Reader) error) (media.PictureResult, error)
}

// MakePicture translates the options, and what failures mean for the asset: the
// inspection says already which files are no images, and why an image that no option
// is about has no more than its original.
func (m pictureMaker) MakePicture(ctx context.Context, src io.Reader, w engine.PictureWork, take func(ingest.DerivedKind, ingest.Media, io.Reader) error) (jobs.PictureMade, *engine.Failure) {
	result, err := m.runner.Picture(ctx, src, w.Blob.Size, w.FileName, pictureOptions(w), func(part media.PicturePart, file io.Reader) error {
		return take(derivedKind(part.Kind), ingest.Media{
			ContentType: part.ContentType(), Width: part.Width, Height: part.Height, Frames: 1, Orientation: 1, Alpha: part.Alpha,
		}, file)
	})
	made := jobs.PictureMade{Warnings: result.Warnings}
	if result.Crop != nil {
		crop := ingest.Rect(*result.Crop)
		made.Crop = &crop
	}
	if err == nil {
		return made, nil
	}
	class, reason := fault.ClassOf(err), reasonOf(err)
	switch class {
	case fault.Corrupt, fault.Refused:
		return made, &engine.Failure{Reason: reason, Final: true, Unreadable: true}
	case fault.Unsupported, fault.TooLarge, fault.Missing, fault.Invalid:
		if !w.Plain() {
			words := "the optimised image was not made: " + reason
			if asked := w.Asked(); len(asked) > 0 {
				words = strings.Join(asked, ", ") + ": " + words
			}
			made.Warnings = append(made.Warnings, words)
		}
		return made, nil
	}
	m.log.WarnContext(ctx, "the files of an image were not made", "class", string(class), "error", err)
	return made, &engine.Failure{Reason: reason, Suspect: suspect(class)}
}

func derivedKind(part string) ingest.DerivedKind {
	if part == media.PartMask {
		return ingest.DerivedMask
	}
	return ingest.DerivedOptimized
}

// pictureOptions translates the options of an upload.
func pictureOptions(w engine.PictureWork) media.PictureOptions {
	o := media.PictureOptions{Mask: w.Mask}
	if w.Crop != nil {
		crop := media.ManualCrop(*w.Crop)
		o.Crop = &crop
	}
	if w.Keep != nil {
		keep := media.Rect(*w.Keep)
		o.Keep = &keep
	}
	if a := w.AutoCrop; a != nil {
		o.AutoCrop = &media.AutoCropOptions{Corner: a.Corner, Color: a.Corner != "", Tolerance: a.Tolerance}
	}
	if k := w.Knockout; k != nil {
		o.Knockout = &media.Knockout{Corner: k.Corner, Tolerance: k.Tolerance, Flood: k.Fill == "FloodFill"}
	}
	if u := w.Unsharp; u != nil {
		o.Unsharp = modifier.Unsharp(*u)
	}
	switch w.ColorMode {
	case "MaintainOriginal":
		o.Color.Mode = media.ColorMaintain
	case "Convert":
		o.Color = media.ColorOptions{Mode: media.ColorConvert, Source: w.Source, Output: w.Output}
	}
	return o
}
