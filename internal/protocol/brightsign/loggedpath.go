package brightsign

import (
	"path"
	"strings"

	"sluice/internal/protocol/guard"
)

// LogPath gives a path the form in which it may be logged. The tokens in addresses of
// the REST interface are secrets: below its base everything is masked that is not a
// word of the interface.
func LogPath(p string) string {
	first, _, _ := strings.Cut(strings.TrimLeft(path.Clean("/"+p), "/"), "/")
	if !strings.EqualFold(first, strings.Trim(restBase, "/")) {
		return p
	}
	return guard.MaskPath(p, isRESTWord)
}

// isRESTWord reports whether an element of a path is a word of the interface: one of
// its own or a part of a version.
func isRESTWord(element string) bool {
	for _, word := range restWords() {
		if strings.EqualFold(element, word) {
			return true
		}
	}
	return len(element) <= len("2017") && strings.Trim(element, "0123456789") == ""
}

// restWords are the elements of addresses that are no versions and no tokens.
func restWords() []string {
	return []string{"Upload", "REST", "Sessions", noneWord, "Uploads", "Chunks", "Token"}
}
