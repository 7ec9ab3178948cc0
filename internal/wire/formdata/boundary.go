package formdata

import (
	"fmt"
	"mime"
	"strings"
)

// Boundary returns the boundary that the value of a Content-Type header names. The type must be
// multipart/form-data or another multipart type; case is ignored. Where the header breaks the
// rules, as with characters that need quoting in a bare value, a bare value runs to the next
// semicolon or the end. Errors: ErrNotMultipart, ErrMissingBoundary, *LimitError, ErrMalformed.
func Boundary(contentType string) (string, error) {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if !strings.HasPrefix(kind, "multipart/") {
		return "", fmt.Errorf("%w: %q", ErrNotMultipart, contentType)
	}
	boundary := findBoundary(contentType)
	if err := checkBoundary(boundary); err != nil {
		return "", err
	}
	return boundary, nil
}

func findBoundary(contentType string) string {
	if _, params, err := mime.ParseMediaType(contentType); err == nil && params["boundary"] != "" {
		return params["boundary"]
	}
	_, rest, _ := strings.Cut(contentType, ";")
	_, params := scanParams(";" + rest)
	for _, p := range params {
		if p.name == "boundary" && p.value != "" {
			return p.value
		}
	}
	return looseBoundary(contentType)
}

// looseBoundary finds "boundary=" behind a blank or a comma where a semicolon should be.
func looseBoundary(contentType string) string {
	const key = "boundary="
	for i := 1; i+len(key) <= len(contentType); i++ {
		if strings.EqualFold(contentType[i:i+len(key)], key) && strings.IndexByte(" \t,", contentType[i-1]) >= 0 {
			value, _ := paramValue(contentType[i+len(key):])
			return value
		}
	}
	return ""
}
