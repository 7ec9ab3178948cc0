package crash_test

import (
	"crypto/sha256"
	"fmt"
	"sync"
)

// version is one generation of a file as it was sent.
type version struct {
	content
	sum    [sha256.Size]byte
	length int
}

// request is one POST to UploadFile and what came of it.
type request struct {
	job      string // name of the job that it opens, sent once only
	files    []version
	replaces bool // overwrite=true
	skipped  bool // all names are taken and overwrite=false
	updates  int  // files whose names are taken and overwrite=true
	answered bool // status 200 and the whole answer were read
	present  bool // found in the library, or answered, at the last check
}

// file is what one name stands for.
type file struct {
	name    string
	sent    int       // generations
	emptied bool      // one of them was empty
	current *version  // nil = not there; as of the last check
	since   []attempt // what was sent after the last check, in order
}

type attempt struct {
	version
	answered bool
}

// candidates are the versions that a server may show for the name: the last one
// it answered, or the one after it. Nil stands for no asset.
func (f *file) candidates() []*version {
	list := []*version{f.current}
	for i := range f.since {
		if f.since[i].answered {
			list = list[:0]
		}
		list = append(list, &f.since[i].version)
	}
	return list
}

// taken reports whether the name is certain to be taken: one is there, and what
// came after it can only have replaced it.
func (f *file) taken() bool {
	if f.current != nil {
		return true
	}
	for _, a := range f.since {
		if a.answered {
			return true
		}
	}
	return false
}

// book remembers all that was sent.
type book struct {
	mu       sync.Mutex
	files    map[string]*file
	requests []*request // all of them, in the order of sending
	fresh    int        // index of the first request since the last check
}

func newBook() *book { return &book{files: map[string]*file{}} }

// begin notes a request that is about to be sent. The contents' generations are
// given here.
func (b *book) begin(contents []content, replaces, skipped bool) (*request, [][]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := &request{job: fmt.Sprintf("job-%06d", len(b.requests)), replaces: replaces, skipped: skipped}
	var bodies [][]byte
	for _, c := range contents {
		f := b.files[c.name]
		if f == nil {
			f = &file{name: c.name}
			b.files[c.name] = f
		}
		if replaces && f.taken() {
			r.updates++
		}
		f.sent++
		c.generation = f.sent
		body := c.bytes()
		if len(body) == 0 && f.emptied { // two empty generations could not be told apart
			c.length = 1 << 10
			body = c.bytes()
		}
		f.emptied = f.emptied || len(body) == 0
		v := version{content: c, sum: sha256.Sum256(body), length: len(body)}
		r.files, bodies = append(r.files, v), append(bodies, body)
		if !skipped {
			f.since = append(f.since, attempt{version: v})
		}
	}
	b.requests = append(b.requests, r)
	return r, bodies
}

// answered notes that a request was answered with success.
func (b *book) answered(r *request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.answered, r.present = true, true
	if r.skipped {
		return
	}
	for _, v := range r.files {
		since := b.files[v.name].since
		since[len(since)-1].answered = true // a name has one sender at a time
	}
}

// settle notes what a name was found to stand for.
func (f *file) settle(found *version) { f.current, f.since = found, nil }

// touched returns the names that were sent since the last check.
func (b *book) touched() []*file {
	var list []*file
	seen := map[string]bool{}
	for _, r := range b.requests[b.fresh:] {
		for _, v := range r.files {
			if !seen[v.name] {
				seen[v.name] = true
				list = append(list, b.files[v.name])
			}
		}
	}
	return list
}
