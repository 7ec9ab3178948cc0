package engine

import (
	"testing"

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

func TestQuoteShortens(t *testing.T) {
	long := make([]byte, 0, 300)
	for range 100 {
		long = append(long, "ß"...)
	}
	if got := quote(string(long)); len(got) > 130 || got[len(got)-4:] != "…\"" {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}
