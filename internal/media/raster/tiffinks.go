package raster

import (
	"encoding/binary"
	"errors"
	"image"
	"io"
	"math"

	"golang.org/x/image/tiff"
)

// tagInkSet says which inks a separated picture has; 1, and 1 when it is not there, are cyan, magenta, yellow and black.
const tagInkSet = 332

// separated reports whether a directory describes a picture of the four usual inks (TIFF 6.0 section 16).
func separated(d directory) bool {
	return d[tagPhotometric] == 5 && d[tagSamples] == 4 && d[tagInkSet] <= 1
}

// decodeInks reads such a picture. The library that decodes TIFF files does not know inks: it is shown the file with
// another directory, which calls the four samples red, green, blue and unassociated alpha. These it hands on as they
// are.
func decodeInks(src *io.SectionReader) (image.Image, error) {
	file, err := asRGB(src)
	if err != nil {
		return nil, err
	}
	m, err := tiff.Decode(file)
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *image.NRGBA:
		return &image.CMYK{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}, nil
	case *image.NRGBA64:
		to := image.NewCMYK(m.Rect)
		for i := range to.Pix {
			to.Pix[i] = m.Pix[2*i] // the higher byte
		}
		return to, nil
	}
	return nil, errors.New("the inks are stored in an unknown way")
}

// asRGB is the file with a changed copy of its first directory, see rgbEntries.
func asRGB(src *io.SectionReader) (*io.SectionReader, error) {
	return disguised(src, func(order binary.ByteOrder, entries []byte) ([]byte, error) { return rgbEntries(order, entries), nil })
}

// disguised is the file with another directory behind its end: change turns the entries of the first one, of 12 bytes
// each and in ascending order, into those of the new one.
func disguised(src *io.SectionReader, change func(order binary.ByteOrder, entries []byte) ([]byte, error)) (*io.SectionReader, error) {
	dirs, err := newIFDReader(src)
	if err != nil {
		return nil, err
	}
	if src.Size() > math.MaxUint32 {
		return nil, errDirectory
	}
	var word [2]byte
	if _, err := src.ReadAt(word[:], dirs.next); err != nil {
		return nil, err
	}
	count := int(dirs.order.Uint16(word[:]))
	if count == 0 || count > maxEntries {
		return nil, errDirectory
	}
	entries := make([]byte, 12*count)
	if _, err := src.ReadAt(entries, dirs.next+2); err != nil {
		return nil, err
	}
	if entries, err = change(dirs.order, entries); err != nil {
		return nil, err
	}
	o := overlay{src: src, size: src.Size()}
	if _, err := src.ReadAt(o.head[:], 0); err != nil {
		return nil, err
	}
	dirs.order.PutUint32(o.head[4:], uint32(src.Size()))
	dirs.order.PutUint16(word[:], uint16(len(entries)/12))
	o.tail = append(append(word[:], entries...), 0, 0, 0, 0) // no other directory
	return io.NewSectionReader(o, 0, o.size+int64(len(o.tail))), nil
}

// shortEntry is a directory entry of one SHORT.
func shortEntry(order binary.ByteOrder, tag, value uint16) []byte {
	entry := make([]byte, 12)
	order.PutUint16(entry, tag)
	order.PutUint16(entry[2:], 3)
	order.PutUint32(entry[4:], 1)
	order.PutUint16(entry[8:], value)
	return entry
}

// rgbEntries copies the entries of a directory with the colours RGB and a fourth sample of unassociated alpha
// (section 12).
func rgbEntries(order binary.ByteOrder, entries []byte) (out []byte) {
	extra := false
	for ; len(entries) > 0; entries = entries[12:] {
		tag := order.Uint16(entries)
		if tag >= tagExtra && !extra {
			out = append(out, shortEntry(order, tagExtra, 2)...)
			extra = true
		}
		switch tag {
		case tagPhotometric:
			out = append(out, shortEntry(order, tagPhotometric, 2)...)
		case tagExtra:
		default:
			out = append(out, entries[:12]...)
		}
	}
	if !extra {
		out = append(out, shortEntry(order, tagExtra, 2)...)
	}
	return out
}

// overlay is a file with another head, and more behind its end.
type overlay struct {
	src  io.ReaderAt
	size int64
	head [8]byte
	tail []byte
}

func (o overlay) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		switch {
		case at < int64(len(o.head)):
			n += copy(p[n:], o.head[at:])
		case at < o.size:
			k, err := o.src.ReadAt(p[n:min(int64(len(p)), int64(n)+o.size-at)], at)
			if n += k; k == 0 {
				return n, err
			}
		case at-o.size < int64(len(o.tail)):
			n += copy(p[n:], o.tail[at-o.size:])
		default:
			return n, io.EOF
		}
	}
	return n, nil
}
