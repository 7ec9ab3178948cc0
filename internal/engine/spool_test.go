package engine_test

import (
	"strings"
	"testing"
)

// A request of one file that is refused never syncs it; of several files all but
// the last are durable already and are removed again.
func TestTheLastFileIsSealedAtDelivery(t *testing.T) {
	w := newWorld(t)
	for _, n := range []int{1, 3} {
		in := w.engine.NewIntake()
		for range n {
			_, err := in.Receive(w.ctx, strings.NewReader("body"), 4)
			w.ok(err)
		}
		in.Close()
		in.Close()
		if got := w.blobCount(); got != 0 {
			t.Errorf("%d files, none delivered: %d blobs are left", n, got)
		}
		if got := w.stageCount(); got != 0 {
			t.Errorf("%d files, none delivered: %d stages are left", n, got)
		}
	}
	before := w.blobCount()
	in := w.engine.NewIntake()
	_, err := in.Receive(w.ctx, strings.NewReader("body"), 4)
	w.ok(err)
	if got := w.blobCount(); got != before {
		t.Errorf("%d blobs before the delivery, want %d", got, before)
	}
	in.Close()
}
