// Package sign makes texts that only a holder of the keys can make:
// HMAC-SHA-256 (RFC 2104, FIPS 180-4) under a ring of two keys, written in
// letters that are safe in addresses and headers (RFC 4648 section 5).
//
// It promises that a text opens unchanged or not at all, that a text made for
// one purpose never opens for another, and that comparing takes a time that
// does not depend on the signature. It hides nothing: whoever has a text can
// read its payload. It knows nothing of time; what a payload is good for, and
// until when, is for the caller to say in it.
package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
)

// Why a text does not open.
var (
	ErrMalformed  = errors.New("sign: malformed text")
	ErrUnknownKey = errors.New("sign: the key of the text is not live")
	ErrForged     = errors.New("sign: the signature does not fit")
)

// Limits, in bytes.
const (
	MaxPayload = 2048
	MaxText    = maxID + 1 + (MaxPayload*8+5)/6 + 1 + macText
	macText    = (sha256.Size*8 + 5) / 6
)

// What a signature is over, so that one kind never stands for the other.
const (
	overPayload = "payload"
	overParts   = "parts"
)

// encoding has one text for each sequence of bytes, but for line ends, which
// decode refuses.
var encoding = base64.RawURLEncoding.Strict()

// Sign returns KEYID.PAYLOAD.MAC, signed with the current key. Open refuses a
// payload over MaxPayload bytes. A ring without keys panics.
func (r Ring) Sign(purpose string, payload []byte) string {
	mac := r.mac(overPayload, purpose, string(payload))
	return r.current.ID + "." + encoding.EncodeToString(payload) + "." + mac
}

// Open returns the payload of a text that Sign made for the same purpose with a
// key of the ring. Failures are ErrMalformed, also for texts over MaxText
// bytes, ErrUnknownKey and ErrForged.
func (r Ring) Open(purpose, text string) ([]byte, error) {
	if len(text) > MaxText {
		return nil, ErrMalformed
	}
	id, rest, _ := strings.Cut(text, ".")
	body, mac, _ := strings.Cut(rest, ".")
	payload, err := decode(body)
	if err != nil || len(payload) > MaxPayload {
		return nil, ErrMalformed
	}
	if err := r.verify(id, mac, overPayload, purpose, string(payload)); err != nil {
		return nil, err
	}
	return payload, nil
}

// MAC returns KEYID.MAC over a sequence of parts, each of which counts with its
// length, signed with the current key. A ring without keys panics.
func (r Ring) MAC(purpose string, parts ...string) string {
	return r.current.ID + "." + r.mac(overParts, purpose, parts...)
}

// Verify reports whether a text was made by MAC for the same purpose and parts
// with a key of the ring. Failures are those of Open.
func (r Ring) Verify(purpose, text string, parts ...string) error {
	id, mac, _ := strings.Cut(text, ".")
	return r.verify(id, mac, overParts, purpose, parts...)
}

func (r Ring) mac(over, purpose string, parts ...string) string {
	if r.current.zero() {
		panic("sign: a ring without keys cannot sign")
	}
	return encoding.EncodeToString(sum(r.current, over, purpose, parts))
}

func (r Ring) verify(id, mac, over, purpose string, parts ...string) error {
	if !isID(id) || len(mac) != macText {
		return ErrMalformed
	}
	got, err := decode(mac)
	if err != nil {
		return ErrMalformed
	}
	key, ok := r.key(id)
	if !ok {
		return ErrUnknownKey
	}
	if !hmac.Equal(got, sum(key, over, purpose, parts)) {
		return ErrForged
	}
	return nil
}

// sum is the MAC over what is signed, the purpose, the key's ID and the parts,
// each with its length in front.
func sum(key Key, over, purpose string, parts []string) []byte {
	h := hmac.New(sha256.New, key.Secret)
	var size [8]byte
	for _, part := range append([]string{over, purpose, key.ID}, parts...) {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}

// decode reads what encoding writes, and nothing else: the decoder of the
// standard library passes over line ends.
func decode(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, ErrMalformed
	}
	return encoding.DecodeString(text)
}
