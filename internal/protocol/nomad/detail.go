package nomad

import (
	"cmp"
	"encoding/hex"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// detailModel is everything about a thing in the library (9). Lists of what there is
// not here are empty; sha256, processingState and warnings are our own, so that users
// can verify what they sent.
type detailModel struct {
	AssetID              ingest.UUID       `json:"assetId"`
	Permission           any               `json:"permission"`
	IsRestricted         bool              `json:"isRestricted"`
	IsShared             bool              `json:"isShared"`
	InheritSecurity      bool              `json:"inheritSecurity"`
	Properties           detailProperties  `json:"properties"`
	CustomAttributes     map[string]any    `json:"customAttributes"`
	Parents              []assetModel      `json:"parents"`
	RelatedAssets        []referenceModel  `json:"relatedAssets"`
	RelatedVideos        []referenceModel  `json:"relatedVideos"`
	RelatedImages        []referenceModel  `json:"relatedImages"`
	RelatedAudio         []referenceModel  `json:"relatedAudio"`
	RelatedContent       []lookupModel     `json:"relatedContent"`
	Availability         []availability    `json:"availability"`
	AssetStats           *assetStats       `json:"assetStats"`
	SHA256               *string           `json:"sha256"` // lower-case hexadecimal; null while it is being computed
	ProcessingState      ingest.AssetState `json:"processingState,omitempty"`
	Warnings             []string          `json:"warnings"`
	RelatedContentGroups []struct{}        `json:"relatedContentGroups"`
	Screenshots          []struct{}        `json:"screenshots"`
	Labels               []struct{}        `json:"labels"`
	FaceItems            []struct{}        `json:"faceItems"`
	Persons              []struct{}        `json:"persons"`
	TextItems            []struct{}        `json:"textItems"`
	Collections          []struct{}        `json:"collections"`
	Tags                 []struct{}        `json:"tags"`
	Shares               []struct{}        `json:"shares"`
	SecurityGroups       []struct{}        `json:"securityGroups"`
	SecurityUsers        []struct{}        `json:"securityUsers"`
	TextCaptions         []struct{}        `json:"textCaptions"`
	Highlights           []struct{}        `json:"highlights"`
	Chapters             []struct{}        `json:"chapters"`
	AdBreaks             []struct{}        `json:"adBreaks"`
	AudioTracks          []struct{}        `json:"audioTracks"`
}

// detailProperties are the facts about one thing: those of a search, and a few more.
type detailProperties struct {
	identifiers
	ContentType      string         `json:"contentType,omitempty"`
	Width            int            `json:"width,omitempty"` // pixels
	Height           int            `json:"height,omitempty"`
	CreatedDate      *string        `json:"createdDate"`
	LastModifiedDate *string        `json:"lastModifiedDate"`
	CustomProperties map[string]any `json:"customProperties"`
}

// referenceModel is a file that goes with another one.
type referenceModel struct {
	ID               ingest.UUID  `json:"id"`
	URL              string       `json:"url"` // ends in the file's name, by which clients find it
	FullURL          *string      `json:"fullUrl"`
	Title            string       `json:"title"`
	Language         lookupModel  `json:"language"`
	LastModifiedDate *string      `json:"lastModifiedDate"`
	MetadataType     *ingest.UUID `json:"metadataType"`
	MediaType        any          `json:"mediaType"`
	MediaTypeDisplay string       `json:"mediaTypeDisplay"`
	ContentLength    int64        `json:"contentLength"`
	Properties       struct{}     `json:"properties"`
}

// lookupModel names something by id.
type lookupModel struct {
	ID    ingest.UUID `json:"id"`
	Title string      `json:"title,omitempty"`
}

// availability is from when until when a thing may be used.
type availability struct {
	Start *string `json:"availableStartDate"`
	End   *string `json:"availableEndDate"`
}

// assetStats count what is in a folder, up to a limit of files.
type assetStats struct {
	TotalContentLength int64 `json:"totalContentLength"` // bytes
	TotalFiles         int64 `json:"totalFiles"`
	IsPartial          bool  `json:"isPartial,omitempty"` // there are more files
}

// statFiles is how many files of a folder are counted.
const statFiles = 10_000

// assetDetail answers everything about a thing.
func (x *exchange) assetDetail() (any, error) {
	l, err := x.library()
	if err != nil {
		return nil, err
	}
	it, err := x.entry("id")
	if err != nil {
		return nil, err
	}
	d := emptyDetail(idOf(it))
	if it.Folder != nil {
		if d.AssetStats, err = l.stats(it.Folder); err != nil {
			return nil, err
		}
	}
	for _, part := range []func(engine.Entry, *detailModel) error{l.detailFacts, l.detailParents, l.detailRelated, l.detailContent, l.detailState} {
		if err := part(it, d); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func emptyDetail(id ingest.UUID) *detailModel {
	none := []struct{}{}
	return &detailModel{
		AssetID: id, InheritSecurity: true, CustomAttributes: map[string]any{}, Parents: []assetModel{}, Warnings: []string{},
		RelatedAssets: []referenceModel{}, RelatedVideos: []referenceModel{}, RelatedImages: []referenceModel{}, RelatedAudio: []referenceModel{},
		RelatedContent: []lookupModel{}, Availability: []availability{}, RelatedContentGroups: none, Screenshots: none, Labels: none, FaceItems: none,
		Persons: none, TextItems: none, Collections: none, Tags: none, Shares: none, SecurityGroups: none, SecurityUsers: none, TextCaptions: none,
		Highlights: none, Chapters: none, AdBreaks: none, AudioTracks: none,
	}
}

func (l *library) detailFacts(it engine.Entry, d *detailModel) error {
	it, err := l.withParent(it)
	if err != nil {
		return err
	}
	fields, err := l.fields(it)
	if err != nil {
		return err
	}
	var u *ingest.Upload
	if it.Folder == nil {
		if u, err = l.upload(idOf(it)); err != nil {
			return err
		}
	}
	facts, err := l.identify(it, fields, status(it, u))
	if err != nil {
		return err
	}
	created, modified := dates(it)
	d.Properties = detailProperties{identifiers: facts, CreatedDate: stamp(created), LastModifiedDate: stamp(modified), CustomProperties: properties(fields)}
	d.CustomAttributes = d.Properties.CustomProperties
	if a := it.Asset; a != nil {
		d.Properties.ContentType, d.Properties.Width, d.Properties.Height = a.Media.ContentType, a.Media.Width, a.Media.Height
	}
	from, until := fields[metaAvailableFrom], fields[metaAvailableUntil]
	if from != "" || until != "" {
		d.Availability = append(d.Availability, availability{given(from), given(until)})
	}
	return nil
}

// given is a text, or null when it is empty.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (l *library) detailParents(it engine.Entry, d *detailModel) error {
	chain, err := l.ancestors(it)
	if err != nil {
		return err
	}
	for _, f := range chain {
		m, err := l.model(engine.Entry{Folder: f}, statusAvailable)
		if err != nil {
			return err
		}
		d.Parents = append(d.Parents, m)
	}
	return nil
}

func (l *library) detailRelated(it engine.Entry, d *detailModel) error {
	if it.Asset == nil {
		return nil
	}
	list, err := l.Engine.RelatedAssets(l.r.Context(), l.caller, l.company.Number, it.Asset.Number)
	if err != nil {
		return err
	}
	for _, related := range list {
		m, err := l.reference(related)
		if err != nil {
			return err
		}
		d.RelatedAssets = append(d.RelatedAssets, m)
		switch m.MediaTypeDisplay {
		case "Video":
			d.RelatedVideos = append(d.RelatedVideos, m)
		case "Image":
			d.RelatedImages = append(d.RelatedImages, m)
		case "Audio":
			d.RelatedAudio = append(d.RelatedAudio, m)
		}
	}
	return nil
}

func (l *library) reference(r engine.RelatedAsset) (referenceModel, error) {
	it := engine.Entry{Asset: r.Asset}
	_, modified := dates(it)
	kind := mediaType(r.Type)
	m := referenceModel{
		ID: r.UUID, URL: l.urlOf(keyOf(it)), Title: l.shownAs(it), Language: lookupModel{ID: languageOf(r.Metadata)}, LastModifiedDate: stamp(modified),
		MediaType: l.enum(mediaTypes, kind), MediaTypeDisplay: kind, ContentLength: r.Size,
	}
	if r.Kind != "" {
		m.MetadataType = &r.Kind
	}
	var err error
	m.FullURL, err = l.fullURL(it)
	return m, err
}

// languageOf is the language of a file.
func languageOf(fields map[string]string) ingest.UUID {
	return cmp.Or(ingest.UUID(fields[metaLanguage]), defaultLanguage)
}

func (l *library) detailContent(it engine.Entry, d *detailModel) error {
	if it.Asset == nil {
		return nil
	}
	list, err := l.Engine.ContentsOf(l.r.Context(), l.caller, l.company.Number, it.Asset.Number)
	for _, c := range list {
		d.RelatedContent = append(d.RelatedContent, lookupModel{c.UUID, c.Title})
	}
	return err
}

// detailState tells how far the processing of a file has come.
func (l *library) detailState(it engine.Entry, d *detailModel) error {
	if it.Asset == nil {
		return nil
	}
	if len(it.Asset.SHA256) > 0 {
		sum := hex.EncodeToString(it.Asset.SHA256)
		d.SHA256 = &sum
	}
	d.ProcessingState = it.Asset.State
	state, err := l.Engine.Asset(l.r.Context(), l.caller, it.Asset.UUID)
	if err == nil {
		d.Warnings = append(d.Warnings, state.Warnings...)
	}
	return err
}

// stats counts what is in a folder.
func (l *library) stats(f *ingest.Folder) (*assetStats, error) {
	u, err := l.Engine.TreeUsage(l.r.Context(), l.caller, l.company.Number, f.Path, statFiles)
	return &assetStats{TotalContentLength: u.Bytes, TotalFiles: u.Files, IsPartial: u.Files >= statFiles}, err
}
