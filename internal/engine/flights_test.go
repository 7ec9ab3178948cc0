package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestQuiesceWaitsForEarlierFlightsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlights()
		first, second := f.begin(), f.begin()
		quiet := make(chan struct{})
		go func() {
			if err := f.quiesce(t.Context()); err != nil {
				t.Error(err)
			}
			close(quiet)
		}()
		synctest.Wait()
		later := f.begin() // must not hold the waiter up
		defer later()
		first()
		first() // leaving twice counts once
		synctest.Wait()
		select {
		case <-quiet:
			t.Fatal("quiesced while a flight was under way")
		default:
		}
		second()
		synctest.Wait()
		select {
		case <-quiet:
		default:
			t.Fatal("did not quiesce after the last earlier flight")
		}
	})
}

func TestQuiesceOfAnIdleEngineAndOfAnEndedContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlights()
		if err := f.quiesce(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer f.begin()()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := f.quiesce(ctx); err != context.DeadlineExceeded {
			t.Fatalf("quiesce = %v, want the context's end", err)
		}
	})
}
