package media

import (
	"bytes"
	"context"
	"image"
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"sluice/internal/media/fault"
	"sluice/internal/media/icc"
	"sluice/internal/media/mediatest"
)

// photographFile is a JPEG file that vips packs, turned, with a profile, and with odd edges.
func photographFile(t *testing.T) []byte {
	t.Helper()
	file := mediatest.WithOrientation(mediatest.JPEG(mediatest.Photograph(1601, 1003)), 6)
	return withProfile(file, icc.SRGB())
}

// withProfile puts an ICC profile into a JPEG file; ICC.1 annex B.4.
func withProfile(file, profile []byte) []byte {
	body := append([]byte("ICC_PROFILE\x00\x01\x01"), profile...)
	segment := append([]byte{0xff, 0xe2, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
	return append(append(bytes.Clone(file[:2]), segment...), file[2:]...)
}

// What vips packs is what a worker packs: the same levels, profile and orientation, and nearly the same pixels.
func TestPhotographsArePackedAlikeByVipsAndByAWorker(t *testing.T) {
	needTools(t, "vips", "vipsheader")
	for name, file := range map[string][]byte{
		"colour": photographFile(t),
		"gray":   mediatest.JPEG(mediatest.Into(image.NewGray(image.Rect(0, 0, 1601, 1003)), mediatest.Photograph(1601, 1003))),
	} {
		if packed, _, err := worked(t).packedByVips(t.Context(), spooled(t, file), int64(len(file))); err != nil {
			t.Fatalf("%s: vips did not do it: %v", name, err)
		} else {
			packed.Close()
		}
		byVips := mustMake(t, file, PictureOptions{})
		inGo := made{files: map[string][]byte{}}
		_, err := worked(t).byWorker(t.Context(), bytes.NewReader(file), int64(len(file)), "image/jpeg", "a.jpg", PictureOptions{}, func(p PicturePart, r io.Reader) (err error) {
			inGo.files[p.Kind], err = io.ReadAll(r)
			inGo.parts = append(inGo.parts, p)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := byVips.parts[0], inGo.parts[0]; a.Width != b.Width || a.Height != b.Height || a.Alpha != b.Alpha || a.Kind != b.Kind || byVips.Width != 1601 || byVips.Height != 1003 {
			t.Errorf("%s: %+v by vips, %+v by a worker", name, a, b)
		}
		fields := []string{"n-pages", "orientation", "bands"}
		if name == "colour" {
			fields = append(fields, "icc-profile-data")
		}
		for _, field := range fields {
			if a, b := byVips.header(t, field), inGo.header(t, field); a != b {
				t.Errorf("%s: %s is %.60s by vips, %.60s by a worker", name, field, a, b)
			}
		}
		levels, err := strconv.Atoi(byVips.header(t, "n-pages"))
		if err != nil || levels != 4 {
			t.Errorf("%s: %d levels, %v; want 4", name, levels, err)
		}
		for level := range levels {
			mean, most := apart(t, byVips.optimized(t, level), inGo.optimized(t, level))
			if mean > 2 {
				t.Errorf("%s: level %d differs by %.2f levels on average, %d at most", name, level, mean, most)
			}
		}
	}
}

func spooled(t *testing.T, file []byte) *os.File {
	t.Helper()
	in, err := (Options{SpoolDir: t.TempDir()}).nameless()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	if _, err := in.Write(file); err != nil {
		t.Fatal(err)
	}
	return in
}

// What vips may not see, and what vips does wrong, is a worker's; only a file that nobody reads is none's.
func TestPhotographsWithoutTheHelpOfVips(t *testing.T) {
	file := photographFile(t)
	for name, script := range map[string]string{
		"none":    "",
		"fails":   "exit 1",
		"dies":    "kill -9 $$",
		"lies":    "echo hello",
		"nothing": "exit 0",
		"fills":   "exec /usr/bin/yes",
	} {
		t.Run(name, func(t *testing.T) {
			scripts := map[string]string{}
			if script != "" {
				scripts["vips"] = script
			}
			r := scripted(t, scripts, func(o *Options) { o.Timeout, o.MaxRenderBytes = time.Minute, 8<<20 })
			got, err := pictureIn(t.Context(), r, file)
			if err != nil || len(got) == 0 {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
		})
	}
	t.Run("hangs", func(t *testing.T) {
		r := scripted(t, map[string]string{"vips": "exec /bin/sleep 1000"}, func(o *Options) { o.Timeout = 2 * time.Second })
		if _, err := pictureIn(t.Context(), r, file); fault.ClassOf(err) != fault.Timeout {
			t.Errorf("%v, want a failure of time", err)
		}
	})
	t.Run("cut off", func(t *testing.T) {
		needTools(t, "vips")
		if _, err := pictureIn(t.Context(), worked(t), file[:len(file)/2]); fault.ClassOf(err) != fault.Corrupt {
			t.Errorf("%v, want a damaged file", err)
		}
	})
}

func pictureIn(ctx context.Context, r *Runner, file []byte) (got []byte, err error) {
	_, err = r.Picture(ctx, bytes.NewReader(file), int64(len(file)), "a.jpg", PictureOptions{}, func(p PicturePart, body io.Reader) (err error) {
		got, err = io.ReadAll(body)
		return err
	})
	return got, err
}

// Vips is for large photographs that no worker would change.
func TestWhatIsAPhotograph(t *testing.T) {
	r := worked(t)
	for name, tt := range map[string]struct {
		file []byte
		want bool
	}{
		"photograph":              {photographFile(t), true},
		"small":                   {mediatest.JPEG(mediatest.Photograph(700, 700)), false},
		"narrow":                  {mediatest.JPEG(mediatest.Photograph(4000, 300)), false},
		"profile of other colour": {withProfile(mediatest.JPEG(mediatest.Photograph(1200, 1000)), grayProfile()), false},
		"four inks":               {mediatest.CMYK(1200, 1000, [4]byte{9, 9, 9, 9}, true), false},
	} {
		found, err := r.surveyed(t.Context(), bytes.NewReader(tt.file), int64(len(tt.file)))
		if err != nil || found.photograph() != tt.want {
			t.Errorf("%s: %+v, %v; want %t", name, found, err, tt.want)
		}
	}
}

// grayProfile is sRGB's that says it is for gray.
func grayProfile() []byte {
	profile := bytes.Clone(icc.SRGB())
	copy(profile[16:], "GRAY")
	return profile
}
