package ipsapi

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmltree"
)

// secret is in the name of everything that belongs to the company that a stranger
// must learn nothing of.
const secret = "Zyxwvut"

// belongings makes one thing of every kind in the company and returns the handles.
func belongings(t *testing.T, h *harness) map[string]string {
	t.Helper()
	image := h.upload(h.user, secret, secret+".png", pngOf(t, 40, 30))
	second := h.upload(h.user, secret, secret+"two.png", pngOf(t, 4, 3))
	folder := "f|" + h.company.Name + "/" + secret + "/"
	own := map[string]string{
		"assetHandle": image, "ownerHandle": image, "thumbAssetHandle": second, "folderHandle": folder, "destFolderHandle": folder,
		"companyHandle": companyHandle(h.company.Number), "userHandle": h.user.handle, "primaryOwnerHandle": h.user.handle,
		"contextHandle": fmt.Sprintf("pc|%d", (int(h.company.Number)-1)*4+2), "folderPath": h.company.Name + "/" + secret,
		"folder": h.company.Name + "/" + secret, "templateId": "x1", "email": h.user.login, "companyName": h.company.Name,
		"secondaryOwnerHandle": companyHandle(h.company.Number), "originatorHandle": image, "generatedHandle": second,
	}
	made := func(field, operation, inner, answer string) {
		own[field] = text(h.call(h.boss, operation, inner), answer)
	}
	made("groupHandle", "saveGroup", "<name>"+secret+"</name><isSystemDefined>false</isSystemDefined>", "groupHandle")
	made("projectHandle", "createProject", "<projectName>"+secret+"</projectName>", "projectHandle")
	made("fieldHandle", "createMetadataField", "<assetType>Asset</assetType><name>"+secret+"</name><fieldType>MultiTag</fieldType><initialTagValue>"+secret+"</initialTagValue>", "fieldHandle")
	made("typeHandle", "createPropertySetType", h.ch+"<name>"+secret+"</name><propertyType>CompanyProperty</propertyType><allowMultiple>true</allowMultiple>", "typeHandle")
	made("setHandle", "createPropertySet", "<typeHandle>"+own["typeHandle"]+"</typeHandle><primaryOwnerHandle>"+own["companyHandle"]+
		"</primaryOwnerHandle><propertyArray><items><name>n</name><value>"+secret+"</value></items></propertyArray>", "setHandle")
	made("imageFormatHandle", "saveImageFormat", "<name>"+secret+"</name><urlModifier>wid=1</urlModifier>", "imageFormatHandle")
	made("xid", "createCompanyMetadata", "<xtype>"+secret+"</xtype><xname>"+secret+"</xname><metadata>AAAA</metadata>", "xid")
	made("zoomTargetHandle", "saveZoomTarget", "<assetHandle>"+image+"</assetHandle><name>"+secret+"</name><xPosition>1</xPosition><yPosition>1</yPosition><width>2</width><height>2</height>", "zoomTargetHandle")
	made("imageMapHandle", "saveImageMap", "<assetHandle>"+image+"</assetHandle><name>"+secret+"</name><shapeType>Rectangle</shapeType><region>1,1,2,2</region><action>"+secret+"</action><position>0</position><enabled>true</enabled>", "imageMapHandle")
	made("vignetteFormatHandle", "createVignettePublishFormat", "<name>"+secret+"</name><targetWidth>1</targetWidth><targetHeight>1</targetHeight><createPyramid>true</createPyramid><thumbWidth>1</thumbWidth><saveAsVersion>1</saveAsVersion><sizeSuffixSeparator>-</sizeSuffixSeparator><sharpen>1</sharpen><usmAmount>1</usmAmount><usmRadius>1</usmRadius><usmThreshold>1</usmThreshold>", "vignetteFormatHandle")
	made("invalidationHandle", "cdnCacheInvalidation", "<urlArray><items>http://example.com/"+secret+"</items></urlArray>", "invalidationHandle")
	h.call(h.boss, "addMediaPortalEvent", "<eventType>"+secret+"</eventType><ipsUser>u</ipsUser><jobName>"+secret+"</jobName><jobDescription>d</jobDescription>")
	jobs := list(h.call(h.boss, "getJobLogs", ""), "jobLogArray")
	own["jobHandle"] = text(jobs[0], "jobHandle")
	own["originalName"] = text(jobs[0], "originalJobName")
	h.call(h.boss, "setAssetMetadata", "<assetHandle>"+image+"</assetHandle><updateArray><items><fieldHandle>"+own["fieldHandle"]+"</fieldHandle><value>"+secret+"</value></items></updateArray>")
	return own
}

// fill writes a request element of a type with every field: handles of the company
// where a field takes one, something harmless elsewhere.
func fill(h *harness, typeName string, own map[string]string, depth int) string {
	var b strings.Builder
	t := h.service.schema.Type(typeName)
	if typeName == "searchAssetsByMetadataParam" {
		own = maps.Clone(own)
		own["fieldHandle"] = "dc.title" // its conditions take keys
	}
	for _, f := range t.Fields {
		var content string
		switch {
		case strings.HasSuffix(f.Name, "FieldArray") && f.Type == "StringArray" || f.Name == "accessUserHandle" || f.Name == "accessGroupHandle" || f.Type == "(anon)":
			continue
		case f.Complex():
			if depth > 4 || strings.HasSuffix(f.Type, "Job") && f.Type != "ReprocessAssetsJob" {
				continue
			}
			content = fill(h, f.Type, arrayHandles(f.Name, own), depth+1)
		case own[f.Name] != "":
			content = own[f.Name]
		case f.Name == "items":
			content = own["items"]
		default:
			content = sample(f)
		}
		fmt.Fprintf(&b, "<%s>%s</%s>", f.Name, content, f.Name)
	}
	return b.String()
}

// arrayHandles says what the items of an array of handles are.
func arrayHandles(name string, own map[string]string) map[string]string {
	kinds := map[string]string{
		"assetHandleArray": "assetHandle", "companyHandleArray": "companyHandle", "userHandleArray": "userHandle", "groupHandleArray": "groupHandle",
		"fieldHandleArray": "fieldHandle", "contextHandleArray": "contextHandle", "projectHandleArray": "projectHandle", "pdfHandleArray": "assetHandle",
	}
	with := maps.Clone(own)
	with["items"] = secret
	switch name {
	case "assetTypeArray":
		with["items"] = "Image"
	case "excludeAssetTypeArray":
		with["items"] = "Pdf"
	case "userRoleArray":
		with["items"] = "IpsUser"
	}
	if kind := kinds[name]; kind != "" {
		with["items"] = own[kind]
	}
	return with
}

// sample is a value of a simple field that does no harm.
func sample(f scene7.Field) string {
	if len(f.Enum) > 0 {
		return f.Enum[0]
	}
	switch f.Name {
	case "op":
		return "Equals"
	case "field":
		return "Name"
	case "publishState":
		return "MarkedForPublish"
	case "permissionType":
		return "Read"
	case "role", "defaultRole":
		return "IpsUser"
	case "password":
		return "Good-pass1"
	case "assetType", "type":
		return "Image"
	case "conditionMatchMode", "systemFieldMatchMode", "tagMatchMode", "metadataMatchMode", "metadataConditionMatchMode":
		return "MatchAny"
	case "charFilterField", "charField":
		return "LastName"
	case "contextType":
		return "ImageServing"
	case "trashState", "sortBy", "sortDirection", "assetSubType":
		return ""
	}
	switch f.Type {
	case "boolean":
		return "true"
	case "int", "long", "double":
		return "1"
	case "dateTime":
		return "2026-01-01T00:00:00Z"
	case "base64Binary":
		return "AAAA"
	}
	return "sample"
}

// TestNobodyReachesAnotherCompany calls every operation with every handle of a
// company as somebody else, with their own company's handle and with the foreign
// one: no answer may tell of the company's things, and nothing may have changed.
func TestNobodyReachesAnotherCompany(t *testing.T) {
	h := newHarness(t)
	own := belongings(t, h)
	strangers := []*testUser{
		h.stranger,
		h.newUser("peer@example.com", h.other, "editor", "IpsUser", false),
		h.newUser("guest@example.com", h.other, "viewer", "ImagePortalUser", false),
	}
	before := inventory(h)
	for _, name := range slices.Sorted(maps.Keys(h.service.operations)) {
		for _, u := range strangers {
			for _, company := range []string{own["companyHandle"], companyHandle(h.other.Number), ""} {
				handles := maps.Clone(own)
				handles["companyHandle"] = company
				inner := fill(h, name+"Param", handles, 0)
				if company == "" {
					inner = strings.ReplaceAll(inner, "<companyHandle></companyHandle>", "")
				}
				status, body := h.exchange(h.bare(u, name, inner))
				checkSilence(t, h, name, u, status, string(body), inner)
			}
		}
	}
	h.process()
	if after := inventory(h); after != before {
		t.Errorf("strangers changed the company:\n%s\nbefore:\n%s", after, before)
	}
}

// bare is a request with exactly this content.
func (h *harness) bare(u *testUser, operation, inner string) string {
	return fmt.Sprintf(`<Request xmlns="%s"><authHeader><user>%s</user><password>%s</password></authHeader><%sParam>%s</%sParam></Request>`,
		testNamespace, u.login, u.login, operation, inner, operation)
}

// checkSilence wants an answer that is well-formed, is no internal error, and tells
// nothing of the company but what the request itself said.
func checkSilence(t *testing.T, h *harness, name string, u *testUser, status int, body, inner string) {
	t.Helper()
	root, err := xmltree.Parse([]byte(body), xmltree.Limits{})
	if err != nil {
		t.Errorf("%s as %s: no XML: %v", name, u.login, err)
		return
	}
	if status != http.StatusOK {
		if strings.Contains(body, "internal error") {
			t.Errorf("%s as %s: %s\n%s", name, u.login, body, inner)
		}
		return
	}
	for _, word := range []string{secret, h.user.login, h.boss.login} {
		if tells(root, word) && !echoes(name) {
			t.Errorf("%s as %s tells of another company:\n%s\nrequest: %s", name, u.login, body, inner)
			return
		}
	}
}

// tells reports whether a text stands in an answer outside of the faults that
// repeat what was sent.
func tells(e *xmltree.Element, word string) bool {
	if strings.Contains(e.Local, "DetailArray") {
		return false
	}
	if strings.Contains(e.Text, word) {
		return true
	}
	return slices.ContainsFunc(e.Children, func(child *xmltree.Element) bool { return tells(child, word) })
}

// echoes names the operations whose answer repeats a name that was sent, for a
// thing that they made in the caller's own company.
func echoes(name string) bool {
	switch name {
	case "createFolder", "createProject", "renameProject", "renameFolder", "moveFolder", "submitJob", "addUser", "checkAssetNames", "createMetadataField",
		"getFolderTree", "getFolders":
		return true
	}
	return false
}

// inventory describes what the company has, as its administrator sees it.
func inventory(h *harness) string {
	var b strings.Builder
	for _, q := range [][2]string{
		{"searchAssets", "<includeSubfolders>true</includeSubfolders>"}, {"getFolders", ""}, {"getProjects", ""}, {"getGroups", ""},
		{"getMetadataFields", "<assetType>Asset</assetType>"}, {"getImageFormats", ""}, {"listCompanyMetadata", ""}, {"getVignettePublishFormats", ""},
		{"getCompanyMembers", "<includeInvalid>true</includeInvalid><includeInactive>true</includeInactive>"}, {"getPropertySetTypes", h.ch},
		{"getScheduledJobs", ""}, {"getActiveJobs", ""}, {"getMetadataSchema", "<version>0</version>"}, {"getCompanySettings", ""},
	} {
		_, body := h.exchange(h.request(h.boss, q[0], q[1], testNamespace))
		fmt.Fprintf(&b, "%s: %s\n", q[0], body)
	}
	return b.String()
}
