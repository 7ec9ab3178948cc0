// Package storetest is the conformance suite of ingest.Store. Every
// implementation runs all of it: what the engine may rely on is what is tested
// here.
package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// Test runs the suite. open returns an empty store, which the suite closes.
func Test(t *testing.T, open func(t *testing.T) ingest.Store) {
	for _, c := range []struct {
		name string
		test func(*fixture)
	}{
		{"Companies", companies},
		{"Users", users},
		{"Memberships", memberships},
		{"PeopleRevision", revisions},
		{"UsersOfCompany", usersOfCompany},
		{"APIKeys", apiKeys},
		{"Folders", folders},
		{"Assets", assets},
		{"AssetsNamed", assetsNamed},
		{"AssetFilters", assetFilters},
		{"AssetNames", assetNames},
		{"AssetPages", assetPages},
		{"AssetsOfManyCompanies", assetsOfManyCompanies},
		{"Usage", usage},
		{"UsageBelow", usageBelow},
		{"Versions", versions},
		{"CurrentVersion", currentVersion},
		{"Derived", derived},
		{"BlobsInUse", blobsInUse},
		{"Uploads", uploads},
		{"UploadsOfASession", members},
		{"UploadParts", uploadParts},
		{"UploadPromises", uploadPromises},
		{"UploadFreeKeys", uploadFreeKeys},
		{"UploadsBy", uploadsBy},
		{"Parts", parts},
		{"FoldersIn", foldersIn},
		{"UploadClientKeys", uploadClientKeys},
		{"UploadLists", uploadLists},
		{"Jobs", jobs},
		{"JobChanges", jobChanges},
		{"JobLists", jobLists},
		{"JobLog", jobLog},
		{"LoggedJobs", loggedJobs},
		{"JobTasks", jobTasks},
		{"LogPositions", logPositions},
		{"Tasks", tasks},
		{"TaskClaims", taskClaims},
		{"TaskTurns", taskTurns},
		{"TaskLeases", taskLeases},
		{"RequeueTasks", requeueTasks},
		{"HastenTasks", hastenTasks},
		{"NextRun", nextRun},
		{"DeleteLooseTasks", deleteLooseTasks},
		{"Events", events},
		{"Documents", documents},
		{"Messages", messages},
		{"Addresses", addresses},
		{"MediaLinks", mediaLinks},
		{"Transfers", transfers},
		{"DayUse", dayUse},
		{"ReservedNumbers", reservedNumbers},
		{"ReservedFirst", reservedFirst},
		{"Links", links},
		{"Values", values},
		{"MovedFolders", movedFolders},
		{"Searches", searches},
		{"Rollback", rollback},
		{"RollbackBesideOthers", rollbackBesideOthers},
		{"Panic", panics},
		{"Snapshot", snapshot},
		{"ViewCannotWrite", viewCannotWrite},
		{"Cancelled", cancelled},
		{"TxAfterEnd", txAfterEnd},
		{"NumbersAreNeverReused", numbersAreNeverReused},
		{"ParallelUpdates", parallelUpdates},
		{"ParallelUnique", parallelUnique},
		{"ParallelJobChanges", parallelJobChanges},
		{"ParallelClaims", parallelClaims},
		{"Closed", closed},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() { s.Close() })
			c.test(&fixture{T: t, store: s})
		})
	}
}

// TestDurability checks that what was acknowledged is there after the store has
// been closed and opened again. create returns a function that opens the same
// store each time.
func TestDurability(t *testing.T, create func(t *testing.T) (open func() ingest.Store)) {
	open := create(t)
	s := open()
	f := &fixture{T: t, store: s}
	c := f.company()
	a := f.asset(c, f.folder(c, "shoes/"), "boot.jpg")
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	again := open()
	defer again.Close()
	g := &fixture{T: t, store: again}
	g.ids.Store(1000) // apart from those of f
	g.same("asset", g.readAsset(a.Number), a)
	b := g.anotherAsset(a, "sandal.jpg")
	if b.Number <= a.Number {
		t.Errorf("number after reopening = %d, want more than %d", b.Number, a.Number)
	}
}

// fixture is a store under test with makers for rows that tests need.
type fixture struct {
	*testing.T
	store ingest.Store
	ids   atomic.Int64
}

// noon is the time of the fixtures: whole microseconds, as stores keep them.
var noon = time.Date(2026, 2, 3, 12, 0, 0, 123456000, time.UTC)

func (f *fixture) uuid() ingest.UUID {
	return ingest.UUID(fmt.Sprintf("00000000-0000-4000-8000-%012x", f.ids.Add(1)))
}

func (f *fixture) update(fn func(tx ingest.Tx) error) {
	f.Helper()
	if err := f.store.Update(context.Background(), fn); err != nil {
		f.Fatalf("Update: %v", err)
	}
}

func (f *fixture) view(fn func(tx ingest.Tx) error) {
	f.Helper()
	if err := f.store.View(context.Background(), fn); err != nil {
		f.Fatalf("View: %v", err)
	}
}

// same reports a difference between what was read and what was stored.
func (f *fixture) same(what string, got, want any) {
	f.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

// fails runs fn in an Update and wants this failure of it.
func (f *fixture) fails(what string, kind ingest.Kind, code ingest.Code, fn func(tx ingest.Tx) error) {
	f.Helper()
	err := f.store.Update(context.Background(), fn)
	if err == nil {
		f.Errorf("%s: no error, want %v", what, kind)
		return
	}
	if ingest.KindOf(err) != kind || ingest.CodeOf(err) != code {
		f.Errorf("%s: %v (%v, %q), want %v, %q", what, err, ingest.KindOf(err), ingest.CodeOf(err), kind, code)
	}
}

func (f *fixture) missing(what string, fn func(tx ingest.Tx) error) {
	f.Helper()
	f.fails(what, ingest.NotFound, "", fn)
}

func (f *fixture) taken(what string, fn func(tx ingest.Tx) error) {
	f.Helper()
	f.fails(what, ingest.Conflict, ingest.CodeExists, fn)
}

// expect reads something in a View and compares it.
func expect[T any](f *fixture, what string, want T, read func(tx ingest.Tx) (T, error)) {
	f.Helper()
	var got T
	f.view(func(tx ingest.Tx) (err error) {
		got, err = read(tx)
		return err
	})
	f.same(what, got, want)
}

func (f *fixture) company() *ingest.Company {
	f.Helper()
	id := f.uuid()
	c := &ingest.Company{UUID: id, Name: "Company " + string(id), Slug: "c-" + string(id), Created: noon}
	f.update(func(tx ingest.Tx) error { return tx.CreateCompany(c) })
	return c
}

func (f *fixture) user(login string) *ingest.User {
	f.Helper()
	u := &ingest.User{UUID: f.uuid(), Login: login, Created: noon}
	f.update(func(tx ingest.Tx) error { return tx.CreateUser(u) })
	return u
}

func (f *fixture) folder(c *ingest.Company, path string) *ingest.Folder {
	f.Helper()
	d := &ingest.Folder{UUID: f.uuid(), Company: c.Number, Path: path, Created: noon}
	f.update(func(tx ingest.Tx) error { return tx.CreateFolder(d) })
	return d
}

func (f *fixture) job(c *ingest.Company, name string) *ingest.Job {
	f.Helper()
	j := &ingest.Job{UUID: f.uuid(), Company: c.Number, Door: ingest.DoorAPI, Name: name, OriginalName: name, State: ingest.JobRunning,
		Open: true, Created: noon, LastPost: noon}
	f.update(func(tx ingest.Tx) error { return tx.CreateJob(j) })
	return j
}

// numbers returns the numbers of a list.
func numbers[T any](list []T, number func(T) ingest.Number) []ingest.Number {
	var all []ingest.Number
	for _, item := range list {
		all = append(all, number(item))
	}
	return all
}
