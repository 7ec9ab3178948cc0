package media

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
)

// A worker in its box reads the metadata of pictures beside their thumbnails, where it is asked for.
func TestMetadataInTheWorker(t *testing.T) {
	folder := filepath.Join(sampleModule(t, "github.com/bep/imagemeta@v1.0.1"), "testdata", "images")
	r := newRunner(t, "media-worker")
	read := func(name string) []byte {
		t.Helper()
		file, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	photo := read("bep/sunrise.jpg")
	for _, want := range []bool{true, false, true} {
		found, err := r.Inspect(t.Context(), bytes.NewReader(photo), int64(len(photo)), "a.jpg", ThumbnailSpec{Metadata: want})
		if err != nil || found.Thumbnail == nil || (found.Metadata != nil) != want {
			t.Fatalf("asked for it %v: %v, %v", want, found.Metadata, err)
		}
		if want && (!slices.Equal(found.Metadata.Values["tiff.Model"], []string{"PENTAX K-3 II"}) || found.Metadata.Packet == nil) {
			t.Errorf("found %v", found.Metadata.Values)
		}
	}
	plain := mediatest.JPEG(mediatest.Picture(30, 20))
	found, err := r.Inspect(t.Context(), bytes.NewReader(plain), int64(len(plain)), "a.jpg", ThumbnailSpec{Metadata: true})
	if err != nil || found.Metadata == nil || !found.Metadata.Empty() {
		t.Errorf("a plain picture: %v, %v", found.Metadata, err)
	}
	for _, name := range []string{"infinite_loop_exif.jpg", "huge_tag_exif.jpg", "max_uint32_exif.jpg"} {
		file := read("corrupt/" + name)
		if found, err := r.Inspect(t.Context(), bytes.NewReader(file), int64(len(file)), name, ThumbnailSpec{Metadata: true}); err == nil && found.Metadata == nil {
			t.Errorf("%s was not looked into", name)
		}
	}
	phone := read("iphone.heic")
	m, err := r.Metadata(t.Context(), bytes.NewReader(phone), int64(len(phone)), "a.heic")
	if err != nil || !slices.Equal(m.Values["tiff.Make"], []string{"Apple"}) {
		t.Errorf("a HEIC picture: %v, %v", m, err)
	}
}

// A worker that lies about metadata is ended.
func TestLiesAboutMetadata(t *testing.T) {
	r := newRunner(t, "fake-worker")
	for _, lie := range []string{"metadata", "long metadata"} {
		_, err := r.Inspect(t.Context(), strings.NewReader("x"), 1, "lie: "+lie, ThumbnailSpec{Metadata: true})
		if fault.ClassOf(err) != fault.Crashed {
			t.Errorf("%s: %v", lie, err)
		}
	}
	if _, err := r.Inspect(t.Context(), strings.NewReader("x"), 1, "lie: metadata", ThumbnailSpec{}); fault.ClassOf(err) != fault.Crashed {
		t.Errorf("metadata that nobody asked for: %v", err)
	}
}

// exiftool, in its box, reads what nothing else does; without it the error names it.
func TestMetadataByTheTool(t *testing.T) {
	song := func(t *testing.T) (*os.File, int64) {
		needTools(t, "ffmpeg")
		f, err := os.Open(sample(t, "a.mp3", append(sound, "-metadata", "title=A song", "-metadata", "artist=Ann")...))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		return f, info.Size()
	}
	t.Run("there", func(t *testing.T) {
		needTools(t, "exiftool")
		f, size := song(t)
		m, err := newRunner(t, "media-worker").Metadata(t.Context(), f, size, "a.mp3")
		if err != nil || !slices.Equal(m.Values["dc.title"], []string{"A song"}) || !slices.Equal(m.Values["xmpDM.artist"], []string{"Ann"}) {
			t.Errorf("%v, %v", m, err)
		}
		_, err = newRunner(t, "media-worker").Metadata(t.Context(), bytes.NewReader(make([]byte, 4000)), 4000, "a.mp4")
		if err != nil && fault.ClassOf(err) != fault.Corrupt {
			t.Errorf("zeros: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := newRunner(t, "media-worker").Metadata(ctx, f, size, "a.mp3"); fault.ClassOf(err) != fault.Cancelled {
			t.Errorf("cancelled: %v", err)
		}
	})
	t.Run("missing", func(t *testing.T) {
		f, size := song(t)
		t.Setenv("PATH", t.TempDir())
		_, err := newRunner(t, "media-worker").Metadata(t.Context(), f, size, "a.mp3")
		if fault.ClassOf(err) != fault.Missing || !strings.Contains(err.Error(), "apt-get install libimage-exiftool-perl") {
			t.Errorf("%v", err)
		}
	})
}
