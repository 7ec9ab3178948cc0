package ingest

// Processing is what an upload asked to be done with its files, in the
// library's own terms. The zero value asks for nothing beyond the defaults.
// Doors fill it; the engine plans tasks from it; it is stored with the job.
type Processing struct {
	Overwrite       bool  `json:"overwrite,omitempty"`
	Publish         bool  `json:"publish,omitempty"`
	PreservePublish *bool `json:"preservePublish,omitempty"` // nil = the company's setting

	CreateMask   bool        `json:"createMask,omitempty"`
	PreserveCrop *bool       `json:"preserveCrop,omitempty"` // nil = true
	Crop         *ManualCrop `json:"crop,omitempty"`
	ColorCrop    *ColorCrop  `json:"colorCrop,omitempty"`
	AlphaCrop    *AlphaCrop  `json:"alphaCrop,omitempty"`
	SmartCrops   []SmartCrop `json:"smartCrops,omitempty"`
	// RedoSmartCrops says that also rectangles which people have set are computed anew.
	RedoSmartCrops bool           `json:"redoSmartCrops,omitempty"`
	Knockout       *Knockout      `json:"knockout,omitempty"`
	Unsharp        *Unsharp       `json:"unsharp,omitempty"`
	Color          *Color         `json:"color,omitempty"`
	Photoshop      *Photoshop     `json:"photoshop,omitempty"`
	PostScript     *Rasterize     `json:"postScript,omitempty"`
	Illustrator    *Rasterize     `json:"illustrator,omitempty"`
	PDF            *Rasterize     `json:"pdf,omitempty"`
	InDesign       string         `json:"inDesign,omitempty"` // process word; "" = None
	CSSStatic      *bool          `json:"cssStatic,omitempty"`
	Video          *Video         `json:"video,omitempty"`
	Unpack         bool           `json:"unpack,omitempty"` // ingest the members of archives instead of the archive
	AutoSets       []string       `json:"autoSets,omitempty"`
	AutoSet        bool           `json:"autoSet,omitempty"`  // run the set scripts even when AutoSets is empty
	Projects       []string       `json:"projects,omitempty"` // handles
	Keywords       []string       `json:"keywords,omitempty"` // merged into dc:subject
	Metadata       []MetadataEdit `json:"metadata,omitempty"`

	Email       string `json:"email,omitempty"` // All, Error, ErrorAndWarning, JobCompletion, None
	CallbackURL string `json:"callbackURL,omitempty"`

	// PublishAfter are the publish jobs that follow when the job is done.
	PublishAfter  []JobKind `json:"publishAfter,omitempty"`
	PublishIfKept bool      `json:"publishIfKept,omitempty"` // only when files were added or replaced
}

// ManualCrop cuts pixels from each side of the source.
type ManualCrop struct {
	Left   int `json:"left"`
	Right  int `json:"right"`
	Top    int `json:"top"`
	Bottom int `json:"bottom"`
}

// Zero reports whether nothing would be cut.
func (c ManualCrop) Zero() bool { return c == ManualCrop{} }

// ColorCrop trims border rows and columns that match the colour of one corner.
type ColorCrop struct {
	Corner    string  `json:"corner"`    // UpperLeft, UpperRight, BottomLeft, BottomRight
	Tolerance float64 `json:"tolerance"` // 0 exact … 1 most different
}

// AlphaCrop trims transparent border rows and columns.
type AlphaCrop struct {
	Tolerance float64 `json:"tolerance"` // 0 fully transparent only … 1 most tolerant
}

// SmartCrop is a named target size.
type SmartCrop struct {
	Name   string `json:"name"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Type   string `json:"type"`
}

// Knockout makes the background transparent.
type Knockout struct {
	Corner    string  `json:"corner"`
	Tolerance float64 `json:"tolerance"`
	Fill      string  `json:"fill"` // FloodFill, MatchPixel
}

// Unsharp sharpens the optimised image.
type Unsharp struct {
	Amount     float64 `json:"amount"` // 0–5
	Radius     float64 `json:"radius"` // pixels, 0–250
	Threshold  int     `json:"threshold"`
	Monochrome bool    `json:"monochrome"`
}

// None reports whether no sharpening would take place.
func (u Unsharp) None() bool { return u.Amount == 0 || u.Radius == 0 }

// Color is the colour management of the optimised image.
type Color struct {
	Mode   string `json:"mode"`             // Default, MaintainOriginal, Convert
	Source string `json:"source,omitempty"` // handle of an ICC profile asset
	Output string `json:"output,omitempty"`
}

// Photoshop governs PSD files.
type Photoshop struct {
	Layers      bool   `json:"layers"`           // an image asset per layer
	Naming      string `json:"naming,omitempty"` // LayerName, AppendNumber, AppendName, Folders
	Anchor      string `json:"anchor,omitempty"`
	Template    bool   `json:"template,omitempty"`
	ExtractText bool   `json:"extractText,omitempty"`
	Extend      bool   `json:"extend,omitempty"`
}

// Rasterize governs PDF, PostScript and Illustrator files.
type Rasterize struct {
	Process    string  `json:"process"`              // None, Rasterize, Thumbnail
	Resolution float64 `json:"resolution,omitempty"` // pixels per inch; 0 = default
	Colorspace string  `json:"colorspace,omitempty"` // Auto, Rgb, Cmyk, Gray
	Alpha      bool    `json:"alpha,omitempty"`
	Catalog    *bool   `json:"catalog,omitempty"` // nil = true
	Words      bool    `json:"words,omitempty"`
	Links      bool    `json:"links,omitempty"`
}

// Video governs video files.
type Video struct {
	Presets []string `json:"presets,omitempty"` // handles of encoding presets
	// Encodings are described by the properties that presets have, by name in lower case.
	Encodings   []map[string]string `json:"encodings,omitempty"`
	Crops       int                 `json:"crops,omitempty"`  // shapes that its pictures were to be cropped to
	Encode      bool                `json:"encode,omitempty"` // encodings are wanted; without presets the default ones
	Thumbnail   bool                `json:"thumbnail,omitempty"`
	ThumbnailAt int64               `json:"thumbnailAt,omitempty"` // milliseconds from the start
}

// MetadataEdit sets one metadata field of every asset of a job.
type MetadataEdit struct {
	Field      string   `json:"field"` // handle
	Value      string   `json:"value,omitempty"`
	AddTags    []string `json:"addTags,omitempty"`
	SetTags    []string `json:"setTags,omitempty"`
	DeleteTags []string `json:"deleteTags,omitempty"`
}
