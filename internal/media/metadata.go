package media

import (
	"bytes"
	"context"
	"io"
	"strings"

	"sluice/internal/media/fault"
	"sluice/internal/media/metadata"
)

// Metadata reads what a file says of itself where an inspection does not: of HEIC, AVIF and some cameras' raw pictures
// in a worker, of other pictures, documents, video and sound by exiftool, in the box, whose answer a worker reads. What
// Poster says of the source, of waiting, limits and errors holds here too.
func (r *Runner) Metadata(ctx context.Context, src io.Reader, size int64, fileName string) (*metadata.Metadata, error) {
	found, err := r.metadata(ctx, src, size, fileName)
	return found, attributed(err, "media.Metadata")
}

func (r *Runner) metadata(ctx context.Context, src io.Reader, size int64, fileName string) (*metadata.Metadata, error) {
	in, head, err := r.opts.toolFile(src, size)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if metadata.Readable(Detect(head, fileName)) && size <= r.opts.MaxInputBytes {
		return r.toldBy(ctx, request{Op: opMetadata, Name: plain(fileName, maxName), Size: size}, io.NewSectionReader(in, 0, size))
	}
	if strings.HasPrefix(Detect(head, fileName), "text/") {
		return &metadata.Metadata{}, nil
	}
	program, path, err := need{"metadata was not read", []string{"exiftool"}}.find()
	if err != nil {
		return nil, err
	}
	run := toolRun{program: program, path: path, args: metadata.ToolArguments(toolInput), input: in.File, most: metadata.MaxAnswer}
	var said []byte
	err = r.withTool(ctx, program, func(limited context.Context) error {
		said, err = run.run(limited, r.opts)
		return err
	})
	if err != nil {
		return nil, err
	}
	found, err := r.toldBy(ctx, request{Op: opToolSaid, Size: int64(len(said))}, bytes.NewReader(said))
	if fault.ClassOf(err) == fault.Unsupported {
		return nil, run.failed(fault.Unsupported, err, "gave an answer that cannot be read")
	}
	return found, err
}

// toldBy has a worker read metadata.
func (r *Runner) toldBy(ctx context.Context, req request, src io.Reader) (*metadata.Metadata, error) {
	_, body, err := r.perform(ctx, req, src)
	if err != nil {
		return nil, err
	}
	return readMetadata(body)
}
