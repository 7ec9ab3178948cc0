package e2e_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// guess tries wrong passwords from many connections for a while and returns how
// many of them were judged. Attempts that were sent away unjudged tell nothing
// about a password.
func guess(t *testing.T, s *server, from, login func(n int64) string) (judged int64) {
	const window = 6 * time.Second
	var tried, wrong, sentAway atomic.Int64
	var all sync.WaitGroup
	until := time.Now().Add(window)
	for range 24 {
		all.Go(func() {
			for time.Now().Before(until) {
				n := tried.Add(1)
				a, err := poster{url: s.url, from: from(n)}.post(authAs(login(n), fmt.Sprint("guess", n)), newJob("guess"))
				switch f := a.fault(); {
				case err != nil:
					t.Error(err)
					return
				case f.Code == 10001:
					wrong.Add(1)
				case f.Code == 30000:
					sentAway.Add(1)
					time.Sleep(20 * time.Millisecond)
				default:
					t.Errorf("a wrong password was answered with %d %s", a.status, a.body)
					return
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d attempts, %d judged, %d sent away", tried.Load(), wrong.Load(), sentAway.Load())
	return wrong.Load()
}

// TestGuessing slows down whoever tries passwords, by account and by address,
// and nobody else.
func TestGuessing(t *testing.T) {
	slow(t)
	t.Parallel() // it waits for most of its time
	s := start(t)
	s.addUser("ann@example.com", "right", "editor")
	s.addUser("bob@example.com", "right", "editor")
	s.addUser("new@example.com", "right", "editor")
	quick := func(from, login string) {
		t.Helper()
		began := time.Now()
		a, err := poster{url: s.url, from: from}.post(authAs(login, "right"), newJob("right"))
		if err == nil {
			_, err = a.handle()
		}
		if took := time.Since(began); err != nil || took > 5*time.Second {
			t.Errorf("a correct login took %v: %v", took, err)
		}
	}
	quick("127.0.2.1", "ann@example.com") // from now on she is known

	var attack sync.WaitGroup
	attack.Go(func() {
		// From as many addresses as it likes: the account is what is counted.
		from := func(n int64) string { return fmt.Sprintf("127.0.3.%d", 1+n%200) }
		if n := guess(t, s, from, func(int64) string { return "bob@example.com" }); n > 20 {
			t.Errorf("%d passwords of one account were judged", n)
		}
	})
	attack.Go(func() {
		from := func(int64) string { return "127.0.2.2" }
		if n := guess(t, s, from, func(n int64) string { return fmt.Sprintf("user%d@example.com", n) }); n > 50 {
			t.Errorf("%d passwords from one address were judged", n)
		}
	})
	attack.Go(func() {
		for range 10 {
			time.Sleep(400 * time.Millisecond)
			quick("127.0.2.1", "ann@example.com")
		}
		quick("127.0.2.3", "new@example.com")
	})
	attack.Wait()
	if _, err := (poster{url: s.url, from: "127.0.2.1"}).post(authAs("ann@example.com", "wrong"), newJob("x")); err != nil {
		t.Error(err)
	}
	quick("127.0.2.1", "ann@example.com")
}

// TestRememberedLogins compares what 200 correct logins cost the server with
// what judging unknown passwords costs it.
func TestRememberedLogins(t *testing.T) {
	s := start(t)
	s.upload(auth(), newJob("warm"))
	began := s.cpu()
	const wrong = 10
	for i := range wrong {
		s.post(authAs(fmt.Sprintf("nobody%d@example.com", i), "x"), newJob("x")).wantFault(t, 500, 10001)
	}
	each := (s.cpu() - began) / wrong
	began = s.cpu()
	const right = 200
	for range right {
		res := s.get("/v1/companies")
		res.Body.Close()
		if res.StatusCode != 200 {
			t.Fatal(res.Status)
		}
	}
	if cost := s.cpu() - began; cost > right*each/4 {
		t.Errorf("%d correct logins took %v of processor time; judging a password takes %v", right, cost, each)
	} else {
		t.Logf("%d correct logins took %v, judging a password takes %v", right, cost, each)
	}
}
