package xmp

import "fmt"

// MaxBytes is the largest packet, unpacked.
const MaxBytes = 4 << 20

// Limits of one packet.
const (
	maxProperties = 10_000
	maxValue      = 64 << 10 // bytes of one value
	maxNamespaces = 200      // besides those with a usual prefix
	maxElements   = 50_000
	maxDepth      = 64 // levels of elements, the outermost counts as 1
	maxAttributes = 1000
	maxPrefix     = 32  // bytes
	maxLocal      = 400 // bytes of a name without its prefix; with the longest prefix it can still be read
)

// LimitError says which limit a packet is over. Sent is 0 when reading stopped at the limit.
type LimitError struct {
	What  string // in the plural, with its unit
	Limit int
	Sent  int
}

// Error names the limit and what was sent.
func (e *LimitError) Error() string {
	if e.Sent == 0 {
		return fmt.Sprintf("it has more than %d %s", e.Limit, e.What)
	}
	return fmt.Sprintf("it has %d %s, the limit is %d", e.Sent, e.What, e.Limit)
}
