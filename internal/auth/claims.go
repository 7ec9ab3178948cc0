package auth

import (
	"encoding/binary"
	"time"

	"sluice/internal/ingest"
)

// claims is the payload of a token.
type claims struct {
	user, company   ingest.Number
	issued, expires int64 // Unix time in milliseconds
	fingerprint     string
}

// claimsVersion begins every payload.
const claimsVersion = 1

// payload is the version, four numbers of 64 bits and the fingerprint.
func (c claims) payload() []byte {
	b := []byte{claimsVersion}
	for _, n := range []int64{int64(c.user), int64(c.company), c.issued, c.expires} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(b, c.fingerprint...)
}

func parseClaims(b []byte) (claims, bool) {
	const numbers = 4
	if len(b) < 1+8*numbers || b[0] != claimsVersion {
		return claims{}, false
	}
	n := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[1+8*i:])) }
	return claims{user: ingest.Number(n(0)), company: ingest.Number(n(1)), issued: n(2), expires: n(3), fingerprint: string(b[1+8*numbers:])}, true
}

func (c claims) info(kind string) TokenInfo {
	return TokenInfo{User: c.user, Company: c.company, Kind: kind, Issued: time.UnixMilli(c.issued), Expires: time.UnixMilli(c.expires)}
}
