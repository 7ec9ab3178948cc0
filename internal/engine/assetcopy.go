package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// MostCopied is how many files and folders one copy makes at most: it is one
// transaction.
const MostCopied = 5_000

// CopySpec asks for copies of files and folders.
type CopySpec struct {
	IDs  []ingest.UUID
	Into ingest.UUID // folder; "" = beside each original
	Job  *JobSpec    // the job that the copies belong to
}

// CopyEntries makes copies of files, and of folders with all that is in them, and
// returns the UUIDs of the copies in the order of the originals: all of them or none.
// A copy is an asset of its own that shares the bytes of the original. Names that are
// taken are numbered. What has no bytes is refused if it is named and left out of
// folders; so are placeholders, relations and what the caller may not read.
func (e *Engine) CopyEntries(ctx context.Context, p ingest.Principal, company ingest.Number, spec CopySpec) (ids []ingest.UUID, err error) {
	if err := checkNamed("engine.CopyEntries", spec.IDs); err != nil {
		return nil, err
	}
	if err := spec.Job.validate(); err != nil {
		return nil, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		ids = nil
		c, err := e.authorize(tx, p, company, rightUpload)
		if err != nil {
			return err
		}
		if err := tx.LockCompany(company); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		j, err := e.openJob(tx, p, c, spec.Job)
		if err != nil {
			return err
		}
		w := &copier{e: e, tx: tx, s: s, p: p, company: c, job: j, delta: ingest.JobDelta{LastPost: e.now(), Close: true}}
		for _, id := range spec.IDs {
			copied, err := w.entry(id, spec.Into)
			if err != nil {
				return err
			}
			ids = append(ids, copied)
		}
		changed, err := e.addToJob(tx, j, nil, w.delta)
		if err != nil {
			return err
		}
		return e.settle(tx, changed)
	})
	if err == nil {
		e.wakeWorkers()
	}
	return ids, err
}

// copier makes the copies of one request.
type copier struct {
	e       *Engine
	tx      ingest.Tx
	s       *sight
	p       ingest.Principal
	company *ingest.Company
	job     *ingest.Job
	delta   ingest.JobDelta
	made    int
}

func (w *copier) entry(id, into ingest.UUID) (ingest.UUID, error) {
	it, err := w.s.entry(id)
	if err != nil {
		return "", err
	}
	in, err := w.s.folderOfEntry(it)
	if err != nil {
		return "", err
	}
	if into != "" {
		if in, err = w.s.folderByUUID(into); err != nil {
			return "", err
		}
	}
	if err := w.s.requireFolder(in.Path, ingest.PermitWrite); err != nil {
		return "", err
	}
	name, err := w.freeName(in, it)
	if err != nil {
		return "", err
	}
	switch {
	case it.Placeholder != nil:
		return "", &ingest.Error{Kind: ingest.Invalid, Op: "engine.CopyEntries", Msg: fmt.Sprintf("%s is a placeholder without a file", quote(name))}
	case it.Folder != nil:
		return w.folder(it.Folder, in, name)
	}
	a, err := w.file(it.Asset, in, name)
	if err != nil {
		return "", err
	}
	return a.UUID, nil
}

// freeName is the name of an entry, numbered until it is free in a folder.
func (w *copier) freeName(in *ingest.Folder, it Entry) (string, error) {
	const op, most = "engine.CopyEntries", 1000
	name := it.Name()
	base, ext := splitExt(name)
	if it.Folder != nil || base == "" {
		base, ext = name, ""
	}
	for n := 1; n <= most; n++ {
		err := freeEntry(w.tx, op, in, name)
		if err == nil || ingest.CodeOf(err) != ingest.CodeExists {
			return name, err
		}
		suffix := "-" + strconv.Itoa(n)
		if ext != "" {
			suffix += "." + ext
		}
		if len(base)+len(suffix) > MaxNameBytes {
			return "", tooLong(op, "name", len(base)+len(suffix), MaxNameBytes)
		}
		name = base + suffix
	}
	return "", &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the folder has %d copies of %s, which is the limit", most, quote(it.Name()))}
}

// count refuses to make more than a request may.
func (w *copier) count() error {
	if w.made++; w.made > MostCopied {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.CopyEntries", Code: ingest.CodeLimit, Msg: fmt.Sprintf("more than %d files and folders would be copied; take a part of them", MostCopied)}
	}
	return nil
}

// folder copies a folder with what is in it.
func (w *copier) folder(f, in *ingest.Folder, name string) (ingest.UUID, error) {
	const op = "engine.CopyEntries"
	if strings.HasPrefix(in.Path, f.Path) {
		return "", &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("the folder %s cannot be copied into itself", quote(f.Path))}
	}
	if err := boundTree(w.tx, op, f, MostCopied); err != nil {
		return "", err
	}
	below, err := foldersBelow(w.tx, f.Company, f.Path)
	if err != nil {
		return "", err
	}
	slices.SortFunc(below, func(a, b *ingest.Folder) int { return strings.Compare(a.Path, b.Path) })
	copies := map[string]*ingest.Folder{}
	for _, b := range below {
		if err := w.count(); err != nil {
			return "", err
		}
		if !w.s.folder(b.Path, ingest.PermitRead) {
			continue
		}
		path := in.Path + name + "/" + strings.TrimPrefix(b.Path, f.Path)
		if err := checkDepth(op, path); err != nil {
			return "", err
		}
		if copies[b.Path], err = w.e.folderAt(w.tx, f.Company, path); err != nil {
			return "", err
		}
	}
	return copies[f.Path].UUID, w.files(f, copies)
}

// files copies the files at and below a folder into the copies of their folders.
func (w *copier) files(f *ingest.Folder, copies map[string]*ingest.Folder) error {
	filter := ingest.AssetFilter{Companies: []ingest.Number{f.Company}, Under: f.Path}
	for page := (ingest.Page{Limit: MostPerPage}); ; {
		list, err := w.tx.Assets(filter, page)
		if err != nil {
			return err
		}
		for _, a := range list {
			to := copies[a.Path]
			if to == nil || a.Version == 0 || !w.s.asset(a, ingest.PermitRead) {
				continue
			}
			if _, err := w.file(a, to, a.FileName); err != nil {
				return err
			}
		}
		if len(list) < page.Limit {
			return nil
		}
		page.After = list[len(list)-1].Number
	}
}

// file makes a copy of a file: rows of its own for the bytes of the original. It is
// inspected anew, so that its thumbnail and the like are its own too.
func (w *copier) file(a *ingest.Asset, in *ingest.Folder, name string) (*ingest.Asset, error) {
	const op = "engine.CopyEntries"
	if err := w.count(); err != nil {
		return nil, err
	}
	if a.Version == 0 {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("%s has no bytes to copy", quote(a.FileName))}
	}
	v, err := w.tx.Version(a.Version)
	if err != nil {
		return nil, err
	}
	if err := quotaError(w.tx, w.p, w.company, 1, v.Blob.Size); err != nil {
		return nil, err
	}
	place := exactPlaceOf(in.Path, name)
	l := landing{uuid: w.e.newUUID(), place: place, blob: v.Blob, contentType: v.ContentType, processing: &w.job.Processing, metadata: maps.Clone(a.Metadata), exact: true}
	w.delta.Counts.Total++
	out, err := w.e.keep(w.tx, w.p, w.company, w.job, in, l, resolution{place: place}, a.Type, &w.delta)
	if err != nil {
		return nil, err
	}
	return out.Asset, w.belongings(a, out.Asset)
}

// belongings gives a copy the crop, the values and the fields of the original.
func (w *copier) belongings(from, to *ingest.Asset) error {
	if from.Crop != nil {
		crop := *from.Crop
		to.Crop = &crop
		if err := w.tx.UpdateAsset(to); err != nil {
			return err
		}
	}
	values, err := w.tx.ValuesOf([]ingest.Number{from.Number}, nil)
	if err != nil {
		return err
	}
	byField := map[string][]ingest.Value{}
	for _, v := range values {
		v.Asset = to.Number
		byField[v.Field] = append(byField[v.Field], v)
	}
	for field, list := range byField {
		if err := w.tx.PutValues(to.Company, to.Number, field, list); err != nil {
			return err
		}
	}
	return nil
}
