package brightsign

import (
	"net/http"
	"strconv"
	"strings"
)

// Names of media types, without the version that follows them (section 11).
const (
	mediaStartFile     = "start.content.upload.arguments"
	mediaStartAsset    = "start.webpage.asset.upload.arguments"
	mediaStartPage     = "start.webpage.upload.arguments"
	mediaCompleteFile  = "complete.content.upload.arguments"
	mediaCompleteAsset = "complete.webpage.asset.upload.arguments"
	mediaCompletePage  = "complete.webpage.upload.arguments"

	mediaFileStatus  = "content.upload.status"
	mediaNegotiation = "content.upload.negotiation.status"
	mediaPageStatus  = "webpage.upload.status"

	mediaError = "application/vnd.bsn.error+json"
	mediaChunk = "application/octet-stream"
	mediaJSON  = "application/json"
)

const (
	mediaPrefix = "application/vnd.bsn."
	mediaSuffix = "+json"
)

// mediaType is the full media type of a name in a version.
func mediaType(name, version string) string {
	return mediaPrefix + name + "." + strings.ReplaceAll(version, "/", "") + mediaSuffix
}

// mediaName is the name that a media type has, in whatever version that is spoken; ""
// for all others. text has no parameters and small letters.
func mediaName(text string) string {
	for _, version := range restVersions() {
		tail := "." + strings.ReplaceAll(version, "/", "") + mediaSuffix
		if strings.HasPrefix(text, mediaPrefix) && strings.HasSuffix(text, tail) && len(text) > len(mediaPrefix)+len(tail) {
			return text[len(mediaPrefix) : len(text)-len(tail)]
		}
	}
	return ""
}

// contentType is the media type of the request's body, without its parameters.
func contentType(h http.Header) string {
	text, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(text))
}

// argumentsType names the kind of arguments that the request carries. Others than those
// expected are not acceptable; the original says it with this status.
func (x *restCall) argumentsType(expected ...string) (string, error) {
	name := mediaName(contentType(x.r.Header))
	for _, e := range expected {
		if name == e {
			return name, nil
		}
	}
	return "", &problem{code: http.StatusNotAcceptable, message: "The media type of the request is not acceptable here: " + strconv.Quote(clip(x.r.Header.Get("Content-Type"))) +
		". Expected is " + mediaType(expected[0], x.address.version) + "."}
}

// accept is what a client says that it takes.
type accept struct {
	any   bool            // it says nothing
	types map[string]bool // without parameters, in small letters
}

func readAccept(h http.Header) accept {
	a := accept{any: true, types: map[string]bool{}}
	for item := range strings.SplitSeq(strings.Join(h.Values("Accept"), ","), ",") {
		text, parameters, _ := strings.Cut(item, ";")
		if text = strings.ToLower(strings.TrimSpace(text)); text == "" {
			continue
		}
		a.any = false
		if !refusedByQuality(parameters) {
			a.types[text] = true
		}
	}
	return a
}

// refusedByQuality reports whether the parameters of a type say that it is not wanted.
func refusedByQuality(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(p, "=")
		if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && q == 0 && strings.EqualFold(strings.TrimSpace(name), "q") {
			return true
		}
	}
	return false
}

// lists reports whether a type is named, in a version that is spoken.
func (a accept) lists(name string) bool {
	for text := range a.types {
		if mediaName(text) == name {
			return true
		}
	}
	return false
}

// open reports whether the client takes types that it does not name.
func (a accept) open() bool { return a.any || a.types["*/*"] || a.types["application/*"] }

// permits reports whether an answer of a type can be given.
func (a accept) permits(name string) bool {
	return a.open() || a.types[mediaJSON] || a.lists(name)
}

// mayAnswer refuses requests whose client takes none of the types of an answer.
func (x *restCall) mayAnswer(names ...string) error {
	for _, name := range names {
		if x.accept.permits(name) {
			return nil
		}
	}
	return &problem{code: http.StatusNotAcceptable, message: "The answer is " + mediaType(names[0], x.address.version) + ", which the client does not accept."}
}

// answerType is the type under which an answer goes out.
func (x *restCall) answerType(name string) string {
	if !x.accept.lists(name) && !x.accept.open() && x.accept.types[mediaJSON] {
		return mediaJSON
	}
	return mediaType(name, x.address.version)
}
