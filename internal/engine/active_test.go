package engine

import (
	"io"
	"testing"
	"time"

	"sluice/internal/ingest"
)

// Only uploads that nobody works on are forgotten to make room.
func TestEvictSparesWhatIsHeld(t *testing.T) {
	s := newActiveUploads()
	s.byID["held"] = &activeUpload{users: 1}
	s.byID["idle"] = &activeUpload{}
	for range 3 {
		s.evict()
	}
	if len(s.byID) != 1 || s.byID["held"] == nil {
		t.Errorf("left: %v", s.byID)
	}
	s.forget(ingest.UUID("held"))
	if len(s.byID) != 0 {
		t.Errorf("left: %v", s.byID)
	}
}

// While an upload waits for its turn to be read again, its writers start nothing more
// for it; when that is done, they may.
func TestOneFollowerForAnUpload(t *testing.T) {
	e := &Engine{active: newActiveUploads(), followers: make(chan struct{}, 1), digestDistance: 1}
	a := &activeUpload{sums: &digests{}, reach: 1, stage: emptyStage{}}
	users := func() int {
		e.active.mu.Lock()
		defer e.active.mu.Unlock()
		return a.users
	}
	for range 2 {
		e.followers <- struct{}{}
		for range 100 {
			e.follow(a)
		}
		if n := users(); n != 1 {
			t.Errorf("%d followers wait, want 1", n)
		}
		<-e.followers
		for users() > 0 {
			time.Sleep(time.Millisecond)
		}
		a.sums, a.reach = &digests{}, a.hashed+1
	}
}

// emptyStage has no bytes: who reads it has read all.
type emptyStage struct{ ingest.Stage }

func (emptyStage) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }

func TestQuoteShortens(t *testing.T) {
	long := make([]byte, 0, 300)
	for range 100 {
		long = append(long, "ß"...)
	}
	if got := quote(string(long)); len(got) > 130 || got[len(got)-4:] != "…\"" {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}
