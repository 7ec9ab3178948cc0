package nomad

import (
	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// searchItem is a thing as searches and lists show it (9).
type searchItem struct {
	ID               ingest.UUID `json:"id"`
	Title            string      `json:"title"` // exactly the name of the folder or file
	Identifiers      identifiers `json:"identifiers"`
	AssetStats       *assetStats `json:"assetStats,omitempty"`
	CreatedDate      *string     `json:"createdDate"`
	LastModifiedDate *string     `json:"lastModifiedDate"`
}

// identifiers are the facts about a thing by the names that clients look for.
type identifiers struct {
	ID                  ingest.UUID  `json:"id"`
	ParentID            *ingest.UUID `json:"parentId"`
	Name                string       `json:"name"`
	DisplayName         string       `json:"displayName"`
	DisplayDate         *string      `json:"displayDate"`
	DisplayPath         string       `json:"displayPath"`
	BucketName          string       `json:"bucketName"`
	ObjectKey           string       `json:"objectKey"`
	URL                 string       `json:"url"`
	FullURL             *string      `json:"fullUrl"` // null for what has no bytes
	AssetType           any          `json:"assetType"`
	AssetTypeDisplay    string       `json:"assetTypeDisplay"`
	AssetStatus         any          `json:"assetStatus"`
	AssetStatusDisplay  string       `json:"assetStatusDisplay"`
	MediaType           any          `json:"mediaType"`
	MediaTypeDisplay    *string      `json:"mediaTypeDisplay"`
	ContentLength       *int64       `json:"contentLength"`
	ContentDefinitionID ingest.UUID  `json:"contentDefinitionId"`
	LanguageID          ingest.UUID  `json:"languageId"`
	Children            []searchItem `json:"children,omitempty"` // of a list that is a tree
}

// assetDefinition stands for the kind of record that all things in the library are.
const assetDefinition ingest.UUID = "00000000-0000-4000-8000-006173736574"

// identify gathers the facts about an entry in the state that it is in.
func (l *library) identify(it engine.Entry, fields map[string]string, state string) (identifiers, error) {
	key := keyOf(it)
	f := identifiers{
		ID: idOf(it), ParentID: parentID(it), Name: l.titleOf(it), DisplayName: l.shownAs(it), DisplayDate: displayDate(it, fields), DisplayPath: key,
		BucketName: l.company.Slug, ObjectKey: key, URL: l.urlOf(key),
		AssetType: l.enum(assetTypes, typeOf(it)), AssetTypeDisplay: typeOf(it),
		AssetStatus: l.enum(assetStatuses, state), AssetStatusDisplay: state,
		ContentDefinitionID: assetDefinition, LanguageID: languageOf(fields),
	}
	if a := it.Asset; a != nil {
		kind := mediaType(a.Type)
		f.MediaType, f.MediaTypeDisplay, f.ContentLength = l.enum(mediaTypes, kind), &kind, &a.Size
	}
	var err error
	f.FullURL, err = l.fullURL(it)
	return f, err
}

// item renders an entry; stats count what is in a folder.
func (l *library) item(it engine.Entry, stats *assetStats) (searchItem, error) {
	it, err := l.withParent(it)
	if err != nil {
		return searchItem{}, err
	}
	var fields map[string]string
	if it.Asset != nil {
		fields = it.Asset.Metadata
	}
	facts, err := l.identify(it, fields, status(it, l.coming[idOf(it)]))
	created, modified := dates(it)
	return searchItem{
		ID: facts.ID, Title: facts.Name, Identifiers: facts, AssetStats: stats, CreatedDate: stamp(created), LastModifiedDate: stamp(modified),
	}, err
}
