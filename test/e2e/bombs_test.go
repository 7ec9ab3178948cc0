package e2e_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"strings"
	"testing"

	"sluice/internal/media/mediatest"
)

// zeros is a stream of zero bytes of a length, packed as PNG, PDF, PSD and TIFF files have it.
func zeros(t *testing.T, length int64) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, flate.BestSpeed)
	if err == nil {
		_, err = io.CopyN(w, nothing{}, length)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// nothing reads as zero bytes without end.
type nothing struct{}

func (nothing) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// pngOf is a PNG file of a size, bit depth and colour type with chunks and an end.
func pngOf(width, height uint32, depth, colour byte, chunks ...[]byte) string {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	out := append([]byte("\x89PNG\r\n\x1a\n"), mediatest.PNGChunk("IHDR", append(head, depth, colour, 0, 0, 0))...)
	for _, chunk := range append(chunks, mediatest.PNGChunk("IEND", nil)) {
		out = append(out, chunk...)
	}
	return string(out)
}

// pictureBombs are pictures that promise or unpack to far more than they are.
func pictureBombs(t *testing.T) map[string]string {
	small := mediatest.JPEG(mediatest.Picture(64, 48))
	claimed := mediatest.Claim(small, 65500, 65500)
	exif := func(block string) string {
		return string(mediatest.WithSegment(small, 0xe1, []byte("Exif\x00\x00"+block)))
	}
	gif := mediatest.GIF(40, 30, 2)
	claimedGIF := bytes.Clone(gif)
	copy(claimedGIF[6:], "\xff\xff\xff\xff")
	webp := mediatest.WebP(40, 30, 255)
	claimedWebP := bytes.Clone(webp)
	copy(claimedWebP[21:], "\xff\xff\xff\x0f") // 16384 x 16384
	bmp := mediatest.BMP(mediatest.Picture(40, 30))
	claimedBMP, deepBMP := bytes.Clone(bmp), bytes.Clone(bmp)
	copy(claimedBMP[18:], "\xff\xff\xff\x7f\xff\xff\xff\x7f")
	copy(deepBMP[18:], "\x00\x00\x00\x80\x00\x00\x00\x80")
	picture := mediatest.PNG(mediatest.Picture(64, 48))
	profile := append([]byte("bomb\x00\x00"), zeros(t, 256<<20)...)
	text := append([]byte("Comment\x00\x00"), zeros(t, 256<<20)...)
	return map[string]string{
		"gigapixels.png":    pngOf(40000, 40000, 1, 0, mediatest.PNGChunk("IDAT", zeros(t, 40000*5001))),
		"claim.png":         pngOf(0x7fffffff, 0x7fffffff, 16, 6, mediatest.PNGChunk("IDAT", []byte("x\x9c"))),
		"deep.png":          pngOf(9900, 9900, 16, 6, mediatest.PNGChunk("IDAT", zeros(t, 64<<20))),
		"long row.png":      pngOf(100_000_000, 1, 8, 0, mediatest.PNGChunk("IDAT", zeros(t, 100_000_001))),
		"flat.png":          pngOf(9000, 9000, 8, 2, mediatest.PNGChunk("IDAT", zeros(t, 9000*27001))),
		"profile.png":       string(mediatest.InsertPNGChunks(picture, mediatest.PNGChunk("iCCP", profile))),
		"text.png":          string(mediatest.InsertPNGChunks(picture, mediatest.PNGChunk("zTXt", text))),
		"chunks.png":        string(mediatest.InsertPNGChunks(picture, bytes.Repeat(mediatest.PNGChunk("tEXt", []byte("a\x00b")), 200_000))),
		"endless chunk.png": string(picture[:33]) + "\xff\xff\xff\xffIDATxx",
		"claim.jpg":         string(claimed),
		"scans.jpg":         scansJPEG(6000, 6000, 3000),
		"claimed scans.jpg": scansJPEG(65500, 65500, 20),
		"fill.jpg":          "\xff\xd8" + strings.Repeat("\xff", 1<<20),
		"segments.jpg":      "\xff\xd8" + strings.Repeat("\xff\xe2\xff\xffICC_PROFILE\x00\x01\xff"+strings.Repeat("x", 65519), 40) + string(small[2:]),
		"loop in exif.jpg":  exif("II*\x00\x08\x00\x00\x00\x01\x00\x69\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00\x08\x00\x00\x00"),
		"long exif.jpg":     exif("MM\x00*\x00\x00\x00\x08\xff\xff" + strings.Repeat("\x01\x0e\x00\x02\xff\xff\xff\xff\x00\x00\x00\x08", 5000)),
		"extended xmp.jpg":  string(mediatest.WithSegment(small, 0xe1, []byte("http://ns.adobe.com/xmp/extension/\x00"+strings.Repeat("A", 32)+"\xff\xff\xff\xff\x00\x00\x00\x00x"))),
		"xmp bomb.jpg":      string(mediatest.WithSegment(small, 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"+entities()))),
		"claim.gif":         string(claimedGIF),
		"frames.gif":        framesGIF(60_000, 60_000, 100_000),
		"many frames.gif":   framesGIF(3000, 3000, 20_000),
		"claim.webp":        string(claimedWebP),
		"claimed canvas.webp": string(bytes.Replace(mediatest.AnimatedWebP(40, 30, 3), []byte("VP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x27\x00\x00\x1d\x00\x00"),
			[]byte("VP8X\x0a\x00\x00\x00\x02\x00\x00\x00\xff\xff\xff\xff\xff\xff"), 1)),
		"claim.bmp": string(claimedBMP), "negative.bmp": string(deepBMP),
		"loop.tif":      loopTIFF(8),
		"pages.tif":     string(mediatest.TIFFHeader(100, 100, 1, 50_000)),
		"claim.tif":     string(mediatest.TIFFHeader(0xffffffff, 0xffffffff, 1, 1)),
		"strips.tif":    stripsTIFF(t, 5000, 5000, 0xffffffff),
		"bomb.tif":      stripsTIFF(t, 30_000, 3000, 1),
		"big.tif":       "II+\x00\x08\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f",
		"claim.psd":     string(mediatest.PSD(30_000, 30_000, nil)),
		"huge.psd":      string(mediatest.PSD(0xffffffff, 0xffffffff, nil)),
		"layers.psd":    layersPSD(32767, [4]int32{0, 0, 30_000, 30_000}),
		"negative.psd":  layersPSD(-32767, [4]int32{-1 << 31, -1 << 31, 1<<31 - 1, 1<<31 - 1}),
		"resources.psd": string(mediatest.PSD(40, 30, []byte("8BIM\x04\x22\x00\x00\xff\xff\xff\xffx"))),
	}
}

// scansJPEG is a progressive JPEG file of one colour that says thousands of times that it has nothing to add
// of work for three bytes each (ITU-T T.81, annex G).
func scansJPEG(width, height uint16, scans int) string {
	var b bytes.Buffer
	b.WriteString("\xff\xd8\xff\xdb\x00\x43\x00" + strings.Repeat("\x01", 64))
	b.WriteString("\xff\xc2\x00\x0b\x08")
	_ = binary.Write(&b, binary.BigEndian, []uint16{height, width})
	b.WriteString("\x01\x01\x11\x00")
	b.WriteString("\xff\xc4\x00\x14\x00\x01" + strings.Repeat("\x00", 15) + "\x00") // DC: one code, for 0
	b.WriteString("\xff\xc4\x00\x14\x10\x01" + strings.Repeat("\x00", 15) + "\xe0") // AC: one code, for a run of 16,384 blocks and more
	blocks := (int(width) + 7) / 8 * ((int(height) + 7) / 8)
	b.WriteString("\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00" + strings.Repeat("\x00", min(blocks/8+1, 400_000)))
	run := strings.Repeat("\x7f\xfe", blocks/16384+2)
	for range scans {
		b.WriteString("\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00" + run)
	}
	b.WriteString("\xff\xd9")
	return b.String()
}

// framesGIF claims a canvas and has that many frames of one pixel.
func framesGIF(width, height uint16, frames int) string {
	var b bytes.Buffer
	b.WriteString("GIF89a")
	_ = binary.Write(&b, binary.LittleEndian, []uint16{width, height})
	b.WriteString("\x80\x00\x00\x00\x00\x00\xff\xff\xff")
	for range frames {
		b.WriteString(",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00")
	}
	b.WriteString(";")
	return b.String()
}

// loopTIFF has a directory whose next one is itself, and so are its sub-directories and its EXIF data.
func loopTIFF(at uint32) string {
	var b bytes.Buffer
	b.WriteString("II*\x00")
	_ = binary.Write(&b, binary.LittleEndian, at)
	_ = binary.Write(&b, binary.LittleEndian, uint16(5))
	for _, entry := range [][2]uint32{{256, 100}, {257, 100}, {330, at}, {34665, at}, {34853, at}} {
		_ = binary.Write(&b, binary.LittleEndian, []uint16{uint16(entry[0]), 4})
		_ = binary.Write(&b, binary.LittleEndian, []uint32{1, entry[1]})
	}
	_ = binary.Write(&b, binary.LittleEndian, at)
	return b.String()
}

// stripsTIFF is a gray picture whose strips, so many as it says, are one and the same stream of zero bytes.
func stripsTIFF(t *testing.T, width, height, strips uint32) string {
	packed := zeros(t, int64(width)*int64(height))
	var b bytes.Buffer
	b.WriteString("II*\x00\x08\x00\x00\x00")
	entries := [][4]uint32{{256, 4, 1, width}, {257, 4, 1, height}, {258, 3, 1, 8}, {259, 3, 1, 8}, {262, 3, 1, 1}, {273, 4, strips, 8 + 2 + 9*12 + 4},
		{277, 3, 1, 1}, {278, 4, 1, height}, {279, 4, strips, uint32(len(packed))}}
	_ = binary.Write(&b, binary.LittleEndian, uint16(len(entries)))
	for _, e := range entries {
		_ = binary.Write(&b, binary.LittleEndian, []uint16{uint16(e[0]), uint16(e[1])})
		_ = binary.Write(&b, binary.LittleEndian, e[2:])
	}
	b.WriteString("\x00\x00\x00\x00")
	b.Write(packed)
	return b.String()
}

// layersPSD says that it has so many layers, each of a rectangle (top, left, bottom, right), and has one.
func layersPSD(count int16, rect [4]int32) string {
	whole := mediatest.Layered{Width: 40, Height: 30, Mode: 3, Depth: 8, Layers: []mediatest.PSDLayer{mediatest.Plain("one", image.Rect(0, 0, 4, 3), 255, 1, 2, 3)},
		Merged: [][]byte{make([]byte, 1200), make([]byte, 1200), make([]byte, 1200)}}.File()
	record := bytes.Index(whole, []byte("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x04"))
	binary.BigEndian.PutUint16(whole[record-2:], uint16(count))
	for i, edge := range rect {
		binary.BigEndian.PutUint32(whole[record+4*i:], uint32(edge))
	}
	return string(whole)
}

// entities is an XML document that grows to a thousand million words.
func entities() string {
	doc := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "word">`
	for c := 'b'; c <= 'k'; c++ {
		doc += fmt.Sprintf(`<!ENTITY %c "%s">`, c, strings.Repeat(fmt.Sprintf("&%c;", c-1), 10))
	}
	return doc + `<!ENTITY f SYSTEM "file:///etc/passwd">]><x:xmpmeta xmlns:x="adobe:ns:meta/">&k;&f;</x:xmpmeta>`
}

// archiveBombs are archives of every kind of malice.
func archiveBombs(t *testing.T) map[string]string {
	many := make([][2]string, 20_000)
	for i := range many {
		many[i][0] = fmt.Sprintf("f%d.css", i)
	}
	zeroed := strings.Repeat("\x00", 100<<20)
	bomb := zipOf(t, [2]string{"a.css", zeroed})
	odd := zipOf(t, [2]string{"../up.css", "x"}, [2]string{"/etc/cron.d/abs.css", "x"}, [2]string{`C:\win.css`, "x"}, [2]string{"link.css->/etc/passwd", ""},
		[2]string{"nul\x00.css", "x"}, [2]string{strings.Repeat("n", 60_000) + ".css", "x"}, [2]string{strings.Repeat("d/", 2500) + "deep.css", "x"},
		[2]string{strings.Repeat("x", 250) + ".css", "x"}, [2]string{"\xff\xfe.css", "x"}, [2]string{"kept.css", "kept{}"})
	lies := []byte(zipOf(t, [2]string{"lie.css", "lie{}"}, [2]string{"true.css", "true{}"}))
	binary.LittleEndian.PutUint32(lies[bytes.Index(lies, []byte("PK\x01\x02"))+24:], 3) // the length of the first member
	manyGzip := strings.Repeat(gzipOf(t, ""), 100_000)
	var stored bytes.Buffer
	z := zip.NewWriter(&stored)
	for i := range 300 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("inner%d.zip", i), Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(w, bomb[:min(len(bomb), 20_000)])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"ratio.zip": bomb, "nested.zip": zipOf(t, [2]string{"inner.zip", bomb}, [2]string{"again.zip", zipOf(t, [2]string{"inner.zip", bomb})}),
		"many.zip": zipOf(t, many...), "odd names.zip": odd, "lies.zip": string(lies), "overlap.zip": overlapZIP(500), "inner bombs.zip": stored.String(),
		"ratio.css.gz": gzipOf(t, zeroed), "ratio.tgz": gzipOf(t, tarOf(t, [2]string{"a.css", zeroed})), "gzip in gzip.css.gz": gzipOf(t, gzipOf(t, zeroed)),
		"empty gzips.css.gz": manyGzip, "huge.tar": hugeTAR(t), "many.tar": tarOf(t, many...), "loop.tar": tarOf(t, [2]string{"loop.tar", tarOf(t, many[:2]...)}),
		"directory.zip": "PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00", "cut.zip": bomb[:len(bomb)-30],
	}
}

// hugeTAR claims a member of 2^62 bytes, in the form for sizes that octal digits do not hold.
func hugeTAR(t *testing.T) string {
	out := []byte(tarOf(t, [2]string{"huge.css", "x"}))
	copy(out[124:136], "\x80\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00")
	copy(out[148:156], "        ")
	sum := 0
	for _, b := range out[:512] {
		sum += int(b)
	}
	copy(out[148:], fmt.Sprintf("%06o\x00 ", sum))
	return string(out)
}

// overlapZIP has so many members that are all the same bytes.
func overlapZIP(members int) string {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression)
	_, _ = io.CopyN(w, nothing{}, 1<<20)
	_ = w.Close()
	header := func(b *bytes.Buffer) {
		b.WriteString("\x00\x00\x08\x00\x00\x00\x00\x00")
		_ = binary.Write(b, binary.LittleEndian, []uint32{0xa738ea1c, uint32(packed.Len()), 1 << 20})
		_ = binary.Write(b, binary.LittleEndian, []uint16{5, 0})
	}
	var b bytes.Buffer
	b.WriteString("PK\x03\x04\x14\x00")
	header(&b)
	b.WriteString("a.css")
	b.Write(packed.Bytes())
	at := b.Len()
	for range members {
		b.WriteString("PK\x01\x02\x14\x00\x14\x00")
		header(&b)
		b.Write(make([]byte, 14))
		b.WriteString("a.css")
	}
	end := b.Len() - at
	b.WriteString("PK\x05\x06\x00\x00\x00\x00")
	_ = binary.Write(&b, binary.LittleEndian, []uint16{uint16(members), uint16(members)})
	_ = binary.Write(&b, binary.LittleEndian, []uint32{uint32(end), uint32(at)})
	b.WriteString("\x00\x00")
	return b.String()
}
