package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// unpacking asks for the members of archives.
func unpacking(s *engine.JobSpec) { s.Processing.Unpack = true }

// archive delivers an archive that is to be unpacked and claims its task.
func (w *world) archive(folder, name string, change ...func(*engine.JobSpec)) (*ingest.Job, *ingest.Asset, *ingest.Task) {
	w.t.Helper()
	j, out := w.deliver(w.editor, w.job("archive", append(change, unpacking)...), file{folder, name, "PK archive " + name})
	if out[0].Asset == nil {
		w.t.Fatalf("not stored: %s", out[0].Reason)
	}
	return j, out[0].Asset, w.unpackTask()
}

// unpackTask claims the task of an archive, and ends the others.
func (w *world) unpackTask() (unpack *ingest.Task) {
	w.t.Helper()
	for _, t := range w.claim() {
		if t.Kind == ingest.TaskUnpack {
			unpack = t
			continue
		}
		w.ok(w.engine.CompleteTask(w.ctx, t, engine.TaskResult{}))
	}
	if unpack == nil {
		w.t.Fatalf("no archive is to be unpacked")
	}
	return unpack
}

// members stores members of an archive, whose names have folders.
func (w *world) members(t *ingest.Task, next int, refused []engine.RefusedMember, files ...file) error {
	w.t.Helper()
	u := engine.Unpacked{Refused: refused, Next: next, Intake: w.engine.NewIntake()}
	defer u.Intake.Close()
	for i, f := range files {
		spool, err := u.Intake.Receive(w.ctx, strings.NewReader(f.body), -1)
		w.ok(err)
		u.Made = append(u.Made, engine.Made{
			Key: fmt.Sprintf("member/%d", next-len(files)+i), Spool: spool, Folder: f.folder, FileName: f.name, Kind: ingest.DerivedMember, Whole: true,
		})
	}
	return w.engine.StoreUnpacked(w.ctx, t, u)
}

// listed names all assets that lists show, with their folders.
func (w *world) listed() []string {
	w.t.Helper()
	var names []string
	w.view(func(tx ingest.Tx) error {
		list, err := tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{w.demo.Number}}, ingest.Page{Limit: 100})
		names = nil
		for _, a := range list {
			names = append(names, a.Path+a.FileName)
		}
		return err
	})
	slices.Sort(names)
	return names
}

// An archive is seen by nobody while it is unpacked, takes no name, and is gone with its bytes afterwards; its members
// count as the files of the job.
func TestMembersBecomeAssets(t *testing.T) {
	w := newWorld(t)
	w.put(w.editor, w.job("before"), file{"", "photos.zip", "PK of somebody else"})
	before := w.blobCount()
	j, a, task := w.archive("in", "photos.zip")
	if diff := cmp.Diff([]string{"photos.zip"}, w.listed()); diff != "" {
		t.Errorf("while it is unpacked (-want +got):\n%s", diff)
	}
	work, err := w.engine.UnpackWork(w.ctx, task)
	w.ok(err)
	if work.Next != 0 || work.FileName != "photos.zip" {
		t.Errorf("work %+v", work)
	}
	w.ok(w.members(task, 2, nil, file{"", "a.jpg", jpeg + "a"}, file{"deep/er/", "b.jpg", jpeg + "b"}))
	w.ok(w.members(task, 5, []engine.RefusedMember{{Path: "../evil.jpg", Reason: "its name leads out of the archive"}, {Path: "x/._c", Reason: "hidden", Quiet: true}}, file{"", "d.xyz", "?"}))
	if work, err = w.engine.UnpackWork(w.ctx, task); err != nil || work.Next != 5 || work.Taken != 3 {
		t.Errorf("work %+v, %v", work, err)
	}
	w.process() // the members
	if s := w.storedJob(j.Number); s.State == ingest.JobDone {
		t.Fatal("the job is done before the archive is")
	}
	w.ok(w.engine.CompleteTask(w.ctx, task, engine.TaskResult{}))
	if diff := cmp.Diff([]string{"in/a.jpg", "in/deep/er/b.jpg", "photos.zip"}, w.listed()); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	s := w.storedJob(j.Number)
	want := ingest.JobCounts{Total: 5, Success: 2, Error: 2, Warning: 1}
	if s.State != ingest.JobDone || s.Counts != want || s.Pending != 0 {
		t.Errorf("job %+v", s)
	}
	if row := w.row(j.Number, ingest.LogTotalFileCount); row.Message != "5" {
		t.Errorf("total %q", row.Message)
	}
	var said []string
	for _, r := range w.rows(j.Number) {
		if r.Type == ingest.LogUploadError || r.Type == ingest.LogUploadWarning {
			said = append(said, r.AssetName+": "+r.Message)
		}
	}
	if diff := cmp.Diff([]string{
		"d.xyz: in/d.xyz: files of this type are not supported.",
		`evil.jpg: "../evil.jpg" of the archive in/photos.zip was left out: its name leads out of the archive.`,
		`._c: "x/._c" of the archive in/photos.zip was left out: hidden.`,
	}, said); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if got := w.stored(a); !got.Emptied || w.blobCount() != before+2 {
		t.Errorf("the archive is %+v, %d blobs, want %d", got, w.blobCount(), before+2)
	}
}

// Members are dealt with under the overwrite option of their job, archives among them are not unpacked.
func TestMembersFollowTheOptionsOfTheJob(t *testing.T) {
	w := newWorld(t)
	old := w.put(w.editor, w.job("before"), file{"in", "a.jpg", jpeg + "old"})
	j, _, task := w.archive("in", "x.zip")
	w.ok(w.members(task, 2, nil, file{"", "a.jpg", jpeg + "new"}, file{"", "inner.zip", "PK inner"}))
	w.ok(w.engine.CompleteTask(w.ctx, task, engine.TaskResult{}))
	w.process()
	if got := w.storedJob(j.Number).Counts; got.Duplicate != 1 || got.Success != 1 || w.read(old.UUID) != jpeg+"old" {
		t.Errorf("without overwriting: %+v", got)
	}
	if diff := cmp.Diff([]string{"in/a.jpg", "in/inner.zip"}, w.listed()); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	j, _, task = w.archive("in", "x.zip", overwrite)
	w.ok(w.members(task, 1, nil, file{"", "a.jpg", jpeg + "new"}))
	w.ok(w.engine.CompleteTask(w.ctx, task, engine.TaskResult{}))
	w.process()
	if got := w.storedJob(j.Number).Counts; got.Update != 1 || w.read(old.UUID) != jpeg+"new" {
		t.Errorf("with overwriting: %+v", got)
	}
}

// An archive that cannot be unpacked is an asset like one that nobody wanted to be unpacked, and the log says why.
func TestArchivesThatAreNotUnpacked(t *testing.T) {
	w := newWorld(t)
	j, hidden, task := w.archive("in", "bomb.zip")
	w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "it was not unpacked: too much", Final: true}))
	w.process()
	kept := w.namedAs("bomb", ingest.TypeZip)
	if kept.Path != "in/" || kept.State != ingest.AssetReady || w.read(kept.UUID) != "PK archive bomb.zip" || kept.Number == hidden.Number {
		t.Errorf("kept %+v", kept)
	}
	if got, want := w.storedJob(j.Number).Counts, (ingest.JobCounts{Total: 1, Success: 1, Warning: 1}); got != want {
		t.Errorf("counts %+v", got)
	}
	if row := w.row(j.Number, ingest.LogUploadWarning); row.Message != "in/bomb.zip: it was not unpacked: too much" {
		t.Errorf("row %+v", row)
	}
	// The sweep leaves the bytes that both have had alone.
	_, err := w.engine.Sweep(w.ctx)
	w.ok(err)
	if w.read(kept.UUID) != "PK archive bomb.zip" {
		t.Error("the bytes are gone")
	}
	// Another one of the name is skipped, and says so.
	j, _, task = w.archive("in", "bomb.zip")
	w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "no", Final: true}))
	if got, want := w.storedJob(j.Number).Counts, (ingest.JobCounts{Total: 1, Duplicate: 1, Warning: 1}); got != want {
		t.Errorf("counts of the second %+v", got)
	}
	// Processing it again as it came, or under options that ask for it, unpacks no asset.
	w.reprocess(engine.Again{})
	o := order(ingest.JobReprocess, "again")
	o.Assets, o.Processing.Unpack = []ingest.Number{kept.Number}, true
	w.submit(w.editor, o)
	for _, s := range w.claimSteps() {
		w.ok(w.engine.ReplanStep(w.ctx, s))
	}
	w.process()
	if w.stored(kept).Emptied || w.read(kept.UUID) != "PK archive bomb.zip" {
		t.Error("processing it again took the archive away")
	}
}

// An archive that fitted when it came and is not unpacked is kept, although there would
// be no room for another one.
func TestArchivesAtTheQuota(t *testing.T) {
	w := newWorld(t)
	w.settings(w.demo, ingest.CompanySettings{QuotaFiles: 1, QuotaBytes: 20})
	_, _, task := w.archive("", "full.zip") // 19 bytes
	w.ok(w.engine.FailTask(w.ctx, task, engine.Failure{Reason: "no", Final: true}))
	w.process()
	if kept := w.namedAs("full", ingest.TypeZip); w.read(kept.UUID) != "PK archive full.zip" {
		t.Error("it has other bytes")
	}
}

// A job that is stopped keeps an archive whose turn had not come.
func TestStoppedArchives(t *testing.T) {
	w := newWorld(t)
	j, _ := w.deliver(w.editor, open(w.job("archive", unpacking)), file{"", "a.zip", "PK a"})
	w.ok(w.engine.StopJob(w.ctx, w.editor, w.demo.Number, engine.JobRef{Number: j.Number}))
	if got := w.listed(); !slices.Equal(got, []string{"a.zip"}) || w.storedJob(j.Number).State != ingest.JobDone {
		t.Errorf("assets %v, job %+v", got, w.storedJob(j.Number))
	}
}

// A run that is taken over stores nothing; the next one goes on where the rows end, so nothing is doubled.
func TestUnpackingGoesOnAfterACrash(t *testing.T) {
	w := newWorld(t)
	j, _, task := w.archive("", "a.zip")
	w.ok(w.members(task, 2, []engine.RefusedMember{{Path: "bad", Reason: "it is a link"}}, file{"", "a.jpg", jpeg + "a"}))
	w.restart()
	w.ok(w.engine.Recover(w.ctx))
	again := w.unpackTask()
	err := w.members(task, 3, nil, file{"", "late.jpg", jpeg + "late"})
	w.refused(err, ingest.Conflict, "")
	work, err := w.engine.UnpackWork(w.ctx, again)
	if err != nil || work.Next != 2 || work.Taken != 1 {
		t.Errorf("work %+v, %v", work, err)
	}
	w.ok(w.members(again, 3, nil, file{"", "b.jpg", jpeg + "b"}))
	w.ok(w.engine.CompleteTask(w.ctx, again, engine.TaskResult{}))
	w.process()
	if diff := cmp.Diff([]string{"a.jpg", "b.jpg"}, w.listed()); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	if got, want := w.storedJob(j.Number).Counts, (ingest.JobCounts{Total: 3, Success: 2, Error: 1}); got != want {
		t.Errorf("counts %+v", got)
	}
}

// Members that are not stored because the server stops leave no bytes behind.
func TestUnpackingThatIsGivenUp(t *testing.T) {
	w := newWorld(t)
	_, _, task := w.archive("", "a.zip")
	before := w.blobCount()
	w.db.faults(func() error { return context.Canceled }, nil)
	if err := w.members(task, 1, nil, file{"", "a.jpg", jpeg + "a"}); err == nil {
		t.Error("no error")
	}
	w.db.faults(nil, nil)
	if after := w.blobCount(); after != before {
		t.Errorf("%d blobs, want %d", after, before)
	}
}

// Members of an archive whose owner may upload nothing any more are refused one by one.
func TestMembersOfSomebodyWhoMayNotUploadAnyMore(t *testing.T) {
	w := newWorld(t)
	j, _, task := w.archive("in", "photos.zip")
	w.ok(w.members(task, 1, nil, file{"", "a.jpg", jpeg + "a"}))
	w.update(func(tx ingest.Tx) error {
		return tx.PutMembership(ingest.Membership{User: w.editor.User, Company: w.demo.Number, Role: ingest.RoleViewer, Active: true})
	})
	blobs := w.blobCount()
	w.ok(w.members(task, 2, nil, file{"", "b.jpg", jpeg + "b"}))
	w.process()
	w.ok(w.engine.CompleteTask(w.ctx, task, engine.TaskResult{}))
	if diff := cmp.Diff([]string{"in/a.jpg"}, w.listed()); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	if row := w.row(j.Number, ingest.LogUploadError); row.AssetName != "b.jpg" {
		t.Errorf("row %+v", row)
	}
	if got := w.blobCount(); got != blobs-1 { // without the archive
		t.Errorf("%d blobs, were %d", got, blobs)
	}
	if got := w.storedJob(j.Number); got.State != ingest.JobDone || got.Counts != (ingest.JobCounts{Total: 2, Success: 1, Error: 1}) {
		t.Errorf("job %+v", got)
	}
}
