package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
)

// rawFile makes a camera raw file of the TIFF kind that holds a picture and says how it is to be turned.
func rawFile(picture []byte, orientation uint16) []byte {
	type entry struct {
		tag, kind    uint16
		count, value uint32
	}
	const entries = 6
	at := uint32(8 + 2 + entries*12 + 4)
	maker := []byte("SLUICE\x00\x00")
	list := []entry{
		{0x010f, 2, 8, at}, {0x0110, 2, 8, at}, {0x0112, 3, 1, uint32(orientation)}, {0x0201, 4, 1, at + 8}, {0x0202, 4, 1, uint32(len(picture))},
		{0xc612, 1, 4, 0x0401}, // DNGVersion
	}
	var b bytes.Buffer
	b.WriteString("II*\x00\x08\x00\x00\x00")
	_ = binary.Write(&b, binary.LittleEndian, uint16(entries))
	_ = binary.Write(&b, binary.LittleEndian, list)
	b.Write(make([]byte, 4))
	b.Write(maker)
	b.Write(picture)
	return b.Bytes()
}

// The picture in a camera raw file is the largest one that the camera saved, upright.
func TestCameraRaw(t *testing.T) {
	needTools(t, "exiftool")
	for name, tt := range map[string]struct {
		file          []byte
		width, height int // of the thumbnail
	}{
		"as it is":    {rawFile(mediatest.JPEG(mediatest.Picture(300, 200)), 1), 256, 171},
		"turned":      {rawFile(mediatest.JPEG(mediatest.Picture(300, 200)), 6), 171, 256},
		"upside down": {rawFile(mediatest.JPEG(mediatest.Picture(300, 200)), 3), 256, 171},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRunner(t, "media-worker")
			found, err := r.Poster(t.Context(), bytes.NewReader(tt.file), int64(len(tt.file)), "a.dng", ThumbnailSpec{MaxEdge: 256})
			if err != nil {
				t.Fatal(err)
			}
			if found.ContentType != "image/x-adobe-dng" || found.Width != 300 || found.Height != 200 || found.Format != "" {
				t.Errorf("found %+v", found)
			}
			if found.Thumbnail == nil || found.Thumbnail.Width != tt.width || found.Thumbnail.Height != tt.height {
				t.Errorf("thumbnail %+v, want %d by %d", found.Thumbnail, tt.width, tt.height)
			}
			var kinds []string
			made, err := r.Picture(t.Context(), bytes.NewReader(tt.file), int64(len(tt.file)), "a.dng", PictureOptions{Crop: &ManualCrop{Left: 10, Top: 20}},
				func(p PicturePart, file io.Reader) error {
					kinds = append(kinds, p.Kind)
					_, err := io.Copy(io.Discard, file)
					return err
				})
			if err != nil || !slices.Equal(kinds, []string{PartOptimized}) || made.Crop == nil || *made.Crop != (Rect{X: 10, Y: 20, Width: 290, Height: 180}) {
				t.Errorf("%q, %+v: %v", kinds, made, err)
			}
		})
	}
}

// Without a picture in it, and without the tool, the failure says so.
func TestCameraRawWithoutPicture(t *testing.T) {
	needTools(t, "exiftool")
	r := newRunner(t, "media-worker")
	look := func(file []byte) error {
		_, err := r.Poster(t.Context(), bytes.NewReader(file), int64(len(file)), "a.nef", ThumbnailSpec{})
		return err
	}
	for name, picture := range map[string][]byte{"noise": bytes.Repeat([]byte("noise"), 99), "a broken picture": mediatest.JPEG(mediatest.Picture(300, 200))[:40]} {
		if err := look(rawFile(picture, 1)); fault.ClassOf(err) != fault.Unsupported {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if err := look(rawFile(nil, 1)); fault.ClassOf(err) != fault.Missing {
		t.Errorf("without the tool: %v", err)
	}
}

// Real files of cameras, cut off behind their first pictures.
func TestSamplesOfCameraRaw(t *testing.T) {
	needTools(t, "exiftool")
	folder := filepath.Join(sampleModule(t, "github.com/bep/imagemeta@v1.0.1"), "testdata", "images")
	for name, size := range map[string]image.Point{"sample.cr2": {160, 120}, "sample.arw": {160, 120}} {
		file, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		found, err := newRunner(t, "media-worker").Poster(t.Context(), bytes.NewReader(file), int64(len(file)), name, ThumbnailSpec{})
		if err != nil || found.Width != size.X || found.Height != size.Y || found.Thumbnail == nil {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}

// Signatures of raw files count, whatever the name is.
func TestSignaturesOfCameraRaw(t *testing.T) {
	for head, want := range map[string]string{
		"FUJIFILMCCD-RAW 0201FF": "image/x-fuji-raf", "IIRO\x08\x00": "image/x-olympus-orf", "\x00\x00\x00\x18ftypcrx \x00\x00": "image/x-canon-cr3",
		"IIU\x00\x18\x00": "image/x-panasonic-rw2", "II*\x00\x10\x00\x00\x00CR\x02\x00": "image/tiff",
	} {
		if got := Detect([]byte(head), "a.tif"); got != want {
			t.Errorf("%q: %s, want %s", head, got, want)
		}
	}
	for _, name := range []string{"a.DNG", "a.nef", "a.cr2", "a.arw", "a.pef", "a.nrw", "a.sr2", "a.srf", "a.erf"} {
		if got := Detect(rawFile(nil, 1), name); !isRaw(got) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// The word for the turn is found by whoever reads EXIF.
func TestOriented(t *testing.T) {
	file := mediatest.JPEG(mediatest.Picture(30, 20))
	r := newRunner(t, "media-worker")
	for n := range 9 {
		spool, err := r.opts.nameless()
		if err != nil {
			t.Fatal(err)
		}
		saved := &savedPictures{file: spool, buffer: make([]byte, savedBuffer)}
		defer saved.Close()
		for range 2 {
			if err := saved.add("a", bytes.NewReader(file), largestInRaw); err != nil {
				t.Fatal(err)
			}
		}
		turned, err := saved.oriented(saved.list[1], n)
		if err != nil {
			t.Fatal(err)
		}
		found, err := r.Inspect(t.Context(), turned, turned.Size(), "a.jpg", ThumbnailSpec{Skip: true})
		if err != nil || found.Orientation != max(1, n) {
			t.Errorf("%d: %d, %v", n, found.Orientation, err)
		}
		if first, err := io.ReadAll(saved.body(saved.list[0])); err != nil || !bytes.Equal(first, file) || n <= 1 && turned.Size() != int64(len(file)) {
			t.Errorf("%d: a picture that is upright, or another one, was changed: %v", n, err)
		}
	}
}
