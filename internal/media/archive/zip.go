package archive

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"sluice/internal/media/fault"
)

// entryBytes is the room in bytes that the directory of a ZIP file has for each member that it may list.
const entryBytes = 512

// zipFile is a ZIP file whose directory has been read.
type zipFile struct{ files []*zip.File }

// directory reads a file, and only so many bytes of it until it is told that the directory is read.
type directory struct {
	src  io.ReaderAt
	left int64
	read bool
}

var errLongDirectory = errors.New("the directory is too long")

func (d *directory) ReadAt(p []byte, at int64) (int, error) {
	if !d.read {
		if d.left -= int64(len(p)); d.left < 0 {
			return 0, errLongDirectory
		}
	}
	return d.src.ReadAt(p, at)
}

// openZip reads the directory and compares what it says with the limits and with the size of the file.
func openZip(src Source, l Limits) (members, error) {
	if records, err := claimedRecords(src, src.Size()); err != nil {
		return nil, err
	} else if records > uint64(l.Members) {
		return nil, failure(fault.TooLarge, nil, "it has more than %d members, which is the limit: its directory says that it lists %d", l.Members, records)
	}
	d := &directory{src: src, left: max(1<<20, entryBytes*int64(l.Members))}
	z, err := zip.NewReader(d, src.Size())
	if errors.Is(err, errLongDirectory) {
		return nil, failure(fault.TooLarge, nil, "it has more than %d members, which is the limit, or very long names", l.Members)
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		if fault.ClassOf(err) != "" {
			return nil, err
		}
		return nil, failure(fault.Corrupt, err, "its directory cannot be read")
	}
	d.read = true
	sum := measure{Limits: l, packed: src.Size()}
	for _, f := range z.File {
		if f.UncompressedSize64 > uint64(l.Bytes) {
			f.UncompressedSize64 = uint64(l.Bytes) + 1 // so that it fits an int64
		}
		if err := sum.add(int64(f.UncompressedSize64)); err != nil {
			return nil, err
		}
	}
	return zipFile{z.File}, apart(z.File, src.Size())
}

// apart asks that no two members share bytes of the file: what is small because it is used many times is a bomb.
func apart(files []*zip.File, size int64) error {
	type span struct{ from, to int64 }
	spans := make([]span, 0, len(files))
	for _, f := range files {
		from, err := f.DataOffset()
		if fault.ClassOf(err) != "" {
			return err
		}
		if err != nil {
			return failure(fault.Corrupt, err, "a member is not where its directory says")
		}
		if f.CompressedSize64 > uint64(size) || from > size-int64(f.CompressedSize64) {
			return failure(fault.Corrupt, nil, "a member is longer than the archive")
		}
		spans = append(spans, span{from, from + int64(f.CompressedSize64)})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to || spans[i].from == spans[i-1].from && spans[i].to > spans[i].from {
			return failure(fault.Refused, nil, "members of it overlap")
		}
	}
	return nil
}

func (z zipFile) each(ctx context.Context, fn func(Member, io.Reader) error) error {
	for _, f := range z.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := zipName(f)
		if strings.HasSuffix(name, "/") || f.Mode().IsDir() {
			continue
		}
		m := Member{Size: int64(f.UncompressedSize64)}
		m.Path, m.Refused = clean(name)
		if m.Refused == "" {
			m.Refused = unreadable(f)
		}
		if err := giveZip(f, m, fn); err != nil {
			return err
		}
	}
	return nil
}

// giveZip opens a member when fn reads it: looking through an archive opens none.
func giveZip(f *zip.File, m Member, fn func(Member, io.Reader) error) error {
	if m.Refused != "" {
		return fn(m, nil)
	}
	r := &lazy{file: f}
	defer r.close()
	return fn(m, &exact{r, m.Size})
}

type lazy struct {
	file *zip.File
	open io.ReadCloser
}

func (l *lazy) Read(p []byte) (n int, err error) {
	if l.open == nil {
		if l.open, err = l.file.Open(); err != nil {
			return 0, err
		}
	}
	return l.open.Read(p)
}

func (l *lazy) close() {
	if l.open != nil {
		l.open.Close() // it was only read
	}
}

// unreadable says why a member is not given.
func unreadable(f *zip.File) string {
	switch {
	case f.Flags&1 != 0:
		return "it is encrypted"
	case f.Mode()&fs.ModeSymlink != 0:
		return "it is a link"
	case !f.Mode().IsRegular():
		return "it is no file"
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return "it is compressed in a way that is not read here"
	}
	return ""
}

// zipName is the name of a member in UTF-8. Without a mark names are of code page 437, as the format says, unless
// they can be read as UTF-8.
func zipName(f *zip.File) string {
	if utf8.ValidString(f.Name) {
		return f.Name
	}
	name, err := charmap.CodePage437.NewDecoder().String(f.Name)
	if err != nil {
		return strings.ToValidUTF8(f.Name, "_")
	}
	return name
}
