package engine_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// Whoever tries many codes at the same time has five tries too, and a right code
// among the others does not help.
func TestGuestTriesAtTheSameTime(t *testing.T) {
	f := newWorld(t).engine
	if err := f.PutGuestCode(t.Context(), "bob@example.com", "seal"); err != nil {
		t.Fatal(err)
	}
	const tries = 20
	var read, ended sync.WaitGroup
	read.Add(tries)
	var mu sync.Mutex
	got := map[ingest.Kind]int{}
	for range tries {
		ended.Go(func() {
			err := f.OpenGuestSession(t.Context(), "bob@example.com", "secret", func(string) (bool, error) {
				read.Done()
				read.Wait() // all have seen the code before the first is counted
				return false, nil
			})
			mu.Lock()
			defer mu.Unlock()
			got[ingest.KindOf(err)]++
		})
	}
	ended.Wait()
	if diff := cmp.Diff(map[ingest.Kind]int{ingest.Unauthenticated: 5, ingest.Throttled: tries - 5}, got); diff != "" {
		t.Error(diff)
	}
	err := f.OpenGuestSession(t.Context(), "bob@example.com", "secret", func(string) (bool, error) { return true, nil })
	if ingest.KindOf(err) != ingest.Throttled {
		t.Errorf("the right code after that: %v", err)
	}
	if _, err := f.GuestSession(t.Context(), "secret"); ingest.KindOf(err) != ingest.Unauthenticated {
		t.Errorf("a session was begun: %v", err)
	}
}

// A code that took the place of the one that was checked does not count as it.
func TestGuestCodeThatWasReplaced(t *testing.T) {
	f := newWorld(t).engine
	put := func(seal string) {
		if err := f.PutGuestCode(t.Context(), "bob@example.com", seal); err != nil {
			t.Fatal(err)
		}
	}
	put("first")
	err := f.OpenGuestSession(t.Context(), "bob@example.com", "secret", func(seal string) (bool, error) {
		put("second")
		return seal == "first", nil
	})
	if ingest.KindOf(err) != ingest.Unauthenticated {
		t.Errorf("got %v", err)
	}
	if err := f.OpenGuestSession(t.Context(), "BOB@example.com", "secret", func(seal string) (bool, error) { return seal == "second", nil }); err != nil {
		t.Error(err)
	}
}
