package softphone

import (
	"slices"
	"strings"

	"sluice/internal/protocol/guard"
)

// LogPath returns a path as it may be logged: without the tokens of files and objects,
// and without the secret of an allocator's address, in addresses that are misspelt too.
// Paths that are none of the door's stay as they are.
func LogPath(path string) string {
	elements := strings.Split(strings.Trim(path, "/"), "/")
	first := elements[0]
	is := func(word string) func(string) bool {
		return func(e string) bool { return strings.EqualFold(e, word) }
	}
	switch {
	case len(elements) == 1 && isToken(first), is(mediaElement)(first):
		return guard.MaskPath(path, is(mediaElement))
	case slices.ContainsFunc(elements, is(transferElement)):
		slug := first
		if isToken(slug) {
			slug = ""
		}
		return guard.MaskPath(path, func(e string) bool { return e == slug || is(transferElement)(e) })
	}
	return path
}

// pattern names an address without what differs between companies and files, for metrics.
func (t target) pattern() string {
	switch t.kind {
	case atService:
		return "/{company}/" + softphoneElement + "/" + t.service.name
	case atMedia:
		return "/" + mediaElement + "/{token}"
	case atObject:
		return "/{token}"
	case atAllocator:
		return "/{company}/" + transferElement + "/"
	}
	return "/{company}/" + softphoneElement + "/"
}
