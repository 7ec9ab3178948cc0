package ipsapi

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmltree"
)

// elements lists the names of the children of an element in their order.
func elements(e *xmltree.Element) (names []string) {
	for _, child := range e.Children {
		names = append(names, child.Local)
	}
	return names
}

// pairs renders items by two of their children.
func pairs(items []*xmltree.Element, a, b []string) (list []string) {
	for _, item := range items {
		list = append(list, text(item, a...)+" "+text(item, b...))
	}
	return list
}

func TestCompanyInfo(t *testing.T) {
	h := newHarness(t)
	info := h.call(h.viewer, "getCompanyInfo", "").Child("companyInfo")
	same(t, "by handle", elements(info), []string{"companyHandle", "name", "rootPath", "expires", "imsOrgId"})
	same(t, "values", []string{text(info, "companyHandle"), text(info, "name"), text(info, "rootPath"), text(info, "expires")},
		[]string{companyHandle(h.company.Number), "ApiTestCo1", "ApiTestCo1/", "2101-01-31T23:00:00.000+00:00"})
	byName := func(u *testUser, name string) (int, []byte) {
		return h.exchange(h.bare(u, "getCompanyInfo", "<companyName>"+name+"</companyName>"))
	}
	if status, body := byName(h.viewer, "ApiTestCo1"); status != 200 || !strings.Contains(string(body), companyHandle(h.company.Number)) {
		t.Errorf("by name: %d %s", status, body)
	}
	for name, want := range map[string]string{"Nobody": "20000", "OtherCo": "20006", "": "30002"} {
		if _, body := byName(h.viewer, name); !strings.Contains(string(body), "<tns:code>"+want+"<") {
			t.Errorf("%q: %s, want %s", name, body, want)
		}
	}
	wantFault(t, h.fault(h.viewer, "getCompanyInfo", h.otherCH), 20006, "")
	wantFault(t, h.fault(h.viewer, "getCompanyInfo", "<companyHandle>c|99</companyHandle>"), 20000, "")
}

func TestAddCompany(t *testing.T) {
	h := newHarness(t)
	add := "<companyName>New Co</companyName><expires>2026-03-02T12:00:00Z</expires><imsOrgId>org</imsOrgId><baseStorage>5</baseStorage><mediaSupport>true</mediaSupport>"
	made := h.call(h.admin, "addCompany", add).Child("companyInfo")
	same(t, "company", []string{text(made, "name"), text(made, "rootPath"), text(made, "expires"), text(made, "imsOrgId")},
		[]string{"New Co", "New Co/", "2026-03-02T12:00:00.000+00:00", "org"})
	ch := "<companyHandle>" + text(made, "companyHandle") + "</companyHandle>"
	figures := h.call(h.admin, "getCompanyUPPProperties", ch).Child("properties")
	same(t, "figures", []string{text(figures, "baseStorage"), text(figures, "cloudStorage"), text(figures, "mediaSupport"), text(figures, "caseCreationAllowed")},
		[]string{"5", "", "true", "false"})
	same(t, "publish contexts", len(list(h.call(h.admin, "getPublishContexts", ch), "publishContextArray")), 4)
	same(t, "root", text(h.call(h.admin, "getFolderTree", ch+"<depth>0</depth>"), "folders", "path"), "New Co/")
	wantFault(t, h.fault(h.admin, "addCompany", "<companyName>NEW co</companyName>"), 30000, "exists already")
	for _, name := range []string{"a/b", "a|b", " "} {
		wantFault(t, h.fault(h.admin, "addCompany", "<companyName>"+name+"</companyName>"), 30001, "company's name")
	}
	wantFault(t, h.fault(h.admin, "addCompany", ""), 30002, "companyName")
	wantFault(t, h.fault(h.boss, "addCompany", "<companyName>Mine</companyName>"), 20003, "'addCompany'")
	wantFault(t, h.fault(h.boss, "getAllCompanies", ""), 20003, "'getAllCompanies'")

	all := func(expired string) []string {
		return texts(list(h.call(h.admin, "getAllCompanies", "<includeExpired>"+expired+"</includeExpired>"), "companyArray"), "name")
	}
	same(t, "all", all("false"), []string{"ApiTestCo1", "OtherCo", "New Co"})
	h.later(48 * time.Hour)
	same(t, "without expired ones", all("false"), []string{"ApiTestCo1", "OtherCo"})
	same(t, "with expired ones", all("true"), []string{"ApiTestCo1", "OtherCo", "New Co"})
	same(t, "an administrator in an expired one", text(h.call(h.admin, "getCompanyInfo", ch), "companyInfo", "name"), "New Co")
}

// A list that is empty is an empty element, and a company made without a date does
// not expire when a client sends back the date that stands for never.
func TestNeverIsNoDate(t *testing.T) {
	h := newHarness(t)
	made := h.call(h.admin, "addCompany", "<companyName>Forever</companyName><expires>2101-01-31T23:00:00.000Z</expires>").Child("companyInfo")
	n, _ := scene7.ParseCompanyHandle(text(made, "companyHandle"))
	c, err := h.engine.Company(t.Context(), h.admin.principal, ingest.Number(n))
	h.ok(err)
	if !c.Expires.IsZero() {
		t.Errorf("it expires at %v", c.Expires)
	}
}

func TestExpiredCompanyFault(t *testing.T) {
	h := newHarness(t)
	asset := h.upload(h.user, "x", "a.png", pngOf(t, 4, 3))
	h.company.Expires = h.now()
	h.ok(h.store.Update(t.Context(), func(tx ingest.Tx) error { return tx.UpdateCompany(h.company) }))
	for operation, inner := range map[string]string{
		"getCompanyInfo": "", "searchAssets": "", "getAssets": handlesXML("assetHandleArray", asset), "getActiveJobs": h.ch, "getFolderTree": "<depth>0</depth>",
		"createFolder": "<folderPath>y</folderPath>",
	} {
		wantFault(t, h.fault(h.user, operation, inner), 20000, "Company has expired")
	}
	h.call(h.admin, "getFolderTree", "<depth>0</depth>")
	wantFault(t, h.fault(h.stranger, "getCompanyInfo", ""), 20006, "")
	wantFault(t, h.fault(h.boss, "addCompanyMembership", "<membershipArray><items>"+h.ch+"<role>IpsUser</role><isActive>true</isActive></items></membershipArray>"), 20000, "Company has expired")
}

func TestCompanySettings(t *testing.T) {
	h := newHarness(t)
	settings := func() *xmltree.Element { return h.call(h.boss, "getCompanySettings", "").Child("settings") }
	before := settings()
	same(t, "defaults", []string{text(before, "overwriteMode"), text(before, "retainPublishState"), text(before, "diskSpaceWarningMin"), text(before, "immediateDelete")},
		[]string{"OverwriteFullName", "false", "0", "false"})
	profile := h.upload(h.user, "x", "p.icc", []byte("profile"))
	sheet := h.upload(h.user, "x", "s.xsl", []byte("<xsl/>"))
	h.call(h.boss, "setCompanySettings", "<overwriteMode>OverwriteAnyExtAnyFolder</overwriteMode><retainPublishState>true</retainPublishState><defaultSourceProfileHandle>"+
		profile+"</defaultSourceProfileHandle><xmpMappingXsltHandle>"+sheet+"</xmpMappingXsltHandle><diskSpaceWarningMin>7</diskSpaceWarningMin><fileExtOpt>keep</fileExtOpt><immediateDelete>true</immediateDelete>")
	h.call(h.boss, "setCompanySettings", "<emailTrashCleanupWarning>true</emailTrashCleanupWarning>") // absent keeps
	after := settings()
	same(t, "set", []string{text(after, "overwriteMode"), text(after, "retainPublishState"), text(after, "defaultSourceProfile", "assetHandle"), text(after, "xmpMappingXslt", "assetHandle"),
		text(after, "diskSpaceWarningMin"), text(after, "emailTrashCleanupWarning"), text(after, "fileExtOpt"), text(after, "immediateDelete")},
		[]string{"OverwriteAnyExtAnyFolder", "true", profile, sheet, "7", "true", "keep", "true"})
	h.call(h.boss, "setCompanySettings", "<overwriteMode/><defaultSourceProfileHandle/><xmpMappingXsltHandle/><fileExtOpt/>") // empty clears
	cleared := settings()
	same(t, "cleared", []string{text(cleared, "overwriteMode"), text(cleared, "defaultSourceProfile", "assetHandle"), text(cleared, "xmpMappingXslt", "assetHandle"), text(cleared, "fileExtOpt"), text(cleared, "diskSpaceWarningMin")},
		[]string{"OverwriteFullName", "", "", "", "7"})
	wantFault(t, h.fault(h.boss, "setCompanySettings", "<overwriteMode>Sometimes</overwriteMode>"), 30001, "overwrite mode")
	wantFault(t, h.fault(h.boss, "setCompanySettings", "<defaultDisplayProfileHandle>"+sheet+"</defaultDisplayProfileHandle>"), 30001, "ICC profile")
	wantFault(t, h.fault(h.boss, "setCompanySettings", "<xmpMappingXsltHandle>x</xmpMappingXsltHandle>"), 30001, "asset handle")
	wantFault(t, h.fault(h.user, "getCompanySettings", ""), 20003, "")
	wantFault(t, h.fault(h.user, "setCompanySettings", ""), 20003, "")
}

func TestContractFigures(t *testing.T) {
	h := newHarness(t)
	h.call(h.admin, "setCompanyUPPProperties", "<cloudStorage>9</cloudStorage><vpm>3</vpm><roleAssignmentAllowed>true</roleAssignmentAllowed>")
	h.call(h.admin, "setCompanyUPPProperties", "<cloudStorage/>")
	figures := h.call(h.boss, "getCompanyUPPProperties", "").Child("properties")
	same(t, "figures", []string{text(figures, "cloudStorage"), text(figures, "vpm"), text(figures, "roleAssignmentAllowed"), text(figures, "mediaSupport")}, []string{"", "3", "true", "false"})
	wantFault(t, h.fault(h.boss, "setCompanyUPPProperties", "<vpm>4</vpm>"), 20003, "")
	wantFault(t, h.fault(h.user, "getCompanyUPPProperties", ""), 20003, "")
}

func TestDiskUsage(t *testing.T) {
	h := newHarness(t)
	content := pngOf(t, 4, 3)
	h.upload(h.user, "x", "a.png", content)
	rows := list(h.call(h.boss, "getDiskUsage", ""), "diskUsageArray")
	same(t, "usage", []string{text(rows[0], "companyName"), text(rows[0], "imageCount"), text(rows[0], "diskSpaceUsage")},
		[]string{"ApiTestCo1", "1", fmt.Sprint(len(content))})
	_, body := h.exchange(h.bare(h.admin, "getDiskUsage", ""))
	if all := string(body); strings.Count(all, "<items>") != 2 || !strings.Contains(all, "OtherCo") {
		t.Errorf("all companies: %s", all)
	}
	wantFault(t, h.fault(h.user, "getDiskUsage", ""), 20003, "")
}

func TestSystemProperties(t *testing.T) {
	h := newHarness(t)
	all := list(h.call(h.viewer, "getSystemProperties", ""), "propertyArray")
	for _, property := range all {
		name := text(property, "name")
		same(t, name, text(h.call(h.viewer, "getProperty", "<name>"+name+"</name>"), "value"), text(property, "value"))
	}
	same(t, "names", texts(all, "name"), []string{"UploadPostMaxFileSize", "IpsVersion", "IpsImageServerUrl", "VideoRootUrl", "SwfRootUrl", "swfRootUrl",
		"SvgRenderRootUrl", "SvgRenderEnabled", "SystemMessage"})
	same(t, "values", texts(all, "value")[:3], []string{fmt.Sprint(2 << 30), "1.0-test", "http://sluice.test/v1/assets/"})
	wantFault(t, h.fault(h.viewer, "getProperty", "<name>Nothing</name>"), 30001, "Nothing")
	wantFault(t, h.fault(h.boss, "getSecureISAuthToken", ""), 30000, "No secure image server is configured")
	wantFault(t, h.fault(h.user, "getSecureISAuthToken", ""), 20003, "")
}
