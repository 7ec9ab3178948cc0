package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/lossless"
)

func TestRasterHeaders(t *testing.T) {
	const pam = "P7\nWIDTH 3\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\nENDHDR\n"
	tests := []struct {
		text string
		want lossless.Header
	}{
		{"P6\n# made by hand\n3 2\n255\n", lossless.Header{Width: 3, Height: 2, Components: 3}},
		{"P5 3 2 255\n", lossless.Header{Width: 3, Height: 2, Components: 1}},
		{pam, lossless.Header{Width: 3, Height: 2, Components: 4, Inks: true}},
	}
	for _, tt := range tests {
		r := bufio.NewReader(strings.NewReader(tt.text + "pixels"))
		got, err := rasterHeader(r)
		rest, _ := io.ReadAll(r)
		if err != nil || got != tt.want || string(rest) != "pixels" {
			t.Errorf("%q: %+v, %v, then %q", tt.text, got, err, rest)
		}
	}
}

// A header without an end, whatever it consists of, is given up after a few lines.
func TestHeadersWithoutEnd(t *testing.T) {
	for name, piece := range map[string]string{"a comment": "x", "comments": "\n#", "blank lines": "# \n", "a word": "1"} {
		for _, start := range []string{"P6\n#", "P6 ", "P7\n"} {
			src := &counting{src: &repeating{piece: piece}}
			if _, err := rasterHeader(bufio.NewReader(src)); err == nil || src.read > 128<<10 {
				t.Errorf("%s after %q: %v after %d bytes", name, start, err, src.read)
			}
			src = &counting{src: io.MultiReader(strings.NewReader(start), &repeating{piece: piece})}
			if _, err := rasterHeader(bufio.NewReader(src)); fault.ClassOf(err) == "" || src.read > 128<<10 {
				t.Errorf("%s after %q: %v after %d bytes", name, start, err, src.read)
			}
		}
	}
}

// counting counts what is read.
type counting struct {
	src  io.Reader
	read int
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.src.Read(b)
	c.read += n
	return n, err
}

// The size of a PNG file is that of its first chunk; another one does not count.
func TestSizesOfPNGFiles(t *testing.T) {
	chunk := func(name string, body ...byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		return append(append(append(out, name...), body...), 0, 0, 0, 0)
	}
	head := func(w, h byte) []byte { return chunk("IHDR", 0, 0, 0, w, 0, 0, 0, h, 8, 6, 0, 0, 0) }
	magic, data, end := []byte("\x89PNG\r\n\x1a\n"), chunk("IDAT", 1), chunk("IEND")
	good := bytes.Join([][]byte{magic, head(3, 2), data, end}, nil)
	file, w, h, err := pngFile(bytes.NewReader(append(bytes.Clone(good), "next"...)), 1<<10)
	if err != nil || w != 3 || h != 2 || !bytes.Equal(file, good) {
		t.Errorf("%d by %d, %d bytes, %v", w, h, len(file), err)
	}
	for name, parts := range map[string][][]byte{"two sizes": {magic, head(90, 90), head(1, 1), data, end}, "late": {magic, data, head(1, 1), end}, "none": {magic, data, end}} {
		if _, _, _, err := pngFile(bytes.NewReader(bytes.Join(parts, nil)), 1<<10); fault.ClassOf(err) != fault.Crashed {
			t.Errorf("%s: %v", name, err)
		}
	}
}
