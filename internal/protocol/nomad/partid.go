package nomad

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"sluice/internal/ingest"
)

// partID names a part of an upload: a UUID of the free form (RFC 9562, version 8) of
// the upload's number, the part's and a check that only the upload's own UUID gives.
// Ten thousand parts so need no rows.
func partID(u *ingest.Upload, n int) ingest.UUID {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(u.Number)<<16)
	b[6] = 0x80 | byte(n>>12)&0x0f
	b[7] = byte(n >> 4)
	check := sha256.Sum256(fmt.Appendf(nil, "part %d of %s", n, u.UUID))
	copy(b[8:], check[:8])
	b[8] = 0x80 | byte(n&0x0f)<<2 | check[0]&3
	h := hex.EncodeToString(b[:])
	return ingest.UUID(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}

// parsePartID returns the upload's number and the part's. Whether there is such a
// part, partID tells.
func parsePartID(text string) (upload ingest.Number, part int, ok bool) {
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != 16 || len(text) != 36 || b[6]>>4 != 8 || b[8]>>6 != 2 {
		return 0, 0, false
	}
	return ingest.Number(binary.BigEndian.Uint64(b[:8]) >> 16), int(b[6]&0x0f)<<12 | int(b[7])<<4 | int(b[8]>>2)&0x0f, true
}
