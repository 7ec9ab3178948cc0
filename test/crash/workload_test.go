package crash_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// uploaders is how many there are at most.
const uploaders = 3

// kind is what a request is made of.
type kind int

const (
	small   kind = iota // one file of 1 KiB
	mixed               // a large file and others
	picture             // a picture, and sometimes another file
	skip                // a name that is taken, overwrite=false
	replace             // names that are taken with new content, and sometimes a new name
	kinds
)

// workload sends requests from several uploaders at a time. A name belongs to
// one uploader, so that its generations have an order.
type workload struct {
	book    *book
	random  *rand.Rand          // for the goroutine of the test
	names   [uploaders][]string // that were ever sent
	serving *client
}

// load is how much a workload sends: several uploaders send a number of requests
// each, or fewer if one gets no answer. The first is of the given kind, the
// others are of all kinds in some order.
type load struct {
	uploaders, each int
	first           kind
}

// run returns what was answered other than with success.
func (w *workload) run(ctx context.Context, l load) error {
	var group sync.WaitGroup
	problems := make([]error, l.uploaders)
	for u := range l.uploaders {
		r := rand.New(rand.NewPCG(w.random.Uint64(), 0))
		group.Go(func() {
			for _, next := range order(r, l.each, l.first) {
				err := w.one(ctx, u, r, next)
				if answer, ok := errors.AsType[*refused](err); ok {
					problems[u] = fmt.Errorf("uploader %d: %w", u, answer)
				}
				if err != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return errors.Join(problems...)
}

// order is a row of kinds in which every kind is as frequent as the others.
func order(r *rand.Rand, n int, first kind) []kind {
	list := []kind{first}
	for len(list) < n {
		for _, k := range r.Perm(int(kinds)) {
			list = append(list, kind(k))
		}
	}
	return list[:n]
}

// one sends a request and notes what came of it.
func (w *workload) one(ctx context.Context, u int, r *rand.Rand, k kind) error {
	contents, replaces := w.contents(u, r, k)
	req, bodies := w.book.begin(contents, replaces, k == skip)
	var wait time.Duration
	if r.IntN(4) == 0 {
		wait = time.Duration(1+r.IntN(3000)) * time.Microsecond
	}
	err := w.serving.upload(ctx, req, bodies, wait)
	if err == nil {
		w.book.answered(req)
	}
	return err
}

// contents makes up the files of a request, and its overwrite option.
func (w *workload) contents(u int, r *rand.Rand, k kind) (list []content, replaces bool) {
	switch k {
	case small:
		return []content{w.fresh(u, "zip", 1<<10)}, r.IntN(2) == 0
	case mixed:
		list = []content{w.fresh(u, "zip", 129<<10), w.fresh(u, "zip", someLength(r))}
		if r.IntN(3) == 0 {
			list[0].length = largeLength(r)
		}
		if r.IntN(2) == 0 {
			list = append(list, w.fresh(u, "css", someLength(r)))
		}
		return list, r.IntN(2) == 0
	case picture:
		list = []content{w.fresh(u, "png", 0)}
		if r.IntN(2) == 0 {
			list = append(list, w.fresh(u, "zip", someLength(r)))
		}
		return list, r.IntN(2) == 0
	case skip:
		return []content{{name: w.taken(u, r), length: someLength(r)}}, false
	default:
		list = []content{{name: w.taken(u, r), length: someLength(r)}}
		if other := w.taken(u, r); other != list[0].name {
			list = append(list, content{name: other, length: someLength(r)})
		}
		if r.IntN(3) == 0 {
			list = append(list, w.fresh(u, "zip", someLength(r)))
		}
		return list, true
	}
}

// fresh is a file with a name that was never sent.
func (w *workload) fresh(u int, ending string, length int) content {
	name := fmt.Sprintf("u%d-%05d.%s", u, len(w.names[u]), ending)
	w.names[u] = append(w.names[u], name)
	return content{name: name, length: length}
}

// taken chooses one of the uploader's names that is in the library for certain.
// There is one, because the first request of a run was answered.
func (w *workload) taken(u int, r *rand.Rand) string {
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	names := w.names[u]
	for {
		// Recent names half of the time, so that some change many times.
		i := r.IntN(len(names))
		if r.IntN(2) == 0 {
			i = len(names) - 1 - i%min(len(names), 20)
		}
		if w.book.files[names[i]].taken() {
			return names[i]
		}
	}
}
