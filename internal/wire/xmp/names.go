package xmp

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	spaceRDF  = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	spaceMeta = "adobe:ns:meta/"
	spaceXML  = "http://www.w3.org/XML/1998/namespace"
)

// usual lists the prefixes that are fixed, whatever a packet declares.
func usual() [29][2]string {
	return [...][2]string{
		{"rdf", spaceRDF},
		{"xml", spaceXML},
		{"x", spaceMeta},
		{"dc", "http://purl.org/dc/elements/1.1/"},
		{"xmp", "http://ns.adobe.com/xap/1.0/"},
		{"xmpRights", "http://ns.adobe.com/xap/1.0/rights/"},
		{"xmpMM", "http://ns.adobe.com/xap/1.0/mm/"},
		{"xmpBJ", "http://ns.adobe.com/xap/1.0/bj/"},
		{"xmpTPg", "http://ns.adobe.com/xap/1.0/t/pg/"},
		{"xmpG", "http://ns.adobe.com/xap/1.0/g/"},
		{"xmpGImg", "http://ns.adobe.com/xap/1.0/g/img/"},
		{"xmpDM", "http://ns.adobe.com/xmp/1.0/DynamicMedia/"},
		{"xmpNote", "http://ns.adobe.com/xmp/note/"},
		{"stEvt", "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"},
		{"stRef", "http://ns.adobe.com/xap/1.0/sType/ResourceRef#"},
		{"stDim", "http://ns.adobe.com/xap/1.0/sType/Dimensions#"},
		{"photoshop", "http://ns.adobe.com/photoshop/1.0/"},
		{"illustrator", "http://ns.adobe.com/illustrator/1.0/"},
		{"lr", "http://ns.adobe.com/lightroom/1.0/"},
		{"crs", "http://ns.adobe.com/camera-raw-settings/1.0/"},
		{"pdf", "http://ns.adobe.com/pdf/1.3/"},
		{"tiff", "http://ns.adobe.com/tiff/1.0/"},
		{"exif", "http://ns.adobe.com/exif/1.0/"},
		{"exifEX", "http://cipa.jp/exif/1.0/"},
		{"aux", "http://ns.adobe.com/exif/1.0/aux/"},
		{"plus", "http://ns.useplus.org/ldf/xmp/1.0/"},
		{"Iptc4xmpCore", "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"},
		{"Iptc4xmpExt", "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"},
		{"custom_attributes", "http://www.scene7.com/custom_attributes/"},
	}
}

// spaceOf is the namespace of a usual prefix, "" for another.
func spaceOf(prefix string) string {
	for _, pair := range usual() {
		if pair[0] == prefix {
			return pair[1]
		}
	}
	return ""
}

// usualPrefix is the prefix that a namespace has everywhere, "" for another.
func usualPrefix(space string) string {
	for _, pair := range usual() {
		if pair[1] == space {
			return pair[0]
		}
	}
	return ""
}

// declaration is a namespace declaration with a prefix that a name with a dot can bear.
var declaration = regexp.MustCompile(`xmlns:([A-Za-z_][A-Za-z0-9_-]*)\s*=\s*(?:"([^"<]+)"|'([^'<]+)')`)

// declaredPrefixes maps the namespaces of a document to the prefixes that it declares for them
// first. The reader of documents has applied and forgotten them; they decide nothing but what
// namespaces without a usual prefix are called.
func declaredPrefixes(data []byte) map[string]string {
	if bytes.IndexByte(data, 0) >= 0 { // UTF-16: declarations are in ASCII but for their namespaces' names
		data = bytes.ReplaceAll(data, []byte{0}, nil)
	}
	blanks := strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\t", " ") // as in any attribute
	prefixes := map[string]string{}
	for _, match := range declaration.FindAllSubmatch(data, 2*maxNamespaces) {
		prefix, space := string(match[1]), html.UnescapeString(blanks.Replace(string(match[2])+string(match[3])))
		if prefixes[space] == "" && len(prefix) <= maxPrefix && !strings.HasPrefix(strings.ToLower(prefix), "xml") {
			prefixes[space] = prefix
		}
	}
	return prefixes
}

// isLocal reports whether a name that the reader of documents found can be written with another
// prefix, or with none.
func isLocal(name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	return len(name) <= maxLocal && (first == '_' || isLetter(first)) && !strings.Contains(name, ":")
}

// isSettable reports whether a name of any origin can be a property's: letters of any script,
// digits, "-", "_" and ".", which is fewer characters than XML takes.
func isSettable(name string) bool {
	strange := strings.IndexFunc(name, func(r rune) bool {
		return !isLetter(r) && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	})
	return strange < 0 && isLocal(name)
}

// isLetter takes the letters with which names may begin in XML.
func isLetter(r rune) bool {
	if r < 0xc0 { // the letters from U+0080 to here may not stand in names
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	return r != utf8.RuneError && unicode.IsLetter(r)
}
