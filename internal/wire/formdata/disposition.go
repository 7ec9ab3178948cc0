package formdata

import (
	"encoding/hex"
	"mime"
	"strings"
)

// disposition is what a Content-Disposition header says about a part.
type disposition struct {
	name, fileName string
	hasFileName    bool
}

// strictDisposition reads a header by RFC 2183 and RFC 2231. As RFC 7578 section 4.2 demands, a
// name counts only with the type form-data.
func strictDisposition(value string) (d disposition) {
	kind, params, err := mime.ParseMediaType(value)
	if err != nil {
		return d
	}
	if kind == "form-data" {
		d.name = params["name"]
	}
	d.fileName, d.hasFileName = params["filename"]
	return d
}

// tolerantDisposition reads any header. The first parameter of a name wins, `filename*` wins over
// `filename`, pieces as of RFC 2231 section 3 count if there is neither.
func tolerantDisposition(value string) (d disposition) {
	_, params := scanParams(value)
	pieces := false
	var extended, name, plain *string
	for _, p := range params {
		switch {
		case p.name == "name" && name == nil:
			name = &p.value
		case p.name == "filename" && plain == nil:
			plain = &p.value
		case p.name == "filename*" && extended == nil:
			extended = &p.value
		case strings.HasPrefix(p.name, "filename*"):
			pieces = true
		}
	}
	if name != nil {
		d.name = words(text(*name))
	}
	switch {
	case extended != nil:
		d.hasFileName = true
		d.fileName = extendedValue(*extended)
		if d.fileName == "" && plain != nil {
			d.fileName = words(text(*plain))
		}
	case plain != nil:
		d.hasFileName = true
		d.fileName = words(text(*plain))
	case pieces:
		joined := strictDisposition(value)
		d.fileName, d.hasFileName = joined.fileName, true
	}
	return d
}

// extendedValue decodes an RFC 8187 value, charset'language'percent-encoded. Charsets other than
// ISO-8859-1 count as UTF-8 if the bytes fit; without the two quotes all of it is the value.
func extendedValue(s string) string {
	charset, rest, found := strings.Cut(s, "'")
	_, value, foundBoth := strings.Cut(rest, "'")
	if !found || !foundBoth {
		charset, value = "", s
	}
	raw := unpercent(value)
	if strings.EqualFold(charset, "iso-8859-1") {
		return latin1(raw)
	}
	return text(raw)
}

// unpercent decodes %XX and leaves what is not that as it is.
func unpercent(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.Write(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// words decodes a value that consists of RFC 2047 encoded words, as .NET sends names outside
// ASCII. Values that cannot be decoded stay as they are.
func words(s string) string {
	if !strings.HasPrefix(s, "=?") || !strings.HasSuffix(s, "?=") {
		return s
	}
	var decoder mime.WordDecoder
	if decoded, err := decoder.DecodeHeader(s); err == nil {
		return decoded
	}
	return s
}
