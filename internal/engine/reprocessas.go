package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// Again selects assets that are to be processed again as they came: under the options
// of the jobs that brought them.
type Again struct {
	// Assets are named by number, by handle (a|7), UUID or name; nil = all of the company.
	Assets []string
	// Failed leaves out assets of which every step has succeeded, without a warning.
	Failed bool
	Client string // who asks, for the jobs' logs
}

// AgainJob is a job that processes assets again.
type AgainJob struct {
	Name   string
	Assets int
}

// ReprocessAsCame begins the jobs that process assets again: one for all assets whose
// options are the same. What is only done once does not happen again: keywords,
// projects, metadata, sets, letters, requests and publishing. It may be called beside
// a server that works on the same store; its workers find the jobs within seconds.
//
// Errors: those of authorisation, NotFound for an asset that there is not.
func (e *Engine) ReprocessAsCame(ctx context.Context, p ingest.Principal, company ingest.Number, s Again) ([]AgainJob, error) {
	g := asCame{again: s, byOptions: map[string]int{}, ofJob: map[ingest.Number]ingest.Processing{}}
	var err error
	if s.Assets != nil {
		err = e.store.View(ctx, func(tx ingest.Tx) error { return g.named(tx, company) })
	} else {
		err = g.all(ctx, e.store, company)
	}
	if err != nil {
		return nil, err
	}
	var begun []AgainJob
	for _, group := range g.groups {
		for part := range slices.Chunk(group.assets, MaxOrderAssets) {
			name, err := e.Submit(ctx, p, company, Submission{Order: ingest.Order{
				Kind: ingest.JobReprocess, Door: ingest.DoorAPI, Name: fmt.Sprintf("reprocess-%d", len(begun)+1), Client: s.Client, Processing: group.options, Assets: part,
			}})
			if err != nil {
				return begun, err
			}
			begun = append(begun, AgainJob{Name: name, Assets: len(part)})
		}
	}
	return begun, nil
}

// asCame gathers assets by the options that they came with.
type asCame struct {
	again     Again
	groups    []sameOptions
	byOptions map[string]int // index of groups by the options' JSON
	ofJob     map[ingest.Number]ingest.Processing
}

type sameOptions struct {
	options ingest.Processing
	assets  []ingest.Number
}

// all gathers the assets of a company, a part at a time.
func (g *asCame) all(ctx context.Context, store ingest.Store, company ingest.Number) error {
	page := ingest.Page{Limit: MostPerPage}
	for {
		var list []*ingest.Asset
		err := store.View(ctx, func(tx ingest.Tx) (err error) {
			list, err = tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{company}}, page)
			for i := 0; err == nil && i < len(list); i++ {
				err = g.add(tx, list[i])
			}
			return err
		})
		if err != nil || len(list) < page.Limit {
			return err
		}
		page.After = list[len(list)-1].Number
	}
}

// named gathers the assets that are named.
func (g *asCame) named(tx ingest.Tx, company ingest.Number) error {
	seen := map[ingest.Number]bool{}
	for _, word := range g.again.Assets {
		list, err := assetsCalled(tx, company, word)
		if err != nil {
			return err
		}
		for _, a := range list {
			if seen[a.Number] {
				continue
			}
			seen[a.Number] = true
			if err := g.add(tx, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// assetsCalled finds assets by number, handle, UUID or name. Several may have a name.
func assetsCalled(tx ingest.Tx, company ingest.Number, word string) ([]*ingest.Asset, error) {
	var found []*ingest.Asset
	keep := func(a *ingest.Asset, err error) error {
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err == nil && a.Company == company && a.Trashed.IsZero() && !a.Emptied {
			found = append(found, a)
		}
		return nil
	}
	if n, err := strconv.ParseInt(strings.TrimPrefix(word, "a|"), 10, 64); err == nil {
		if err := keep(tx.Asset(ingest.Number(n))); err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		if err := keep(tx.AssetByUUID(ingest.UUID(word))); err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		list, err := tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{company}, Name: word}, ingest.Page{Limit: MostPerPage})
		if err != nil {
			return nil, err
		}
		found = list
	}
	if len(found) == 0 {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "engine.assetsCalled", Msg: fmt.Sprintf("no asset of this company is called %s", quote(word))}
	}
	return found, nil
}

// add puts an asset to those with the same options, unless it has no file or is left
// out.
func (g *asCame) add(tx ingest.Tx, a *ingest.Asset) error {
	if a.Version == 0 {
		return nil
	}
	if g.again.Failed {
		lacking, err := lacksSteps(tx, a)
		if err != nil || !lacking {
			return err
		}
	}
	v, err := tx.Version(a.Version)
	if err != nil {
		return err
	}
	o, known := g.ofJob[v.Job]
	if !known && v.Job != 0 {
		j, err := tx.Job(v.Job)
		if err != nil {
			return err
		}
		o = j.Processing
		g.ofJob[v.Job] = o
	}
	if a.Engine != "" {
		o = *optionsOfMade(o)
	}
	o = repeatable(o)
	key, err := json.Marshal(o)
	if err != nil {
		return err
	}
	at, ok := g.byOptions[string(key)]
	if !ok {
		at = len(g.groups)
		g.byOptions[string(key)] = at
		g.groups = append(g.groups, sameOptions{options: o})
	}
	g.groups[at].assets = append(g.groups[at].assets, a.Number)
	return nil
}

// repeatable are the options of a job that may be carried out again without undoing
// what people have done since. Marks for publishing and crops stay as they are. An
// archive that is an asset is not unpacked again: unpacking takes the archive away.
func repeatable(o ingest.Processing) ingest.Processing {
	keep := true
	o.Unpack, o.PreserveCrop, o.RedoSmartCrops = false, &keep, false
	o.Publish, o.PreservePublish = false, &keep
	o.Projects, o.Keywords, o.Metadata, o.AutoSets, o.AutoSet = nil, nil, nil, nil, false
	o.Email, o.CallbackURL, o.PublishAfter, o.PublishIfKept = "", "", nil, false
	return o
}

// lacksSteps reports whether a step of an asset's current version has failed, waits for
// an ability of the server, was cancelled or could not do all that it was to do.
func lacksSteps(tx ingest.Tx, a *ingest.Asset) (bool, error) {
	if a.State == ingest.AssetFailed {
		return true, nil
	}
	tasks, err := tx.TasksOf(a.Number, a.Version)
	if err != nil {
		return false, err
	}
	superseded := retired()
	for _, t := range lastOfKind(tasks) {
		switch t.State {
		case ingest.TaskFailed, ingest.TaskUnreadable, ingest.TaskParked:
			return true, nil
		case ingest.TaskCancelled:
			if !superseded[t.Kind] {
				return true, nil
			}
		case ingest.TaskDone:
			if t.Error != "" {
				return true, nil
			}
		}
	}
	return false, nil
}

// lastOfKind leaves out tasks of which there is a later one of the same kind.
func lastOfKind(tasks []*ingest.Task) []*ingest.Task {
	last := map[ingest.TaskKind]ingest.Number{}
	for _, t := range tasks {
		last[t.Kind] = max(last[t.Kind], t.Number)
	}
	return slices.DeleteFunc(slices.Clone(tasks), func(t *ingest.Task) bool { return last[t.Kind] != t.Number })
}
