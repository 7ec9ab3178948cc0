package ipsapi

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// times repeats an item of an array; %d in it is its number, from 0.
func times(n int, item string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(item, "%d", fmt.Sprint(i)))
	}
	return b.String()
}

func long(n int) string { return strings.Repeat("x", n) }

// beyond is a request of one more than may be, and the numbers that its fault names: what was sent, and the limit.
type beyond struct {
	operation, inner string
	code             scene7.Code
	sent, limit      int
}

// Each limit of the operations is a fault that names the limit and what was sent (contract section 11, and the sections
// that docs/protocols/scene7-operations.md cites for each).
func TestLimitsAreNamed(t *testing.T) {
	h := newHarness(t, jobWork)
	image := h.upload(h.user, "x", "a.png", pngOf(t, 40, 30))
	on := "<assetHandle>" + image + "</assetHandle>"
	set := "<assetHandle>" + text(h.call(h.user, "createImageSet", "<folderHandle>f|ApiTestCo1/x/</folderHandle><name>set</name><type>ImageSet</type>"), "assetHandle") + "</assetHandle>"
	field := "<fieldHandle>" + text(h.call(h.boss, "createMetadataField", "<assetType>Asset</assetType><name>tags</name><fieldType>MultiTag</fieldType>"), "fieldHandle") + "</fieldHandle>"
	kind := "<typeHandle>" + text(h.call(h.boss, "createPropertySetType", "<name>kind</name><propertyType>CompanyProperty</propertyType><allowMultiple>true</allowMultiple>"), "typeHandle") + "</typeHandle>"
	member := "<items><assetHandle>a|%d1</assetHandle><pageReset>false</pageReset></items>"
	job := func(element, inner string) string {
		return "<jobName>n</jobName><" + element + ">" + inner + "<emailSetting>None</emailSetting></" + element + ">"
	}
	handles := func(n int) string {
		return "<assetHandleArray>" + times(n, "<items>a|%d1</items>") + "</assetHandleArray>"
	}
	search := func(condition string) string {
		return "<includeSubfolders>true</includeSubfolders><systemFieldConditionArray>" + condition + "</systemFieldConditionArray>"
	}
	condition := func(value string) string {
		return "<items><field>Name</field><op>Equals</op><value>" + value + "</value></items>"
	}
	urls := func(n int, url string) string {
		return strings.Replace("<jobName>n</jobName>"+urlsJob, "<items><sourceUrl>http://x/1.rtf</sourceUrl>", times(n, "<items><sourceUrl>"+url+"</sourceUrl><destPath>b/%d.rtf</destPath></items>")+"<items><sourceUrl>http://x/1.rtf</sourceUrl>", 1)
	}
	crop := "<items><cropName>c%d</cropName><cropRect><leftN>0</leftN><topN>0</topN><widthN>1</widthN><heightN>1</heightN></cropRect><cropWidth>4</cropWidth><cropHeight>3</cropHeight></items>"
	for name, b := range map[string]beyond{
		"URLs of an invalidation":         {"cdnCacheInvalidation", "<urlArray>" + times(1001, "<items>http://x/%d</items>") + "</urlArray>", 30001, 1001, 1000},
		"copies of its letter":            {"cdnCacheInvalidation", "<confirmation><ccOriginator>false</ccOriginator><ccOthersArray>" + times(6, "<items>a%d@example.com</items>") + "</ccOthersArray></confirmation><urlArray><items>http://x/</items></urlArray>", 30001, 6, 5},
		"assets of a job for sets":        {"submitJob", job("automatedSetGenerationJob", handles(1001)+"<autoSetCreationOptions/><readyForPublish>true</readyForPublish>"), 30001, 1001, 1000},
		"assets of another job":           {"submitJob", job("reprocessAssetsJob", handles(10_001)+"<createMask>false</createMask>"), 30001, 10_001, 10_000},
		"files that are fetched":          {"submitJob", urls(9999, "http://x/f"), 30001, 10_001, 10_000},
		"an address":                      {"submitJob", urls(1, "http://x/"+long(8184)), 30001, 8193, 8192},
		"a name of a job":                 {"submitJob", strings.Replace(job("reprocessAssetsJob", handles(1)+"<createMask>false</createMask>"), ">n<", ">"+long(1025)+"<", 1), 30001, 1025, 1024},
		"a name of an upload":             {"uploadPost", "<jobName>" + long(1025) + "</jobName>", 30001, 1025, 1024},
		"members of a set":                {"setImageSetMembers", set + "<memberArray>" + times(1001, member) + "</memberArray>", 30001, 1001, 1000},
		"an asset in a set":               {"setImageSetMembers", set + "<memberArray>" + times(21, strings.Replace(member, "a|%d1", image, 1)) + "</memberArray>", 30001, 21, 20},
		"zoom targets":                    {"setZoomTargets", on + "<zoomTargetArray>" + times(6, "<items><name>z</name><xPosition>1</xPosition><yPosition>2</yPosition><width>3</width><height>4</height></items>") + "</zoomTargetArray>", 30001, 6, 5},
		"image maps":                      {"setImageMaps", on + "<imageMapArray>" + times(1001, "<items><name>m</name><region>1,2,3,4</region><action>href=\"x\"</action><shapeType>Rectangle</shapeType></items>") + "</imageMapArray>", 30001, 1001, 1000},
		"handles of a request":            {"getAssets", handles(10_001), 30001, 10_001, 10_000},
		"conditions of a search":          {"searchAssets", search(times(65, condition("v"))), 30001, 65, 64},
		"value of a condition":            {"searchAssets", search(condition(long(65_537))), 30001, 65_537, 65_536},
		"a folder's name":                 {"createFolder", "<folderPath>" + long(256) + "</folderPath>", 30001, 256, 255},
		"depth of folders":                {"createFolder", "<folderPath>" + strings.Repeat("a/", 65) + "</folderPath>", 30001, 65, 64},
		"an asset's name":                 {"renameAsset", on + "<newName>" + long(256) + "</newName><validateName>true</validateName>", 30001, 256, 255},
		"a project's name":                {"createProject", "<projectName>" + long(256) + "</projectName>", 30001, 256, 255},
		"tags of a field":                 {"addTagFieldValues", field + "<valueArray>" + times(10_001, "<items>t%d</items>") + "</valueArray>", 30001, 10_001, 10_000},
		"properties of a set":             {"createPropertySet", kind + "<primaryOwnerHandle>c|1</primaryOwnerHandle><propertyArray>" + times(2001, "<items><name>p%d</name><value>v</value></items>") + "</propertyArray>", 30001, 2001, 2000},
		"URL commands of a preset":        {"saveImageFormat", "<name>f</name><urlModifier>" + long(65_537) + "</urlModifier>", 30001, 65_537, 65_536},
		"companies of a user":             {"addCompanyMembership", "<userHandle>" + h.user.handle + "</userHandle><membershipArray>" + times(1001, "<items><companyHandle>c|1</companyHandle><role>IpsUser</role><isActive>true</isActive></items>") + "</membershipArray>", 30001, 1001, 1000},
		"a login":                         {"addUser", "<firstName>a</firstName><lastName>b</lastName><email>" + long(309) + "@example.com</email><password>Some-password-77</password><isValid>true</isValid><membershipArray><items><companyHandle>c|1</companyHandle><role>IpsUser</role><isActive>true</isActive></items></membershipArray>", 30001, 321, 320},
		"a company's name":                {"addCompany", "<companyName>" + long(101) + "</companyName>", 30001, 101, 100},
		"users of a page":                 {"getUsers", "<includeInvalid>true</includeInvalid><includeInactive>true</includeInactive><recordsPerPage>1001</recordsPerPage>", 30001, 1001, 1000},
		"an index of fields of an answer": {"getAssets", handles(1) + "<responseFieldArray>" + times(4097, "<items>a</items>") + "</responseFieldArray>", 30001, 4097, 4096},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			f := h.fault(h.admin, b.operation, b.inner)
			if f.Code != b.code || !strings.Contains(f.Reason, fmt.Sprint(b.sent)) || !strings.Contains(f.Reason, fmt.Sprint(b.limit)) {
				t.Errorf("fault %d %.300q names not both %d and %d", f.Code, f.Reason, b.sent, b.limit)
			}
		})
	}
	// Operations with counts refuse item by item.
	h.t = t
	answer := h.call(h.user, "addSmartCrops", "<ownerHandle>"+image+"</ownerHandle><addArray>"+times(101, crop)+"</addArray>")
	reason := text(list(answer, "errorDetailArray")[0], "reason")
	if text(answer, "successCount") != "100" || text(answer, "errorCount") != "1" || !strings.Contains(reason, "has 100 crops, the limit is 100") {
		t.Errorf("%s crops, %s errors: %s", text(answer, "successCount"), text(answer, "errorCount"), reason)
	}
}

// What is just within the limits is done.
func TestWithinTheLimits(t *testing.T) {
	h := newHarness(t, jobWork)
	image := h.upload(h.user, "x", "a.png", pngOf(t, 40, 30))
	set := "<assetHandle>" + text(h.call(h.user, "createImageSet", "<folderHandle>f|ApiTestCo1/x/</folderHandle><name>set</name><type>ImageSet</type>"), "assetHandle") + "</assetHandle>"
	h.call(h.user, "setImageSetMembers", set+"<memberArray>"+times(20, "<items><assetHandle>"+image+"</assetHandle><pageReset>false</pageReset></items>")+"</memberArray>")
	h.call(h.boss, "cdnCacheInvalidation", "<urlArray>"+times(1000, "<items>http://x/%d</items>")+"</urlArray>")
	h.call(h.user, "createFolder", "<folderPath>"+strings.Repeat("a/", 64)+"</folderPath>")
	h.call(h.user, "createFolder", "<folderPath>"+long(255)+"</folderPath>")
	h.call(h.user, "submitJob", "<jobName>"+long(1024)+"</jobName><reprocessAssetsJob><assetHandleArray><items>"+image+"</items></assetHandleArray><createMask>false</createMask><emailSetting>None</emailSetting></reprocessAssetsJob>")
	h.call(h.user, "searchAssets", "<includeSubfolders>true</includeSubfolders><systemFieldConditionArray>"+times(64, "<items><field>Name</field><op>Equals</op><value>v</value></items>")+"</systemFieldConditionArray>")
}

// Pages of searches and logs have at most 1,000 records, those of searches for the short fields 10,000; more that is
// asked for is cut to that (contract section 11), and the next page goes on there.
func TestPagesAreCut(t *testing.T) {
	h := newHarness(t)
	in := h.engine.NewIntake()
	defer in.Close()
	delivery := engine.Delivery{
		Company: h.company.Number, Address: "192.0.2.7", End: true,
		Open: &engine.JobSpec{Door: ingest.DoorScene7, Name: "many", Client: "test", Address: "192.0.2.7", Processing: ingest.Processing{Overwrite: true}},
	}
	for i := range 1001 {
		spool, err := in.Receive(context.Background(), bytes.NewReader(fmt.Append(nil, "rtf", i)), -1)
		h.ok(err)
		delivery.Files = append(delivery.Files, engine.Incoming{Spool: spool, Folder: "many", FileName: fmt.Sprintf("f%04d.rtf", i)})
	}
	_, _, err := h.engine.Deliver(context.Background(), h.user.principal, in, delivery)
	h.ok(err)
	found := func(inner string) (names []string) {
		return texts(list(h.call(h.user, "searchAssets", "<includeSubfolders>true</includeSubfolders>"+inner+"<sortBy>Name</sortBy>"), "assetArray"), "name")
	}
	short := "<responseFieldArray><items>assetArray/items/name</items></responseFieldArray>"
	same(t, "assets of a page without a size", len(found("")), 1000)
	same(t, "assets of a page that is too large", len(found("<recordsPerPage>5000</recordsPerPage>")), 1000)
	same(t, "the next page", found("<recordsPerPage>5000</recordsPerPage><resultsPage>2</resultsPage>"), []string{"f1000"})
	answer := h.call(h.user, "searchAssets", "<includeSubfolders>true</includeSubfolders><recordsPerPage>5000</recordsPerPage>"+short)
	same(t, "short records of a page", len(list(answer, "assetArray")), 1001)

	rows := func(inner string) int {
		return len(list(list(h.call(h.user, "getJobLogDetails", "<originalName>many</originalName>"+inner), "jobLogArray")[0], "detailArray"))
	}
	same(t, "rows of a page", []int{rows(""), rows("<recordsPerPage>1001</recordsPerPage>"), rows("<recordsPerPage>5000</recordsPerPage><resultsPage>2</resultsPage>")}, []int{1000, 1000, 6})
}

// A list of logs has at most 1,000, the newest ones.
func TestListOfLogsIsCut(t *testing.T) {
	h := newHarness(t)
	h.ok(h.store.Update(context.Background(), func(tx ingest.Tx) error {
		for i := range 1001 {
			j := &ingest.Job{Company: h.company.Number, UUID: id.New(), Door: ingest.DoorScene7, Kind: ingest.JobUpload, Name: fmt.Sprint("j", i), OriginalName: fmt.Sprint("j", i), User: h.user.number, State: ingest.JobDone, Created: h.now()}
			if err := tx.CreateJob(j); err != nil {
				return err
			}
		}
		return nil
	}))
	for _, inner := range []string{"", "<numRows>1001</numRows>"} {
		logs := texts(list(h.call(h.user, "getJobLogs", inner), "jobLogArray"), "originalJobName")
		if len(logs) != 1000 || logs[0] != "j1000" {
			t.Errorf("%q: %d logs, the first is %s", inner, len(logs), logs[0])
		}
	}
}

// A tree has at most 100,000 folders (contract section 11). The limit is for what is answered: clients that ask for one
// folder before each upload are not concerned, however many lie below it.
func TestTreesOfManyFolders(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: left out by -short")
	}
	h := newHarness(t)
	h.call(h.user, "createFolder", "<folderPath>many</folderPath>")
	h.ok(h.store.Update(context.Background(), func(tx ingest.Tx) error {
		parent, err := tx.Folder(h.company.Number, "many/")
		for i := 0; i < 100_000 && err == nil; i++ {
			err = tx.CreateFolder(&ingest.Folder{UUID: id.New(), Company: h.company.Number, Parent: parent.Number, Path: fmt.Sprintf("many/%d/", i), Created: h.now(), Modified: h.now()})
		}
		return err
	}))
	f := h.fault(h.user, "getFolderTree", "<depth>-1</depth>")
	wantFault(t, f, 30000, "has 100002 folders, the limit is 100000")
	wantFault(t, h.fault(h.user, "getFolders", ""), 30000, "the limit is 100000")
	for path, has := range map[string]string{"": "true", "many": "true", "many/7": "false"} {
		folder := h.call(h.user, "getFolderTree", "<folderPath>"+path+"</folderPath><depth>0</depth>").Child("folders")
		same(t, "folders below "+path, text(folder, "hasSubfolders"), has)
		same(t, "those that are answered", len(list(folder, "subfolderArray")), 0)
	}
	folder := h.call(h.user, "getFolderTree", "<depth>1</depth>").Child("folders")
	same(t, "folders of the first level", texts(list(folder, "subfolderArray"), "hasSubfolders"), []string{"true"})
}

// A company has at most 2,000 metadata fields.
func TestMetadataFieldsOfACompany(t *testing.T) {
	h := newHarness(t)
	h.ok(h.store.Update(context.Background(), func(tx ingest.Tx) error {
		for i := range 1999 {
			name := fmt.Sprint("field", i)
			data := fmt.Appendf(nil, `{"assetType":"Asset","name":%q,"type":"String"}`, name)
			d := &ingest.Document{UUID: id.New(), Company: h.company.Number, Kind: ingest.DocMetadataField, Key: "ASSET|" + name, Name: name, Data: data, Created: h.now(), Modified: h.now()}
			if err := tx.CreateDocument(d); err != nil {
				return err
			}
		}
		return nil
	}))
	field := func(name string) string {
		return "<assetType>Asset</assetType><name>" + name + "</name><fieldType>String</fieldType>"
	}
	h.call(h.boss, "createMetadataField", field("the last"))
	wantFault(t, h.fault(h.boss, "createMetadataField", field("one more")), 30000, "has 2000 metadata fields, the limit is 2000")
}
