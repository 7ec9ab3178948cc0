package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The certificate lasts from one start to the next, until it is near its end or one of
// its files is gone or damaged.
func TestSelfSignedCertificate(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(t *testing.T, dir string)
		later  time.Duration
		same   bool
	}{
		"the next start":       {nil, 0, true},
		"well before its end":  {nil, selfSignedLife - selfSignedLeft - time.Hour, true},
		"near its end":         {nil, selfSignedLife - selfSignedLeft, false},
		"the key is gone":      {func(t *testing.T, dir string) { write(t, dir, selfSignedKey, "") }, 0, false},
		"the file is damaged":  {func(t *testing.T, dir string) { write(t, dir, selfSignedFile, "x") }, 0, false},
		"a key of another one": {func(t *testing.T, dir string) { copyKey(t, dir) }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, now := t.TempDir(), time.Now()
			first, err := selfSigned(dir, now)
			if err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				tt.change(t, dir)
			}
			for range 2 {
				second, err := selfSigned(dir, now.Add(tt.later))
				if err != nil {
					t.Fatal(err)
				}
				if same := bytes.Equal(first.Certificate[0], second.Certificate[0]); same != tt.same {
					t.Fatalf("the same certificate: %v, want %v", same, tt.same)
				}
				first, tt.same = second, true
			}
		})
	}
}

// Whoever trusts the certificate is given its file, and cannot make others by it.
func TestSelfSignedFileHasNoKey(t *testing.T) {
	dir := t.TempDir()
	if _, err := selfSigned(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, selfSignedFile))
	if err != nil || !strings.Contains(string(text), "BEGIN CERTIFICATE") || strings.Contains(string(text), "KEY") {
		t.Errorf("%v; the file is\n%s", err, text)
	}
	info, err := os.Stat(filepath.Join(dir, selfSignedKey))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
}

// write replaces a file, or removes it.
func write(t *testing.T, dir, name, content string) {
	t.Helper()
	err := os.Remove(filepath.Join(dir, name))
	if err == nil && content != "" {
		err = os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// copyKey puts the key of another certificate in the place of the one that is there.
func copyKey(t *testing.T, dir string) {
	t.Helper()
	_, key, err := makeSelfSigned(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, selfSignedKey, string(key))
}
