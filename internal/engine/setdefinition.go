package engine

import (
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// namedAssets lists the assets that the substitutions of a set definition name, in
// order: ${getCatalogId([a|202])}, ${getFilePath([…])}, ${getThumbCatalogId([…])}
// and ${getMetaData([…],[…])}. Names of functions are read without regard to case
// and with the misspellings of the vendor's examples; what does not parse names
// nothing (Scene7 tier 3 contract, section 7.3).
func namedAssets(definition string) []ingest.Number {
	var numbers []ingest.Number
	for rest := definition; ; {
		_, after, found := strings.Cut(rest, "${")
		if !found {
			return numbers
		}
		body, next, closed := strings.Cut(after, "}")
		if !closed {
			return numbers
		}
		if number, ok := namedAsset(body); ok {
			numbers = append(numbers, number)
		}
		rest = next
	}
}

// namedAsset reads the inside of one substitution.
func namedAsset(body string) (ingest.Number, bool) {
	name, arguments, ok := strings.Cut(body, "(")
	if !ok {
		return 0, false
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "getcatalogid", "getcatalogd", "getfilepath", "getmetadata", "getthumbcatalogid":
	default:
		return 0, false
	}
	_, inside, ok := strings.Cut(arguments, "[")
	if !ok {
		return 0, false
	}
	handle, _, ok := strings.Cut(inside, "]")
	if !ok {
		return 0, false
	}
	// a|202, and a handle whose first bar was lost in print: a202
	digits := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(handle), "a"), "|")
	digits, _, _ = strings.Cut(digits, "|")
	number, err := strconv.ParseInt(digits, 10, 64)
	return ingest.Number(number), err == nil && number > 0
}
