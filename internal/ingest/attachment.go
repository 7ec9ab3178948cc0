package ingest

// What is kept beside an asset, as the content of documents whose Owner is the
// asset. Pixels count from the upper left of the stored image.

// ZoomTarget is the content of a DocZoomTarget document: a rectangle worth a
// closer look. The document's Name is its label, its Key the number that clients
// address it by.
type ZoomTarget struct {
	X        int    `json:"x"`
	Y        int    `json:"y"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	UserData string `json:"userData,omitempty"`
}

// ImageMap is the content of a DocImageMap document: an area with an action. The
// document's Name and Key are those of a ZoomTarget's.
type ImageMap struct {
	Shape    string `json:"shape"`  // Rectangle, Polygon
	Region   string `json:"region"` // as the coords of an HTML area; kept as sent
	Action   string `json:"action"` // attributes of an area, or an address; never executed
	Disabled bool   `json:"disabled,omitempty"`
	Made     bool   `json:"made,omitempty"` // of a link of the document that the image was made of, and changed by nobody
}

// NamedCrop is the content of a DocSmartCrop document: a named part of an image,
// in parts of its width and height. The document's Name is its name.
type NamedCrop struct {
	Left        float64 `json:"left"`
	Top         float64 `json:"top"`
	Width       float64 `json:"width"`
	Height      float64 `json:"height"`
	PixelWidth  int     `json:"pixelWidth"` // target size
	PixelHeight int     `json:"pixelHeight"`
	Swatch      *RGB    `json:"swatch,omitempty"`
	Manual      bool    `json:"manual,omitempty"` // the rectangle was given, not computed
}

// RGB is a colour; each part is from 0 to 255.
type RGB struct {
	Red   int `json:"red"`
	Green int `json:"green"`
	Blue  int `json:"blue"`
}

// ImageFields is the content of a DocImageFields document: what clients set of an
// image or another asset that is rendered. Nil = never set.
type ImageFields struct {
	Resolution   *float64 `json:"resolution,omitempty"` // pixels per inch
	AnchorX      *int     `json:"anchorX,omitempty"`
	AnchorY      *int     `json:"anchorY,omitempty"`
	Modifier     string   `json:"modifier,omitempty"`     // commands before those of a request
	PostModifier string   `json:"postModifier,omitempty"` // commands after them
	MadeModifier string   `json:"madeModifier,omitempty"` // the Modifier that the server made, where it made one
}

// FileFields is the content of a DocFileFields document: fields of a font or ICC
// profile by the names that the Scene7 contract gives them.
type FileFields map[string]string

// AssetSet is the content of a DocAssetSet document.
type AssetSet struct {
	Definition string `json:"definition"` // kept byte for byte
}

// ViewerConfig is the content of a DocViewerConfig document.
type ViewerConfig struct {
	Type     string          `json:"type"`
	Name     string          `json:"name,omitempty"`
	Settings []ViewerSetting `json:"settings"` // in order of entry; names may repeat
}

// ViewerSetting is one setting of a viewer. Handle names an asset, unchecked.
type ViewerSetting struct {
	Name   string  `json:"name"`
	Value  *string `json:"value,omitempty"`
	Handle *string `json:"handle,omitempty"`
}

// OnlyOne is the Key of documents of which an owner has at most one.
const OnlyOne = "1"
