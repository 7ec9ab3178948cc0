package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"sluice/internal/ingest"
)

// tallyStore counts the assets that updates read.
type tallyStore struct {
	ingest.Store
	before func() // of the next update
	most   int    // in one update
}

func (s *tallyStore) Update(ctx context.Context, fn func(ingest.Tx) error) error {
	if before := s.before; before != nil {
		s.before = nil
		before()
	}
	read := 0
	defer func() { s.most = max(s.most, read) }()
	return s.Store.Update(ctx, func(tx ingest.Tx) error {
		read = 0
		return fn(tallyTx{tx, &read})
	})
}

type tallyTx struct {
	ingest.Tx
	read *int
}

func (t tallyTx) Asset(n ingest.Number) (*ingest.Asset, error) {
	*t.read++
	return t.Tx.Asset(n)
}

func (t tallyTx) Assets(f ingest.AssetFilter, page ingest.Page) ([]*ingest.Asset, error) {
	list, err := t.Tx.Assets(f, page)
	*t.read += len(list)
	return list, err
}

// While sets are made, nothing that writes waits for the other files of the job to be read.
func TestSetsAreMadeOfWhatTheyHave(t *testing.T) {
	w := newWorld(t)
	rules := w.rules(w.demo, "match=x+", "match=(?P<base>[a-z])_(?P<view>\\d+)")
	files := []file{{name: "a_1.jpg", body: jpeg}, {name: "a_2.jpg", body: jpeg}, {name: "a_3.jpg", body: jpeg}, {name: "b_1.jpg", body: jpeg}, {name: "b_2.jpg", body: jpeg}}
	for i := range 60 {
		files = append(files, file{name: fmt.Sprintf("plain%d.jpg", i), body: jpeg})
	}
	j, _ := w.deliver(w.editor, w.wishes("job", ingest.Processing{AutoSets: rules}), files...)
	w.process()
	steps := w.claimSteps()
	if len(steps) != 1 {
		t.Fatalf("%d steps", len(steps))
	}
	tally := &tallyStore{Store: w.db.Store, before: func() { w.trash(w.named("a_2")) }} // while the files are read
	w.db.Store = tally
	w.ok(w.engine.SetsStep(w.ctx, steps[0]))
	if tally.most == 0 || tally.most > 10 {
		t.Errorf("%d assets were read in one update", tally.most)
	}
	w.db.Store = tally.Store
	w.work(nil)
	w.sameSets(w.demo, "a_set ImageSet: a_1 a_3", "b_set ImageSet: b_1 b_2")
	if got := w.storedJob(j.Number); got.State != ingest.JobDone || got.Counts.Warning != 1 {
		t.Errorf("job %+v", got)
	}
}

// Large sets share their work among runs, each of which is short.
func TestLargeSetsInSeveralRuns(t *testing.T) {
	w := newWorld(t)
	rules := w.rules(w.demo, "match=(?P<base>[a-z])_(?P<view>\\d+)")
	j, _ := w.deliver(w.editor, w.wishes("sets", ingest.Processing{AutoSets: rules}), file{name: "plain.jpg", body: jpeg})
	home := w.stored(w.named("plain"))
	w.update(func(tx ingest.Tx) error {
		for i := range 4000 {
			name := fmt.Sprintf("%c_%d", 'a'+i/900, i)
			if i >= 2700 {
				name = fmt.Sprintf("e_%d", i)
			}
			a := &ingest.Asset{UUID: ingest.UUID(fmt.Sprintf("00000000-0000-4000-8000-%012d", i)), Company: home.Company, Folder: home.Folder, Name: name, FileName: name + ".jpg", Type: ingest.TypeImage, State: ingest.AssetReady}
			if err := tx.CreateAsset(a); err != nil {
				return err
			}
			v := &ingest.Version{UUID: a.UUID, Asset: a.Number, Ordinal: 1, FileName: a.FileName, Job: j.Number}
			if err := tx.CreateVersion(v); err != nil {
				return err
			}
		}
		return nil
	})
	w.process()
	tally := &tallyStore{Store: w.db.Store}
	w.db.Store = tally
	runs := 0
	for {
		steps := w.claimSteps()
		if len(steps) == 0 {
			break
		}
		runs += len(steps)
		for _, s := range steps {
			w.ok(w.engine.SetsStep(w.ctx, s))
		}
	}
	if runs != 2 || tally.most > 2900 {
		t.Errorf("%d runs, %d assets were read in one update", runs, tally.most)
	}
	w.db.Store = tally.Store
	for _, name := range []string{"a_set", "b_set", "c_set"} {
		members, err := w.engine.Members(w.ctx, w.viewer, w.demo.Number, w.named(name).Number)
		w.ok(err)
		if len(members) != 900 {
			t.Errorf("%s has %d members", name, len(members))
		}
	}
	if got := w.warnings(j.Number); len(got) != 1 || !slices.Contains(got, `autoSetCreationOptions: the set of "e" was not made: the set would have 1300 members, the limit is 1000`) {
		t.Errorf("warnings %q", got)
	}
}
