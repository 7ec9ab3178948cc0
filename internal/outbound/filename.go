package outbound

import (
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the longest file name in bytes.
const maxName = 255

// fileName is the name that the other server gives the file (RFC 6266), else the last segment of
// the first URL that has one.
func fileName(header http.Header, urls ...*url.URL) string {
	if _, params, err := mime.ParseMediaType(header.Get("Content-Disposition")); err == nil {
		if name := bare(params["filename"]); name != "" {
			return name
		}
	}
	for _, u := range urls {
		if strings.HasSuffix(u.Path, "/") {
			continue
		}
		if name := bare(u.Path); name != "" {
			return name
		}
	}
	return ""
}

// bare takes folders and what cannot be printed off a name, and its middle if it is too long; ""
// when nothing is left that could be a name.
func bare(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.TrimSpace(name)
	if len(name) > maxName {
		extension := path.Ext(name)
		if len(extension) > 20 {
			extension = ""
		}
		cut := maxName - len(extension)
		for !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut] + extension
	}
	if strings.Trim(name, ".") == "" {
		return ""
	}
	return name
}
