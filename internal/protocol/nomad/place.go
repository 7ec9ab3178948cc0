package nomad

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of paths, in bytes (4.1).
const (
	maxElement = 255
	maxPath    = 1024
)

// placeOf splits a path that a client gave for a file into the folders of it and the
// file's name. A path of the client's own machine gives its last element only: its
// folders would mean nothing here (4.1).
func placeOf(relativePath, displayName string) (folders []string, fileName string, err error) {
	path := relativePath
	if path == "" {
		path = displayName
	}
	if path == "" {
		return nil, "", invalid("Display name is missing.")
	}
	if err := checkPath(path); err != nil {
		return nil, "", err
	}
	path = strings.ReplaceAll(norm.NFC.String(path), `\`, "/")
	drive := len(path) > 1 && path[1] == ':' && unicode.IsLetter(rune(path[0]))
	local := drive || strings.HasPrefix(path, "/")
	if drive {
		path = path[2:]
	}
	var elements []string
	for element := range strings.SplitSeq(path, "/") {
		switch {
		case element == "" || element == ".":
			continue
		case element == "..":
			return nil, "", invalid("The path %s has an element \"..\".", clip(relativePath))
		case len(element) > maxElement:
			return nil, "", invalid("An element of the path has %d bytes, the limit is %d.", len(element), maxElement)
		}
		elements = append(elements, element)
	}
	if len(elements) == 0 || strings.HasSuffix(path, "/") {
		return nil, "", invalid("The path %s names no file.", clip(relativePath))
	}
	last := len(elements) - 1
	if local {
		return nil, elements[last], nil
	}
	return elements[:last], elements[last], nil
}

// checkPath refuses texts that are no paths.
func checkPath(path string) error {
	switch {
	case len(path) > maxPath:
		return invalid("The path has %d bytes, the limit is %d.", len(path), maxPath)
	case !utf8.ValidString(path):
		return invalid("The path is not valid UTF-8.")
	case strings.ContainsFunc(path, unicode.IsControl):
		return invalid("The path %s has a control character.", clip(path))
	}
	return nil
}

// shownName is what the client wants a file to be called, "" when that is the file's
// name.
func shownName(displayName, fileName string) (string, error) {
	if err := checkPath(displayName); err != nil {
		return "", err
	}
	name := strings.ReplaceAll(norm.NFC.String(displayName), `\`, "/")
	name = strings.TrimSpace(name[strings.LastIndexByte(name, '/')+1:])
	if len(name) > maxElement {
		return "", invalid("The display name has %d bytes, the limit is %d.", len(name), maxElement)
	}
	if name == fileName {
		return "", nil
	}
	return name, nil
}
