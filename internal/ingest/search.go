package ingest

// AssetSearch selects assets of one company by everything that a client can ask
// for; zero fields do not restrict.
type AssetSearch struct {
	Company    Number
	Folder     string // path, "" = root
	Subfolders bool   // assets below the folder too
	Trash      TrashState
	Marked     *bool // marked for publish in any context, or in none

	Types, ExcludedTypes []AssetType
	SubTypes             []string
	StrictSubType        bool // an asset without a sub type does not fit SubTypes
	ExcludeByproducts    bool
	ExcludedByproducts   []Byproduct // in the place of ExcludeByproducts
	Project              Number

	// Readable limits the search to folders and assets; nil = all.
	Readable *ReadableAssets

	Any    bool // one group has to fit instead of all
	Groups []ConditionGroup

	Sort       SearchSort
	Descending bool
}

// TrashState selects assets by where they are.
type TrashState uint8

// The states.
const (
	OutsideTrash TrashState = iota
	InTrash
	EmptiedTrash
	AnyTrashState // outside the trash and in it
)

// Byproduct is what an engine makes of other assets.
type Byproduct struct {
	Engine string
	Type   AssetType // "" = any
}

// ReadableAssets is what permissions leave of a company: the assets in some folders
// without those that have permissions of their own, and some of the latter.
type ReadableAssets struct {
	Folders  []Number
	Excluded []Number // assets in these folders that are not readable
	Included []Number // assets elsewhere that are
}

// ConditionGroup is a list of conditions of which all have to fit, or one.
type ConditionGroup struct {
	Any        bool
	Conditions []Condition
}

// Condition compares one field of an asset.
type Condition struct {
	Field SearchField // a field of every asset; "" = Value
	Value string      // key of a metadata value
	Op    SearchOp
	Fold  bool // without regard to case

	Text      string
	Texts     []string // for OpIn
	Low, High float64  // numbers; times are microseconds since the Unix epoch

	// Default says what assets of DefaultType without a value are like, which have
	// the default of the field.
	Default     DefaultValue
	DefaultType AssetType // TypeOther = all
}

// DefaultValue is how the default of a field compares in a condition.
type DefaultValue uint8

// The ways: the field has no default, or it fits the condition, or it does not.
const (
	NoDefault DefaultValue = iota
	DefaultFits
	DefaultDoesNotFit
)

// SearchField is a field of every asset.
type SearchField string

// Fields of every asset. User fields compare the login.
const (
	SearchName       SearchField = "name"
	SearchFileName   SearchField = "file_name"
	SearchType       SearchField = "type"
	SearchFolder     SearchField = "folder" // the path within the company
	SearchSize       SearchField = "size"
	SearchCreated    SearchField = "created"
	SearchModified   SearchField = "modified"
	SearchCreatedBy  SearchField = "created_by"
	SearchModifiedBy SearchField = "modified_by"
	SearchNumber     SearchField = "number"
	SearchMetadata   SearchField = "metadata" // Asset.Metadata as JSON, keys in order, without blanks
)

// SearchOp is how a condition compares.
type SearchOp uint8

// Operators. Those on texts come first; negations fit assets without a value.
const (
	OpEquals SearchOp = iota
	OpNotEquals
	OpContains
	OpNotContains
	OpStartsWith
	OpEndsWith
	OpIn // equal to one of Texts
	OpNumberEquals
	OpNumberNotEquals
	OpLess
	OpLessEquals
	OpGreater
	OpGreaterEquals
	OpBetween
	OpNotBetween
)

// SearchSort is what the result is sorted by; ties are in the order of numbers.
type SearchSort string

// Sort orders. Assets are created in the order of their numbers.
const (
	SortNumber   SearchSort = ""
	SortModified SearchSort = "modified"
	SortName     SearchSort = "name"
	SortType     SearchSort = "type"
	SortSize     SearchSort = "size"
)

// SearchKey is the place of an asset in a sorted result.
type SearchKey struct {
	Number Number
	Text   string // of SortName and SortType
	Count  int64  // of SortModified and SortSize
}

// SearchTx searches.
type SearchTx interface {
	// SearchKeys lists the places of up to limit assets behind after (zero = from
	// the start) in the order of the search, leaving out the first skip of them.
	SearchKeys(q AssetSearch, after SearchKey, skip, limit int) ([]SearchKey, error)
	SearchCount(AssetSearch) (int64, error)
	// AssetsNumbered returns assets by number, in no particular order.
	AssetsNumbered([]Number) ([]*Asset, error)
	// DistinctValues lists the values of a field of the assets outside the trash,
	// with the number of assets, sorted by text, up to limit.
	DistinctValues(company Number, field string, readable *ReadableAssets, limit int) ([]ValueCount, error)
	// LibraryRevision changes whenever assets of any company change.
	LibraryRevision() (int64, error)
}
