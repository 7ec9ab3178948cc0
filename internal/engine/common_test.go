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

// packets keeps the subjects of a packet one in a line.
func packets(c *engine.Config) {
	c.Keywords = func(old []byte, known map[string][]string, words []string) (engine.XMPContent, error) {
		if slices.Contains(words, "refused") {
			return engine.XMPContent{}, &ingest.Error{Kind: ingest.Invalid, Msg: "the keywords cannot be added"}
		}
		have := known[ingest.FieldKeywords]
		if old != nil {
			have = strings.Split(string(old), "\n")
		}
		for _, word := range words {
			if !slices.Contains(have, word) {
				have = append(slices.Clone(have), word)
			}
		}
		return engine.XMPContent{Packet: []byte(strings.Join(have, "\n")), Values: map[string][]string{ingest.FieldKeywords: have}}, nil
	}
}

// wishes opens a job with options.
func (w *world) wishes(name string, o ingest.Processing) engine.Delivery {
	return w.job(name, func(s *engine.JobSpec) { s.Processing = o })
}

func (w *world) valuesOf(a *ingest.Asset, field string) (list []string) {
	w.t.Helper()
	w.view(func(tx ingest.Tx) error {
		rows, err := tx.ValuesOf([]ingest.Number{a.Number}, []string{field})
		list = nil
		for _, v := range rows {
			list = append(list, v.Text)
		}
		return err
	})
	return list
}

// warnings lists the words of the warnings in a job's log.
func (w *world) warnings(j ingest.Number) (list []string) {
	w.t.Helper()
	for _, row := range w.rows(j) {
		if row.Type == ingest.LogUploadWarning {
			list = append(list, row.Message)
		}
	}
	return list
}

// What a job wants for every asset holds as soon as the upload is answered, for new
// assets and for replaced ones.
func TestOptionsOfEveryAsset(t *testing.T) {
	w := newWorld(t, packets)
	w.ok(w.engine.CreateProject(w.ctx, w.editor, w.demo.Number, "Spring"))
	text, err := w.engine.CreateField(w.ctx, w.boss, w.demo.Number, ingest.MetadataField{AssetType: ingest.TypeOther, Name: "note", Type: ingest.FieldString})
	w.ok(err)
	tags, err := w.engine.CreateField(w.ctx, w.boss, w.demo.Number, ingest.MetadataField{AssetType: ingest.TypeImage, Name: "tags", Type: ingest.FieldMultiTag})
	w.ok(err)
	handle := func(kind, name string) string { return fmt.Sprintf("m|%d|%s|%s", w.demo.Number, kind, name) }
	o := ingest.Processing{
		Overwrite: true, Projects: []string{fmt.Sprintf("p|%d|Spring", w.demo.Number)}, Keywords: []string{"red", "blue"},
		Metadata: []ingest.MetadataEdit{{Field: handle("ASSET", "note"), Value: "hello"}, {Field: handle("IMAGE", "tags"), AddTags: []string{"x", "y"}}},
	}
	j, out := w.deliver(w.publisher, w.wishes("first", o), file{name: "a.jpg", body: jpeg}, file{name: "b.xml", body: "x"})
	a, b := out[0].Asset, out[1].Asset
	if got := w.warnings(j.Number); len(got) != 0 {
		t.Errorf("warnings %q", got)
	}
	type state struct{ Keywords, Note, Tags []string }
	of := func(a *ingest.Asset) state {
		return state{w.valuesOf(a, ingest.FieldKeywords), w.valuesOf(a, text.Key()), w.valuesOf(a, tags.Key())}
	}
	if diff := cmp.Diff(state{[]string{"red", "blue"}, []string{"hello"}, []string{"x", "y"}}, of(a)); diff != "" {
		t.Errorf("image (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(state{[]string{"red", "blue"}, []string{"hello"}, nil}, of(b)); diff != "" {
		t.Errorf("other file (-want +got):\n%s", diff)
	}
	inProject := func() []ingest.Number {
		var numbers []ingest.Number
		w.view(func(tx ingest.Tx) error {
			links, err := tx.LinksTo(ingest.LinkProject, []ingest.Number{a.Number, b.Number})
			numbers = nil
			for _, l := range links {
				numbers = append(numbers, l.To)
			}
			return err
		})
		return numbers
	}
	if diff := cmp.Diff([]ingest.Number{a.Number, b.Number}, inProject()); diff != "" {
		t.Errorf("assets of the project (-want +got):\n%s", diff)
	}
	w.process()
	o.Keywords, o.Metadata = []string{"blue", "green"}, []ingest.MetadataEdit{{Field: handle("IMAGE", "tags"), DeleteTags: []string{"x"}}}
	w.deliver(w.editor, w.wishes("second", o), file{name: "a.jpg", body: jpeg + "2"})
	if diff := cmp.Diff(state{[]string{"red", "blue", "green"}, []string{"hello"}, []string{"y"}}, of(a)); diff != "" {
		t.Errorf("replaced image (-want +got):\n%s", diff)
	}
	if got := inProject(); len(got) != 2 {
		t.Errorf("the project has %d assets", len(got))
	}
}

// What cannot be done says so in the log, for each file, and the file is kept.
func TestOptionsThatCannotBeMet(t *testing.T) {
	w := newWorld(t, packets)
	note := ingest.MetadataField{AssetType: ingest.TypeOther, Name: "count", Type: ingest.FieldInt, Enforced: true}
	_, err := w.engine.CreateField(w.ctx, w.boss, w.demo.Number, note)
	w.ok(err)
	demo, other := w.demo.Number, w.other.Number
	j, out := w.deliver(w.editor, w.wishes("job", ingest.Processing{
		Keywords: []string{"refused"},
		Metadata: []ingest.MetadataEdit{
			{Field: "count", Value: "1"}, {Field: fmt.Sprintf("m|%d|ASSET|count", other), Value: "1"},
			{Field: fmt.Sprintf("m|%d|ASSET|none", demo), Value: "1"}, {Field: fmt.Sprintf("m|%d|ASSET|count", demo), Value: "many"},
		},
		Projects: []string{"Spring", fmt.Sprintf("p|%d|Spring", other), fmt.Sprintf("p|%d|Spring", demo)},
	}), file{name: "a.jpg", body: jpeg})
	if out[0].Asset == nil {
		t.Fatalf("the file was not kept: %s", out[0].Reason)
	}
	var options []string
	for _, words := range w.warnings(j.Number) {
		path, rest, _ := strings.Cut(words, ": ")
		option, _, _ := strings.Cut(rest, ": ")
		options = append(options, path+" "+option)
	}
	want := []string{"a.jpg xmpKeywords"}
	want = append(want, slices.Repeat([]string{"a.jpg metadataOptions"}, 4)...)
	want = append(want, slices.Repeat([]string{"a.jpg projectHandleArray"}, 3)...)
	if diff := cmp.Diff(want, options); diff != "" {
		t.Errorf("warnings (-want +got):\n%s\n%q", diff, w.warnings(j.Number))
	}
	w.process()
	w.sameCounts(j, ingest.JobCounts{Total: 1, Success: 1, Warning: 8})
}
