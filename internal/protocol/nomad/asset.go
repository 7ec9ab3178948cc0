package nomad

import (
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func assetRoutes() []route {
	return []route{
		{"GET", "/admin/asset", bearer, (*exchange).assetByKey},
		{"GET", "/admin/asset/{id}", bearer, (*exchange).asset},
		{"GET", "/admin/asset/{id}/detail", bearer, (*exchange).assetDetail},
		{"GET", "/asset/{id}/detail", bearer, (*exchange).assetDetail},
		{"GET", "/admin/asset/{id}/resolve-full-url", bearer, (*exchange).resolveFullURL},

		{"POST", "/admin/asset/{id}/create-folder", bearer, (*exchange).createFolder},
		{"POST", "/admin/asset/{id}/create-placeholder", bearer, (*exchange).createPlaceholder},
		{"GET", "/admin/asset/{id}/getAssetChildNodes", bearer, (*exchange).childNodes},
		{"GET", "/asset/admin/asset/{id}/getAssetChildNodes", bearer, (*exchange).childNodes}, // as clients of 2023 call it
		{"GET", "/admin/asset/{id}/parent-folders", bearer, (*exchange).parentFolders},

		{"PATCH", "/admin/asset/{id}", bearer, (*exchange).updateAsset},
		{"PATCH", "/asset/{id}", bearer, (*exchange).updateAsset},
		{"POST", "/admin/asset/{id}/language", bearer, (*exchange).setLanguage},
		{"POST", "/admin/asset/{id}/move", bearer, (*exchange).moveAssets},
		{"POST", "/admin/asset/move", bearer, (*exchange).moveAssets},
		{"POST", "/admin/asset/{id}/copy", bearer, (*exchange).copyAssets},
		{"POST", "/admin/asset/copy", bearer, (*exchange).copyAssets}, // ids in the body only, as the newest client sends it
		{"POST", "/admin/asset/{id}/duplicate", bearer, (*exchange).duplicateAsset},
		{"DELETE", "/admin/asset/{id}", bearer, (*exchange).deleteAsset},
		{"DELETE", "/admin/asset/{id}/related-asset/{related}", bearer, (*exchange).deleteRelated},

		{"POST", "/admin/search", bearer, (*exchange).search},
	}
}

// assetModel is a thing in the library in short (9). Enumerations are numbers or names.
type assetModel struct {
	ID           ingest.UUID  `json:"id"`
	ParentID     *ingest.UUID `json:"parentId"`
	DisplayName  string       `json:"displayName"`
	DisplayDate  *string      `json:"displayDate"`
	BucketName   string       `json:"bucketName"`
	ObjectKey    string       `json:"objectKey"`
	FullURL      *string      `json:"fullUrl"` // null for what has no bytes
	AssetStatus  any          `json:"assetStatus"`
	StorageClass any          `json:"storageClass"`
	AssetType    any          `json:"assetType"`
}

// idModel is the answer to most changes.
type idModel struct {
	ID ingest.UUID `json:"id"`
}

// model renders an entry in the state that it is in.
func (l *library) model(it engine.Entry, state string) (assetModel, error) {
	it, err := l.withParent(it)
	if err != nil {
		return assetModel{}, err
	}
	m := assetModel{
		ID: idOf(it), ParentID: parentID(it), DisplayName: l.shownAs(it), BucketName: l.company.Slug, ObjectKey: keyOf(it),
		AssetStatus: l.enum(assetStatuses, state), StorageClass: l.enum(storageClasses, storageClasses[0]), AssetType: l.enum(assetTypes, typeOf(it)),
	}
	fields, err := l.fields(it)
	if err != nil {
		return m, err
	}
	m.DisplayDate = displayDate(it, fields)
	m.FullURL, err = l.fullURL(it)
	return m, err
}

// fullURL is the address that an entry's bytes may be fetched from without a login.
func (l *library) fullURL(it engine.Entry) (*string, error) {
	if it.Asset == nil || it.Asset.Version == 0 {
		return nil, nil
	}
	link, err := l.link(it.Asset)
	return &link, err
}

// fields are what clients keep at an entry.
func (l *library) fields(it engine.Entry) (map[string]string, error) {
	switch {
	case it.Asset != nil:
		return it.Asset.Metadata, nil
	case it.Folder == nil:
		return nil, nil
	}
	fields, err := l.Engine.FolderMetadata(l.r.Context(), l.caller, l.company.Number, []ingest.Number{it.Folder.Number})
	return fields[it.Folder.Number], err
}

// asset answers a thing by its id. The id that the start of an upload promised names
// the file to come (10).
func (x *exchange) asset() (any, error) {
	l, err := x.library()
	if err != nil {
		return nil, err
	}
	it, err := x.entry("id")
	if err != nil {
		return l.promised(err)
	}
	return l.answer(it)
}

// answer is the model of an entry with the state that an unfinished upload gives it.
func (l *library) answer(it engine.Entry) (any, error) {
	var u *ingest.Upload
	if it.Folder == nil {
		var err error
		if u, err = l.upload(idOf(it)); err != nil {
			return nil, err
		}
	}
	return l.model(it, status(it, u))
}

// promised is the model of a file that is being uploaded and is nothing else yet;
// missing is the failure when there is no such upload.
func (l *library) promised(missing error) (any, error) {
	id, err := l.pathID("id", "Asset")
	if err != nil {
		return nil, missing
	}
	u, err := l.upload(id)
	if err != nil {
		return nil, err
	}
	if u == nil {
		return nil, missing
	}
	it := engine.Entry{Placeholder: &engine.Placeholder{UUID: id, Path: u.Folder, FileName: u.FileName, Created: u.Created}}
	return l.model(it, status(it, u))
}

// assetByKey answers a thing by bucket and key.
func (x *exchange) assetByKey() (any, error) {
	q := x.r.URL.Query()
	bucket, key := q.Get("bucketName"), nfc(q.Get("objectKey"))
	if bucket == "" || key == "" {
		return nil, invalid("bucketName and objectKey are required.")
	}
	l, err := x.library()
	if err != nil {
		return nil, err
	}
	if !l.bucket(bucket) {
		return nil, unknown("Asset")
	}
	it, err := x.Engine.EntryAt(x.r.Context(), x.caller, x.company, key)
	if err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			err = unknown("Asset")
		}
		return nil, err
	}
	return l.answer(it)
}

// bucket reports whether a name is that of the company's bucket.
func (l *library) bucket(name string) bool {
	return strings.EqualFold(name, l.company.Slug) || nfc(name) == l.company.Name
}
