package ipsapi

import (
	"testing"

	"sluice/internal/protocol/scene7"
)

func (h *harness) newGroup(name string, users ...*testUser) string {
	h.t.Helper()
	group := text(h.call(h.boss, "saveGroup", "<name>"+name+"</name><isSystemDefined>false</isSystemDefined>"), "groupHandle")
	if len(users) > 0 {
		var handles []string
		for _, u := range users {
			handles = append(handles, u.handle)
		}
		h.call(h.boss, "addGroupMembers", groupXML(group)+handlesXML("userHandleArray", handles...))
	}
	return group
}

func groupXML(handle string) string { return "<groupHandle>" + handle + "</groupHandle>" }

func TestGroups(t *testing.T) {
	h := newHarness(t)
	readers := h.newGroup("Readers", h.user, h.viewer)
	h.newGroup("Authors")
	rows := list(h.call(h.boss, "getGroups", ""), "groupArray")
	same(t, "fields", elements(rows[0]), []string{"groupHandle", "companyHandle", "name", "isSystemDefined"})
	same(t, "groups", pairs(rows, []string{"name"}, []string{"isSystemDefined"}), []string{"Authors false", "Readers false"})
	same(t, "saved again", h.newGroup("Readers"), readers)
	members := func() (handles []string) {
		for _, item := range list(h.call(h.boss, "getGroupMembers", groupXML(readers)), "userHandleArray") {
			handles = append(handles, item.Text)
		}
		return handles
	}
	same(t, "members", members(), []string{h.user.handle, h.viewer.handle})
	h.call(h.boss, "removeGroupMembers", groupXML(readers)+handlesXML("userHandleArray", h.user.handle, h.boss.handle))
	same(t, "removed", members(), []string{h.viewer.handle})
	h.call(h.boss, "setGroupMembers", groupXML(readers)+handlesXML("userHandleArray", h.user.handle))
	same(t, "set", members(), []string{h.user.handle})
	h.call(h.boss, "setGroupMembers", groupXML(readers)+"<userHandleArray/>")
	same(t, "an empty list empties", members(), []string(nil))
	for name, tt := range map[string]struct {
		who             *testUser
		operation, body string
		code            scene7.Code
	}{
		"a stranger in a group":   {h.boss, "addGroupMembers", groupXML(readers) + handlesXML("userHandleArray", h.stranger.handle), 20007},
		"no user":                 {h.boss, "addGroupMembers", groupXML(readers) + handlesXML("userHandleArray", "u|99|x"), 20002},
		"no list":                 {h.boss, "setGroupMembers", groupXML(readers), 30002},
		"no group":                {h.boss, "getGroupMembers", "", 30002},
		"unknown group":           {h.boss, "getGroupMembers", groupXML("g|99"), 30001},
		"no handle":               {h.boss, "deleteGroup", groupXML("x|1"), 30001},
		"another company's group": {h.stranger, "deleteGroup", h.otherCH + groupXML(readers), 30001},
		"system group":            {h.boss, "saveGroup", "<name>S</name><isSystemDefined>true</isSystemDefined>", 20005},
		"empty name":              {h.boss, "saveGroup", "<name> </name><isSystemDefined>false</isSystemDefined>", 30001},
		"taken name":              {h.boss, "saveGroup", groupXML(readers) + "<name>Authors</name><isSystemDefined>false</isSystemDefined>", 30000},
		"an editor":               {h.user, "getGroups", "", 20003},
	} {
		if got := h.fault(tt.who, tt.operation, tt.body); got.Code != tt.code {
			t.Errorf("%s: %d %q, want %d", name, got.Code, got.Reason, tt.code)
		}
	}
	system := text(h.call(h.admin, "saveGroup", "<name>System</name><isSystemDefined>true</isSystemDefined>"), "groupHandle")
	wantFault(t, h.fault(h.boss, "deleteGroup", groupXML(system)), 30000, "System")
	h.call(h.boss, "deleteGroup", groupXML(readers))
	wantFault(t, h.fault(h.boss, "deleteGroup", groupXML(readers)), 30001, "")
}

func TestGroupMembership(t *testing.T) {
	h := newHarness(t)
	a, b := h.newGroup("a"), h.newGroup("b")
	user := userHandleXML(h.user)
	names := func(u *testUser, inner string) []string {
		return texts(list(h.call(u, "getGroupMembership", inner), "groupArray"), "name")
	}
	h.call(h.boss, "addGroupMembership", user+handlesXML("groupHandleArray", a, b))
	same(t, "added", names(h.boss, user), []string{"a", "b"})
	same(t, "own", names(h.user, ""), []string{"a", "b"})
	h.call(h.boss, "removeGroupMembership", user+handlesXML("groupHandleArray", a))
	same(t, "removed", names(h.boss, user), []string{"b"})
	h.call(h.boss, "setGroupMembership", user+handlesXML("groupHandleArray", a))
	same(t, "set", names(h.boss, user), []string{"a"})
	h.call(h.boss, "addGroupMembership", handlesXML("groupHandleArray", b)) // without a user: the caller
	same(t, "the caller", names(h.boss, ""), []string{"b"})
	wantFault(t, h.fault(h.viewer, "getGroupMembership", user), 20007, "")
	wantFault(t, h.fault(h.boss, "addGroupMembership", userHandleXML(h.stranger)+handlesXML("groupHandleArray", a)), 20007, "")
	wantFault(t, h.fault(h.stranger, "addGroupMembership", handlesXML("groupHandleArray", a)), 30001, "")
	wantFault(t, h.fault(h.user, "addGroupMembership", handlesXML("groupHandleArray", b)), 20003, "")
	wantFault(t, h.fault(h.boss, "setGroupMembership", user), 30002, "groupHandleArray")
}

// permissionXML writes entries of one group: types in turn with whether they are
// allowed.
func permissionXML(field, group string, of ...string) string {
	items := ""
	for i := 0; i < len(of); i += 2 {
		items += "<items>" + groupXML(group) + "<permissionType>" + of[i] + "</permissionType><isAllowed>" + of[i+1] + "</isAllowed><isOverride>false</isOverride></items>"
	}
	return "<" + field + ">" + items + "</" + field + ">"
}

func TestAssetPermissions(t *testing.T) {
	h := newHarness(t)
	readers := h.newGroup("Readers", h.user)
	handle := h.upload(h.user, "x", "a.png", pngOf(t, 4, 3))
	asset := "<assetHandle>" + handle + "</assetHandle>"
	shown := func(u *testUser) (rows []string) {
		for _, item := range list(h.call(u, "getAssets", handlesXML("assetHandleArray", handle)), "assetArray") {
			rows = append(rows, "seen")
			for _, entry := range list(item, "permissions") {
				rows = append(rows, text(entry, "groupHandle")+" "+text(entry, "groupName")+" "+text(entry, "permissionType")+" "+text(entry, "isAllowed")+" "+text(entry, "isOverride"))
			}
		}
		return rows
	}
	same(t, "unrestricted", shown(h.viewer), []string{"seen"})
	h.call(h.boss, "setAssetPermissions", asset+permissionXML("permissionArray", readers, "Read", "true"))
	same(t, "the group", shown(h.user), []string{"seen", readers + " Readers Read true false"})
	same(t, "others", shown(h.viewer), []string(nil))
	h.call(h.boss, "updateAssetPermissions", asset+permissionXML("updateArray", readers, "Write", "true", "Read", "true"))
	same(t, "merged", shown(h.user), []string{"seen", readers + " Readers Read true false", readers + " Readers Write true false"})
	h.call(h.boss, "setAssetPermissions", asset+"<permissionArray/>")
	same(t, "nobody", shown(h.user), []string(nil))
	same(t, "the boss", shown(h.boss), []string{"seen"})
	h.call(h.boss, "removeAssetPermissions", asset)
	h.call(h.boss, "removeAssetPermissions", asset)
	same(t, "inherits", shown(h.viewer), []string{"seen"})
	for name, tt := range map[string]struct {
		who             *testUser
		operation, body string
		code            scene7.Code
	}{
		"no list":            {h.boss, "setAssetPermissions", asset, 30002},
		"no update":          {h.boss, "updateAssetPermissions", asset, 30002},
		"no override":        {h.boss, "setAssetPermissions", asset + "<permissionArray><items>" + groupXML(readers) + "<permissionType>Read</permissionType><isAllowed>true</isAllowed></items></permissionArray>", 30002},
		"unknown permission": {h.boss, "setAssetPermissions", asset + permissionXML("permissionArray", readers, "Fly", "true"), 30001},
		"unknown group":      {h.boss, "setAssetPermissions", asset + permissionXML("permissionArray", "g|99", "Read", "true"), 30001},
		"unknown asset":      {h.boss, "removeAssetPermissions", "<assetHandle>a|99</assetHandle>", 30001},
		"unknown folder":     {h.boss, "removeFolderPermissions", "<folderHandle>f|ApiTestCo1/none/</folderHandle><updateChildren>true</updateChildren>", 30001},
		"no children":        {h.boss, "setFolderPermissions", "<folderHandle>f|ApiTestCo1/x/</folderHandle><permissionArray/>", 30002},
		"an editor":          {h.user, "setAssetPermissions", asset + "<permissionArray/>", 20003},
		"another company":    {h.stranger, "removeAssetPermissions", h.otherCH + asset, 30001},
	} {
		if got := h.fault(tt.who, tt.operation, tt.body); got.Code != tt.code {
			t.Errorf("%s: %d %q, want %d", name, got.Code, got.Reason, tt.code)
		}
	}
}

// The tree names the set that holds for each folder; equal sets are one.
func TestFolderPermissionSets(t *testing.T) {
	h := newHarness(t)
	readers := h.newGroup("Readers", h.user)
	for _, folder := range []string{"a/b", "c"} {
		h.call(h.user, "createFolder", "<folderPath>"+folder+"</folderPath>")
	}
	tree := func() (sets, handles []string) {
		answer := h.call(h.boss, "getFolderTree", "<folderPath>/</folderPath><depth>-1</depth>")
		for _, f := range list(answer, "folders", "subfolderArray") {
			handles = append(handles, text(f, "path")+" "+text(f, "permissionSetHandle"))
			for _, below := range list(f, "subfolderArray") {
				handles = append(handles, text(below, "path")+" "+text(below, "permissionSetHandle"))
			}
		}
		return texts(list(answer, "permissionSetArray"), "permissionSetHandle"), handles
	}
	sets, handles := tree()
	same(t, "none", [][]string{sets, handles}, [][]string{nil, {"ApiTestCo1/a/ ", "ApiTestCo1/a/b/ ", "ApiTestCo1/c/ "}})
	set := func(operation, folder, more string) {
		h.call(h.boss, operation, "<folderHandle>f|ApiTestCo1/"+folder+"/</folderHandle>"+more)
	}
	set("setFolderPermissions", "a", "<setChildren>false</setChildren>"+permissionXML("permissionArray", readers, "Read", "true"))
	set("updateFolderPermissions", "c", "<updateChildren>false</updateChildren>"+permissionXML("updateArray", readers, "Read", "true"))
	sets, handles = tree()
	if len(sets) != 1 {
		t.Fatalf("sets %v", sets)
	}
	same(t, "one set", handles, []string{"ApiTestCo1/a/ " + sets[0], "ApiTestCo1/a/b/ " + sets[0], "ApiTestCo1/c/ " + sets[0]})
	if _, ok := scene7.ParseNumberHandle("pm", sets[0]); !ok {
		t.Errorf("handle %q", sets[0])
	}
	set("removeFolderPermissions", "a", "<updateChildren>false</updateChildren>")
	_, handles = tree()
	same(t, "removed", handles[:2], []string{"ApiTestCo1/a/ ", "ApiTestCo1/a/b/ "})
}
