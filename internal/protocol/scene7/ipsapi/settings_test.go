package ipsapi

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"sluice/internal/wire/xmp"
)

func packed(t *testing.T, values map[string]string) string {
	t.Helper()
	packet := xmp.New()
	for name, value := range values {
		if err := packet.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	return base64.StdEncoding.EncodeToString(xmp.Pack(packet.Bytes()))
}

func TestXMPPackets(t *testing.T) {
	h := newHarness(t)
	asset := h.upload(h.user, "x", "a.png", pngOf(t, 4, 3))
	ref := "<assetHandle>" + asset + "</assetHandle>"
	h.call(h.user, "updateXMPPacket", ref+"<compressedPacket>"+packed(t, map[string]string{"dc.title": "Brown Boot", "dc.description": "warm", "dc.subject": "shoe"})+"</compressedPacket>")
	values := func() map[string][]string {
		data, err := base64.StdEncoding.DecodeString(text(h.call(h.viewer, "getXMPPacket", ref), "compressedPacket"))
		h.ok(err)
		document, err := xmp.Unpack(data)
		h.ok(err)
		packet, err := xmp.Parse(document)
		h.ok(err)
		return packet.Values()
	}
	same(t, "packet", values(), map[string][]string{"dc.title": {"Brown Boot"}, "dc.description": {"warm"}, "dc.subject": {"shoe"}})
	search := func(key, op, value string, sensitive bool) []string {
		return texts(list(h.call(h.viewer, "searchAssetsByMetadata", fmt.Sprintf("<metadataConditionArray><items><fieldHandle>%s</fieldHandle><op>%s</op><caseSensitive>%t</caseSensitive><value>%s</value></items></metadataConditionArray>",
			key, op, sensitive, value)), "assetSummaryArray"), "assetHandle")
	}
	same(t, "by title", search("dc.title", "Contains", "BOOT", false), []string{asset})
	same(t, "with case", search("dc.title", "Contains", "BOOT", true), []string(nil))
	shown := list(h.call(h.viewer, "getAssets", handlesXML("assetHandleArray", asset)), "assetArray")[0]
	same(t, "description", text(shown, "imageInfo", "description"), "warm")

	template := text(h.call(h.boss, "createCompanyMetadata", "<xtype>template</xtype><xname>t</xname><metadata>"+packed(t, map[string]string{"dc.title": "ACME", "photoshop.City": "Bonn"})+"</metadata>"), "xid")
	apply := func(handles ...string) string {
		return handlesXML("assetHandleArray", handles...) + "<templateId>" + template + "</templateId>"
	}
	wantFault(t, h.fault(h.user, "applyMetadataTemplate", apply(asset, "a|999")), 30001, "999")
	same(t, "nothing changed", values()["dc.title"], []string{"Brown Boot"})
	h.call(h.user, "applyMetadataTemplate", apply(asset))
	same(t, "applied", values(), map[string][]string{"dc.title": {"ACME"}, "dc.description": {"warm"}, "dc.subject": {"shoe"}, "photoshop.City": {"Bonn"}})
	counts := list(h.call(h.viewer, "getDistinctMetadataValues", "<metadataKey>dc.title</metadataKey>"), "valueArray")
	same(t, "distinct", texts(counts, "value"), []string{"ACME"})
	wantFault(t, h.fault(h.user, "updateXMPPacket", ref+"<compressedPacket>AAAA</compressedPacket>"), 30001, "packet")
}

func TestDefaultsOfMetadata(t *testing.T) {
	h := newHarness(t)
	first, second := h.upload(h.user, "x", "a.png", pngOf(t, 4, 3)), h.upload(h.user, "x", "b.png", pngOf(t, 4, 3))
	field := text(h.call(h.boss, "createMetadataField", "<assetType>Image</assetType><name>Count</name><fieldType>Int</fieldType><defaultValue>5</defaultValue><isEnforced>true</isEnforced>"), "fieldHandle")
	set := func(value string) string {
		return "<assetHandle>" + first + "</assetHandle><updateArray><items><fieldHandle>" + field + "</fieldHandle>" + value + "</items></updateArray>"
	}
	h.call(h.user, "setAssetMetadata", set("<longVal>7</longVal>"))
	wantFault(t, h.fault(h.user, "setAssetMetadata", set("<value>many</value>")), 30001, "Int")
	search := func(op, value string) []string {
		return texts(list(h.call(h.viewer, "searchAssets", "<includeSubfolders>true</includeSubfolders><metadataConditionArray><items><fieldHandle>"+field+"</fieldHandle><op>"+op+"</op>"+value+"</items></metadataConditionArray>"), "assetArray"), "assetHandle")
	}
	same(t, "by default", search("LessThan", "<longVal>6</longVal>"), []string{second})
	same(t, "by value", search("GreaterThan", "<longVal>6</longVal>"), []string{first})
	same(t, "not the default", search("NotEquals", "<longVal>5</longVal>"), []string{first})
	shown := list(h.call(h.viewer, "getAssets", handlesXML("assetHandleArray", first, second)), "assetArray")
	same(t, "shown", []string{text(shown[0], "metadataArray", "items", "longVal"), text(shown[1], "metadataArray", "items", "longVal")}, []string{"7", "5"})
	same(t, "unique values leave the default out", texts([]*element{h.call(h.viewer, "getUniqueMetadataValues", "<fieldHandle>"+field+"</fieldHandle>").Child("values")}, "items"), []string{"7"})
	wantFault(t, h.fault(h.boss, "createMetadataField", "<assetType>Asset</assetType><name>Count</name><fieldType>Int</fieldType>"), 30000, "Count")
	wantFault(t, h.fault(h.boss, "createMetadataField", "<assetType>Image</assetType><name>Tags</name><fieldType>MultiTag</fieldType><defaultValue>x</defaultValue>"), 30001, "default")
	h.call(h.user, "deleteAssetMetadata", "<assetHandle>"+first+"</assetHandle><deleteArray><items><fieldHandle>"+field+"</fieldHandle></items></deleteArray>")
	same(t, "after deleting", len(search("Equals", "<longVal>5</longVal>")), 2)
	h.call(h.boss, "deleteMetadataField", "<fieldHandle>"+field+"</fieldHandle>")
	wantFault(t, h.fault(h.user, "setAssetMetadata", set("<longVal>7</longVal>")), 30001, "Count")
}

func TestStoredThings(t *testing.T) {
	h := newHarness(t)
	preset := text(h.call(h.user, "saveImageFormat", "<name>Small</name><urlModifier>?wid=1&amp;hei=2</urlModifier>"), "imageFormatHandle")
	same(t, "modifier", texts(list(h.call(h.viewer, "getImageFormats", ""), "imageFormatArray"), "urlModifier"), []string{"wid=1&hei=2"})
	wantFault(t, h.fault(h.user, "saveImageFormat", "<name>SMALL</name><urlModifier>wid=1</urlModifier>"), 30000, "in use")
	h.call(h.user, "deleteImageFormat", "<imageFormatHandle>"+preset+"</imageFormatHandle>")
	wantFault(t, h.fault(h.user, "deleteImageFormat", "<imageFormatHandle>"+preset+"</imageFormatHandle>"), 30001, "image-preset")

	viewer := text(h.call(h.boss, "createViewerPreset", "<folderHandle>f|ApiTestCo1/</folderHandle><name>Big</name><type>Spin</type>"), "viewerPresetHandle")
	ref := "<assetHandle>" + viewer + "</assetHandle>"
	h.call(h.boss, "updateViewerConfigSettings", ref+"<configSettingArray><items><name>a</name><value>1</value></items><items><name>b</name></items></configSettingArray>")
	h.call(h.boss, "updateViewerConfigSettings", ref+"<configSettingArray><items><name>a</name><value>2</value></items></configSettingArray>")
	settings := h.call(h.boss, "getViewerConfigSettings", ref)
	same(t, "type", text(settings, "type"), "Spin")
	same(t, "settings", texts(list(settings, "configSettingArray"), "value"), []string{"2", ""})

	settingsOf := func(namesAndValues string) []string {
		h.call(h.boss, "setImageServingPublishSettings", "<publishSettingArray>"+namesAndValues+"</publishSettingArray>")
		return texts(list(h.call(h.boss, "getImageServingPublishSettings", ""), "publishSettingArray"), "name")
	}
	same(t, "publish settings", settingsOf("<items><name>a</name><value>1</value></items><items><name>b</name><value>2</value></items>"), []string{"a", "b"})
	same(t, "one without value goes", settingsOf("<items><name>a</name></items><items><name>c</name><value>3</value></items>"), []string{"b", "c"})

	schema := base64.StdEncoding.EncodeToString(xmp.Pack([]byte(`<schema xmlns="urn:one"/>`)))
	same(t, "no schema", text(h.call(h.viewer, "getMetadataSchema", "<version>0</version>"), "version"), "0")
	for range 2 {
		h.call(h.boss, "saveMetadataSchema", "<contentType>text/xml</contentType><compressedSchema>"+schema+"</compressedSchema>")
	}
	same(t, "version", text(h.call(h.viewer, "getMetadataSchema", "<version>9</version>"), "version"), "2")
	same(t, "removed", text(h.call(h.boss, "removeMetadataSchema", "<schemaNamespace>urn:one</schemaNamespace>"), "success"), "true")
	same(t, "removed twice", text(h.call(h.boss, "removeMetadataSchema", "<schemaNamespace>urn:one</schemaNamespace>"), "success"), "false")

	figures := "<baseStorage>10 TB</baseStorage><mediaSupport>true</mediaSupport>"
	h.call(h.admin, "setCompanyUPPProperties", figures)
	h.call(h.admin, "setCompanyUPPProperties", "<vpm>3</vpm>")
	properties := h.call(h.boss, "getCompanyUPPProperties", "").Child("properties")
	same(t, "figures", []string{text(properties, "baseStorage"), text(properties, "vpm"), text(properties, "mediaSupport")}, []string{"10 TB", "3", "true"})
	wantFault(t, h.fault(h.boss, "setCompanyUPPProperties", figures), 20003, "setCompanyUPPProperties")
}

func TestSmartCrops(t *testing.T) {
	h := newHarness(t)
	image := h.upload(h.user, "x", "a.png", pngOf(t, 200, 100))
	crop := func(name string, left, width float64) string {
		return fmt.Sprintf("<items><cropWidth>100</cropWidth><cropHeight>100</cropHeight><cropName>%s</cropName><cropRect><leftN>%v</leftN><topN>0</topN><widthN>%v</widthN><heightN>1</heightN></cropRect></items>", name, left, width)
	}
	answer := h.call(h.user, "addSmartCrops", "<ownerHandle>"+image+"</ownerHandle><addArray>"+crop("one", 0.1, 0.5)+crop("one", 0, 0.5)+crop("two", 0.6, 0.5)+"</addArray>")
	same(t, "counts", []string{text(answer, "successCount"), text(answer, "errorCount")}, []string{"1", "2"})
	same(t, "rows", texts(list(answer, "errorDetailArray"), "code"), []string{"30000", "30001"})
	subAssets := func() []*element {
		return list(h.call(h.viewer, "getAssociatedAssets", "<assetHandle>"+image+"</assetHandle>"), "subAssetArray")
	}
	handle := text(subAssets()[0], "subAssetHandle")
	h.call(h.user, "updateSmartCrops", "<updateArray><items><ownerHandle>"+image+"</ownerHandle><subAssetHandle>"+handle+"</subAssetHandle></items></updateArray>")
	rect := subAssets()[0].Child("smartCrop").Child("cropRect")
	same(t, "centred", []string{text(rect, "leftN"), text(rect, "topN"), text(rect, "widthN"), text(rect, "heightN")}, []string{"0.25", "0.0", "0.5", "1.0"})
	h.call(h.user, "deleteSubAssets", "<subAssetArray><items><ownerHandle>"+image+"</ownerHandle><subAssetHandle>"+handle+"</subAssetHandle></items></subAssetArray>")
	same(t, "deleted", len(subAssets()), 0)
}

func TestMembers(t *testing.T) {
	h := newHarness(t)
	add := func(email, role string) string {
		return "<firstName>F</firstName><lastName>L</lastName><email>" + email + "</email><defaultRole>IpsUser</defaultRole><password>longenough1</password><isValid>true</isValid><isIpsAdmin>false</isIpsAdmin>" +
			"<membershipArray><items>" + h.ch + "<role>" + role + "</role><isActive>true</isActive></items></membershipArray>"
	}
	user := text(h.call(h.boss, "addUser", add("new@example.com", "ImagePortalUser")), "userHandle")
	wantFault(t, h.fault(h.boss, "addUser", add("NEW@example.com", "IpsUser")), 30000, "exists")
	wantFault(t, h.fault(h.boss, "addUser", add("evil@example.com", "IpsAdmin")), 20005, "IpsAdmin")
	wantFault(t, h.fault(h.boss, "addUser", add("nobody", "IpsUser")), 30001, "e-mail")
	wantFault(t, h.fault(h.boss, "addUser", add("king@example.com", "King")), 30001, "King")
	members := list(h.call(h.boss, "getCompanyMembers", ""), "memberArray")
	same(t, "roles", texts(members, "role"), []string{"IpsCompanyAdmin", "IpsUser", "ImagePortalUser", "ImagePortalUser"})
	wantFault(t, h.fault(h.boss, "removeCompanyMembership", handlesXML("companyHandleArray", companyHandle(h.company.Number))), 30002, "userHandle is required")
	wantFault(t, h.fault(h.boss, "removeCompanyMembership", "<userHandle>"+h.boss.handle+"</userHandle>"+handlesXML("companyHandleArray", companyHandle(h.company.Number))), 30000, "administrator")
	h.call(h.boss, "removeCompanyMembership", "<userHandle>"+user+"</userHandle>"+handlesXML("companyHandleArray", companyHandle(h.company.Number)))
	same(t, "one less", len(list(h.call(h.boss, "getCompanyMembers", ""), "memberArray")), 3)
	same(t, "characters", texts([]*element{h.call(h.boss, "getUserChars", "<charField>Email</charField>").Child("userCharsArray")}, "items"), []string{"b"})
	if company := h.call(h.admin, "addCompany", "<companyName>Acme West</companyName><expires>2020-01-01T00:00:00Z</expires>").Child("companyInfo"); text(company, "rootPath") != "Acme West/" {
		t.Errorf("company %+v", company)
	}
	wantFault(t, h.fault(h.admin, "addCompany", "<companyName>ACME west</companyName>"), 30000, "exists")
	same(t, "expired", strings.Contains(strings.Join(texts(list(h.call(h.admin, "getAllCompanies", "<includeExpired>false</includeExpired>"), "companyArray"), "name"), " "), "Acme"), false)
}
