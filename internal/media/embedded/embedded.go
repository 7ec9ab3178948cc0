// Package embedded reads the answer of exiftool -j -b, which holds the pictures in a file as base64, as a stream: what it
// needs of memory does not depend on the answer. The answer follows from a file that nobody trusts, so nothing in it is
// believed, and what was asked for and what came is compared by nobody here.
package embedded

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strconv"
)

// Bounds of an answer.
const (
	mostKey    = 256 // bytes of the name of a tag; longer ones are cut
	mostNumber = 64  // bytes
	deepest    = 8   // lists and objects in each other
)

// ErrSyntax is returned for what is no answer about one file.
var ErrSyntax = errors.New("the answer does not have the form that was asked for")

// prefix is in front of what exiftool gives as base64.
const prefix = "base64:"

// Value is one value of a tag, or one of several in a list.
type Value struct {
	Binary io.Reader // the bytes of a binary value, until take returns; it fails when they are damaged; nil = it is none
	Number float64   // the value of a number; 0 = it is none
}

// Read gives the values of the tags to take, in their order. Values that are neither binary nor numbers, and what lies
// in objects, are passed over. An error of take ends the reading and is returned as it is. The error is
// io.ErrUnexpectedEOF when src ends before the answer, ErrSyntax when it is none, or else what src failed with.
func Read(src io.Reader, take func(tag string, v Value) error) error {
	a := &answer{in: bufio.NewReaderSize(src, 32<<10), take: take}
	for _, c := range []byte("[{") {
		if err := a.expect(c); err != nil {
			return err
		}
	}
	if err := a.object(0); err != nil {
		return err
	}
	return a.expect(']')
}

type answer struct {
	in   *bufio.Reader
	take func(tag string, v Value) error
}

// next passes over blanks and reads one byte.
func (a *answer) next() (byte, error) {
	for {
		c, err := a.in.ReadByte()
		if err != nil {
			return 0, cut(err)
		}
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, nil
		}
	}
}

// cut is the failure of who needed more.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (a *answer) expect(c byte) error {
	got, err := a.next()
	if err == nil && got != c {
		err = ErrSyntax
	}
	return err
}

// more reads what is behind an item: true for a comma, false for the end.
func (a *answer) more(end byte) (bool, error) {
	c, err := a.next()
	if err == nil && c != ',' && c != end {
		err = ErrSyntax
	}
	return c == ',', err
}

// object reads an object behind its brace. What lies deeper than the tags is passed over.
func (a *answer) object(depth int) error {
	c, err := a.next()
	if err != nil || c == '}' {
		return err
	}
	for more := true; more; {
		if c != '"' {
			return ErrSyntax
		}
		tag, err := a.key()
		if err == nil {
			err = a.expect(':')
		}
		if err == nil {
			err = a.value(tag, depth, depth == 0)
		}
		if err == nil {
			more, err = a.more('}')
		}
		if err == nil && more {
			c, err = a.next()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *answer) list(tag string, depth int, wanted bool) error {
	c, err := a.next()
	if err != nil || c == ']' {
		return err
	}
	if err := a.in.UnreadByte(); err != nil {
		return err
	}
	for more := true; more; {
		if err := a.value(tag, depth, wanted); err != nil {
			return err
		}
		if more, err = a.more(']'); err != nil {
			return err
		}
	}
	return nil
}

// value reads one value, and hands it over when it is wanted.
func (a *answer) value(tag string, depth int, wanted bool) error {
	c, err := a.next()
	switch {
	case err != nil:
		return err
	case depth >= deepest:
		return ErrSyntax
	case c == '{':
		return a.object(depth + 1)
	case c == '[':
		return a.list(tag, depth+1, wanted)
	case c == '"':
		return a.text(tag, wanted)
	}
	word := []byte{c}
	for len(word) < mostNumber {
		head, err := a.in.Peek(1)
		if err != nil {
			return cut(err)
		}
		if bytes.IndexByte([]byte(",]} \r\n\t"), head[0]) >= 0 {
			return a.number(tag, string(word), wanted)
		}
		word = append(word, head[0])
		_, _ = a.in.Discard(1) // it is there
	}
	return ErrSyntax
}

func (a *answer) number(tag, word string, wanted bool) error {
	if slices.Contains([]string{"true", "false", "null"}, word) {
		return nil
	}
	n, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return ErrSyntax
	}
	if !wanted {
		return nil
	}
	return a.take(tag, Value{Number: n})
}

// key reads the name of a tag.
func (a *answer) key() (string, error) {
	t := &text{in: a.in}
	key := make([]byte, mostKey)
	n, err := io.ReadFull(t, key)
	if !t.ended && (err == nil || err == errEscaped) {
		err = t.skip()
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF && t.ended {
		err = nil
	}
	return string(key[:n]), err
}

// text reads a string behind its quote.
func (a *answer) text(tag string, wanted bool) error {
	t := &text{in: a.in}
	if head, _ := a.in.Peek(len(prefix)); wanted && string(head) == prefix {
		_, _ = a.in.Discard(len(prefix))
		if err := a.take(tag, Value{Binary: base64.NewDecoder(base64.StdEncoding, t)}); err != nil {
			return err
		}
	}
	return t.skip()
}

// text reads a string up to its quote. It stops at an escape, which nothing that is looked at has.
type text struct {
	in    *bufio.Reader
	ended bool
}

var errEscaped = errors.New("the value has an escape")

func (t *text) Read(p []byte) (int, error) {
	if t.ended {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if _, err := t.in.Peek(1); err != nil {
		return 0, cut(err)
	}
	head, _ := t.in.Peek(min(len(p), t.in.Buffered()))
	switch head[0] {
	case '"':
		t.ended = true
		_, _ = t.in.Discard(1)
		return 0, io.EOF
	case '\\':
		return 0, errEscaped
	}
	for _, c := range []byte(`"\`) {
		if end := bytes.IndexByte(head, c); end >= 0 {
			head = head[:end]
		}
	}
	n := copy(p, head)
	_, _ = t.in.Discard(n)
	return n, nil
}

// skip passes over what is left.
func (t *text) skip() error {
	var scratch [4 << 10]byte
	for {
		_, err := t.Read(scratch[:])
		switch err {
		case nil:
		case io.EOF:
			return nil
		case errEscaped:
			if _, err := t.in.Discard(len(`\"`)); err != nil {
				return cut(err)
			}
		default:
			return err
		}
	}
}
