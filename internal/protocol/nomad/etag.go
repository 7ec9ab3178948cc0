package nomad

import (
	"encoding/xml"
	"io"
	"strings"
)

// cleanTag takes off what clients leave around an entity tag: the mark of weak ones,
// quotes, white space and case (7.2).
func cleanTag(tag string) string {
	tag = strings.TrimSpace(tag)
	if len(tag) > 2 && strings.EqualFold(tag[:2], "W/") {
		tag = tag[2:]
	}
	return strings.ToLower(strings.Trim(tag, "\"' \t\\"))
}

// readETag reads the body of a part's confirmation. XML is taken here too (7.2).
func (x *exchange) readETag(tag **string) error {
	if kind := strings.ToLower(x.r.Header.Get("Content-Type")); !strings.HasPrefix(kind, "application/xml") && !strings.HasPrefix(kind, "text/xml") {
		var in struct {
			ETag *string `json:"etag"`
		}
		err := x.read(&in)
		*tag = in.ETag
		return err
	}
	decoder := xml.NewDecoder(io.LimitReader(x.r.Body, maxBody))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return invalid("The request body is not valid XML.")
		}
		start, ok := token.(xml.StartElement)
		if !ok || !strings.EqualFold(start.Name.Local, "etag") {
			continue
		}
		var text string
		if err := decoder.DecodeElement(&text, &start); err != nil {
			return invalid("The request body is not valid XML.")
		}
		*tag = &text
		return nil
	}
}
