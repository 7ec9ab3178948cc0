package xmp

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// known lists the namespaces that have a usual prefix.
func known() map[string]string {
	return map[string]string{
		"dc":                "http://purl.org/dc/elements/1.1/",
		"xmp":               "http://ns.adobe.com/xap/1.0/",
		"xmpRights":         "http://ns.adobe.com/xap/1.0/rights/",
		"xmpMM":             "http://ns.adobe.com/xap/1.0/mm/",
		"xmpBJ":             "http://ns.adobe.com/xap/1.0/bj/",
		"xmpTPg":            "http://ns.adobe.com/xap/1.0/t/pg/",
		"xmpDM":             "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
		"photoshop":         "http://ns.adobe.com/photoshop/1.0/",
		"pdf":               "http://ns.adobe.com/pdf/1.3/",
		"tiff":              "http://ns.adobe.com/tiff/1.0/",
		"exif":              "http://ns.adobe.com/exif/1.0/",
		"aux":               "http://ns.adobe.com/exif/1.0/aux/",
		"crs":               "http://ns.adobe.com/camera-raw-settings/1.0/",
		"illustrator":       "http://ns.adobe.com/illustrator/1.0/",
		"Iptc4xmpCore":      "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
		"Iptc4xmpExt":       "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
		"custom_attributes": "http://www.scene7.com/custom_attributes/",
	}
}

// spaceOf is the namespace of a usual prefix, "" for another.
func spaceOf(prefix string) string { return known()[prefix] }

// prefix is the usual prefix of a namespace, else the one that the packet declares, else
// one that is made up.
func (p *Packet) prefix(space string) string {
	for prefix, known := range known() {
		if known == space {
			return prefix
		}
	}
	if prefix := p.prefixes[space]; prefix != "" && spaceOf(prefix) == "" {
		return prefix
	}
	for n := len(p.prefixes) + 1; ; n++ {
		prefix := "ns" + strconv.Itoa(n)
		if !slices.Contains(slices.Collect(maps.Values(p.prefixes)), prefix) {
			p.prefixes[space] = prefix
			return prefix
		}
	}
}

// declaration is a namespace declaration with a prefix that a name with a dot can bear.
var declaration = regexp.MustCompile(`xmlns:([A-Za-z_][A-Za-z0-9_-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')`)

// declaredPrefixes finds the prefixes that a packet declares. The reader of documents has
// applied and forgotten them; they matter for nothing but the names of values.
func declaredPrefixes(data []byte) map[string]string {
	const most = 256
	prefixes, taken := map[string]string{}, map[string]bool{"rdf": true, "xml": true, "x": true}
	for _, match := range declaration.FindAllSubmatch(data, most) {
		space := string(match[2]) + string(match[3])
		prefix := string(match[1])
		if space != "" && prefixes[space] == "" && !taken[prefix] && !strings.HasPrefix(strings.ToLower(prefix), "xml") && !strings.Contains(space, "&") {
			prefixes[space], taken[prefix] = prefix, true
		}
	}
	return prefixes
}

// usualForm is how a property with so many values is written.
func usualForm(name string, values int) form {
	switch name {
	case "dc.title", "dc.description", "dc.rights", "xmpRights.UsageTerms":
		return alt
	case "dc.subject", "dc.contributor", "dc.language", "dc.publisher", "dc.relation", "dc.type", "xmp.Identifier":
		return bag
	case "dc.creator", "dc.date":
		return seq
	}
	if values > 1 {
		return bag
	}
	return simple
}
