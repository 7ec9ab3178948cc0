package sign_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/wire/sign"
)

// key is a key whose secret follows from its ID.
func key(id string) sign.Key {
	return sign.Key{ID: id, Secret: bytes.Repeat([]byte(id), sign.SecretSize/len(id)+1)}
}

func ring(t testing.TB, current, previous sign.Key) sign.Ring {
	t.Helper()
	r, err := sign.NewRing(current, previous)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The expected MACs were computed with another implementation of HMAC-SHA-256.
func TestFormat(t *testing.T) {
	r := ring(t, sign.Key{ID: "k1", Secret: []byte("0123456789abcdef0123456789abcdef")}, sign.Key{})
	got := []string{r.Sign("login", []byte{0xfb, 0xff, 'x'}), r.MAC("address", "GET", "/a")}
	want := []string{
		"k1.-_94.mcW4DDHqBx24P0gG7tldOglgDEkAJauvrOM9Rz-kPpk",
		"k1.WqvmNIPHI7jYcpYgqdbJ4KH9VN220ZdP3NJvRm4iyZw",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOpenReturnsWhatWasSigned(t *testing.T) {
	r := ring(t, key("one"), sign.Key{})
	for _, size := range []int{0, 1, 2, 3, 100, sign.MaxPayload} {
		payload := bytes.Repeat([]byte{0xa5}, size)
		text := r.Sign("p", payload)
		if strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
			t.Errorf("%q is not safe in an address", text)
		}
		got, err := r.Open("p", text)
		if err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%d bytes: got %d bytes, %v", size, len(got), err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	r := ring(t, key("one"), key("two"))
	good := r.Sign("p", []byte("payload"))
	id, rest, _ := strings.Cut(good, ".")
	body, mac, _ := strings.Cut(rest, ".")
	longest := ring(t, key(strings.Repeat("k", 32)), sign.Key{})
	for _, c := range []struct {
		name string
		ring sign.Ring
		text string
		want error
	}{
		{"good", r, good, nil},
		{"the longest", longest, longest.Sign("p", make([]byte, sign.MaxPayload)), nil},
		{"too large a payload", r, r.Sign("p", make([]byte, sign.MaxPayload+1)), sign.ErrMalformed},
		{"too long", r, good + strings.Repeat("A", sign.MaxText), sign.ErrMalformed},
		{"empty", r, "", sign.ErrMalformed},
		{"dots only", r, "..", sign.ErrMalformed},
		{"no mac", r, id + "." + body, sign.ErrMalformed},
		{"empty mac", r, id + "." + body + ".", sign.ErrMalformed},
		{"half a mac", r, good[:len(good)-10], sign.ErrMalformed},
		{"a fourth field", r, good + ".x", sign.ErrMalformed},
		{"padding", r, id + "." + body + "=." + mac, sign.ErrMalformed},
		{"a line end in the payload", r, id + "." + body[:2] + "\n" + body[2:] + "." + mac, sign.ErrMalformed},
		{"a line end in the mac", r, id + "." + body + "." + mac[:20] + "\r" + mac[21:], sign.ErrMalformed},
		{"no key", r, "." + body + "." + mac, sign.ErrMalformed},
		{"odd key", r, "o/e." + body + "." + mac, sign.ErrMalformed},
		{"long key", r, strings.Repeat("k", 33) + "." + body + "." + mac, sign.ErrMalformed},
		{"foreign key", r, "three." + body + "." + mac, sign.ErrUnknownKey},
		{"no keys at all", sign.Ring{}, good, sign.ErrUnknownKey},
		{"under the other key", r, "two." + body + "." + mac, sign.ErrForged},
		{"other payload", r, id + ".AAAA." + mac, sign.ErrForged},
		{"same ID, other secret", ring(t, sign.Key{ID: "one", Secret: make([]byte, 32)}, sign.Key{}), good, sign.ErrForged},
		{"mac of parts", r, id + "." + body + strings.TrimPrefix(r.MAC("p", "payload"), id), sign.ErrForged},
	} {
		t.Run(c.name, func(t *testing.T) {
			payload, err := c.ring.Open("p", c.text)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if (err == nil) != (payload != nil) {
				t.Errorf("payload %q with %v", payload, err)
			}
		})
	}
}

func TestPurposesAreSeparate(t *testing.T) {
	r := ring(t, key("one"), sign.Key{})
	purposes := []string{"", "a", "ab", "b", "A", "payload", "parts"}
	for _, made := range purposes {
		for _, opened := range purposes {
			var want error
			if made != opened {
				want = sign.ErrForged
			}
			if _, err := r.Open(opened, r.Sign(made, []byte("b"))); !errors.Is(err, want) {
				t.Errorf("made for %q, opened for %q: %v", made, opened, err)
			}
			if err := r.Verify(opened, r.MAC(made, "b"), "b"); !errors.Is(err, want) {
				t.Errorf("MAC for %q, verified for %q: %v", made, opened, err)
			}
		}
	}
}

func TestRotation(t *testing.T) {
	first := ring(t, key("one"), sign.Key{})
	second := ring(t, key("two"), key("one"))
	third := ring(t, key("three"), key("two"))
	text, mac := first.Sign("p", []byte("x")), first.MAC("p", "x")
	for _, c := range []struct {
		ring sign.Ring
		want error
	}{{first, nil}, {second, nil}, {third, sign.ErrUnknownKey}} {
		if _, err := c.ring.Open("p", text); !errors.Is(err, c.want) {
			t.Errorf("%v: Open gave %v, want %v", c.ring, err, c.want)
		}
		if err := c.ring.Verify("p", mac, "x"); !errors.Is(err, c.want) {
			t.Errorf("%v: Verify gave %v, want %v", c.ring, err, c.want)
		}
	}
	if text := second.Sign("p", nil); !strings.HasPrefix(text, "two.") {
		t.Errorf("signed as %s", text)
	}
}

// Changing, removing or doubling any one byte ends a text.
func TestEveryByteCounts(t *testing.T) {
	r := ring(t, key("one"), key("two"))
	for name, c := range map[string]struct {
		text  string
		opens func(string) bool
	}{
		"Open":   {r.Sign("p", []byte("payload!")), func(s string) bool { _, err := r.Open("p", s); return err == nil }},
		"Verify": {r.MAC("p", "part", "other"), func(s string) bool { return r.Verify("p", s, "part", "other") == nil }},
	} {
		if !c.opens(c.text) {
			t.Fatalf("%s refuses %q", name, c.text)
		}
		for i := range len(c.text) {
			for b := range 256 {
				if changed := c.text[:i] + string([]byte{byte(b)}) + c.text[i+1:]; changed != c.text && c.opens(changed) {
					t.Errorf("%s took %q for %q", name, changed, c.text)
				}
				if longer := c.text[:i] + string([]byte{byte(b)}) + c.text[i:]; c.opens(longer) {
					t.Errorf("%s took %q for %q", name, longer, c.text)
				}
			}
			if shorter := c.text[:i] + c.text[i+1:]; c.opens(shorter) {
				t.Errorf("%s took %q for %q", name, shorter, c.text)
			}
		}
		for b := range 256 {
			if longer := c.text + string([]byte{byte(b)}); c.opens(longer) {
				t.Errorf("%s took %q for %q", name, longer, c.text)
			}
		}
	}
}

func TestVerifyTellsPartsApart(t *testing.T) {
	r := ring(t, key("one"), sign.Key{})
	lists := [][]string{nil, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"b", "a"}, {"\x00\x00\x00\x00\x00\x00\x00\x01b"}}
	for i, made := range lists {
		for j, asked := range lists {
			var want error
			if i != j {
				want = sign.ErrForged
			}
			if err := r.Verify("p", r.MAC("p", made...), asked...); !errors.Is(err, want) {
				t.Errorf("made of %q, asked for %q: %v", made, asked, err)
			}
		}
	}
}

func TestNewRingRefuses(t *testing.T) {
	short := sign.Key{ID: "short", Secret: make([]byte, 15)}
	for name, c := range map[string]struct{ current, previous sign.Key }{
		"no key":           {},
		"no ID":            {current: sign.Key{Secret: make([]byte, 32)}},
		"dot in the ID":    {current: key("a.b")},
		"long ID":          {current: key(strings.Repeat("x", 33))},
		"short secret":     {current: short},
		"short old secret": {current: key("one"), previous: short},
		"no old secret":    {current: key("one"), previous: sign.Key{ID: "two"}},
		"the same twice":   {current: key("one"), previous: key("one")},
	} {
		if _, err := sign.NewRing(c.current, c.previous); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRingKeepsItsOwnSecrets(t *testing.T) {
	k := key("one")
	r := ring(t, k, sign.Key{})
	before := r.Sign("p", nil)
	clear(k.Secret)
	if diff := cmp.Diff(before, r.Sign("p", nil)); diff != "" {
		t.Error(diff)
	}
}

func TestZeroRingDoesNotSign(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("signed without a key")
		}
	}()
	sign.Ring{}.Sign("p", nil)
}

func TestNewKey(t *testing.T) {
	a, b := sign.NewKey(), sign.NewKey()
	r := ring(t, a, b) // fails when they have the same ID
	if len(a.Secret) != sign.SecretSize || bytes.Equal(a.Secret, b.Secret) {
		t.Errorf("secrets of %d and %d bytes, equal: %v", len(a.Secret), len(b.Secret), bytes.Equal(a.Secret, b.Secret))
	}
	if _, err := r.Open("p", r.Sign("p", nil)); err != nil {
		t.Error(err)
	}
}

// Whatever is done to show keys, their secrets do not appear.
func TestSecretsDoNotPrint(t *testing.T) {
	secret := []byte("do-not-show-this-to-anybody-here")
	k := sign.Key{ID: "shown", Secret: secret}
	r := ring(t, k, sign.Key{})
	var out bytes.Buffer
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, format+format+format, k, &k, r)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "key", k, "ring", r)
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "key", k, "ring", r)
	text := out.String()
	if !strings.Contains(text, "shown") {
		t.Errorf("nothing was shown: %s", text)
	}
	asJSON, _ := json.Marshal(secret)
	for _, form := range []string{string(secret), fmt.Sprintf("%x", secret), strings.Trim(fmt.Sprintf("%d", secret), "[]"),
		strings.Trim(string(asJSON), `"`), base64.RawURLEncoding.EncodeToString(secret)} {
		if strings.Contains(text, form) {
			t.Errorf("%s is in %s", form, text)
		}
	}
}
