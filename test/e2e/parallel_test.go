package e2e_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFiftyAtOnce is a client that opens one job for each of its files, all
// under one name and at the same time, with the oddities of its kind.
func TestFiftyAtOnce(t *testing.T) {
	const clients = 50
	s := start(t)
	name := func(i int) string { return fmt.Sprintf("f%02d.zip", i) }
	content := func(i int) string { return bytesOf(name(i), 1000+i*5000) }

	handles := make([]string, clients)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			odd := newJob("bulk")
			odd.body += `"`
			a, err := poster{url: s.url, chunked: true}.post(part{name: "Filename", body: name(i)}, auth(), odd,
				file(name(i), content(i)), part{name: "Upload", body: "Submit Query"})
			if err == nil {
				handles[i], err = a.handle()
			}
			if err != nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	seen := make(map[string]bool)
	for i, handle := range handles {
		if seen[handle] {
			t.Errorf("handle %s was given twice", handle)
		}
		seen[handle] = true
		rows := s.finished(handle)
		want := "BeginUpload OriginalJobName JobClient UploadSuccess TotalFileCount EndUpload"
		if diff := cmp.Diff(want, types(rows)); diff != "" {
			t.Fatalf("log of %s (-want +got):\n%s", handle, diff)
		}
		if got := the(s, rows, "UploadSuccess").Asset; got != name(i) {
			t.Errorf("job %s speaks of %s, sent was %s", handle, got, name(i))
		}
		s.holds(name(i), content(i))
	}
	if n := len(s.jobs("bulk")); n != clients {
		t.Errorf("%d jobs were submitted as bulk", n)
	}
	if n := len(s.assets()); n != clients {
		t.Errorf("%d assets", n)
	}
	s.awaitNothingUnderway()
}
