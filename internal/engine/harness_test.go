package engine_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sluice/internal/blob/fsblob"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// failer is what a test may fail in: *testing.T and *rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// clock is a wall clock that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is an engine over real stores in a directory of its own, with two
// companies and users of every role.
type world struct {
	t      failer
	ctx    context.Context
	dir    string
	clock  *clock
	db     *flakyStore
	blobs  *flakyBlobs
	engine *engine.Engine
	tune   []func(*engine.Config)

	demo, other                           *ingest.Company
	admin, boss, editor, colleague        ingest.Principal
	publisher, viewer, stranger, outsider ingest.Principal
	anonymous                             ingest.Principal
}

// newWorld makes a world for one test, which then runs beside others: most of
// its time is spent waiting for syncs.
func newWorld(t *testing.T, tune ...func(*engine.Config)) *world {
	t.Helper()
	t.Parallel()
	w := openWorld(t, tempDir(t), tune...)
	t.Cleanup(w.close)
	return w
}

// tempDir makes a directory for one test, in memory where the system has such a
// place: what these tests look at is rules, not disks.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "sluice-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// openWorld makes a world in a directory; the caller closes it.
func openWorld(t failer, dir string, tune ...func(*engine.Config)) *world {
	t.Helper()
	w := &world{t: t, ctx: context.Background(), dir: dir, clock: newClock(), tune: tune}
	w.open()
	w.demo, w.other = w.company("Demo"), w.company("Other")
	w.admin = w.user("root", true, nil, "")
	w.boss = w.user("boss", false, w.demo, ingest.RoleCompanyAdmin)
	w.editor = w.user("editor", false, w.demo, ingest.RoleEditor)
	w.colleague = w.user("colleague", false, w.demo, ingest.RoleEditor)
	w.publisher = w.user("publisher", false, w.demo, ingest.RolePublisher)
	w.viewer = w.user("viewer", false, w.demo, ingest.RoleViewer)
	w.stranger = w.user("stranger", false, nil, "")
	w.outsider = w.user("outsider", false, w.other, ingest.RoleCompanyAdmin)
	return w
}

// open opens the stores and a new engine over them.
func (w *world) open() {
	w.t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	db, err := sqlite.Open(w.ctx, filepath.Join(w.dir, "sluice.db"), sqlite.Options{Logger: quiet})
	w.ok(err)
	blobs, err := fsblob.Open(w.dir, fsblob.Options{Logger: quiet, BootID: func() string { return "one" }, SegmentSize: 1 << 20})
	w.ok(err)
	w.db, w.blobs = &flakyStore{Store: db}, &flakyBlobs{blobPort: blobs}
	w.reboot()
}

// reboot replaces the engine and keeps the stores open.
func (w *world) reboot() {
	c := engine.Config{Store: w.db, Blobs: w.blobs, Now: w.clock.now, NewUUID: id.New, Detect: detect, DigestDistance: 1}
	for _, tune := range w.tune {
		tune(&c)
	}
	w.engine = engine.New(c)
}

// restart drops the engine and opens everything anew on the same directory.
func (w *world) restart() {
	w.t.Helper()
	w.close()
	w.open()
}

func (w *world) close() {
	w.t.Helper()
	w.ok(w.blobs.Close())
	w.ok(w.db.Close())
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("unexpected error: %v", err)
	}
}

// refused fails the test unless err has the kind and the code.
func (w *world) refused(err error, kind ingest.Kind, code ingest.Code) {
	w.t.Helper()
	if err == nil {
		w.t.Fatalf("no error, want %v/%s", kind, code)
	}
	if ingest.KindOf(err) != kind || ingest.CodeOf(err) != code {
		w.t.Fatalf("error %v is %v/%q, want %v/%q", err, ingest.KindOf(err), ingest.CodeOf(err), kind, code)
	}
}

func detect(head []byte, name string) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8")):
		return "image/jpeg"
	case bytes.HasPrefix(head, []byte("%PDF")):
		return "application/pdf"
	case bytes.HasPrefix(head, []byte("PK")):
		return "application/zip"
	case bytes.HasPrefix(head, []byte("RIFF")):
		return "audio/wav"
	case bytes.HasPrefix(head, []byte("ftyp")):
		return "video/mp4"
	case bytes.HasPrefix(head, []byte("<svg")):
		return "image/svg+xml"
	}
	return "application/octet-stream"
}

func (w *world) update(fn func(ingest.Tx) error) {
	w.t.Helper()
	w.ok(w.db.Store.Update(w.ctx, fn))
}

func (w *world) view(fn func(ingest.Tx) error) {
	w.t.Helper()
	w.ok(w.db.Store.View(w.ctx, fn))
}

func (w *world) company(name string, settings ...ingest.CompanySettings) *ingest.Company {
	w.t.Helper()
	c := &ingest.Company{UUID: id.New(), Name: name, Slug: strings.ToLower(name), Created: w.clock.now()}
	for _, s := range settings {
		c.Settings = s
	}
	w.update(func(tx ingest.Tx) error { return tx.CreateCompany(c) })
	return c
}

func (w *world) settings(c *ingest.Company, s ingest.CompanySettings) {
	w.t.Helper()
	c.Settings = s
	w.update(func(tx ingest.Tx) error { return tx.UpdateCompany(c) })
}

func (w *world) user(login string, admin bool, c *ingest.Company, role ingest.Role) ingest.Principal {
	w.t.Helper()
	u := &ingest.User{UUID: id.New(), Login: login, Admin: admin, Created: w.clock.now()}
	var m []ingest.Membership
	w.update(func(tx ingest.Tx) error {
		if err := tx.CreateUser(u); err != nil || c == nil {
			return err
		}
		m = append(m, ingest.Membership{User: u.Number, Company: c.Number, Role: role, Active: true})
		return tx.PutMembership(m[0])
	})
	return u.Principal(m)
}

// file is what a test delivers.
type file struct{ folder, name, body string }

// job is a delivery of a new job by an editor, to be changed by the test.
func (w *world) job(name string, change ...func(*engine.JobSpec)) engine.Delivery {
	s := &engine.JobSpec{Door: ingest.DoorScene7, Name: name, Client: "tester", Address: "192.0.2.1"}
	for _, f := range change {
		f(s)
	}
	return engine.Delivery{Company: w.demo.Number, Open: s, Address: s.Address, End: true}
}

func overwrite(s *engine.JobSpec) { s.Processing.Overwrite = true }

// open leaves a job open for more files.
func open(d engine.Delivery) engine.Delivery { d.End = false; return d }

// into makes a delivery go to another company.
func into(c *ingest.Company, d engine.Delivery) engine.Delivery { d.Company = c.Number; return d }

// more is a delivery to an existing job.
func (w *world) more(j *ingest.Job, end bool) engine.Delivery {
	return engine.Delivery{Company: j.Company, Join: &engine.JobRef{Number: j.Number}, Address: j.Address, End: end}
}

// tryDeliver hands files over as a door does.
func (w *world) tryDeliver(p ingest.Principal, d engine.Delivery, files ...file) (*ingest.Job, []engine.Outcome, error) {
	in := w.engine.NewIntake()
	defer in.Close()
	for _, f := range files {
		s, err := in.Receive(w.ctx, strings.NewReader(f.body), int64(len(f.body)))
		if err != nil {
			return nil, nil, err
		}
		d.Files = append(d.Files, engine.Incoming{Spool: s, Folder: f.folder, FileName: f.name})
	}
	return w.engine.Deliver(w.ctx, p, in, d)
}

func (w *world) deliver(p ingest.Principal, d engine.Delivery, files ...file) (*ingest.Job, []engine.Outcome) {
	w.t.Helper()
	j, out, err := w.tryDeliver(p, d, files...)
	w.ok(err)
	return j, out
}

// put delivers one file in a job of its own and returns the asset.
func (w *world) put(p ingest.Principal, d engine.Delivery, f file) *ingest.Asset {
	w.t.Helper()
	_, out := w.deliver(p, d, f)
	if out[0].Asset == nil {
		w.t.Fatalf("%s was not stored: %s", f.name, out[0].Reason)
	}
	return out[0].Asset
}

func (w *world) stored(a *ingest.Asset) *ingest.Asset {
	w.t.Helper()
	var fresh *ingest.Asset
	w.view(func(tx ingest.Tx) (err error) { fresh, err = tx.Asset(a.Number); return err })
	return fresh
}

func (w *world) trash(a *ingest.Asset) {
	w.t.Helper()
	w.change(a, func(a *ingest.Asset) { a.Trashed = w.clock.now() })
}

func (w *world) change(a *ingest.Asset, fn func(*ingest.Asset)) {
	w.t.Helper()
	w.update(func(tx ingest.Tx) error {
		fresh, err := tx.Asset(a.Number)
		if err != nil {
			return err
		}
		fn(fresh)
		return tx.UpdateAsset(fresh)
	})
}

func (w *world) storedJob(n ingest.Number) *ingest.Job {
	w.t.Helper()
	var j *ingest.Job
	w.view(func(tx ingest.Tx) (err error) { j, err = tx.Job(n); return err })
	return j
}

func (w *world) storedUpload(u *ingest.Upload) *ingest.Upload {
	w.t.Helper()
	var fresh *ingest.Upload
	w.view(func(tx ingest.Tx) (err error) { fresh, err = tx.Upload(u.UUID); return err })
	return fresh
}

func (w *world) rows(j ingest.Number) []ingest.LogRow {
	w.t.Helper()
	var rows []ingest.LogRow
	w.view(func(tx ingest.Tx) (err error) {
		rows, err = tx.Log(j, ingest.LogFilter{}, ingest.Page{Limit: 10_000})
		return err
	})
	return rows
}

// log renders a job's log: one line per row, "Type asset-name: message".
func (w *world) log(j ingest.Number) []string {
	w.t.Helper()
	var lines []string
	for _, r := range w.rows(j) {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s", r.Type, r.AssetName)))
	}
	return lines
}

// whole is the log of a finished job around the rows of its files.
func whole(rows ...string) []string {
	lines := append([]string{"BeginUpload", "OriginalJobName", "JobClient"}, rows...)
	return append(lines, "TotalFileCount", "EndUpload")
}

// row returns the only row of a type in a job's log.
func (w *world) row(j ingest.Number, kind ingest.LogType) ingest.LogRow {
	w.t.Helper()
	var found []ingest.LogRow
	for _, r := range w.rows(j) {
		if r.Type == kind {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d rows %s in the log of job %d, want one: %v", len(found), kind, j, w.log(j))
	}
	return found[0]
}

func (w *world) claim() []*ingest.Task {
	w.t.Helper()
	tasks, err := w.engine.ClaimTasks(w.ctx, 100)
	w.ok(err)
	long, err := engine.LongSteps{Engine: w.engine}.ClaimTasks(w.ctx, 100)
	w.ok(err)
	return append(tasks, long...)
}

// process ends all queued tasks well.
func (w *world) process() {
	w.t.Helper()
	for {
		tasks := w.claim()
		if len(tasks) == 0 {
			return
		}
		for _, t := range tasks {
			w.ok(w.engine.CompleteTask(w.ctx, t, engine.TaskResult{Media: &ingest.Media{Width: 4, Height: 3}}))
		}
	}
}

func (w *world) read(id ingest.UUID) string {
	w.t.Helper()
	f, err := w.engine.Original(w.ctx, w.admin, id)
	w.ok(err)
	defer f.Bytes.Close()
	b, err := io.ReadAll(f.Bytes)
	w.ok(err)
	return string(b)
}

// blobCount counts the blobs that exist.
func (w *world) blobCount() int {
	w.t.Helper()
	n := 0
	w.ok(w.blobs.Blobs(w.ctx, func(ingest.BlobKey) error { n++; return nil }))
	return n
}

func (w *world) stageCount() int {
	w.t.Helper()
	n := 0
	w.ok(w.blobs.Stages(w.ctx, func(ingest.StageID) error { n++; return nil }))
	return n
}

func (w *world) assetCount(c *ingest.Company) int {
	w.t.Helper()
	n := 0
	w.view(func(tx ingest.Tx) error {
		for _, trash := range []bool{false, true} {
			list, err := tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{c.Number}, Trash: trash}, ingest.Page{Limit: 10_000})
			if err != nil {
				return err
			}
			n += len(list)
		}
		return nil
	})
	return n
}

func (w *world) usage(c *ingest.Company, p ingest.Principal) ingest.Usage {
	w.t.Helper()
	var u ingest.Usage
	w.view(func(tx ingest.Tx) (err error) { u, err = tx.Usage(c.Number, p.User); return err })
	return u
}

func sha(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}
