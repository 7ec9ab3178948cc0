package ingest

// Value is one metadata value of an asset. Fields that companies define are named
// by the decimal number of their document; those that every asset has by their key
// in dot notation (FieldDescription, "dc.title", "xmp.CreatorTool").
type Value struct {
	Asset    Number
	Field    string
	Position int // order among the values of one field
	Text     string
	// Num is the value as a number where the field has one: integers and decimals
	// as they are, booleans 0 and 1, times as microseconds since the Unix epoch.
	Num *float64
}

// Fields of every asset whose values are kept like metadata. An asset without a
// value has no row.
const (
	FieldKeywords    = "keywords" // several values
	FieldDescription = "description"
	FieldComments    = "comment"
	FieldUserData    = "user_data"
	FieldCreatedWith = "created_with"
	FieldWords       = "search_words" // one value: the different words that were found in the file, with blanks between them
)

// ValueCount is a distinct value and how many assets have it.
type ValueCount struct {
	Text  string
	Count int64
}

// ValueTx keeps metadata values.
type ValueTx interface {
	// PutValues replaces the values of one field of an asset. Positions are those
	// of the list.
	PutValues(company, asset Number, field string, values []Value) error
	// ReplaceValues replaces the values of several fields of an asset; a field without
	// a value among them has none afterwards. Positions count.
	ReplaceValues(company, asset Number, fields []string, values []Value) error
	// ValuesOf lists the values of assets, by Asset, Field and Position; fields nil
	// = all.
	ValuesOf(assets []Number, fields []string) ([]Value, error)
	// RenameValue changes the text of one value of a field on all assets.
	RenameValue(company Number, field, from, to string) error
	// DeleteValue removes one value of a field from all assets; text "" and all =
	// true removes the field's values altogether.
	DeleteValue(company Number, field, text string, all bool) error
}
