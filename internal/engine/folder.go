package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// MostFolders is how many folders one answer has at most.
const MostFolders = 100_000

// FolderQuery selects folders: one, and those below it.
type FolderQuery struct {
	Path  string // within the company, "" = root
	Depth int    // levels below the folder; negative = all
	// Types keeps only the folders that hold assets of these types, at any depth,
	// and those on the way to them; nil = all.
	Types []ingest.AssetType
}

// FolderNode is a folder with those below it.
type FolderNode struct {
	*ingest.Folder
	Modified      time.Time
	ChildModified time.Time     // the latest of the folders below it; zero = none
	HasChildren   bool          // whatever depth was asked for
	Permissions   ingest.Number // document of the permission set that holds; 0 = none
	Children      []*FolderNode
}

// FolderTree returns a folder with those below it, as far as the caller may read
// them; nil when there is no such folder. sets are the permission sets that the
// folders name, by number of document.
func (e *Engine) FolderTree(ctx context.Context, p ingest.Principal, company ingest.Number, q FolderQuery) (root *FolderNode, sets map[ingest.Number][]GroupPermission, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		root, sets, err = folderTree(tx, p, company, q)
		return err
	})
	return root, sets, err
}

func folderTree(tx ingest.Tx, p ingest.Principal, company ingest.Number, q FolderQuery) (*FolderNode, map[ingest.Number][]GroupPermission, error) {
	s, err := sightOf(tx, p, company)
	if err != nil {
		return nil, nil, err
	}
	holds, err := holding(tx, company, q.Types)
	if err != nil {
		return nil, nil, err
	}
	t := treeMaker{FolderQuery: q, nodes: map[string]*FolderNode{}, shown: func(f *ingest.Folder) bool {
		return s.folder(f.Path, ingest.PermitRead) && (q.Types == nil || holds[f.Path])
	}}
	folders := folderWalk{tx: tx, company: company, path: q.Path}
	if err := folders.each(t.note); err != nil {
		return nil, nil, err
	}
	if t.count > MostFolders {
		return nil, nil, &ingest.Error{Kind: ingest.Conflict, Op: "engine.FolderTree", Code: ingest.CodeLimit,
			Msg: fmt.Sprintf("the tree of %s has %d folders, the limit is %d; ask for a part of it or for fewer levels", quote(q.Path), t.count, MostFolders)}
	}
	root := t.nodes[q.Path]
	if root == nil {
		if q.Path != "" || !s.folder("", ingest.PermitRead) {
			return nil, nil, nil
		}
		root = &FolderNode{Folder: &ingest.Folder{Company: company}} // a company without files yet
		t.nodes[""] = root
	}
	if err := folders.each(t.hang); err != nil {
		return nil, nil, err
	}
	sets, err := namedSets(tx, company, t.nodes)
	return root, sets, err
}

// treeMaker makes the tree of a query of folders in any order: all of them are noted first,
// then each is hung below its parent. Only the folders that are answered are kept.
type treeMaker struct {
	FolderQuery
	shown func(*ingest.Folder) bool // whether the caller may see it, and wants to
	nodes map[string]*FolderNode    // those that are answered, by path
	count int                       // of the folders that are to be answered
}

// answered reports whether a folder is within the depth that is asked for.
func (t *treeMaker) answered(path string) bool {
	if t.Depth < 0 || path == t.Path {
		return true
	}
	depth := strings.Count(path, "/") - strings.Count(t.Path, "/")
	return depth <= t.Depth
}

func (t *treeMaker) note(f *ingest.Folder) error {
	if !t.answered(f.Path) || !t.shown(f) {
		return nil
	}
	if t.count++; t.count <= MostFolders {
		t.nodes[f.Path] = &FolderNode{Folder: f, Modified: latest(f.Created, f.Modified)}
	}
	return nil
}

func (t *treeMaker) hang(f *ingest.Folder) error {
	if f.Path == t.Path || !t.shown(f) {
		return nil
	}
	modified := latest(f.Created, f.Modified)
	for path := parentPath(f.Path); ; path = parentPath(path) {
		if up := t.nodes[path]; up != nil {
			up.ChildModified = latest(up.ChildModified, modified)
		}
		if path == "" || path == t.Path {
			break
		}
	}
	parent := t.nodes[parentPath(f.Path)]
	if parent == nil {
		return nil // below a folder that the caller may not see, or that is not answered
	}
	parent.HasChildren = true
	if node := t.nodes[f.Path]; node != nil {
		parent.Children = append(parent.Children, node)
	}
	return nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// folderWalk goes over the folders at and below a path, however many there are. What fits
// one page is read once.
type folderWalk struct {
	tx      ingest.Tx
	company ingest.Number
	path    string
	first   []*ingest.Folder // the first page, once it was read
}

const folderPage = 10_000

func (w *folderWalk) each(do func(*ingest.Folder) error) error {
	page := w.first
	for after := ingest.Number(0); ; {
		if page == nil {
			var err error
			if page, err = w.tx.Folders(w.company, w.path, ingest.Page{After: after, Limit: folderPage}); err != nil {
				return err
			}
			if after == 0 {
				w.first = page
			}
		}
		for _, f := range page {
			if err := do(f); err != nil {
				return err
			}
		}
		if len(page) < folderPage {
			return nil
		}
		after, page = page[len(page)-1].Number, nil
	}
}

// foldersBelow lists the folders at and below a path, at most MostFolders of them.
func foldersBelow(tx ingest.Tx, company ingest.Number, path string) (all []*ingest.Folder, err error) {
	count := 0
	err = (&folderWalk{tx: tx, company: company, path: path}).each(func(f *ingest.Folder) error {
		if count++; count <= MostFolders {
			all = append(all, f)
		}
		return nil
	})
	if err == nil && count > MostFolders {
		err = &ingest.Error{Kind: ingest.Conflict, Op: "engine.foldersBelow", Code: ingest.CodeLimit,
			Msg: fmt.Sprintf("%d folders lie at and below %s, the limit is %d; ask for a part of them", count, quote(path), MostFolders)}
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// holding tells the paths of folders that hold assets of the types, and of those
// above them.
func holding(tx ingest.Tx, company ingest.Number, types []ingest.AssetType) (map[string]bool, error) {
	if types == nil {
		return nil, nil
	}
	numbers, err := tx.FoldersWith(company, types)
	if err != nil {
		return nil, err
	}
	holds := map[string]bool{}
	for _, n := range numbers {
		f, err := tx.FolderByNumber(n)
		if err != nil {
			return nil, err
		}
		for path := f.Path; !holds[path]; path = parentPath(path) {
			holds[path] = true
			if path == "" {
				break
			}
		}
	}
	return holds, nil
}

// namedSets gives folders the permission sets that hold for them; equal sets are
// one.
func namedSets(tx ingest.Tx, company ingest.Number, nodes map[string]*FolderNode) (map[ingest.Number][]GroupPermission, error) {
	restrictions, err := restrictionsOf(tx, company)
	if err != nil || len(restrictions.folders) == 0 {
		return nil, err
	}
	names, err := groupNames(tx, company)
	if err != nil {
		return nil, err
	}
	sets, same := map[ingest.Number][]GroupPermission{}, map[string]ingest.Number{}
	for path, node := range nodes {
		set, ok := restrictions.effective(path)
		if !ok {
			continue
		}
		content := fmt.Sprint(set.entries)
		number, known := same[content]
		if !known {
			number = set.number
			same[content] = number
			list := make([]GroupPermission, len(set.entries))
			for i, entry := range set.entries {
				list[i] = GroupPermission{entry, names[entry.Group]}
			}
			sets[number] = list
		}
		node.Permissions = number
	}
	return sets, nil
}

// CreateFolder makes a folder and what is missing above it. One that exists is
// left as it is.
func (e *Engine) CreateFolder(ctx context.Context, p ingest.Principal, company ingest.Number, folder string) (path string, err error) {
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, company, rightOverwrite)
		if err != nil {
			return err
		}
		if path, err = FolderPath(c.Name, folder); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		if _, err := tx.Folder(company, path); err == nil || ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		above, err := nearestFolder(tx, company, path)
		if err != nil {
			return err
		}
		if err := s.requireFolder(above, ingest.PermitRead, ingest.PermitWrite); err != nil {
			return err
		}
		if err := tx.LockCompany(company); err != nil {
			return err
		}
		if err := e.freeOfAssets(tx, company, path, above); err != nil {
			return err
		}
		_, err = e.folderAt(tx, company, path)
		return err
	})
	return path, err
}

// nearestFolder returns the path of the nearest folder above a path that exists,
// or "" for the root.
func nearestFolder(tx ingest.Tx, company ingest.Number, path string) (string, error) {
	for path != "" {
		path = parentPath(path)
		ok, err := folderNamed(tx, company, path)
		if err != nil || ok {
			return path, err
		}
	}
	return "", nil
}

// freeOfAssets refuses a folder whose name an asset beside it has. Only the first
// new segment can meet one.
func (e *Engine) freeOfAssets(tx ingest.Tx, company ingest.Number, path, above string) error {
	segment, _, _ := strings.Cut(strings.TrimPrefix(path, above), "/")
	named, err := tx.AssetsNamed(company, segment)
	if err != nil {
		return err
	}
	for _, a := range named {
		if a.Path == above && a.Trashed.IsZero() {
			return &ingest.Error{Kind: ingest.Conflict, Op: "engine.freeOfAssets", Code: ingest.CodeExists, Msg: fmt.Sprintf("an asset is called %s in the same folder", quote(segment))}
		}
	}
	return nil
}

// RenameFolder gives a folder another last segment and returns its new path.
func (e *Engine) RenameFolder(ctx context.Context, p ingest.Principal, company ingest.Number, path, name string) (string, error) {
	if strings.ContainsAny(name, `/\|`) || strings.TrimSpace(name) == "" || name == "." || name == ".." {
		return "", &ingest.Error{Kind: ingest.Invalid, Op: "engine.RenameFolder", Msg: fmt.Sprintf("a folder cannot be called %s", quote(name))}
	}
	return e.moveFolder(ctx, p, company, path, func(string) string {
		return parentPath(path) + name + "/"
	})
}

// MoveFolder puts a folder into another one and returns its new path.
func (e *Engine) MoveFolder(ctx context.Context, p ingest.Principal, company ingest.Number, path, into string) (string, error) {
	return e.moveFolder(ctx, p, company, path, func(last string) string { return into + last + "/" })
}

func (e *Engine) moveFolder(ctx context.Context, p ingest.Principal, company ingest.Number, path string, target func(last string) string) (moved string, err error) {
	const op = "engine.moveFolder"
	if path == "" {
		return "", &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "the root folder of a company cannot be moved or renamed"}
	}
	last := strings.TrimSuffix(strings.TrimPrefix(path, parentPath(path)), "/")
	to := target(last)
	if strings.HasPrefix(to, path) && to != path {
		return "", &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("the folder %s cannot be moved into itself", quote(path))}
	}
	if to, err = FolderPath("", to); err != nil {
		return "", err
	}
	return to, e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightOverwrite); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		f, err := s.folderOf(path, ingest.PermitRead, ingest.PermitWrite)
		if err != nil || to == path {
			return err
		}
		parent, err := s.folderOf(parentPath(to), ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		if err := tx.LockCompany(company); err != nil {
			return err
		}
		taken, err := folderNamed(tx, company, to)
		if err != nil {
			return err
		}
		if taken {
			return &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeExists, Msg: fmt.Sprintf("there is a folder %s already", quote(to))}
		}
		if err := e.freeOfAssets(tx, company, to, parentPath(to)); err != nil {
			return err
		}
		if err := tx.MoveFolders(company, path, to, e.now()); err != nil {
			return err
		}
		f.Path, f.Parent, f.Modified = to, parent.Number, e.now()
		return tx.UpdateFolder(f)
	})
}

// DeleteFolder puts all assets at and below a folder into the trash and removes
// the folders. Everything below must be the caller's to delete.
func (e *Engine) DeleteFolder(ctx context.Context, p ingest.Principal, company ingest.Number, path string) error {
	if path == "" {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.DeleteFolder", Msg: "the root folder of a company cannot be deleted"}
	}
	var dropped []ingest.BlobKey
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		dropped = nil
		c, err := e.authorize(tx, p, company, rightOverwrite)
		if err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		if _, err := s.folderOf(path, ingest.PermitRead, ingest.PermitDelete); err != nil {
			return err
		}
		if err := tx.LockCompany(company); err != nil {
			return err
		}
		folders, err := foldersBelow(tx, company, path)
		if err != nil {
			return err
		}
		for _, f := range folders {
			if err := s.requireFolder(f.Path, ingest.PermitRead, ingest.PermitDelete); err != nil {
				return err
			}
		}
		if dropped, err = e.trashBelow(tx, p, c, s, path); err != nil {
			return err
		}
		if err := dropPlaceholders(tx, folders); err != nil {
			return err
		}
		for _, f := range folders {
			f.Deleted, f.Modified = true, e.now()
			if err := tx.UpdateFolder(f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return e.dropBlobs(ctx, dropped)
}

// trashBelow puts the assets at and below a folder into the trash.
func (e *Engine) trashBelow(tx ingest.Tx, p ingest.Principal, c *ingest.Company, s *sight, path string) (dropped []ingest.BlobKey, err error) {
	filter := ingest.AssetFilter{Companies: []ingest.Number{c.Number}, Under: path}
	for {
		page, err := tx.Assets(filter, ingest.Page{Limit: MostPerPage})
		if err != nil || len(page) == 0 {
			return dropped, err
		}
		for _, a := range page {
			if err := s.require(a, ingest.PermitRead, ingest.PermitDelete); err != nil {
				return nil, err
			}
			keys, err := e.trash(tx, p, c, a)
			if err != nil {
				return nil, err
			}
			dropped = append(dropped, keys...)
		}
	}
}
