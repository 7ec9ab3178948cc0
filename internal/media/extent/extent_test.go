package extent_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sluice/internal/media/extent"
	"sluice/internal/media/mediatest"
)

func of(file []byte) extent.Extent { return extent.Of(bytes.NewReader(file), int64(len(file))) }

func square(width, height int64) extent.Size { return extent.Size{Width: width, Height: height} }

// jp2 is the head of a JPEG 2000 file: the size in its header box and the corners in its codestream.
func jp2(width, height, left, top, right, bottom int) []byte {
	return []byte("\x00\x00\x00\x0cjP  \r\n\x87\n" + mediatest.Box("ftyp", "jp2 ", mediatest.Word(0), "jp2 ") +
		mediatest.Box("jp2h", mediatest.Box("colr", "\x01\x00\x00\x00\x00\x00\x10"), mediatest.Box("ihdr", mediatest.Word(height), mediatest.Word(width), "\x00\x03\x07\x07\x00\x00")) +
		"\x00\x00\x00\x00jp2c" + stream(left, top, right, bottom))
}

func stream(left, top, right, bottom int) string {
	return "\xff\x4f\xff\x51\x00\x2f\x00\x00" + mediatest.Word(right) + mediatest.Word(bottom) + mediatest.Word(left) + mediatest.Word(top)
}

// jxl packs numbers of so many bits into a codestream, the lowest bit first.
func jxl(fields ...[2]int) string {
	out, at := []byte("\xff\x0a"), 0
	for _, f := range fields {
		for i := range f[0] {
			if at%8 == 0 {
				out = append(out, 0)
			}
			out[len(out)-1] |= byte(f[1]>>i&1) << (at % 8)
			at++
		}
	}
	return string(out) + strings.Repeat("\x00", 8)
}

const jxlBoxed = "\x00\x00\x00\x0cJXL \r\n\x87\n\x00\x00\x00\x14ftypjxl \x00\x00\x00\x00jxl "

func heads() map[string]struct {
	file  []byte
	shown extent.Size
	most  extent.Size
} {
	small, large := mediatest.Spatial(4000, 3000), mediatest.Spatial(60000, 50000)
	turned, over := mediatest.Box("irot", "\x01"), mediatest.Box("irot", "\x02")
	cut := mediatest.Box("clap", mediatest.Word(201), mediatest.Word(2), mediatest.Word(50), mediatest.Word(1), strings.Repeat("\x00", 16))
	wide := [][2]int{{1, 0}, {2, 3}, {30, 999_999}, {3, 0}, {2, 2}, {18, 199_999}, {1, 1}}
	lying := [][2]int{{1, 1}, {5, 9}, {3, 7}, {1, 0}, {1, 1}, {3, 5}}
	bare := jxl(wide...)
	table := map[string]struct {
		file  []byte
		shown extent.Size
		most  extent.Size
	}{
		"heic":                          {mediatest.HEIF("heic", "\x81", small), square(4000, 3000), square(4000, 3000)},
		"heic, turned":                  {mediatest.HEIF("heic", "\x81\x82", small, turned), square(3000, 4000), square(4000, 3000)},
		"heic, turned over":             {mediatest.HEIF("heic", "\x01\x02", small, over), square(4000, 3000), square(4000, 3000)},
		"heic, cut and turned":          {mediatest.HEIF("heic", "\x01\x03\x02", small, turned, cut), square(50, 100), square(4000, 3000)},
		"avif, another is larger":       {mediatest.HEIF("avif", "\x81", small, large), square(4000, 3000), square(60000, 50000)},
		"heic, without a primary":       {mediatest.HEIF("heic", "", small), square(0, 0), square(4000, 3000)},
		"heic, no such property":        {mediatest.HEIF("heic", "\x7f\x00", small), square(0, 0), square(4000, 3000)},
		"heic, as large as can be":      {mediatest.HEIF("heic", "\x01", mediatest.Spatial(-1, -1)), square(1<<32-1, 1<<32-1), square(1<<32-1, 1<<32-1)},
		"jp2":                           {jp2(300, 200, 0, 0, 300, 200), square(300, 200), square(300, 200)},
		"jp2, the header lies":          {jp2(3, 2, 10, 20, 5010, 4020), square(5000, 4000), square(5000, 4000)},
		"jp2, the codestream lies":      {jp2(5000, 4000, 0, 0, 3, 2), square(3, 2), square(5000, 4000)},
		"jp2, corners the wrong way":    {jp2(30, 20, 9, 9, 3, 2), square(30, 20), square(30, 20)},
		"jp2, bare":                     {[]byte(stream(0, 0, 70, 80)), square(70, 80), square(70, 80)},
		"jxl":                           {[]byte(bare), square(200_000, 1_000_000), square(200_000, 1_000_000)},
		"jxl, small, 2:1, stored lying": {[]byte(jxl(lying...)), square(80, 160), square(80, 160)},
		"jxl, boxed":                    {[]byte(jxlBoxed + mediatest.Box("jxlc", bare)), square(200_000, 1_000_000), square(200_000, 1_000_000)},
		"jxl, in parts": {[]byte(jxlBoxed + mediatest.Box("Exif", "none") + mediatest.Box("jxlp", mediatest.Word(0), bare[:3]) + mediatest.Box("jxlp", mediatest.Word(1), bare[3:5]) +
			mediatest.Box("jxlp", "\x80\x00\x00\x02", bare[5:])), square(200_000, 1_000_000), square(200_000, 1_000_000)},
	}
	return table
}

func TestHeads(t *testing.T) {
	for name, tt := range heads() {
		if got := of(tt.file); got.Shown != tt.shown || got.Most != tt.most {
			t.Errorf("%s: %+v, want %v, at most %v", name, got, tt.shown, tt.most)
		}
	}
}

// What lies about its own structure ends the search, and never more is found than the file holds.
func TestBrokenHeads(t *testing.T) {
	whole := mediatest.HEIF("heic", "\x81", mediatest.Spatial(40, 30))
	for name, file := range map[string][]byte{
		"nothing":                   nil,
		"a signature alone":         []byte("\x00\x00\x00\x0cjP  \r\n\x87\n"),
		"a codestream alone":        []byte("\xff\x0a"),
		"a picture of another kind": []byte("\x89PNG\r\n\x1a\n0000000000000000"),
		"no boxes for pictures":     []byte(mediatest.Box("ftyp", "heic") + mediatest.Box("moov", "x")),
		"a box of length 3":         []byte(mediatest.Box("ftyp", "heic") + "\x00\x00\x00\x03meta" + string(whole[32:])),
		"a long length of nothing":  []byte(mediatest.Box("ftyp", "heic") + "\x00\x00\x00\x01meta\x00\x00\x00\x00\x00\x00\x00\x01"),
		"boxes without an end":      []byte(mediatest.Box("ftyp", "heic") + strings.Repeat("\x00\x00\x00\x08free", 100_000) + string(whole)),
		"SIZ cut off":               []byte(stream(0, 0, 70, 80)[:23]),
	} {
		if got := of(file); got != (extent.Extent{}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for length := range whole {
		if got := of(whole[:length]); got.Most != (extent.Size{}) && got.Most != square(40, 30) {
			t.Errorf("cut off after %d bytes: %+v", length, got)
		}
	}
}

func TestBeyond(t *testing.T) {
	for _, tt := range []struct {
		size extent.Size
		want bool
	}{
		{square(10, 10), false}, {square(10, 11), true}, {square(101, 1), true}, {square(1<<32-1, 1<<32-1), true}, {square(0, 5), false}, {square(5, 0), false},
	} {
		if got := tt.size.Beyond(100); got != tt.want {
			t.Errorf("%v beyond 100 pixels: %v", tt.size, got)
		}
	}
}

// vips says of real files what is found here.
func TestFilesOfOthers(t *testing.T) {
	if _, err := exec.LookPath("vipsheader"); err != nil {
		t.Skip("vips is not installed: apt-get install libvips-tools")
	}
	folder := t.TempDir()
	source := filepath.Join(folder, "in.png")
	if err := os.WriteFile(source, mediatest.PNG(mediatest.Picture(301, 203)), 0o600); err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, name := range []string{"a.heic", "a.avif", "a.jxl", "a.jp2"} {
		out := filepath.Join(folder, name)
		if said, err := exec.Command("vips", "copy", source, out).CombinedOutput(); err != nil {
			t.Logf("%s is not covered, this vips does not write it: %v %s", name, err, said)
			continue
		}
		files = append(files, out)
	}
	if len(files) == 0 {
		t.Error("vips writes none of the formats")
	}
	files = append(files, samples(t)...)
	for _, path := range files {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		said, err := exec.Command("vipsheader", "-f", "width", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		width := strings.TrimSpace(string(said))
		said, err = exec.Command("vipsheader", "-f", "height", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		height := strings.TrimSpace(string(said))
		got := of(file)
		if strconv.FormatInt(got.Shown.Width, 10) != width || strconv.FormatInt(got.Shown.Height, 10) != height || got.Most.Beyond(20_000_000) || got.Most == (extent.Size{}) {
			t.Errorf("%s: %+v, vipsheader says %s x %s", filepath.Base(path), got, width, height)
		}
	}
}

// samples are files of cameras and programs out of the module cache; none where it is not to be had.
func samples(t *testing.T) (list []string) {
	cmd := exec.Command("go", "mod", "download", "-json", "github.com/davidbyttow/govips/v2@v2.16.0")
	cmd.Dir = t.TempDir() // outside of this module, whose list of modules stays as it is
	said, err := cmd.Output()
	var found struct{ Dir string }
	if json.Unmarshal(said, &found) != nil || err != nil || found.Dir == "" {
		t.Logf("the samples could not be had: %v", err)
		return nil
	}
	for _, name := range []string{"heic-24bit.heic", "heic-24bit-exif.heic", "heic-orientation-6.heic", "heic-ftypmsf1.heic", "avif-8bit.avif",
		"jxl-8bit-grey-icc-dot-gain.jxl", "jxl-isobmff.jxl", "jp2k-orientation-6.jp2"} {
		list = append(list, filepath.Join(found.Dir, "resources", name))
	}
	return list
}

func FuzzOf(f *testing.F) {
	for _, tt := range heads() {
		f.Add(tt.file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		e := of(file)
		for _, s := range []extent.Size{e.Shown, e.Most} {
			if s.Width < 0 || s.Height < 0 || s.Width >= 1<<32 || s.Height >= 1<<32 {
				t.Errorf("impossible: %+v", e)
			}
		}
	})
}
