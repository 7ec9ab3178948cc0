package engine_test

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Bodies that are sent again, shifted and cut must not leave a digest of bytes
// that were overwritten.
func TestTheDigestIsThatOfTheBytes(t *testing.T) {
	tests := map[string][]struct {
		offset int64
		body   string
	}{
		"in order":             {{0, "abc"}, {3, "def"}},
		"again with others":    {{0, "xyz"}, {0, "abc"}, {3, "def"}},
		"within the prefix":    {{0, "abxdef"}, {2, "c"}},
		"behind the prefix":    {{4, "ef"}, {0, "abcd"}},
		"over the end":         {{0, "abcx"}, {3, "def"}},
		"from behind":          {{3, "def"}, {0, "abc"}},
		"in pieces":            {{0, "a"}, {1, "b"}, {2, "c"}, {3, "d"}, {4, "e"}, {5, "f"}},
		"prefix over later":    {{3, "xyz"}, {0, "abcdef"}},
		"the first again last": {{0, "xbc"}, {3, "def"}, {0, "a"}},
	}
	w := newWorld(t)
	i := 0
	for name, steps := range tests {
		i++
		t.Run(name, func(t *testing.T) {
			w.t = t
			u := w.begun(fmt.Sprintf("u%d.xml", i), 6)
			for _, s := range steps {
				w.write(u, s.offset, s.body)
			}
			if a := w.finish(u); !cmp.Equal(a.SHA256, sha("abcdef")) || w.read(a.UUID) != "abcdef" {
				t.Errorf("bytes %q, digest %x", w.read(a.UUID), a.SHA256)
			}
		})
	}
}

// Two bodies for one range at once: whoever comes last wins, in the bytes and in
// the digest.
func TestTheDigestUnderConcurrentRewriting(t *testing.T) {
	for name, second := range map[string]struct {
		offset int64
		body   string
		want   string
	}{"from the start": {0, "ABCDEF", "ABCDEF"}, "in the middle": {2, "CDEF", "abCDEF"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			u := w.begun("u.xml", 6)
			gate := newGate("abcdef")
			var wg sync.WaitGroup
			wg.Go(func() {
				if _, err := w.engine.Write(w.ctx, w.editor, u.UUID, 0, gate, engine.WriteSpec{}); err != nil {
					t.Error(err)
				}
			})
			<-gate.reached
			other := &watched{r: strings.NewReader(second.body), started: make(chan struct{})}
			wg.Go(func() {
				if _, err := w.engine.Write(w.ctx, w.editor, u.UUID, second.offset, other, engine.WriteSpec{}); err != nil {
					t.Error(err)
				}
			})
			select {
			case <-other.started:
			case <-time.After(50 * time.Millisecond): // it waits for the first to end
			}
			close(gate.open)
			wg.Wait()
			a := w.finish(u)
			if got := w.read(a.UUID); !cmp.Equal(a.SHA256, sha(got)) || (got != second.want && got != "abcdef") {
				t.Errorf("bytes %q with the digest of other bytes", got)
			}
		})
	}
}

// gate is a body that stops before its last byte until it is opened.
type gate struct {
	text          string
	at            int
	reached, open chan struct{}
}

func newGate(text string) *gate {
	return &gate{text: text, reached: make(chan struct{}), open: make(chan struct{})}
}

func (g *gate) Read(p []byte) (int, error) {
	last := len(g.text) - 1
	switch {
	case g.at < last:
		n := copy(p, g.text[g.at:last])
		g.at += n
		if g.at == last {
			close(g.reached)
		}
		return n, nil
	case g.at == last:
		<-g.open
		g.at++
		return copy(p, g.text[last:]), nil
	}
	return 0, io.EOF
}

type watched struct {
	r       io.Reader
	once    sync.Once
	started chan struct{}
}

func (r *watched) Read(p []byte) (int, error) {
	r.once.Do(func() { close(r.started) })
	return r.r.Read(p)
}

// A window that is written again while the upload is being finished changes the
// bytes; the digest follows them.
func TestTheDigestOfBytesThatChangeDuringFinish(t *testing.T) {
	var w *world
	var u *ingest.Upload
	gate := newGate("xx")
	written := make(chan error, 1)
	w = newWorld(t, func(c *engine.Config) {
		c.Crash = func(point string) {
			if point == "finish.sealing" {
				close(gate.open)
				if err := <-written; err != nil {
					t.Error(err)
				}
			}
		}
	})
	u = w.begun("u.xml", 4)
	w.write(u, 0, "1234")
	slow := &slowStart{gate: gate, started: make(chan struct{})}
	go func() {
		_, err := w.engine.Write(w.ctx, w.editor, u.UUID, 1, slow, engine.WriteSpec{})
		written <- err
	}()
	<-slow.started
	a, err := w.tryFinish(u)
	w.ok(err)
	if got := w.read(a.UUID); got != "1xx4" || !cmp.Equal(a.SHA256, sha(got)) {
		t.Errorf("bytes %q, digest %x", got, a.SHA256)
	}
}

// slowStart gives nothing until its gate is open, and then all at once.
type slowStart struct {
	gate    *gate
	started chan struct{}
	done    bool
}

func (s *slowStart) Read(p []byte) (int, error) {
	if s.done {
		return 0, io.EOF
	}
	close(s.started)
	<-s.gate.open
	s.done = true
	return copy(p, s.gate.text), nil
}
