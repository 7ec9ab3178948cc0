package sqlite

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"sluice/internal/ingest"
)

// TestFailureAfterWritingUndoesOnlyItself puts updates that fail after they have
// written, that fail before, that panic and that succeed into one commit.
func TestFailureAfterWritingUndoesOnlyItself(t *testing.T) {
	s := newTest(t)
	broken := errors.New("broken")
	release := hold(s)
	const n = 40
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			defer func() { recover() }()
			errs[i] = s.Update(context.Background(), func(tx ingest.Tx) error {
				if i%4 == 3 {
					return broken
				}
				if err := tx.CreateCompany(newCompany(i)); err != nil {
					return err
				}
				switch i % 4 {
				case 1:
					return broken
				case 2:
					if i%8 == 2 {
						panic("broken")
					}
				}
				return nil
			})
		})
	}
	for len(s.writer.queue) < n {
		runtime.Gosched()
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	stored := map[string]int{}
	err := s.View(t.Context(), func(tx ingest.Tx) error {
		list, err := tx.Companies(ingest.Page{Limit: 1000})
		for _, c := range list {
			stored[c.Name]++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		name := newCompany(i).Name
		succeeds := i%4 == 0 || i%8 == 6
		if (errs[i] == nil) != succeeds {
			t.Errorf("update %d: %v", i, errs[i])
		}
		if i%2 == 1 && !errors.Is(errs[i], broken) {
			t.Errorf("update %d answers %v instead of its own error", i, errs[i])
		}
		if want := map[bool]int{true: 1}[succeeds]; stored[name] != want {
			t.Errorf("%s is stored %d times, want %d", name, stored[name], want)
		}
	}
	if got := s.writer.commits.Load(); got > n/4 {
		t.Errorf("%d updates took %d commits", n, got)
	}
}
