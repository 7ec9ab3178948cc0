package jobs

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Renderer makes files of images by modifier commands.
type Renderer interface {
	Render(ctx context.Context, src io.Reader, size int64, fileName, modifier string) (engine.Picture, error)
}

// Export returns the handler that packs assets in one ZIP file, as they are or
// rendered. renderer may be nil; images that were to be rendered are then left out
// with a warning. The file is written as it is packed and never held in memory.
func Export(steps Steps, renderer Renderer) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		w, err := steps.ExportWork(ctx, t)
		if err != nil {
			return ended(err)
		}
		in := steps.NewIntake()
		defer in.Close()
		packed := packer{steps: steps, renderer: renderer, work: w, names: map[string]bool{}}
		r, pipe := io.Pipe()
		defer r.Close() // lets the writer go, also when receiving panics
		written := make(chan string, 1)
		go func() { written <- packed.write(ctx, pipe) }()
		spool, err := in.Receive(ctx, stoppable{ctx, r}, -1)
		r.Close() // and when it has failed
		if panicked := <-written; panicked != "" {
			panic(panicked) // here, where the workers make a failure of it
		}
		if err == nil {
			err = packed.err
		}
		if err != nil {
			return ended(err)
		}
		if packed.files == 0 {
			return engine.TaskResult{}, &engine.Failure{Reason: "nothing could be exported: " + strings.Join(packed.warnings(), "; "), Final: true}
		}
		done := packed.work
		done.Warnings = packed.warnings()
		done.Files = done.Files[:packed.files]
		return ended(steps.FinishExport(ctx, t, in, spool, done))
	}
}

// packer writes the ZIP file of an export.
type packer struct {
	steps    Steps
	renderer Renderer
	work     engine.ExportWork
	names    map[string]bool // taken within the file, in lower case
	files    int
	skipped  []string
	err      error
}

func (p *packer) warnings() []string { return append(p.work.Warnings, p.skipped...) }

// write packs the file into a pipe and closes that. It returns the words of a panic,
// "" when there was none.
func (p *packer) write(ctx context.Context, w *io.PipeWriter) (panicked string) {
	defer func() {
		if r := recover(); r != nil {
			panicked, p.err = fmt.Sprintf("%v\n%s", r, debug.Stack()), io.ErrUnexpectedEOF
		}
		w.CloseWithError(p.err)
	}()
	z := zip.NewWriter(w)
	for i, f := range p.work.Files {
		report(ctx, float64(i)/float64(len(p.work.Files)))
		if p.err = p.add(ctx, z, f); p.err != nil {
			return ""
		}
	}
	p.err = z.Close()
	return ""
}

// add packs one file. A file that cannot be rendered is left out.
func (p *packer) add(ctx context.Context, z *zip.Writer, f engine.ExportSource) error {
	r, err := p.steps.OpenBlob(ctx, f.Blob.Key)
	if err != nil {
		return err
	}
	defer r.Close()
	if !f.Render {
		return p.pack(z, f.FileName, f.Stored, r)
	}
	if p.renderer == nil {
		p.skipped = append(p.skipped, f.FileName+": this server cannot render images")
		return nil
	}
	made, err := p.renderer.Render(ctx, r, f.Blob.Size, f.FileName, p.work.Modifier)
	if err != nil {
		if ctx.Err() != nil || ingest.KindOf(err) == ingest.Unavailable {
			return err
		}
		p.skipped = append(p.skipped, f.FileName+": "+ingest.Message(err))
		return nil
	}
	for _, words := range made.Warnings {
		p.skipped = append(p.skipped, f.FileName+": "+words)
	}
	name := f.FileName
	if made.Extension != "" {
		name = strings.TrimSuffix(name, path.Ext(name)) + "." + made.Extension
	}
	return p.pack(z, name, f.Stored, bytes.NewReader(made.Bytes))
}

// pack adds one file as it is: media is compressed already.
func (p *packer) pack(z *zip.Writer, name string, stored time.Time, r io.Reader) error {
	to, err := z.CreateHeader(&zip.FileHeader{Name: p.free(name), Method: zip.Store, Modified: stored})
	if err != nil {
		return err
	}
	p.files++
	_, err = io.Copy(to, r)
	return err
}

// free returns a name that the file does not have yet.
func (p *packer) free(name string) string {
	name = strings.TrimLeft(strings.ReplaceAll(name, "/", "_"), ".")
	ext := path.Ext(name)
	candidate := name
	for n := 1; p.names[strings.ToLower(candidate)]; n++ {
		candidate = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), n, ext)
	}
	p.names[strings.ToLower(candidate)] = true
	return candidate
}
