package nomad

import (
	"cmp"
	"slices"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// plan is a search or list: what folders and placeholders, of which there are few, are
// asked one by one, and the same as a search for files.
type plan struct {
	*library
	files   ingest.AssetSearch
	noFiles bool
	fits    []func(engine.Entry) bool // all have to say yes to a folder or placeholder
	within  []*ingest.Folder          // only what is directly in one of these; nil = anywhere
	below   *ingest.Folder            // only what is at and below it; nil = anywhere
	stats   bool                      // count what is in folders
	waiting []engine.Entry            // files to come that are asked for, in the order of their uploads
	order   func(a, b engine.Entry) int
}

func (l *library) newPlan() *plan {
	p := &plan{library: l, files: ingest.AssetSearch{Company: l.company.Number, Subfolders: true}}
	p.order = func(a, b engine.Entry) int { return cmp.Compare(keyOf(a), keyOf(b)) }
	return p
}

// nothing makes a plan that finds nothing.
func (p *plan) nothing() {
	p.noFiles = true
	p.fits = append(p.fits, func(engine.Entry) bool { return false })
}

// group adds conditions to the search for files of which one has to fit, or all.
func (p *plan) group(any bool, conditions ...ingest.Condition) {
	p.files.Groups = append(p.files.Groups, ingest.ConditionGroup{Any: any, Conditions: conditions})
}

// inFolders asks for what is directly in one of some folders.
func (p *plan) inFolders(folders []*ingest.Folder) {
	if len(folders) == 0 {
		p.nothing()
		return
	}
	if p.within == nil && p.files.Folder == "" && p.files.Subfolders && len(folders) == 1 {
		p.files.Folder, p.files.Subfolders = folders[0].Path, false
	} else {
		p.group(false, ingest.Condition{Field: ingest.SearchFolder, Op: ingest.OpIn, Texts: paths(folders)})
	}
	if p.within == nil {
		p.within = folders
	}
	in := paths(folders)
	p.fits = append(p.fits, func(it engine.Entry) bool { return !isRoot(it) && slices.Contains(in, above(it)) })
}

// notInFolders leaves out what is directly in some folders.
func (p *plan) notInFolders(folders []*ingest.Folder) {
	for _, f := range folders {
		p.group(false, ingest.Condition{Field: ingest.SearchFolder, Op: ingest.OpNotEquals, Text: f.Path})
	}
	out := paths(folders)
	p.fits = append(p.fits, func(it engine.Entry) bool { return isRoot(it) || !slices.Contains(out, above(it)) })
}

func paths(folders []*ingest.Folder) []string {
	list := make([]string, len(folders))
	for i, f := range folders {
		list[i] = f.Path
	}
	return list
}

func isRoot(it engine.Entry) bool { return it.Folder != nil && it.Folder.Path == "" }

// above is the path of the folder that an entry lies in.
func above(it engine.Entry) string {
	key := strings.TrimSuffix(keyOf(it), "/")
	return key[:strings.LastIndexByte(key, '/')+1]
}

// sortBy says in which order the result comes. Folders and placeholders come before
// files.
func (p *plan) sortBy(field string, descending bool) error {
	p.files.Descending = descending
	byDate := func(of func(engine.Entry) int64) func(a, b engine.Entry) int {
		return func(a, b engine.Entry) int { return cmp.Or(cmp.Compare(of(a), of(b)), cmp.Compare(keyOf(a), keyOf(b))) }
	}
	created := func(it engine.Entry) int64 { at, _ := dates(it); return at.UnixMicro() }
	modified := func(it engine.Entry) int64 { _, at := dates(it); return at.UnixMicro() }
	switch fieldOf(field) {
	case "", "id":
	case "name", "title", "displayname":
		p.files.Sort = ingest.SortName
		p.order = func(a, b engine.Entry) int {
			return cmp.Or(cmp.Compare(a.Name(), b.Name()), cmp.Compare(keyOf(a), keyOf(b)))
		}
	case "url", "displaypath", "objectkey", "fullurl":
		p.files.Sort = ingest.SortName
	case "createddate", "displaydate":
		p.order = byDate(created)
	case "lastmodifieddate", "modifieddate":
		p.files.Sort, p.order = ingest.SortModified, byDate(modified)
	case "contentlength", "size":
		p.files.Sort = ingest.SortSize
	case "assettype", "assettypedisplay", "mediatype", "mediatypedisplay":
		p.files.Sort = ingest.SortType
	default:
		return invalid("The result cannot be sorted by %s.", clip(field))
	}
	if ascending := p.order; descending {
		p.order = func(a, b engine.Entry) int { return ascending(b, a) }
	}
	return nil
}

// run finds one page.
func (p *plan) run(page, size int) (r pageOfItems, err error) {
	things, err := p.things()
	if err != nil {
		return r, err
	}
	start := page * size
	list := things[min(start, len(things)):min(start+size, len(things))]
	r.total = int64(len(things))
	if !p.noFiles {
		files, total, err := p.fileRange(max(start-len(things), 0), size-len(list), size)
		if err != nil {
			return r, err
		}
		r.total += total
		list = append(slices.Clone(list), files...)
	}
	r.items, err = p.items(list)
	return r, err
}

// fileRange reads n files of the result from a place on, of which the engine has
// remembered the places of whole pages.
func (p *plan) fileRange(from, n, size int) (list []engine.Entry, total int64, err error) {
	for page := from/size + 1; ; page++ {
		r, err := p.Engine.Search(p.r.Context(), p.caller, p.files, engine.SearchPage{Page: page, Size: size, Total: true})
		if err != nil {
			return nil, 0, err
		}
		total = r.Total
		skip := max(from-(page-1)*size, 0)
		for _, a := range r.Assets[min(skip, len(r.Assets)):] {
			if len(list) < n {
				list = append(list, engine.Entry{Asset: a})
			}
		}
		if len(list) >= n || len(r.Assets) < size {
			return list, total, nil
		}
	}
}

// things lists the folders and placeholders that fit, folders first.
func (p *plan) things() ([]engine.Entry, error) {
	folders, placeholders, err := p.candidates()
	if err != nil {
		return nil, err
	}
	var list []engine.Entry
	for _, kind := range [][]engine.Entry{folders, append(placeholders, p.waiting...)} {
		var fit []engine.Entry
		for _, it := range kind {
			if !slices.ContainsFunc(p.fits, func(fits func(engine.Entry) bool) bool { return !fits(it) }) {
				fit = append(fit, it)
			}
		}
		slices.SortStableFunc(fit, p.order)
		list = append(list, fit...)
	}
	return list, nil
}

// candidates lists the folders and placeholders of the part of the tree that counts.
func (p *plan) candidates() (folders, placeholders []engine.Entry, err error) {
	ctx, number := p.r.Context(), p.company.Number
	addFolders := func(list []*ingest.Folder) {
		for _, f := range list {
			folders = append(folders, engine.Entry{Folder: f})
		}
	}
	addPlaceholders := func(list []*engine.Placeholder) {
		for _, ph := range list {
			placeholders = append(placeholders, engine.Entry{Placeholder: ph})
		}
	}
	if p.within == nil {
		path := ""
		if p.below != nil {
			path = p.below.Path
		}
		list, err := p.Engine.FoldersBelow(ctx, p.caller, number, path)
		if err != nil {
			return nil, nil, err
		}
		addFolders(list)
		waiting, err := p.Engine.Placeholders(ctx, p.caller, number)
		addPlaceholders(waiting)
		return folders, placeholders, err
	}
	for _, f := range p.within {
		list, err := p.Engine.FoldersIn(ctx, p.caller, number, f.UUID)
		if err != nil {
			return nil, nil, err
		}
		addFolders(list)
		waiting, err := p.Engine.PlaceholdersIn(ctx, p.caller, number, f.UUID)
		if err != nil {
			return nil, nil, err
		}
		addPlaceholders(waiting)
	}
	return folders, placeholders, nil
}
