package media

import (
	"bytes"
	"strings"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
)

// claims are files that say nothing but how large they are.
func claims(width, height int) map[string][]byte {
	word := mediatest.Word
	jp2 := "\x00\x00\x00\x0cjP  \r\n\x87\n" + mediatest.Box("ftyp", "jp2 ", word(0), "jp2 ") + mediatest.Box("jp2h", mediatest.Box("ihdr", word(height), word(width), "\x00\x03\x07\x07\x00\x00")) +
		mediatest.Box("jp2c", "\xff\x4f\xff\x51\x00\x2f\x00\x00", word(width), word(height), word(0), word(0))
	header := uint64(height-1)<<3 | 3<<1 | uint64(width-1)<<38 | 3<<36 // of JPEG XL: both edges in thirty bits, lowest bit first
	jxl := []byte("\xff\x0a")
	for i := range 9 {
		jxl = append(jxl, byte(header>>(8*i)))
	}
	return map[string][]byte{
		"a.heic": mediatest.HEIF("heic", "\x81", mediatest.Spatial(width, height)), "a.avif": mediatest.HEIF("avif", "\x81", mediatest.Spatial(width, height)),
		"a.jxl": jxl, "a.jp2": []byte(jp2),
	}
}

// A picture that says of itself that it is too large is refused before anybody looks for a tool.
func TestPicturesThatClaimTooMuchReachNoTool(t *testing.T) {
	const refusal = "1001 x 1000 = 1001000 pixels, the limit is 1000000"
	only(t, "ls")
	r := newRunner(t, "media-worker", func(o *Options) { o.MaxPixels = 1_000_000 })
	for name, file := range claims(1001, 1000) {
		found, err := r.Poster(t.Context(), bytes.NewReader(file), int64(len(file)), name, ThumbnailSpec{})
		if fault.ClassOf(err) != fault.TooLarge || !strings.Contains(err.Error(), refusal) {
			t.Errorf("%s: %v", name, err)
		}
		if found.Width != 1001 || found.Height != 1000 {
			t.Errorf("%s: the size that was learnt is %d x %d", name, found.Width, found.Height)
		}
		_, err = r.Picture(t.Context(), bytes.NewReader(file), int64(len(file)), name, PictureOptions{}, nil)
		if fault.ClassOf(err) != fault.TooLarge || !strings.Contains(err.Error(), refusal) {
			t.Errorf("%s, all options: %v", name, err)
		}
	}
}

// The size of a picture is known also where nothing reads its pixels.
func TestSizesAreKnownWithoutTools(t *testing.T) {
	only(t, "ls")
	r := newRunner(t, "media-worker")
	for name, file := range claims(4032, 3024) {
		found, err := r.Poster(t.Context(), bytes.NewReader(file), int64(len(file)), name, ThumbnailSpec{})
		if fault.ClassOf(err) == "" || found.Width != 4032 || found.Height != 3024 || found.ContentType == "" {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}
