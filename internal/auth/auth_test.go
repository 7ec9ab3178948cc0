package auth_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/auth"
	"sluice/internal/ingest"
)

// right is the password of everybody, and hash its cheap PHC string: with the
// cost of real ones the tests would take long.
const (
	right = "password"
	hash  = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
)

// people are users, one without a password.
func people() *fakeStore {
	return &fakeStore{
		users: []ingest.User{
			{Number: 1, UUID: "u-1", Login: "ann@example.com", PasswordHash: hash},
			{Number: 2, Login: "off@example.com", PasswordHash: hash, Disabled: true},
			{Number: 3, Login: "old@example.com", PasswordHash: hash, Expires: time.Unix(1, 0)},
			{Number: 4, Login: "keyonly@example.com"},
		},
		members: []ingest.Membership{
			{User: 1, Company: 7, Role: ingest.RoleEditor, Active: true},
			{User: 1, Company: 8, Role: ingest.RoleViewer},
		},
		keys: map[string]ingest.APIKey{},
	}
}

func login(t *testing.T, s *auth.Service, name, password, address string) (ingest.Principal, error) {
	t.Helper()
	return s.Login(t.Context(), ingest.Credentials{Login: name, Password: password, Address: address})
}

func TestLogin(t *testing.T) {
	store := people()
	s := auth.New(store, time.Now, auth.Options{})
	for _, c := range []struct {
		name, login, password string
		code                  ingest.Code
		msg                   string
	}{
		{"right", "ANN@example.com", right, "", ""},
		{"wrong password", "ann@example.com", "wrong", ingest.CodeBadCredentials, "Invalid username/password"},
		{"unknown", "nobody@example.com", right, ingest.CodeBadCredentials, "Invalid username/password"},
		{"no password set", "keyonly@example.com", "", ingest.CodeBadCredentials, "Invalid username/password"},
		{"empty password", "ann@example.com", "", ingest.CodeBadCredentials, "Invalid username/password"},
		{"too long a password", "ann@example.com", strings.Repeat("x", 5000), ingest.CodeBadCredentials, "Invalid username/password"},
		{"empty login", "", right, ingest.CodeNoCredentials, "no credentials were sent"},
		{"disabled", "off@example.com", right, ingest.CodeInvalidUser, "this user is switched off or expired"},
		{"disabled, wrong password", "off@example.com", "wrong", ingest.CodeBadCredentials, "Invalid username/password"},
		{"expired", "old@example.com", right, ingest.CodeInvalidUser, "this user is switched off or expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := login(t, s, c.login, c.password, "10.0.0.1")
			if c.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				want := ingest.Principal{User: 1, UUID: "u-1", Login: "ann@example.com",
					Memberships: []ingest.Membership{{User: 1, Company: 7, Role: ingest.RoleEditor, Active: true}}}
				if diff := cmp.Diff(want, p); diff != "" {
					t.Error(diff)
				}
				return
			}
			if ingest.KindOf(err) != ingest.Unauthenticated || ingest.CodeOf(err) != c.code || ingest.Message(err) != c.msg {
				t.Errorf("got %v %q %q", err, ingest.CodeOf(err), ingest.Message(err))
			}
			if !p.Anonymous() {
				t.Errorf("a failed login gave %+v", p)
			}
		})
	}
}

func TestPasswordChangeCountsAtOnce(t *testing.T) {
	store := people()
	s := auth.New(store, time.Now, auth.Options{})
	if _, err := login(t, s, "ann@example.com", right, ""); err != nil {
		t.Fatal(err)
	}
	hash, err := s.Passwords().Hash(t.Context(), "new")
	if err != nil {
		t.Fatal(err)
	}
	store.setHash("ann@example.com", hash)
	if _, err := login(t, s, "ann@example.com", right, ""); ingest.CodeOf(err) != ingest.CodeBadCredentials {
		t.Errorf("the old password gave %v", err)
	}
	if _, err := login(t, s, "ann@example.com", "new", ""); err != nil {
		t.Errorf("the new password gave %v", err)
	}
}

func TestCachedLoginReadsTheStoreOnce(t *testing.T) {
	store := people()
	s := auth.New(store, time.Now, auth.Options{})
	if _, err := login(t, s, "ann@example.com", right, ""); err != nil {
		t.Fatal(err)
	}
	before := store.views
	if _, err := login(t, s, "ann@example.com", right, ""); err != nil {
		t.Fatal(err)
	}
	if n := store.views - before; n != 1 {
		t.Errorf("a remembered login took %d reads, want 1", n)
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := auth.New(people(), time.Now, auth.Options{})
		var delays []time.Duration
		for range 12 {
			began := time.Now()
			if _, err := login(t, s, "ann@example.com", "wrong", "10.0.0.1"); ingest.CodeOf(err) != ingest.CodeBadCredentials {
				t.Fatal(err)
			}
			delays = append(delays, time.Since(began))
		}
		ms := time.Millisecond
		want := []time.Duration{0, 0, 0, 0, 0, 250 * ms, 500 * ms, 1000 * ms, 2000 * ms, 4000 * ms, 8000 * ms, 8000 * ms}
		if diff := cmp.Diff(want, delays); diff != "" {
			t.Error(diff)
		}
		began := time.Now()
		if _, err := login(t, s, "ann@example.com", right, "10.0.0.2"); err != nil || time.Since(began) != 8*time.Second {
			t.Errorf("right password, not remembered: %v after %v", err, time.Since(began))
		}
		began = time.Now()
		if _, err := login(t, s, "ann@example.com", "wrong", "10.0.0.2"); err == nil || time.Since(began) != 0 {
			t.Errorf("the right password did not end the delays: %v", time.Since(began))
		}
	})
}

func TestFailuresOfOthersDoNotDelayRememberedLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := auth.New(people(), time.Now, auth.Options{})
		if _, err := login(t, s, "ann@example.com", right, "10.0.0.9"); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if _, err := login(t, s, "ann@example.com", "wrong", "10.0.0.1"); err == nil {
				t.Fatal("wrong password accepted")
			}
		}
		began := time.Now()
		if _, err := login(t, s, "ann@example.com", right, "10.0.0.1"); err != nil || time.Since(began) != 0 {
			t.Errorf("remembered login: %v after %v", err, time.Since(began))
		}
		time.Sleep(11 * time.Minute)
		began = time.Now()
		if _, err := login(t, s, "ann@example.com", right, "10.0.0.1"); err != nil || time.Since(began) == 0 {
			t.Errorf("the memory outlived its time: %v after %v", err, time.Since(began))
		}
	})
}

func TestFailuresAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := auth.New(people(), time.Now, auth.Options{})
		for range 8 {
			_, _ = login(t, s, "ann@example.com", "wrong", "10.0.0.1")
		}
		time.Sleep(16 * time.Minute)
		began := time.Now()
		_, _ = login(t, s, "ann@example.com", "wrong", "10.0.0.1")
		if d := time.Since(began); d != 0 {
			t.Errorf("delayed by %v after failures should have been forgotten", d)
		}
	})
}

func TestAddressIsSlowedDownAcrossAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := auth.New(people(), time.Now, auth.Options{FreePerAddress: 3})
		try := func(name, address string) time.Duration {
			began := time.Now()
			_, _ = login(t, s, name, "x", address)
			return time.Since(began)
		}
		for _, name := range []string{"a", "b", "c"} {
			try(name, "2001:db8:1:2::"+name)
		}
		if d := try("d", "2001:db8:1:2::ffff"); d != 250*time.Millisecond {
			t.Errorf("fourth account from one /64 delayed by %v", d)
		}
		if d := try("e", "2001:db8:1:3::1"); d != 0 {
			t.Errorf("another network delayed by %v", d)
		}
	})
}

func TestWaitingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := auth.New(people(), time.Now, auth.Options{FreePerAccount: 1, FirstDelay: 3 * time.Second, MaxDelay: 3 * time.Second, WaitersEach: 2})
		_, _ = login(t, s, "ann@example.com", "w0", "10.0.0.1")
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for _, password := range []string{"w1", "w2"} {
			wg.Go(func() {
				_, err := s.Login(ctx, ingest.Credentials{Login: "ann@example.com", Password: password, Address: "10.0.0.2"})
				if ingest.KindOf(err) != ingest.Unavailable {
					t.Errorf("broken off: %v", err)
				}
			})
		}
		synctest.Wait()
		_, err := login(t, s, "ann@example.com", "w3", "10.0.0.3")
		if ingest.KindOf(err) != ingest.Throttled || !strings.Contains(ingest.Message(err), "try again in 3 seconds") {
			t.Errorf("third waiter: %v", err)
		}
		cancel()
		wg.Wait()
		if _, err := login(t, s, "ann@example.com", right, "10.0.0.3"); err != nil {
			t.Errorf("after the waiters left: %v", err)
		}
	})
}

func TestEqualGuessesAtOnceCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := auth.New(people(), time.Now, auth.Options{FreePerAccount: 1})
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if _, err := login(t, s, "ann@example.com", right, "10.0.0.1"); err != nil {
					t.Error(err)
				}
			})
		}
		began := time.Now()
		wg.Wait()
		if d := time.Since(began); d != 0 {
			t.Errorf("16 right logins at once were delayed by %v", d)
		}
	})
}

func TestToken(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	store := people()
	s := auth.New(store, func() time.Time { return now }, auth.Options{})
	mint := func(user ingest.Number, expires time.Time) string {
		secret, key := s.NewAPIKey(user, "ci", expires)
		store.keys[key.Selector] = key
		if strings.Contains(string(key.SecretHash), secret) {
			t.Error("the row holds the secret")
		}
		return secret
	}
	good, off := mint(1, time.Time{}), mint(2, time.Time{})
	expired, orphan := mint(1, now), mint(99, time.Time{})
	for _, c := range []struct {
		name, token string
		code        ingest.Code
	}{
		{"good", good, ""},
		{"empty", "", ingest.CodeNoCredentials},
		{"other secret", good[:len(good)-1] + "_", ingest.CodeBadCredentials},
		{"unknown selector", "slk_" + strings.Repeat("a", 16) + "_" + strings.Repeat("a", 40), ingest.CodeBadCredentials},
		{"foreign", "eyJhbGciOi.x.y", ingest.CodeBadCredentials},
		{"half", "slk_abc", ingest.CodeBadCredentials},
		{"expired", expired, ingest.CodeInvalidUser},
		{"user off", off, ingest.CodeInvalidUser},
		{"user gone", orphan, ingest.CodeBadCredentials},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := s.Token(t.Context(), c.token, "10.0.0.1")
			if ingest.CodeOf(err) != c.code || (err == nil) != (c.code == "") {
				t.Fatalf("got %v", err)
			}
			if c.code == "" && (p.User != 1 || len(p.Memberships) != 1) {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestTokenUseIsRecordedHourly(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	store := people()
	s := auth.New(store, func() time.Time { return now }, auth.Options{})
	secret, key := s.NewAPIKey(1, "ci", time.Time{})
	store.keys[key.Selector] = key
	var updates []int
	for _, step := range []time.Duration{0, 59 * time.Minute, time.Minute, time.Minute} {
		now = now.Add(step)
		if _, err := s.Token(t.Context(), secret, ""); err != nil {
			t.Fatal(err)
		}
		updates = append(updates, store.updates)
	}
	if diff := cmp.Diff([]int{1, 1, 2, 2}, updates); diff != "" {
		t.Error(diff)
	}
	if got := store.keys[key.Selector].LastUsed; !got.Equal(now.Add(-time.Minute)) {
		t.Errorf("last used %v", got)
	}
}
