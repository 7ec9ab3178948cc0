package ipsapi

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmltree"
)

// jobWork lets clients submit all kinds of jobs.
func jobWork(c *engine.Config) {
	c.ServerName = "media.test"
	c.CheckURL = func(url string) error {
		if !strings.HasPrefix(url, "http://") {
			return &ingest.Error{Kind: ingest.Invalid, Msg: "the address is not http"}
		}
		return nil
	}
	c.CheckDirectory = func(path string) error {
		if path != "drop" {
			return &ingest.Error{Kind: ingest.Invalid, Msg: "not a directory of uploads"}
		}
		return nil
	}
}

// steps carries out the queued steps of jobs and what follows from them. Every
// address has a file; exports hold nothing.
func (h *harness) steps() {
	h.t.Helper()
	ctx := h.t.Context()
	for {
		tasks, err := engine.JobSteps{Engine: h.engine}.ClaimTasks(ctx, 100)
		h.ok(err)
		for _, t := range tasks {
			in := h.engine.NewIntake()
			switch t.Kind {
			case ingest.TaskPublish:
				h.ok(h.engine.PublishStep(ctx, t))
			case ingest.TaskReplan:
				h.ok(h.engine.ReplanStep(ctx, t))
			case ingest.TaskDirectory:
				h.ok(h.engine.ExpandDirectory(ctx, t, []engine.DirectoryFile{{From: "drop/d.txt", Path: "d.rtf"}}, false))
			case ingest.TaskExport:
				work, err := h.engine.ExportWork(ctx, t)
				h.ok(err)
				spool, err := in.Receive(ctx, strings.NewReader("PK"), -1)
				h.ok(err)
				h.ok(h.engine.FinishExport(ctx, t, in, spool, work))
			default:
				spool, err := in.Receive(ctx, strings.NewReader("{\\rtf"), -1)
				h.ok(err)
				h.ok(h.engine.DeliverStep(ctx, t, in, spool, "fetched.rtf"))
			}
			in.Close()
		}
		h.process()
		if len(tasks) == 0 {
			return
		}
	}
}

// openJob opens a job over UploadFile's rules and returns its handle.
func (h *harness) openJob(u *testUser, name string) string {
	h.t.Helper()
	return text(h.call(u, "uploadPost", "<jobName>"+name+"</jobName><uploadParams><overwrite>true</overwrite><readyForPublish>false</readyForPublish>"+
		"<createMask>true</createMask><emailSetting>Error</emailSetting><pdfOptions><process>None</process></pdfOptions></uploadParams>"), "jobHandle")
}

func children(e *xmltree.Element) []string {
	var names []string
	for _, c := range e.Children {
		names = append(names, c.Local)
	}
	return names
}

const urlsJob = "<uploadUrlsJob><urlArray><items><sourceUrl>http://x/1.rtf</sourceUrl><destPath>in/1.rtf</destPath></items>" +
	"<items><sourceUrl>http://x/2.rtf</sourceUrl><destPath>in/2.rtf</destPath></items></urlArray><overwrite>true</overwrite>" +
	"<readyForPublish>true</readyForPublish><createMask>false</createMask><emailSetting>None</emailSetting></uploadUrlsJob>"

func TestActiveUploadJob(t *testing.T) {
	h := newHarness(t, jobWork)
	handle := h.openJob(h.user, "my job")
	jobs := list(h.call(h.viewerOfJobs(), "getActiveJobs", ""), "jobArray")
	if len(jobs) != 1 {
		t.Fatalf("%d jobs", len(jobs))
	}
	j := jobs[0]
	want := []string{"companyHandle", "jobHandle", "name", "originalName", "type", "state", "submitUserEmail", "locale", "description", "serverName",
		"startDate", "triggerTime", "totalSize", "progress", "progressMessage", "lastProgressUpdate", "taskProgressArray", "uploadPostJob"}
	if diff := cmp.Diff(want, children(j)); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{"jobHandle": handle, "name": "my job", "type": "UploadPost", "state": "New", "submitUserEmail": "user@example.com",
		"serverName": "media.test", "progress": "0"} {
		if got := text(j, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	options := j.Child("uploadPostJob")
	for path, want := range map[string]string{"overwrite": "true", "createMask": "true", "preserveCrop": "true", "emailSetting": "Error",
		"pdfOptions/process": "None", "pdfOptions/pdfCatalog": "true", "unCompressOptions/process": "None", "postScriptOptions/process": "Rasterize"} {
		if got := text(options, strings.Split(path, "/")...); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	for _, inner := range []string{
		"<jobHandle>" + handle + "</jobHandle>", "<originalName>my job</originalName>", "<jobHandle>j|" + fmt.Sprint(h.company.Number) + "|my job||</jobHandle>",
	} {
		if n := len(list(h.call(h.user, "getActiveJobs", inner), "jobArray")); n != 1 {
			t.Errorf("%s: %d jobs", inner, n)
		}
	}
	for _, inner := range []string{
		"<jobHandle>j|" + fmt.Sprint(h.other.Number) + "||my job|1</jobHandle>", "<jobHandle>j|999||x|1</jobHandle>", "<originalName>no</originalName>",
	} {
		answer := h.call(h.user, "getActiveJobs", inner)
		if answer.Child("jobArray") == nil || len(list(answer, "jobArray")) != 0 {
			t.Errorf("%s: not an empty list", inner)
		}
	}
	if f := h.fault(h.user, "getActiveJobs", "<jobHandle>nonsense</jobHandle>"); f.Code != scene7.CodeInvalidParameter {
		t.Errorf("malformed handle: %v", f)
	}
	if got := text(h.call(h.user, "uploadPost", "<jobHandle>"+handle+"</jobHandle><endJob>true</endJob>"), "jobHandle"); got != handle {
		t.Errorf("ended job %q", got)
	}
	if n := len(list(h.call(h.user, "getActiveJobs", ""), "jobArray")); n != 0 {
		t.Errorf("%d jobs after the end", n)
	}
	if f := h.fault(h.user, "uploadPost", "<jobHandle>"+handle+"</jobHandle>"); f.Code != scene7.CodeInvalidParameter {
		t.Errorf("post to an ended job: %v", f)
	}
	if f := h.fault(h.user, "uploadPost", ""); f.Code != scene7.CodeMissingParameter {
		t.Errorf("post without job: %v", f)
	}
}

// viewerOfJobs may look at jobs and is not their owner.
func (h *harness) viewerOfJobs() *testUser { return h.boss }

func TestTaskProgressOfOldVersions(t *testing.T) {
	h := newHarness(t, jobWork)
	h.call(h.user, "submitJob", "<jobName>fetch</jobName>"+urlsJob)
	for namespace, want := range map[string]bool{"/2012-02-14": true, "/2010-01-31": false, "": false} {
		answer := h.callIn(scene7.BaseNamespace+namespace, h.user, "getActiveJobs", "")
		progress := list(list(answer, "jobArray")[0], "taskProgressArray")[0]
		if got := progress.Child("taskState") != nil; got != want {
			t.Errorf("%q: task state %v", namespace, got)
		}
		if text(progress, "numPending") != "2" || progress.Child("taskItemProgressArray") == nil {
			t.Errorf("%q: progress %v", namespace, children(progress))
		}
		if list(answer, "jobArray")[0].Child("triggerTime") != nil {
			t.Errorf("%q: triggerTime is there", namespace)
		}
	}
}

// Files and sets have a monitor each, with an item for every kind of step.
func TestTaskProgressOfSteps(t *testing.T) {
	last := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	j := &engine.ActiveJob{Job: &ingest.Job{State: ingest.JobRunning}}
	j.Progress.Add(ingest.StepProgress{Kind: ingest.TaskInspect, Ended: 3, Last: last})
	j.Progress.Add(ingest.StepProgress{Kind: ingest.TaskPages, Queued: 4, Running: 1, Partial: 0.5})
	j.Progress.Add(ingest.StepProgress{Kind: "parked"})
	j.Progress.Add(ingest.StepProgress{Kind: ingest.TaskSets, Queued: 1})
	var got []string
	for _, monitor := range taskProgress(&call{}, j, "The job is running.", last) {
		line := fmt.Sprintf("%s %d/%d/%d %v:", monitor.Text("taskType"), monitor.Int("numProcessed"), monitor.Int("numProcessing"), monitor.Int("numPending"), monitor.Double("progress"))
		for _, item := range monitor.Record("taskItemProgressArray").Records("items") {
			line += fmt.Sprintf(" %s %v%% (%s)", item.Text("itemName"), item.Double("progress"), item.Text("progressMessage"))
		}
		got = append(got, line)
	}
	same(t, "monitors", strings.Join(got, "\n"), "com.scene7.upload.UploadAsyncTaskMonitor 3/1/4 43: inspect 100% (3 of 3 done, 0 running) pages 10% (0 of 5 done, 1 running)\n"+
		"com.scene7.autoset.AutoSetAsyncTaskMonitor 0/0/1 0: sets 0% (0 of 1 done, 0 running)")
}

func TestSubmitFetch(t *testing.T) {
	h := newHarness(t, jobWork)
	handle := text(h.call(h.user, "submitJob", "<jobName>fetch</jobName><description>d</description>"+urlsJob), "jobHandle")
	if want := fmt.Sprintf("j|%d|fetch||", h.company.Number); handle != want {
		t.Fatalf("handle %q, want %q", handle, want)
	}
	active := list(h.call(h.user, "getActiveJobs", "<jobHandle>"+handle+"</jobHandle>"), "jobArray")[0]
	options := active.Child("uploadUrlsJob")
	if text(active, "type") != "UrlUpload" || text(options, "numUrls") != "2" || options.Child("urlArray") == nil || len(list(options, "urlArray")) != 0 {
		t.Errorf("job %v, options %v", children(active), children(options))
	}
	status := list(h.call(h.user, "getUploadTaskStatus", "<jobHandle>"+handle+"</jobHandle>"), "uploadTaskStatusArray")[0]
	files := list(list(status, "statusArray")[0], "taskArray")
	if diff := cmp.Diff([]string{"in/1.rtf", "in/2.rtf"}, texts(files, "file")); diff != "" || text(files[0], "processingStatus") != "New" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	h.steps()
	if n := len(list(h.call(h.user, "getActiveJobs", "<jobHandle>"+handle+"</jobHandle>"), "jobArray")); n != 0 {
		t.Errorf("%d active jobs after the work", n)
	}
	for _, inner := range []string{"<jobHandle>" + handle + "</jobHandle>", "<originalName>fetch</originalName>"} {
		log := list(h.call(h.user, "getJobLogDetails", inner), "jobLogArray")[0]
		if diff := cmp.Diff([]string{"BeginUploadUrls", "OriginalJobName", "JobClient", "UploadSuccess", "UploadSuccess", "TotalFileCount", "EndUploadUrls"},
			texts(list(log, "detailArray"), "logType")); diff != "" {
			t.Errorf("%s: rows (-want +got):\n%s", inner, diff)
		}
		want := []string{"companyHandle", "jobHandle", "jobName", "originalJobName", "submitUserEmail", "logType", "jobSubType", "startDate", "endDate", "description",
			"fileSuccessCount", "fileErrorCount", "fileWarningCount", "fileDuplicateCount", "fileUpdateCount", "totalFileCount", "transferSuccessCount",
			"transferErrorCount", "transferWarningCount", "fatalError", "detailTotalRows", "detailArray"}
		if diff := cmp.Diff(want, children(log)); diff != "" {
			t.Errorf("elements (-want +got):\n%s", diff)
		}
		row := list(log, "detailArray")[3]
		if text(row, "assetName") != "1.rtf" || !strings.HasPrefix(text(row, "assetHandle"), "a|") || text(log, "detailTotalRows") != "7" {
			t.Errorf("row %v, %s rows", children(row), text(log, "detailTotalRows"))
		}
		asset := h.call(h.user, "getAssetJobLogs", "<assetHandle>"+text(row, "assetHandle")+"</assetHandle>")
		if got := texts(list(asset, "jobLogArray"), "logType"); !cmp.Equal(got, []string{"UploadSuccess"}) {
			t.Errorf("log of the asset %q", got)
		}
		if n := len(list(h.call(h.user, "getAssetArchivedJobLogs", "<assetHandle>"+text(row, "assetHandle")+"</assetHandle>"), "jobLogArray")); n != 0 {
			t.Errorf("%d archived rows", n)
		}
	}
	for _, inner := range []string{"<jobHandle>j|" + fmt.Sprint(h.company.Number) + "||no|77</jobHandle>", "<originalName>no</originalName>",
		"<jobHandle>j|" + fmt.Sprint(h.other.Number) + "||fetch|1</jobHandle>"} {
		answer := h.call(h.user, "getJobLogDetails", inner)
		if answer.Child("jobLogArray") == nil || len(list(answer, "jobLogArray")) != 0 {
			t.Errorf("%s: not an empty list", inner)
		}
	}
}

func TestJobLogLists(t *testing.T) {
	h := newHarness(t)
	for _, name := range []string{"b", "a", "c"} {
		h.openJob(h.user, name)
		h.later(time.Hour)
	}
	h.openJob(h.stranger2(), "d")
	for inner, want := range map[string][]string{
		"":                         {"d", "c", "a", "b"},
		"<sortBy>JobName</sortBy>": {"a", "b", "c", "d"},
		"<sortBy>JobName</sortBy><sortDirection>Descending</sortDirection>":                                            {"d", "c", "b", "a"},
		"<sortDirection>Ascending</sortDirection><numRows>2</numRows>":                                                 {"b", "a"},
		"<userHandle>" + h.boss.handle + "</userHandle>":                                                               {"d"},
		"<startDate>2026-03-01T15:00:00+02:00</startDate><endDate>2026-03-01T14:30:00Z</endDate>":                      {"c", "a"},
		"<userHandle>" + h.user.handle + "</userHandle><sortBy>Email</sortBy><sortDirection>Ascending</sortDirection>": {"b", "a", "c"},
	} {
		logs := list(h.call(h.user, "getJobLogs", inner), "jobLogArray")
		if diff := cmp.Diff(want, texts(logs, "originalJobName")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", inner, diff)
		}
		if logs[0].Child("detailArray") != nil || text(logs[0], "logType") != "BeginUpload" || logs[0].Child("jobSubType") == nil {
			t.Errorf("log %v", children(logs[0]))
		}
	}
	for _, inner := range []string{"<sortBy>Colour</sortBy>", "<sortDirection>Up</sortDirection>", "<userHandle>nobody</userHandle>"} {
		if f := h.fault(h.user, "getJobLogs", inner); f.Code != scene7.CodeInvalidParameter {
			t.Errorf("%s: %v", inner, f)
		}
	}
	if f := h.fault(h.user, "getJobLogDetails", "<sortBy>Colour</sortBy>"); f.Code != scene7.CodeInvalidParameter {
		t.Errorf("sort field of details: %v", f)
	}
	details := list(h.call(h.user, "getJobLogDetails", "<logTypeArray><items>OriginalJobName</items></logTypeArray><recordsPerPage>3</recordsPerPage><resultsPage>2</resultsPage>"), "jobLogArray")
	if n := len(details); n != 4 || len(list(details[3], "detailArray")) != 1 || len(list(details[0], "detailArray")) != 0 || text(details[0], "detailTotalRows") != "1" {
		t.Errorf("%d logs on page 2", n)
	}
}

// stranger2 is another user of the company.
func (h *harness) stranger2() *testUser { return h.boss }

func TestJobControl(t *testing.T) {
	h := newHarness(t, jobWork)
	handle := text(h.call(h.user, "submitJob", "<jobName>fetch</jobName>"+urlsJob), "jobHandle")
	on := "<jobHandle>" + handle + "</jobHandle>"
	state := func() string {
		jobs := list(h.call(h.user, "getActiveJobs", on), "jobArray")
		if len(jobs) == 0 {
			return ""
		}
		return text(jobs[0], "state")
	}
	if got := state(); got != "WaitingCoordinator" {
		t.Errorf("state %q", got)
	}
	if answer := h.call(h.user, "pauseJob", on); len(answer.Children) != 0 {
		t.Errorf("answer of pauseJob: %v", children(answer))
	}
	h.steps()
	if got := state(); got != "WaitingCoordinator" {
		t.Errorf("paused state %q", got)
	}
	h.call(h.user, "resumeJob", on)
	h.call(h.user, "stopJob", on)
	if got := state(); got != "" {
		t.Errorf("state after stop %q", got)
	}
	log := list(h.call(h.user, "getJobLogDetails", on), "jobLogArray")[0]
	if got := texts(list(log, "detailArray"), "logType"); got[3] != "FileCancel" || got[4] != "FileCancel" {
		t.Errorf("rows %q", got)
	}
	for _, op := range []string{"stopJob", "pauseJob", "resumeJob", "deleteJob", "executeJob"} {
		for _, handle := range []string{handle, "j|" + fmt.Sprint(h.company.Number) + "||no|9", "j|" + fmt.Sprint(h.other.Number) + "|fetch||", "x"} {
			if f := h.fault(h.user, op, "<jobHandle>"+handle+"</jobHandle>"); f.Code != scene7.CodeInvalidParameter {
				t.Errorf("%s of %s: %v", op, handle, f)
			}
		}
		if f := h.fault(h.user, op, ""); f.Code != scene7.CodeMissingParameter {
			t.Errorf("%s without handle: %v", op, f)
		}
		if f := h.fault(h.viewer, op, on); f.Code != scene7.CodeNoOperationPermission {
			t.Errorf("%s by a portal user: %v", op, f)
		}
		if f := h.fault(h.stranger, op, h.ch+on); f.Code != scene7.CodeIllegalCompany {
			t.Errorf("%s by a stranger: %v", op, f)
		}
	}
}

func TestScheduledJobs(t *testing.T) {
	h := newHarness(t, jobWork)
	daily := text(h.call(h.user, "submitJob", "<jobName>daily</jobName><execSchedule>0 0 13 * * ?</execSchedule><description>d</description>"+
		"<optimizeImagesJob><emailSetting>None</emailSetting></optimizeImagesJob>"), "jobHandle")
	once := text(h.call(h.user, "submitJob", "<jobName>once</jobName><execTime>2026-03-01T14:30:00+02:00</execTime>"+urlsJob), "jobHandle")
	jobs := list(h.call(h.boss, "getScheduledJobs", ""), "jobArray")
	if diff := cmp.Diff([]string{daily, once}, texts(jobs, "jobHandle")); diff != "" {
		t.Fatalf("handles (-want +got):\n%s", diff)
	}
	want := []string{"companyHandle", "jobHandle", "name", "originalName", "type", "submitUserEmail", "locale", "description", "execSchedule", "nextFireTime",
		"timeZone", "triggerState", "optimizeImagesJob"}
	if diff := cmp.Diff(want, children(jobs[0])); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"2026-03-01T13:00:00.000+00:00", "2026-03-01T12:30:00.000+00:00"}, texts(jobs, "nextFireTime")); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
	if jobs[1].Child("uploadUrlsJob") == nil || text(jobs[1], "uploadUrlsJob", "numUrls") != "2" || jobs[1].Child("execSchedule") != nil {
		t.Errorf("second job %v", children(jobs[1]))
	}
	if n := len(list(h.call(h.stranger, "getScheduledJobs", h.otherCH), "jobArray")); n != 0 {
		t.Errorf("a stranger sees %d jobs", n)
	}
	on := "<jobHandle>" + daily + "</jobHandle>"
	h.call(h.user, "pauseJob", on)
	if got := list(h.call(h.user, "getScheduledJobs", on), "jobArray"); len(got) != 1 || text(got[0], "triggerState") != "Paused" {
		t.Errorf("%d jobs", len(got))
	}
	h.call(h.user, "resumeJob", on)
	h.call(h.user, "executeJob", on)
	if n := len(list(h.call(h.user, "getActiveJobs", on), "jobArray")); n != 1 {
		t.Errorf("%d active jobs after executeJob", n)
	}
	h.call(h.user, "deleteJob", on)
	if n := len(list(h.call(h.user, "getScheduledJobs", on), "jobArray")); n != 0 {
		t.Errorf("%d jobs after deleteJob", n)
	}
	h.later(time.Hour)
	h.ok(h.engine.Tick(t.Context()))
	if n := len(list(h.call(h.user, "getActiveJobs", "<originalName>once</originalName>"), "jobArray")); n != 1 {
		t.Errorf("%d jobs began at their time", n)
	}
}

func TestSubmitEveryKind(t *testing.T) {
	h := newHarness(t, jobWork)
	photo := h.upload(h.user, "in", "a.jpg", picture(t))
	pdf := h.upload(h.user, "in", "b.pdf", []byte("%PDF-1.4\n"))
	handles := func(name, handle string) string { return "<" + name + "><items>" + handle + "</items></" + name + ">" }
	mail := "<emailSetting>None</emailSetting>"
	for _, tt := range []struct {
		element, inner, kind string
		logType              string
	}{
		{"imageServingPublishJob", "<publishType>Full</publishType>" + mail, "ImageServingPublish", "BeginImageServingPublish"},
		{"imageRenderingPublishJob", mail, "ImageRenderingPublish", "BeginImageRenderingPublish"},
		{"videoPublishJob", mail, "VideoPublish", "BeginVideoPublish"},
		{"serverDirectoryPublishJob", mail, "ServerDirectoryPublish", "BeginServerDirectoryPublish"},
		{"metadataPublishJob", "", "MetadataUpload", "BeginMetadata"},
		{"uploadDirectoryJob", "<serverDir>drop</serverDir><overwrite>true</overwrite><readyForPublish>true</readyForPublish><includeSubfolders>true</includeSubfolders>" +
			"<createMask>false</createMask><processMetadataFiles>true</processMetadataFiles>" + mail, "UploadFromServerDirectory", "BeginUpload"},
		{"optimizeImagesJob", mail, "ImageOptimization", "BeginReoptimize"},
		{"ripPdfsJob", handles("pdfHandleArray", pdf) + "<createMask>false</createMask>" + mail, "PdfRip", "BeginPdfRip"},
		{"reprocessAssetsJob", handles("assetHandleArray", photo) + "<createMask>false</createMask>" + mail, "ReprocessAssets", "BeginReoptimize"},
		{"createVideoSitemapJob", "", "CreateVideoSitemap", "BeginMetadata"},
		{"exportJob", handles("assetHandleArray", photo) + "<fmt>orig</fmt>" + mail, "Export", "BeginGet"},
		{"automatedSetGenerationJob", handles("assetHandleArray", photo) + "<readyForPublish>true</readyForPublish><autoSetCreationOptions/>" + mail, "AutomatedSetGeneration", "BeginUpload"},
	} {
		name := "job of " + tt.element
		h.call(h.user, "submitJob", "<jobName>"+name+"</jobName><"+tt.element+">"+tt.inner+"</"+tt.element+">")
		active := list(h.call(h.user, "getActiveJobs", "<originalName>"+name+"</originalName>"), "jobArray")
		recorded := tt.element == "metadataPublishJob" || tt.element == "createVideoSitemapJob"
		if !recorded && (len(active) != 1 || active[0].Child(tt.element) == nil || text(active[0], "type") != tt.kind) {
			t.Errorf("%s: %d active jobs", tt.element, len(active))
		}
		h.steps()
		log := list(h.call(h.user, "getJobLogDetails", "<originalName>"+name+"</originalName>"), "jobLogArray")
		if len(log) != 1 || text(log[0], "logType") != tt.logType || text(log[0], "fatalError") != "false" || text(log[0], "endDate") == "" {
			t.Errorf("%s: log %q", tt.element, texts(log, "logType"))
			continue
		}
		rows := texts(list(log[0], "detailArray"), "logType")
		if rows[0] != tt.logType || !strings.HasPrefix(rows[len(rows)-1], "End") {
			t.Errorf("%s: rows %q", tt.element, rows)
		}
		if recorded && rows[3] != "UploadWarning" {
			t.Errorf("%s: rows %q say nothing of what is not done", tt.element, rows)
		}
	}
}

func TestSubmitFaults(t *testing.T) {
	h := newHarness(t, jobWork)
	sets := "<optimizeImagesJob><emailSetting>None</emailSetting></optimizeImagesJob>"
	name := "<jobName>n</jobName>"
	export := func(fmt string) string {
		return name + "<exportJob><assetHandleArray><items>a|999</items></assetHandleArray><fmt>" + fmt + "</fmt><emailSetting>None</emailSetting></exportJob>"
	}
	for inner, want := range map[string]scene7.Code{
		name:                               scene7.CodeMissingParameter,
		sets:                               scene7.CodeMissingParameter,
		name + sets + urlsJob:              scene7.CodeInvalidParameter,
		name + "<locale>!</locale>" + sets: scene7.CodeInvalidParameter,
		name + "<execTime>2027-01-01T00:00:00Z</execTime><execSchedule>0 0 1 * * ?</execSchedule>" + sets: scene7.CodeInvalidParameter,
		name + "<execSchedule>tomorrow</execSchedule>" + sets:                                             scene7.CodeInvalidParameter,
		name + strings.ReplaceAll(urlsJob, "http://x/1", "file:///x"):                                     scene7.CodeInvalidParameter,
		name + strings.ReplaceAll(urlsJob, "in/1.rtf", "../1.rtf"):                                        scene7.CodeInvalidParameter,
		name + "<userHandle>" + h.boss.handle + "</userHandle>" + sets:                                    scene7.CodeIllegalRequestUser,
		export("orig"): scene7.CodeInvalidParameter,
		export("pdf"):  scene7.CodeInvalidParameter,
		name + "<uploadDirectoryJob><serverDir>/etc</serverDir><includeSubfolders>true</includeSubfolders></uploadDirectoryJob>": scene7.CodeInvalidParameter,
	} {
		if f := h.fault(h.user, "submitJob", inner); f.Code != want {
			t.Errorf("%.120s: %v, want %d", inner, f, want)
		}
	}
	if f := h.fault(h.viewer, "submitJob", name+sets); f.Code != scene7.CodeNoOperationPermission {
		t.Errorf("portal user: %v", f)
	}
	off := newHarness(t)
	if f := off.fault(off.user, "submitJob", name+urlsJob); f.Code != scene7.CodeException || !strings.Contains(f.Reason, "switched off") {
		t.Errorf("fetching is off: %v", f)
	}
}

func TestExportDownload(t *testing.T) {
	h := newHarness(t, jobWork)
	photo := h.upload(h.user, "", "a.jpg", picture(t))
	on := "<jobHandle>" + text(h.call(h.user, "submitJob", "<jobName>out</jobName><exportJob><assetHandleArray><items>"+photo+
		"</items></assetHandleArray><fmt>orig</fmt><emailSetting>None</emailSetting></exportJob>"), "jobHandle") + "</jobHandle>"
	h.steps()
	link := func(u *testUser) string {
		for _, row := range list(list(h.call(u, "getJobLogDetails", on), "jobLogArray")[0], "detailArray") {
			if name := text(row, "assetName"); strings.HasPrefix(name, "http") {
				return name
			}
		}
		return ""
	}
	address := link(h.user)
	if !strings.HasPrefix(address, "http://sluice.test/scene7/export/out.zip?key=") || link(h.boss) != address || link(h.viewer) != "" {
		t.Fatalf("addresses %q, %q, %q", address, link(h.boss), link(h.viewer))
	}
	get := func(address string) (int, string) {
		w := httptest.NewRecorder()
		h.mux.ServeHTTP(w, httptest.NewRequest("GET", address, nil))
		body, err := io.ReadAll(w.Body)
		h.ok(err)
		return w.Code, string(body)
	}
	if status, body := get(address); status != 200 || body != "PK" {
		t.Errorf("status %d, body %q", status, body)
	}
	if status, _ := get(address + "x"); status != 404 {
		t.Errorf("wrong token: status %d", status)
	}
	h.later(engine.ExportLifetime)
	if status, _ := get(address); status != 404 {
		t.Errorf("after its time: status %d", status)
	}
}

// picture is a small image file.
func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 3)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
