package xmp

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// MaxBytes is the largest packet, unpacked.
const MaxBytes = 4 << 20

// Pack compresses a document as the Scene7 API sends it: gzip around zlib.
func Pack(document []byte) []byte {
	var out bytes.Buffer
	outer := gzip.NewWriter(&out)
	inner := zlib.NewWriter(outer)
	// Writing to a buffer does not fail.
	_, _ = inner.Write(document)
	_ = inner.Close()
	_ = outer.Close()
	return out.Bytes()
}

// Unpack takes off gzip and zlib, in any combination, or none.
func Unpack(data []byte) ([]byte, error) {
	const layers = 3
	for range layers {
		var reader io.Reader
		var err error
		switch {
		case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
			reader, err = gzip.NewReader(bytes.NewReader(data))
		case isZlib(data):
			reader, err = zlib.NewReader(bytes.NewReader(data))
		default:
			if len(data) > MaxBytes {
				return nil, tooLong()
			}
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		data, err = io.ReadAll(io.LimitReader(reader, MaxBytes+1))
		if err != nil {
			return nil, err
		}
		if len(data) > MaxBytes {
			return nil, tooLong()
		}
	}
	return nil, errors.New("it is compressed too often")
}

func tooLong() error { return fmt.Errorf("it is longer than %d bytes", MaxBytes) }

// isZlib looks at the two bytes that begin zlib data. An XML document never begins so.
func isZlib(data []byte) bool {
	return len(data) > 2 && data[0]&0x0f == 8 && data[0]>>4 <= 7 && (uint(data[0])<<8|uint(data[1]))%31 == 0
}
