package sign_test

import (
	"bytes"
	"strings"
	"testing"

	"sluice/internal/wire/sign"
)

// FuzzOpen: whatever opens is exactly what Sign writes for the payload.
func FuzzOpen(f *testing.F) {
	current, previous := ring(f, key("one"), key("two")), ring(f, key("two"), sign.Key{})
	for _, text := range []string{
		"", ".", "..", "one..", "one.AAAA.AAAA", current.Sign("p", nil), current.Sign("p", []byte("payload")),
		previous.Sign("p", []byte{0, 255}), current.Sign("q", []byte("payload")), current.Sign("p", []byte("payload")) + "\n",
		current.MAC("p", "payload"), "one." + strings.Repeat("A", sign.MaxText),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		payload, err := current.Open("p", text)
		if err == nil && text != current.Sign("p", payload) && text != previous.Sign("p", payload) {
			t.Errorf("%q opens as %q", text, payload)
		}
	})
}

// FuzzSign: every payload comes back, for its purpose only.
func FuzzSign(f *testing.F) {
	f.Add("p", []byte(nil), "q")
	f.Add("", []byte("x"), "p")
	f.Add("a", []byte{0, 1, 255}, "a ")
	r := ring(f, key("one"), sign.Key{})
	f.Fuzz(func(t *testing.T, purpose string, payload []byte, other string) {
		if len(payload) > sign.MaxPayload {
			return
		}
		text := r.Sign(purpose, payload)
		if got, err := r.Open(purpose, text); err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%q came back as %q, %v", payload, got, err)
		}
		if got, err := r.Open(other, text); other != purpose && err == nil {
			t.Errorf("made for %q, opened for %q: %q", purpose, other, got)
		}
	})
}
