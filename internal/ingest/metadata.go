package ingest

// MetadataField is the content of a DocMetadataField document: a field that a
// company's assets have values of. Its document's Key is the asset type in upper
// case, "|" and the name; the type ASSET is that of fields of every asset.
type MetadataField struct {
	AssetType   AssetType `json:"assetType"` // TypeOther = every asset
	Name        string    `json:"name"`
	Type        FieldType `json:"type"`
	Default     string    `json:"default,omitempty"` // shown for assets without a value
	Hidden      bool      `json:"hidden,omitempty"`
	Enforced    bool      `json:"enforced,omitempty"` // values that do not fit the type are refused
	PublishData bool      `json:"publishData,omitempty"`
	InitialTag  string    `json:"initialTag,omitempty"`
	Tags        []string  `json:"tags,omitempty"` // the dictionary of a tag field, in order of entry
}

// FieldType is what a metadata field holds. The words are those of the Scene7
// metadata field types.
type FieldType string

// Types of metadata fields.
const (
	FieldUntyped        FieldType = "Untyped"
	FieldBoolean        FieldType = "Boolean"
	FieldBooleanTag     FieldType = "BooleanTag"
	FieldColor          FieldType = "Color"
	FieldDate           FieldType = "Date"
	FieldDimension      FieldType = "Dimension"
	FieldFileName       FieldType = "FileName"
	FieldFloat          FieldType = "Float"
	FieldInt            FieldType = "Int"
	FieldMultiFixedTag  FieldType = "MultiFixedTag"
	FieldMultiTag       FieldType = "MultiTag"
	FieldSingleFixedTag FieldType = "SingleFixedTag"
	FieldSingleTag      FieldType = "SingleTag"
	FieldString         FieldType = "String"
)

// FieldTypes lists all types of metadata fields.
func FieldTypes() []FieldType {
	return []FieldType{FieldUntyped, FieldBoolean, FieldBooleanTag, FieldColor, FieldDate, FieldDimension, FieldFileName,
		FieldFloat, FieldInt, FieldMultiFixedTag, FieldMultiTag, FieldSingleFixedTag, FieldSingleTag, FieldString}
}

// Tag reports whether values come from a dictionary.
func (t FieldType) Tag() bool {
	switch t {
	case FieldBooleanTag, FieldMultiFixedTag, FieldMultiTag, FieldSingleFixedTag, FieldSingleTag:
		return true
	}
	return false
}

// Fixed reports whether only values of the dictionary are taken.
func (t FieldType) Fixed() bool {
	return t == FieldBooleanTag || t == FieldMultiFixedTag || t == FieldSingleFixedTag
}

// Multiple reports whether an asset may have several values.
func (t FieldType) Multiple() bool { return t == FieldMultiFixedTag || t == FieldMultiTag }
