package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"sluice/internal/media/fault"
)

// tarFile is a TAR file, or what a gzip file is compressed from.
type tarFile struct {
	open   func() (io.Reader, error)
	limits Limits
	packed int64 // bytes of the archive
}

func (t tarFile) each(ctx context.Context, fn func(Member, io.Reader) error) error {
	src, err := t.open()
	if err != nil {
		return damaged(ctx, err)
	}
	files := tar.NewReader(&stoppable{ctx: ctx, r: src})
	if seeker, ok := src.(io.Seeker); ok { // what is not read need not be read over
		files = tar.NewReader(struct {
			io.Reader
			io.Seeker
		}{&stoppable{ctx: ctx, r: src}, seeker})
	}
	sum := measure{Limits: t.limits, packed: t.packed}
	for {
		h, err := files.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return damaged(ctx, err)
		}
		if err := sum.add(h.Size); err != nil {
			return err
		}
		if h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		m := Member{Size: h.Size}
		if m.Path, m.Refused = clean(tarName(h.Name)); m.Refused == "" {
			m.Refused = noFile(h)
		}
		var r io.Reader
		if m.Refused == "" {
			r = &exact{files, h.Size}
		}
		if err := fn(m, r); err != nil {
			return err
		}
	}
}

// noFile says why a member is not given.
func noFile(h *tar.Header) string {
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse:
		return ""
	case tar.TypeSymlink, tar.TypeLink:
		return "it is a link"
	}
	return "it is no file"
}

// tarName is the name of a member in UTF-8; in old archives names have no encoding.
func tarName(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	decoded, err := charmap.ISO8859_1.NewDecoder().String(name)
	if err != nil {
		return strings.ToValidUTF8(name, "_")
	}
	return decoded
}

// gzipFile is a single compressed file.
type gzipFile struct {
	open func() (io.Reader, error)
	name string
	size int64 // bytes when unpacked
}

func (g gzipFile) each(ctx context.Context, fn func(Member, io.Reader) error) error {
	m := Member{Size: g.size}
	if m.Path, m.Refused = clean(g.name); m.Refused != "" {
		return fn(m, nil)
	}
	src, err := g.open()
	if err != nil {
		return damaged(ctx, err)
	}
	return fn(m, &exact{&stoppable{ctx: ctx, r: src}, g.size})
}

// openGzip unpacks the file once to see how long it is and whether it is a TAR file. Several compressed parts in a row
// are one file, as the format says.
func openGzip(ctx context.Context, src Source, fileName string, l Limits) (members, error) {
	// TAR files have headers and padding besides their members.
	room := l
	room.Bytes += int64(l.Members) * 4096
	unpack := func() (io.Reader, error) {
		z, err := gzip.NewReader(io.NewSectionReader(src, 0, src.Size()))
		if err != nil {
			return nil, err
		}
		return &bounded{r: z, sum: measure{Limits: room, packed: src.Size()}}, nil
	}
	z, err := gzip.NewReader(io.NewSectionReader(src, 0, src.Size()))
	if err != nil {
		return nil, damaged(ctx, err)
	}
	name := z.Name // of the first part
	whole := &bounded{r: z, sum: measure{Limits: room, packed: src.Size()}}
	head := make([]byte, 512)
	n, err := io.ReadFull(&stoppable{ctx: ctx, r: whole}, head)
	if err == nil && bytes.HasPrefix(head[257:], []byte("ustar")) {
		return tarFile{open: unpack, limits: l, packed: src.Size()}, nil
	}
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, damaged(ctx, err)
	}
	rest, err := io.Copy(io.Discard, &stoppable{ctx: ctx, r: whole})
	if err != nil {
		return nil, damaged(ctx, err)
	}
	size := int64(n) + rest
	sum := measure{Limits: l, packed: src.Size()}
	if err := sum.add(size); err != nil {
		return nil, err
	}
	if name == "" {
		name = strings.TrimSuffix(fileName, path.Ext(fileName))
	}
	return gzipFile{open: unpack, name: path.Base(tarName(strings.ReplaceAll(name, `\`, "/"))), size: size}, nil
}

// bounded ends unpacking at the limits, whatever the headers in what is unpacked say.
type bounded struct {
	r   io.Reader
	sum measure
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.sum.bytes += int64(n)
	if b.sum.bytes > b.sum.Bytes {
		return 0, failure(fault.TooLarge, nil, "it has more than %d bytes when unpacked, which is the limit", b.sum.Bytes)
	}
	if ratio := b.sum.ratio(b.sum.bytes); ratio != nil {
		return 0, ratio
	}
	return n, err
}

// stoppable ends reading when ctx does.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}
