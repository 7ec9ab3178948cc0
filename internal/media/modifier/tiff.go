package modifier

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
	"math"
)

// stripBytes is about how many bytes of pixels a strip has before it is packed.
const stripBytes = 1 << 20

// writeTIFF writes a TIFF 6.0 file with 8 bits for each channel: one channel when gray, else three, and a fourth of
// unassociated alpha when asked for. Strips are packed with deflate (compression 8, TIFF technical note of 2002). The
// directory stands behind them, and its place is written into the header at the end.
func writeTIFF(out *pieces, img *image.RGBA, gray, alpha bool, profile []byte) error {
	t := &tiffFile{img: img, samples: 3}
	switch {
	case gray:
		t.samples = 1
	case alpha:
		t.samples = 4
	}
	width, height := img.Rect.Dx(), img.Rect.Dy()
	t.rows = max(1, min(height, stripBytes/(width*t.samples)))
	if _, err := out.Write([]byte("II*\x00\x00\x00\x00\x00")); err != nil {
		return err
	}
	var offsets, lengths []uint32
	for top := 0; top < height; top += t.rows {
		before := out.written
		if err := t.strip(out, top, min(height, top+t.rows)); err != nil {
			return err
		}
		offsets = append(offsets, uint32(before))
		lengths = append(lengths, uint32(out.written-before))
	}
	if out.written%2 == 1 { // A directory begins on a word boundary.
		if _, err := out.Write([]byte{0}); err != nil {
			return err
		}
	}
	at := out.written
	if _, err := out.Write(t.directory(int(at), offsets, lengths, profile)); err != nil {
		return err
	}
	if out.written > math.MaxUint32 {
		return errors.New("it would be longer than 4 GiB")
	}
	binary.LittleEndian.PutUint32(out.all[0][4:], uint32(at))
	return nil
}

type tiffFile struct {
	img     *image.RGBA
	samples int
	rows    int // of a strip
}

func (t *tiffFile) strip(out io.Writer, top, bottom int) error {
	packer := zlib.NewWriter(out)
	row := make([]byte, t.img.Rect.Dx()*t.samples)
	for y := top; y < bottom; y++ {
		from := t.img.Pix[y*t.img.Stride:]
		for x := range t.img.Rect.Dx() {
			pixel := from[4*x:][:4]
			if t.samples == 4 && pixel[3] != 255 {
				c := color.NRGBAModel.Convert(color.RGBA{pixel[0], pixel[1], pixel[2], pixel[3]}).(color.NRGBA)
				pixel = []byte{c.R, c.G, c.B, c.A}
			}
			copy(row[x*t.samples:][:t.samples], pixel)
		}
		if _, err := packer.Write(row); err != nil {
			return err
		}
	}
	return packer.Close()
}

// directory is the image file directory, which stands at an offset, with the values that do not fit into its entries
// behind it; TIFF 6.0 sections 2 and 8.
func (t *tiffFile) directory(at int, offsets, lengths []uint32, profile []byte) []byte {
	type entry struct {
		tag, kind uint16
		count     int
		value     []byte
	}
	short := func(tag uint16, values ...uint16) entry {
		var b []byte
		for _, v := range values {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
		return entry{tag, 3, len(values), b}
	}
	long := func(tag uint16, values ...uint32) entry {
		var b []byte
		for _, v := range values {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return entry{tag, 4, len(values), b}
	}
	photometric := uint16(2)
	if t.samples == 1 {
		photometric = 1
	}
	entries := []entry{
		long(256, uint32(t.img.Rect.Dx())), long(257, uint32(t.img.Rect.Dy())),
		short(258, []uint16{8, 8, 8, 8}[:t.samples]...), short(259, 8), short(262, photometric),
		long(273, offsets...), short(277, uint16(t.samples)), long(278, uint32(t.rows)), long(279, lengths...),
		short(284, 1),
	}
	if t.samples == 4 {
		entries = append(entries, short(338, 2))
	}
	if len(profile) > 0 {
		entries = append(entries, entry{34675, 7, len(profile), profile})
	}
	dir := binary.LittleEndian.AppendUint16(nil, uint16(len(entries)))
	var behind []byte
	start := at + 2 + 12*len(entries) + 4
	for _, e := range entries {
		dir = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(dir, e.tag), e.kind)
		dir = binary.LittleEndian.AppendUint32(dir, uint32(e.count))
		if len(e.value) <= 4 {
			dir = append(dir, append(bytes.Clone(e.value), 0, 0, 0, 0)[:4]...)
			continue
		}
		dir = binary.LittleEndian.AppendUint32(dir, uint32(start+len(behind)))
		behind = append(behind, e.value...)
		if len(behind)%2 == 1 {
			behind = append(behind, 0)
		}
	}
	return append(append(dir, 0, 0, 0, 0), behind...)
}
