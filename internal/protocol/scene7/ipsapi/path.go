package ipsapi

import (
	"strings"

	"sluice/internal/ingest"
)

// pathInCompany turns a path as clients write it, with or without the company's
// name in front and slashes around it, into one within the company: "" for the
// root, otherwise with a slash at the end.
func pathInCompany(c *ingest.Company, path string) string {
	segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if len(segments) > 0 && segments[0] == c.Name {
		segments = segments[1:]
	}
	if len(segments) == 0 {
		return ""
	}
	return strings.Join(segments, "/") + "/"
}
