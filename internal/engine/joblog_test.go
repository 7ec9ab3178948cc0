package engine_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
)

// longLog gives a job a log of n rows, every tenth of which is a warning.
func (w *world) longLog(j *ingest.Job, n int) {
	w.t.Helper()
	for n > 0 {
		part := min(n, 2000)
		rows := make([]ingest.LogRow, part)
		for i := range rows {
			kind := ingest.LogUploadSuccess
			if i%10 == 9 {
				kind = ingest.LogUploadWarning
			}
			rows[i] = ingest.LogRow{Job: j.Number, Time: w.clock.now(), Type: kind, Message: "row"}
		}
		w.update(func(tx ingest.Tx) error { return tx.AppendLog(rows...) })
		n -= part
	}
}

func (w *world) details(p ingest.Principal, q engine.DetailQuery) []engine.LoggedJob {
	w.t.Helper()
	list, err := w.engine.JobLogDetails(w.ctx, p, w.demo.Number, q)
	w.ok(err)
	return list
}

// Every way to page through a log gives each row once, in the order that the whole
// log gives, whatever pages were looked at before.
func TestLogPages(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("long")))
	w.longLog(j, 4321)
	all := w.rows(j.Number)
	byType := slices.Clone(all)
	slices.SortStableFunc(byType, func(a, b ingest.LogRow) int { return slices.Compare([]byte(a.Type), []byte(b.Type)) })
	warnings := slices.DeleteFunc(slices.Clone(all), func(r ingest.LogRow) bool { return r.Type != ingest.LogUploadWarning })
	numbers := func(rows []ingest.LogRow) (list []ingest.Number) {
		for _, r := range rows {
			list = append(list, r.Number)
		}
		return list
	}
	reversed := func(rows []ingest.LogRow) []ingest.LogRow {
		rows = slices.Clone(rows)
		slices.Reverse(rows)
		return rows
	}
	warning := []ingest.LogType{ingest.LogUploadWarning, "Never"}
	tests := map[string]struct {
		q    engine.DetailQuery
		want []ingest.LogRow
	}{
		"as written":           {engine.DetailQuery{}, all},
		"newest first":         {engine.DetailQuery{Descending: true}, reversed(all)},
		"by type":              {engine.DetailQuery{ByType: true}, byType},
		"by type, descending":  {engine.DetailQuery{ByType: true, Descending: true}, reversed(byType)},
		"warnings":             {engine.DetailQuery{Types: warning}, warnings},
		"warnings, descending": {engine.DetailQuery{Types: warning, Descending: true}, reversed(warnings)},
		"nothing":              {engine.DetailQuery{Types: []ingest.LogType{"Never"}}, nil},
	}
	for name, tt := range tests {
		for _, size := range []int{1000, 77} {
			pages := (len(tt.want)+size-1)/size + 1
			order := make([]int, pages)
			for i := range order {
				order[i] = (i*7 + 3) % pages // not one after the other
				if pages%7 == 0 {
					order[i] = pages - 1 - i
				}
			}
			got := make([][]ingest.LogRow, pages)
			for _, page := range order {
				q := tt.q
				q.Ref, q.Limit, q.Offset = engine.JobRef{Number: j.Number}, size, int64(page*size)
				list := w.details(w.editor, q)
				if len(list) != 1 || list[0].Total != int64(len(tt.want)) {
					t.Fatalf("%s: %d jobs, total %d of %d", name, len(list), list[0].Total, len(tt.want))
				}
				got[page] = list[0].Rows
			}
			if diff := cmp.Diff(numbers(tt.want), numbers(slices.Concat(got...))); diff != "" {
				t.Errorf("%s by %d (-want +got):\n%s", name, size, diff)
			}
		}
	}
	w.longLog(j, 10) // rows that come later count too
	if got := w.details(w.editor, engine.DetailQuery{Ref: engine.JobRef{Number: j.Number}})[0].Total; got != int64(len(all)+10) {
		t.Errorf("total %d after 10 more rows than %d", got, len(all))
	}
}

func TestLogsOfOneName(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.deliver(w.editor, w.job("same"), file{name: fmt.Sprintf("%d.txt", i), body: "x"})
		w.clock.move(time.Minute)
	}
	w.deliver(w.editor, w.job("another"))
	list := w.details(w.viewer, engine.DetailQuery{OriginalName: "same"})
	if len(list) != 3 || list[0].Number < list[1].Number || list[1].Number < list[2].Number {
		t.Fatalf("%d jobs", len(list))
	}
	for _, j := range list {
		if len(j.Rows) != 6 || j.Total != 6 {
			t.Errorf("%s: %d rows of %d", j.Name, len(j.Rows), j.Total)
		}
	}
	list = w.details(w.viewer, engine.DetailQuery{OriginalName: "same", Limit: 4, Offset: 4})
	if len(list[0].Rows) != 2 || len(list[1].Rows) != 2 || len(list[2].Rows) != 0 {
		t.Errorf("second page of 4: %d, %d, %d rows", len(list[0].Rows), len(list[1].Rows), len(list[2].Rows))
	}
	if n := len(w.details(w.viewer, engine.DetailQuery{})); n != 4 {
		t.Errorf("%d logs of the company", n)
	}
	for _, q := range []engine.DetailQuery{{OriginalName: "no"}, {Ref: engine.JobRef{Number: 999}}, {Ref: engine.JobRef{Name: "no"}}, {OriginalName: "a", Ref: engine.JobRef{OriginalName: "b"}}} {
		if list := w.details(w.viewer, q); len(list) != 0 {
			t.Errorf("%+v: %d jobs", q, len(list))
		}
	}
	_, err := w.engine.JobLogDetails(w.ctx, w.outsider, w.demo.Number, engine.DetailQuery{})
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)
}

// Readers do not learn the numbers of assets that they may not see, and the address
// of an export is for its owner and administrators.
func TestLogHidesAssets(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, w.job("upload"), file{name: "a.jpg", body: "\xff\xd8a"}, file{folder: "secret", name: "b.jpg", body: "\xff\xd8b"})
	w.process()
	var assets []*ingest.Asset
	w.update(func(tx ingest.Tx) (err error) {
		if assets, err = tx.Assets(ingest.AssetFilter{Job: j.Number}, ingest.Page{Limit: 10}); err != nil {
			return err
		}
		group := &ingest.Document{UUID: id.New(), Company: w.demo.Number, Kind: ingest.DocGroup, Key: "g", Created: w.clock.now()}
		if err := tx.CreateDocument(group); err != nil {
			return err
		}
		folder, err := tx.Folder(w.demo.Number, "secret/")
		if err != nil {
			return err
		}
		data := fmt.Sprintf(`{"entries":[{"group":%d,"type":"Read","allowed":true}]}`, group.Number)
		return tx.CreateDocument(&ingest.Document{UUID: id.New(), Company: w.demo.Number, Kind: ingest.DocPermissions, Owner: folder.Number,
			Key: "folder", Data: []byte(data), Created: w.clock.now()})
	})
	open, secret := assets[0].Number, assets[1].Number
	for _, tt := range []struct {
		p      ingest.Principal
		hidden bool
		links  bool
	}{{w.boss, false, true}, {w.editor, true, true}, {w.viewer, true, false}} {
		got := w.details(tt.p, engine.DetailQuery{Ref: engine.JobRef{Number: j.Number}})[0]
		if got.Hidden[open] || got.Hidden[secret] != tt.hidden || got.Links != tt.links {
			t.Errorf("%s: hidden %v, links %v", tt.p.Login, got.Hidden, got.Links)
		}
	}
	_, err := w.engine.AssetLog(w.ctx, w.viewer, w.demo.Number, secret)
	w.refused(err, ingest.Forbidden, ingest.CodePermission)
	_, err = w.engine.AssetLog(w.ctx, w.outsider, w.other.Number, open)
	w.refused(err, ingest.NotFound, "")
	rows, err := w.engine.AssetLog(w.ctx, w.viewer, w.demo.Number, open)
	w.ok(err)
	if len(rows) != 1 || rows[0].Type != ingest.LogUploadSuccess || rows[0].Job.Number != j.Number || rows[0].Email != "editor" {
		t.Errorf("rows %+v", rows)
	}
}

func TestActiveJobs(t *testing.T) {
	w := newWorld(t, working)
	one, _ := w.deliver(w.editor, open(w.job("one")), file{name: "a.jpg", body: "\xff\xd8a"}, file{name: "b.jpg", body: "\xff\xd8b"})
	two, _ := w.deliver(w.colleague, open(w.job("two")))
	foreign, _ := w.deliver(w.outsider, open(into(w.other, w.job("one"))))
	w.ok(w.engine.CompleteTask(w.ctx, w.claim()[0], engine.TaskResult{}))
	for _, tt := range []struct {
		name string
		p    ingest.Principal
		q    engine.ActiveQuery
		want []ingest.Number
	}{
		{"own companies", w.viewer, engine.ActiveQuery{}, []ingest.Number{one.Number, two.Number}},
		{"all companies", w.admin, engine.ActiveQuery{}, []ingest.Number{one.Number, two.Number, foreign.Number}},
		{"by name", w.admin, engine.ActiveQuery{OriginalName: "one"}, []ingest.Number{one.Number, foreign.Number}},
		{"company", w.admin, engine.ActiveQuery{Company: w.other.Number}, []ingest.Number{foreign.Number}},
		{"number", w.viewer, engine.ActiveQuery{Company: w.demo.Number, Ref: engine.JobRef{Number: two.Number}}, []ingest.Number{two.Number}},
		{"number and other name", w.viewer, engine.ActiveQuery{Company: w.demo.Number, Ref: engine.JobRef{Number: two.Number}, OriginalName: "one"}, nil},
		{"submitted name", w.viewer, engine.ActiveQuery{Company: w.demo.Number, Ref: engine.JobRef{OriginalName: "two"}}, []ingest.Number{two.Number}},
		{"foreign number", w.viewer, engine.ActiveQuery{Company: w.demo.Number, Ref: engine.JobRef{Number: foreign.Number}}, nil},
	} {
		var got []ingest.Number
		for _, j := range w.active(tt.p, tt.q) {
			got = append(got, j.Number)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	got := w.active(w.viewer, engine.ActiveQuery{})
	want := ingest.JobProgress{Job: one.Number, Running: 1, Ended: 1, Last: w.clock.now(), Steps: []ingest.StepProgress{
		{Kind: ingest.TaskInspect, Running: 1, Ended: 1, Last: w.clock.now()},
	}}
	if diff := cmp.Diff(want, got[0].Progress); diff != "" || got[0].Email != "editor" || got[1].Email != "colleague" {
		t.Errorf("progress of %s, %s (-want +got):\n%s", got[0].Email, got[1].Email, diff)
	}
}

// Whoever sees that a job is not active any more finds its whole log.
func TestLogCompleteWhenGone(t *testing.T) {
	const jobs = 500
	w := newWorld(t)
	var numbers []ingest.Number
	for i := range jobs {
		j, _ := w.deliver(w.editor, w.job(fmt.Sprintf("job %d", i)), file{name: fmt.Sprintf("%d.jpg", i), body: "\xff\xd8"})
		numbers = append(numbers, j.Number)
	}
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for {
				tasks, err := w.engine.ClaimTasks(w.ctx, 5)
				if err != nil || len(tasks) == 0 {
					if err != nil {
						t.Error(err)
					}
					return
				}
				for _, task := range tasks {
					if err := w.engine.CompleteTask(w.ctx, task, engine.TaskResult{}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	waiting := map[ingest.Number]bool{}
	for _, n := range numbers {
		waiting[n] = true
	}
	for looks := 0; len(waiting) > 0; looks++ {
		still := map[ingest.Number]bool{}
		for _, j := range w.active(w.editor, engine.ActiveQuery{Company: w.demo.Number}) {
			still[j.Number] = true
		}
		for n := range waiting {
			if still[n] {
				continue
			}
			delete(waiting, n)
			list := w.details(w.editor, engine.DetailQuery{Ref: engine.JobRef{Number: n}})
			rows := list[0].Rows
			if len(rows) != 6 || rows[3].Type != ingest.LogUploadSuccess || rows[5].Type != ingest.LogEndUpload || list[0].Counts.Success != 1 {
				t.Fatalf("log of job %d, which is not active: %d rows", n, len(rows))
			}
		}
		if looks > 100_000 {
			t.Fatalf("%d jobs never ended", len(waiting))
		}
	}
	workers.Wait()
}

func TestJobLogs(t *testing.T) {
	w := newWorld(t)
	first, _ := w.deliver(w.editor, w.job("b"))
	w.clock.move(time.Hour)
	second, _ := w.deliver(w.colleague, w.job("a"))
	w.deliver(w.outsider, into(w.other, w.job("c")))
	for _, tt := range []struct {
		name string
		q    engine.LogQuery
		want []ingest.Number
	}{
		{"newest first", engine.LogQuery{Descending: true}, []ingest.Number{second.Number, first.Number}},
		{"by name", engine.LogQuery{Sort: ingest.SortJobName}, []ingest.Number{second.Number, first.Number}},
		{"of a user", engine.LogQuery{User: w.editor.User}, []ingest.Number{first.Number}},
		{"since", engine.LogQuery{From: w.clock.now()}, []ingest.Number{second.Number}},
		{"until", engine.LogQuery{To: w.clock.now().Add(-time.Minute)}, []ingest.Number{first.Number}},
		{"one", engine.LogQuery{Limit: 1}, []ingest.Number{first.Number}},
	} {
		list, err := w.engine.JobLogs(w.ctx, w.viewer, tt.q)
		w.ok(err)
		var got []ingest.Number
		for _, j := range list {
			got = append(got, j.Number)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	_, err := w.engine.JobLogs(w.ctx, w.viewer, engine.LogQuery{Company: w.other.Number})
	w.refused(err, ingest.Forbidden, ingest.CodeNotMember)
}
