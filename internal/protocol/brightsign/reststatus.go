package brightsign

import (
	"encoding/json"
	"net/http"
	"strings"
	"unicode"
)

// created answers what was begun, with its address.
func (x *restCall) created(st *status) restAnswer {
	answer := x.found(st)
	answer.code = http.StatusCreated
	answer.location = restBase + x.address.version + restRoot + "/Sessions/" + firstOf(st.SessionToken, noneWord) + "/"
	if !st.Page {
		answer.location += "Uploads/" + st.UploadToken + "/"
	}
	return answer
}

// found answers a status under the name of its type.
func (x *restCall) found(st *status) restAnswer {
	name := mediaFileStatus
	switch {
	case st.Page:
		name = mediaPageStatus
	case st.Matching != nil:
		name = mediaNegotiation
	}
	return restAnswer{code: http.StatusOK, media: x.answerType(name), body: st.appendJSON(nil)}
}

// appendJSON appends a status as an object: the members of its type, null where they
// are not known.
func (s *status) appendJSON(out []byte) []byte {
	return appendObject(out, s.kind(), s.text, func(out []byte, m member) []byte {
		out = append(out, '[')
		if m.name == "Assets" {
			for i, asset := range s.Assets {
				out = asset.appendJSON(comma(out, i))
			}
			return append(out, ']')
		}
		for i, info := range s.Matching {
			out = appendObject(comma(out, i), "ContentInfo", info.text, nil)
		}
		return append(out, ']')
	})
}

// appendObject appends the members of a type. Those that are lists are appended by the
// function for them.
func appendObject(out []byte, kind string, text func(string) (string, bool), list func([]byte, member) []byte) []byte {
	out = append(out, '{')
	for i, m := range membersOf(kind) {
		for j, name := range jsonNames(m.name) {
			out = append(appendString(comma(out, i+j), name), ':')
			value, ok := text(m.name)
			switch {
			case strings.HasPrefix(m.kind, "ArrayOf"):
				out = list(out, m)
			case !ok:
				out = append(out, "null"...)
			case m.kind == "xs:int", m.kind == "xs:long":
				out = append(out, value...)
			case m.kind == "ContentType":
				out = appendString(out, mediaWord(value))
			default:
				out = appendString(out, value)
			}
		}
	}
	return append(out, '}')
}

func comma(out []byte, i int) []byte {
	if i == 0 {
		return out
	}
	return append(out, ',')
}

func appendString(out []byte, s string) []byte {
	text, _ := json.Marshal(s) // cannot fail
	return append(out, text...)
}

// jsonNames are the names of a member: that of the original, and that which people
// expect where it is odd.
func jsonNames(name string) []string {
	if name == "SHA1Hash" {
		return []string{camel(name), "sha1Hash"}
	}
	return []string{camel(name)}
}

// camel turns a name as the original did, mechanically: capitals become small until
// the one before something that is no capital.
func camel(name string) string {
	letters := []rune(name)
	for i, letter := range letters {
		if !unicode.IsUpper(letter) || i > 0 && i+1 < len(letters) && !unicode.IsUpper(letters[i+1]) {
			break
		}
		letters[i] = unicode.ToLower(letter)
	}
	return string(letters)
}

// mediaWord is how the interface spells a type of content.
func mediaWord(kind string) string {
	if kind == typeWebPage {
		return "Webpage"
	}
	return kind
}
