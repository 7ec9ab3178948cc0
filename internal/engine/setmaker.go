package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"sluice/internal/ingest"
)

// stepSets is how many sets one run of a sets task makes.
const stepSets = 200

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
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, j, err := e.activeStep(tx, t)
		if err != nil || j == nil {
			return err
		}
		s, err := readSets(fresh)
		if err != nil {
			return err
		}
		m := &setMaker{e: e, tx: tx, job: j, step: s, delta: ingest.JobDelta{Pending: -1}}
		if err := m.run(); err != nil {
			return err
		}
		return e.finishStep(tx, fresh, m.delta)
	})
	e.wakeWorkers()
	e.wakeAfterJob()
	return err
}

// setMaker makes the sets of a job, in one transaction.
type setMaker struct {
	e       *Engine
	tx      ingest.Tx
	job     *ingest.Job
	step    setsStep
	owner   ingest.Principal
	company *ingest.Company
	sight   *sight
	delta   ingest.JobDelta
}

func (m *setMaker) run() (err error) {
	if m.owner, err = principalOf(m.tx, m.job.User); err != nil {
		return err
	}
	if m.company, err = m.e.authorize(m.tx, m.owner, m.job.Company, rightUpload); err != nil {
		return err
	}
	if err := m.tx.LockCompany(m.job.Company); err != nil {
		return err
	}
	if m.sight, err = sightOf(m.tx, m.owner, m.job.Company); err != nil {
		return err
	}
	first := m.step.Rule == 0 && m.step.After == ""
	handles := m.job.Processing.AutoSets
	if len(handles) == 0 && first {
		return m.warn("", "no sets were made, because no rule is named")
	}
	files, err := m.files()
	if err != nil {
		return err
	}
	made := 0
	for i := m.step.Rule; i < len(handles); i++ {
		rule, err := readRule(m.tx, m.owner, m.job.Company, handles[i])
		if err != nil {
			if err := m.refused("", err); err != nil {
				return err
			}
			continue
		}
		groups := rule.groups(files)
		for _, base := range slices.Sorted(maps.Keys(groups)) {
			if i == m.step.Rule && base <= m.step.After {
				continue
			}
			if err := m.refused(base, m.set(rule, groups[base])); err != nil {
				return err
			}
			if made++; made == stepSets {
				m.delta.Pending++
				return m.e.queueStep(m.tx, m.job, ingest.TaskSets, setsStep{Assets: m.step.Assets, Folder: m.step.Folder, Rule: i, After: base})
			}
		}
	}
	return nil
}

// files lists what sets are made of. What was made of other files is left out.
func (m *setMaker) files() (list []*ingest.Asset, err error) {
	for _, number := range m.step.Assets {
		a, err := m.sight.shown(number)
		if err != nil {
			return nil, err
		}
		if a != nil {
			list = append(list, a)
		}
	}
	if m.step.Assets != nil {
		return list, nil
	}
	page := ingest.Page{Limit: MostPerPage}
	for len(list) < mostSetFiles {
		some, err := m.tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{m.job.Company}, Job: m.job.Number}, page)
		if err != nil {
			return nil, err
		}
		for _, a := range m.sight.visible(some) {
			if a.Engine == "" {
				list = append(list, a)
			}
		}
		if len(some) < page.Limit {
			break
		}
		page.After = some[len(some)-1].Number
	}
	return list, nil
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

// set makes or completes the set of images that belong together. A set that has the
// name already, and is of the type, keeps its members and gets those that it lacks.
func (m *setMaker) set(r *setRule, list []candidate) error {
	r.sort(list)
	like := ingest.Asset{Name: r.setName(list[0]), Type: memberOf(r.kind), Publish: ingest.MarkedIf(m.job.Processing.Publish)}
	if r.kind == ruleSwatchSet {
		like.Type, like.SubType = ingest.TypeAssetSet, ruleSwatchSet
	}
	var err error
	if like.Path, err = FolderPath(m.company.Name, cmp.Or(m.step.Folder, r.folder, m.company.Name+"/"+list[0].asset.Path)); err != nil {
		return err
	}
	if r.kind == ruleSpinSet && list[0].row != "" {
		return m.spinOfSpins(r, like, list)
	}
	_, err = m.put(r, like, list)
	return err
}

// spinOfSpins makes a spin set of each row, and one of these.
func (m *setMaker) spinOfSpins(r *setRule, like ingest.Asset, list []candidate) error {
	rows := map[string][]candidate{}
	for _, c := range list {
		rows[c.row] = append(rows[c.row], c)
	}
	var sets []candidate
	for _, row := range slices.SortedFunc(maps.Keys(rows), natural) {
		one := like
		one.Name += "_" + row
		a, err := m.put(r, one, rows[row])
		if err != nil {
			return err
		}
		if a != nil {
			sets = append(sets, candidate{asset: a, base: list[0].base, row: row})
		}
	}
	if len(sets) == 0 {
		return nil
	}
	_, err := m.put(r, like, sets)
	return err
}

// put stores one set. It returns nil when there are too few members for one.
func (m *setMaker) put(r *setRule, like ingest.Asset, list []candidate) (*ingest.Asset, error) {
	set, err := m.existing(like)
	if err != nil {
		return nil, err
	}
	if set == nil {
		if len(list) < r.minimum {
			return nil, nil
		}
		return m.create(r, like, list)
	}
	have, err := m.membersOf(set)
	if err != nil {
		return nil, err
	}
	before := slices.Clone(have)
	for _, c := range list {
		if !slices.Contains(have, c.asset.Number) {
			have = append(have, c.asset.Number)
		}
	}
	if slices.Equal(before, have) {
		return set, nil
	}
	if !may(m.owner, m.job.Company, rightOverwrite) {
		return nil, roleForbids(m.owner, m.job.Company, rightOverwrite)
	}
	whole, err := m.ordered(r, have, list)
	if err != nil {
		return nil, err
	}
	if err := m.fill(r, set, whole); err != nil {
		return nil, err
	}
	if err := m.e.changed(m.tx, m.owner, set); err != nil {
		return nil, err
	}
	m.delta.Counts.Update++
	return set, m.log(ingest.LogFileUpdated, set, fmt.Sprintf("has %d members now", len(whole)))
}

// existing returns the set that has a name already; nil when the name is free. A name
// of something else is refused.
func (m *setMaker) existing(like ingest.Asset) (*ingest.Asset, error) {
	name, err := assetName(like.Name)
	if err != nil {
		return nil, err
	}
	named, err := m.tx.AssetsNamed(m.job.Company, name)
	if err != nil {
		return nil, err
	}
	for _, a := range named {
		switch {
		case a.Emptied:
		case a.Type == like.Type && a.SubType == like.SubType && a.Trashed.IsZero() && m.sight.asset(a, ingest.PermitWrite):
			return a, nil
		default:
			return nil, nameInUse(name)
		}
	}
	return nil, nil
}

// membersOf lists the assets that a set has.
func (m *setMaker) membersOf(set *ingest.Asset) ([]ingest.Number, error) {
	kind := ingest.LinkMember
	if set.Type == ingest.TypeAssetSet {
		kind = ingest.LinkNamed
	}
	links, err := m.tx.Links(kind, set.Number, ingest.Page{Limit: mostMembers})
	numbers := make([]ingest.Number, len(links))
	for i, l := range links {
		numbers[i] = l.To
	}
	return numbers, err
}

// ordered puts members that a set had and new ones into the order of the rule. Those
// that the rule does not know keep their order behind the others.
func (m *setMaker) ordered(r *setRule, have []ingest.Number, fresh []candidate) ([]candidate, error) {
	var known, strange []candidate
	for _, number := range have {
		if i := slices.IndexFunc(fresh, func(c candidate) bool { return c.asset.Number == number }); i >= 0 {
			known = append(known, fresh[i])
			continue
		}
		a, err := m.sight.shown(number)
		if err != nil {
			return nil, err
		}
		if a == nil { // it is in the trash, or not the owner's to see; it stays
			strange = append(strange, candidate{asset: &ingest.Asset{Number: number}})
			continue
		}
		if c, ok := r.read(a); ok && c.base == fresh[0].base {
			known = append(known, c)
		} else {
			strange = append(strange, candidate{asset: a})
		}
	}
	r.sort(known)
	return append(known, strange...), nil
}

func (m *setMaker) create(r *setRule, like ingest.Asset, list []candidate) (*ingest.Asset, error) {
	if len(list) > mostMembers { // before anything is stored
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: "engine.setMaker", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the set would have %d members, the limit is %d", len(list), mostMembers)}
	}
	if err := m.sight.requireFolder(like.Path, ingest.PermitRead, ingest.PermitWrite); err != nil {
		return nil, err
	}
	if _, err := m.e.folderAt(m.tx, m.job.Company, like.Path); err != nil {
		return nil, err
	}
	set, err := m.e.virtualAsset(m.tx, m.owner, m.company, like)
	if err != nil {
		return nil, err
	}
	if err := m.fill(r, set, list); err != nil {
		return nil, err
	}
	if err := m.e.common(m.tx, m.owner, m.job, set, optionsOfMade(m.job.Processing), &m.delta.Counts); err != nil {
		return nil, err
	}
	m.delta.Counts.Success++
	return set, m.log(ingest.LogUploadSuccess, set, fmt.Sprintf("was made of %d images", len(list)))
}

// fill gives a set its members.
func (m *setMaker) fill(r *setRule, set *ingest.Asset, list []candidate) error {
	if len(list) > mostMembers {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.setMaker", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the set would have %d members, the limit is %d", len(list), mostMembers)}
	}
	if r.kind == ruleSwatchSet {
		return m.e.define(m.tx, m.owner, set, definition(list))
	}
	links := make([]ingest.Link, len(list))
	for i, c := range list {
		links[i] = ingest.Link{To: c.asset.Number, Data: resetMark}
	}
	return m.tx.PutLinks(ingest.LinkMember, set.Number, links)
}

func (m *setMaker) log(kind ingest.LogType, set *ingest.Asset, what string) error {
	return m.tx.AppendLog(ingest.LogRow{
		Job: m.job.Number, Time: m.e.now(), Type: kind, Asset: set.Number, AssetName: set.FileName, AssetType: logFileType(set.Type),
		Message: fmt.Sprintf("The set %s/%s%s %s.", m.company.Name, set.Path, set.Name, what),
	})
}

// refused logs why a set was not made. It returns the failures that are not its own.
func (m *setMaker) refused(base string, err error) error {
	if err == nil || ingest.KindOf(err) == ingest.Internal || ingest.KindOf(err) == ingest.Unavailable {
		return err
	}
	return m.warn(base, ingest.Message(err))
}

func (m *setMaker) warn(base, words string) error {
	if base != "" {
		words = fmt.Sprintf("the set of %s was not made: %s", quote(base), words)
	}
	m.delta.Counts.Warning++
	return m.tx.AppendLog(ingest.LogRow{
		Job: m.job.Number, Time: m.e.now(), Type: wordsOf(m.job.Kind).warning, AssetType: "NoType", Message: "autoSetCreationOptions: " + words,
	})
}
