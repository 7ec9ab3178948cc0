package app

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"sluice/internal/engine"
	"sluice/internal/media"
	"sluice/internal/media/fault"
)

// documents lets the workers of package jobs look into documents.
type documents struct {
	runner documentRunner
	log    *slog.Logger
}

// documentRunner is what documents needs of media.Runner.
type documentRunner interface {
	Pages(ctx context.Context, src io.Reader, size int64, fileName string, o media.PageOptions, keep func(media.PageImage) error) (int, error)
	Words(ctx context.Context, src io.Reader, size int64, fileName string) ([]media.PageText, error)
	Links(ctx context.Context, src io.Reader, size int64, fileName string) (media.PDFDocument, error)
	Previews(ctx context.Context, src io.Reader, size int64, fileName string, keep func(media.PageImage) error) error
}

func (d documents) Pages(ctx context.Context, src io.Reader, size int64, fileName string, o media.PageOptions, keep func(media.PageImage) error) (int, string, *engine.Failure) {
	count, err := d.runner.Pages(ctx, src, size, fileName, o, keep)
	refusal, failure := d.judge(ctx, "no page images were made: ", err)
	return count, refusal, failure
}

func (d documents) Words(ctx context.Context, src io.Reader, size int64, fileName string) ([]media.PageText, string, *engine.Failure) {
	pages, err := d.runner.Words(ctx, src, size, fileName)
	refusal, failure := d.judge(ctx, "no search words were extracted: ", err)
	return pages, refusal, failure
}

func (d documents) Links(ctx context.Context, src io.Reader, size int64, fileName string) (media.PDFDocument, string, *engine.Failure) {
	found, err := d.runner.Links(ctx, src, size, fileName)
	refusal, failure := d.judge(ctx, "", err)
	return found, refusal, failure
}

func (d documents) Previews(ctx context.Context, src io.Reader, size int64, fileName string, keep func(media.PageImage) error) (string, *engine.Failure) {
	return d.judge(ctx, "no previews were read: ", d.runner.Previews(ctx, src, size, fileName, keep))
}

// judge tells apart what the failure classes mean for a document, whose file is kept in any case: what is wrong with
// it or with the tools is said after what, and what may pass is tried again. A missing tool's words say it all.
func (d documents) judge(ctx context.Context, what string, err error) (refusal string, failure *engine.Failure) {
	if err == nil {
		return "", nil
	}
	if _, ok := errors.AsType[*fault.Error](err); !ok {
		d.log.WarnContext(ctx, "a document was not worked on", "error", err)
		return "", &engine.Failure{Reason: "the document could not be worked on"}
	}
	class, reason, tool := fault.ClassOf(err), reasonOf(err), toolOf(err)
	if failed, _ := errors.AsType[*fault.Error](err); class == fault.Invalid {
		reason = failed.Msg
	}
	switch {
	case class == fault.Missing:
		return reason, nil
	case tool == "" && class.Retryable():
		d.log.WarnContext(ctx, "a document was not worked on", "class", string(class), "error", err)
		return "", &engine.Failure{Reason: reason, Suspect: suspect(class)}
	case tool != "":
		d.log.InfoContext(ctx, "a tool could not read a document", "tool", tool, "class", string(class), "error", err)
	}
	return what + reason, nil
}
