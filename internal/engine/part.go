package engine

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"sluice/internal/ingest"
)

// Parts divides a file into parts of one size, numbered from 1; the last may be
// shorter. A file without bytes has none.
type Parts struct {
	Size     int64 // of the file, bytes
	PartSize int64
}

// MostParts is how many parts an upload may have.
const MostParts = 10_000

// check refuses what cannot be divided.
func (p Parts) check() error {
	const op = "engine.Parts"
	switch {
	case p.PartSize == 0:
		return nil
	case p.PartSize < 0 || p.Size < 0:
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("a file of %d bytes cannot come in parts of %d bytes", p.Size, p.PartSize)}
	case (p.Size-1)/p.PartSize >= MostParts:
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("%d bytes are more than %d parts of %d bytes", p.Size, MostParts, p.PartSize)}
	}
	return nil
}

// PartsOf is how an upload is divided.
func PartsOf(u *ingest.Upload) Parts { return Parts{u.Size, u.Options.PartSize} }

// Count is how many parts there are.
func (p Parts) Count() int {
	if p.Size <= 0 || p.PartSize <= 0 {
		return 0
	}
	return int((p.Size-1)/p.PartSize) + 1
}

// Range is where a part begins, and how many bytes it has.
func (p Parts) Range(n int) (offset, length int64) {
	offset = int64(n-1) * p.PartSize
	return offset, min(p.PartSize, p.Size-offset)
}

// confirmed reports whether the client has confirmed a part.
func confirmed(bits []byte, n int) bool {
	i := n - 1
	return i>>3 < len(bits) && bits[i>>3]&(1<<(i&7)) != 0
}

// Confirmed reports whether the client has confirmed a part of an upload.
func Confirmed(u *ingest.Upload, n int) bool { return confirmed(u.Parts, n) }

// marked is a copy of the bits with the one of a part changed.
func marked(bits []byte, n int, on bool) []byte {
	i := n - 1
	out := make([]byte, max(len(bits), i>>3+1))
	copy(out, bits)
	if on {
		out[i>>3] |= 1 << (i & 7)
	} else {
		out[i>>3] &^= 1 << (i & 7)
	}
	return out
}

// PartTag stands for the bytes of a part: others have another tag. It is made of
// their CRC-32C and of what binds it to the part, so that no tag has to be kept and
// that of another part or another upload is told from it. It is no secret: whoever
// makes one up must have the checksum of what is there.
type PartTag string

// partTag is the tag of a part with the checksum.
func partTag(u *ingest.Upload, n int, crc uint32) PartTag {
	var b [12]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	binary.BigEndian.PutUint32(b[8:], crc)
	h := sha256.New()
	h.Write([]byte("part tag of " + u.UUID))
	h.Write(b[:])
	return PartTag(hex.EncodeToString(append(b[8:], h.Sum(nil)[:12]...)))
}

// checksum returns the CRC-32C that a tag stands for.
func (t PartTag) checksum(u *ingest.Upload, n int) (crc uint32, ok bool) {
	text := strings.ToLower(string(t))
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 16 {
		return 0, false
	}
	crc = binary.BigEndian.Uint32(b)
	return crc, subtle.ConstantTimeCompare([]byte(text), []byte(partTag(u, n, crc))) == 1
}

// md5 is the tag read as an MD5, as which a door may show the bytes of a part.
func (t PartTag) md5() (sum []byte, ok bool) {
	sum, err := hex.DecodeString(string(t))
	return sum, err == nil && len(sum) == md5.Size
}

// checkPart refuses numbers that no part has.
func checkPart(u *ingest.Upload, n int) error {
	if count := PartsOf(u).Count(); n < 1 || n > count {
		return &ingest.Error{Kind: ingest.NotFound, Op: "engine.checkPart", Msg: fmt.Sprintf("the upload has %d parts, none is number %d", count, n)}
	}
	return nil
}
