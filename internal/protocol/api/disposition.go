package api

import (
	"fmt"
	"mime"
	"strings"
)

// shown are the types that a browser may show in place: images without script
// in them. Sound and film are shown too; everything else is saved.
var shown = map[string]bool{
	"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true, "image/avif": true,
	"image/bmp": true, "image/tiff": true, "image/heic": true, "image/heif": true, "image/jxl": true,
}

// disposition returns the Content-Disposition of a file (RFC 6266). Names that
// a quoted string cannot carry faithfully are sent in the form of RFC 8187 too.
func disposition(contentType, name string) string {
	how := "attachment"
	kind, _, err := mime.ParseMediaType(contentType)
	if err == nil && (shown[kind] || strings.HasPrefix(kind, "video/") || strings.HasPrefix(kind, "audio/")) {
		how = "inline"
	}
	if name == "" {
		return how
	}
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%/`, r) {
			return '_'
		}
		return r
	}, name)
	value := how + `; filename="` + plain + `"`
	if plain != name {
		value += "; filename*=UTF-8''" + extValue(name)
	}
	return value
}

// extValue encodes a name as the value of an extended parameter (RFC 8187,
// section 3.2.1).
func extValue(name string) string {
	var b strings.Builder
	for _, c := range []byte(strings.ToValidUTF8(name, "_")) {
		if isAttrChar(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isAttrChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}
