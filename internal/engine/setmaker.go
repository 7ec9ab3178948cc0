package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"sluice/internal/ingest"
)

// setMaker makes the sets of a job, in one transaction.
type setMaker struct {
	e       *Engine
	tx      ingest.Tx
	job     *ingest.Job
	step    setsStep
	owner   ingest.Principal
	company *ingest.Company
	sight   *sight
	members int // that were read
	delta   ingest.JobDelta
}

// run makes sets in their order and queues a task of those that it leaves to the next
// run.
func (m *setMaker) run(sets []plannedSet) (err error) {
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
	if len(m.job.Processing.AutoSets) == 0 {
		return m.warn("", "no sets were made, because no rule is named")
	}
	made := 0
	for _, set := range sets {
		if set.wrong != nil {
			if err := m.refused("", set.wrong); err != nil {
				return err
			}
			continue
		}
		if err := m.refused(set.base, m.set(set.rule, set.list)); err != nil {
			return err
		}
		if made++; made == stepSets || m.members >= stepMembers {
			m.delta.Pending++
			return m.e.queueStep(m.tx, m.job, ingest.TaskSets, setsStep{Assets: m.step.Assets, Folder: m.step.Folder, Rule: set.at, After: set.base})
		}
	}
	return nil
}

// shown is sight.shown, counted.
func (m *setMaker) shown(number ingest.Number) (*ingest.Asset, error) {
	m.members++
	return m.sight.shown(number)
}

// still reads anew the images that are to be in a set. Those that have gone meanwhile,
// or are other images now, are left out. Of more than a run reads none is: no set has
// so many, and where they are of several sets it does no harm.
func (m *setMaker) still(r *setRule, list []candidate) ([]candidate, error) {
	if len(list) > stepMembers {
		return list, nil
	}
	var there []candidate
	for _, was := range list {
		a, err := m.shown(was.asset.Number)
		if err != nil {
			return nil, err
		}
		if a == nil {
			continue
		}
		if c, ok := r.read(a); ok && c.base == was.base {
			there = append(there, c)
		}
	}
	return there, nil
}

// set makes or completes the set of images that belong together. A set that has the
// name already, and is of the type, keeps its members and gets those that it lacks.
func (m *setMaker) set(r *setRule, list []candidate) error {
	list, err := m.still(r, list)
	if err != nil || len(list) == 0 {
		return err
	}
	r.sort(list)
	like := ingest.Asset{Name: r.setName(list[0]), Type: memberOf(r.kind), Publish: ingest.MarkedIf(m.job.Processing.Publish)}
	if r.kind == ruleSwatchSet {
		like.Type, like.SubType = ingest.TypeAssetSet, ruleSwatchSet
	}
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
	if len(list) > mostMembers {
		return nil, tooManyMembers(len(list))
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
	byNumber := map[ingest.Number]candidate{}
	for _, c := range fresh {
		byNumber[c.asset.Number] = c
	}
	var known, strange []candidate
	for _, number := range have {
		if c, ok := byNumber[number]; ok {
			known = append(known, c)
			continue
		}
		a, err := m.shown(number)
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
		return nil, tooManyMembers(len(list))
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

func tooManyMembers(n int) error {
	return &ingest.Error{Kind: ingest.Invalid, Op: "engine.setMaker", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the set would have %d members, the limit is %d", n, mostMembers)}
}

// fill gives a set its members.
func (m *setMaker) fill(r *setRule, set *ingest.Asset, list []candidate) error {
	if len(list) > mostMembers {
		return tooManyMembers(len(list))
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
