// Package frame reads and writes the length-prefixed JSON messages that the server and its media worker exchange
// over pipes. A frame is a big-endian 32-bit length, counted in bytes and at least 2, followed by that many bytes of
// one JSON value. Raw bytes (an image, a thumbnail) follow a frame that announced their length; they are not framed.
package frame

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Max is the longest JSON value in bytes that either side sends or accepts.
const Max = 64 << 10

// ErrMalformed is returned, wrapped, when a frame has a forbidden length or is not the JSON value expected.
var ErrMalformed = errors.New("malformed frame")

// Write sends v as one frame in one call of w.Write.
func Write(w io.Writer, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode frame: %w", err)
	}
	if len(body) > Max {
		return fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrMalformed, len(body), Max)
	}
	message := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	_, err = w.Write(append(message, body...))
	return err
}

// Read takes one frame from r into v. It returns io.EOF when r ended before the first byte of a frame,
// io.ErrUnexpectedEOF when it ended inside one, and an error wrapping ErrMalformed for anything that is no frame.
// It never reads past the frame and never allocates more than Max bytes for it.
func Read(r io.Reader, v any) error {
	var prefix [4]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return err
	}
	length := binary.BigEndian.Uint32(prefix[:])
	if length < 2 || length > Max {
		return fmt.Errorf("%w: length %d is outside 2..%d", ErrMalformed, length, Max)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return nil
}
