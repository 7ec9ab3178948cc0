package storetest

import (
	"fmt"
	"time"

	"sluice/internal/ingest"
)

func jobs(f *fixture) {
	c, other := f.company(), f.company()
	yes := true
	j := &ingest.Job{UUID: f.uuid(), Company: c.Number, User: 3, Door: ingest.DoorScene7, Name: "job_1", OriginalName: "job", State: ingest.JobNew,
		Open: true, Description: "d", Locale: "de-DE", Client: "curl", Address: "::1", Echo: []byte{0, 255},
		Processing: ingest.Processing{Publish: true, PreservePublish: &yes, Crop: &ingest.ManualCrop{Left: 1},
			SmartCrops: []ingest.SmartCrop{{Name: "s", Width: 1, Height: 2}}, Metadata: []ingest.MetadataEdit{{Field: "f", SetTags: []string{"t"}}}},
		Counts: ingest.JobCounts{Total: 1, Success: 2, Update: 3, Duplicate: 4, Error: 5, Warning: 6}, Pending: 7,
		Created: noon, LastPost: noon.Add(time.Second), Finished: noon.Add(time.Minute)}
	f.update(func(tx ingest.Tx) error { return tx.CreateJob(j) })
	read := func() {
		f.Helper()
		expect(f, "Job", j, func(tx ingest.Tx) (*ingest.Job, error) { return tx.Job(j.Number) })
		expect(f, "JobByUUID", j, func(tx ingest.Tx) (*ingest.Job, error) { return tx.JobByUUID(j.UUID) })
		expect(f, "JobByName", j, func(tx ingest.Tx) (*ingest.Job, error) { return tx.JobByName(c.Number, "job_1") })
	}
	read()
	j.State, j.Open, j.Finished = ingest.JobDone, false, time.Time{}
	f.update(func(tx ingest.Tx) error {
		changed := *j
		changed.Counts, changed.Pending, changed.Name, changed.Description = ingest.JobCounts{}, 0, "other", "other" // not stored
		return tx.SetJobState(&changed)
	})
	read()
	f.job(other, "job_1") // names are a company's own
	f.taken("name", func(tx ingest.Tx) error {
		return tx.CreateJob(&ingest.Job{UUID: f.uuid(), Company: c.Number, Name: "job_1"})
	})
	f.missing("Job", func(tx ingest.Tx) error { _, err := tx.Job(999); return err })
	f.missing("JobByUUID", func(tx ingest.Tx) error { _, err := tx.JobByUUID("none"); return err })
	f.missing("JobByName", func(tx ingest.Tx) error { _, err := tx.JobByName(c.Number, "job"); return err })
	f.missing("SetJobState", func(tx ingest.Tx) error { return tx.SetJobState(&ingest.Job{Number: 999}) })
	f.missing("ChangeJob", func(tx ingest.Tx) error { _, err := tx.ChangeJob(999, ingest.JobDelta{}); return err })
}

func jobChanges(f *fixture) {
	j := f.job(f.company(), "job")
	change := func(d ingest.JobDelta) {
		f.Helper()
		var got *ingest.Job
		f.update(func(tx ingest.Tx) (err error) {
			got, err = tx.ChangeJob(j.Number, d)
			return err
		})
		short := &ingest.Job{
			Number: j.Number, UUID: j.UUID, Company: j.Company, User: j.User, Door: j.Door, Name: j.Name, State: j.State,
			Open: j.Open, Counts: j.Counts, Pending: j.Pending, LastPost: j.LastPost,
		}
		f.same(fmt.Sprintf("job after %+v", d), got, short)
		expect(f, "stored job", j, func(tx ingest.Tx) (*ingest.Job, error) { return tx.Job(j.Number) })
	}
	change(ingest.JobDelta{})
	j.Counts = ingest.JobCounts{Total: 1, Success: 2, Update: 3, Duplicate: 4, Error: 5, Warning: 6}
	j.Pending = 4
	change(ingest.JobDelta{Counts: j.Counts, Pending: 4})
	j.Counts = j.Counts.Add(ingest.JobCounts{Total: -1, Error: 10})
	j.Pending = 1
	change(ingest.JobDelta{Counts: ingest.JobCounts{Total: -1, Error: 10}, Pending: -3})
	change(ingest.JobDelta{LastPost: noon.Add(-time.Hour)}) // the later one is kept
	j.LastPost = noon.Add(time.Hour)
	change(ingest.JobDelta{LastPost: j.LastPost})
	j.Pending = 2
	j.Open = false
	change(ingest.JobDelta{Close: true, IfOpen: true, Pending: 1})
	change(ingest.JobDelta{})
	f.fails("ChangeJob of a closed job", ingest.Conflict, ingest.CodeJobClosed, func(tx ingest.Tx) error {
		_, err := tx.ChangeJob(j.Number, ingest.JobDelta{IfOpen: true, Pending: 1})
		return err
	})
	change(ingest.JobDelta{})
	f.missing("ChangeJob", func(tx ingest.Tx) error { _, err := tx.ChangeJob(999, ingest.JobDelta{IfOpen: true}); return err })
}

func jobLists(f *fixture) {
	c, other := f.company(), f.company()
	a, b, d, e := f.job(c, "a"), f.job(other, "b"), f.job(c, "d"), f.job(c, "e")
	d.State = ingest.JobDone
	e.State = ingest.JobWaitingClient
	f.update(func(tx ingest.Tx) error {
		if err := tx.SetJobState(e); err != nil {
			return err
		}
		return tx.SetJobState(d)
	})
	list := func(what string, filter ingest.JobFilter, p ingest.Page, want ...*ingest.Job) {
		f.Helper()
		if p.Limit == 0 {
			p.Limit = 100
		}
		expect(f, what, want, func(tx ingest.Tx) ([]*ingest.Job, error) { return tx.Jobs(filter, p) })
	}
	in := []ingest.Number{c.Number}
	list("all", ingest.JobFilter{}, ingest.Page{}, a, b, d, e)
	list("none", ingest.JobFilter{Companies: []ingest.Number{}}, ingest.Page{})
	list("company", ingest.JobFilter{Companies: in}, ingest.Page{}, a, d, e)
	list("companies", ingest.JobFilter{Companies: []ingest.Number{other.Number, c.Number}}, ingest.Page{After: a.Number, Limit: 2}, b, d)
	list("newest", ingest.JobFilter{Newest: true}, ingest.Page{Limit: 2}, e, d)
	list("before", ingest.JobFilter{Newest: true}, ingest.Page{After: d.Number, Limit: 2}, b, a)
	list("newest of companies", ingest.JobFilter{Newest: true, Companies: []ingest.Number{c.Number, other.Number}}, ingest.Page{After: e.Number}, d, b, a)
	list("active", ingest.JobFilter{Active: true}, ingest.Page{}, a, b, e)
	list("active of a company", ingest.JobFilter{Active: true, Companies: in}, ingest.Page{}, a, e)
	list("done", ingest.JobFilter{State: ingest.JobDone}, ingest.Page{}, d)
	list("waiting", ingest.JobFilter{State: ingest.JobWaitingClient, Companies: in}, ingest.Page{}, e)
	list("done and active", ingest.JobFilter{State: ingest.JobDone, Active: true}, ingest.Page{})
	list("original name", ingest.JobFilter{OriginalName: "d"}, ingest.Page{}, d)
	list("original name elsewhere", ingest.JobFilter{OriginalName: "b", Companies: in}, ingest.Page{})
	many := []ingest.Number{c.Number, other.Number}
	for i := range 20 {
		many = append(many, ingest.Number(1000+i))
	}
	list("many companies", ingest.JobFilter{Companies: many}, ingest.Page{Limit: 2}, a, b)
}

func jobLog(f *fixture) {
	c := f.company()
	j, other := f.job(c, "job"), f.job(c, "other")
	a := f.asset(c, f.folder(c, ""), "a.jpg")
	rows := []ingest.LogRow{
		{Job: j.Number, Time: noon, Type: ingest.LogBeginUpload, Message: "begin"},
		{Job: j.Number, Time: noon, Type: ingest.LogUploadSuccess, Message: "stored", Asset: a.Number, AssetName: "a.jpg", AssetType: "MasterImage",
			Extra: []string{"x", ""}},
		{Job: j.Number, Time: noon.Add(time.Second), Type: ingest.LogUploadError, AssetName: "b.jpg"},
		{Job: j.Number, Time: noon, Type: ingest.LogUploadSuccess, Message: "stored"},
	}
	f.update(func(tx ingest.Tx) error {
		if err := tx.AppendLog(); err != nil {
			return err
		}
		if err := tx.AppendLog(rows[:2]...); err != nil {
			return err
		}
		if err := tx.AppendLog(ingest.LogRow{Job: other.Number, Time: noon, Type: ingest.LogUploadSuccess}); err != nil {
			return err
		}
		return tx.AppendLog(rows[2:]...)
	})
	var stored []ingest.LogRow
	f.view(func(tx ingest.Tx) (err error) {
		stored, err = tx.Log(j.Number, ingest.LogFilter{}, ingest.Page{Limit: 10})
		return err
	})
	if len(stored) != len(rows) {
		f.Fatalf("log has %d rows, want %d", len(stored), len(rows))
	}
	for i := range rows {
		if rows[i].Number = stored[i].Number; i > 0 && stored[i].Number <= stored[i-1].Number {
			f.Errorf("row %d has number %d after %d", i, stored[i].Number, stored[i-1].Number)
		}
	}
	rows[1].AssetUUID = a.UUID
	f.same("Log", stored, rows)
	log := func(what string, filter ingest.LogFilter, p ingest.Page, want ...ingest.LogRow) {
		f.Helper()
		expect(f, what, want, func(tx ingest.Tx) ([]ingest.LogRow, error) { return tx.Log(j.Number, filter, p) })
	}
	success := ingest.LogFilter{Types: []ingest.LogType{ingest.LogUploadSuccess, ingest.LogFatalError}}
	log("page", ingest.LogFilter{}, ingest.Page{After: rows[0].Number, Limit: 2}, rows[1:3]...)
	log("types", success, ingest.Page{Limit: 10}, rows[1], rows[3])
	log("types, paged", success, ingest.Page{After: rows[1].Number, Limit: 10}, rows[3])
	log("no types", ingest.LogFilter{Types: []ingest.LogType{}}, ingest.Page{Limit: 10})
	count := func(job ingest.Number, filter ingest.LogFilter, want int64) {
		f.Helper()
		expect(f, "LogCount", want, func(tx ingest.Tx) (int64, error) { return tx.LogCount(job, filter) })
	}
	count(j.Number, ingest.LogFilter{}, 4)
	count(j.Number, success, 2)
	count(j.Number, ingest.LogFilter{Types: []ingest.LogType{}}, 0)
	count(999, ingest.LogFilter{}, 0)
}
