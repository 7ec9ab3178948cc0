package auth

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// claims is the payload of a token.
type claims struct {
	user, company   ingest.Number
	issued, expires int64 // Unix time in milliseconds
	session         sessionID
	fingerprint     string
}

// sessionID is the 16 bytes of a session's UUID; all zero is no session.
type sessionID [16]byte

// claimsVersion begins every payload.
const claimsVersion = 2

// Sizes of the parts of a payload, in bytes.
const (
	claimNumbers  = 4
	claimsSession = 1 + 8*claimNumbers
	claimsFixed   = claimsSession + len(sessionID{})
)

// payload is the version, four numbers of 64 bits, the session and the fingerprint.
func (c claims) payload() []byte {
	b := []byte{claimsVersion}
	for _, n := range []int64{int64(c.user), int64(c.company), c.issued, c.expires} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = append(b, c.session[:]...)
	return append(b, c.fingerprint...)
}

func parseClaims(b []byte) (claims, bool) {
	if len(b) < claimsFixed || b[0] != claimsVersion {
		return claims{}, false
	}
	n := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[1+8*i:])) }
	return claims{user: ingest.Number(n(0)), company: ingest.Number(n(1)), issued: n(2), expires: n(3),
		session: sessionID(b[claimsSession:claimsFixed]), fingerprint: string(b[claimsFixed:])}, true
}

func (c claims) info(kind string) TokenInfo {
	return TokenInfo{User: c.user, Company: c.company, Kind: kind, Session: c.session.uuid(),
		Issued: time.UnixMilli(c.issued), Expires: time.UnixMilli(c.expires)}
}

// parseSession reads the UUID of a session; "" is none.
func parseSession(u ingest.UUID) (id sessionID, ok bool) {
	if u == "" {
		return id, true
	}
	b, err := hex.DecodeString(strings.ReplaceAll(string(u), "-", ""))
	if err != nil || len(b) != len(id) {
		return id, false
	}
	id = sessionID(b)
	return id, id.uuid() == u
}

// uuid is the session in the form of a UUID, "" for none.
func (id sessionID) uuid() ingest.UUID {
	if id == (sessionID{}) {
		return ""
	}
	s := hex.EncodeToString(id[:])
	return ingest.UUID(strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-"))
}
