package ipsapi

import (
	"strings"
	"testing"

	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// old is a namespace from before memberships had roles.
const old = scene7.BaseNamespace + "/2010-01-31"

// join makes a user a member of a company, as of the next login.
func (h *harness) join(u *testUser, c *ingest.Company, word string, active bool) {
	h.t.Helper()
	role, title, err := ingest.ParseRole(word)
	h.ok(err)
	m := ingest.Membership{User: u.number, Company: c.Number, Role: role, Title: title, Active: active}
	h.ok(h.store.Update(h.t.Context(), func(tx ingest.Tx) error { return tx.PutMembership(m) }))
}

func userHandleXML(u *testUser) string { return "<userHandle>" + u.handle + "</userHandle>" }

// membershipXML writes membershipArray, one item for each company handle and role.
func membershipXML(active string, of ...string) string {
	var b strings.Builder
	for i := 0; i < len(of); i += 2 {
		b.WriteString("<items>" + of[i] + "<role>" + of[i+1] + "</role><isActive>" + active + "</isActive></items>")
	}
	return "<membershipArray>" + b.String() + "</membershipArray>"
}

func (h *harness) memberships(caller, of *testUser) []string {
	h.t.Helper()
	var rows []string
	for _, item := range list(h.call(caller, "getCompanyMembership", userHandleXML(of)), "membershipArray") {
		rows = append(rows, text(item, "company", "name")+" "+text(item, "role")+" "+text(item, "isActive"))
	}
	return rows
}

func TestCompanyMembership(t *testing.T) {
	h := newHarness(t)
	h.join(h.user, h.other, "ImagePortalUser", false)
	own := h.call(h.user, "getCompanyMembership", "")
	first := list(own, "membershipArray")[0]
	same(t, "nested", [][]string{elements(own), elements(first), elements(first.Child("company"))},
		[][]string{{"membershipArray"}, {"company", "role", "isActive"}, {"companyHandle", "name", "rootPath", "expires", "imsOrgId"}})
	same(t, "own", h.memberships(h.user, h.user), []string{"ApiTestCo1 IpsUser true", "OtherCo ImagePortalUser false"})
	same(t, "to the company's administrator", h.memberships(h.boss, h.user), []string{"ApiTestCo1 IpsUser true"})
	same(t, "the administrator's", h.memberships(h.admin, h.admin), []string{"ApiTestCo1 IpsAdmin true", "OtherCo IpsAdmin true"})
	for _, namespace := range []string{old, scene7.BaseNamespace} {
		flat := h.callIn(namespace, h.user, "getCompanyMembership", "")
		same(t, "flat", [][]string{elements(flat), elements(list(flat, "companyArray")[0])}, [][]string{{"companyArray"}, {"companyHandle", "name", "rootPath", "expires"}})
		same(t, "active ones", texts(list(flat, "companyArray"), "name"), []string{"ApiTestCo1"})
	}
	wantFault(t, h.fault(h.user, "getCompanyMembership", userHandleXML(h.boss)), 20007, "")
	wantFault(t, h.fault(h.boss, "getCompanyMembership", "<userHandle>u|99|x@example.com</userHandle>"), 20002, "")
	wantFault(t, h.fault(h.boss, "getCompanyMembership", "<userHandle>nobody</userHandle>"), 20002, "")
}

func TestChangingMemberships(t *testing.T) {
	h := newHarness(t)
	user := userHandleXML(h.user)
	h.call(h.admin, "addCompanyMembership", user+membershipXML("true", h.otherCH, "ImagePortalContrib"))
	h.call(h.boss, "addCompanyMembership", user+membershipXML("false", h.ch, "ImagePortalUser"))
	same(t, "added and changed", h.memberships(h.admin, h.user), []string{"ApiTestCo1 ImagePortalUser false", "OtherCo ImagePortalContrib true"})
	h.call(h.boss, "setCompanyMembership", user+membershipXML("true", h.ch, "IpsUser"))
	same(t, "elsewhere stays", h.memberships(h.admin, h.user), []string{"ApiTestCo1 IpsUser true", "OtherCo ImagePortalContrib true"})
	h.call(h.admin, "setCompanyMembership", user+membershipXML("true", h.ch, "IpsUser"))
	same(t, "set", h.memberships(h.admin, h.user), []string{"ApiTestCo1 IpsUser true"})
	for name, tt := range map[string]struct {
		who  *testUser
		body string
		code scene7.Code
	}{
		"unknown company":   {h.boss, user + membershipXML("true", "<companyHandle>c|99</companyHandle>", "IpsUser"), 20000},
		"no handle":         {h.boss, user + membershipXML("true", "<companyHandle>99x</companyHandle>", "IpsUser"), 20000},
		"another company":   {h.boss, user + membershipXML("true", h.otherCH, "IpsUser"), 20006},
		"unknown role":      {h.boss, user + membershipXML("true", h.ch, "King"), 30001},
		"administrator":     {h.boss, user + membershipXML("true", h.ch, "IpsAdmin"), 20005},
		"a stranger's user": {h.boss, userHandleXML(h.stranger) + membershipXML("true", h.ch, "IpsUser"), 20007},
		"no list":           {h.boss, user, 30002},
		"an editor":         {h.user, membershipXML("true", h.ch, "IpsCompanyAdmin"), 20003},
		"the last admin":    {h.boss, membershipXML("true", h.ch, "IpsUser"), 30000},
	} {
		if got := h.fault(tt.who, "addCompanyMembership", tt.body); got.Code != tt.code {
			t.Errorf("%s: %d %q, want %d", name, got.Code, got.Reason, tt.code)
		}
	}

	companies := handlesXML("companyHandleArray", companyHandle(h.company.Number))
	wantFault(t, h.fault(h.boss, "removeCompanyMembership", companies), 30002, "userHandle is required")
	wantFault(t, h.fault(h.boss, "removeCompanyMembership", "<userHandle/>"+companies), 30002, "userHandle is required")
	wantFault(t, h.fault(h.boss, "removeCompanyMembership", userHandleXML(h.boss)+companies), 30000, "no administrator")
	h.call(h.boss, "removeCompanyMembership", user+companies)
	h.call(h.admin, "removeCompanyMembership", user+companies) // is no member any more
	same(t, "removed", h.memberships(h.admin, h.user), []string(nil))
	wantFault(t, h.fault(h.user, "getUserInfo", ""), 20009, "no active company")
}

func TestOldMembershipList(t *testing.T) {
	h := newHarness(t)
	h.callIn(old, h.admin, "addUser", "<firstName>O</firstName><lastName>L</lastName><email>o@example.com</email><role>ImagePortalUser</role><password>Good-pass1</password><isValid>true</isValid>"+
		handlesXML("companyHandleArray", companyHandle(h.company.Number)))
	members := list(h.call(h.boss, "getCompanyMembers", ""), "memberArray")
	last := members[len(members)-1]
	same(t, "the default role counts", []string{text(last, "user", "email"), text(last, "role"), text(last, "isActive"), text(last, "user", "defaultRole")},
		[]string{"o@example.com", "ImagePortalUser", "true", "ImagePortalUser"})
}

func TestCompanyMembers(t *testing.T) {
	h := newHarness(t)
	asleep := h.newUser("asleep@example.com", h.company, ingest.RoleEditor, "IpsUser", false)
	h.join(asleep, h.company, "IpsUser", false)
	emails := func(flags string) []string {
		var all []string
		for _, item := range list(h.call(h.boss, "getCompanyMembers", flags), "memberArray") {
			all = append(all, text(item, "user", "email")+" "+text(item, "role")+" "+text(item, "isActive"))
		}
		return all
	}
	usual := []string{"boss@example.com IpsCompanyAdmin true", "user@example.com IpsUser true", "viewer@example.com ImagePortalUser true"}
	same(t, "absent = false", emails(""), usual)
	same(t, "inactive ones", emails("<includeInactive>true</includeInactive>"), append(usual, "asleep@example.com IpsUser false"))
	flat := h.callIn(old, h.boss, "getCompanyMembers", "<includInvalid>true</includInvalid>")
	same(t, "flat", [][]string{elements(flat), elements(list(flat, "userArray")[0])},
		[][]string{{"userArray"}, {"userHandle", "firstName", "lastName", "email", "defaultRole", "isValid", "passwordExpires"}})
	same(t, "emails", texts(list(flat, "userArray"), "email"), []string{"boss@example.com", "user@example.com", "viewer@example.com"})
	wantFault(t, h.fault(h.user, "getCompanyMembers", ""), 20003, "")
}
