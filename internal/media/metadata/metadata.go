// Package metadata reads what files say of themselves: EXIF, IPTC and XMP, and what exiftool finds in files of other
// kinds. All of it ends up under the names that XMP has for it, prefix and name with a dot between them, in the forms
// that searches compare: times as RFC 3339 without or with an offset, numbers as decimals, coordinates as degrees.
//
// It reads untrusted bytes and therefore runs only in the confined media worker. What is damaged is left out; what was
// found besides counts. The same file gives the same metadata.
package metadata

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of the metadata of one file. What is beyond them is left out, in the order of rank.
const (
	MaxFields = 200
	MaxItems  = 200      // values of one field
	MaxValue  = 4 << 10  // bytes of one value; a longer one is cut
	MaxTotal  = 64 << 10 // bytes of names and values
	MaxPacket = 1 << 20  // bytes of the packet as it is kept; of a longer one only the values are
	maxName   = 128      // bytes of a name
)

// Metadata is what a file says of itself.
type Metadata struct {
	Values map[string][]string `json:"values,omitempty"`
	Packet []byte              `json:"packet,omitempty"` // its XMP packet without padding; nil = none
}

// Empty reports whether the file says nothing.
func (m *Metadata) Empty() bool { return len(m.Values) == 0 && m.Packet == nil }

// set gives a field its values, unless it has some.
func (m *Metadata) set(key string, values ...string) {
	if len(m.Values[key]) > 0 {
		return
	}
	m.replace(key, values...)
}

// replace gives a field its values. Without any it stays as it is.
func (m *Metadata) replace(key string, values ...string) {
	var clean []string
	for _, value := range values {
		if value = text(value); value != "" && len(clean) < MaxItems {
			clean = append(clean, value)
		}
	}
	if len(clean) == 0 {
		return
	}
	if m.Values == nil {
		m.Values = map[string][]string{}
	}
	m.Values[key] = clean
}

// Bounded is the part of the metadata that is within the limits. It trusts nothing: text that is no UTF-8, names that
// are none and empty values are left out or mended.
func (m *Metadata) Bounded() *Metadata {
	bounded := &Metadata{}
	if len(m.Packet) <= MaxPacket && len(m.Packet) > 0 && utf8.Valid(m.Packet) {
		bounded.Packet = m.Packet
	}
	keys := make([]string, 0, len(m.Values))
	for key := range m.Values {
		if isKey(key) && rank(key) < leftOut {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	left := MaxTotal
	for _, key := range keys {
		if len(bounded.Values) == MaxFields {
			break
		}
		before := left
		left -= len(key)
		var kept []string
		for _, value := range m.Values[key] {
			if value = text(value); value == "" || len(kept) == MaxItems {
				continue
			}
			if left -= len(value); left < 0 {
				break
			}
			kept = append(kept, value)
		}
		if len(kept) == 0 {
			left = before
			continue
		}
		bounded.replace(key, kept...)
		left = max(left, 0)
	}
	return bounded
}

// isKey reports whether a name is one: printable, with a prefix and a dot.
func isKey(key string) bool {
	prefix, name, ok := strings.Cut(key, ".")
	return ok && prefix != "" && name != "" && len(key) <= maxName && utf8.ValidString(key) &&
		strings.IndexFunc(key, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) < 0
}

// leftOut is the rank of what is never kept: how a raw converter was set, the history of a document, and what the
// program that wrote the file keeps for itself. It is in the packet.
const leftOut = 9

// technical is the rank of what a camera knows.
const technical = 1

// rank orders fields by what people look for.
func rank(key string) int {
	switch prefix, name, _ := strings.Cut(key, "."); prefix {
	case "dc":
		return 0
	case "tiff", "exif", "exifEX", "aux":
		return technical
	case "xmp", "xmpRights", "pdf", "xmpDM":
		return 2
	case "photoshop":
		switch name {
		case "DocumentAncestors", "TextLayers", "History":
			return leftOut
		}
		return 2
	case "Iptc4xmpCore", "Iptc4xmpExt", "plus", "lr":
		return 3
	case "crs", "xmpMM", "xmpNote", "xmpGImg", "illustrator", "custom_attributes":
		return leftOut
	}
	return 4
}

// text makes a value fit to be kept and shown: UTF-8 without control characters other than line breaks and tabs, trimmed,
// and no longer than MaxValue.
func text(value string) string {
	if len(value) > 4*MaxValue {
		value = value[:4*MaxValue]
	}
	value = strings.ToValidUTF8(value, "")
	value = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, value)
	value = strings.TrimSpace(value)
	if len(value) <= MaxValue {
		return value
	}
	cut := MaxValue
	for cut > 0 && !utf8.RuneStart(value[cut]) {
		cut--
	}
	return strings.TrimSpace(value[:cut])
}
