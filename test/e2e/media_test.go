package e2e_test

import (
	"image"
	_ "image/jpeg"
	_ "image/png"
	"strings"
	"testing"

	"sluice/internal/media/mediatest"
)

// mediaHere is the setting with which media is processed on this machine: where
// the kernel cannot confine media processes, they run all the same.
func mediaHere(t *testing.T) string {
	t.Helper()
	found := command{env: []string{"SLUICE_DATA_DIR=" + t.TempDir()}}.run(t, "doctor").out
	for line := range strings.Lines(found) {
		if strings.Contains(line, "media box") && !strings.HasPrefix(line, "ok") {
			t.Log("the media process is not confined here: " + line)
			return "SLUICE_MEDIA_REQUIRE_BOX=false"
		}
	}
	return "SLUICE_MEDIA_REQUIRE_BOX=true"
}

// TestImages uploads one image of each type; all must come out with width,
// height and a thumbnail.
func TestImages(t *testing.T) {
	s := start(t, mediaHere(t))
	picture := mediatest.Photograph(900, 600)
	images := map[string][]byte{
		"jpeg.jpg":  mediatest.JPEG(picture),
		"png.png":   mediatest.PNG(picture),
		"gif.gif":   mediatest.GIF(900, 600, 1),
		"moves.gif": mediatest.GIF(900, 600, 3),
		"webp.webp": mediatest.WebP(900, 600, 255),
		"bmp.bmp":   mediatest.BMP(picture),
		"tiff.tif":  mediatest.TIFF(picture),
		"cmyk.jpeg": mediatest.CMYK(900, 600, [4]byte{255, 128, 0, 255}, true),
	}
	parts := []part{auth(), newJob("images")}
	for name, content := range images {
		parts = append(parts, file(name, string(content)))
	}
	rows := s.finished(s.upload(parts...))
	if got := strings.Count(types(rows), "UploadSuccess"); got != len(images) {
		t.Errorf("%d successes of %d: %v", got, len(images), rows)
	}
	for name, content := range images {
		a := s.asset(name)
		if a.State != "ready" || a.Width != 900 || a.Height != 600 {
			t.Errorf("%s is %s, %d × %d: %v", name, a.State, a.Width, a.Height, a.Warnings)
		}
		if want := map[bool]string{true: "AnimatedGif", false: "Image"}[name == "moves.gif"]; a.Type != want {
			t.Errorf("%s is of type %s, want %s", name, a.Type, want)
		}
		s.holds(name, string(content))
		thumbnail := s.read("/v1/assets/" + a.UUID + "/thumbnail")
		size, _, err := image.DecodeConfig(strings.NewReader(thumbnail))
		if err != nil || size.Width >= 900 || abs(size.Width*600/900-size.Height) > 1 || len(a.Derived) == 0 || a.Derived[0].Kind != "thumbnail" {
			t.Errorf("%s: thumbnail %+v, %v; derived %+v", name, size, err, a.Derived)
		}
		if len(a.Derived) > 0 && s.read(a.Derived[0].URL) != thumbnail {
			t.Errorf("%s: the url of the thumbnail leads to something else", name)
		}
	}
}

// TestUnusableFiles have a row in the log that says why, and do not hold up the
// good file beside them.
func TestUnusableFiles(t *testing.T) {
	s := start(t, mediaHere(t))
	whole := mediatest.JPEG(mediatest.Photograph(200, 100))
	rows := s.finished(s.upload(auth(), newJob("mixed"),
		file("broken.jpg", string(whole[:len(whole)/3])),
		file("lie.png", strings.Repeat("this is no picture\n", 100)),
		file("bomb.png", string(mediatest.InsertPNGChunks(mediatest.PNGHeader(60000, 60000)))),
		file("text.xyz", "x"), file(".DS_Store", "x"), file("good.jpg", string(whole)),
	))
	said := make(map[string]row)
	for _, r := range rows {
		if r.Asset != "" {
			said[r.Asset] = r
		}
	}
	for name, kind := range map[string]string{
		"broken.jpg": "UploadError", "lie.png": "UploadError", "text.xyz": "UploadError",
		".DS_Store": "UploadWarning", "good.jpg": "UploadSuccess",
	} {
		if got := said[name]; got.Type != kind || got.Message == "" {
			t.Errorf("%s: the log says %+v, want %s", name, got, kind)
		}
	}
	for _, name := range []string{"broken.jpg", "lie.png"} {
		if a := s.asset(name); a.State != "failed" {
			t.Errorf("%s is %s", name, a.State)
		}
	}
	s.holds("broken.jpg", string(whole[:len(whole)/3]))
	if a := s.asset("bomb.png"); a.State == "processing" || a.Width > 0 && len(a.Derived) > 0 {
		t.Errorf("the image that claims 60000 × 60000 pixels: %+v", a)
	}
	for _, a := range s.assets() {
		if a.FileName == "text.xyz" || a.FileName == ".DS_Store" {
			t.Errorf("%s was stored", a.FileName)
		}
	}

	// A failed file can be sent again whatever the overwrite option.
	rows = s.finished(s.upload(auth(), params(jobName("again"), endJob, options(false)), file("broken.jpg", string(whole))))
	if the(s, rows, "UploadSuccess").Asset != "broken.jpg" || s.asset("broken.jpg").State != "ready" {
		t.Errorf("sent again: %v", rows)
	}
}

func abs(n int) int { return max(n, -n) }
