package ipsapi

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/internal/ingest"
)

// TestRolesMayDoWhatTheirClassSays calls every operation as every role; those that
// its class leaves out get the fault for that and no others do.
func TestRolesMayDoWhatTheirClassSays(t *testing.T) {
	h := newHarness(t)
	users := map[string]*testUser{"IpsAdmin": h.admin}
	for _, word := range ingest.Scene7Roles() {
		if word == "IpsAdmin" {
			continue
		}
		role, _, err := ingest.ParseRole(word)
		h.ok(err)
		users[word] = h.newUser(strings.ToLower(word)+"@example.com", h.company, role, word, false)
	}
	for _, name := range slices.Sorted(maps.Keys(h.service.operations)) {
		op := h.service.operations[name]
		for word, u := range users {
			status, body := h.exchange(h.request(u, name, "", testNamespace))
			refused := strings.Contains(string(body), "<tns:code>20003</tns:code>")
			if refused == op.Class.Allows(word) {
				t.Errorf("%s as %s (class %s): status %d, %s", name, word, op.Class, status, body)
			}
			if refused && !strings.Contains(string(body), "access operation &apos;"+name+"&apos;") {
				t.Errorf("%s as %s: %s", name, word, body)
			}
		}
	}
}

func TestFolders(t *testing.T) {
	h := newHarness(t)
	same(t, "created", text(h.call(h.user, "createFolder", "<folderPath>/ApiTestCo1/shoes/summer</folderPath>"), "folderHandle"), "f|ApiTestCo1/shoes/summer/")
	same(t, "created again", text(h.call(h.user, "createFolder", "<folderPath>shoes/summer/</folderPath>"), "folderHandle"), "f|ApiTestCo1/shoes/summer/")
	asset := h.upload(h.user, "shoes/summer", "boot.png", pngOf(t, 4, 3))
	same(t, "renamed", text(h.call(h.user, "renameFolder", "<folderHandle>f|ApiTestCo1/shoes/</folderHandle><folderName>Schuhe</folderName>"), "folderHandle"), "f|ApiTestCo1/Schuhe/")
	tree := h.call(h.viewer, "getFolderTree", "<depth>0</depth>").Child("folders")
	same(t, "depth 0", []string{text(tree, "path"), text(tree, "hasSubfolders")}, []string{"ApiTestCo1/", "true"})
	same(t, "no children at depth 0", len(list(tree, "subfolderArray")), 0)
	tree = h.call(h.viewer, "getFolderTree", "<folderPath>Schuhe</folderPath><depth>-1</depth><assetTypeArray><items>Image</items></assetTypeArray>").Child("folders")
	same(t, "with images", texts(list(tree, "subfolderArray"), "path"), []string{"ApiTestCo1/Schuhe/summer/"})
	if h.call(h.viewer, "getFolderTree", "<folderPath>none</folderPath><depth>1</depth>").Child("folders") != nil {
		t.Error("an unknown path has a folder")
	}
	h.call(h.user, "createFolder", "<folderPath>hats</folderPath>")
	wantFault(t, h.fault(h.user, "renameFolder", "<folderHandle>f|ApiTestCo1/hats/</folderHandle><folderName>Schuhe</folderName>"), 30000, "already")
	wantFault(t, h.fault(h.user, "moveFolder", "<folderHandle>f|ApiTestCo1/Schuhe/</folderHandle><destFolderHandle>f|ApiTestCo1/Schuhe/summer/</destFolderHandle>"), 30001, "itself")
	same(t, "moved", text(h.call(h.user, "moveFolder", "<folderHandle>f|ApiTestCo1/Schuhe/</folderHandle><destFolderHandle>f|ApiTestCo1/hats/</destFolderHandle>"), "folderHandle"), "f|ApiTestCo1/hats/Schuhe/")
	folderOf := func() string {
		return text(list(h.call(h.viewer, "getAssets", handlesXML("assetHandleArray", asset)), "assetArray")[0], "folder")
	}
	same(t, "the asset's folder", folderOf(), "ApiTestCo1/hats/Schuhe/summer/")
	h.call(h.user, "deleteFolder", "<folderHandle>f|ApiTestCo1/hats/</folderHandle>")
	same(t, "left", texts(list(h.call(h.viewer, "getFolders", ""), "folderArray"), "path"), []string{"ApiTestCo1/"})
	h.call(h.user, "restoreAssetsFromTrash", handlesXML("assetHandleArray", asset))
	same(t, "restored to", folderOf(), "ApiTestCo1/hats/Schuhe/summer/")
	wantFault(t, h.fault(h.user, "deleteFolder", "<folderHandle>f|ApiTestCo1/</folderHandle>"), 30001, "root")
}

func TestTrashIsEmptiedAfterSevenDays(t *testing.T) {
	h := newHarness(t)
	asset := h.upload(h.user, "x", "boot.png", pngOf(t, 4, 3))
	other := h.upload(h.user, "x", "other.png", pngOf(t, 4, 3))
	h.call(h.user, "deleteAssets", handlesXML("assetHandleArray", asset))
	found := func(state string) []string {
		return texts(list(h.call(h.viewer, "searchAssets", "<includeSubfolders>true</includeSubfolders><trashState>"+state+"</trashState>"), "assetArray"), "assetHandle")
	}
	same(t, "in the trash", found("InTrash"), []string{asset})
	h.later(6 * 24 * time.Hour)
	if _, err := h.engine.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, "after six days", found("InTrash"), []string{asset})
	h.later(2 * 24 * time.Hour)
	if _, err := h.engine.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, "after eight days", found("InTrash"), []string(nil))
	same(t, "remembered", found("InEmptiedTrash"), []string{asset})
	same(t, "outside", found("NotInTrash"), []string{other})
	same(t, "the name is free", list(h.call(h.viewer, "checkAssetNames", handlesXML("assetNameArray", "boot", "other")), "inUseNameArray")[0].Text, "other")
	if again := h.upload(h.user, "x", "boot.png", pngOf(t, 4, 3)); again == asset {
		t.Error("an emptied asset came back")
	}
	answer := h.call(h.user, "restoreAssetsFromTrash", handlesXML("assetHandleArray", asset, "nonsense"))
	same(t, "unknown to the trash", []string{text(answer, "successCount"), text(answer, "errorCount")}, []string{"0", "2"})
	same(t, "rows", texts(list(answer, "errorDetailArray"), "assetHandle"), []string{asset, "nonsense"})
}

func TestNames(t *testing.T) {
	h := newHarness(t)
	asset := "<assetHandle>" + h.upload(h.user, "x", "one.png", pngOf(t, 4, 3)) + "</assetHandle>"
	h.upload(h.user, "y", "two.png", pngOf(t, 4, 3))
	wantFault(t, h.fault(h.user, "renameAsset", asset+"<newName>two</newName><validateName>true</validateName>"), 30000, "Asset ID 'two' is already in use.")
	h.call(h.user, "renameAsset", asset+"<newName>two</newName><validateName>false</validateName>")
	shown := list(h.call(h.viewer, "getAssetsByName", handlesXML("nameArray", "two-1", "none")), "assetArray")
	same(t, "numbered", texts(shown, "fileName"), []string{"two-1.png"})
	wantFault(t, h.fault(h.user, "moveAsset", asset+"<folderHandle>f|ApiTestCo1/none/</folderHandle>"), 30001, "no folder")
}

func TestProjects(t *testing.T) {
	h := newHarness(t)
	asset := h.upload(h.user, "x", "one.png", pngOf(t, 4, 3))
	project := text(h.call(h.user, "createProject", "<projectName>Spring</projectName>"), "projectHandle")
	wantFault(t, h.fault(h.user, "createProject", "<projectName>Spring</projectName>"), 30000, "in use")
	h.call(h.user, "addProjectAssets", "<projectHandle>"+project+"</projectHandle>"+handlesXML("assetHandleArray", asset, asset))
	renamed := text(h.call(h.user, "renameProject", "<projectHandle>"+project+"</projectHandle><projectName>Summer</projectName>"), "projectHandle")
	search := "<includeSubfolders>true</includeSubfolders><projectHandle>" + renamed + "</projectHandle>"
	shown := list(h.call(h.viewer, "searchAssets", search), "assetArray")
	same(t, "in the project", texts(shown, "projects"), []string{"Summer"})
	wantFault(t, h.fault(h.viewer, "searchAssets", strings.ReplaceAll(search, renamed, project)), 30001, "Spring")
	h.call(h.user, "setProjectAssets", "<projectHandle>"+renamed+"</projectHandle><assetHandleArray/>")
	same(t, "emptied", len(list(h.call(h.viewer, "searchAssets", search), "assetArray")), 0)
	h.call(h.user, "deleteProject", "<projectHandle>"+renamed+"</projectHandle>")
	same(t, "the asset stays", len(list(h.call(h.viewer, "getAssets", handlesXML("assetHandleArray", asset)), "assetArray")), 1)
}

func TestPublishMarks(t *testing.T) {
	h := newHarness(t)
	asset := h.upload(h.user, "x", "one.png", pngOf(t, 4, 3))
	contexts := texts(list(h.call(h.viewer, "getPublishContexts", ""), "publishContextArray"), "contextHandle")
	h.call(h.user, "setAssetPublishState", "<assetHandle>"+asset+"</assetHandle><publishState>MarkedForPublish</publishState>")
	h.call(h.user, "setAssetPublishState", "<assetHandle>"+asset+"</assetHandle><publishState>NotMarkedForPublish</publishState>"+handlesXML("contextHandleArray", contexts[:3]...))
	rows := list(h.call(h.viewer, "batchGetAssetPublishContexts", handlesXML("assetHandleArray", asset, "a|999")), "assetPublishContextsArray")
	same(t, "marked for", texts(list(rows[0], "publishContextArray"), "contextHandle"), contexts[3:])
	same(t, "published", text(list(h.call(h.viewer, "getAssets", handlesXML("assetHandleArray", asset)), "assetArray")[0], "readyForPublish"), "true")
	wantFault(t, h.fault(h.user, "setAssetPublishState", "<assetHandle>"+asset+"</assetHandle><publishState>Marked</publishState>"), 30001, "Marked")
}

func TestSearchFields(t *testing.T) {
	h := newHarness(t)
	for _, name := range []string{"c.png", "a.png", "b.png"} {
		h.upload(h.user, "x", name, pngOf(t, 4, 3))
	}
	answer := h.call(h.viewer, "searchAssets", "<includeSubfolders>true</includeSubfolders><sortBy>Name</sortBy><sortDirection>Descending</sortDirection><recordsPerPage>2</recordsPerPage>"+
		handlesXML("responseFieldArray", "assetArray/items/name", "totalRows"))
	same(t, "names", texts(list(answer, "assetArray"), "name"), []string{"c", "b"})
	same(t, "total", text(answer, "totalRows"), "3")
	if list(answer, "assetArray")[0].Child("fileName") != nil {
		t.Error("a field is there that was not asked for")
	}
	second := h.call(h.viewer, "searchAssets", "<includeSubfolders>true</includeSubfolders><sortBy>Name</sortBy><sortDirection>Descending</sortDirection><recordsPerPage>2</recordsPerPage><resultsPage>2</resultsPage>"+
		handlesXML("excludeFieldArray", "totalRows", "assetArray/imageInfo"))
	same(t, "second page", texts(list(second, "assetArray"), "name"), []string{"a"})
	if second.Child("totalRows") != nil || list(second, "assetArray")[0].Child("imageInfo") != nil {
		t.Error("an excluded field is there")
	}
	for inner, reason := range map[string]string{
		"<sortBy>Colour</sortBy>": "Colour", "<recordsPerPage>0</recordsPerPage>": "0", "<resultsPage>0</resultsPage>": "0", "<trashState>Lost</trashState>": "Lost",
		"<systemFieldConditionArray><items><field>Name</field><op>Near</op><value>x</value></items></systemFieldConditionArray>":       "Near",
		"<systemFieldConditionArray><items><field>FileSize</field><op>Equals</op><value>x</value></items></systemFieldConditionArray>": "FileSize",
		"<assetTypeArray><items>Song</items></assetTypeArray>":                                                                         "Song",
	} {
		wantFault(t, h.fault(h.viewer, "searchAssets", "<includeSubfolders>true</includeSubfolders>"+inner), 30001, reason)
	}
}

// TestLegacyShapes reads memberships as clients before 2012-02-14 do.
func TestLegacyShapes(t *testing.T) {
	h := newHarness(t)
	old := "http://www.scene7.com/IpsApi/xsd/2008-01-15"
	same(t, "companies", texts(list(h.callIn(old, h.user, "getCompanyMembership", ""), "companyArray"), "name"), []string{"ApiTestCo1"})
	members := h.callIn(old, h.boss, "getCompanyMembers", "")
	if len(list(members, "userArray")) != 3 {
		t.Errorf("members: %+v", members)
	}
	same(t, "nested", texts(list(h.call(h.user, "getCompanyMembership", ""), "membershipArray"), "role"), []string{"IpsUser"})
	status, _ := h.exchange("<Request/>")
	same(t, "no operation", status, http.StatusInternalServerError)
}
