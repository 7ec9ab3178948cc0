package engine_test

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// model is what the library must hold: the acknowledged files and the windows
// of open uploads. The machine below does at random what clients, crashes and
// the sweep do, and compares after every step.
type model struct {
	w       *world
	crashAt string // point at which the engine dies next; "" = nowhere
	serial  int    // makes every job name and body unique
	assets  map[ingest.UUID]*modelAsset
	uploads []*modelUpload
}

type modelAsset struct {
	folder, name, fileName string
	body                   string
}

type modelUpload struct {
	row   *ingest.Upload
	size  int64 // -1 = unknown
	buf   []byte
	have  []bool // which bytes of buf have arrived
	state ingest.UploadState
	asset ingest.UUID // when done
}

// Sizes of the model: large enough for overlaps, small enough to collide.
const (
	modelBytes = 16
	modelSteps = "60"
)

func TestModel(t *testing.T) {
	checks := modelChecks
	if testing.Short() {
		checks = "10"
	}
	for name, value := range map[string]string{"rapid.checks": checks, "rapid.steps": modelSteps} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			flag.Set(name, value) // keeps a plain run short
		}
	}
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		dir := tempDir(t)
		m := &model{assets: map[ingest.UUID]*modelAsset{}}
		m.w = openWorld(rt, dir, func(c *engine.Config) {
			c.Crash = func(point string) {
				if point == m.crashAt {
					m.crashAt = ""
					panic(killed{point})
				}
			}
		})
		defer m.w.close()
		// The first in the order of their names are drawn most.
		rt.Repeat(map[string]func(*rapid.T){
			"":          m.check,
			"1 write":   m.write,
			"2 write":   m.write,
			"3 finish":  m.finish,
			"4 begin":   m.begin,
			"5 deliver": m.deliver,
			"6 abort":   m.abort,
			"7 crash":   m.crash,
			"8 sweep":   m.sweep,
		})
		m.sweep(rt)
		m.check(rt)
	})
}

// name draws one of few names, so that they collide.
func (m *model) name(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a.xml", "b.xml", "a.css", "x/a.xml", "x/c.css"}).Draw(t, "name")
}

func (m *model) next(prefix string) string {
	m.serial++
	return fmt.Sprintf("%s%d", prefix, m.serial)
}

func (m *model) begin(t *rapid.T) {
	open := 0
	for _, u := range m.uploads {
		if u.state == ingest.UploadOpen {
			open++
		}
	}
	if open == 3 {
		t.Skip("enough") // few uploads of many windows say more than many of few
	}
	size := rapid.OneOf(rapid.Just(int64(-1)), rapid.Int64Range(0, modelBytes)).Draw(t, "size")
	spec := engine.BeginSpec{
		Company: m.w.demo.Number, Door: ingest.DoorTus, ClientKey: m.next("key"), Open: &engine.JobSpec{Name: "up"}, Size: size,
		FileName: m.name(t), Conflict: ingest.ConflictPolicy{CompanyWide: true, Taken: ingest.ActionRename, Otherwise: ingest.ActionRename},
	}
	u, err := m.w.engine.Begin(m.w.ctx, m.w.editor, spec)
	m.ok(t, err)
	again, err := m.w.engine.Begin(m.w.ctx, m.w.editor, spec)
	m.ok(t, err)
	if again.UUID != u.UUID {
		t.Fatalf("the same key gave two uploads")
	}
	m.uploads = append(m.uploads, &modelUpload{
		row: u, size: size, buf: make([]byte, 2*modelBytes), have: make([]bool, 2*modelBytes), state: ingest.UploadOpen,
	})
}

func (m *model) ok(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// pick draws an upload, mostly one that is open.
func (m *model) pick(t *rapid.T) *modelUpload {
	if len(m.uploads) == 0 {
		t.Skip("no upload")
	}
	list := m.uploads
	var open []*modelUpload
	for _, u := range m.uploads {
		if u.state == ingest.UploadOpen {
			open = append(open, u)
		}
	}
	if len(open) > 0 && !chance(t, "any", 3) {
		list = open
	}
	return rapid.SampledFrom(list).Draw(t, "upload")
}

func (m *model) write(t *rapid.T) {
	u := m.pick(t)
	offset := rapid.Int64Range(0, modelBytes).Draw(t, "offset")
	if rapid.Bool().Draw(t, "at the end") { // as clients do that resume
		offset = min(int64(len(u.prefix())), modelBytes)
	}
	body := ""
	if !chance(t, "empty", 4) {
		body = m.body(rapid.IntRange(1, 10).Draw(t, "length"))
	}
	r := &brokenReader{text: body, end: !chance(t, "breaks", 2)}
	keep := rapid.Bool().Draw(t, "keep")
	m.dies(t, "write.recorded")
	before := append([]bool(nil), u.have...)
	var win ingest.Window
	var err error
	died := survive(func() {
		win, err = m.w.engine.Write(m.w.ctx, m.w.editor, u.row.UUID, offset, r, engine.WriteSpec{KeepPartial: keep})
	})
	m.crashAt = ""
	end := offset + int64(len(body))
	switch {
	case died:
		m.restart(t)
		if (u.size < 0 || end <= u.size) && (r.end || keep) {
			win = ingest.Window{Offset: offset, Length: int64(len(body))}
		}
	case u.state == ingest.UploadDone:
		m.fails(t, err, ingest.Conflict)
		return
	case u.state == ingest.UploadAborted:
		m.fails(t, err, ingest.Gone)
		return
	case u.size >= 0 && offset > u.size:
		m.fails(t, err, ingest.Invalid)
		return
	case u.size >= 0 && end > u.size:
		m.fails(t, err, ingest.TooLarge)
	case !r.end:
		if !errors.Is(err, errBroken) {
			t.Fatalf("a broken body gave %v", err)
		}
	default:
		m.ok(t, err)
		if win.Length != int64(len(body)) {
			t.Fatalf("%d bytes were written and %d recorded", len(body), win.Length)
		}
	}
	if err == nil || keep {
		u.put(win, body)
	}
	if whole := win.Length == int64(len(body)); !whole {
		m.mayHaveLost(t, u, offset+win.Length, end, before)
	}
}

// body returns n bytes that no other body has.
func (m *model) body(n int) string {
	text := strings.Repeat(m.next("#"), n)
	return text[:n]
}

// put enters the part of a body that was recorded.
func (u *modelUpload) put(win ingest.Window, body string) {
	for i := range win.Length {
		u.buf[win.Offset+i], u.have[win.Offset+i] = body[i], true
	}
}

// mayHaveLost takes over what a write that broke off has left of the bytes that
// were there before: it may have lost some of its own range, nothing else, and
// must not have added any.
func (m *model) mayHaveLost(t *rapid.T, u *modelUpload, from, to int64, before []bool) {
	got := m.status(t, u)
	for i := from; i < to && i < int64(len(u.have)); i++ {
		if got[i] && !before[i] {
			t.Fatalf("byte %d of a body that broke off counts as arrived", i)
		}
		u.have[i] = got[i]
	}
}

func (m *model) status(t *rapid.T, u *modelUpload) []bool {
	s, err := m.w.engine.Status(m.w.ctx, m.w.editor, u.row.UUID)
	m.ok(t, err)
	have := make([]bool, len(u.have))
	for i, win := range s.Windows {
		if win.Length <= 0 || i > 0 && win.Offset <= s.Windows[i-1].End() {
			t.Fatalf("windows %+v are not merged and in order", s.Windows)
		}
		for i := win.Offset; i < win.End(); i++ {
			have[i] = true
		}
	}
	return have
}

// prefix is what has arrived without a gap.
func (u *modelUpload) prefix() string {
	n := 0
	for n < len(u.have) && u.have[n] {
		n++
	}
	return string(u.buf[:n])
}

// whole reports whether an upload can be finished.
func (u *modelUpload) whole() bool {
	n := len(u.prefix())
	for _, have := range u.have[n:] {
		if have {
			return false
		}
	}
	return u.size < 0 || int64(n) == u.size
}

func (m *model) fails(t *rapid.T, err error, kind ingest.Kind) {
	t.Helper()
	if err == nil || ingest.KindOf(err) != kind {
		t.Fatalf("error %v, want %v", err, kind)
	}
}

// fill writes what is missing of an open upload, as a client does before it
// finishes.
func (m *model) fill(t *rapid.T, u *modelUpload) {
	end := u.size
	for i, have := range u.have {
		if have && u.size < 0 {
			end = max(end, int64(i)+1)
		}
	}
	for i := int64(0); i < end; i++ {
		n := int64(0)
		for i+n < end && !u.have[i+n] {
			n++
		}
		if n == 0 {
			continue
		}
		body := m.body(int(n))
		win, err := m.w.engine.Write(m.w.ctx, m.w.editor, u.row.UUID, i, strings.NewReader(body), engine.WriteSpec{})
		m.ok(t, err)
		u.put(win, body)
	}
}

func (m *model) finish(t *rapid.T) {
	u := m.pick(t)
	if u.state == ingest.UploadOpen && !chance(t, "open", 2) {
		m.fill(t, u)
	}
	spec := engine.FinishSpec{Size: -1}
	promise := rapid.SampledFrom([]string{"none", "true", "false"}).Draw(t, "promise")
	switch promise {
	case "true":
		spec.SHA256 = sha(u.prefix())
	case "false":
		spec.SHA256 = sha("other bytes")
	}
	m.dies(t, "finish.sealing", "finish.sealed", "finish.committed")
	var a *ingest.Asset
	var err error
	if survive(func() { a, err = m.w.engine.Finish(m.w.ctx, m.w.editor, u.row.UUID, spec) }) {
		m.restart(t)
		a, err = m.w.engine.Finish(m.w.ctx, m.w.editor, u.row.UUID, engine.FinishSpec{Size: -1})
	}
	m.crashAt = ""
	switch {
	case u.state == ingest.UploadAborted:
		m.fails(t, err, ingest.Gone)
		return
	case u.state == ingest.UploadDone:
		m.ok(t, err)
		if a.UUID != u.asset {
			t.Fatalf("finishing again gave another asset")
		}
		return
	case !u.whole():
		m.fails(t, err, ingest.Conflict)
		return
	case promise == "false":
		m.fails(t, err, ingest.Mismatch)
		return
	}
	m.ok(t, err)
	if m.assets[a.UUID] != nil {
		t.Fatalf("an upload that renames has replaced %s", a.FileName)
	}
	u.state, u.asset = ingest.UploadDone, a.UUID
	m.adopt(a, u.prefix())
}

func (m *model) adopt(a *ingest.Asset, body string) {
	m.assets[a.UUID] = &modelAsset{folder: a.Path, name: a.Name, fileName: a.FileName, body: body}
}

func (m *model) abort(t *rapid.T) {
	m.seldom(t)
	u := m.pick(t)
	err := m.w.engine.Abort(m.w.ctx, m.w.editor, u.row.UUID)
	if u.state == ingest.UploadDone {
		m.fails(t, err, ingest.Conflict)
		return
	}
	m.ok(t, err)
	u.state = ingest.UploadAborted
}

func (m *model) deliver(t *rapid.T) {
	d := m.w.job(m.next("job"))
	d.Open.Processing.Overwrite = rapid.Bool().Draw(t, "overwrite")
	m.dies(t, "receive.written", "deliver.sealed", "deliver.committed")
	point := m.crashAt
	bodies := make([]string, rapid.IntRange(1, 3).Draw(t, "files"))
	var j *ingest.Job
	var out []engine.Outcome
	var err error
	died := survive(func() {
		in := m.w.engine.NewIntake()
		for i := range bodies {
			bodies[i] = m.body(rapid.IntRange(3, 20).Draw(t, "length"))
			s, err := in.Receive(m.w.ctx, strings.NewReader(bodies[i]), -1)
			m.ok(t, err)
			d.Files = append(d.Files, engine.Incoming{Spool: s, FileName: m.name(t)})
		}
		j, out, err = m.w.engine.Deliver(m.w.ctx, m.w.editor, in, d)
		in.Close()
	})
	m.crashAt = ""
	if died {
		m.restart(t)
		m.afterDeath(t, d.Open.Name, point, bodies)
		return
	}
	m.ok(t, err)
	if j.State != ingest.JobDone || j.Counts.Total != int64(len(bodies)) {
		t.Fatalf("job %+v", j)
	}
	for i, o := range out {
		place, err := engine.PlaceOf("Demo", "", d.Files[i].FileName)
		m.ok(t, err)
		m.outcome(t, place, d.Open.Processing.Overwrite, o, bodies[i])
	}
}

// outcome checks what became of one delivered file, under the overwrite mode
// that is the default: same folder, name and extension.
func (m *model) outcome(t *rapid.T, place engine.Place, overwrite bool, o engine.Outcome, body string) {
	taken, same := false, false
	for _, a := range m.assets {
		taken = taken || a.name == place.Name
		same = same || a.folder == place.Folder && a.fileName == place.FileName
	}
	switch {
	case taken && !overwrite:
		if o.Asset != nil || o.Log != ingest.LogDuplicateSkipped {
			t.Fatalf("a duplicate was not skipped: %+v", o)
		}
		return
	case o.Asset == nil:
		t.Fatalf("%s was not stored: %s", place.FileName, o.Reason)
	case o.Update != (taken && same):
		t.Fatalf("update %v; the name is taken %v, by the same file %v", o.Update, taken, same)
	case o.Update != (m.assets[o.Asset.UUID] != nil):
		t.Fatalf("update %v of an asset that is known %v", o.Update, m.assets[o.Asset.UUID] != nil)
	}
	m.adopt(o.Asset, body)
}

// afterDeath checks that of a delivery that died all is there or nothing.
func (m *model) afterDeath(t *rapid.T, job, point string, bodies []string) {
	var files []*ingest.Asset
	err := m.w.db.View(m.w.ctx, func(tx ingest.Tx) error {
		j, err := tx.JobByName(m.w.demo.Number, job)
		if ingest.KindOf(err) == ingest.NotFound && err != nil {
			if point == "deliver.committed" {
				t.Fatalf("a delivery that was committed is gone")
			}
			return nil
		}
		if err != nil {
			return err
		}
		if point != "deliver.committed" || j.State != ingest.JobDone || j.Counts.Total != int64(len(bodies)) {
			t.Fatalf("died at %s and left %+v", point, j)
		}
		files, err = tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{m.w.demo.Number}, Job: j.Number}, ingest.Page{Limit: 100})
		return err
	})
	m.ok(t, err)
	for _, a := range files {
		body := m.readBack(t, a.UUID)
		found := false
		for _, b := range bodies {
			found = found || b == body
		}
		if !found {
			t.Fatalf("%s holds %q, which nobody sent", a.FileName, body)
		}
		m.adopt(a, body)
	}
}

func (m *model) crash(t *rapid.T) {
	m.seldom(t)
	m.restart(t)
}

// seldom skips three of four calls: what a running process keeps in memory is
// looked at only as long as it lives.
func (m *model) seldom(t *rapid.T) {
	if !chance(t, "seldom", 2) {
		t.Skip("not this time")
	}
}

// dies draws the point at which the engine dies next, mostly none.
func (m *model) dies(t *rapid.T, points ...string) {
	m.crashAt = ""
	if chance(t, "dies", 3) {
		m.crashAt = rapid.SampledFrom(points).Draw(t, "point")
	}
}

// chance is true once in 2 to the power of n times. Ranges of integers favour
// small ones.
func chance(t *rapid.T, label string, n int) bool {
	for range n {
		if !rapid.Bool().Draw(t, label) {
			return false
		}
	}
	return true
}

// restart is a start of the server after the process ended.
func (m *model) restart(t *rapid.T) {
	m.crashAt = ""
	m.w.restart()
	m.ok(t, m.w.engine.Recover(m.w.ctx))
}
