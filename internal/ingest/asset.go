package ingest

import "time"

// Asset is one file in the library. Its bytes live in Versions; the fields of
// the current version are repeated here because every listing shows them.
type Asset struct {
	Number   Number
	UUID     UUID
	Company  Number
	Folder   Number
	Path     string // of the folder; filled on reading, ignored on writing
	Name     string // file name without its last extension, after the naming rules
	FileName string // with extension
	Type     AssetType
	SubType  string // of a set: what its maker calls it; else empty
	Engine   string // generation engine that made a byproduct (PhotoshopLayers, PostScriptRip, …); "" = not a byproduct
	State    AssetState
	Media    Media // of the current version
	Version  Number
	Size     int64    // bytes
	SHA256   []byte   // 32 bytes; nil while it is still being computed
	Publish  Contexts // what it is marked for publish in; 0 = not marked
	Crop     *Rect    // nil = whole image
	Metadata map[string]string

	Created    time.Time
	CreatedBy  Number
	Modified   time.Time // last change of bytes, name, place or metadata
	ModifiedBy Number
	Trashed    time.Time // zero = not in trash
	Emptied    bool      // it was in the trash when that was emptied: a memory without bytes
	Part       bool      // it belongs to a web page, or may come to: no list shows it
	Orphaned   time.Time // of a part: since when nothing refers to it; zero = something does
}

// AssetState is how far the processing of the current version has come. The
// original can be read in every state.
type AssetState string

// States of an asset.
const (
	AssetProcessing AssetState = "processing" // tasks of the upload are outstanding
	AssetReady      AssetState = "ready"
	AssetFailed     AssetState = "failed" // the file is kept, its content could not be read; a new upload may take its name
)

// Media is what inspection found out about a version.
type Media struct {
	ContentType string // MIME type by content, by extension where content does not tell
	Width       int    // pixels as stored; 0 = not an image or not inspected yet
	Height      int
	Frames      int // images in the file; 0 = unknown
	Orientation int // EXIF, 1 to 8; 0 = none
	Alpha       bool
	Duration    time.Duration // of video and sound, in milliseconds; 0 = none or unknown. Derived files do not keep it
}

// Rect is a rectangle in pixels of the stored image, from the upper left.
type Rect struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Version is one state of an asset's bytes.
type Version struct {
	Number      Number
	UUID        UUID
	Asset       Number
	Ordinal     int // from 1 within the asset
	FileName    string
	ContentType string
	Blob        BlobRef
	Job         Number
	Update      bool     // it replaced a readable version, as opposed to being the first
	Notes       []string // what the job log says besides: options that wait for an ability of the server
	Created     time.Time
	CreatedBy   Number
}

// DerivedKind says what a derived file is for.
type DerivedKind string

// Kinds of derived files.
const (
	DerivedThumbnail DerivedKind = "thumbnail"
	DerivedOptimized DerivedKind = "optimized" // tiled pyramid TIFF
	DerivedMask      DerivedKind = "mask"
	DerivedPoster    DerivedKind = "poster"
	DerivedPage      DerivedKind = "page"
	DerivedLayer     DerivedKind = "layer"
	DerivedCatalog   DerivedKind = "catalog"
	DerivedTemplate  DerivedKind = "template"
	DerivedText      DerivedKind = "text"
	DerivedEncoding  DerivedKind = "encoding"
	DerivedMember    DerivedKind = "member"
)

// Derived is a file, or another asset, made from one version of an asset. Key
// is deterministic (step and parameters), so a repeated step commits the same row.
type Derived struct {
	Number  Number
	UUID    UUID
	Asset   Number
	Version Number
	Key     string // unique within the version
	Kind    DerivedKind
	Name    string
	Media   Media
	Page    int     // from 1; 0 = none
	Layer   int     // from 1; 0 = none
	Blob    BlobRef // empty when Target is set
	Target  Number  // the asset that the derived thing is; 0 = a file only
	Created time.Time
}
