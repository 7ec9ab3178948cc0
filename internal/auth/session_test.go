package auth_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/auth"
	"sluice/internal/ingest"
)

const session = "0192c7a4-1111-7222-8333-444455556666"

func TestSessionEnds(t *testing.T) {
	s, store, clock := served()
	in := func(user ingest.Number, session ingest.UUID, kind string) string {
		return issue(t, s, auth.TokenSpec{User: user, Kind: kind, Session: session})
	}
	access, refresh := in(1, session, auth.AccessToken), in(1, session, auth.RefreshToken)
	other, without, root := in(1, "0192c7a4-1111-7222-8333-444455556667", auth.AccessToken), in(1, "", auth.AccessToken), in(root, session, auth.AccessToken)
	if _, info, err := s.OpenToken(t.Context(), auth.AccessToken, access); err != nil || info.Session != session {
		t.Fatalf("session %q, %v", info.Session, err)
	}
	for range 2 {
		if err := s.EndSession(t.Context(), 1, session, clock.at.Add(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	for kind, text := range map[string]string{auth.AccessToken: access, auth.RefreshToken: refresh} {
		for name, service := range map[string]*auth.Service{"here": s, "elsewhere": auth.New(store, clock.now, auth.Options{})} {
			_, _, err := service.OpenToken(t.Context(), kind, text)
			if !errors.Is(err, auth.ErrEnded) || ingest.CodeOf(err) != ingest.CodeBadCredentials || ingest.Message(err) != "the session of the token has ended" {
				t.Errorf("%s %s: %v", kind, name, err)
			}
		}
	}
	accepted(t, s, other)
	accepted(t, s, without)
	accepted(t, s, root)
	if n := len(store.docs); n != 2 { // with the signing keys
		t.Errorf("%d documents after two endings of one session, want 2", n)
	}
	for _, bad := range []ingest.UUID{"", "nonsense", session + "0", "0192C7A4-1111-7222-8333-444455556666", "0192c7a411117222833344445555666-6"} {
		if err := s.EndSession(t.Context(), 1, bad, clock.at); ingest.KindOf(err) != ingest.Invalid {
			t.Errorf("ending %q gave %v", bad, err)
		}
		if _, _, err := s.Issue(t.Context(), auth.TokenSpec{User: 1, Kind: auth.AccessToken, Session: bad}); bad != "" && ingest.KindOf(err) != ingest.Invalid {
			t.Errorf("a token in %q gave %v", bad, err)
		}
	}
}

// Ended sessions are remembered as long as their tokens could be good, no longer.
func TestEndedSessionsAreForgottenInTime(t *testing.T) {
	s, store, clock := served()
	end := func(i int, after time.Duration) {
		t.Helper()
		name := ingest.UUID(fmt.Sprintf("0192c7a4-1111-7222-8333-%012d", i))
		if err := s.EndSession(t.Context(), 1, name, clock.at.Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	kept := func() (n int) {
		for _, d := range store.docs {
			if d.Kind == ingest.DocEndedSession {
				n++
			}
		}
		return n
	}
	for i := range 10 {
		end(i, time.Hour)
	}
	end(10, 2*time.Hour)
	clock.forward(time.Hour + time.Second)
	end(11, time.Hour)
	if diff := cmp.Diff(2, kept()); diff != "" {
		t.Errorf("records kept %s", diff)
	}
}

// What never was a token of ours is told apart from what was one.
func TestEndedTokensAreKnown(t *testing.T) {
	s, store, clock := served()
	elsewhere, _, _ := served()
	text := issue(t, s, auth.TokenSpec{User: 1, Kind: auth.AccessToken, Lifetime: time.Minute})
	over := func(text string) bool {
		_, _, err := s.OpenToken(t.Context(), auth.AccessToken, text)
		if err == nil {
			t.Fatal("the token was taken")
		}
		return errors.Is(err, auth.ErrEnded)
	}
	for _, bad := range []string{"", "nonsense", text + "x", issue(t, elsewhere, auth.TokenSpec{User: 1, Kind: auth.AccessToken}), issue(t, s, auth.TokenSpec{User: 1, Kind: auth.RefreshToken})} {
		if over(bad) {
			t.Errorf("%q counts as one that was good", bad)
		}
	}
	store.setHash("ann@example.com", hash+"x")
	if !over(text) {
		t.Error("the password changed")
	}
	store.setHash("ann@example.com", hash)
	clock.forward(time.Minute)
	if !over(text) {
		t.Error("it expired")
	}
}

func TestTokensOfOneGrainAreEqual(t *testing.T) {
	s, _, clock := served()
	spec := auth.TokenSpec{User: 1, Kind: auth.AccessToken, Session: session, Lifetime: time.Hour, Grain: 10 * time.Second}
	first := issue(t, s, spec)
	clock.forward(9999 * time.Millisecond)
	if issue(t, s, spec) != first {
		t.Error("another token within the grain")
	}
	clock.forward(time.Millisecond)
	text, expires, err := s.Issue(t.Context(), spec)
	if err != nil || text == first || !expires.Equal(clock.at.Add(time.Hour)) {
		t.Errorf("after the grain: the same %v, expires %v, %v", text == first, expires, err)
	}
}

// A session costs no reading of its own.
func TestTokensOfSessionsCostOneRead(t *testing.T) {
	s, store, _ := served()
	text := issue(t, s, auth.TokenSpec{User: 1, Kind: auth.AccessToken, Session: session})
	views, updates := store.views, store.updates
	accepted(t, s, text)
	if store.views != views+1 || store.updates != updates {
		t.Errorf("%d readings and %d writings, want 1 and 0", store.views-views, store.updates-updates)
	}
}
