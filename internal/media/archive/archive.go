// Package archive reads the members of ZIP, TAR, gzip and compressed TAR files that clients sent, one after the other
// and as streams. Before it gives the first member it looks through the whole archive and refuses one that is beyond
// its limits, damaged, or made so that its members share bytes.
//
// It decodes DEFLATE and reads headers in the process that calls it, unlike the decoders of media: the standard
// library's readers are memory-safe Go, what they allocate is bounded here, nothing is written to any path, and no
// member is held in memory. What a member holds is looked at by nobody here.
package archive

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"sluice/internal/media/fault"
)

// Limits bounds what an archive may hold. Each zero field means its default.
type Limits struct {
	Members int   // files, folders and what else is listed: 10,000 by default
	Bytes   int64 // of all members together when unpacked: 16 GiB by default
	Ratio   int64 // bytes unpacked for each byte of the archive: 200 by default; up to 64 MiB it does not count
}

const ratioFrom = 64 << 20

func (l Limits) withDefaults() Limits {
	if l.Members <= 0 {
		l.Members = 10_000
	}
	if l.Bytes <= 0 {
		l.Bytes = 16 << 30
	}
	if l.Ratio <= 0 {
		l.Ratio = 200
	}
	return l
}

// Member is one thing in an archive that is no folder.
type Member struct {
	Path    string // relative and clean, with slashes; as it is in the archive when it is refused
	Size    int64  // bytes, as the archive says
	Refused string // why it is not given, in words; "" = it is
}

// reported marks failures of the file itself, so that nobody takes them for damage of the archive.
type reported struct{ Source }

func (r reported) ReadAt(p []byte, at int64) (int, error) {
	n, err := r.Source.ReadAt(p, at)
	if err != nil && err != io.EOF {
		err = failure(fault.Source, err, "reading the archive failed")
	}
	return n, err
}

// Archive is an archive that has been looked through.
type Archive struct {
	Members int // how many there are, the refused ones included and folders left out
	members members
}

// members lists what is in an archive. Every call begins at its start.
type members interface {
	// each calls fn for every member in the order of the archive. What fn leaves of the reader is skipped. A refused
	// member has no reader.
	each(ctx context.Context, fn func(Member, io.Reader) error) error
}

// Source is the file of an archive. Reading it must end when the context of the call does.
type Source interface {
	io.ReaderAt
	Size() int64
}

// Open looks through an archive. fileName names what is compressed when a gzip file does not say it. Failures are
// fault.Error of class Corrupt, Unsupported, TooLarge or Refused, which say what is wrong with the file, and Source.
func Open(ctx context.Context, src Source, fileName string, l Limits) (*Archive, error) {
	l, src = l.withDefaults(), reported{src}
	head := make([]byte, 4)
	n, err := src.ReadAt(head, 0)
	if n < len(head) {
		if err != nil && err != io.EOF {
			return nil, err
		}
		return nil, failure(fault.Corrupt, nil, "it is too short for an archive")
	}
	var m members
	switch {
	case bytes.HasPrefix(head, []byte("PK")):
		m, err = openZip(src, l)
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		m, err = openGzip(ctx, src, fileName, l)
	default:
		m = tarFile{open: func() (io.Reader, error) { return io.NewSectionReader(src, 0, src.Size()), nil }, limits: l, packed: src.Size()}
	}
	if err != nil {
		return nil, err
	}
	a := &Archive{members: m}
	err = m.each(ctx, func(Member, io.Reader) error { a.Members++; return nil })
	return a, err
}

// Each calls fn for the members from the given one on, which count from 0. The reader gives the bytes of the member,
// and fails when they are damaged or more than the archive says; it is nil for a refused member. An error of fn ends
// the reading and is returned as it is.
func (a *Archive) Each(ctx context.Context, from int, fn func(index int, m Member, r io.Reader) error) error {
	index := -1
	return a.members.each(ctx, func(m Member, r io.Reader) error {
		if index++; index < from {
			return nil
		}
		return fn(index, m, r)
	})
}

// measure adds up what is in an archive and compares it with the limits.
type measure struct {
	Limits
	packed  int64 // bytes of the archive
	members int
	bytes   int64
}

func (m *measure) add(size int64) error {
	if m.members++; m.members > m.Members {
		return failure(fault.TooLarge, nil, "it has more than %d members, which is the limit", m.Members)
	}
	if size < 0 || size > m.Bytes-m.bytes {
		return failure(fault.TooLarge, nil, "its members have more than %d bytes together, which is the limit", m.Bytes)
	}
	m.bytes += size
	return m.ratio(m.bytes)
}

// ratio compares bytes that were unpacked with those of the archive.
func (m *measure) ratio(unpacked int64) error {
	if unpacked > ratioFrom && unpacked/m.Ratio > m.packed {
		return failure(fault.TooLarge, nil, "more than %d bytes come of each of its bytes, which is the limit", m.Ratio)
	}
	return nil
}

// exact gives the bytes of a member and fails when there are fewer or more than the archive says.
type exact struct {
	r    io.Reader
	left int64
}

func (e *exact) Read(p []byte) (int, error) {
	if int64(len(p)) > e.left+1 {
		p = p[:e.left+1]
	}
	n, err := e.r.Read(p)
	if e.left -= int64(n); e.left < 0 {
		return 0, failure(fault.Corrupt, nil, "it is longer than the archive says")
	}
	if err == io.EOF && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF && fault.ClassOf(err) == "" {
		err = failure(fault.Corrupt, err, "it is damaged")
	}
	return n, err
}

func failure(class fault.Class, cause error, format string, args ...any) *fault.Error {
	return &fault.Error{Class: class, Op: "archive.Open", Msg: fmt.Sprintf(format, args...), Err: cause}
}

// damaged is the failure of an archive that cannot be read on, unless a limit or the caller ended it.
func damaged(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if fault.ClassOf(err) != "" {
		return err
	}
	return failure(fault.Corrupt, err, "the archive is damaged")
}

// Limits of a member's name.
const maxPath = 4096 // bytes

// clean judges the name of a member: it returns a relative path, or why the member is refused.
func clean(name string) (path, refused string) {
	if len(name) > maxPath {
		return beginning(name) + "…", fmt.Sprintf("its name has %d bytes, the limit is %d", len(name), maxPath)
	}
	path = strings.ReplaceAll(name, `\`, "/")
	switch {
	case strings.HasPrefix(path, "/"), len(path) > 1 && path[1] == ':' && isLetter(path[0]):
		return name, "its name is an absolute path"
	case strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return name, "its name has control characters"
	}
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "..":
			return name, "its name leads out of the archive"
		case "", ".":
		default:
			kept = append(kept, segment)
		}
	}
	if len(kept) == 0 {
		return name, "it has no name"
	}
	return strings.Join(kept, "/"), ""
}

// beginning is the first part of a long name, which does not end within a letter.
func beginning(name string) string {
	end := 64
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end]
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
