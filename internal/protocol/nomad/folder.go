package nomad

import (
	"net/url"
	"strconv"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// createFolder makes a folder, or answers the one that is there: clients look first
// and may race (9).
func (x *exchange) createFolder() (any, error) {
	var in struct {
		DisplayName string
	}
	if err := x.read(&in); err != nil {
		return nil, err
	}
	parent, err := x.folderID("id")
	if err != nil {
		return nil, err
	}
	f, err := x.Engine.CreateFolderIn(x.r.Context(), x.caller, x.company, parent, nfc(strings.Trim(in.DisplayName, "/")))
	if err != nil {
		return nil, folderFailure(err)
	}
	return idModel{f.UUID}, nil
}

// createPlaceholder keeps the name of a file whose bytes come later (9).
func (x *exchange) createPlaceholder() (any, error) {
	var in struct {
		AssetName   string
		DisplayName string
	}
	if err := x.read(&in); err != nil {
		return nil, err
	}
	parent, err := x.folderID("id")
	if err != nil {
		return nil, err
	}
	name := in.AssetName
	if name == "" {
		name = in.DisplayName
	}
	id, err := x.Engine.CreatePlaceholder(x.r.Context(), x.caller, x.company, parent, nfc(name))
	if err != nil {
		return nil, folderFailure(err)
	}
	return idModel{id}, nil
}

// folderFailure tells of a folder that is not there in the vendor's words.
func folderFailure(err error) error {
	if ingest.KindOf(err) == ingest.NotFound {
		return unknown("Folder")
	}
	return err
}

// folderID is the id of a folder in the address; the empty GUID is the root folder.
func (x *exchange) folderID(name string) (ingest.UUID, error) {
	return x.folderNamed(x.r.PathValue(name))
}

func (x *exchange) folderNamed(text string) (ingest.UUID, error) {
	id, err := uuid(text, "The id of the folder")
	if err != nil {
		return "", unknown("Folder")
	}
	if id == "" {
		return x.rootID()
	}
	return id, nil
}

// listResult is a list in the vendor's shape.
type listResult struct {
	Items          []searchItem `json:"items"`
	TotalItemCount int64        `json:"totalItemCount"`
}

// Sizes of pages of child nodes (9).
const (
	defaultNodes = 200
	mostNodes    = 1000
)

// childNodes lists what is in a folder: the one that folderId names, else the one in
// the address. A file has no children.
func (x *exchange) childNodes() (any, error) {
	q := x.r.URL.Query()
	l, err := x.library()
	if err != nil {
		return nil, err
	}
	id := x.r.PathValue("id")
	if folder, err := uuid(q.Get("folderId"), "folderId"); err != nil {
		return nil, err
	} else if folder != "" {
		id = string(folder)
	}
	named, err := x.folderNamed(id)
	if err != nil {
		return nil, err
	}
	it, err := x.Engine.Entry(x.r.Context(), x.caller, x.company, named)
	if err != nil {
		return nil, folderFailure(err)
	}
	if it.Folder == nil {
		return listResult{Items: []searchItem{}}, nil
	}
	page, err := pageOf(q, "pageIndex", 0, mostOffset)
	if err != nil {
		return nil, err
	}
	size, err := pageOf(q, "pageSize", defaultNodes, mostNodes)
	if err != nil {
		return nil, err
	}
	plan := l.newPlan()
	plan.inFolders([]*ingest.Folder{it.Folder})
	column := q.Get("sortColumn")
	if column == "" {
		column = "name"
	}
	descending, _ := strconv.ParseBool(q.Get("isDesc"))
	if err := plan.sortBy(column, descending); err != nil {
		return nil, err
	}
	r, err := plan.run(page, max(size, 1))
	if err != nil {
		return nil, err
	}
	return listResult{r.items, r.total}, nil
}

// pageOf reads a number of the query that says which page is wanted; larger ones are
// cut to the limit.
func pageOf(q url.Values, name string, without, most int) (int, error) {
	text := q.Get(name)
	if text == "" {
		return without, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, invalid("%s is %s; it must be a whole number from 0.", name, clip(text))
	}
	return min(n, most), nil
}

// parentFolders answers the folders above a thing from the root on, each with the next
// one as its child.
func (x *exchange) parentFolders() (any, error) {
	it, err := x.entry("id")
	if err != nil {
		return nil, err
	}
	l, err := x.library()
	if err != nil {
		return nil, err
	}
	chain, err := l.ancestors(it)
	if err != nil {
		return nil, err
	}
	items := []searchItem{}
	for i := len(chain) - 1; i >= 0; i-- { // from the innermost
		item, err := l.item(engine.Entry{Folder: chain[i]}, nil)
		if err != nil {
			return nil, err
		}
		item.Identifiers.Children = items
		items = []searchItem{item}
	}
	return listResult{items, int64(len(chain))}, nil
}

// ancestors lists the folders above an entry that the caller may read, from the root.
func (l *library) ancestors(it engine.Entry) (chain []*ingest.Folder, err error) {
	key := strings.TrimSuffix(keyOf(it), "/")
	if key == "" {
		return nil, nil
	}
	paths := []string{""}
	for i := range len(key) {
		if key[i] == '/' {
			paths = append(paths, key[:i+1])
		}
	}
	for _, path := range paths {
		f, err := l.parent(path)
		if err != nil {
			return nil, err
		}
		if f != nil {
			chain = append(chain, f)
		}
	}
	return chain, nil
}
