package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// subjects keeps the subjects of a packet one in a line, and nothing else of it.
func subjects(c *engine.Config) {
	c.Metadata = true
	c.Keywords = func(old []byte, known map[string][]string, words []string) (engine.XMPContent, error) {
		var have []string
		if old != nil {
			have = strings.Split(string(old), "\n")
		}
		for _, word := range words {
			if !slices.Contains(have, word) {
				have = append(have, word)
			}
		}
		return engine.XMPContent{Packet: []byte(strings.Join(have, "\n")), Values: map[string][]string{ingest.FieldKeywords: have, "dc.subject": have}}, nil
	}
}

// says ends the inspection of an asset's current version with what its file says.
func (w *world) says(a *ingest.Asset, m engine.Embedded) {
	w.t.Helper()
	for _, task := range w.claim() {
		if task.Asset == a.Number && (task.Kind == ingest.TaskInspect || task.Kind == ingest.TaskMetadata) {
			w.ok(w.engine.CompleteTask(w.ctx, task, engine.TaskResult{Embedded: &m}))
			continue
		}
		w.ok(w.engine.CompleteTask(w.ctx, task, engine.TaskResult{}))
	}
}

// reread queues the steps of an asset anew and ends them.
func (w *world) reread(a *ingest.Asset, m engine.Embedded) {
	w.t.Helper()
	_, err := w.engine.ReprocessAsCame(w.ctx, w.boss, w.demo.Number, engine.Again{Assets: []string{string(a.UUID)}})
	w.ok(err)
	steps := engine.JobSteps{Engine: w.engine}
	tasks, err := steps.ClaimTasks(w.ctx, 10)
	w.ok(err)
	for _, task := range tasks {
		w.ok(w.engine.ReplanStep(w.ctx, task))
	}
	w.says(a, m)
}

// all lists the values of an asset under keys in dot notation, with those that every asset may have.
func (w *world) all(a *ingest.Asset) map[string]string {
	w.t.Helper()
	d, err := w.engine.Asset(w.ctx, w.editor, a.UUID)
	w.ok(err)
	return d.Metadata
}

func sunrise() engine.Embedded {
	return engine.Embedded{Packet: []byte("sea\nsun"), Values: map[string][]string{
		"dc.subject": {"sea", "sun"}, "dc.description": {"A sunrise"}, "tiff.Model": {"K-3"}, "exif.DateTimeOriginal": {"2017-10-27T08:38:52+02:00"}, "exif.FNumber": {"5.6"},
	}}
}

// What a file says is found by searches, and the same when it is processed again.
func TestFilesSayWhatTheyAre(t *testing.T) {
	w := newWorld(t, subjects)
	a := w.put(w.editor, w.job("first"), file{name: "a.jpg", body: jpeg})
	w.says(a, sunrise())
	want := map[string]string{
		"dc.subject": "sea, sun", "keywords": "sea, sun", "dc.description": "A sunrise", "description": "A sunrise", "tiff.Model": "K-3",
		"exif.DateTimeOriginal": "2017-10-27T08:38:52+02:00", "exif.FNumber": "5.6",
	}
	if diff := cmp.Diff(want, w.all(a)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, c := range map[string]ingest.Condition{
		"the camera": {Value: "tiff.Model", Op: ingest.OpEquals, Text: "k-3", Fold: true},
		"the day":    {Value: "exif.DateTimeOriginal", Op: ingest.OpBetween, Low: 1509086331e6, High: 1509086333e6},
		"a number":   {Value: "exif.FNumber", Op: ingest.OpLess, Low: 6},
	} {
		found, err := w.engine.Search(w.ctx, w.editor, ingest.AssetSearch{Company: w.demo.Number, Subfolders: true, Groups: []ingest.ConditionGroup{{Conditions: []ingest.Condition{c}}}}, engine.SearchPage{Page: 1, Size: 10})
		if err != nil || len(found.Assets) != 1 {
			t.Errorf("searching by %s finds %d assets, %v", name, len(found.Assets), err)
		}
	}
	packet, _, err := w.engine.XMP(w.ctx, w.editor, w.demo.Number, a.Number)
	if err != nil || string(packet) != "sea\nsun" {
		t.Errorf("packet %q, %v", packet, err)
	}
	w.reread(a, sunrise())
	if diff := cmp.Diff(want, w.all(a)); diff != "" {
		t.Errorf("processed again (-want +got):\n%s", diff)
	}
}

// What somebody has set or removed stays when a file is processed again.
func TestValuesOfPeopleStay(t *testing.T) {
	w := newWorld(t, subjects)
	a := w.put(w.editor, w.job("first"), file{name: "a.jpg", body: jpeg})
	w.says(a, sunrise())
	w.update(func(tx ingest.Tx) error {
		mine := []ingest.Value{{Asset: a.Number, Field: ingest.FieldDescription, Text: "Mine"}}
		if err := tx.PutValues(w.demo.Number, a.Number, ingest.FieldDescription, mine); err != nil {
			return err
		}
		return tx.PutValues(w.demo.Number, a.Number, "tiff.Model", nil)
	})
	other := sunrise()
	other.Values["dc.description"], other.Values["tiff.Model"], other.Values["exif.FNumber"] = []string{"Other"}, []string{"K-5"}, []string{"8"}
	w.reread(a, other)
	got := w.all(a)
	for key, want := range map[string]string{"description": "Mine", "dc.description": "Other", "tiff.Model": "", "exif.FNumber": "8"} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	w.ok(w.engine.EditXMP(w.ctx, w.editor, w.demo.Number, []ingest.Number{a.Number}, func(old []byte) (engine.XMPContent, error) {
		if string(old) != "sea\nsun" {
			t.Errorf("the packet that is edited is %q", old)
		}
		return engine.XMPContent{Packet: []byte("mine"), Values: map[string][]string{"dc.title": {"Mine"}}}, nil
	}))
	for range 2 {
		got = w.all(a)
		for key, want := range map[string]string{"dc.title": "Mine", "dc.subject": "", "keywords": "", "dc.description": "", "exif.FNumber": "8"} {
			if got[key] != want {
				t.Errorf("with a packet of its own: %s is %q, want %q", key, got[key], want)
			}
		}
		w.reread(a, other)
	}
}

// Keywords of an upload stand behind those of the file, whichever comes first.
func TestKeywordsBesideThoseOfTheFile(t *testing.T) {
	w := newWorld(t, subjects)
	o := ingest.Processing{Overwrite: true, Keywords: []string{"sale", "sun"}}
	a := w.put(w.editor, w.wishes("first", o), file{name: "a.jpg", body: jpeg})
	check := func(when, want string) {
		t.Helper()
		got := w.all(a)
		packet, _, err := w.engine.XMP(w.ctx, w.editor, w.demo.Number, a.Number)
		if err != nil || got["dc.subject"] != want || got["keywords"] != want || strings.ReplaceAll(string(packet), "\n", ", ") != want {
			t.Errorf("%s: subjects %q, keywords %q, packet %q, want %q, %v", when, got["dc.subject"], got["keywords"], packet, want, err)
		}
	}
	check("before the inspection", "sale, sun")
	w.says(a, sunrise())
	check("after it", "sea, sun, sale")
	w.reread(a, sunrise())
	check("processed again", "sea, sun, sale")
	if got := w.all(a)["tiff.Model"]; got != "K-3" {
		t.Errorf("the camera is %q", got)
	}
	replaced := w.put(w.editor, w.wishes("second", ingest.Processing{Overwrite: true}), file{name: "a.jpg", body: jpeg + "x"})
	moon := engine.Embedded{Packet: []byte("moon"), Values: map[string][]string{"dc.subject": {"moon"}, "dc.description": {"Night"}}}
	w.says(replaced, moon)
	if replaced.Number != a.Number {
		t.Fatalf("the file became the asset %d", replaced.Number)
	}
	check("with other bytes", "moon, sale")
	if got := w.all(a); got["tiff.Model"] != "" || got["description"] != "Night" {
		t.Errorf("with other bytes the camera is %q, the description %q", got["tiff.Model"], got["description"])
	}
}

// Files that no media worker decodes have a step of their own, whose complaints that nobody asked for are no rows.
func TestMetadataSteps(t *testing.T) {
	w := newWorld(t, subjects)
	j, out := w.deliver(w.editor, w.job("first"), file{name: "a.pdf", body: "%PDF-1.4"}, file{name: "b.jpg", body: jpeg}, file{name: "c.xml", body: "<x/>"})
	kinds := map[string][]string{}
	for _, task := range w.claim() {
		for _, o := range out {
			if o.Asset != nil && o.Asset.Number == task.Asset {
				kinds[o.Asset.FileName] = append(kinds[o.Asset.FileName], string(task.Kind))
			}
		}
		r := engine.TaskResult{}
		if task.Kind == ingest.TaskMetadata {
			r.Note = "metadata was not read"
		}
		w.ok(w.engine.CompleteTask(w.ctx, task, r))
	}
	want := map[string]bool{"a.pdf": true, "b.jpg": false, "c.xml": false}
	for name, has := range want {
		if slices.Contains(kinds[name], "metadata") != has {
			t.Errorf("%s has the steps %v", name, kinds[name])
		}
	}
	if got := w.warnings(j.Number); len(got) > 0 {
		t.Errorf("warnings %q", got)
	}
	d, err := w.engine.Asset(w.ctx, w.editor, out[0].Asset.UUID)
	w.ok(err)
	if got := fmt.Sprint(d.Warnings); got != "[metadata: metadata was not read]" || d.Asset.State != ingest.AssetReady {
		t.Errorf("the asset is %s and says %s", d.Asset.State, got)
	}
}

// A file that takes the place of another takes away what that one said of itself, also when nobody reads what the new
// one says; what people have set or removed stays as they left it.
func TestReplacedFilesSayNothingAnyMore(t *testing.T) {
	for name, with := range map[string]file{"not read": {name: "a.xml", body: "<x/>"}, "read": {name: "a.jpg", body: jpeg + "x"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, subjects)
			o := ingest.Processing{Overwrite: true, Keywords: []string{"sale"}}
			w.settings(w.demo, ingest.CompanySettings{Overwrite: ingest.MatchAnyExt})
			a := w.put(w.editor, w.wishes("first", o), file{name: "a.jpg", body: jpeg})
			w.says(a, sunrise())
			w.update(func(tx ingest.Tx) error {
				for field, text := range map[string]string{ingest.FieldDescription: "Mine", "mine.own": "Own", "exif.FNumber": ""} {
					var mine []ingest.Value
					if text != "" {
						mine = []ingest.Value{{Asset: a.Number, Field: field, Text: text}}
					}
					if err := tx.PutValues(w.demo.Number, a.Number, field, mine); err != nil {
						return err
					}
				}
				return nil
			})
			replaced := w.put(w.editor, w.wishes("second", ingest.Processing{Overwrite: true}), with)
			if replaced.Number != a.Number {
				t.Fatalf("the file became the asset %d", replaced.Number)
			}
			want := map[string]string{"dc.subject": "sale", "keywords": "sale", "description": "Mine", "mine.own": "Own"}
			if diff := cmp.Diff(want, w.all(a)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			packet, _, err := w.engine.XMP(w.ctx, w.editor, w.demo.Number, a.Number)
			if err != nil || string(packet) != "sale" {
				t.Errorf("packet %q, %v", packet, err)
			}
			if name != "read" {
				return
			}
			other := sunrise()
			other.Values["tiff.Model"] = []string{"K-5"}
			w.says(replaced, other)
			got := w.all(a)
			for key, want := range map[string]string{"description": "Mine", "dc.description": "A sunrise", "tiff.Model": "K-5", "exif.FNumber": "", "dc.subject": "sea, sun, sale"} {
				if got[key] != want {
					t.Errorf("after the inspection %s is %q, want %q", key, got[key], want)
				}
			}
		})
	}
}

// A packet that a client has written stays when the file is replaced; how the former file was made does not.
func TestReplacedFilesKeepTheirPacket(t *testing.T) {
	w := newWorld(t, subjects)
	w.settings(w.demo, ingest.CompanySettings{Overwrite: ingest.MatchAnyExt})
	a := w.put(w.editor, w.wishes("first", ingest.Processing{Overwrite: true}), file{name: "a.jpg", body: jpeg})
	w.says(a, sunrise())
	w.ok(w.engine.EditXMP(w.ctx, w.editor, w.demo.Number, []ingest.Number{a.Number}, func([]byte) (engine.XMPContent, error) {
		return engine.XMPContent{Packet: []byte("mine"), Values: map[string][]string{"dc.title": {"Mine"}}}, nil
	}))
	w.put(w.editor, w.wishes("second", ingest.Processing{Overwrite: true}), file{name: "a.xml", body: "<x/>"})
	if diff := cmp.Diff(map[string]string{"dc.title": "Mine"}, w.all(a)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if packet, _, err := w.engine.XMP(w.ctx, w.editor, w.demo.Number, a.Number); err != nil || string(packet) != "mine" {
		t.Errorf("packet %q, %v", packet, err)
	}
}
