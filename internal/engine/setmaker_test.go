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

// rules makes property sets of name=value lines and returns their handles.
func (w *world) rules(c *ingest.Company, rules ...string) (handles []string) {
	w.t.Helper()
	kind, err := w.engine.CreatePropertyType(w.ctx, w.admin, c.Number, "rules", ingest.PropertySetType{Owner: ingest.PropertiesOfCompany, Multiple: true})
	w.ok(err)
	for _, rule := range rules {
		content := ingest.PropertySet{Company: c.Number}
		for line := range strings.SplitSeq(rule, "\n") {
			name, value, _ := strings.Cut(line, "=")
			content.Properties = append(content.Properties, ingest.Property{Name: name, Value: value})
		}
		number, err := w.engine.CreatePropertySet(w.ctx, w.admin, kind, content)
		w.ok(err)
		handles = append(handles, fmt.Sprintf("ps|%d", number))
	}
	return handles
}

// uploaded delivers images and carries out all that follows.
func (w *world) uploaded(p ingest.Principal, rules []string, names ...string) *ingest.Job {
	w.t.Helper()
	var files []file
	for _, name := range names {
		files = append(files, file{name: name, body: jpeg + name})
	}
	j, _ := w.deliver(p, w.wishes("job", ingest.Processing{AutoSet: true, AutoSets: rules, Publish: true}), files...)
	w.process()
	w.work(nil)
	if got := w.storedJob(j.Number).State; got != ingest.JobDone {
		w.t.Fatalf("the job is %s", got)
	}
	return j
}

// setsOf renders the sets of a company: path, type and the names of their members.
func (w *world) setsOf(c *ingest.Company) (list []string) {
	w.t.Helper()
	w.view(func(tx ingest.Tx) error {
		list = nil
		all, err := tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{c.Number}}, ingest.Page{Limit: 1000})
		if err != nil {
			return err
		}
		names := map[ingest.Number]string{}
		for _, a := range all {
			names[a.Number] = a.Name
		}
		for _, a := range all {
			if a.Version != 0 {
				continue
			}
			line := fmt.Sprintf("%s%s %s%s:", a.Path, a.Name, a.Type, a.SubType)
			for _, kind := range []ingest.LinkKind{ingest.LinkMember, ingest.LinkNamed} {
				links, err := tx.Links(kind, a.Number, ingest.Page{Limit: 1000})
				if err != nil {
					return err
				}
				for _, l := range links {
					line += " " + names[l.To]
				}
			}
			list = append(list, line)
		}
		slices.Sort(list)
		return nil
	})
	return list
}

func (w *world) sameSets(c *ingest.Company, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.setsOf(c)); diff != "" {
		w.t.Errorf("sets (-want +got):\n%s", diff)
	}
}

func TestSetsByNames(t *testing.T) {
	for name, tt := range map[string]struct {
		rule  string
		files []string
		sets  []string
	}{
		"views": {"match=(?P<base>.+)_(?P<view>\\d+)", []string{"shoe_10.jpg", "shoe_2.jpg", "shoe_1.jpg", "hat_1.jpg", "hat_2.jpg", "lone_1.jpg", "plain.jpg"},
			[]string{"hat_set ImageSet: hat_1 hat_2", "shoe_set ImageSet: shoe_1 shoe_2 shoe_10"}},
		"named views": {"setType=ImageSet\nsetName=${base}-views\nfolder=sets/all\norder=front, back,top\nmatch=(?P<base>[a-z]+)-(?P<view>[a-z]+)",
			[]string{"bag-top.jpg", "bag-extra.jpg", "bag-back.jpg", "bag-front.jpg"}, []string{"sets/all/bag-views ImageSet: bag-front bag-back bag-top bag-extra"}},
		"spin": {"setType=SpinSet\nsetName=${base}_spin\nminimum=3\nmatch=(?P<base>.+)_(?P<view>\\d+)", []string{"a_01.jpg", "a_02.jpg", "a_03.jpg", "b_01.jpg", "b_02.jpg"},
			[]string{"a_spin SpinSet: a_01 a_02 a_03"}},
		"spin of two axes": {"setType=SpinSet\nmatch=(?P<base>.+)-(?P<row>\\d+)-(?P<view>\\d+)", []string{"a-2-1.jpg", "a-1-2.jpg", "a-1-1.jpg", "a-2-2.jpg"},
			[]string{"a_set SpinSet: a_set_1 a_set_2", "a_set_1 SpinSet: a-1-1 a-1-2", "a_set_2 SpinSet: a-2-1 a-2-2"}},
		"swatches": {"setType=SwatchSet\nsetName=${base}_colors\nmatch=(?P<base>.+)-(?P<view>[a-z]+)(?P<swatch>_sw)?", []string{"t-red.jpg", "t-blue.jpg", "t-red_sw.jpg"},
			[]string{"t_colors AssetSetSwatchSet: t-blue t-red t-red_sw"}},
		"pages":           {"setType=Catalog\nsetName=${base}\nmatch=(?P<base>.+) p(?P<view>\\d+)", []string{"book p2.jpg", "book p1.jpg"}, []string{"book Catalog: book p1 book p2"}},
		"other files":     {"match=(?P<base>.+)_(?P<view>\\d+)", []string{"a_1.xml", "a_2.xml"}, nil},
		"nothing matches": {"match=(?P<base>x+)_(?P<view>\\d+)", []string{"a_1.jpg", "xa_2.jpg"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			j := w.uploaded(w.publisher, w.rules(w.demo, tt.rule), tt.files...)
			w.sameSets(w.demo, tt.sets...)
			if got := w.warnings(j.Number); len(got) != 0 {
				t.Errorf("warnings %q", got)
			}
			w.sameCounts(j, ingest.JobCounts{Total: int64(len(tt.files)), Success: int64(len(tt.files) + len(tt.sets))})
		})
	}
}

// The text of a swatch set pairs images with their swatches.
func TestSwatchSetDefinition(t *testing.T) {
	w := newWorld(t)
	w.uploaded(w.editor, w.rules(w.demo, "setType=SwatchSet\nmatch=(?P<base>.+)-(?P<view>[a-z]+)(?P<swatch>_sw)?"), "t-red.jpg", "t-red_sw.jpg", "t-blue.jpg", "t-gone_sw.jpg")
	id := func(name string) string { return fmt.Sprintf("${getCatalogId([a|%d])}", w.named(name).Number) }
	var set ingest.AssetSet
	w.view(func(tx ingest.Tx) error {
		d, err := tx.DocumentByKey(w.demo.Number, ingest.DocAssetSet, w.named("t_set").Number, ingest.OnlyOne)
		if err != nil {
			return err
		}
		set.Definition = string(d.Data)
		return nil
	})
	want := id("t-blue") + "," + id("t-red") + ";" + id("t-red_sw")
	if !strings.Contains(set.Definition, want) {
		t.Errorf("%s, want %s", set.Definition, want)
	}
}

// Files of later jobs join the sets that there are; running again changes nothing.
func TestSetsGrow(t *testing.T) {
	w := newWorld(t)
	rules := w.rules(w.demo, "match=(?P<base>.+)_(?P<view>\\d+)")
	w.uploaded(w.editor, rules, "a_1.jpg", "a_3.jpg")
	j := w.uploaded(w.editor, rules, "a_2.jpg", "b_1.jpg")
	w.sameSets(w.demo, "a_set ImageSet: a_1 a_2 a_3")
	if row := w.row(j.Number, ingest.LogFileUpdated); row.AssetName != "a_set" {
		t.Errorf("row %+v", row)
	}
	j = w.uploaded(w.publisher, rules, "a_4.jpg") // may not overwrite
	if got := w.warnings(j.Number); len(got) != 1 || !strings.Contains(got[0], `the set of "a" was not made`) {
		t.Errorf("warnings %q", got)
	}
	w.sameSets(w.demo, "a_set ImageSet: a_1 a_2 a_3")
	o := order(ingest.JobAutoSets, "sets")
	o.Processing.AutoSets, o.Folder = rules, "made"
	for _, name := range []string{"a_1", "a_3", "b_1"} {
		o.Assets = append(o.Assets, w.named(name).Number)
	}
	again := w.submit(w.editor, o)
	w.work(nil)
	w.sameSets(w.demo, "a_set ImageSet: a_1 a_2 a_3")
	w.sameLog(again, whole())
}

// Rules that are absent or cannot be used make nothing, and say so; the files are kept.
func TestRulesOfNoUse(t *testing.T) {
	w := newWorld(t)
	foreign := w.rules(w.other, "match=(?P<base>.+)")
	for want, rule := range map[string]string{
		"has no property match":   "setType=ImageSet",
		"no regular expression":   "match=(?P<base>(",
		"has no group (?P<base>…": "match=.+",
		"setType is \"Pile\"":     "match=(?P<base>.+)\nsetType=Pile",
		"minimum is \"0\"":        "match=(?P<base>.+)\nminimum=0",
		"the limit is 1000":       "match=(?P<base>" + strings.Repeat("x", 1000) + ")",
	} {
		t.Run(want, func(t *testing.T) {
			w.t = t
			c := w.company("C" + want[:3] + fmt.Sprint(len(rule)))
			handles := w.rules(c, rule)
			d := into(c, w.wishes("job", ingest.Processing{AutoSets: handles}))
			j, _ := w.deliver(w.admin, d, file{name: "a_1.jpg", body: jpeg}, file{name: "a_2.jpg", body: jpeg})
			w.process()
			w.work(nil)
			if got := w.warnings(j.Number); len(got) != 1 || !strings.Contains(got[0], want) || !strings.HasPrefix(got[0], "autoSetCreationOptions: ") {
				t.Errorf("warnings %q", got)
			}
			w.sameSets(c)
		})
	}
	w.t = t
	for want, handles := range map[string][]string{
		"no rule is named": nil, "no handle of a property set": {"x"}, "no property set has the number": {"ps|999999"}, "has the number": foreign,
	} {
		j := w.uploaded(w.editor, handles, "plain.jpg")
		if got := w.warnings(j.Number); len(got) == 0 || !strings.Contains(got[len(got)-1], want) {
			t.Errorf("%q: warnings %q", handles, got)
		}
	}
	j, _ := w.deliver(w.editor, w.job("no wish"), file{name: "a.xml", body: "x"})
	w.sameLog(j, whole("UploadSuccess a.xml"))
}

// Sets are made when all files of a job have come, and more of them than one run makes.
func TestSetsWaitForTheLastFile(t *testing.T) {
	w := newWorld(t)
	rules := w.rules(w.demo, "match=(?P<base>.+)_(?P<view>\\d+)")
	o := ingest.Processing{AutoSets: rules}
	var files []file
	for i := range 205 {
		files = append(files, file{name: fmt.Sprintf("s%d_1.jpg", i), body: jpeg}, file{name: fmt.Sprintf("s%d_2.jpg", i), body: jpeg})
	}
	j, _ := w.deliver(w.editor, open(w.wishes("job", o)), files[:300]...)
	w.process()
	if steps := w.claimSteps(); len(steps) != 0 {
		t.Fatalf("%d steps while files may come", len(steps))
	}
	w.deliver(w.editor, w.more(j, true), files[300:]...)
	if steps := w.claimSteps(); len(steps) != 0 {
		t.Fatalf("%d steps while files are processed", len(steps))
	}
	w.process()
	steps := w.claimSteps()
	if len(steps) != 1 || w.storedJob(j.Number).State != ingest.JobRunning {
		t.Fatalf("%d steps, job %s", len(steps), w.storedJob(j.Number).State)
	}
	w.restart() // the server ends while it is at it
	w.ok(w.engine.Recover(w.ctx))
	w.work(nil)
	if got := w.setsOf(w.demo); len(got) != 205 {
		t.Errorf("%d sets", len(got))
	}
	w.sameCounts(j, ingest.JobCounts{Total: 410, Success: 615})
	progress, err := w.engine.JobProgress(w.ctx, w.editor, j.UUID)
	w.ok(err)
	got := map[ingest.TaskKind]int{}
	for _, step := range progress.Steps {
		got[step.Kind] = step.Ended
	}
	if got[ingest.TaskInspect] != 410 || got[ingest.TaskSets] != 2 {
		t.Errorf("progress %v", got)
	}
}

// A set takes 1,000 members (contract section 11). One that would have more is not made, with a row that says how many;
// the sets of other names are.
func TestSetsOfManyImages(t *testing.T) {
	w := newWorld(t)
	names := []string{"b_1.jpg", "b_2.jpg"}
	for i := range 1001 {
		names = append(names, fmt.Sprintf("a_%d.jpg", i))
	}
	j := w.uploaded(w.editor, w.rules(w.demo, "match=(?P<base>.+)_(?P<view>\\d+)"), names...)
	if got := w.warnings(j.Number); len(got) != 1 || !strings.Contains(got[0], "the set would have 1001 members, the limit is 1000") {
		t.Errorf("warnings %q", got)
	}
	var sets []string
	w.view(func(tx ingest.Tx) error {
		all, err := tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{w.demo.Number}, Name: "b_set"}, ingest.Page{Limit: 1000})
		sets = nil
		for _, a := range all {
			sets = append(sets, string(a.Type))
		}
		return err
	})
	if diff := cmp.Diff([]string{"ImageSet"}, sets); diff != "" {
		t.Errorf("the other set (-want +got):\n%s", diff)
	}
}

// A name that something else has is left alone, and a stopped job makes no sets.
func TestSetsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	rules := w.rules(w.demo, "match=(?P<base>.+)_(?P<view>\\d+)")
	j := w.uploaded(w.editor, rules, "a_set.jpg", "a_1.jpg", "a_2.jpg")
	if got := w.warnings(j.Number); len(got) != 1 || !strings.Contains(got[0], "'a_set' is already in use") {
		t.Errorf("warnings %q", got)
	}
	j, _ = w.deliver(w.editor, open(w.wishes("stopped", ingest.Processing{AutoSets: rules})), file{name: "b_1.jpg", body: jpeg}, file{name: "b_2.jpg", body: jpeg})
	w.ok(w.engine.StopJob(w.ctx, w.editor, w.demo.Number, engine.JobRef{Number: j.Number}))
	w.work(nil)
	w.sameSets(w.demo)
}
