package engine

import (
	"fmt"

	"sluice/internal/ingest"
)

// resolution is what becomes of a file whose place is known.
type resolution struct {
	place    Place
	replace  *ingest.Asset // gets a new version; nil = a new asset
	revive   bool          // replace was never readable, so the file counts as new
	skip     string        // the reason why nothing is stored; "" = store
	rejected error         // the policy refuses the file
}

// resolve decides what becomes of a file: the conflict rules of all doors, in
// one place. The company is locked, so the decision holds until the commit.
func resolve(tx ingest.Tx, p ingest.Principal, c *ingest.Company, s *sight, folder *ingest.Folder, place Place, policy ingest.ConflictPolicy) (resolution, error) {
	if policy.Taken == ingest.ActionBeside {
		return resolution{place: place}, nil
	}
	named, err := tx.AssetsNamed(c.Number, place.Name)
	if err != nil {
		return resolution{}, err
	}
	match := policy.Match
	if match == "" {
		match = c.Settings.Overwrite
	}
	var candidate, failed, taken *ingest.Asset
	trashed := false
	for _, a := range named {
		inFolder := a.Folder == folder.Number
		if !policy.CompanyWide && (!inFolder || (!match.AnyExt() && !sameExt(a.FileName, place.FileName))) {
			continue
		}
		switch {
		case !a.Trashed.IsZero():
			trashed = true
		case a.State == ingest.AssetFailed:
			failed = a
		default:
			taken = a
			accepted := a.Version != 0 && (inFolder || match.AnyFolder()) && (match.AnyExt() || sameExt(a.FileName, place.FileName))
			if accepted && (candidate == nil || distance(a, folder, place) < distance(candidate, folder, place)) {
				candidate = a
			}
		}
	}
	byFolder, err := folderNamed(tx, c.Number, folder.Path+place.Name+"/")
	if err != nil {
		return resolution{}, err
	}
	action, reason := policy.Otherwise, ""
	switch {
	case candidate != nil:
		action, reason = policy.Taken, taking(s, candidate)
	case taken != nil:
		if policy.Taken == ingest.ActionSkip {
			action = ingest.ActionSkip
		}
		reason = taking(s, taken)
	case byFolder && policy.CompanyWide:
		reason = fmt.Sprintf("a folder named %s exists beside it", quote(place.Name))
	case failed != nil:
		return resolution{place: place, replace: failed, revive: true, rejected: s.require(failed, ingest.PermitRead, ingest.PermitWrite)}, nil
	case trashed:
		action = ingest.ActionRename
	default:
		return resolution{place: place}, nil
	}
	return act(tx, p, c, s, place, action, candidate, reason, policy.CompanyWide, folder)
}

// taking says which asset has a name. Where it is, only those learn who may read it.
func taking(s *sight, a *ingest.Asset) string {
	if !s.asset(a, ingest.PermitRead) {
		return fmt.Sprintf("an asset named %s exists", quote(a.Name))
	}
	return fmt.Sprintf("an asset named %s exists (%s)", quote(a.Name), a.Path+a.FileName)
}

// act carries out the action that a taken name leads to.
func act(tx ingest.Tx, p ingest.Principal, c *ingest.Company, s *sight, place Place, action ingest.Action, candidate *ingest.Asset, reason string, companyWide bool, folder *ingest.Folder) (resolution, error) {
	const op = "engine.resolve"
	switch action {
	case ingest.ActionReplace:
		if candidate == nil {
			return rename(tx, c, place, companyWide, folder)
		}
		if !may(p, c.Number, rightOverwrite) {
			return resolution{rejected: &ingest.Error{
				Kind: ingest.Forbidden, Op: op, Code: ingest.CodeRole,
				Msg: fmt.Sprintf("%s, and the role %s may not overwrite", reason, p.RoleIn(c.Number)),
			}}, nil
		}
		return resolution{place: place, replace: candidate, rejected: s.require(candidate, ingest.PermitRead, ingest.PermitWrite)}, nil
	case ingest.ActionRename:
		return rename(tx, c, place, companyWide, folder)
	case ingest.ActionSkip:
		return resolution{place: place, skip: reason}, nil
	default:
		return resolution{rejected: &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeExists, Msg: reason}}, nil
	}
}

// rename finds a free name among NAME-1, NAME-2, …: the first one if those
// before it are taken without a gap. It doubles its stride until a name is free
// and then halves the gap, so a name that was taken thousands of times costs a
// few look-ups.
func rename(tx ingest.Tx, c *ingest.Company, place Place, companyWide bool, folder *ingest.Folder) (resolution, error) {
	_, ext := splitExt(place.FileName)
	candidate := func(n int) Place {
		name := fmt.Sprintf("%s-%d", place.Name, n)
		fileName := name
		if ext != "" {
			fileName += "." + ext
		}
		return Place{Folder: place.Folder, Name: name, FileName: fileName}
	}
	free := func(n int) (bool, error) {
		p := candidate(n)
		named, err := tx.AssetsNamed(c.Number, p.Name)
		if err != nil {
			return false, err
		}
		for _, a := range named {
			if companyWide || a.Folder == folder.Number {
				return false, nil
			}
		}
		taken, err := folderNamed(tx, c.Number, folder.Path+p.Name+"/")
		return !taken, err
	}
	low, high := 0, 1 // low is taken, high is to be tried
	for {
		ok, err := free(high)
		if err != nil {
			return resolution{}, err
		}
		if ok {
			break
		}
		low, high = high, high*2
	}
	for high-low > 1 {
		middle := (low + high) / 2
		ok, err := free(middle)
		if err != nil {
			return resolution{}, err
		}
		if ok {
			high = middle
		} else {
			low = middle
		}
	}
	return resolution{place: candidate(high)}, nil
}

// distance orders assets of one name by how far they are from a place: of
// several, which doors with names per folder may make, the nearest is replaced.
func distance(a *ingest.Asset, folder *ingest.Folder, place Place) int {
	d := 0
	if a.Folder != folder.Number {
		d = 2
	}
	if !sameExt(a.FileName, place.FileName) {
		d++
	}
	return d
}

func sameExt(a, b string) bool {
	_, x := splitExt(a)
	_, y := splitExt(b)
	return x == y
}

func folderNamed(tx ingest.Tx, company ingest.Number, path string) (bool, error) {
	_, err := tx.Folder(company, path)
	if err == nil {
		return true, nil
	}
	if ingest.KindOf(err) == ingest.NotFound {
		return false, nil
	}
	return false, err
}

// folderAt returns the folder at a path and makes what is missing of it.
func (e *Engine) folderAt(tx ingest.Tx, company ingest.Number, path string) (*ingest.Folder, error) {
	f, err := tx.Folder(company, path)
	if err == nil || ingest.KindOf(err) != ingest.NotFound {
		return f, err
	}
	var parent ingest.Number
	if path != "" {
		up, err := e.folderAt(tx, company, parentPath(path))
		if err != nil {
			return nil, err
		}
		parent = up.Number
	}
	f = &ingest.Folder{UUID: e.newUUID(), Company: company, Parent: parent, Path: path, Created: e.now()}
	return f, tx.CreateFolder(f)
}

// parentPath returns the path above a folder path that is not the root.
func parentPath(path string) string {
	for i := len(path) - 2; i >= 0; i-- {
		if path[i] == '/' {
			return path[:i+1]
		}
	}
	return ""
}
