package api

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// Paging is how a caller asks for a part of a list. It is exported because huma
// fills embedded fields only then.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most items in the answer."`
	After string `query:"after" maxLength:"100" doc:"The next of the page before; empty for the first page."`
}

// page is one part of a list.
type page[T any] struct {
	Items []T    `json:"items" nullable:"false" doc:"The items of this page."`
	Next  string `json:"next" doc:"Pass it as after to get the next page; empty on the last page." example:"YXNzZXRzLzQy"`
}

// pageOutput is what huma sends for a page.
type pageOutput[T any] struct {
	Body page[T]
}

// cursor makes an opaque mark behind the item with a number. It bears the name
// of its list so that a mark of another list is told from a good one.
func cursor(list string, n ingest.Number) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + "/" + strconv.FormatInt(int64(n), 10)))
}

// position is the inverse of cursor; the empty cursor is position 0.
func position(list, after string) (ingest.Number, error) {
	if after == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(after)
	digits, ok := strings.CutPrefix(string(text), list+"/")
	n, errNumber := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ok || errNumber != nil || n <= 0 {
		return 0, &ingest.Error{Kind: ingest.Invalid, Op: "api.position", Code: ingest.CodeMalformed, Msg: fmt.Sprintf("after is %q, which is not the next of a page of this list", after)}
	}
	return ingest.Number(n), nil
}

// source is a list to be read in pages.
type source[T any] struct {
	name   string
	number func(T) ingest.Number
	fetch  func(ingest.Page) ([]T, error)
}

// read returns one page of the list and the cursor of the next.
func (s source[T]) read(p Paging) (items []T, next string, err error) {
	after, err := position(s.name, p.After)
	if err != nil {
		return nil, "", err
	}
	items, err = s.fetch(ingest.Page{After: after, Limit: p.Limit})
	if err != nil || len(items) == 0 || len(items) < p.Limit {
		return items, "", err
	}
	last := s.number(items[len(items)-1])
	more, err := s.fetch(ingest.Page{After: last, Limit: 1})
	if err != nil || len(more) == 0 {
		return items, "", err
	}
	return items, cursor(s.name, last), nil
}
