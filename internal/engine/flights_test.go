package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"sluice/internal/ingest"
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

// A flight that one call gave up on holds the next one up all the same.
func TestQuiesceRemembersWhatItGaveUpOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlights()
		slow := f.begin()
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if err := f.quiesce(ctx); err != context.DeadlineExceeded {
				t.Fatalf("quiesce = %v while the flight is under way", err)
			}
			cancel()
			f.begin()() // flights of its own come and go
		}
		slow()
		if err := f.quiesce(t.Context()); err != nil || len(f.earlier) != 0 {
			t.Errorf("quiesce = %v, %d groups are kept", err, len(f.earlier))
		}
	})
}

// A sweep does not wait for ever for a request that does not end.
func TestTheSweepsPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &Engine{flights: newFlights()}
		slow := e.flights.begin()
		start := time.Now()
		err := e.quiesce(t.Context())
		if ingest.KindOf(err) != ingest.Unavailable || time.Since(start) != sweepPatience {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := e.quiesce(ctx); err != context.DeadlineExceeded {
			t.Errorf("%v when the caller gives up", err)
		}
		slow()
		if err := e.quiesce(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
