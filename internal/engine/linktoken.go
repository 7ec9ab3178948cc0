package engine

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"

	"sluice/internal/ingest"
)

// tokenBytes is how much of a token is random or looks so: 200 bits, 40 characters.
const tokenBytes = 25

// encodeToken writes a token: lower-case letters and digits, as one segment of an
// address of 16 to 128 characters (softphone contract, section 10.1).
func encodeToken(b []byte) string {
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:tokenBytes]))
}

// newToken makes a random token.
func newToken() string {
	var b [tokenBytes]byte
	rand.Read(b[:])
	return encodeToken(b[:])
}

// tokenSum is what is kept of a token.
func tokenSum(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// linkToken derives the token of a media link from its nonce and the server's
// signing secret, so that the link can be given again without being kept. After the
// secret has changed a nonce gives another token, and the caller mints a new link.
func (e *Engine) linkToken(ctx context.Context, nonce ingest.UUID) (string, error) {
	mac, err := e.mac(ctx, "media-link", string(nonce))
	if err != nil {
		return "", err
	}
	return encodeToken(tokenSum(mac)), nil
}

// processMAC signs with a secret that ends with the process.
func processMAC() func(context.Context, string, ...string) (string, error) {
	secret := make([]byte, sha256.Size)
	rand.Read(secret)
	return func(_ context.Context, purpose string, parts ...string) (string, error) {
		h := hmac.New(sha256.New, secret)
		h.Write([]byte(purpose + "\x00" + strings.Join(parts, "\x00")))
		return hex.EncodeToString(h.Sum(nil)), nil
	}
}
