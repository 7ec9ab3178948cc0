package engine

import (
	"fmt"
	"slices"

	"sluice/internal/ingest"
)

// discardObsolete puts into the trash what other bytes of the originator were made
// into and its present ones are not: the image of a page that the document no longer
// has. r.Completes are the kinds of which the result has all that there is. What people
// use elsewhere (in a set, as a view, with another file, in a content record), or what
// the owner of the job may not delete, stays and is a warning.
func (m *maker) discardObsolete(r TaskResult) error {
	var made []string
	for _, file := range r.Made {
		made = append(made, file.Key)
	}
	for _, set := range r.Sets {
		made = append(made, set.Key)
	}
	for _, row := range m.rows { // what another run has made of these bytes, as another encoding, is of the present ones too
		if row.Version == m.task.Version {
			made = append(made, row.Key)
		}
	}
	for _, row := range m.rows {
		a := m.before[row.Key]
		if a == nil || slices.Contains(made, row.Key) || !slices.Contains(r.Completes, row.Kind) {
			continue
		}
		made = append(made, row.Key) // several versions may have it
		reason, err := m.neededElsewhere(a)
		if err != nil {
			return err
		}
		if reason != "" {
			m.delta.Counts.Warning++
			words := fmt.Sprintf("it was made of an earlier version of %s and not of the present one, and stays because %s", m.origin.FileName, reason)
			if err := m.e.warn(m.tx, m.job.Number, a, words); err != nil {
				return err
			}
			continue
		}
		if err := m.discard(a); err != nil {
			return err
		}
	}
	return nil
}

// neededElsewhere says why an asset is not to go to the trash; "" = it may.
func (m *maker) neededElsewhere(a *ingest.Asset) (string, error) {
	if m.sight.require(a, ingest.PermitDelete) != nil {
		return "the owner of the job may not delete it", nil
	}
	contents, err := m.tx.LinksTo(ingest.LinkContent, []ingest.Number{a.Number})
	if err != nil {
		return "", err
	}
	if len(contents) > 0 {
		return "a content record has it", nil
	}
	for _, kind := range []ingest.LinkKind{ingest.LinkMember, ingest.LinkNamed, ingest.LinkOwner, ingest.LinkThumbnail, ingest.LinkRelated} {
		links, err := m.tx.LinksTo(kind, []ingest.Number{a.Number})
		if err != nil {
			return "", err
		}
		for _, l := range links {
			if m.ours(l.From) {
				continue
			}
			user, err := m.tx.Asset(l.From)
			if err != nil {
				return "", err
			}
			if user.Trashed.IsZero() && !user.Emptied {
				return user.Path + user.FileName + " uses it", nil
			}
		}
	}
	return "", nil
}

// ours reports whether an asset was made of the originator, or is it.
func (m *maker) ours(number ingest.Number) bool {
	if number == m.origin.Number {
		return true
	}
	for _, a := range m.before {
		if a.Number == number {
			return true
		}
	}
	return false
}

// discard puts an asset into the trash and says so in the log of the job.
func (m *maker) discard(a *ingest.Asset) error {
	dropped, err := m.e.trash(m.tx, m.owner, m.company, a)
	if err != nil {
		return err
	}
	m.done.unused = append(m.done.unused, dropped...)
	return appendLog(m.tx, ingest.LogRow{
		Job: m.job.Number, Time: m.e.now(), Type: ingest.LogTrashSuccess, Asset: a.Number, AssetName: a.FileName, AssetType: logFileType(a.Type),
		Message: fmt.Sprintf("%s/%s%s went to the trash: it was made of an earlier version of %s and is not among what is made of the present one.",
			m.company.Name, a.Path, a.FileName, m.origin.FileName),
	})
}

// earlier returns the asset that the originator has been made into under a key, nil
// when there is none. One that is in the trash comes back, unless a folder has its name
// now; what went to the trash with it comes back too, as far as its name is free. It
// fails when the owner may not change it.
func (m *maker) earlier(key string) (*ingest.Asset, error) {
	if a := m.before[key]; a != nil {
		return a, m.sight.require(a, ingest.PermitRead, ingest.PermitWrite)
	}
	a := m.trashed[key]
	if a == nil {
		return nil, nil
	}
	if err := m.sight.require(a, ingest.PermitRead, ingest.PermitWrite, ingest.PermitDelete); err != nil {
		return nil, err
	}
	back, left, err := comingBack(m.tx, a)
	if err != nil || len(back) == 0 { // a folder has its name now
		return nil, err
	}
	if err := m.e.bringBack(m.tx, m.owner, back); err != nil {
		return nil, err
	}
	for _, with := range left {
		m.delta.Counts.Warning++
		words := fmt.Sprintf("it stays in the trash while %s%s comes back, because a folder has its name now", a.Path, a.FileName)
		if err := m.e.warn(m.tx, m.job.Number, with, words); err != nil {
			return nil, err
		}
	}
	m.isBack(back)
	return m.before[key], nil
}

// isBack notes which of what the originator has been made into is in the trash no
// more.
func (m *maker) isBack(list []*ingest.Asset) {
	for key, was := range m.trashed {
		if at := slices.IndexFunc(list, func(a *ingest.Asset) bool { return a.Number == was.Number }); at >= 0 {
			m.before[key] = list[at]
			delete(m.trashed, key)
		}
	}
}
