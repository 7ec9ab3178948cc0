package ipsapi

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/protocol/scene7"
)

// pngOf is a PNG of a size.
func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	img.Set(0, 0, color.Black)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func handlesXML(field string, handles ...string) string {
	return "<" + field + "><items>" + strings.Join(handles, "</items><items>") + "</items></" + field + ">"
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

func wantFault(t *testing.T, got scene7.Fault, code scene7.Code, reason string) {
	t.Helper()
	if got.Code != code || !strings.Contains(got.Reason, reason) {
		t.Errorf("fault %d %q, want %d with %q", got.Code, got.Reason, code, reason)
	}
}

func TestTagDictionary(t *testing.T) {
	h := newHarness(t)
	field := text(h.call(h.boss, "createMetadataField", `<assetType>Asset</assetType><name>Region</name><fieldType>SingleFixedTag</fieldType>`), "fieldHandle")
	same(t, "handle", field, fmt.Sprintf("m|%d|ASSET|Region", h.company.Number))
	ref := "<fieldHandle>" + field + "</fieldHandle>"
	h.call(h.boss, "setTagFieldValues", ref+handlesXML("valueArray", "Nurth", "Suth", "East", "West", "Pineapple", "Banana"))
	h.call(h.boss, "deleteTagFieldValues", ref+handlesXML("valueArray", "Pineapple", "Banana"))
	asset := h.upload(h.user, "x", "a.png", pngOf(t, 4, 3))
	h.call(h.user, "setAssetMetadata", "<assetHandle>"+asset+"</assetHandle><updateArray><items>"+ref+"<value>Nurth</value></items></updateArray>")
	answer := h.call(h.boss, "updateTagFieldValues", ref+`<updateArray>
		<items><oldValue>Nurth</oldValue><newValue>North</newValue></items><items><oldValue>Suth</oldValue><newValue>South</newValue></items>
		<items><oldValue>East</oldValue><newValue>West</newValue></items><items><oldValue>Banana</oldValue><newValue>Pear</newValue></items></updateArray>`)
	same(t, "counts", []string{text(answer, "successCount"), text(answer, "warningCount"), text(answer, "errorCount")}, []string{"2", "0", "2"})
	rows := list(answer, "errorDetailArray")
	same(t, "values", texts(rows, "value"), []string{"East", "Banana"})
	same(t, "codes", texts(rows, "code"), []string{"30001", "30001"})
	same(t, "reasons", texts(rows, "reason"), []string{"New tag value 'West' already exists.", "Tag value 'Banana' not found."})
	if answer.Child("warningDetailArray") != nil {
		t.Error("an empty array of warnings is there")
	}
	values := h.call(h.viewer, "getTagFieldValues", handlesXML("fieldHandleArray", field))
	var dictionary []string
	for _, item := range list(values, "fieldArray")[0].Child("valueArray").Children {
		dictionary = append(dictionary, item.Text)
	}
	same(t, "dictionary", dictionary, []string{"North", "South", "East", "West"})
	shown := list(h.call(h.user, "getAssets", handlesXML("assetHandleArray", asset)), "assetArray")[0]
	same(t, "the asset's tag", texts(list(shown, "metadataArray"), "value"), []string{"North"})
	wantFault(t, h.fault(h.user, "setAssetMetadata", "<assetHandle>"+asset+"</assetHandle><updateArray><items>"+ref+"<value>Up</value></items></updateArray>"), 30001, "dictionary")
	wantFault(t, h.fault(h.user, "setTagFieldValues", ref+handlesXML("valueArray", "x")), 20003, "setTagFieldValues")
}

func TestFolderPermissions(t *testing.T) {
	h := newHarness(t)
	outsider := h.newUser("other@example.com", h.company, "editor", "IpsUser", false)
	group := text(h.call(h.boss, "saveGroup", "<name>Readers</name><isSystemDefined>false</isSystemDefined>"), "groupHandle")
	h.call(h.boss, "addGroupMembers", "<groupHandle>"+group+"</groupHandle>"+handlesXML("userHandleArray", h.user.handle))
	asset := h.upload(h.user, "secret/deep", "a.png", pngOf(t, 4, 3))
	folder := "<folderHandle>f|ApiTestCo1/secret/</folderHandle>"
	h.call(h.boss, "setFolderPermissions", folder+"<setChildren>true</setChildren><permissionArray><items><groupHandle>"+group+
		"</groupHandle><permissionType>Read</permissionType><isAllowed>true</isAllowed><isOverride>false</isOverride></items></permissionArray>")
	seen := func(u *testUser) []string {
		return texts(list(h.call(u, "searchAssets", "<includeSubfolders>true</includeSubfolders>"), "assetArray"), "name")
	}
	same(t, "the group sees", seen(h.user), []string{"a"})
	same(t, "others see", seen(outsider), []string(nil))
	same(t, "others count", text(h.call(outsider, "searchAssets", "<includeSubfolders>true</includeSubfolders>"), "totalRows"), "0")
	tree := h.call(outsider, "getFolderTree", "<folderPath>/</folderPath><depth>-1</depth>")
	same(t, "folders of others", texts(list(tree, "folders", "subfolderArray"), "path"), []string(nil))
	wantFault(t, h.fault(outsider, "renameAsset", "<assetHandle>"+asset+"</assetHandle><newName>b</newName><validateName>true</validateName>"), 20009, "Read")
	wantFault(t, h.fault(h.user, "renameAsset", "<assetHandle>"+asset+"</assetHandle><newName>b</newName><validateName>true</validateName>"), 20009, "Write")
	h.call(h.boss, "removeFolderPermissions", folder+"<updateChildren>true</updateChildren>")
	same(t, "afterwards", seen(outsider), []string{"a"})
}

func TestImageSets(t *testing.T) {
	h := newHarness(t)
	var images []string
	for _, name := range []string{"one.png", "two.png", "three.png"} {
		images = append(images, h.upload(h.user, "x", name, pngOf(t, 4, 3)))
	}
	folder := "<folderHandle>f|ApiTestCo1/x/</folderHandle>"
	set := text(h.call(h.user, "createImageSet", folder+"<name>spin</name><type>SpinSet</type>"), "assetHandle")
	member := func(handle string) string {
		return "<items><assetHandle>" + handle + "</assetHandle><pageReset>false</pageReset></items>"
	}
	for range 3 {
		h.call(h.user, "setImageSetMembers", "<assetHandle>"+set+"</assetHandle><memberArray>"+member(images[2])+member(images[0])+"</memberArray>")
	}
	h.call(h.user, "updateImageSet", "<assetHandle>"+set+"</assetHandle><thumbAssetHandle>"+images[1]+"</thumbAssetHandle>")
	rows := list(h.call(h.viewer, "getImageSetMembers", "<assetHandle>"+set+"</assetHandle>"), "memberArray")
	same(t, "page resets", texts(rows, "pageReset"), []string{"true", "true"})
	same(t, "order", []string{text(rows[0], "asset", "name"), text(rows[1], "asset", "name")}, []string{"three", "one"})
	related := h.call(h.viewer, "getAssociatedAssets", "<assetHandle>"+images[0]+"</assetHandle>")
	same(t, "container", texts(list(related, "containerArray"), "assetHandle"), []string{set})
	same(t, "thumbnail", text(h.call(h.viewer, "getAssociatedAssets", "<assetHandle>"+set+"</assetHandle>"), "thumbAsset", "assetHandle"), images[1])
	wantFault(t, h.fault(h.user, "setImageSetMembers", "<assetHandle>"+set+"</assetHandle><memberArray>"+member(set)+"</memberArray>"), 30001, "itself")
	wantFault(t, h.fault(h.user, "createImageSet", folder+"<name>one</name><type>ImageSet</type>"), 30000, "Asset ID 'one' is already in use.")

	definition := "${getCatalogId([" + images[0] + "])};${getCatalogId([" + images[0] + "])};advanced_image;,${getThumbCatalogId([" + images[2] + "])}"
	media := text(h.call(h.user, "createAssetSet", folder+"<name>media</name><subType>MediaSet</subType><setDefinition>"+definition+"</setDefinition>"), "assetHandle")
	related = h.call(h.viewer, "getAssociatedAssets", "<assetHandle>"+images[0]+"</assetHandle>")
	same(t, "containers", texts(list(related, "containerArray"), "assetHandle"), []string{set, media})
	shown := list(h.call(h.viewer, "getAssets", handlesXML("assetHandleArray", media)), "assetArray")[0]
	same(t, "definition", text(shown, "assetSetInfo", "setDefinition"), definition)
}

func TestZoomTargets(t *testing.T) {
	h := newHarness(t)
	asset := "<assetHandle>" + h.upload(h.user, "x", "a.png", pngOf(t, 40, 30)) + "</assetHandle>"
	target := func(name string) string {
		return "<name>" + name + "</name><xPosition>1</xPosition><yPosition>2</yPosition><width>3</width><height>4</height>"
	}
	h.call(h.user, "setZoomTargets", asset+"<zoomTargetArray><items>"+target("a")+"</items><items>"+target("b")+"</items></zoomTargetArray>")
	for _, name := range []string{"c", "d", "e"} {
		h.call(h.user, "saveZoomTarget", asset+target(name))
	}
	wantFault(t, h.fault(h.user, "saveZoomTarget", asset+target("f")), 30001, "limit is 5")
	handle := strings.TrimSuffix(strings.TrimPrefix(asset, "<assetHandle>"), "</assetHandle>")
	targets := list(list(h.call(h.user, "getAssets", handlesXML("assetHandleArray", handle)), "assetArray")[0], "imageInfo", "zoomTargets")
	same(t, "targets", texts(targets, "name"), []string{"a", "b", "c", "d", "e"})
	same(t, "positions", texts(targets, "position"), []string{"0", "1", "2", "3", "4"})
	h.call(h.user, "deleteZoomTarget", "<zoomTargetHandle>"+text(targets[1], "zoomTargetHandle")+"</zoomTargetHandle>")
	targets = list(list(h.call(h.user, "getAssets", handlesXML("assetHandleArray", handle)), "assetArray")[0], "imageInfo", "zoomTargets")
	same(t, "positions close up", texts(targets, "position"), []string{"0", "1", "2", "3"})
}

func TestDerivedAssetsGoWithTheirOwner(t *testing.T) {
	h := newHarness(t)
	owner := h.upload(h.user, "x", "a.png", pngOf(t, 4, 3))
	view := text(h.call(h.user, "createDerivedAsset", "<ownerHandle>"+owner+"</ownerHandle><folderHandle>f|ApiTestCo1/x/</folderHandle><name>view</name><type>AdjustedView</type>"), "assetHandle")
	state := func(handle string) string {
		return text(list(h.call(h.user, "getAssets", handlesXML("assetHandleArray", handle)), "assetArray")[0], "trashState")
	}
	h.call(h.user, "deleteAsset", "<assetHandle>"+owner+"</assetHandle>")
	same(t, "in the trash", []string{state(owner), state(view)}, []string{"InTrash", "InTrash"})
	h.call(h.user, "restoreAssetsFromTrash", handlesXML("assetHandleArray", owner))
	same(t, "restored", []string{state(owner), state(view)}, []string{"NotInTrash", "NotInTrash"})
}

func TestPasswords(t *testing.T) {
	h := newHarness(t)
	wantFault(t, h.fault(h.user, "setPassword", "<password>onlylower1</password>"), 30001, "upper-case")
	wantFault(t, h.fault(h.boss, "setPassword", "<userHandle>"+h.user.handle+"</userHandle><password>Good-pass1</password>"), 20007, "another user")
	generated := text(h.call(h.user, "generatePassword", ""), "password")
	h.call(h.user, "setPassword", "<password>"+generated+"</password>")
	wantFault(t, h.fault(h.user, "getUserInfo", ""), 10001, "Invalid username/password")
}

func TestSinglePropertySets(t *testing.T) {
	h := newHarness(t)
	kind := text(h.call(h.boss, "createPropertySetType", h.ch+"<name>Prefs</name><propertyType>UserProperty</propertyType><allowMultiple>false</allowMultiple>"), "typeHandle")
	create := func(value string) string {
		return text(h.call(h.boss, "createPropertySet", "<typeHandle>"+kind+"</typeHandle><primaryOwnerHandle>"+h.user.handle+
			"</primaryOwnerHandle><propertyArray><items><name>n</name><value>"+value+"</value></items></propertyArray>"), "setHandle")
	}
	create("1")
	second := create("2")
	sets := list(h.call(h.user, "getPropertySets", "<typeHandle>"+kind+"</typeHandle><primaryOwnerHandle>"+h.user.handle+"</primaryOwnerHandle>"), "setArray")
	same(t, "sets", texts(sets, "setHandle"), []string{second})
	types := h.call(h.user, "getPropertySetTypes", " ")
	if names := texts(list(types, "typeArray"), "name"); len(names) == 0 {
		t.Error("no types")
	}
}

func TestThumbnailBatch(t *testing.T) {
	h := newHarness(t)
	one, two := h.upload(h.user, "x", "one.png", pngOf(t, 4, 3)), h.upload(h.user, "x", "two.png", pngOf(t, 4, 3))
	font := h.upload(h.user, "x", "f.ttf", []byte("\x00\x01\x00\x00 no font"))
	item := func(asset, thumb string) string {
		return "<items><assetHandle>" + asset + "</assetHandle><thumbAssetHandle>" + thumb + "</thumbAssetHandle></items>"
	}
	answer := h.call(h.user, "batchSetThumbAsset", "<updateArray>"+item(one, two)+item(two, font)+"</updateArray>")
	same(t, "counts", []string{text(answer, "successCount"), text(answer, "errorCount")}, []string{"1", "1"})
	same(t, "code", texts(list(answer, "errorDetailArray"), "code"), []string{"30001"})
}
