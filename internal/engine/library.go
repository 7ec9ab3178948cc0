package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"sluice/internal/ingest"
)

// MostPerPage is the largest page that a listing answers.
const MostPerPage = 1000

// AssetQuery selects assets for a listing; zero fields do not restrict.
type AssetQuery struct {
	Company ingest.Number
	Folder  string // full path within the company; needs Company. "/" = the root
	Name    string // equal to name or file name; a trailing '*' matches any ending
	Type    ingest.AssetType
	State   ingest.AssetState
}

// Assets lists assets that the caller may read, in the order of their numbers.
func (e *Engine) Assets(ctx context.Context, p ingest.Principal, q AssetQuery, page ingest.Page) (list []*ingest.Asset, err error) {
	if page, err = bounded(page); err != nil {
		return nil, err
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		f := ingest.AssetFilter{Name: q.Name, Type: q.Type, State: q.State}
		var c *ingest.Company
		if q.Company != 0 {
			if c, err = e.visible(tx, p, q.Company); err != nil {
				return err
			}
			f.Companies = []ingest.Number{c.Number}
		} else if f.Companies, err = e.readable(tx, p); err != nil {
			return err
		}
		if q.Folder != "" {
			if c == nil {
				return &ingest.Error{Kind: ingest.Invalid, Op: "engine.Assets", Code: ingest.CodeMissing, Msg: "a folder needs a company"}
			}
			path, err := FolderPath(c.Name, q.Folder)
			if err != nil {
				return err
			}
			folder, err := tx.Folder(c.Number, path)
			if err != nil {
				if ingest.KindOf(err) == ingest.NotFound {
					return nil
				}
				return err
			}
			f.Folder = folder.Number
		}
		list, err = visibleAssets(tx, p, f, page)
		return err
	})
	return list, err
}

// visibleAssets reads a page of the assets on which the caller has the Read permission.
func visibleAssets(tx ingest.Tx, p ingest.Principal, f ingest.AssetFilter, page ingest.Page) ([]*ingest.Asset, error) {
	sights := map[ingest.Number]*sight{}
	visible := []*ingest.Asset{}
	for {
		list, err := tx.Assets(f, page)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			s, ok := sights[a.Company]
			if !ok {
				if s, err = sightOf(tx, p, a.Company); err != nil {
					return nil, err
				}
				sights[a.Company] = s
			}
			if !s.asset(a, ingest.PermitRead) {
				continue
			}
			if visible = append(visible, a); len(visible) == page.Limit {
				return visible, nil
			}
		}
		if len(list) < page.Limit {
			return visible, nil
		}
		page.After = list[len(list)-1].Number
	}
}

func bounded(page ingest.Page) (ingest.Page, error) {
	if page.Limit == 0 {
		page.Limit = 100
	}
	if page.Limit < 0 || page.Limit > MostPerPage {
		return page, &ingest.Error{Kind: ingest.Invalid, Op: "engine.bounded", Code: ingest.CodeLimit, Msg: fmt.Sprintf("limit is %d, it must be between 1 and %d", page.Limit, MostPerPage)}
	}
	return page, nil
}

// AssetDetail is everything about one asset.
type AssetDetail struct {
	Asset    *ingest.Asset
	Company  *ingest.Company
	Derived  []*ingest.Derived
	Pending  []*ingest.Task // queued, running and parked steps of the current version
	Warnings []string       // why steps failed
	// Metadata is all that is known by name: what doors keep, values of the company's fields, and what the file says of
	// itself, under keys in dot notation.
	Metadata map[string]string
	Parts    []WebPart // of a web page, as far as the caller may read them, in their order
}

// findAsset returns an asset that the caller may read. Strangers learn nothing
// of its existence.
func (e *Engine) findAsset(tx ingest.Tx, p ingest.Principal, id ingest.UUID) (*ingest.Asset, error) {
	a, err := tx.AssetByUUID(id)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	unknown := &ingest.Error{Kind: ingest.NotFound, Op: "engine.findAsset", Msg: fmt.Sprintf("no asset %s", quote(string(id)))}
	if err != nil || !may(p, a.Company, rightRead) {
		return nil, unknown
	}
	if err := e.inTime(tx, p, a.Company); err != nil {
		return nil, err
	}
	s, err := sightOf(tx, p, a.Company)
	if err != nil {
		return nil, err
	}
	if !s.asset(a, ingest.PermitRead) {
		return nil, unknown
	}
	return a, nil
}

// Asset returns one asset with its derived files and outstanding steps.
func (e *Engine) Asset(ctx context.Context, p ingest.Principal, id ingest.UUID) (d AssetDetail, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if d.Asset, err = e.findAsset(tx, p, id); err != nil {
			return err
		}
		if d.Company, err = tx.Company(d.Asset.Company); err != nil {
			return err
		}
		if d.Derived, err = tx.DerivedOf(d.Asset.Number); err != nil {
			return err
		}
		// The steps that made them may have ended in any order.
		slices.SortStableFunc(d.Derived, func(a, b *ingest.Derived) int {
			return cmp.Compare(thumbnailFirst(a), thumbnailFirst(b))
		})
		if d.Metadata, err = metadataOf(tx, d.Asset); err != nil {
			return err
		}
		if d.Parts, err = readableParts(tx, p, d.Asset); err != nil {
			return err
		}
		d.Pending, d.Warnings = nil, nil
		tasks, err := tx.TasksOf(d.Asset.Number, d.Asset.Version)
		if err != nil {
			return err
		}
		for _, t := range lastOfKind(tasks) {
			switch t.State {
			case ingest.TaskQueued, ingest.TaskRunning, ingest.TaskParked:
				d.Pending = append(d.Pending, t)
			case ingest.TaskDone, ingest.TaskFailed, ingest.TaskUnreadable:
				if t.State == ingest.TaskDone && t.Error == "" {
					continue
				}
				d.Warnings = append(d.Warnings, fmt.Sprintf("%s: %s", t.Kind, t.Error))
			}
		}
		return nil
	})
	return d, err
}

// metadataOf gathers what is known of an asset by name. Several values of a name are separated by commas; what a door
// keeps under it goes first.
func metadataOf(tx ingest.Tx, a *ingest.Asset) (map[string]string, error) {
	values, err := tx.ValuesOf([]ingest.Number{a.Number}, nil)
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	if slices.ContainsFunc(values, func(v ingest.Value) bool { _, err := strconv.Atoi(v.Field); return err == nil }) {
		all, err := fieldsOf(tx, a.Company)
		if err != nil {
			return nil, err
		}
		for _, f := range all {
			fields[f.Key()] = f.Name
		}
	}
	known := map[string]string{}
	for _, v := range values {
		name := v.Field
		if custom, ok := fields[name]; ok {
			name = custom
		}
		if name == ingest.FieldWords {
			continue
		}
		if known[name] != "" {
			known[name] += ", "
		}
		known[name] += v.Text
	}
	maps.Copy(known, a.Metadata)
	return known, nil
}

func thumbnailFirst(d *ingest.Derived) int {
	if d.Kind == ingest.DerivedThumbnail {
		return 0
	}
	return 1
}

// File is a stored file opened for reading; the caller closes Bytes.
type File struct {
	Name        string
	ContentType string
	SHA256      []byte // nil = not computed
	Version     ingest.Number
	Blob        ingest.BlobRef
	Modified    time.Time // when the bytes were stored
	Bytes       ingest.BlobReader

	ordinal int // of the version; set for shared files
}

// Original opens the current bytes of an asset. A replacement while it is read
// does not disturb the reader.
func (e *Engine) Original(ctx context.Context, p ingest.Principal, id ingest.UUID) (*File, error) {
	var f *File
	err := e.store.View(ctx, func(tx ingest.Tx) error {
		a, err := e.findAsset(tx, p, id)
		if err != nil {
			return err
		}
		v, err := tx.Version(a.Version)
		if err != nil {
			return err
		}
		f = &File{Name: a.FileName, ContentType: a.Media.ContentType, SHA256: v.Blob.SHA256, Version: v.Number, Blob: v.Blob, Modified: v.Created}
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.Bytes, err = e.blobs.Open(ctx, f.Blob.Key)
	return f, err
}

// Derived opens a derived file of an asset: the one with the UUID derived, or
// the first one of the kind when derived is empty.
func (e *Engine) Derived(ctx context.Context, p ingest.Principal, id, derived ingest.UUID, kind ingest.DerivedKind) (*File, error) {
	var f *File
	err := e.store.View(ctx, func(tx ingest.Tx) error {
		a, err := e.findAsset(tx, p, id)
		if err != nil {
			return err
		}
		list, err := tx.DerivedOf(a.Number)
		if err != nil {
			return err
		}
		v, err := tx.Version(a.Version)
		if err != nil {
			return err
		}
		for _, d := range list {
			if d.Blob.Key != "" && (derived != "" && d.UUID == derived || derived == "" && d.Kind == kind) {
				f = &File{Name: d.Name, ContentType: d.Media.ContentType, Version: v.Number, Blob: d.Blob, Modified: d.Created}
				return nil
			}
		}
		return &ingest.Error{Kind: ingest.NotFound, Op: "engine.Derived", Msg: fmt.Sprintf("the asset has no %s", kind)}
	})
	if err != nil {
		return nil, err
	}
	f.Bytes, err = e.blobs.Open(ctx, f.Blob.Key)
	return f, err
}

// Jobs lists the jobs of the companies that the caller may read, newest first;
// page.After then means "before this number".
func (e *Engine) Jobs(ctx context.Context, p ingest.Principal, f ingest.JobFilter, page ingest.Page) (list []*ingest.Job, err error) {
	if page, err = bounded(page); err != nil {
		return nil, err
	}
	err = e.store.View(ctx, func(tx ingest.Tx) (err error) {
		for _, c := range f.Companies {
			if _, err := e.visible(tx, p, c); err != nil {
				return err
			}
		}
		if f.Companies == nil {
			if f.Companies, err = e.readable(tx, p); err != nil {
				return err
			}
		}
		list, err = tx.Jobs(f, page)
		return err
	})
	return list, err
}

// Job returns one job that the caller may read.
func (e *Engine) Job(ctx context.Context, p ingest.Principal, id ingest.UUID) (j *ingest.Job, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		j, err = e.readableJob(tx, p, id)
		return err
	})
	return j, err
}

// JobProgress returns how far the steps of a job have come that the caller may read.
func (e *Engine) JobProgress(ctx context.Context, p ingest.Principal, id ingest.UUID) (progress ingest.JobProgress, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		j, err := e.readableJob(tx, p, id)
		if err != nil {
			return err
		}
		list, err := e.progressOf(tx, []ingest.Number{j.Number})
		progress = ingest.JobProgress{Job: j.Number}
		if len(list) > 0 {
			progress = list[0]
		}
		return err
	})
	return progress, err
}

func (e *Engine) readableJob(tx ingest.Tx, p ingest.Principal, id ingest.UUID) (*ingest.Job, error) {
	j, err := tx.JobByUUID(id)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil || !may(p, j.Company, rightRead) {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "engine.Job", Code: ingest.CodeJobUnknown, Msg: fmt.Sprintf("no job %s", quote(string(id)))}
	}
	return j, e.inTime(tx, p, j.Company)
}

// JobLog lists the rows of a job's log in the order in which they were written.
func (e *Engine) JobLog(ctx context.Context, p ingest.Principal, id ingest.UUID, f ingest.LogFilter, page ingest.Page) (rows []ingest.LogRow, err error) {
	if page, err = bounded(page); err != nil {
		return nil, err
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		j, err := e.readableJob(tx, p, id)
		if err != nil {
			return err
		}
		rows, err = tx.Log(j.Number, f, page)
		return err
	})
	return rows, err
}

// Healthy reports whether the store answers.
func (e *Engine) Healthy(ctx context.Context) error { return e.store.Ping(ctx) }

// LoginOf returns the login of a user, "" for one that there is not any more.
func (e *Engine) LoginOf(ctx context.Context, user ingest.Number) (login string, err error) {
	if user == 0 {
		return "", nil
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		u, err := tx.User(user)
		if err == nil {
			login = u.Login
		} else if ingest.KindOf(err) == ingest.NotFound {
			err = nil
		}
		return err
	})
	return login, err
}
