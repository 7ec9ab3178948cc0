package ipsapi

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// newFakes is a harness whose operations are answered by fakes.
func newFakes(t *testing.T) (*harness, *fakes) {
	t.Helper()
	h, f := newHarness(t), &fakes{}
	h.service.handlers = f.handlers()
	return h, f
}

// TestOrderOfChecks sends requests with several things wrong and expects the fault
// of the check that comes first (tier 3 contract, section 1).
func TestOrderOfChecks(t *testing.T) {
	h, f := newFakes(t)
	expired := h.newCompany("OldCo")
	expired.Expires = h.now().Add(-time.Second)
	h.ok(h.store.Update(context.Background(), func(tx ingest.Tx) error { return tx.UpdateCompany(expired) }))
	old := h.newUser("old@example.com", expired, ingest.RoleCompanyAdmin, "", false)
	nobody := h.newUser("nobody@example.com", nil, "", "", false)
	both := h.newUser("both@example.com", h.company, ingest.RoleViewer, "", false)
	h.ok(h.store.Update(context.Background(), func(tx ingest.Tx) error {
		return tx.PutMembership(ingest.Membership{User: both.number, Company: h.other.Number, Role: ingest.RoleCompanyAdmin, Active: true})
	}))
	wrong := &testUser{login: "wrong@example.com"}
	const unknown = "<companyHandle>c|99</companyHandle>"
	const denied = "User does not have permission to access operation '"
	for _, test := range []struct {
		name, operation, inner string
		user                   *testUser
		code                   scene7.Code
		reason                 string // the whole, or its beginning when it ends in "…"
	}{
		{"operation before credentials", "makeCoffee", unknown, nil, scene7.CodeInvalidRequestXML, "unknown operation element makeCoffeeParam"},
		{"credentials before company", "deleteAsset", unknown, nil, scene7.CodeNoCredentials, "…"},
		{"password before company", "deleteAsset", unknown, wrong, scene7.CodeInvalidCredentials, "Invalid username/password"},
		{"no membership before company", "deleteAsset", unknown, nobody, scene7.CodeMissingPermission, "the user belongs to no active company"},
		{"no membership without company", "checkLogin", "", nobody, scene7.CodeMissingPermission, "the user belongs to no active company"},
		{"company before role", "deleteAsset", unknown, h.viewer, scene7.CodeInvalidCompany, "…"},
		{"no number", "deleteAsset", "<companyHandle>c|x</companyHandle>", h.viewer, scene7.CodeInvalidCompany, `no company has the handle "c|x"`},
		{"empty handle", "deleteAsset", "<companyHandle/>", h.user, scene7.CodeInvalidCompany, `no company has the handle ""`},
		{"blank handle", "deleteAsset", "<companyHandle> \n</companyHandle>", h.admin, scene7.CodeInvalidCompany, `no company has the handle ""`},
		{"another's company before role", "deleteAsset", h.otherCH, h.viewer, scene7.CodeIllegalCompany, "…"},
		{"the time of a company that is not named", "getUsers", "", old, scene7.CodeException, "the operation 'getUsers' is not implemented"},
		{"expired company", "deleteAsset", h.handleOf(expired), old, scene7.CodeInvalidCompany, "Company has expired"},
		{"administrators see expired companies", "deleteAsset", h.handleOf(expired), h.admin, scene7.CodeMissingParameter, "assetHandle is required"},
		{"role before elements", "deleteAsset", "", h.viewer, scene7.CodeNoOperationPermission, denied + "deleteAsset'"},
		{"no administrator of the system", "addCompany", "", h.boss, scene7.CodeNoOperationPermission, denied + "addCompany'"},
		{"role in another company", "deleteAsset", "", both, scene7.CodeNoOperationPermission, denied + "deleteAsset'"},
		{"best role of all companies", "getUsers", "", both, scene7.CodeException, "the operation 'getUsers' is not implemented"},
		{"no company in which the role would do", "getUsers", "", h.viewer, scene7.CodeNoOperationPermission, denied + "getUsers'"},
		{"company absent", "getJobLogDetails", "<companyHandleX/>", h.user, scene7.CodeMissingParameter, "companyHandle is required"},
		{"elements before values", "getFolderTree", "<depth>deep</depth><responseFieldArray/>", h.user, scene7.CodeInvalidParameter, "getFolderTreeParam/depth: must be a whole number…"},
		{"absent after a value that does not fit", "setUserInfo", "<firstName/><lastName/><email/><passwordExpires>soon</passwordExpires>", h.boss,
			scene7.CodeMissingParameter, "isValid is required"},
		{"absent below a list", "addUser", "<firstName/><lastName/><email/><password/><isValid>perhaps</isValid><membershipArray><items><role/></items></membershipArray>",
			h.boss, scene7.CodeMissingParameter, "companyHandle is required"},
		{"values before acting as another", "searchAssets", "<accessUserHandle>u|99</accessUserHandle><recordsPerPage>x</recordsPerPage>", h.user,
			scene7.CodeInvalidParameter, "searchAssetsParam/recordsPerPage: must be a whole number…"},
		{"acting as another", "searchAssets", "<accessUserHandle>" + h.viewer.handle + "</accessUserHandle>", h.user, scene7.CodeNoImpersonationPermission, "…"},
		{"acting as nobody", "searchAssets", "<accessUserHandle>u|x</accessUserHandle>", h.admin, scene7.CodeNoImpersonationPermission, "no user has the handle u|x"},
		{"acting as an unknown group", "searchAssets", "<accessGroupHandle>g|99</accessGroupHandle>", h.boss, scene7.CodeIllegalAccessGroup, "…"},
		{"acting as no group", "searchAssets", "<accessGroupHandle>99</accessGroupHandle>", h.boss, scene7.CodeIllegalAccessGroup, "no group has the handle 99"},
		{"no handler", "stopJob", "<jobHandle>j|1||x|1</jobHandle>", h.user, scene7.CodeException, "the operation 'stopJob' is not implemented"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.t, f.last = t, nil
			got := h.fault(test.user, test.operation, test.inner)
			begin, cut := strings.CutSuffix(test.reason, "…")
			if got.Code != test.code || cut && !strings.HasPrefix(got.Reason, begin) || !cut && got.Reason != test.reason {
				t.Errorf("%v: %s\nwant %v: %s", got.Code, got.Reason, test.code, test.reason)
			}
			if f.last != nil {
				t.Error("the handler was called all the same")
			}
		})
	}
}

// TestCompanyOfTheCall makes sure that the company which was checked is that which
// the handler acts on, however often and strangely it is named.
func TestCompanyOfTheCall(t *testing.T) {
	h, f := newFakes(t)
	const null = `<companyHandle xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>`
	const asset = "<assetHandle>a|1</assetHandle>"
	for _, test := range []struct{ name, operation, inner, want string }{
		{"once", "deleteAsset", h.ch + asset, "ApiTestCo1"},
		{"first of two", "deleteAsset", h.ch + h.otherCH + asset, "ApiTestCo1"},
		{"behind one that is nil", "deleteAsset", null + h.ch + asset, "ApiTestCo1"},
		{"blanks", "deleteAsset", "<companyHandle>\n c|1 </companyHandle>" + asset, "ApiTestCo1"},
		{"by its old name", "deleteAsset", "<companyName>c|1</companyName><companyHandleX/>" + asset, "ApiTestCo1"},
		{"empty where it is optional", "getJobLogs", "<companyHandle/>", ""},
		{"nil where it is optional", "getJobLogs", null, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.t, f.last = t, nil
			h.call(h.user, test.operation, test.inner)
			got := ""
			if f.last.company != nil {
				got = f.last.company.Name
			}
			if got != test.want {
				t.Errorf("company %q, want %q", got, test.want)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	h := newHarness(t)
	in := func(role ingest.Role, title string) ingest.Membership {
		return ingest.Membership{Company: h.company.Number, Role: role, Title: title}
	}
	elsewhere := ingest.Membership{Company: h.other.Number, Role: ingest.RoleCompanyAdmin}
	for _, test := range []struct {
		name        string
		admin       bool
		memberships []ingest.Membership
		company     *ingest.Company
		want        []string
	}{
		{"administrator", true, []ingest.Membership{in(ingest.RoleViewer, "ImagePortalUser")}, h.company, []string{"IpsAdmin"}},
		{"company administrator", false, []ingest.Membership{in(ingest.RoleCompanyAdmin, "")}, h.company, []string{"IpsCompanyAdmin"}},
		{"editor", false, []ingest.Membership{in(ingest.RoleEditor, "")}, h.company, []string{"IpsUser"}},
		{"publisher", false, []ingest.Membership{in(ingest.RolePublisher, "")}, h.company, []string{"ImagePortalContrib"}},
		{"viewer", false, []ingest.Membership{in(ingest.RoleViewer, "")}, h.company, []string{"ImagePortalUser"}},
		{"own word", false, []ingest.Membership{in(ingest.RoleViewer, "TrialSiteUser")}, h.company, []string{"TrialSiteUser"}},
		{"word of another door", false, []ingest.Membership{in(ingest.RoleEditor, "Creators")}, h.company, []string{"IpsUser"}},
		{"the company's", false, []ingest.Membership{elsewhere, in(ingest.RoleViewer, "")}, h.company, []string{"ImagePortalUser"}},
		{"all without company", false, []ingest.Membership{elsewhere, in(ingest.RoleViewer, "")}, nil, []string{"IpsCompanyAdmin", "ImagePortalUser"}},
	} {
		got := rolesOf(ingest.Principal{User: 9, Admin: test.admin, Memberships: test.memberships}, test.company)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// TestReader shows whose reading counts, while the caller stays who is logged in.
func TestReader(t *testing.T) {
	h := newHarness(t)
	group := text(h.call(h.boss, "saveGroup", "<name>Press</name><isSystemDefined>false</isSystemDefined>"), "groupHandle")
	f := &fakes{}
	h.service.handlers = f.handlers()
	number, err := numbered("group", scene7.PrefixGroup, group)
	h.ok(err)
	for _, test := range []struct {
		name, inner string
		login       string
		group       ingest.Number
	}{
		{"oneself", "", h.boss.login, 0},
		{"empty handles", "<accessUserHandle/><accessGroupHandle/>", h.boss.login, 0},
		{"another", "<accessUserHandle>" + h.viewer.handle + "</accessUserHandle>", h.viewer.login, 0},
		{"a group", "<accessGroupHandle>" + group + "</accessGroupHandle>", h.boss.login, number},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.t = t
			h.call(h.boss, "searchAssets", test.inner)
			c := f.last
			if c.caller.Login != h.boss.login || c.reader.Login != test.login || c.reader.OnlyGroup != test.group {
				t.Errorf("caller %s, reader %s, group %d", c.caller.Login, c.reader.Login, c.reader.OnlyGroup)
			}
		})
	}
}

// TestFailuresOfHandlers holds failures of the engine against their faults.
func TestFailuresOfHandlers(t *testing.T) {
	h := newHarness(t)
	for _, test := range []struct {
		name   string
		err    error
		code   scene7.Code
		reason string
	}{
		{"target user unknown", &ingest.Error{Kind: ingest.NotFound, Code: ingest.CodeUnknownUser, Msg: "no user 7"}, scene7.CodeInvalidRequestUser, "no user 7"},
		{"target user", &ingest.Error{Kind: ingest.Forbidden, Code: ingest.CodeTargetUser, Msg: "not yours"}, scene7.CodeIllegalRequestUser, "not yours"},
		{"value for the role", &ingest.Error{Kind: ingest.Forbidden, Code: ingest.CodeRoleValue, Msg: "not IpsAdmin"}, scene7.CodeIllegalParameterValue, "not IpsAdmin"},
		{"permission", &ingest.Error{Kind: ingest.Forbidden, Code: ingest.CodePermission, Msg: "no Write"}, scene7.CodeMissingPermission, "no Write"},
		{"role", &ingest.Error{Kind: ingest.Forbidden, Msg: "no"}, scene7.CodeNoOperationPermission, "User does not have permission to access operation 'checkLogin'"},
		{"unknown handle", &ingest.Error{Kind: ingest.NotFound, Msg: "no asset 3"}, scene7.CodeInvalidParameter, "no asset 3"},
		{"business rule", &ingest.Error{Kind: ingest.Conflict, Msg: "Asset ID 'x' is already in use."}, scene7.CodeException, "Asset ID 'x' is already in use."},
		{"not for now", &ingest.Error{Kind: ingest.Unavailable, Msg: "try again"}, scene7.CodeException, "try again"},
		{"internal", errors.New("disk /secret on fire"), scene7.CodeException, "internal error, request test-request"},
		{"of the request", invalid("depth", "must be %d", 1), scene7.CodeInvalidParameter, "depth: must be 1"},
		{"missing", missing("depth"), scene7.CodeMissingParameter, "depth is required"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.t = t
			h.service.handlers = handlers{"checkLogin": func(context.Context, *call) (*scene7.Record, error) { return nil, test.err }}
			got := h.fault(h.user, "checkLogin", "<email/><password/>")
			if got.Code != test.code || got.Reason != test.reason {
				t.Errorf("%v: %s", got.Code, got.Reason)
			}
		})
	}
}
