package xmltree

import "fmt"

// Kind says why a document was refused.
type Kind int

// The kinds of refusal.
const (
	KindSyntax    Kind = iota + 1 // not well-formed
	KindDTD                       // holds a document type or entity declaration
	KindEntity                    // refers to an entity other than the five predefined ones
	KindCharacter                 // holds or refers to a character that XML 1.0 forbids
	KindEncoding                  // declared encoding is not supported, or the bytes do not fit it
	KindLimit                     // larger than the limits allow
)

// String returns the name of the kind for logs and tests.
func (k Kind) String() string {
	switch k {
	case KindSyntax:
		return "syntax"
	case KindDTD:
		return "dtd"
	case KindEntity:
		return "entity"
	case KindCharacter:
		return "character"
	case KindEncoding:
		return "encoding"
	case KindLimit:
		return "limit"
	}
	return fmt.Sprintf("kind(%d)", int(k))
}

// Error is what Parse returns for a document it refuses. Offset counts bytes of the text after decoding to UTF-8. Msg
// never quotes character data, so that it can be shown and logged even when the document holds a password.
type Error struct {
	Kind   Kind
	Offset int
	Msg    string
}

// Error returns the message with its place.
func (e *Error) Error() string {
	return fmt.Sprintf("xml: %s at byte %d", e.Msg, e.Offset)
}

// limitError says that got of something, or more, were found where limit may be.
func limitError(got int, what string, limit, offset int) *Error {
	return &Error{Kind: KindLimit, Offset: offset, Msg: fmt.Sprintf("%d %s or more, the limit is %d", got, what, limit)}
}
