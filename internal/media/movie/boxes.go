package movie

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/abema/go-mp4"
)

// reader reads boxes, and counts them.
type reader struct {
	src   io.ReaderAt
	boxes int // that may follow
}

// box is a box without its header.
type box struct {
	kind string // its four characters
	at   int64  // where its payload begins
	end  int64  // where it ends
}

func (b box) size() int64 { return b.end - b.at }

// after is what follows the first bytes of a box.
func (b box) after(bytes int64) box {
	b.at += bytes
	return b
}

// each visits the boxes in a box. Less than the length of a header may be left over.
func (r *reader) each(parent box, visit func(box) error) error {
	for at := parent.at; parent.end-at >= mp4.SmallHeaderSize; {
		if r.boxes--; r.boxes < 0 {
			return fmt.Errorf("more than %d boxes", maxBoxes)
		}
		info, err := mp4.ReadBoxInfo(io.NewSectionReader(r.src, at, parent.end-at))
		if err != nil {
			return fmt.Errorf("a header in %q: %w", parent.kind, err)
		}
		if left := uint64(parent.end - at); info.ExtendToEOF || info.Size < info.HeaderSize || info.Size > left {
			return fmt.Errorf("a box of %d bytes in %q, where %d are left", info.Size, parent.kind, left)
		}
		b := box{string(info.Type[:]), at + int64(info.HeaderSize), at + int64(info.Size)}
		if err := visit(b); err != nil {
			return err
		}
		at = b.end
	}
	return nil
}

// payload holds a box in memory.
func (r *reader) payload(b box) ([]byte, error) {
	if b.size() < 0 || b.size() > maxPayload {
		return nil, fmt.Errorf("a box %q of %d bytes", b.kind, b.size())
	}
	payload := make([]byte, b.size())
	if _, err := r.src.ReadAt(payload, b.at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return payload, nil
}

// unmarshal reads a box as what it is. The library allocates no more than a small multiple of the payload.
func (r *reader) unmarshal(b box, into mp4.IBox) error {
	payload, err := r.payload(b)
	if err != nil {
		return err
	}
	if typed, ok := into.(interface{ SetType(mp4.BoxType) }); ok {
		typed.SetType(mp4.StrToBoxType(b.kind))
	}
	if _, err := mp4.Unmarshal(bytes.NewReader(payload), uint64(len(payload)), into, mp4.Context{}); err != nil {
		return fmt.Errorf("a box %q: %w", b.kind, err)
	}
	return nil
}
