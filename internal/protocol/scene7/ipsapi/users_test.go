package ipsapi

import (
	"fmt"
	"strings"
	"testing"

	"sluice/internal/protocol/scene7"
)

// person is the content of addUser and setUserInfo, without membershipArray.
func person(first, last, email, more string) string {
	return "<firstName>" + first + "</firstName><lastName>" + last + "</lastName><email>" + email + "</email>" + more + "<isValid>true</isValid>"
}

func TestCheckLogin(t *testing.T) {
	h := newHarness(t)
	status := func(u *testUser, email, password, more string) string {
		_, body := h.exchange(h.bare(u, "checkLogin", more+"<email>"+email+"</email><password>"+password+"</password>"))
		switch {
		case strings.Contains(string(body), "<status>ValidLogin<"):
			return "valid"
		case strings.Contains(string(body), "<status>InvalidLogin<"):
			return "invalid"
		}
		return string(body)
	}
	for _, tt := range []struct{ email, password, company, want string }{
		{"user@example.com", "user@example.com", "", "valid"}, {"user@example.com", "wrong", "", "invalid"},
		{"who@example.com", "x", "", "invalid"}, {"", "", "", "invalid"}, {" user@example.com ", "user@example.com", h.ch, "valid"},
		{"stranger@example.com", "stranger@example.com", h.ch, "invalid"}, {"stranger@example.com", "stranger@example.com", "", "valid"},
	} {
		same(t, fmt.Sprintf("%q of %q", tt.email, tt.company), status(h.viewer, tt.email, tt.password, tt.company), tt.want)
	}
	h.call(h.boss, "setUserInfo", userHandleXML(h.user)+strings.Replace(person("U", "", h.user.login, ""), "true", "false", 1))
	same(t, "switched off", status(h.viewer, h.user.login, h.user.login, ""), "invalid")
	wantFault(t, h.fault(h.user, "getUserInfo", ""), 10002, "")
}

func TestUserInfo(t *testing.T) {
	h := newHarness(t)
	info := h.call(h.user, "getUserInfo", "").Child("userInfo")
	same(t, "fields", elements(info), []string{"userHandle", "firstName", "lastName", "email", "imsUserId", "isValid", "isIpsAdmin", "defaultRole", "role", "passwordExpires"})
	same(t, "values", []string{text(info, "userHandle"), text(info, "email"), text(info, "isValid"), text(info, "isIpsAdmin"), text(info, "defaultRole"), text(info, "role"), text(info, "passwordExpires")},
		[]string{h.user.handle, h.user.login, "true", "false", "IpsUser", "IpsUser", "2101-01-31T23:00:00.000+00:00"})
	legacy := h.callIn(old, h.user, "getUserInfo", "").Child("userInfo")
	same(t, "fields of old", elements(legacy), []string{"userHandle", "firstName", "lastName", "email", "defaultRole", "isValid", "passwordExpires"})
	same(t, "by e-mail", text(h.call(h.boss, "getUserInfo", "<email>VIEWER@example.com</email>"), "userInfo", "userHandle"), h.viewer.handle)
	same(t, "by number alone", text(h.call(h.boss, "getUserInfo", fmt.Sprintf("<userHandle>u|%d|old@example.com</userHandle>", h.viewer.number)), "userInfo", "email"), h.viewer.login)
	same(t, "an administrator", text(h.call(h.admin, "getUserInfo", ""), "userInfo", "defaultRole"), "IpsAdmin")
	wantFault(t, h.fault(h.user, "getUserInfo", userHandleXML(h.viewer)), 20007, "")
	wantFault(t, h.fault(h.boss, "getUserInfo", "<email>who@example.com</email>"), 20002, "")
	wantFault(t, h.fault(h.boss, "getUserInfo", userHandleXML(h.admin)), 20007, "")
}

func TestAddUser(t *testing.T) {
	h := newHarness(t)
	add := func(email, more, memberships string) string {
		return person("F", "L", email, more+"<password>goodpass1</password>") + memberships
	}
	in := membershipXML("true", h.ch, "ImagePortalContrib")
	handle := text(h.call(h.boss, "addUser", add("New@example.com", "<passwordExpires>2027-01-01T00:00:00Z</passwordExpires>", in)), "userHandle")
	_, email, ok := scene7.ParseUserHandle(handle)
	same(t, "handle", []any{email, ok}, []any{"New@example.com", true})
	info := h.call(h.boss, "getUserInfo", "<userHandle>"+handle+"</userHandle>").Child("userInfo")
	same(t, "user", []string{text(info, "firstName"), text(info, "isValid"), text(info, "role"), text(info, "passwordExpires")},
		[]string{"F", "true", "ImagePortalContrib", "2027-01-01T00:00:00.000+00:00"})
	for name, tt := range map[string]struct {
		who  *testUser
		body string
		code scene7.Code
	}{
		"taken":              {h.boss, add("new@EXAMPLE.com", "", in), 30000},
		"malformed":          {h.boss, add("nobody", "", in), 30001},
		"blank inside":       {h.boss, add("a b@example.com", "", in), 30001},
		"empty":              {h.boss, add("", "", in), 30001},
		"short password":     {h.boss, strings.Replace(add("a@example.com", "", in), "goodpass1", "short", 1), 30001},
		"administrator":      {h.boss, add("a@example.com", "<isIpsAdmin>true</isIpsAdmin>", in), 20005},
		"by default role":    {h.boss, add("a@example.com", "<defaultRole>IpsAdmin</defaultRole>", in), 20005},
		"unknown role":       {h.boss, add("a@example.com", "<defaultRole>King</defaultRole>", in), 30001},
		"another company":    {h.boss, add("a@example.com", "", membershipXML("true", h.otherCH, "IpsUser")), 20006},
		"no company":         {h.boss, add("a@example.com", "", membershipXML("true")), 30002},
		"no list of them":    {h.boss, add("a@example.com", "", ""), 30002},
		"an editor":          {h.user, add("a@example.com", "", in), 20003},
		"a name is required": {h.boss, strings.Replace(add("a@example.com", "", in), "<firstName>F</firstName>", "", 1), 30002},
	} {
		if got := h.fault(tt.who, "addUser", tt.body); got.Code != tt.code {
			t.Errorf("%s: %d %q, want %d", name, got.Code, got.Reason, tt.code)
		}
	}
	h.call(h.admin, "addUser", add("free@example.com", "<isIpsAdmin>true</isIpsAdmin>", membershipXML("true")))
	same(t, "without company", text(h.call(h.admin, "getUserInfo", "<email>free@example.com</email>"), "userInfo", "isIpsAdmin"), "true")
}

func TestSetUserInfo(t *testing.T) {
	h := newHarness(t)
	user := userHandleXML(h.user)
	h.call(h.boss, "setUserInfo", user+person("New", "Name", "renamed@example.com", "<passwordExpires>2027-01-01T00:00:00Z</passwordExpires>"))
	renamed := &testUser{login: "renamed@example.com", number: h.user.number}
	info := h.call(h.boss, "getUserInfo", user).Child("userInfo")
	same(t, "the handle changes with the e-mail address", text(info, "userHandle"), scene7.UserHandle(int64(renamed.number), renamed.login))
	h.call(h.boss, "setUserInfo", user+person("New", "", "renamed@example.com", ""))
	info = h.call(h.boss, "getUserInfo", user).Child("userInfo")
	same(t, "absent date keeps, names are replaced", []string{text(info, "passwordExpires"), text(info, "lastName")}, []string{"2027-01-01T00:00:00.000+00:00", ""})
	h.call(h.boss, "setUserInfo", user+person("New", "", "renamed@example.com", "")+membershipXML("false", h.ch, "ImagePortalUser"))
	same(t, "memberships in the same step", h.memberships(h.boss, h.user), []string{"ApiTestCo1 ImagePortalUser false"})
	wantFault(t, h.fault(h.boss, "setUserInfo", user+person("X", "", "renamed@example.com", "")+membershipXML("true", h.otherCH, "IpsUser")), 20006, "")
	same(t, "all or nothing", text(h.call(h.boss, "getUserInfo", user), "userInfo", "firstName"), "New")
	wantFault(t, h.fault(h.boss, "setUserInfo", user+person("X", "", "viewer@example.com", "")), 30000, "exists already")
	wantFault(t, h.fault(h.boss, "setUserInfo", user+person("X", "", "x", "")), 30001, "e-mail")
	wantFault(t, h.fault(h.boss, "setUserInfo", user+person("X", "", "renamed@example.com", "<isIpsAdmin>true</isIpsAdmin>")), 20005, "")
	wantFault(t, h.fault(h.boss, "setUserInfo", userHandleXML(h.stranger)+person("X", "", "y@example.com", "")), 20007, "")
	wantFault(t, h.fault(h.viewer, "setUserInfo", userHandleXML(h.boss)+person("X", "", "y@example.com", "")), 20003, "")
}

// Setting passwords asks in the order of the contract: the value first, then whose
// password it is.
func TestSetPasswordOrder(t *testing.T) {
	h := newHarness(t)
	set := func(of, password string) string { return of + "<password>" + password + "</password>" }
	wantFault(t, h.fault(h.boss, "setPassword", set(userHandleXML(h.user), "weak")), 30001, "at least 8")
	wantFault(t, h.fault(h.boss, "setPassword", set(userHandleXML(h.user), "Good-pass1")), 20007, "")
	wantFault(t, h.fault(h.user, "setPassword", set("<userHandle>u|99|x@example.com</userHandle>", "Good-pass1")), 20002, "")
	if reason := h.fault(h.user, "setPassword", set("", "Geheim12")).Reason; strings.Contains(reason, "Geheim") {
		t.Errorf("the reason tells the password: %s", reason)
	}
	h.call(h.admin, "setPassword", set(userHandleXML(h.user), "Good-pass1")+"<passwordExpires>2026-03-01T11:00:00Z</passwordExpires>")
	_, body := h.exchange(strings.Replace(h.bare(h.user, "getUserInfo", ""), "<password>"+h.user.login, "<password>Good-pass1", 1))
	if !strings.Contains(string(body), "<tns:code>10002<") {
		t.Errorf("a password that has expired: %s", body)
	}
	h.call(h.admin, "setPassword", set(userHandleXML(h.user), "Good-pass2"))
	_, body = h.exchange(strings.Replace(h.bare(h.user, "getUserInfo", ""), "<password>"+h.user.login, "<password>Good-pass2", 1))
	if !strings.Contains(string(body), "getUserInfoReturn") {
		t.Errorf("a password without a date: %s", body)
	}
	wantFault(t, h.fault(h.user, "getUserInfo", ""), 10001, "Invalid username/password")
}

func TestUserLists(t *testing.T) {
	h := newHarness(t)
	for _, u := range [][4]string{
		{"Zoe", "adams", "z@example.com", "<passwordExpires>2027-01-01T00:00:00.5Z</passwordExpires>"},
		{"anna", "Brown", "a@example.com", "<passwordExpires>2027-01-01T00:00:00Z</passwordExpires>"},
		{"Bob", "brown", "b@example.com", ""},
	} {
		h.call(h.boss, "addUser", person(u[0], u[1], u[2], u[3]+"<password>Good-pass1</password>")+membershipXML("true", h.ch, "TrialSiteUser"))
	}
	trial := handlesXML("userRoleArray", "TrialSiteUser")
	emails := func(operation, inner string) string {
		return strings.ReplaceAll(strings.Join(texts(list(h.call(h.boss, operation, inner), "userArray"), "email"), " "), "@example.com", "")
	}
	for inner, want := range map[string]string{
		"": "z a b", "<sortBy>None</sortBy>": "z a b", "<sortBy>FirstName</sortBy>": "a b z", "<sortBy>LastName</sortBy>": "z a b", "<sortBy>Email</sortBy>": "a b z",
		"<sortBy>PasswordExpiration</sortBy>": "a z b", "<sortBy>Valid</sortBy>": "z a b", "<sortBy>Role</sortBy>": "z a b",
		"<charFilterField>LastName</charFilterField><charFilter>BR</charFilter>":   "a b",
		"<charFilterField>StartsWith</charFilterField><charFilter>ad</charFilter>": "z",
		"<charFilterField>EndsWith</charFilterField><charFilter>WN</charFilter>":   "a b",
		"<charFilterField>FirstName</charFilterField><charFilter>an</charFilter>":  "a",
		"<charFilterField>Email</charFilterField><charFilter>b@</charFilter>":      "b",
		"<charFilterField>None</charFilterField><charFilter>q</charFilter>":        "z a b",
		"<charFilterField>LastName</charFilterField><charFilter/>":                 "z a b",
		"<recordsPerPage>2</recordsPerPage>":                                       "z a",
		"<recordsPerPage>2</recordsPerPage><resultsPage>2</resultsPage>":           "b",
		"<recordsPerPage>2</recordsPerPage><resultsPage>2000000000</resultsPage>":  "",
		handlesXML("companyHandleArray", companyHandle(h.company.Number)):          "z a b",
	} {
		same(t, inner, emails("getUsers", trial+inner), want)
	}
	for inner, code := range map[string]scene7.Code{
		"<sortBy>Colour</sortBy>": 30001, "<charFilterField>Colour</charFilterField>": 30001, "<resultsPage>0</resultsPage>": 30001, "<recordsPerPage>-1</recordsPerPage>": 30001,
		handlesXML("companyHandleArray", companyHandle(h.other.Number)): 20006, handlesXML("companyHandleArray", "c|99"): 20000, handlesXML("groupHandleArray", "g|99"): 30001,
	} {
		if got := h.fault(h.boss, "getUsers", inner); got.Code != code {
			t.Errorf("%s: %d %q, want %d", inner, got.Code, got.Reason, code)
		}
	}
	same(t, "all of a company", emails("getAllUsers", "<includeInvalid>false</includeInvalid>"), "boss user viewer z a b")
	everybody := texts(list(h.call(h.admin, "getAllUsers", "<includeInvalid>true</includeInvalid>"), "userArray"), "email")
	same(t, "everybody", len(everybody), 8)
	wantFault(t, h.fault(h.user, "getAllUsers", ""), 20003, "")
	wantFault(t, h.fault(h.user, "getUsers", ""), 20003, "")

	chars := func(inner string) (all []string) {
		for _, item := range list(h.call(h.boss, "getUserChars", inner+trial), "userCharsArray") {
			all = append(all, item.Text)
		}
		return all
	}
	same(t, "first letters", chars("<charField>FirstName</charField>"), []string{"a", "b", "z"})
	same(t, "two letters", chars("<charField>LastName</charField><numChars>2</numChars>"), []string{"ad", "br"})
	same(t, "no field", chars("<charField>None</charField>"), []string(nil))
	wantFault(t, h.fault(h.boss, "getUserChars", "<charField>StartsWith</charField>"), 30001, "StartsWith")
	wantFault(t, h.fault(h.boss, "getUserChars", "<charField>Email</charField><numChars>0</numChars>"), 30001, "numChars")
}
