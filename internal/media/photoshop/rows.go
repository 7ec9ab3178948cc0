package photoshop

import (
	"bufio"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"

	"sluice/internal/media/fault"
)

// Ways in which samples are packed; "Channel image data".
const (
	packRaw       = 0
	packBits      = 1
	packZIP       = 2
	packPredicted = 3 // ZIP over the differences between neighbours in a row
)

// rows unpacks the rows of one or more channels, one after the other.
type rows struct {
	in     *bufio.Reader
	how    uint16
	width  int // samples of a row
	depth  int // bits of a sample
	row    []byte
	counts []byte // of packBits: the packed bytes of each row, in two bytes
	zip    io.ReadCloser
	packed []byte
}

// openRows reads what stands before count rows of width samples.
func openRows(in *bufio.Reader, how uint16, width, count, depth int) (*rows, error) {
	r := &rows{in: in, how: how, width: width, depth: depth, row: make([]byte, rowBytes(width, depth))}
	var err error
	switch how {
	case packRaw:
	case packBits:
		r.counts = make([]byte, 2*count)
		_, err = io.ReadFull(in, r.counts)
	case packZIP, packPredicted:
		r.zip, err = zlib.NewReader(in)
	default:
		err = failure(fault.Corrupt, "the Photoshop file has samples of the unknown packing %d", how)
	}
	return r, damaged(err)
}

// rowBytes is the length of an unpacked row.
func rowBytes(width, depth int) int { return (width*depth + 7) / 8 }

// next unpacks a row. It is valid until the next call.
func (r *rows) next() ([]byte, error) {
	var err error
	switch r.how {
	case packRaw:
		_, err = io.ReadFull(r.in, r.row)
	case packBits:
		err = r.unpack()
	default:
		_, err = io.ReadFull(r.zip, r.row)
		if r.how == packPredicted {
			sumUp(r.row, r.depth)
		}
	}
	return r.row, damaged(err)
}

// unpack reads a row that is packed as Apple's PackBits does it; TIFF 6.0 section 9.
func (r *rows) unpack() error {
	if len(r.counts) < 2 {
		return io.ErrUnexpectedEOF
	}
	size := int(binary.BigEndian.Uint16(r.counts))
	r.counts = r.counts[2:]
	if cap(r.packed) < size {
		r.packed = make([]byte, size)
	}
	packed := r.packed[:size]
	if _, err := io.ReadFull(r.in, packed); err != nil {
		return err
	}
	out := r.row
	for len(packed) > 0 && len(out) > 0 {
		head := int(int8(packed[0]))
		packed = packed[1:]
		switch {
		case head >= 0:
			if len(packed) < head+1 || len(out) < head+1 {
				return errPacked
			}
			copy(out, packed[:head+1])
			packed, out = packed[head+1:], out[head+1:]
		case head > -128:
			if len(packed) < 1 || len(out) < 1-head {
				return errPacked
			}
			for i := range out[:1-head] {
				out[i] = packed[0]
			}
			packed, out = packed[1:], out[1-head:]
		}
	}
	if len(out) > 0 {
		return errPacked
	}
	return nil
}

var errPacked = errors.New("a packed row has another length than its layer")

// sumUp undoes the prediction: each sample is the difference from the one to its left.
func sumUp(row []byte, depth int) {
	if depth == 16 {
		for i := 2; i+1 < len(row); i += 2 {
			binary.BigEndian.PutUint16(row[i:], binary.BigEndian.Uint16(row[i:])+binary.BigEndian.Uint16(row[i-2:]))
		}
		return
	}
	for i := 1; i < len(row); i++ {
		row[i] += row[i-1]
	}
}

// damaged turns what went wrong with samples into words for the person who uploaded the file.
func damaged(err error) error {
	var known *fault.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return cutOff()
	}
	return &fault.Error{Class: fault.Corrupt, Op: "photoshop.Open", Msg: "the pixels of the Photoshop file are damaged", Err: err}
}
