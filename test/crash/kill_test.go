// Package crash_test kills servers with kill -9, at every named point of an
// upload and at random moments, and checks after each restart on the same data
// directory what design.md promises: what was answered is there, byte for byte,
// and what was not answered is there in whole or not at all.
//
// SLUICE_TEST_CRASH_ROUNDS is the number of kills (200, with -short 20), and
// SLUICE_TEST_CRASH_SEED repeats the choices of a run that failed.
package crash_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// mustStrikeWithin is how long a server may take to come to a point that it is
// certain to pass.
const mustStrikeWithin = 20 * time.Second

// suite is one run of the test.
type suite struct {
	program
	workload
	strikes map[string]int // how often a server ended where
}

// number reads a setting of this test.
func number(t *testing.T, variable string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

func TestKill(t *testing.T) {
	rounds := int64(200)
	if testing.Short() {
		rounds = 20
	}
	rounds = number(t, "SLUICE_TEST_CRASH_ROUNDS", rounds)
	seed := number(t, "SLUICE_TEST_CRASH_SEED", time.Now().UnixNano())
	s := &suite{program: buildProgram(t), strikes: map[string]int{}}
	s.workload = workload{book: newBook(), random: rand.New(rand.NewPCG(uint64(seed), 0))}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d; the end of the last server's log:\n%s", seed, s.tail())
		}
	})

	s.firstStart(t)
	first := points()
	for i := range rounds {
		what := fmt.Sprintf("round %d", i)
		if i < int64(len(first)) {
			what += ", " + first[i].String()
			s.strike(t, first[i], 1, true)
		} else {
			what += ", " + s.chance(t)
		}
		s.verify(t, what)
	}
	s.finish(t)
	t.Logf("%d requests with %d names in %d rounds", len(s.book.requests), len(s.book.files), rounds)
	for _, p := range first {
		t.Logf("%4d × %s", s.strikes[p.String()], p)
		if rounds >= int64(len(first)) && s.strikes[p.String()] == 0 {
			t.Errorf("%s was never struck", p)
		}
		delete(s.strikes, p.String())
	}
	for where, n := range s.strikes {
		t.Logf("%4d × %s", n, where)
	}
}

// firstStart kills servers while they make their data directory.
func (s *suite) firstStart(t *testing.T) {
	t.Helper()
	for range 5 {
		s.startAndKill(t, 60*time.Millisecond)
	}
	s.verify(t, "first start")
}

// startAndKill starts a server and kills it at a random moment up to a limit.
func (s *suite) startAndKill(t *testing.T, limit time.Duration) {
	t.Helper()
	p := s.start(t, "", 0)
	if p.endsWithin(time.Duration(s.random.Int64N(int64(limit)))) {
		t.Fatalf("the server ended by itself: %s", p.command.ProcessState)
	}
	p.kill()
}

// chance makes one round of a random kind and says which.
func (s *suite) chance(t *testing.T) string {
	t.Helper()
	switch n := s.random.IntN(10); {
	case n < 6:
		all := points()
		p := all[s.random.IntN(len(all))]
		after := 1 + s.random.IntN(p.most)
		s.strike(t, p, after, false)
		return fmt.Sprintf("%s, passing %d", p, after)
	case n < 8:
		s.upload(t, "", 0, load{uploaders, 12, small}, time.Duration(s.random.Int64N(int64(500*time.Millisecond))))
		s.strikes["a random moment of uploads"]++
		return "a random moment of uploads"
	default:
		s.litter(t, false)
		s.startAndKill(t, 150*time.Millisecond)
		s.strikes["a random moment of the restart"]++
		return "a random moment of the restart"
	}
}

// strike has a server kill itself at a point. If it must, and does not, the test
// fails; otherwise it is killed at the end.
func (s *suite) strike(t *testing.T, p point, after int, must bool) {
	t.Helper()
	patience := 300 * time.Millisecond
	if must {
		patience = mustStrikeWithin
	}
	var struck bool
	if p.phase == starting {
		s.litter(t, must)
		server := s.start(t, p.name, after)
		struck = server.ready(t) == "" || server.endsWithin(patience)
		s.end(t, server, struck)
	} else {
		struck = s.upload(t, p.name, after, load{uploaders, 2 * int(kinds), small}, patience)
	}
	switch {
	case struck:
		s.strikes[p.String()]++
	case must:
		t.Fatalf("the server did not pass %s", p)
	default:
		s.strikes["after the last answer"]++
	}
}

// litter leaves something for the next start to clear up; if it must, bytes
// without a row and a segment that is open.
func (s *suite) litter(t *testing.T, must bool) {
	t.Helper()
	at, l := "deliver.sealed", load{uploaders, 1, small}
	if !must {
		places := []string{"segment.created", "segment.written", "seal.synced", "seal.renamed", "deliver.sealed"}
		at, l.uploaders = places[s.random.IntN(len(places))], 1+s.random.IntN(uploaders)
		l.first = kind(s.random.IntN(2)) // small or mixed
	}
	struck := s.upload(t, at, 1, l, 300*time.Millisecond)
	if must && !struck {
		t.Fatal("the server did not pass deliver.sealed")
	}
	s.strikes["some point before a restart that is killed"]++
}

// upload runs the workload on a server that kills itself at the point, and
// reports whether it did within the patience after the last answer. With no
// point, the patience is counted from the first request.
func (s *suite) upload(t *testing.T, at string, after int, l load, patience time.Duration) (struck bool) {
	t.Helper()
	server := s.start(t, at, after)
	address := server.ready(t)
	if address == "" {
		t.Fatalf("the server ended before it was ready: %s", server.command.ProcessState)
	}
	s.serving = newClient(address)
	defer s.serving.close()
	if at == "" {
		timer := time.AfterFunc(patience, func() { _ = server.command.Process.Kill() })
		defer timer.Stop()
		patience += mustStrikeWithin
	}
	problem := s.run(t.Context(), l)
	if s.unanswered() {
		patience = mustStrikeWithin // only a server that has ended leaves a request without an answer
	}
	struck = server.endsWithin(patience)
	s.end(t, server, struck)
	if problem != nil {
		t.Fatal(problem)
	}
	if !struck && s.unanswered() {
		t.Fatal("a request got no answer from a server that had not ended")
	}
	return struck
}

// end kills the server unless it has ended, which only kill -9 may have done.
func (s *suite) end(t *testing.T, server *process, ended bool) {
	t.Helper()
	if !ended {
		server.kill()
	}
	if err := server.killed(); err != nil {
		t.Fatal(err)
	}
}

// unanswered reports whether a request since the last check got no answer.
func (s *suite) unanswered() bool {
	for _, r := range s.book.requests[s.book.fresh:] {
		if !r.answered {
			return true
		}
	}
	return false
}

// verify starts a server that nothing kills, checks the library, and ends it,
// every other time with kill -9. Then it looks at the disk.
func (s *suite) verify(t *testing.T, what string) {
	t.Helper()
	s.serve(t, what, func(c *client) error {
		if err := s.book.check(t.Context(), c, s.random); err != nil {
			return err
		}
		return s.awaitNothingStaged(t.Context())
	})
	s.audited(t, what, false)
}

// serve runs a server for as long as fn takes.
func (s *suite) serve(t *testing.T, what string, fn func(*client) error) {
	t.Helper()
	server := s.start(t, "", 0)
	address := server.ready(t)
	if address == "" {
		t.Fatalf("%s: the server does not start again: %s", what, server.command.ProcessState)
	}
	c := newClient(address)
	err := fn(c)
	c.close()
	if s.random.IntN(2) == 0 {
		server.kill()
	} else if failed := server.stop(); failed != nil {
		t.Errorf("%s: %v", what, failed)
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// audited looks for bytes without a row and rows without bytes. The sweep of a
// start may not have come to its end, so it gets further ones.
func (s *suite) audited(t *testing.T, what string, thorough bool) {
	t.Helper()
	var a account
	for try := range 6 {
		if try > 0 {
			server := s.start(t, "", 0)
			server.ready(t)
			server.endsWithin(time.Duration(try) * 200 * time.Millisecond)
			server.kill()
		}
		a = s.audit(t, thorough)
		if len(a.orphans) == 0 && len(a.empty) == 0 {
			break
		}
	}
	if len(a.orphans) > 0 || len(a.missing) > 0 || len(a.empty) > 0 {
		t.Fatalf("%s: of %d blobs, these have no row: %v; these have a row and are not there: %v; these segments are empty: %v",
			what, a.blobs, a.orphans, a.missing, a.empty)
	}
}

// finish checks everything that was ever sent.
func (s *suite) finish(t *testing.T) {
	t.Helper()
	s.serve(t, "at the end", func(c *client) error { return s.book.checkAll(t.Context(), c) })
	s.audited(t, "at the end", true)
}
