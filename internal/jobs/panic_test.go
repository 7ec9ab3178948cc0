package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/internal/blob/fsblob"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/media"
	"sluice/internal/media/archive"
)

// blobPort keeps the name of its method apart from that of the field.
type blobPort = ingest.Blobs

// counted counts the files of a store that have been begun and not removed.
type counted struct {
	blobPort
	left atomic.Int64
}

func (c *counted) NewStage(ctx context.Context, id ingest.StageID, spec ingest.StageSpec) (ingest.Stage, error) {
	stage, err := c.blobPort.NewStage(ctx, id, spec)
	c.left.Add(1)
	return countedStage{stage, c}, err
}

func (c *counted) Delete(ctx context.Context, key ingest.BlobKey) error {
	c.left.Add(-1)
	return c.blobPort.Delete(ctx, key)
}

type countedStage struct {
	ingest.Stage
	store *counted
}

func (s countedStage) Discard(ctx context.Context) error {
	s.store.left.Add(-1)
	return s.Stage.Discard(ctx)
}

// bomb is everything that makes files of files: it hands over two and panics.
type bomb struct {
	*fakeFiles
	*engine.Engine
}

func (b bomb) TaskInput(context.Context, *ingest.Task) (engine.TaskInput, error) {
	return engine.TaskInput{FileName: "a.psd", Blob: ingest.BlobRef{Key: "k", Size: int64(len(b.body))}}, nil
}

func (b bomb) OpenBlob(ctx context.Context, key ingest.BlobKey) (ingest.BlobReader, error) {
	return b.fakeFiles.OpenBlob(ctx, key)
}

func (b bomb) EncodeWork(ctx context.Context, t *ingest.Task) (engine.EncodeWork, error) {
	in, err := b.TaskInput(ctx, t)
	return engine.EncodeWork{TaskInput: in}, err
}

func (b bomb) PictureWork(ctx context.Context, t *ingest.Task) (engine.PictureWork, error) {
	in, err := b.TaskInput(ctx, t)
	return engine.PictureWork{TaskInput: in}, err
}

func (b bomb) UnpackWork(context.Context, *ingest.Task) (engine.UnpackWork, error) {
	return engine.UnpackWork{TaskInput: engine.TaskInput{FileName: "a.zip", Blob: ingest.BlobRef{Key: "k", Size: int64(len(b.body))}}}, nil
}

func (b bomb) StoreUnpacked(context.Context, *ingest.Task, engine.Unpacked) error { panic("bomb") }

func (b bomb) ExportWork(context.Context, *ingest.Task) (engine.ExportWork, error) {
	return engine.ExportWork{Files: []engine.ExportSource{{FileName: "a", Blob: ingest.BlobRef{Key: "k"}}, {FileName: "b", Blob: ingest.BlobRef{Key: "k"}, Render: true}}}, nil
}

func (b bomb) Render(context.Context, io.Reader, int64, string, string) (engine.Picture, error) {
	panic("bomb")
}

// blast hands two files over and panics.
func blast(take func(number int, body io.Reader) error) {
	for i := range 2 {
		if err := take(i+1, strings.NewReader(fmt.Sprintf("file %d", i))); err != nil {
			panic("not taken: " + err.Error())
		}
	}
	panic("bomb")
}

func (b bomb) CutLayers(_ context.Context, _ io.ReaderAt, _ int64, _ string, _ bool, take func(media.LayerPicture) error) (media.LayeredFile, string, *engine.Failure) {
	blast(func(number int, body io.Reader) error {
		return take(media.LayerPicture{Number: number, Size: -1, Body: body})
	})
	return media.LayeredFile{}, "", nil
}

func (b bomb) Footage(context.Context, io.Reader, int64, string) (media.Footage, *engine.Failure) {
	return media.Footage{Width: 1920, Height: 1080}, nil
}

func (b bomb) Encode(_ context.Context, _ io.Reader, _ int64, _ string, _ media.Encoding, _ func(float64), take func(ingest.Media, io.Reader) error) *engine.Failure {
	blast(func(_ int, body io.Reader) error { return take(ingest.Media{}, body) })
	return nil
}

func (b bomb) MakePicture(_ context.Context, _ io.Reader, _ engine.PictureWork, take func(ingest.DerivedKind, ingest.Media, io.Reader) error) (PictureMade, *engine.Failure) {
	blast(func(_ int, body io.Reader) error { return take(ingest.DerivedMask, ingest.Media{}, body) })
	return PictureMade{}, nil
}

// bombDocuments panics while it draws pages.
type bombDocuments struct{ fakeDocuments }

func (bombDocuments) Pages(_ context.Context, _ io.Reader, _ int64, _ string, _ media.PageOptions, keep func(media.PageImage) error) (int, string, *engine.Failure) {
	blast(func(number int, body io.Reader) error {
		return keep(media.PageImage{Page: number, File: body, Size: -1})
	})
	return 0, "", nil
}

// A handler that panics is a failed run, and nothing of what it has received or opened stays.
func TestNothingStaysOfAPanic(t *testing.T) {
	params, err := json.Marshal(ingest.Photoshop{Layers: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, handler := range map[string]func(bomb) Handler{
		"pages":   func(b bomb) Handler { return Pages(b, &bombDocuments{}) },
		"layers":  func(b bomb) Handler { return Layers(b, b) },
		"encode":  func(b bomb) Handler { return Encode(b, b) },
		"picture": func(b bomb) Handler { return Picture(b, b) },
		"unpack":  func(b bomb) Handler { return Unpack(b, archive.Limits{}) },
		"export":  func(b bomb) Handler { return Export(b, b) },
	} {
		t.Run(name, func(t *testing.T) {
			files, err := fsblob.Open(t.TempDir(), fsblob.Options{BootID: func() string { return "one" }})
			if err != nil {
				t.Fatal(err)
			}
			defer files.Close()
			blobs := &counted{blobPort: files}
			b := bomb{&fakeFiles{body: string(packed(t, "a", "b"))}, engine.New(engine.Config{Blobs: blobs, NewUUID: id.New})}
			w := &Workers{Handlers: map[ingest.TaskKind]Handler{"bomb": handler(b)}, Log: slog.New(slog.DiscardHandler)}
			_, failure := w.handle(t.Context(), &ingest.Task{Kind: "bomb", Params: params})
			if failure == nil || failure.Reason != "an internal error" || failure.Final {
				t.Errorf("failure %+v", failure)
			}
			if left := blobs.left.Load(); left != 0 || b.closed == 0 {
				t.Errorf("%d files stay, the source was closed %d times", left, b.closed)
			}
		})
	}
}
