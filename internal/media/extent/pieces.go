package extent

import (
	"encoding/binary"
	"io"
	"iter"
)

// mostPieces is how many pieces of a file are looked at: far more than files of cameras have boxes before the pixels.
const mostPieces = 20_000

// pieces reads pieces of a file, a limited number of them.
type pieces struct {
	src  io.ReaderAt
	size int64
	left int
}

// read fills b from a place in the file.
func (r *pieces) read(b []byte, at int64) bool {
	if at < 0 || r.left <= 0 || int64(len(b)) > r.size-at {
		return false
	}
	r.left--
	n, _ := r.src.ReadAt(b, at)
	return n == len(b)
}

// upTo returns at most so many bytes between two places in the file.
func (r *pieces) upTo(most int, from, to int64) []byte {
	if from >= to {
		return nil
	}
	b := make([]byte, min(int64(most), to-from))
	if !r.read(b, from) {
		return nil
	}
	return b
}

// box is a box of the ISO base media file format (ISO/IEC 14496-12, section 4.2): its kind, and where what it holds
// begins and ends in the file.
type box struct {
	kind     string
	from, to int64
}

// boxes yields the boxes between two places in the file. One that claims to be longer than what is there ends there.
func (r *pieces) boxes(from, to int64) iter.Seq[box] {
	return func(yield func(box) bool) {
		to := min(to, r.size)
		var head [16]byte
		for at := from; at <= to-8; {
			if !r.read(head[:8], at) {
				return
			}
			b := box{kind: string(head[4:8]), from: at + 8}
			switch length := int64(binary.BigEndian.Uint32(head[:])); length {
			case 0: // to the end
				b.to = to
			case 1: // the length stands behind the kind
				if !r.read(head[:16], at) {
					return
				}
				b.from = at + 16
				long := binary.BigEndian.Uint64(head[8:])
				b.to = at + int64(min(long, uint64(to-at)))
			default:
				b.to = min(at+length, to)
			}
			if b.to < b.from || !yield(b) {
				return
			}
			at = b.to
		}
	}
}

// first returns the first box of a kind between two places.
func (r *pieces) first(kind string, from, to int64) (box, bool) {
	for b := range r.boxes(from, to) {
		if b.kind == kind {
			return b, true
		}
	}
	return box{}, false
}
