package auth

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// throttle slows down guessing. Every attempt counts as a failure of its
// address and its account when it begins, so that attempts side by side are
// slowed like attempts in a row; a right one is taken back. Both counts are
// forgotten some time after the last attempt.
type throttle struct {
	now     func() time.Time
	options Options

	mu       sync.Mutex
	failures *recent[subject, int]
	waiting  map[subject]int
	waiters  int
}

// subject is what failures are counted for: an address or an account.
type subject struct {
	account bool
	name    string
}

func newThrottle(now func() time.Time, o Options) *throttle {
	return &throttle{now: now, options: o, failures: newRecent[subject, int](o.Subjects, o.Forget), waiting: make(map[subject]int)}
}

// account and address make subjects. An IPv6 address counts with its /64,
// which is one customer's.
func account(login string) subject { return subject{account: true, name: login} }

func address(a string) subject {
	ip, err := netip.ParseAddr(a)
	if err != nil {
		return subject{name: a}
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return subject{name: prefix.String()}
		}
	}
	return subject{name: ip.String()}
}

// begin counts an attempt and returns after the delay that earlier failures
// have earned. It is Throttled when too many attempts wait already; those
// refused and those broken off by ctx do not count.
func (t *throttle) begin(ctx context.Context, subjects ...subject) error {
	delay, err := t.enter(subjects)
	if err != nil || delay == 0 {
		return err
	}
	defer t.leave(subjects)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		t.takeBack(subjects...)
		return &ingest.Error{Kind: ingest.Unavailable, Op: "auth.throttle", Msg: "the login was broken off", Err: ctx.Err()}
	}
}

// enter counts the attempt and, if it has to wait, takes a place.
func (t *throttle) enter(subjects []subject) (time.Duration, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var delay time.Duration
	full := t.waiters >= t.options.Waiters
	for _, s := range subjects {
		n, _ := t.failures.look(s, t.now())
		delay = max(delay, t.delay(s, n))
		full = full || t.waiting[s] >= t.options.WaitersEach
	}
	if delay > 0 && full {
		return 0, &ingest.Error{Kind: ingest.Throttled, Op: "auth.throttle", Code: ingest.CodeLimit,
			Msg: fmt.Sprintf("too many failed logins; try again in %d seconds", int(max(delay, time.Second).Round(time.Second)/time.Second))}
	}
	for _, s := range subjects {
		n, _ := t.failures.look(s, t.now())
		t.failures.put(s, n+1, t.now())
		if delay > 0 {
			t.waiting[s]++
		}
	}
	if delay > 0 {
		t.waiters++
	}
	return delay, nil
}

// leave gives up a waiting place.
func (t *throttle) leave(subjects []subject) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiters--
	for _, s := range subjects {
		if t.waiting[s]--; t.waiting[s] == 0 {
			delete(t.waiting, s)
		}
	}
}

// delay is what n failures have earned.
func (t *throttle) delay(s subject, n int) time.Duration {
	free := t.options.FreePerAddress
	if s.account {
		free = t.options.FreePerAccount
	}
	if n < free {
		return 0
	}
	return min(t.options.FirstDelay<<min(n-free, 20), t.options.MaxDelay)
}

// takeBack uncounts one attempt.
func (t *throttle) takeBack(subjects ...subject) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range subjects {
		if n, ok := t.failures.look(s, t.now()); ok && n > 1 {
			t.failures.put(s, n-1, t.now())
		} else {
			t.failures.drop(s)
		}
	}
}

// forgive forgets all failures of a subject.
func (t *throttle) forgive(s subject) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures.drop(s)
}
