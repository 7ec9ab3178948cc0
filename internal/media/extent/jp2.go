package extent

import "encoding/binary"

// jp2Boxes reads the extent of a JPEG 2000 file (ISO/IEC 15444-1, annex I): the header box ihdr, and the codestream, by
// which decoders go.
func (r *pieces) jp2Boxes() (e Extent) {
	for b := range r.boxes(0, r.size) {
		switch b.kind {
		case "jp2h":
			if header, ok := r.first("ihdr", b.from, b.to); ok {
				if b := r.upTo(8, header.from, header.to); len(b) == 8 {
					e.Shown = Size{Width: number(b[4:]), Height: number(b)}
				}
			}
			e.Most = larger(e.Most, e.Shown)
		case "jp2c":
			if size, ok := r.siz(b.from); ok {
				e.Shown, e.Most = size, larger(e.Most, size)
			}
			return e
		}
	}
	return e
}

// siz reads the SIZ marker segment, which follows the start of a codestream at once (ISO/IEC 15444-1, section A.5.1):
// the marker, its length, the capabilities, the far corner of the picture on the reference grid and the near one.
func (r *pieces) siz(at int64) (Size, bool) {
	var b [24]byte
	if !r.read(b[:], at) || string(b[:4]) != jp2Bare {
		return Size{}, false
	}
	width, height := number(b[8:])-number(b[16:]), number(b[12:])-number(b[20:])
	if width <= 0 || height <= 0 {
		return Size{}, false
	}
	return Size{width, height}, true
}

// number reads four bytes.
func number(b []byte) int64 { return int64(binary.BigEndian.Uint32(b)) }
