package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/auth"
	"sluice/internal/ingest"
	"sluice/internal/wire/sign"
)

// clock is a time that tests set.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) forward(d time.Duration) { c.at = c.at.Add(d) }

func signed(t *testing.T, k *auth.Keyring, payload string) string {
	t.Helper()
	text, err := k.Sign(t.Context(), "p", []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func rotate(t *testing.T, k *auth.Keyring) string {
	t.Helper()
	id, err := k.Rotate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// opens checks that a text opens, or why it does not.
func opens(t *testing.T, k *auth.Keyring, text string, want error) {
	t.Helper()
	payload, err := k.Open(t.Context(), "p", text)
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", text, err, want)
	}
	if err == nil && string(payload) != "hello" {
		t.Errorf("%s opens as %q", text, payload)
	}
	if err != nil && (ingest.KindOf(err) != ingest.Unauthenticated || ingest.CodeOf(err) != ingest.CodeBadCredentials) {
		t.Errorf("%s: %v has code %q", text, err, ingest.CodeOf(err))
	}
}

func keyOf(text string) string { id, _, _ := strings.Cut(text, "."); return id }

func TestServersShareKeys(t *testing.T) {
	store, clock := people(), newClock()
	a, b := auth.NewKeyring(store, clock.now), auth.NewKeyring(store, clock.now)
	opens(t, b, signed(t, a, "hello"), nil)
	opens(t, a, signed(t, b, "hello"), nil)
	if len(store.docs) != 1 || store.updates != 1 {
		t.Errorf("%d documents in %d updates, want 1 in 1", len(store.docs), store.updates)
	}
	other := auth.NewKeyring(people(), clock.now)
	opens(t, other, signed(t, a, "hello"), sign.ErrUnknownKey)
	opens(t, a, "nonsense", sign.ErrMalformed)
	text := signed(t, a, "hello")
	opens(t, a, strings.Replace(text, ".", ".AAAA", 1), sign.ErrForged)

	mac, err := a.MAC(t.Context(), "p", "GET", "/x")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(t.Context(), "p", mac, "GET", "/x"); err != nil {
		t.Error(err)
	}
	if err := b.Verify(t.Context(), "p", mac, "GET", "/y"); !errors.Is(err, sign.ErrForged) || ingest.CodeOf(err) != ingest.CodeBadCredentials {
		t.Errorf("other parts: %v", err)
	}
}

func TestFirstUseOfTwoServersAtOnce(t *testing.T) {
	store, clock := people(), newClock()
	a, b := auth.NewKeyring(store, clock.now), auth.NewKeyring(store, clock.now)
	var ofB string
	store.beforeUpdate = func() { ofB = signed(t, b, "hello") }
	opens(t, b, signed(t, a, "hello"), nil)
	opens(t, a, ofB, nil)
	if len(store.docs) != 1 {
		t.Errorf("%d documents, want 1", len(store.docs))
	}
}

// Stores that let transactions run side by side refuse the second document.
func TestFirstUseWhileAnotherServerCommits(t *testing.T) {
	store, clock := people(), newClock()
	elsewhere := people()
	text := signed(t, auth.NewKeyring(elsewhere, clock.now), "hello")
	store.rival = &elsewhere.docs[0]
	k := auth.NewKeyring(store, clock.now)
	opens(t, k, signed(t, k, "hello"), nil)
	opens(t, k, text, nil)
}

func TestRotationReachesRunningServers(t *testing.T) {
	store, clock := people(), newClock()
	a, b := auth.NewKeyring(store, clock.now), auth.NewKeyring(store, clock.now)
	old := signed(t, a, "hello")
	id := rotate(t, b)
	fresh := signed(t, b, "hello")
	if diff := cmp.Diff([]string{id, keyOf(old)}, []string{keyOf(fresh), keyOf(signed(t, a, "hello"))}); diff != "" {
		t.Errorf("current key after the rotation: %s", diff)
	}
	opens(t, b, old, nil)
	opens(t, a, old, nil)
	opens(t, a, fresh, nil) // its key is unknown and read at once
	if got := keyOf(signed(t, a, "hello")); got != id {
		t.Errorf("signs with %s, want %s", got, id)
	}
}

func TestRotationIsSeenInTime(t *testing.T) {
	store, clock := people(), newClock()
	a, b := auth.NewKeyring(store, clock.now), auth.NewKeyring(store, clock.now)
	old := signed(t, a, "hello")
	rotate(t, b)
	last := rotate(t, b)
	opens(t, b, old, sign.ErrUnknownKey)
	clock.forward(30*time.Second - 1)
	opens(t, a, old, nil)
	clock.forward(1)
	opens(t, a, old, sign.ErrUnknownKey)
	if got := keyOf(signed(t, a, "hello")); got != last {
		t.Errorf("signs with %s, want %s", got, last)
	}
}

func TestKeysAreReadAnewAfterTheClockWentBack(t *testing.T) {
	store, clock := people(), newClock()
	a, b := auth.NewKeyring(store, clock.now), auth.NewKeyring(store, clock.now)
	signed(t, a, "hello")
	id := rotate(t, b)
	clock.forward(-time.Hour)
	if got := keyOf(signed(t, a, "hello")); got != id {
		t.Errorf("signs with %s, want %s", got, id)
	}
}

func TestUnknownKeysDoNotKeepTheStoreBusy(t *testing.T) {
	store, clock := people(), newClock()
	k := auth.NewKeyring(store, clock.now)
	signed(t, k, "hello")
	foreign := signed(t, auth.NewKeyring(people(), clock.now), "hello")
	before := store.views
	var views []int
	for _, step := range []time.Duration{0, 0, time.Second - 1, 1, 0} {
		clock.forward(step)
		for range 10 {
			opens(t, k, foreign, sign.ErrUnknownKey)
		}
		views = append(views, store.views-before)
	}
	if diff := cmp.Diff([]int{1, 1, 1, 2, 2}, views); diff != "" {
		t.Error(diff)
	}
}

func TestSlowReadingDoesNotUndoRotation(t *testing.T) {
	store, clock := people(), newClock()
	k := auth.NewKeyring(store, clock.now)
	signed(t, k, "hello")
	clock.forward(time.Minute)
	var id string
	store.afterView = func() { id = rotate(t, k) }
	if got := keyOf(signed(t, k, "hello")); got != id {
		t.Errorf("signs with %s, want %s", got, id)
	}
	if got := keyOf(signed(t, k, "hello")); got != id {
		t.Errorf("then signs with %s, want %s", got, id)
	}
}

func TestStoredKeysThatCannotBeRead(t *testing.T) {
	for name, content := range map[string]string{
		"no JSON":      `geheim`,
		"no key":       `{}`,
		"short secret": `{"current":{"id":"a","secret":"Z2VoZWlt"}}`,
		"no base64":    `{"current":{"id":"a","secret":"geheim!"}}`,
		"a number":     `{"current":{"id":"a","secret":4711}}`,
	} {
		t.Run(name, func(t *testing.T) {
			store, clock := people(), newClock()
			k := auth.NewKeyring(store, clock.now)
			signed(t, k, "hello")
			store.docs[0].Data = []byte(content)
			clock.forward(time.Minute)
			_, err := k.Sign(t.Context(), "p", nil)
			if ingest.KindOf(err) != ingest.Internal {
				t.Fatalf("got %v", err)
			}
			if shown := fmt.Sprintf("%v %+v", err, errors.Unwrap(err)); strings.Contains(shown, "geheim") || strings.Contains(shown, "Z2V") || strings.Contains(shown, "4711") {
				t.Errorf("the error shows what is stored: %s", shown)
			}
			if _, err := k.Rotate(t.Context()); ingest.KindOf(err) != ingest.Internal || string(store.docs[0].Data) != content {
				t.Errorf("Rotate: %v, left %s", err, store.docs[0].Data)
			}
		})
	}
}
