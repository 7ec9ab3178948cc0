package nomad

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// library is what is shown of a company's things within one call. A folder is an asset
// of the type Folder, the root folder one of the type Bucket (9).
type library struct {
	*exchange
	company *ingest.Company
	above   map[string]*ingest.Folder      // by path; nil = not the caller's to know of
	until   time.Time                      // when download links expire
	coming  map[ingest.UUID]*ingest.Upload // by the id of the asset to come; only of searches for unfinished ones
}

func (x *exchange) library() (*library, error) {
	c, err := x.Engine.Company(x.r.Context(), x.caller, x.company)
	if err != nil {
		return nil, err
	}
	return &library{exchange: x, company: c, above: map[string]*ingest.Folder{}, until: x.Engine.Now().Add(x.linkLifetime())}, nil
}

// pathID is the id of a thing in the address of a call.
func (x *exchange) pathID(name, what string) (ingest.UUID, error) {
	id, err := uuid(x.r.PathValue(name), "The id")
	if err != nil || id == "" {
		return "", unknown(what)
	}
	return id, nil
}

// entry returns what the id in the address names.
func (x *exchange) entry(name string) (engine.Entry, error) {
	id, err := x.pathID(name, "Asset")
	if err != nil {
		return engine.Entry{}, err
	}
	it, err := x.Engine.Entry(x.r.Context(), x.caller, x.company, id)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		err = unknown("Asset")
	}
	return it, err
}

// nfc is a name in the form in which names are compared (4.1).
func nfc(name string) string { return norm.NFC.String(name) }

// idOf is how clients name an entry.
func idOf(it engine.Entry) ingest.UUID {
	switch {
	case it.Folder != nil:
		return it.Folder.UUID
	case it.Asset != nil:
		return it.Asset.UUID
	}
	return it.Placeholder.UUID
}

// typeOf is the asset type of an entry.
func typeOf(it engine.Entry) string {
	switch {
	case it.Folder != nil && it.Folder.Path == "":
		return typeBucket
	case it.Folder != nil:
		return typeFolder
	}
	return typeFile
}

// keyOf is the path of an entry within the company; that of a folder ends in a slash.
func keyOf(it engine.Entry) string {
	switch {
	case it.Folder != nil:
		return it.Folder.Path
	case it.Asset != nil:
		return it.Asset.Path + it.Asset.FileName
	}
	return it.Placeholder.Path + it.Placeholder.FileName
}

// titleOf is what an entry is called: exactly the name of the folder or file (9).
func (l *library) titleOf(it engine.Entry) string { return cmp.Or(it.Name(), l.company.Name) }

// shownAs is the display name of an entry.
func (l *library) shownAs(it engine.Entry) string {
	if it.Asset != nil {
		return cmp.Or(it.Asset.Metadata[metaDisplayName], it.Asset.FileName)
	}
	return l.titleOf(it)
}

// urlOf is the vendor's form of a path: bucket and key.
func (l *library) urlOf(key string) string { return l.company.Slug + "::" + key }

// dates are when an entry came and when it changed last.
func dates(it engine.Entry) (created, modified time.Time) {
	switch {
	case it.Folder != nil:
		created, modified = it.Folder.Created, it.Folder.Modified
	case it.Asset != nil:
		created, modified = it.Asset.Created, it.Asset.Modified
	default:
		created = it.Placeholder.Created
	}
	if modified.Before(created) {
		modified = created
	}
	return created, modified
}

// stamp is a time as answers have it; the zero time is null.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Truncate(time.Second).Format(time.RFC3339)
	return &text
}

// displayDate is the date that a client gave a file, else when it came.
func displayDate(it engine.Entry, fields map[string]string) *string {
	if text := fields[metaDisplayDate]; text != "" {
		return &text
	}
	created, _ := dates(it)
	return stamp(created)
}

// parent is the folder above a path, nil when the caller may not read it.
func (l *library) parent(path string) (*ingest.Folder, error) {
	if f, ok := l.above[path]; ok {
		return f, nil
	}
	f, err := l.Engine.FolderAt(l.r.Context(), l.caller, l.company.Number, path)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil {
		f = nil
	}
	l.above[path] = f
	return f, nil
}

// withParent completes an entry that a list gave.
func (l *library) withParent(it engine.Entry) (engine.Entry, error) {
	key := strings.TrimSuffix(keyOf(it), "/")
	if it.Parent != nil || key == "" {
		return it, nil
	}
	var err error
	it.Parent, err = l.parent(key[:strings.LastIndexByte(key, '/')+1])
	return it, err
}

func parentID(it engine.Entry) *ingest.UUID {
	if it.Parent == nil {
		return nil
	}
	return &it.Parent.UUID
}

// upload is the unfinished upload that an entry waits for, nil when there is none.
func (l *library) upload(id ingest.UUID) (*ingest.Upload, error) {
	u, err := l.Engine.PromisedAsset(l.r.Context(), l.caller, l.company.Number, id)
	if err != nil && (ingest.KindOf(err) == ingest.NotFound || ingest.KindOf(err) == ingest.Forbidden) {
		return nil, nil
	}
	return u, err
}

// status is the state of an entry (10), given the upload that it waits for.
func status(it engine.Entry, u *ingest.Upload) string {
	switch {
	case u != nil && u.State == ingest.UploadSealing:
		return statusAssembling
	case u != nil && it.Asset != nil:
		return statusReplacing
	case u != nil:
		return statusUploading
	case it.Placeholder != nil:
		return statusPlaceholder
	}
	return statusAvailable
}

// properties are those that clients gave names of their own.
func properties(fields map[string]string) map[string]any {
	list := map[string]any{}
	for key, text := range fields {
		name, ok := strings.CutPrefix(key, metaProperty)
		if !ok {
			continue
		}
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			value = text
		}
		list[name] = value
	}
	return list
}
