package brightsign

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep values may be nested in arguments in JSON.
const maxDepth = 32

// readJSON reads arguments.
func readJSON(text []byte) (arguments, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		return arguments{}, refuse("The request is not well-formed JSON: it is not UTF-8.")
	}
	r := &jsonReader{Decoder: json.NewDecoder(bytes.NewReader(text)), known: scalarMembers()}
	r.UseNumber()
	first, err := r.next()
	if err != nil {
		return arguments{}, err
	}
	if first != json.Delim('{') {
		return arguments{}, refuse("The arguments must be specified, as a JSON object.")
	}
	a, err := r.arguments(1)
	if err != nil {
		return a, err
	}
	if _, err := r.Token(); err != io.EOF {
		return a, refuse("The request is not well-formed JSON: something follows the arguments.")
	}
	return a, nil
}

// jsonReader reads arguments without keeping what it does not know.
type jsonReader struct {
	*json.Decoder
	known map[string]bool // members that are no lists, in small letters
}

func (r *jsonReader) next() (json.Token, error) {
	token, err := r.Token()
	if err != nil {
		return nil, refuse("The request is not well-formed JSON, at byte %d.", r.InputOffset())
	}
	return token, nil
}

// arguments reads the members of an object whose brace was read, in any case. The page
// is at depth 1, its assets below. null is not specified.
func (r *jsonReader) arguments(depth int) (a arguments, err error) {
	exact := false // the hash was there in its right spelling, which counts more than that of statuses
	for r.More() {
		token, err := r.next()
		if err != nil {
			return a, err
		}
		name, _ := token.(string)
		if token, err = r.next(); err != nil {
			return a, err
		}
		if delim, ok := token.(json.Delim); ok {
			if err := r.nested(&a, name, delim, depth); err != nil {
				return a, err
			}
			continue
		}
		if strings.EqualFold(name, "sha1Hash") {
			if exact && name != "sha1Hash" {
				continue
			}
			exact = exact || name == "sha1Hash" && token != nil && token != ""
		}
		if _, truth := token.(bool); truth && r.known[strings.ToLower(name)] {
			return a, invalid(name, fmt.Sprint(token))
		}
		if err := a.readScalar(name, token); err != nil {
			return a, err
		}
	}
	_, err = r.next()
	return a, err
}

// nested reads a value that has values: the assets, or something to be passed over.
func (r *jsonReader) nested(a *arguments, name string, delim json.Delim, depth int) (err error) {
	if depth == 1 && delim == '[' && isAssets(name) {
		a.Assets, err = r.assets()
		return err
	}
	if isAssets(name) || r.known[strings.ToLower(name)] {
		return &Fault{Code: codeDeserialization, Message: "The value of " + name + " is not valid."}
	}
	return r.skip(depth)
}

// isAssets reports whether a member is the list of a page's files.
func isAssets(name string) bool {
	return strings.EqualFold(name, "assets") || strings.EqualFold(name, "webpageAssets")
}

// assets reads the list of assets, whose bracket was read. Of one that is too long the
// rest is counted only.
func (r *jsonReader) assets() (*[]arguments, error) {
	list, count := []arguments{}, 0
	for r.More() {
		token, err := r.next()
		switch {
		case err != nil:
			return nil, err
		case token == nil:
			continue
		case token != json.Delim('{'):
			return nil, &Fault{Code: codeDeserialization, Message: "The value of assets is not valid: one of them is no object."}
		}
		one, err := r.arguments(2)
		if err != nil {
			return nil, err
		}
		if count++; count <= maxAssets {
			list = append(list, one)
		}
	}
	if err := checkAssets(count); err != nil {
		return nil, err
	}
	_, err := r.next()
	return &list, err
}

// skip passes over a value whose first bracket was read, in an object at a depth.
func (r *jsonReader) skip(depth int) error {
	for open := 1; open > 0; {
		token, err := r.next()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if open++; depth+open > maxDepth {
				return refuse("The request is not valid: its values are nested more than %d deep.", maxDepth)
			}
		case json.Delim('}'), json.Delim(']'):
			open--
		}
	}
	return nil
}

// scalarMembers are the members of arguments that are no lists, in small letters.
func scalarMembers() map[string]bool {
	known := map[string]bool{"mediatype": true}
	for _, kind := range []string{"ContentUpdateArguments", "WebPageAssetUploadArguments", "WebPageUpdateArguments"} {
		for _, m := range membersOf(kind) {
			known[strings.ToLower(m.name)] = m.name != "Assets"
		}
	}
	return known
}
