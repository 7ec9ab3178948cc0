package brightsign

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShares(100)
		take := func(n int64) func() {
			give, err := s.takeFor(t.Context(), 1, n)
			if err != nil {
				t.Error(err)
			}
			return give
		}
		first := take(30)
		got := make(chan func())
		go func() { got <- take(1000) }() // its share, which it does not have yet
		synctest.Wait()
		select {
		case <-got:
			t.Fatal("a user has more than half")
		default:
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.takeFor(gone, 1, 40); err == nil {
			t.Error("a client that left was given something")
		}
		other, err := s.takeFor(t.Context(), 2, 50) // the first user's waiting keeps nobody
		if err != nil {
			t.Fatal(err)
		}
		first()
		second := <-got
		if s.left != 0 {
			t.Errorf("%d left", s.left)
		}
		if _, err := s.takeFor(gone, 3, 1); err == nil {
			t.Error("there was nothing left, and something was given")
		}
		other()
		second()
		if s.left != 100 || len(s.own) != 0 {
			t.Errorf("%d left, %d shares", s.left, len(s.own))
		}
	})
}
