package auth_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/auth"
	"sluice/internal/ingest"
)

func TestSessions(t *testing.T) {
	s, store, clock := served()
	sessions := auth.NewSessions(s, time.Hour, 24*time.Hour)
	begun := clock.at
	first, err := sessions.Grant(t.Context(), 1, 7)
	if err != nil {
		t.Fatal(err)
	}
	if first.Session == "" || !first.Expires.Equal(begun.Add(time.Hour)) {
		t.Errorf("granted %+v", first)
	}
	opened, err := sessions.Open(t.Context(), first.Access)
	if err != nil || opened.ID != first.Session || opened.Company != 7 || opened.Login != "ann@example.com" || opened.RoleIn(9) != "" {
		t.Errorf("opened %+v, %v", opened, err)
	}
	other, err := sessions.Grant(t.Context(), 1, 7)
	if err != nil || other.Session == first.Session || other.Access == first.Access {
		t.Errorf("two logins share a session: %v", err)
	}

	clock.forward(2 * time.Hour)
	denied(t, sessions, first.Access, ingest.Forbidden)
	updates := store.updates
	who, second, err := sessions.Refresh(t.Context(), first.Refresh)
	if err != nil || who.User != 1 || who.Company != 7 {
		t.Fatalf("%+v, %v", who, err)
	}
	clock.forward(9 * time.Second)
	again, third, err := sessions.Refresh(t.Context(), first.Refresh)
	if diff := cmp.Diff(second, third); diff != "" || err != nil || again.ID != first.Session || second.Access == first.Access || second.Refresh != first.Refresh {
		t.Errorf("refreshed twice: %s %v", diff, err)
	}
	if store.updates != updates {
		t.Errorf("refreshing wrote %d times", store.updates-updates)
	}
	if _, err := sessions.Open(t.Context(), second.Access); err != nil {
		t.Error(err)
	}

	if err := sessions.End(t.Context(), 1, first.Session); err != nil {
		t.Fatal(err)
	}
	denied(t, sessions, second.Access, ingest.Forbidden)
	if _, _, err := sessions.Refresh(t.Context(), first.Refresh); ingest.KindOf(err) != ingest.Forbidden {
		t.Errorf("refreshed an ended session: %v", err)
	}
	if _, _, err := sessions.Refresh(t.Context(), other.Refresh); err != nil {
		t.Errorf("the other session: %v", err)
	}
	for _, bad := range []string{"", "nonsense", first.Refresh, second.Access + "x"} {
		denied(t, sessions, bad, ingest.Unauthenticated)
	}
	_, fresh, err := sessions.Refresh(t.Context(), other.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	store.users[0].Disabled = true
	denied(t, sessions, fresh.Access, ingest.Forbidden)
}

func denied(t *testing.T, s *auth.Sessions, token string, kind ingest.Kind) {
	t.Helper()
	if _, err := s.Open(t.Context(), token); err == nil || ingest.KindOf(err) != kind {
		t.Errorf("opened with %v, want %v", err, kind)
	}
}

// The record of an ended session outlives all its tokens.
func TestEndedSessionStaysEnded(t *testing.T) {
	s, _, clock := served()
	sessions := auth.NewSessions(s, time.Hour, 24*time.Hour)
	g, err := sessions.Grant(t.Context(), 1, 7)
	if err != nil {
		t.Fatal(err)
	}
	clock.forward(24*time.Hour - time.Second)
	_, last, err := sessions.Refresh(t.Context(), g.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	if err := sessions.End(t.Context(), 1, g.Session); err != nil {
		t.Fatal(err)
	}
	clock.forward(time.Hour - 10*time.Second)
	if err := sessions.End(t.Context(), 1, "0192c7a4-1111-7222-8333-444455556666"); err != nil { // sweeps
		t.Fatal(err)
	}
	denied(t, sessions, last.Access, ingest.Forbidden)
}
