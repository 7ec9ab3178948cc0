package people_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
	"sluice/internal/people"
	"sluice/internal/store/sqlite"
)

// staffed is a fixture with the companies Demo and Other and users of them.
func staffed(t *testing.T) fixture {
	t.Helper()
	f := open(t)
	if _, err := f.Bootstrap(t.Context(), people.First{Login: "admin@localhost", Password: "root", Company: "Demo"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.AddCompany(t.Context(), "Other"); err != nil {
		t.Fatal(err)
	}
	for _, n := range []people.NewUser{
		{Login: "ann", Company: "Demo", Role: "editor"}, {Login: "bob", Company: "Demo", Role: "editor"}, {Login: "eve", Company: "Other", Role: "editor"},
	} {
		if _, err := f.AddUser(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func TestSetAddresses(t *testing.T) {
	f := staffed(t)
	set := func(login string, c people.UserChange) error {
		_, err := f.SetUser(t.Context(), login, c)
		return err
	}
	addresses := func(login string, want ...string) {
		t.Helper()
		u, err := f.SetUser(t.Context(), login, people.UserChange{})
		if err != nil {
			t.Fatal(err)
		}
		list, err := f.Addresses(t.Context(), u.Number)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range list {
			got = append(got, string(a.Kind)+"="+a.Address)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	given := func(list ...string) people.UserChange { return people.UserChange{Addresses: list} }
	for login, change := range map[string]people.UserChange{
		"ann": given("phone=+420 (1), +420-2", "sip=sip:Ann@PBX.example.org;x=y", "phone=1001"), "eve": given("phone=1001"),
	} {
		if err := set(login, change); err != nil {
			t.Fatal(err)
		}
	}
	addresses("ann", "phone=+4201", "phone=+4202", "phone=1001", "sip=Ann@pbx.example.org")
	for assignment, kind := range map[string]ingest.Kind{
		"phone=abc": ingest.Invalid, "sip=nowhere": ingest.Invalid, "fax=1": ingest.Invalid, "phone": ingest.Invalid,
		"phone=+1001": ingest.Conflict, "sip=ANN@pbx.EXAMPLE.org": ingest.Conflict,
	} {
		if err := set("bob", given("phone=5", assignment)); ingest.KindOf(err) != kind || err == nil {
			t.Errorf("%s: %v", assignment, err)
		}
	}
	addresses("bob")
	if err := set("eve", people.UserChange{Company: "Demo", Role: "viewer"}); ingest.KindOf(err) != ingest.Conflict {
		t.Errorf("joined the company of another with the number: %v", err)
	}
	if err := set("ann", given("phone=", "sip=")); err != nil {
		t.Fatal(err)
	}
	addresses("ann")
	if err := set("eve", people.UserChange{Company: "Demo", Role: "viewer"}); err != nil {
		t.Error(err)
	}
}

func TestSoftphoneSettings(t *testing.T) {
	f := staffed(t)
	shown := func(assignments ...string) map[string]string {
		t.Helper()
		c, err := f.SetCompany(t.Context(), "Demo", assignments)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for _, line := range people.ShowSettings(c.Settings) {
			key, value, _ := strings.Cut(line, "=")
			all[key] = value
		}
		return all
	}
	standard := shown()
	for key, value := range map[string]string{
		"unknown-recipient": "accept", "message-retention": "90d", "media-lifetime": "", "media-max": "100MiB", "mmmsg": "secret", "mmmsg-max": "25MiB",
		"mmmsg-lifetime": "7d", "push-url": "", "push-include-text": "false", "softphone-fetch": "",
	} {
		if standard[key] != value {
			t.Errorf("%s is %q by default, want %q", key, standard[key], value)
		}
	}
	given := map[string]string{
		"unknown-recipient": "refuse", "recipient-required": "true", "recipient-pattern": `\+\d+`, "recipient-allow": "+420*,*@example.org",
		"recipient-deny": "+42090*", "message-retention": "30d", "media-lifetime": "12h", "media-max": "5MiB", "media-types": "image/jpeg,audio/*",
		"softphone-folder": "Chat/Media", "mmmsg": "open", "mmmsg-rate": "7", "mmmsg-day-bytes": "2GiB", "push-url": "https://pbx.example.org/hook",
		"push-include-text": "true", "softphone-fetch": "legacy", "softphone-format": "json", "softphone-aliases": "recipient=dest,number;user=login2",
		"softphone-networks": "192.0.2.0/24,2001:db8::/32", "quota-day-bytes": "1GiB", "user-quota-day-files": "10",
	}
	var assignments []string
	for key, value := range given {
		assignments = append(assignments, key+"="+value)
	}
	got := shown(append(assignments, "push-secret=hush")...)
	for key, value := range given {
		if got[key] != value {
			t.Errorf("%s is shown as %q, want %q", key, got[key], value)
		}
	}
	if got["push-secret"] != "(set)" {
		t.Errorf("the secret is shown as %q", got["push-secret"])
	}
	var resets []string
	for key := range got {
		resets = append(resets, key+"=")
	}
	if diff := cmp.Diff(standard, shown(resets...)); diff != "" {
		t.Errorf("after empty values (-standard +got):\n%s", diff)
	}
	for _, bad := range []string{
		"unknown-recipient=drop", "recipient-pattern=(", "message-retention=30", "media-types=jpeg", "softphone-folder=../x", "mmmsg=free",
		"push-url=ftp://x", "push-url=pbx", "softphone-fetch=old", "softphone-aliases=dest", "softphone-networks=everywhere", "recipient-required=perhaps",
	} {
		if _, err := f.SetCompany(t.Context(), "Demo", []string{bad}); ingest.KindOf(err) != ingest.Invalid || err == nil {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestTransferPath(t *testing.T) {
	f := staffed(t)
	path := func(assignments ...string) string {
		t.Helper()
		c, err := f.SetCompany(t.Context(), "Demo", assignments)
		if err != nil {
			t.Fatal(err)
		}
		path, err := f.TransferPath(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret := path()
	if !strings.HasPrefix(secret, "/demo/mmmsg/") || len(secret) != len("/demo/mmmsg//")+26 || path() != secret {
		t.Errorf("path %q, then %q", secret, path())
	}
	if open, off := path("mmmsg=open"), path("mmmsg=off"); open != "/demo/mmmsg/" || off != "" {
		t.Errorf("open %q, off %q", open, off)
	}
}

func TestQuotas(t *testing.T) {
	f := staffed(t)
	if _, err := f.SetCompany(t.Context(), "Demo", []string{"quota-bytes=5GiB", "user-quota-files=3", "quota-day-files=9"}); err != nil {
		t.Fatal(err)
	}
	now := ingest.DayOf(time.Now())
	f.change(t, func(tx ingest.Tx) error {
		return tx.AddDayUse(ingest.Usage{Files: 2, Bytes: 7}, ingest.DayUse{Company: 1, Day: now})
	})
	company := []people.Quota{{Company: "Demo", CreditUse: ingest.CreditUse{
		Today: ingest.Usage{Files: 2, Bytes: 7}, MaxStored: ingest.Usage{Bytes: 5 << 30}, MaxPerDay: ingest.Usage{Files: 9},
	}}}
	user := []people.Quota{{Company: "Demo", Login: "ann", CreditUse: ingest.CreditUse{MaxStored: ingest.Usage{Files: 3}}}}
	for _, tt := range []struct {
		word string
		user bool
		want []people.Quota
	}{{"Demo", false, company}, {"ann", false, user}, {"ann", true, user}, {"Demo", true, nil}, {"nobody", false, nil}} {
		got, err := f.Quotas(t.Context(), tt.word, tt.user)
		if tt.want == nil {
			if ingest.KindOf(err) != ingest.NotFound || err == nil {
				t.Errorf("%s: %v", tt.word, err)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", tt.word, err, diff)
		}
	}
	if list, err := f.Quotas(t.Context(), "admin@localhost", false); err != nil || !slices.ContainsFunc(list, func(q people.Quota) bool { return q.Company == "Demo" }) {
		t.Errorf("%+v, %v", list, err)
	}
}

// change writes to the database of a fixture.
func (f fixture) change(t *testing.T, fn func(ingest.Tx) error) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), f.path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}
