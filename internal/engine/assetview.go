package engine

import (
	"context"
	"slices"
	"strings"

	"sluice/internal/ingest"
)

// AssetWants says which parts of assets are to be loaded; each costs reads.
type AssetWants struct {
	Metadata    bool // values of the company's fields
	Details     bool // what is kept beside the asset, its texts and files
	Projects    bool
	Permissions bool
	Users       bool
}

// AssetView is an asset with what belongs to it.
type AssetView struct {
	*ingest.Asset
	CreatedLogin  string
	ModifiedLogin string

	Fields      []FieldValue                           // by field name; defaults are among them
	Texts       map[string]string                      // of the fields that every asset has
	Keys        map[string][]string                    // of those with a key in dot notation: what the file and its packet say
	Image       ingest.ImageFields                     // of what is rendered
	Targets     []*ingest.Document                     // zoom targets in order
	Maps        []*ingest.Document                     // image maps in order
	Set         ingest.AssetSet                        // of an asset set
	Viewer      ingest.ViewerConfig                    // of a viewer preset
	Files       map[ingest.DerivedKind]*ingest.Derived // the first one of each kind, of the current version
	Projects    []string                               // names
	Permissions []GroupPermission
}

// FieldValue is what an asset has in one metadata field.
type FieldValue struct {
	Field  Field
	Values []ingest.Value // one, or several for fields with several tags
}

// GroupPermission is an entry of a permission set with the name of its group.
type GroupPermission struct {
	ingest.PermissionEntry
	Name string
}

// viewChunk is how many assets one set of reads covers.
const viewChunk = 500

// AssetViews loads what belongs to assets of a company, which the caller has been
// given by another verb.
func (e *Engine) AssetViews(ctx context.Context, p ingest.Principal, company ingest.Number, assets []*ingest.Asset, want AssetWants) (views []AssetView, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, company, rightRead)
		if err != nil {
			return err
		}
		l := &viewLoader{tx: tx, company: c, want: want, logins: map[ingest.Number]string{}}
		views = make([]AssetView, len(assets))
		for start := 0; start < len(assets); start += viewChunk {
			end := min(start+viewChunk, len(assets))
			for i := start; i < end; i++ {
				views[i] = AssetView{Asset: assets[i], Texts: map[string]string{}, Files: map[ingest.DerivedKind]*ingest.Derived{}}
			}
			if err := l.load(views[start:end]); err != nil {
				return err
			}
		}
		return nil
	})
	return views, err
}

// viewLoader fills views; what is the same for all is read once.
type viewLoader struct {
	tx      ingest.Tx
	company *ingest.Company
	want    AssetWants
	fields  []Field
	logins  map[ingest.Number]string
	sets    *sight
	groups  map[ingest.Number]string
}

func (l *viewLoader) load(views []AssetView) error {
	byNumber := map[ingest.Number][]*AssetView{}
	var numbers []ingest.Number
	for i := range views {
		n := views[i].Number
		if byNumber[n] == nil {
			numbers = append(numbers, n)
		}
		byNumber[n] = append(byNumber[n], &views[i])
	}
	for _, part := range []struct {
		wanted bool
		load   func([]ingest.Number, map[ingest.Number][]*AssetView) error
	}{
		{l.want.Users, l.users}, {l.want.Metadata || l.want.Details, l.values}, {l.want.Details, l.documents},
		{l.want.Details, l.files}, {l.want.Projects, l.projects}, {l.want.Permissions, l.permissions},
	} {
		if !part.wanted {
			continue
		}
		if err := part.load(numbers, byNumber); err != nil {
			return err
		}
	}
	return nil
}

func (l *viewLoader) login(user ingest.Number) (string, error) {
	login, ok := l.logins[user]
	if ok || user == 0 {
		return login, nil
	}
	u, err := l.tx.User(user)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return "", err
	}
	if err == nil {
		login = u.Login
	}
	l.logins[user] = login
	return login, nil
}

func (l *viewLoader) users(_ []ingest.Number, views map[ingest.Number][]*AssetView) (err error) {
	for _, list := range views {
		for _, v := range list {
			if v.CreatedLogin, err = l.login(v.CreatedBy); err != nil {
				return err
			}
			if v.ModifiedLogin, err = l.login(v.ModifiedBy); err != nil {
				return err
			}
		}
	}
	return nil
}

// values gives the views their metadata: the values that are stored, and the
// defaults of fields without one.
func (l *viewLoader) values(numbers []ingest.Number, views map[ingest.Number][]*AssetView) (err error) {
	if l.fields == nil && l.want.Metadata {
		if l.fields, err = fieldsOf(l.tx, l.company.Number); err != nil {
			return err
		}
		slices.SortStableFunc(l.fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	}
	stored, err := l.tx.ValuesOf(numbers, nil)
	if err != nil {
		return err
	}
	byAsset := map[ingest.Number]map[string][]ingest.Value{}
	for _, v := range stored {
		if byAsset[v.Asset] == nil {
			byAsset[v.Asset] = map[string][]ingest.Value{}
		}
		byAsset[v.Asset][v.Field] = append(byAsset[v.Asset][v.Field], v)
	}
	for number, list := range views {
		have := byAsset[number]
		for _, v := range list {
			for field, values := range have {
				texts := make([]string, len(values))
				for i, value := range values {
					texts[i] = value.Text
				}
				v.Texts[field] = strings.Join(texts, ", ")
				if strings.Contains(field, ".") {
					if v.Keys == nil {
						v.Keys = map[string][]string{}
					}
					v.Keys[field] = texts
				}
			}
			for _, f := range l.fields {
				values := have[f.Key()]
				if len(values) == 0 && f.Default != "" {
					value, _ := typedValue(f.Type, FieldUpdate{Value: &f.Default})
					values = []ingest.Value{value}
				}
				if f.Fits(v.Type) && len(values) > 0 {
					v.Fields = append(v.Fields, FieldValue{f, values})
				}
			}
		}
	}
	return nil
}

func (l *viewLoader) documents(numbers []ingest.Number, views map[ingest.Number][]*AssetView) error {
	docs, err := l.tx.DocumentsOf(l.company.Number, []ingest.DocumentKind{
		ingest.DocImageFields, ingest.DocZoomTarget, ingest.DocImageMap, ingest.DocAssetSet, ingest.DocViewerConfig,
	}, numbers)
	if err != nil {
		return err
	}
	for _, d := range docs {
		for _, v := range views[d.Owner] {
			switch d.Kind {
			case ingest.DocImageFields:
				err = readContent(d, &v.Image)
			case ingest.DocAssetSet:
				err = readContent(d, &v.Set)
			case ingest.DocViewerConfig:
				err = readContent(d, &v.Viewer)
			case ingest.DocZoomTarget:
				v.Targets = append(v.Targets, d)
			case ingest.DocImageMap:
				v.Maps = append(v.Maps, d)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *viewLoader) files(numbers []ingest.Number, views map[ingest.Number][]*AssetView) error {
	derived, err := l.tx.DerivedOfAll(numbers)
	if err != nil {
		return err
	}
	for _, d := range derived {
		for _, v := range views[d.Asset] {
			if d.Version == v.Version && v.Files[d.Kind] == nil {
				v.Files[d.Kind] = d
			}
		}
	}
	return nil
}

func (l *viewLoader) projects(numbers []ingest.Number, views map[ingest.Number][]*AssetView) error {
	links, err := l.tx.LinksTo(ingest.LinkProject, numbers)
	if err != nil {
		return err
	}
	names := map[ingest.Number]string{}
	for _, link := range links {
		name, ok := names[link.From]
		if !ok {
			d, err := l.tx.Document(link.From)
			if err != nil {
				return err
			}
			name = d.Name
			names[link.From] = name
		}
		for _, v := range views[link.To] {
			v.Projects = append(v.Projects, name)
		}
	}
	return nil
}

func (l *viewLoader) permissions(_ []ingest.Number, views map[ingest.Number][]*AssetView) (err error) {
	if l.sets == nil {
		if l.sets, err = restrictionsOf(l.tx, l.company.Number); err != nil {
			return err
		}
		if l.groups, err = groupNames(l.tx, l.company.Number); err != nil {
			return err
		}
	}
	for _, list := range views {
		for _, v := range list {
			set, ok := l.sets.assets[v.Number]
			if !ok {
				set, _ = l.sets.effective(v.Path)
			}
			for _, entry := range set.entries {
				v.Permissions = append(v.Permissions, GroupPermission{entry, l.groups[entry.Group]})
			}
		}
	}
	return nil
}

// groupNames maps the groups of a company to their names.
func groupNames(tx ingest.Tx, company ingest.Number) (map[ingest.Number]string, error) {
	docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocGroup}, ingest.Page{Limit: mostStored})
	names := map[ingest.Number]string{}
	for _, d := range docs {
		names[d.Number] = d.Name
	}
	return names, err
}
