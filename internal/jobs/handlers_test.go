package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// fakeFiles has one file.
type fakeFiles struct {
	body     string
	inputErr error
	openErr  error
	readErr  error // after the body, instead of io.EOF
	closed   int
}

func (f *fakeFiles) TaskInput(context.Context, *ingest.Task) (engine.TaskInput, error) {
	return engine.TaskInput{FileName: "a.jpg", Blob: ingest.BlobRef{Key: "k", Size: int64(len(f.body))}}, f.inputErr
}

func (f *fakeFiles) OpenBlob(_ context.Context, key ingest.BlobKey) (ingest.BlobReader, error) {
	if key != "k" {
		return nil, errors.New("another key")
	}
	if f.openErr != nil {
		return nil, f.openErr
	}
	return &fakeReader{Reader: bytes.NewReader([]byte(f.body)), files: f}, nil
}

type fakeReader struct {
	*bytes.Reader
	files *fakeFiles
}

func (r *fakeReader) Size() int64 { return int64(len(r.files.body)) }

func (r *fakeReader) Close() error { r.files.closed++; return nil }

func (r *fakeReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err == io.EOF && r.files.readErr != nil {
		err = r.files.readErr
	}
	return n, err
}

func TestDigest(t *testing.T) {
	for _, size := range []int{0, 1, 128 << 10, 300_000} {
		f := &fakeFiles{body: strings.Repeat("x", size)}
		r, failure := Digest(f)(context.Background(), &ingest.Task{})
		want := sha256.Sum256([]byte(f.body))
		if failure != nil || !bytes.Equal(r.SHA256, want[:]) || f.closed != 1 {
			t.Errorf("%d bytes: %x, %v, closed %d times", size, r.SHA256, failure, f.closed)
		}
	}
}

var errSecret = errors.New("open /srv/blobs/f-1: permission denied")

// Failures of the store may pass, and their words are not for everybody.
func TestHandlersFail(t *testing.T) {
	gone := &ingest.Error{Kind: ingest.Unavailable, Msg: "the disk is away"}
	tests := map[string]struct {
		files fakeFiles
		want  string
	}{
		"no row":   {fakeFiles{inputErr: errSecret}, "internal error"},
		"no blob":  {fakeFiles{openErr: gone}, "the disk is away"},
		"no bytes": {fakeFiles{body: "abc", readErr: errSecret}, "internal error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			handlers := []Handler{Digest(&tt.files), Inspect(&tt.files, &fakeInspector{read: true})}
			for i, h := range handlers {
				_, failure := h(context.Background(), &ingest.Task{})
				if failure == nil {
					t.Fatalf("handler %d: no failure", i)
				}
				if diff := cmp.Diff(&engine.Failure{Reason: tt.want}, failure); diff != "" {
					t.Errorf("handler %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, failure := Digest(&fakeFiles{body: "abc"})(ctx, &ingest.Task{}); failure == nil || failure.Final {
		t.Errorf("a digest that is stopped: %v", failure)
	}
}

type fakeInspector struct {
	found   Found
	failure *engine.Failure
	read    bool
	got     string
}

func (i *fakeInspector) Inspect(_ context.Context, src io.Reader, size int64, name string) (Found, *engine.Failure) {
	if i.read {
		b, err := io.ReadAll(src)
		if err != nil {
			return Found{}, &engine.Failure{Reason: ingest.Message(err)}
		}
		i.got = string(b)
	}
	if name != "a.jpg" || i.read && size != int64(len(i.got)) {
		return Found{}, &engine.Failure{Reason: "another file", Final: true}
	}
	return i.found, i.failure
}

func TestInspect(t *testing.T) {
	media := ingest.Media{ContentType: "image/gif", Width: 4, Height: 3, Frames: 2}
	thumb := ingest.Media{ContentType: "image/jpeg", Width: 2, Height: 1}
	tests := map[string]struct {
		found   Found
		failure *engine.Failure
		want    engine.TaskResult
	}{
		"with a thumbnail": {
			found: Found{Media: media, Type: ingest.TypeAnimatedGIF, Thumbnail: []byte("t"), Thumb: thumb},
			want: engine.TaskResult{Media: &media, Type: ingest.TypeAnimatedGIF, Derived: []engine.DerivedFile{
				{Key: "thumbnail", Kind: ingest.DerivedThumbnail, Name: "thumbnail", Media: thumb, Bytes: []byte("t")},
			}},
		},
		"without": {
			found: Found{Media: media, Warning: "too large for a thumbnail"},
			want:  engine.TaskResult{Media: &media, Warning: "too large for a thumbnail"},
		},
		"unreadable": {failure: &engine.Failure{Reason: "it is text", Final: true, Unreadable: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := &fakeFiles{body: "image"}
			i := &fakeInspector{found: tt.found, failure: tt.failure, read: true}
			got, failure := Inspect(f, i)(context.Background(), &ingest.Task{})
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(engine.TaskResult{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.failure, failure); diff != "" {
				t.Errorf("failure (-want +got):\n%s", diff)
			}
			if i.got != "image" || f.closed != 1 {
				t.Errorf("read %q, closed %d times", i.got, f.closed)
			}
		})
	}
}
