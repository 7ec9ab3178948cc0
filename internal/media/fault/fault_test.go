package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"sluice/internal/media/fault"
)

func TestErrorKeepsItsCauseAndClass(t *testing.T) {
	err := fmt.Errorf("step 3: %w", &fault.Error{Class: fault.Source, Op: "x.Y", Msg: "reading failed", Err: io.ErrClosedPipe})
	if fault.ClassOf(err) != fault.Source || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("class %q of %v", fault.ClassOf(err), err)
	}
	if want := "step 3: reading failed: " + io.ErrClosedPipe.Error(); err.Error() != want {
		t.Errorf("message %q, want %q", err, want)
	}
	if got := fault.ClassOf(io.EOF); got != "" {
		t.Errorf("io.EOF has class %q", got)
	}
}

func TestOnlyFailuresOfTheFileAreFinal(t *testing.T) {
	retryable := map[fault.Class]bool{
		fault.TooLarge: false, fault.Corrupt: false, fault.Unsupported: false, fault.Refused: false, fault.Invalid: false,
		fault.Source: true, fault.Timeout: true, fault.Crashed: true, fault.Unavailable: true, fault.Cancelled: true,
		fault.Missing: false,
	}
	for class, want := range retryable {
		if !class.Known() || class.Retryable() != want {
			t.Errorf("%s: known %v, retryable %v; want known, %v", class, class.Known(), class.Retryable(), want)
		}
	}
	if fault.Class("splendid").Known() {
		t.Error("an invented class is known")
	}
}
