package engine

import (
	"encoding/json"
	"fmt"
	"slices"

	"sluice/internal/ingest"
)

// sight judges what one caller may do with the folders and assets of one company,
// within one transaction. A role must allow an operation before permissions are
// asked; they never widen it.
//
// A folder or asset without a permission set of its own has that of the folder it
// is in; without any set up to the root everything is allowed. Of the entries of
// the caller's groups those that override count alone, and one denial among them
// denies; otherwise one allowance allows (Scene7 tier 3 contract, section 5).
type sight struct {
	tx      ingest.Tx
	company ingest.Number
	open    bool // nothing is restricted for this caller
	sets    int  // permission sets of the company
	groups  []ingest.Number
	folders map[string]permissionSet // by the folder's path
	assets  map[ingest.Number]permissionSet
}

// permissionSet is the set of entries of one folder or asset.
type permissionSet struct {
	number  ingest.Number // of its document
	entries []ingest.PermissionEntry
}

// mostPermissionSets bounds the permission sets of one company.
const mostPermissionSets = 100_000

// sightOf loads what is needed to judge a caller. Administrators of the company, but
// for trial ones, are not restricted unless they look through the eyes of a group.
func sightOf(tx ingest.Tx, p ingest.Principal, company ingest.Number) (*sight, error) {
	s := &sight{tx: tx, company: company}
	if p.OnlyGroup == 0 && managesGroups(p, company) {
		s.open = true
		return s, nil
	}
	sets, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocPermissions}, ingest.Page{Limit: mostPermissionSets})
	if err != nil {
		return nil, err
	}
	if len(sets) == 0 {
		s.open = true
		return s, nil
	}
	if s.groups, err = groupsOf(tx, p); err != nil {
		return nil, err
	}
	return s, s.load(sets)
}

// load sorts permission sets by what they are of.
func (s *sight) load(sets []*ingest.Document) error {
	s.sets, s.folders, s.assets = len(sets), map[string]permissionSet{}, map[ingest.Number]permissionSet{}
	for _, d := range sets {
		var set ingest.PermissionSet
		if err := json.Unmarshal(d.Data, &set); err != nil {
			return &ingest.Error{Kind: ingest.Internal, Op: "engine.sightOf", Err: err}
		}
		loaded := permissionSet{d.Number, set.Entries}
		if d.Key == ingest.PermissionsOfAsset {
			s.assets[d.Owner] = loaded
			continue
		}
		f, err := s.tx.FolderByNumber(d.Owner)
		if err != nil {
			return err
		}
		if !f.Deleted {
			s.folders[f.Path] = loaded
		}
	}
	return nil
}

// restrictionsOf loads all permission sets of a company, whoever looks.
func restrictionsOf(tx ingest.Tx, company ingest.Number) (*sight, error) {
	s := &sight{tx: tx, company: company}
	sets, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocPermissions}, ingest.Page{Limit: mostPermissionSets})
	if err != nil {
		return nil, err
	}
	return s, s.load(sets)
}

// groupsOf lists the groups whose entries count for a caller.
func groupsOf(tx ingest.Tx, p ingest.Principal) ([]ingest.Number, error) {
	if p.OnlyGroup != 0 {
		return []ingest.Number{p.OnlyGroup}, nil
	}
	links, err := tx.LinksTo(ingest.LinkGroupUser, []ingest.Number{p.User})
	if err != nil {
		return nil, err
	}
	groups := make([]ingest.Number, len(links))
	for i, l := range links {
		groups[i] = l.From
	}
	return groups, nil
}

// folder reports whether the caller has a permission on the folder at a path.
func (s *sight) folder(path string, permission ingest.Permission) bool {
	if s.open {
		return true
	}
	set, restricted := s.effective(path)
	return !restricted || s.allows(set.entries, permission)
}

// effective returns the set that holds for the folder at a path, and false when
// there is none up to the root.
func (s *sight) effective(path string) (permissionSet, bool) {
	for {
		if set, ok := s.folders[path]; ok {
			return set, true
		}
		if path == "" {
			return permissionSet{}, false
		}
		path = parentPath(path)
	}
}

// asset reports whether the caller has a permission on an asset.
func (s *sight) asset(a *ingest.Asset, permission ingest.Permission) bool {
	if s.open {
		return true
	}
	if set, ok := s.assets[a.Number]; ok {
		return s.allows(set.entries, permission)
	}
	return s.folder(a.Path, permission)
}

// visible keeps the assets that the caller may read.
func (s *sight) visible(list []*ingest.Asset) []*ingest.Asset {
	if s.open {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(a *ingest.Asset) bool { return !s.asset(a, ingest.PermitRead) })
}

// allows judges by a set. An allowance that overrides needs no word of its own: like
// any other it allows unless a denial overrides.
func (s *sight) allows(entries []ingest.PermissionEntry, permission ingest.Permission) bool {
	allowed := false
	for _, entry := range entries {
		if entry.Type != permission || !slices.Contains(s.groups, entry.Group) {
			continue
		}
		if entry.Override && !entry.Allowed {
			return false
		}
		allowed = allowed || entry.Allowed
	}
	return allowed
}

// require returns the fault for the first permission on an asset that is missing.
func (s *sight) require(a *ingest.Asset, permissions ...ingest.Permission) error {
	for _, permission := range permissions {
		if !s.asset(a, permission) {
			return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.require", Code: ingest.CodePermission,
				Msg: fmt.Sprintf("the user has no %s permission on the asset %s", permission, quote(a.Name))}
		}
	}
	return nil
}

// requireFolder is require for the folder at a path.
func (s *sight) requireFolder(path string, permissions ...ingest.Permission) error {
	for _, permission := range permissions {
		if !s.folder(path, permission) {
			return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.requireFolder", Code: ingest.CodePermission,
				Msg: fmt.Sprintf("the user has no %s permission on the folder %s", permission, quote(path))}
		}
	}
	return nil
}

// assetOf returns an asset of the company that is not in the trash and on which
// the caller has the permissions. What is somebody else's is unknown here.
func (s *sight) assetOf(number ingest.Number, permissions ...ingest.Permission) (*ingest.Asset, error) {
	a, err := s.tx.Asset(number)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil || a.Company != s.company || !a.Trashed.IsZero() || a.Emptied || a.Part {
		return nil, unknownAsset(number)
	}
	return a, s.require(a, permissions...)
}

func unknownAsset(number ingest.Number) error {
	return &ingest.Error{Kind: ingest.NotFound, Op: "engine.assetOf", Msg: fmt.Sprintf("no asset of this company has the number %d", number)}
}

// folderOf returns the live folder at a path on which the caller has the
// permissions.
func (s *sight) folderOf(path string, permissions ...ingest.Permission) (*ingest.Folder, error) {
	f, err := s.tx.Folder(s.company, path)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "engine.folderOf", Msg: fmt.Sprintf("no folder %s in this company", quote(path))}
	}
	return f, s.requireFolder(path, permissions...)
}
