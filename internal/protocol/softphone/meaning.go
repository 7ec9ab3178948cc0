package softphone

import "strings"

// meaning is what a parameter stands for, whatever an operator calls it.
type meaning string

// The meanings of section 2 and of the sibling services.
const (
	meanUser        meaning = "user"
	meanPassword    meaning = "password"
	meanRecipient   meaning = "recipient"
	meanDescription meaning = "description"
	meanSize        meaning = "size"
	meanType        meaning = "type"
	meanFile        meaning = "file"

	meanText         meaning = "text"
	meanDisposition  meaning = "disposition"
	meanMediaURL     meaning = "media-url"
	meanMediaType    meaning = "media-type"
	meanPreview      meaning = "preview"
	meanPreviewType  meaning = "preview-type"
	meanPreviewWide  meaning = "preview-width"
	meanPreviewHigh  meaning = "preview-height"
	meanLastReceived meaning = "last-received"
	meanLastSent     meaning = "last-sent"
	meanFormat       meaning = "format"
	meanNothing      meaning = "nothing" // known to templates, and not needed
)

// alias says what a name means. Names are compared folded.
type alias struct {
	name string
	of   meaning
}

// parameterAliases are the names in queries and bodies that mean something everywhere.
func parameterAliases() []alias {
	return []alias{
		{"from", meanUser}, {"username", meanUser}, {"user", meanUser}, {"cloud_username", meanUser}, {"account", meanUser},
		{"password", meanPassword}, {"pass", meanPassword}, {"cloud_password", meanPassword}, {"token", meanPassword},
		{"to", meanRecipient}, {"sms_to", meanRecipient}, {"recipient", meanRecipient}, {"x_to", meanRecipient},
		{"description", meanDescription}, {"x_description", meanDescription},
		{"media_size", meanSize}, {"size", meanSize}, {"x_media_size", meanSize},
		{"content_type", meanType}, {"x_content_type", meanType},
		{"file", meanFile}, {"media", meanFile}, {"media_content", meanFile},
		{"sms_body", meanText}, {"body", meanText}, {"text", meanText}, {"message", meanText}, {"sms_text", meanText},
		{"disposition_notification", meanDisposition},
		{"media_url", meanMediaURL}, {"media_content_type", meanMediaType},
		{"preview_content", meanPreview}, {"preview", meanPreview}, {"preview_content_type", meanPreviewType},
		{"preview_width", meanPreviewWide}, {"preview_height", meanPreviewHigh},
		{"last_known_sms_id", meanLastReceived}, {"last_id", meanLastReceived}, {"last_known", meanLastReceived},
		{"last_known_sent_sms_id", meanLastSent}, {"last_sent_id", meanLastSent},
		{"format", meanFormat},
		{"device", meanNothing}, {"installid", meanNothing}, {"install_id", meanNothing}, {"smart", meanNothing}, {"stream_id", meanNothing},
	}
}

// headerAliases are the headers that mean something.
func headerAliases() []alias {
	return []alias{
		{"x_username", meanUser}, {"x_password", meanPassword}, {"x_to", meanRecipient}, {"x_description", meanDescription},
		{"x_media_size", meanSize}, {"x_content_type", meanType},
	}
}

// aliases is what names mean to one company.
type aliases struct {
	parameters map[string]meaning
	headers    map[string]meaning
}

// newAliases returns the default table with what a company adds to it. An added name
// counts in queries, bodies and headers, and wins over a default one.
func newAliases(added map[string]string) aliases {
	a := aliases{parameters: make(map[string]meaning), headers: make(map[string]meaning)}
	for _, d := range parameterAliases() {
		a.parameters[d.name] = d.of
	}
	for _, d := range headerAliases() {
		a.headers[d.name] = d.of
	}
	known := make(map[string]meaning)
	for _, m := range a.parameters {
		known[string(m)] = m
	}
	for name, of := range added {
		m, ok := known[strings.ToLower(of)]
		if !ok {
			m, ok = a.parameters[fold(of)]
		}
		if ok {
			a.parameters[fold(name)], a.headers[fold(name)] = m, m
		}
	}
	return a
}

// fold makes names comparable: without regard to letter case, and to whether words
// are joined by hyphens or underscores.
func fold(name string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "-", "_")
}
