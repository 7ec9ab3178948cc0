package xmp

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// Pack compresses a document as the Scene7 API sends it: gzip around zlib (contract section 10,
// tier 2).
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

// Unpack takes off what documents are packed in: zlib, gzip, gzip around zlib, or nothing. What
// it returns has at most MaxBytes bytes; more is a *LimitError.
func Unpack(data []byte) ([]byte, error) {
	const layers = 2
	for range layers {
		var reader io.Reader
		var err error
		switch {
		case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
			reader, err = gzip.NewReader(bytes.NewReader(data))
		case isZlib(data):
			reader, err = zlib.NewReader(bytes.NewReader(data))
		default:
			return unpacked(data)
		}
		if err != nil {
			return nil, fmt.Errorf("it is damaged: %w", err)
		}
		// A layer that is still compressed cannot be longer than what it holds by more than a few
		// bytes, so one limit serves both.
		data, err = io.ReadAll(io.LimitReader(reader, MaxBytes+1))
		if err != nil {
			return nil, fmt.Errorf("it is damaged: %w", err)
		}
		if len(data) > MaxBytes {
			return nil, &LimitError{What: "bytes unpacked", Limit: MaxBytes}
		}
	}
	if isZlib(data) || bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return nil, errors.New("it is compressed more than twice")
	}
	return data, nil
}

func unpacked(data []byte) ([]byte, error) {
	if len(data) > MaxBytes {
		return nil, &LimitError{What: "bytes", Limit: MaxBytes, Sent: len(data)}
	}
	return data, nil
}

// isZlib looks at the two bytes that begin zlib data (RFC 1950, section 2.2). An XML document
// never begins so.
func isZlib(data []byte) bool {
	return len(data) > 2 && data[0]&0x0f == 8 && data[0]>>4 <= 7 && (uint(data[0])<<8|uint(data[1]))%31 == 0
}
