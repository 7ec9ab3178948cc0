package softphone

import (
	"net/http"
	"strconv"
	"strings"
)

// format is the form of an answer.
type format uint8

const (
	asXML format = iota
	asJSON
)

// formatNamed reads a format from a parameter or a setting.
func formatNamed(text string) (f format, ok bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "xml":
		return asXML, true
	case "json":
		return asJSON, true
	}
	return asXML, false
}

// chooseFormat decides between XML and JSON (section 4): a decided Accept header, the
// format parameter, the company's setting, the form of the request, XML.
func chooseFormat(accept []string, parameter, setting string, jsonBody bool) format {
	var xml, json bool
	for item := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, parameters, _ := strings.Cut(item, ";")
		if refusedByQuality(parameters) {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "application/json":
			json = true
		case "text/xml", "application/xml":
			xml = true
		}
	}
	switch {
	case json && !xml:
		return asJSON
	case xml && !json:
		return asXML
	}
	for _, text := range []string{parameter, setting} {
		if f, ok := formatNamed(text); ok {
			return f
		}
	}
	if jsonBody {
		return asJSON
	}
	return asXML
}

// refusedByQuality reports whether the parameters of a type say that it is not wanted.
func refusedByQuality(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		name, text, _ := strings.Cut(p, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err == nil && q <= 0 && strings.EqualFold(strings.TrimSpace(name), "q") {
			return true
		}
	}
	return false
}

// isJSON reports whether a request's body claims to be JSON.
func isJSON(h http.Header) bool {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	return kind == "application/json" || strings.HasSuffix(kind, "+json") || kind == "text/json"
}
