//go:build nodynamic

package media

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/media/decoder"
	"sluice/internal/media/extent"
	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
	"sluice/internal/media/raster"
)

// writtenByVips has vips write a PNG file of ours in another format; options may follow the name in brackets.
func writtenByVips(t *testing.T, picture image.Image, name string) []byte {
	t.Helper()
	folder := t.TempDir()
	source := filepath.Join(folder, "in.png")
	if err := os.WriteFile(source, mediatest.PNG(picture), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("vips", "copy", source, filepath.Join(folder, name)).CombinedOutput(); err != nil {
		t.Skipf("this vips does not write %s: %v %s", name, err, said)
	}
	plain, _, _ := strings.Cut(name, "[")
	file, err := os.ReadFile(filepath.Join(folder, plain))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// foreignPicture is what comes of a file that workers do not read: the picture and its profile.
func foreignPicture(t *testing.T, r *Runner, file []byte, name string) (image.Image, []byte, error) {
	t.Helper()
	in, _, err := r.opts.toolFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, _, err := r.decodedByTool(t.Context(), in.File, Detect(file, name))
	if err != nil {
		return nil, nil, err
	}
	defer out.Close()
	decoded, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(decoded))
	if err != nil {
		t.Fatal(err)
	}
	return img, raster.Profile(out.SectionReader), nil
}

// over is a picture on gray: of colours nobody sees, decoders give what they like.
func over(img image.Image) image.Image {
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Rect, image.NewUniform(color.Gray{Y: 128}), image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Over)
	return out
}

// turnedFiles are files of a picture with each property of HEIF that turns it, in place of one that no reader needs.
func turnedFiles(t *testing.T, file []byte, name string) map[string][]byte {
	t.Helper()
	if !bytes.Contains(file, []byte("pixi\x00")) {
		t.Fatal("the sample has no property of pixels")
	}
	files := map[string][]byte{}
	for _, property := range []string{"irot\x01", "irot\x02", "irot\x03", "imir\x00", "imir\x01"} {
		files[fmt.Sprintf("%q %s", property, name)] = bytes.Replace(file, []byte("pixi\x00"), []byte(property), 1)
	}
	return files
}

// Where vips is missing, a worker decodes the picture, and it is the one that vips gives, with the same profile.
func TestPicturesAreDecodedWithoutVips(t *testing.T) {
	needTools(t, "vips")
	photo := mediatest.Photograph(600, 402)
	transparent := image.NewNRGBA(image.Rect(0, 0, 200, 150))
	mediatest.Into(transparent, mediatest.Picture(200, 150))
	for i := range 150 * 40 {
		transparent.Pix[4*i+3] = uint8(i / 40)
	}
	files := map[string][]byte{
		"a.heic": writtenByVips(t, photo, "a.heic[Q=90]"), "a.avif": writtenByVips(t, photo, "a.avif[Q=90,effort=2]"),
		"a.jxl": writtenByVips(t, photo, "a.jxl[lossless]"), "transparent.avif": writtenByVips(t, transparent, "b.avif[lossless,effort=2]"),
		"transparent.jxl": writtenByVips(t, transparent, "b.jxl[lossless]"),
	}
	maps.Copy(files, turnedFiles(t, writtenByVips(t, mediatest.Photograph(300, 200), "a.avif[Q=90,effort=2]"), "a.avif"))
	maps.Copy(files, turnedFiles(t, writtenByVips(t, mediatest.Photograph(300, 200), "a.heic[Q=90]"), "a.heic"))
	r := newRunner(t, "media-worker")
	want, profiles := map[string]image.Image{}, map[string][]byte{}
	for name, file := range files {
		var err error
		if want[name], profiles[name], err = foreignPicture(t, r, file, name); err != nil {
			t.Fatalf("%s by vips: %v", name, err)
		}
	}
	only(t, "ls")
	for name, file := range files {
		got, profile, err := foreignPicture(t, r, file, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if mean, most := apart(t, over(got), over(want[name])); mean > 1 {
			t.Errorf("%s: %.2f from what vips gives on average, %d at most", name, mean, most)
		}
		if strings.HasSuffix(name, ".jxl") {
			profiles[name] = nil // vips spells sRGB out
		}
		if !bytes.Equal(profile, profiles[name]) {
			t.Errorf("%s: a profile of %d bytes, vips gives one of %d", name, len(profile), len(profiles[name]))
		}
	}
}

// Files of telephones have the thumbnails and the dimensions that they have with vips.
func TestPhotographsOfTelephonesWithoutVips(t *testing.T) {
	needTools(t, "vips")
	if testing.Short() || raceDetector {
		t.Skip("decoding large pictures takes a while, with the race detector minutes; the server's own way is in the end-to-end tests")
	}
	samples := sampleModule(t, "github.com/davidbyttow/govips/v2@v2.16.0")
	inspected := func(r *Runner, name string) (Inspection, image.Image) {
		t.Helper()
		file, err := os.ReadFile(filepath.Join(samples, "resources", name))
		if err != nil {
			t.Fatal(err)
		}
		found, err := r.Poster(t.Context(), bytes.NewReader(file), int64(len(file)), name, ThumbnailSpec{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		img, _, err := image.Decode(bytes.NewReader(found.Thumbnail.Bytes))
		if err != nil {
			t.Fatal(err)
		}
		found.Thumbnail = nil
		return found, img
	}
	r := newRunner(t, "media-worker")
	names := []string{"heic-orientation-6.heic", "heic-24bit.heic", "heic-ftypmsf1.heic", "avif-8bit.avif"}
	var want []Inspection
	var pictures []image.Image
	for _, name := range names {
		found, img := inspected(r, name)
		want, pictures = append(want, found), append(pictures, img)
	}
	only(t, "ls")
	for i, name := range names {
		found, img := inspected(r, name)
		found.Resolution = want[i].Resolution // vips makes one up
		if diff := cmp.Diff(want[i], found); diff != "" {
			t.Errorf("%s (-by vips +without it):\n%s", name, diff)
		}
		if mean, most := apart(t, img, pictures[i]); mean > 2 { // JPEG makes more of small differences
			t.Errorf("%s: the thumbnail is %.2f from that by vips on average, %d at most", name, mean, most)
		}
	}
}

// The thumbnail, the dimensions and all options work, and the worker is used again.
func TestForeignPicturesWithoutTools(t *testing.T) {
	needTools(t, "vips")
	files := map[string][]byte{}
	for _, name := range []string{"a.heic", "a.avif", "a.jxl"} {
		files[name] = writtenByVips(t, mediatest.Photograph(600, 402), name)
	}
	only(t, "ls")
	r := newRunner(t, "media-worker")
	for name, file := range files {
		found, err := r.Poster(t.Context(), bytes.NewReader(file), int64(len(file)), name, ThumbnailSpec{})
		if err != nil || found.Width != 600 || found.Height != 402 || found.Thumbnail == nil || found.Thumbnail.Width != 320 || found.ContentType != Detect(file, name) {
			t.Fatalf("%s: %+v, %v", name, found, err)
		}
		var parts []PicturePart
		made, err := r.Picture(t.Context(), bytes.NewReader(file), int64(len(file)), name, PictureOptions{Crop: &ManualCrop{Left: 100}}, func(p PicturePart, src io.Reader) error {
			parts = append(parts, p)
			_, err := io.Copy(io.Discard, src)
			return err
		})
		if err != nil || made.Crop == nil || made.Crop.Width != 500 || len(parts) != 1 || parts[0].Width != 500 {
			t.Errorf("%s: %+v %+v, %v", name, made, parts, err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kinds := map[decoder.Name]int{}
	for _, waiting := range r.idle {
		kinds[waiting.decoder] += waiting.served
	}
	if kinds[decoder.HEIC] != 2 || kinds[decoder.AVIF] != 2 || kinds[decoder.JXL] != 2 {
		t.Errorf("files that each kind of waiting workers has served: %v", kinds)
	}
}

// What the decoders do not get right is left to vips, and the words say so.
func TestWhatTheDecodersLack(t *testing.T) {
	word := mediatest.Word
	auxiliary := mediatest.Box("auxC", word(0), "urn:mpeg:hevc:2015:auxid:1\x00")
	files := map[string][]byte{
		"transparency":  mediatest.HEIF("heic", "\x01", mediatest.Spatial(400, 300), auxiliary),
		"128 pixels":    mediatest.HEIF("heic", "\x01", mediatest.Spatial(127, 300)),
		"its colours":   mediatest.HEIF("heic", "\x01\x02", mediatest.Spatial(400, 300), mediatest.Box("colr", "nclx\x00\x09\x00\x10\x00\x08\x80")),
		"that are cut":  mediatest.HEIF("avif", "\x01\x02", mediatest.Spatial(400, 300), mediatest.Box("clap", strings.Repeat("\x00\x00\x00\x01", 8))),
		"not installed": claims(400, 300)["a.jp2"],
	}
	only(t, "ls")
	r := newRunner(t, "media-worker")
	for words, file := range files {
		_, err := r.Poster(t.Context(), bytes.NewReader(file), int64(len(file)), "a", ThumbnailSpec{})
		if fault.ClassOf(err) != fault.Missing || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), "apt-get install libvips-tools") {
			t.Errorf("%s: %v", words, err)
		}
	}
}

// Hostile files end the decoding of themselves, and nothing else.
func TestHostileForeignPicturesWithoutTools(t *testing.T) {
	needTools(t, "vips")
	whole := map[string][]byte{}
	for _, name := range []string{"a.heic", "a.avif", "a.jxl"} {
		whole[name] = writtenByVips(t, mediatest.Photograph(300, 200), name)
	}
	only(t, "ls")
	r := newRunner(t, "media-worker", func(o *Options) { o.MemoryBytes = 256 << 20 })
	for name, file := range whole {
		for _, length := range []int{len(file) / 2, len(file) - 100} {
			if _, _, err := foreignPicture(t, r, file[:length], name); err != nil && fault.ClassOf(err) != fault.Corrupt {
				t.Errorf("%s, %d of %d bytes: %v", name, length, len(file), err)
			}
		}
	}
	large := mediatest.HEIF("heic", "\x01", mediatest.Spatial(9000, 9000))
	if _, _, err := foreignPicture(t, r, large, "a.heic"); fault.ClassOf(err) != fault.TooLarge || !strings.Contains(err.Error(), "the memory limit is 256 MiB") {
		t.Errorf("a large picture: %v", err)
	}
	if _, _, err := foreignPicture(t, r, whole["a.heic"], "a.heic"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// What the decoders lack stays a warning where vips is installed and may not be used.
func TestWhatTheDecodersLackBesideVips(t *testing.T) {
	needTools(t, "vips")
	in, _, err := newRunner(t, "media-worker").opts.toolFile(strings.NewReader("x"), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	narrow := extent.Extent{Shown: extent.Size{Width: 1, Height: 1}}
	_, err = newRunner(t, "media-worker").decodedHere(t.Context(), in.File, "image/heic", decoder.HEIC, narrow)
	if fault.ClassOf(err) != fault.Missing || !strings.Contains(err.Error(), "fewer than 128 pixels") {
		t.Errorf("%v", err)
	}
}
