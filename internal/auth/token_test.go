package auth_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/auth"
	"sluice/internal/ingest"
)

// root is the number of an administrator, who is a viewer of company 7 too.
const root = 9

// served is a service with users, an administrator and a clock.
func served() (*auth.Service, *fakeStore, *clock) {
	store, clock := people(), newClock()
	store.users = append(store.users,
		ingest.User{Number: root, UUID: "u-9", Login: "root@example.com", PasswordHash: hash, Admin: true},
		ingest.User{Number: 10, UUID: "u-10", Login: "was@example.com", DefaultRole: ingest.RoleAdmin, DefaultTitle: "IpsAdmin"})
	store.members = append(store.members,
		ingest.Membership{User: root, Company: 7, Role: ingest.RoleViewer, Active: true},
		ingest.Membership{User: 10, Company: 7, Active: true},
		ingest.Membership{User: 1, Company: 9, Role: ingest.RoleCompanyAdmin, Title: ingest.TitleTrialAdmin, Active: true})
	return auth.New(store, clock.now, auth.Options{}), store, clock
}

func issue(t *testing.T, s *auth.Service, spec auth.TokenSpec) string {
	t.Helper()
	text, _, err := s.Issue(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// refused checks that an access token is not taken, and the code and words.
func refused(t *testing.T, s *auth.Service, text string, code ingest.Code, msg string) {
	t.Helper()
	p, info, err := s.OpenToken(t.Context(), auth.AccessToken, text)
	if ingest.KindOf(err) != ingest.Unauthenticated || ingest.CodeOf(err) != code || ingest.Message(err) != msg {
		t.Errorf("got %v, code %q, message %q", err, ingest.CodeOf(err), ingest.Message(err))
	}
	if diff := cmp.Diff(auth.TokenInfo{}, info); diff != "" || !p.Anonymous() {
		t.Errorf("a refused token gave %+v %s", p, diff)
	}
}

func accepted(t *testing.T, s *auth.Service, text string) {
	t.Helper()
	if _, _, err := s.OpenToken(t.Context(), auth.AccessToken, text); err != nil {
		t.Error(err)
	}
}

func TestTokenStandsForItsUser(t *testing.T) {
	editor := ingest.Membership{User: 1, Company: 7, Role: ingest.RoleEditor, Active: true}
	trial := ingest.Membership{User: 1, Company: 9, Role: ingest.RoleCompanyAdmin, Title: ingest.TitleTrialAdmin, Active: true}
	caller := func(user ingest.Number, uuid ingest.UUID, login string, admin bool, m ...ingest.Membership) ingest.Principal {
		return ingest.Principal{User: user, UUID: uuid, Login: login, Admin: admin, Memberships: m}
	}
	for _, c := range []struct {
		name          string
		user, company ingest.Number
		want          ingest.Principal
	}{
		{"all companies", 1, 0, caller(1, "u-1", "ann@example.com", false, editor, trial)},
		{"one company", 1, 7, caller(1, "u-1", "ann@example.com", false, editor)},
		{"another company", 1, 9, caller(1, "u-1", "ann@example.com", false, trial)},
		{"administrator", root, 0, caller(root, "u-9", "root@example.com", true,
			ingest.Membership{User: root, Company: 7, Role: ingest.RoleViewer, Active: true})},
		{"administrator in one company", root, 8, caller(root, "u-9", "root@example.com", false,
			ingest.Membership{User: root, Company: 8, Role: ingest.RoleCompanyAdmin, Active: true})},
		{"administrator and member", root, 7, caller(root, "u-9", "root@example.com", false,
			ingest.Membership{User: root, Company: 7, Role: ingest.RoleCompanyAdmin, Active: true})},
		{"administrator by membership", 10, 7, caller(10, "u-10", "was@example.com", false,
			ingest.Membership{User: 10, Company: 7, Role: ingest.RoleCompanyAdmin, Active: true})},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, store, clock := served()
			text, expires, err := s.Issue(t.Context(), auth.TokenSpec{User: c.user, Company: c.company, Kind: auth.AccessToken, Lifetime: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			other := auth.New(store, clock.now, auth.Options{})
			p, info, err := other.OpenToken(t.Context(), auth.AccessToken, text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, p); diff != "" {
				t.Error(diff)
			}
			want := auth.TokenInfo{User: c.user, Company: c.company, Kind: auth.AccessToken, Issued: clock.at, Expires: clock.at.Add(time.Hour)}
			if diff := cmp.Diff(want, info); diff != "" || !expires.Equal(want.Expires) {
				t.Errorf("expires %v %s", expires, diff)
			}
		})
	}
}

func TestTokenRefusesWhatWasNotIssued(t *testing.T) {
	s, _, _ := served()
	elsewhere, _, _ := served()
	spec := auth.TokenSpec{User: 1, Kind: auth.AccessToken}
	good := issue(t, s, spec)
	field := strings.Split(good, ".")
	payload, err := base64.RawURLEncoding.DecodeString(field[1])
	if err != nil {
		t.Fatal(err)
	}
	payload[8] = root // the lowest byte of the user's number
	field[1] = base64.RawURLEncoding.EncodeToString(payload)
	for name, text := range map[string]string{
		"malformed":     "nonsense",
		"API key":       "slk_" + strings.Repeat("a", 16) + "_" + strings.Repeat("a", 40),
		"other user":    strings.Join(field, "."),
		"cut":           good[:len(good)-1],
		"foreign":       issue(t, elsewhere, spec),
		"refresh token": issue(t, s, auth.TokenSpec{User: 1, Kind: auth.RefreshToken}),
	} {
		t.Run(name, func(t *testing.T) { refused(t, s, text, ingest.CodeBadCredentials, "Invalid token") })
	}
	refused(t, s, "", ingest.CodeNoCredentials, "no credentials were sent")
	accepted(t, s, good)
	if _, _, err := s.OpenToken(t.Context(), auth.RefreshToken, good); ingest.CodeOf(err) != ingest.CodeBadCredentials {
		t.Errorf("an access token as a refresh token: %v", err)
	}
	if _, info, err := s.OpenToken(t.Context(), auth.RefreshToken, issue(t, s, auth.TokenSpec{User: 1, Kind: auth.RefreshToken})); err != nil || info.Kind != auth.RefreshToken {
		t.Errorf("a refresh token: %+v, %v", info, err)
	}
}

// A payload that the keys have signed is still read with care.
func TestTokenOfAnotherVersion(t *testing.T) {
	s, _, _ := served()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(issue(t, s, auth.TokenSpec{User: 1, Kind: auth.AccessToken}), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	text := func(payload []byte) string {
		text, err := s.Keyring().Sign(t.Context(), "token access", payload)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	accepted(t, s, text(payload))
	for _, bad := range [][]byte{nil, {1}, payload[:48], payload[:49], append([]byte{1}, payload[1:]...), append([]byte{3}, payload[1:]...), append(bytes.Clone(payload), 'x')} {
		refused(t, s, text(bad), ingest.CodeBadCredentials, "Invalid token")
	}
}

func TestTokenExpires(t *testing.T) {
	s, store, clock := served()
	short := issue(t, s, auth.TokenSpec{User: 1, Kind: auth.AccessToken, Lifetime: time.Minute})
	usual := issue(t, s, auth.TokenSpec{User: 1, Kind: auth.AccessToken})
	clock.forward(time.Minute - time.Millisecond)
	accepted(t, s, short)
	clock.forward(time.Millisecond)
	refused(t, s, short, ingest.CodeBadCredentials, "the token expired at 2026-03-01T12:01:00Z")
	clock.forward(12*time.Hour - time.Minute - time.Millisecond)
	accepted(t, s, usual)
	clock.forward(time.Millisecond)
	refused(t, s, usual, ingest.CodeBadCredentials, "the token expired at 2026-03-02T00:00:00Z")

	set := auth.New(store, clock.now, auth.Options{TokenLifetime: 5 * time.Second})
	if _, expires, err := set.Issue(t.Context(), auth.TokenSpec{User: 1, Kind: auth.AccessToken}); err != nil || !expires.Equal(clock.at.Add(5*time.Second)) {
		t.Errorf("expires %v, %v", expires, err)
	}
}

func TestTokenEndsEarly(t *testing.T) {
	const off, left = "this user is switched off or expired", "the user does not belong to the company of the token any more"
	for _, c := range []struct {
		name    string
		company ingest.Number
		change  func(*fakeStore)
		code    ingest.Code
		msg     string
	}{
		{"another password", 0, func(s *fakeStore) { s.users[0].PasswordHash = strings.Replace(hash, "c29t", "c30t", 1) }, ingest.CodeBadCredentials, "Invalid token"},
		{"no password", 0, func(s *fakeStore) { s.users[0].PasswordHash = "" }, ingest.CodeBadCredentials, "Invalid token"},
		{"removed", 0, func(s *fakeStore) { s.users = s.users[1:] }, ingest.CodeBadCredentials, "Invalid token"},
		{"number of another", 0, func(s *fakeStore) { s.users[0].UUID = "u-other" }, ingest.CodeBadCredentials, "Invalid token"},
		{"switched off", 0, func(s *fakeStore) { s.users[0].Disabled = true }, ingest.CodeInvalidUser, off},
		{"user expired", 0, func(s *fakeStore) { s.users[0].Expires = time.Unix(1, 0) }, ingest.CodeInvalidUser, off},
		{"membership ended", 7, func(s *fakeStore) { s.members = s.members[1:] }, ingest.CodeInvalidUser, left},
		{"membership switched off", 7, func(s *fakeStore) { s.members[0].Active = false }, ingest.CodeInvalidUser, left},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, store, _ := served()
			text := issue(t, s, auth.TokenSpec{User: 1, Company: c.company, Kind: auth.AccessToken})
			accepted(t, s, text)
			c.change(store)
			refused(t, s, text, c.code, c.msg)
		})
	}
}

func TestTokenFollowsItsUser(t *testing.T) {
	s, store, _ := served()
	text := issue(t, s, auth.TokenSpec{User: root, Company: 7, Kind: auth.AccessToken})
	store.users[4].Admin = false
	p, _, err := s.OpenToken(t.Context(), auth.AccessToken, text)
	if err != nil || p.RoleIn(7) != ingest.RoleViewer {
		t.Errorf("role %q, %v", p.RoleIn(7), err)
	}
}

func TestTokenOutlivesOneRotation(t *testing.T) {
	s, _, _ := served()
	text := issue(t, s, auth.TokenSpec{User: 1, Kind: auth.AccessToken})
	rotate(t, s.Keyring())
	accepted(t, s, text)
	rotate(t, s.Keyring())
	refused(t, s, text, ingest.CodeBadCredentials, "Invalid token")
}

func TestTokensCostOneReadAndNoWrite(t *testing.T) {
	s, store, _ := served()
	spec := auth.TokenSpec{User: 1, Kind: auth.AccessToken}
	text := issue(t, s, spec)
	views, updates, reads := store.views, store.updates, store.reads
	for range 5 {
		issue(t, s, spec)
		accepted(t, s, text)
	}
	got := []int{store.views - views, store.updates - updates, store.reads - reads}
	if diff := cmp.Diff([]int{10, 0, 0}, got); diff != "" {
		t.Errorf("views, updates, reads of users: %s", diff)
	}
}

func TestTokenDoesNotHoldThePasswordHash(t *testing.T) {
	s, _, _ := served()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(issue(t, s, auth.TokenSpec{User: 1, Kind: auth.AccessToken}), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	salt, sum, _ := strings.Cut(strings.TrimPrefix(hash, "$argon2id$v=19$m=256,t=2,p=1$"), "$")
	for _, part := range []string{salt, sum} {
		raw, err := base64.RawStdEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(payload), part) || bytes.Contains(payload, raw) {
			t.Errorf("the payload %q holds %s", payload, part)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		spec auth.TokenSpec
		kind ingest.Kind
		code ingest.Code
	}{
		{"unknown user", auth.TokenSpec{User: 99, Kind: auth.AccessToken}, ingest.NotFound, ingest.CodeUnknownUser},
		{"no user", auth.TokenSpec{Kind: auth.AccessToken}, ingest.NotFound, ingest.CodeUnknownUser},
		{"switched off", auth.TokenSpec{User: 2, Kind: auth.AccessToken}, ingest.Unauthenticated, ingest.CodeInvalidUser},
		{"expired", auth.TokenSpec{User: 3, Kind: auth.AccessToken}, ingest.Unauthenticated, ingest.CodeInvalidUser},
		{"no member", auth.TokenSpec{User: 1, Company: 6, Kind: auth.AccessToken}, ingest.Forbidden, ingest.CodeNotMember},
		{"membership switched off", auth.TokenSpec{User: 1, Company: 8, Kind: auth.AccessToken}, ingest.Forbidden, ingest.CodeNotMember},
		{"no kind", auth.TokenSpec{User: 1}, ingest.Invalid, ""},
		{"other kind", auth.TokenSpec{User: 1, Kind: "bearer"}, ingest.Invalid, ""},
		{"ended before it begins", auth.TokenSpec{User: 1, Kind: auth.AccessToken, Lifetime: -time.Second}, ingest.Invalid, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _, _ := served()
			text, _, err := s.Issue(t.Context(), c.spec)
			if ingest.KindOf(err) != c.kind || ingest.CodeOf(err) != c.code || text != "" {
				t.Errorf("got %q, %v, code %q", text, err, ingest.CodeOf(err))
			}
		})
	}
}
