package engine

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"sluice/internal/ingest"
)

// Bounds of one run of a sets task. Its transaction, which holds up all others that
// write, ends when one of them is reached; the rest is another task.
const (
	stepSets    = 200  // sets that it makes
	stepMembers = 2000 // members that it reads
)

// mostSetFiles is how many files of a job sets are made of.
const mostSetFiles = 100_000

// setsStep makes the sets of a job, a part of them at a time.
type setsStep struct {
	Assets []ingest.Number `json:"assets,omitempty"` // what sets are made of; nil = the files of the job
	Folder string          `json:"folder,omitempty"` // where they go; "" = as the rules say
	Rule   int             `json:"rule,omitempty"`   // where to go on
	After  string          `json:"after,omitempty"`  // the base that was done last of this rule
}

// wantsSets reports whether sets are to be made of the files of a job.
func wantsSets(o *ingest.Processing) bool { return o.AutoSet || len(o.AutoSets) > 0 }

// queueSets queues the making of the sets of a job whose files have all come and been
// processed, once; the job then waits for it.
func (e *Engine) queueSets(tx ingest.Tx, j *ingest.Job) error {
	if err := fill(tx, j); err != nil || !wantsSets(&j.Processing) {
		return err
	}
	done, err := tx.JobHasTask(j.Number, ingest.TaskSets)
	if err != nil || done {
		return err
	}
	if err := e.queueStep(tx, j, ingest.TaskSets, setsStep{}); err != nil {
		return err
	}
	changed, err := tx.ChangeJob(j.Number, ingest.JobDelta{Pending: 1})
	if err != nil {
		return err
	}
	j.Pending = changed.Pending
	if j.Paused {
		return tx.HoldTasks(j.Number, true)
	}
	return nil
}

// readSets reads the parameters of a sets task.
func readSets(t *ingest.Task) (s setsStep, err error) {
	if err := json.Unmarshal(t.Params, &s); err != nil {
		return s, &ingest.Error{Kind: ingest.Internal, Op: "engine.readSets", Err: err}
	}
	return s, nil
}

// SetsStep carries out a sets task: it makes or completes the sets that the rules of
// the job see in the names of its images, and ends the task. What a rule cannot do is
// a warning in the log. Run again it changes nothing.
func (e *Engine) SetsStep(ctx context.Context, t *ingest.Task) error {
	s, err := readSets(t)
	if err != nil {
		return err
	}
	p := setPlan{e: e, task: t, step: s}
	if err := p.gather(ctx); err != nil {
		return err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, j, err := e.activeStep(tx, t)
		if err != nil || j == nil {
			return err
		}
		m := &setMaker{e: e, tx: tx, job: j, step: s, delta: ingest.JobDelta{Pending: -1}}
		if err := m.run(p.sets); err != nil {
			return err
		}
		return e.finishStep(tx, fresh, m.delta)
	})
	e.wakeWorkers()
	e.wakeAfterJob()
	return err
}

// setPlan works out which sets one run of a task makes. It only reads, a page of files
// at a time, so that uploads go on beside it.
type setPlan struct {
	e    *Engine
	task *ingest.Task
	step setsStep
	job  *ingest.Job // nil = the task is no longer this run's, or its job is being stopped
	sets []plannedSet
}

// plannedSet is a set that a rule sees, or a rule that cannot be used.
type plannedSet struct {
	at    int // of the rule among those of the job
	rule  *setRule
	wrong error // why the rule cannot be used; nil = it can
	base  string
	list  []candidate // as they were when they were read
}

// gather fills in the sets from where the task is to go on, up to stepSets.
func (p *setPlan) gather(ctx context.Context) error {
	if err := p.e.store.View(ctx, p.begin); err != nil || p.job == nil || len(p.job.Processing.AutoSets) == 0 {
		return err
	}
	files, err := p.files(ctx)
	if err != nil {
		return err
	}
	handles := p.job.Processing.AutoSets
	found := 0
	for at := p.step.Rule; at < len(handles) && found < stepSets; at++ {
		rule, wrong, err := p.rule(ctx, handles[at])
		if err != nil {
			return err
		}
		if wrong != nil {
			p.sets = append(p.sets, plannedSet{at: at, wrong: wrong})
			continue
		}
		groups := rule.groups(files)
		for _, base := range slices.Sorted(maps.Keys(groups)) {
			if at == p.step.Rule && base <= p.step.After {
				continue
			}
			p.sets = append(p.sets, plannedSet{at: at, rule: rule, base: base, list: groups[base]})
			if found++; found == stepSets {
				break
			}
		}
	}
	return nil
}

// begin looks whether there is anything to do.
func (p *setPlan) begin(tx ingest.Tx) error {
	p.job = nil
	fresh, err := current(tx, p.task)
	if err == errStale {
		return nil
	}
	if err != nil {
		return err
	}
	j, err := tx.Job(fresh.Job)
	if err == nil && j.State != ingest.JobStopping {
		p.job = j
	}
	return err
}

// look calls fn with what the owner of the job sees.
func (p *setPlan) look(ctx context.Context, fn func(owner ingest.Principal, s *sight) error) error {
	return p.e.store.View(ctx, func(tx ingest.Tx) error {
		owner, err := principalOf(tx, p.job.User)
		if err != nil {
			return err
		}
		s, err := sightOf(tx, owner, p.job.Company)
		if err != nil {
			return err
		}
		return fn(owner, s)
	})
}

// rule reads a rule; wrong says why it cannot be used.
func (p *setPlan) rule(ctx context.Context, handle string) (rule *setRule, wrong, err error) {
	err = p.look(ctx, func(owner ingest.Principal, s *sight) error {
		rule, wrong = readRule(s.tx, owner, p.job.Company, handle)
		if kind := ingest.KindOf(wrong); wrong != nil && (kind == ingest.Internal || kind == ingest.Unavailable) {
			return wrong
		}
		return nil
	})
	return rule, wrong, err
}

// files lists what sets are made of, as far as rules look at it. What was made of other
// files is left out.
func (p *setPlan) files(ctx context.Context) ([]*ingest.Asset, error) {
	if p.step.Assets != nil {
		return p.namedFiles(ctx)
	}
	var list []*ingest.Asset
	page := ingest.Page{Limit: MostPerPage}
	for len(list) < mostSetFiles {
		var read, seen []*ingest.Asset
		err := p.look(ctx, func(_ ingest.Principal, s *sight) (err error) {
			read, err = s.tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{p.job.Company}, Job: p.job.Number}, page)
			seen = s.visible(read)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, a := range seen {
			if a.Engine == "" {
				list = append(list, ruled(a))
			}
		}
		if len(read) < page.Limit {
			break
		}
		page.After = read[len(read)-1].Number
	}
	return list, nil
}

// namedFiles lists the assets that the task names.
func (p *setPlan) namedFiles(ctx context.Context) ([]*ingest.Asset, error) {
	var list []*ingest.Asset
	for part := range slices.Chunk(p.step.Assets, MostPerPage) {
		var seen []*ingest.Asset
		err := p.look(ctx, func(_ ingest.Principal, s *sight) error {
			seen = nil
			for _, number := range part {
				a, err := s.shown(number)
				if err != nil {
					return err
				}
				if a != nil {
					seen = append(seen, ruled(a))
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		list = append(list, seen...)
	}
	return list, nil
}

// ruled is what rules look at of an asset. There may be a hundred thousand of them.
func ruled(a *ingest.Asset) *ingest.Asset {
	return &ingest.Asset{Number: a.Number, Name: a.Name, Path: a.Path, Type: a.Type}
}

// groups gathers the images that belong together, by their base.
func (r *setRule) groups(files []*ingest.Asset) map[string][]candidate {
	groups := map[string][]candidate{}
	for _, a := range files {
		if c, ok := r.read(a); ok {
			groups[c.base] = append(groups[c.base], c)
		}
	}
	return groups
}
