package soap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"sluice/internal/wire/xmltree"
)

// Reader reads one request. Its methods are called in this order: Open; then Next,
// and Data as long as Next says so, until Next has reached the end; then Tree and
// Rest. It is not safe for concurrent use.
type Reader struct {
	src   *bufio.Reader
	limit int64 // bytes of the message
	most  int   // bytes of markup; 0 = as many as the message may have
	head  int64 // bytes up to the operation
	read  int64 // bytes taken so far

	doc    []byte   // markup so far, without what was diverted
	stack  []string // open elements, as they are written
	begun  bool     // the root's start tag was read
	inside *value   // the text that is being diverted; nil = none
	whole  bool     // the document is at hand as a whole: nothing is diverted
}

// TooLongError says that a message is longer than it may be.
type TooLongError struct {
	Limit int64 // bytes
}

// Error names the limit.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("soap: the message is longer than %d bytes", e.Limit)
}

// ErrDoctype says that a message has a document type declaration.
var ErrDoctype = errors.New("soap: document type declarations are not allowed")

// BufferSize is how much of a message is read at a time, in bytes. A bufio.Reader of
// that size is used as it is.
const BufferSize = 64 << 10

const (
	mostHead  = 64 << 10 // bytes of a message up to its operation
	mostTag   = 64 << 10 // bytes of one start tag
	mostDepth = 64
	mostWhole = 2 << 20 // bytes of a document that is read whole
	mostParts = 200_000 // elements
)

// NewReader returns a reader of a message that may be limit bytes long.
func NewReader(r io.Reader, limit int64) *Reader {
	return &Reader{src: bufio.NewReaderSize(r, BufferSize), limit: limit, head: min(limit, mostHead)}
}

// SetLimit changes how long the message may be.
func (r *Reader) SetLimit(limit int64) { r.limit = limit }

// SetMarkup bounds what is kept of the message: all but the text that is diverted.
func (r *Reader) SetMarkup(most int) { r.most = most }

// Whole reports whether Open reads the document whole, because it is not written in an
// encoding with ASCII. Such documents may be 2 MiB long.
func (r *Reader) Whole() (bool, error) {
	start, err := r.src.Peek(4)
	if err != nil && err != io.EOF {
		return false, err
	}
	return bytes.IndexByte(start, 0) >= 0 || bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")), nil
}

// Bytes returns how much of the message has been taken.
func (r *Reader) Bytes() int64 { return r.read }

// Open reads up to the operation, the first element in the body, and returns the
// document as far as that: the header is in it, and the operation without content.
// A document that cannot be cut, because it is not written in an encoding with ASCII,
// is read whole.
func (r *Reader) Open() (*xmltree.Element, error) {
	whole, err := r.Whole()
	if err != nil {
		return nil, err
	}
	if whole {
		r.whole = true
		return r.all()
	}
	for {
		tag, err := r.token(r.head)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if tag.start && tag.depth == 3 && local(r.stack[1]) == "Body" {
			break
		}
	}
	return r.Tree()
}

// all reads the rest of a document that is not cut.
func (r *Reader) all() (*xmltree.Element, error) {
	for {
		chunk := make([]byte, BufferSize)
		n, err := r.src.Read(chunk)
		if failed := r.take(chunk[:n], min(r.limit, mostWhole)); failed != nil {
			return nil, failed
		}
		if err == io.EOF {
			return r.Tree()
		}
		if err != nil {
			return nil, err
		}
	}
}

// Next reads on to a child of the operation whose text is to be diverted, which it
// reports, or to the end of the document. An element with other elements in it is
// not diverted.
func (r *Reader) Next(divert func(local string) bool) (diverted bool, err error) {
	if r.whole {
		return false, nil
	}
	for {
		tag, err := r.token(r.limit)
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if !tag.start || tag.empty || tag.depth != 4 || divert == nil || !divert(local(r.stack[3])) {
			continue
		}
		text, err := r.opensText()
		if err != nil {
			return false, err
		}
		if text {
			r.inside = &value{}
			return true, nil
		}
	}
}

// Tree returns the document so far, without what was diverted; what is still open is
// taken to end here.
func (r *Reader) Tree() (*xmltree.Element, error) {
	doc := r.doc
	if len(r.stack) > 0 {
		doc = bytes.Clone(doc)
		for i := len(r.stack) - 1; i >= 0; i-- {
			doc = append(append(append(doc, "</"...), r.stack[i]...), '>')
		}
	}
	return xmltree.Parse(doc, xmltree.Limits{Bytes: len(doc) + 1, Depth: mostDepth, Elements: mostParts, Text: len(doc) + 1})
}

// Rest reads and forgets what follows the document, so that Bytes is the length of
// the whole message.
func (r *Reader) Rest() error {
	n, err := io.CopyN(io.Discard, r.src, r.limit-r.read+1)
	r.read += n
	if r.read > r.limit {
		return &TooLongError{r.limit}
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// tag is what token found.
type tag struct {
	start bool // a start tag
	empty bool // it is one that ends itself
	depth int  // of the element, the root is 1
}

// token reads text up to the next markup, and that. io.EOF is the end of the root
// element; a message that ends before is io.ErrUnexpectedEOF.
func (r *Reader) token(limit int64) (tag, error) {
	if r.begun && len(r.stack) == 0 {
		return tag{}, io.EOF
	}
	if err := r.until('<', limit); err != nil {
		return tag{}, err
	}
	ahead, err := r.src.Peek(8)
	if len(ahead) == 0 {
		return tag{}, unexpected(err)
	}
	switch {
	case bytes.HasPrefix(ahead, []byte("!--")):
		return tag{}, r.through("-->", limit)
	case bytes.HasPrefix(ahead, []byte("![CDATA[")):
		return tag{}, r.through("]]>", limit)
	case ahead[0] == '!':
		return tag{}, ErrDoctype
	case ahead[0] == '?':
		return tag{}, r.through("?>", limit)
	case ahead[0] == '/':
		if err := r.until('>', limit); err != nil {
			return tag{}, err
		}
		if len(r.stack) > 0 {
			r.stack = r.stack[:len(r.stack)-1]
		}
		return tag{}, nil
	}
	return r.startTag(limit)
}

func (r *Reader) startTag(limit int64) (tag, error) {
	from := len(r.doc)
	quote := byte(0)
	for {
		b, err := r.src.ReadByte()
		if err != nil {
			return tag{}, unexpected(err)
		}
		if err := r.take([]byte{b}, limit); err != nil {
			return tag{}, err
		}
		if len(r.doc)-from > mostTag {
			return tag{}, &TooLongError{mostTag}
		}
		switch {
		case quote != 0:
			if b == quote {
				quote = 0
			}
			continue
		case b == '"' || b == '\'':
			quote = b
			continue
		case b != '>':
			continue
		}
		text := string(r.doc[from : len(r.doc)-1])
		name := text[:strings.IndexAny(text+" ", " \t\r\n/")]
		found := tag{start: true, empty: strings.HasSuffix(text, "/"), depth: len(r.stack) + 1}
		if found.depth > mostDepth {
			return tag{}, &xmltree.Error{Kind: xmltree.KindLimit, Msg: fmt.Sprintf("elements are nested more than %d deep", mostDepth)}
		}
		r.begun = true
		r.stack = append(r.stack, name)
		if found.empty {
			r.stack = r.stack[:len(r.stack)-1]
		}
		return found, nil
	}
}

// take adds bytes of the message to the document.
func (r *Reader) take(b []byte, limit int64) error {
	r.read += int64(len(b))
	if r.read > limit {
		return &TooLongError{limit}
	}
	if r.most > 0 && len(r.doc)+len(b) > r.most {
		return &TooLongError{int64(r.most)}
	}
	r.doc = append(r.doc, b...)
	return nil
}

// until takes bytes up to a delimiter, that included.
func (r *Reader) until(delimiter byte, limit int64) error {
	for {
		chunk, err := r.src.ReadSlice(delimiter)
		if failed := r.take(chunk, limit); failed != nil {
			return failed
		}
		if err != bufio.ErrBufferFull {
			return unexpected(err)
		}
	}
}

// through takes bytes up to the end of a sequence.
func (r *Reader) through(sequence string, limit int64) error {
	from := len(r.doc)
	for {
		if err := r.until(sequence[len(sequence)-1], limit); err != nil {
			return err
		}
		if bytes.HasSuffix(r.doc[from:], []byte(sequence)) {
			return nil
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// local is a name without its prefix.
func local(name string) string { return name[strings.IndexByte(name, ':')+1:] }
