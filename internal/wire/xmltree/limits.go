package xmltree

// Limits bound what a document may cost. A field that is zero or negative takes its default.
type Limits struct {
	Bytes      int // length of the document as received, in bytes; default 1 MiB
	Depth      int // nesting of elements, the root counts as 1; default 64
	Elements   int // elements in the whole document; default 50,000
	Attributes int // attributes of one element, namespace declarations included; default 64
	Text       int // character data of one element, or one attribute value, in bytes of UTF-8; default 1 MiB
}

// Limits that are not adjustable, because no honest document comes near them.
const (
	maxName     = 512 // bytes of an element or attribute name
	maxBindings = 256 // namespace declarations in force at one place
)

func (l Limits) withDefaults() Limits {
	return Limits{
		Bytes:      orDefault(l.Bytes, 1<<20),
		Depth:      orDefault(l.Depth, 64),
		Elements:   orDefault(l.Elements, 50_000),
		Attributes: orDefault(l.Attributes, 64),
		Text:       orDefault(l.Text, 1<<20),
	}
}

func orDefault(value, standard int) int {
	if value <= 0 {
		return standard
	}
	return value
}
