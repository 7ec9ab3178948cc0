package auth

import (
	"strings"
	"testing"
	"time"

	"sluice/internal/ingest"
)

func TestHashIsPHC(t *testing.T) {
	p := NewPasswords()
	first, err := p.Hash(t.Context(), "pass wörd")
	if err != nil {
		t.Fatal(err)
	}
	second, _ := p.Hash(t.Context(), "pass wörd")
	if !strings.HasPrefix(first, "$argon2id$v=19$m=19456,t=2,p=1$") || first == second {
		t.Errorf("hashes %q and %q", first, second)
	}
	for password, want := range map[string]bool{"pass wörd": true, "pass word": false, "": false} {
		if ok, err := p.Verify(t.Context(), first, password); ok != want || err != nil {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
	for _, password := range []string{"", strings.Repeat("x", MaxPassword+1)} {
		if _, err := p.Hash(t.Context(), password); ingest.KindOf(err) != ingest.Invalid {
			t.Errorf("%d bytes: %v", len(password), err)
		}
	}
}

// The hash is a vector of the reference implementation: password "password",
// salt "somesalt", 256 KiB.
func TestVerifyReferenceHash(t *testing.T) {
	const stored = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	if ok, err := NewPasswords().Verify(t.Context(), stored, "password"); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestStoredHashBounds(t *testing.T) {
	const good = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	for _, change := range [][2]string{
		{"argon2id", "argon2i"}, {"v=19", "v=16"}, {"m=256", "m=4"}, {"m=256", "m=1048576"}, {"t=2", "t=0"}, {"t=2", "t=99"},
		{"p=1", "p=0"}, {"p=1", "p=64"}, {"p=1", "p=1,x=2"}, {"c29tZXNhbHQ", "c29t"}, {"c29tZXNhbHQ", "?"},
		{"$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", ""},
	} {
		stored := strings.Replace(good, change[0], change[1], 1)
		if _, err := NewPasswords().Verify(t.Context(), stored, "password"); err == nil {
			t.Errorf("%s accepted", stored)
		}
	}
}

func TestRecentIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	r := newRecent[int, string](2, time.Minute)
	r.put(1, "one", now)
	r.put(2, "two", now)
	r.look(1, now)
	r.put(3, "three", now)
	for key, want := range map[int]bool{1: true, 2: false, 3: true} {
		if _, ok := r.look(key, now); ok != want {
			t.Errorf("key %d: %v", key, ok)
		}
	}
	if _, ok := r.look(1, now.Add(time.Minute)); ok || len(r.items) != 1 {
		t.Errorf("an old entry stayed: %d", len(r.items))
	}
}
