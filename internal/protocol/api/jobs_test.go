package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func threeJobs() []*ingest.Job {
	return []*ingest.Job{
		{Number: 1, UUID: uid(1), Company: 1, Name: "spring", OriginalName: "spring", Door: ingest.DoorScene7, State: ingest.JobDone, Created: noon, Finished: noon.Add(time.Second),
			Counts: ingest.JobCounts{Total: 3, Success: 1, Update: 1, Duplicate: 1, Warning: 2}},
		{Number: 2, UUID: uid(2), Company: 2, Name: "other", OriginalName: "other", Door: ingest.DoorTus, State: ingest.JobNew, Open: true, Created: noon},
		{Number: 3, UUID: uid(3), Company: 1, Name: "spring_2", OriginalName: "spring", Door: ingest.DoorNomad, State: ingest.JobRunning, Created: noon,
			Pending: 1, Counts: ingest.JobCounts{Total: 3, Error: 3}},
	}
}

func TestListJobs(t *testing.T) {
	s := newSite(t, &library{companies: twoCompanies(), jobs: threeJobs()})
	cases := map[string][]int64{
		"":                           {3, 2, 1},
		"company=demo-co":            {3, 1},
		"name=spring":                {3, 1},
		"state=New":                  {2},
		"limit=1":                    {3},
		"after=" + cursor("jobs", 3): {2, 1},
	}
	for query, want := range cases {
		var got []int64
		for _, j := range get[page[jobItem]](t, s, "/v1/jobs?"+query).Items {
			got = append(got, j.Number)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", query, diff)
		}
	}
	var numbers []int64
	for after, more := "", true; more; more = after != "" {
		p := get[page[jobItem]](t, s, "/v1/jobs?limit=2&after="+after)
		for _, j := range p.Items {
			numbers = append(numbers, j.Number)
		}
		after = p.Next
	}
	if diff := cmp.Diff([]int64{3, 2, 1}, numbers); diff != "" {
		t.Errorf("pages: %s", diff)
	}
}

func TestShowJob(t *testing.T) {
	s := newSite(t, &library{jobs: threeJobs()})
	var got any
	if err := json.Unmarshal(s.ask("GET", "/v1/jobs/"+string(uid(1))).Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"number": 1.0, "uuid": string(uid(1)), "company": 1.0, "name": "spring", "originalName": "spring", "door": "scene7", "state": "Done", "open": false,
		"progress": 100.0, "pending": 0.0, "description": "", "created": "2026-05-04T10:00:00.123Z", "finished": "2026-05-04T10:00:01.123Z",
		"totalFileCount": 3.0, "fileSuccessCount": 1.0, "fileUpdateCount": 1.0, "fileDuplicateCount": 1.0, "fileErrorCount": 0.0, "fileWarningCount": 2.0,
		"steps": []any{map[string]any{"kind": "pages", "queued": 1.0, "running": 2.0, "ended": 3.0, "percent": 50.0}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	open := get[jobItem](t, s, "/v1/jobs/"+string(uid(3)))
	if open.Progress != 75 || open.Finished != nil {
		t.Errorf("%+v", open)
	}
}

func TestProgress(t *testing.T) {
	cases := []struct {
		state          ingest.JobState
		total, pending int
		want           int
	}{
		{ingest.JobNew, 0, 0, 0},
		{ingest.JobNew, 0, 3, 0},
		{ingest.JobRunning, 1, 1, 50},
		{ingest.JobRunning, 1000, 1, 99},
		{ingest.JobWaitingClient, 5, 0, 99},
		{ingest.JobRunning, 5, -1, 99},
		{ingest.JobDone, 0, 0, 100},
		{ingest.JobDone, 5, 0, 100},
	}
	for _, c := range cases {
		j := &ingest.Job{State: c.state, Pending: c.pending, Counts: ingest.JobCounts{Total: int64(c.total)}}
		if got := progress(j, 0); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	running := &ingest.Job{State: ingest.JobRunning, Pending: 4, Counts: ingest.JobCounts{Total: 1}}
	for partial, want := range map[float64]int{0: 20, 1: 40, 3.999: 99, 9: 99} {
		if got := progress(running, partial); got != want {
			t.Errorf("%v of four steps is done: %d", partial, got)
		}
	}
}

func TestListJobLog(t *testing.T) {
	rows := []ingest.LogRow{
		{Number: 1, Time: noon, Type: ingest.LogBeginUpload, Message: "The upload began."},
		{Number: 2, Time: noon, Type: ingest.LogUploadSuccess, Message: "stored", AssetUUID: uid(9), AssetName: "ü.tif", AssetType: "MasterImage", Extra: []string{"x"}},
		{Number: 3, Time: noon, Type: ingest.LogUploadError, Message: "no", AssetName: "b.exe"},
	}
	s := newSite(t, &library{rows: map[ingest.UUID][]ingest.LogRow{uid(1): rows}})
	path := "/v1/jobs/" + string(uid(1)) + "/log"
	name, id, kind := "ü.tif", string(uid(9)), "MasterImage"
	want := page[logItem]{Items: []logItem{
		{Number: 1, Time: "2026-05-04T10:00:00.123Z", Type: "BeginUpload", Message: "The upload began.", Extra: []string{}},
		{Number: 2, Time: "2026-05-04T10:00:00.123Z", Type: "UploadSuccess", Message: "stored", Asset: &name, AssetUUID: &id, AssetType: &kind, Extra: []string{"x"}},
	}, Next: cursor("log", 2)}
	if diff := cmp.Diff(want, get[page[logItem]](t, s, path+"?limit=2")); diff != "" {
		t.Error(diff)
	}
	rest := get[page[logItem]](t, s, path+"?limit=2&after="+want.Next)
	if len(rest.Items) != 1 || rest.Items[0].Number != 3 || rest.Next != "" {
		t.Errorf("last page %+v", rest)
	}
	some := get[page[logItem]](t, s, path+"?type=UploadError,BeginUpload")
	if len(some.Items) != 2 || some.Items[0].Number != 1 || some.Items[1].Number != 3 {
		t.Errorf("by type %+v", some)
	}
}

func TestListCompanies(t *testing.T) {
	s := newSite(t, &library{companies: twoCompanies()})
	first := get[page[companyItem]](t, s, "/v1/companies?limit=1")
	want := page[companyItem]{Items: []companyItem{{
		Number: 1, UUID: string(uid(901)), Handle: "c|1", Name: "Demo", Slug: "demo-co", Role: "admin", Created: "2026-05-04T10:00:00.123Z",
	}}, Next: cursor("companies", 1)}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
	last := get[page[companyItem]](t, s, "/v1/companies?limit=1&after="+first.Next)
	if len(last.Items) != 1 || last.Items[0].Name != "2026" || last.Next != "" {
		t.Errorf("last page %+v", last)
	}
}

func TestCredit(t *testing.T) {
	s := newSite(t, &library{companies: twoCompanies()})
	got := get[creditItem](t, s, "/v1/companies/demo-co/credit")
	want := creditItem{
		Company: creditUse{Files: 1, Bytes: 2, FilesToday: 3, BytesToday: 4, MaxFiles: 5, MaxBytes: 6, MaxFilesToday: 7, MaxBytesToday: 8},
		User:    creditUse{Files: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
