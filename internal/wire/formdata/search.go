package formdata

import (
	"bytes"
	"encoding/binary"
)

const (
	// sampleSize is how many neighbouring bytes of the data are looked at together.
	sampleSize = 4
	// sampleMin is the shortest needle, in bytes, for which sampling is faster than bytes.Index.
	sampleMin = 12
)

// search finds a delimiter in content faster than bytes.Index does. A needle contains
// len(needle)-3 groups of four neighbouring bytes, so it cannot lie in the data without one of them
// standing at one of the places that are that far apart. Where the group at such a place does not
// occur in the needle, nothing has to be compared. The time is linear in the data for any
// data, as a place that is looked at closely costs one search of less than two needle lengths.
type search struct {
	groups [64]uint64 // set of hashes of the groups in the needle
}

// newSearch prepares the search for needle and for every end piece of it.
func newSearch(needle []byte) (s search) {
	for i := range max(0, len(needle)-sampleSize+1) {
		h := hashGroup(needle[i:])
		s.groups[h>>6] |= 1 << (h & 63)
	}
	return s
}

// hashGroup maps the first four bytes of b to 12 bits.
func hashGroup(b []byte) uint32 {
	return binary.LittleEndian.Uint32(b) * 2654435761 >> 20
}

// index returns where needle first occurs in data, or -1.
func (s *search) index(data, needle []byte) int {
	if len(needle) < sampleMin {
		return bytes.Index(data, needle)
	}
	step := len(needle) - sampleSize + 1
	for i := step - 1; i+sampleSize <= len(data); i += step {
		h := hashGroup(data[i : i+sampleSize])
		if s.groups[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		from := i - step + 1
		window := data[from:min(len(data), i+len(needle))]
		if at := bytes.Index(window, needle); at >= 0 {
			return from + at
		}
	}
	return -1
}
