package engine

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// Limits of listing an archive. A compressed one must be read to be listed.
const (
	mostEntries   = 10_000
	maxUnpacked   = 1 << 30  // bytes
	maxZipListing = 16 << 20 // bytes of the directory of a zip file
)

// ArchiveEntry is one thing in an archive.
type ArchiveEntry struct {
	Name       string
	Directory  bool
	Modified   time.Time // zero = not known
	Size       int64     // bytes
	Compressed int64     // bytes; the size where members are not compressed one by one
}

// ArchiveEntries lists what is in an archive of the library, without unpacking it
// anywhere.
func (e *Engine) ArchiveEntries(ctx context.Context, p ingest.Principal, company, asset ingest.Number) ([]ArchiveEntry, error) {
	var v *ingest.Version
	err := e.viewAsset(ctx, p, company, asset, rightRead, func(tx ingest.Tx, _ *sight, a *ingest.Asset) (err error) {
		if a.Type != ingest.TypeZip {
			return wrongType(a, "Zip")
		}
		v, err = tx.Version(a.Version)
		return err
	})
	if err != nil {
		return nil, err
	}
	r, err := e.blobs.Open(ctx, v.Blob.Key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	entries, err := listArchive(ctx, r, v.FileName)
	if known, ok := errors.AsType[*ingest.Error](err); ok {
		return nil, known
	}
	if err != nil {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: "engine.ArchiveEntries", Msg: "the archive cannot be read", Err: err}
	}
	return entries, nil
}

func tooManyEntries(n int) error {
	return &ingest.Error{Kind: ingest.Conflict, Op: "engine.listArchive", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the archive has %d entries or more, the limit is %d", n, mostEntries)}
}

// listArchive tells the kind of an archive by its first bytes.
func listArchive(ctx context.Context, r ingest.BlobReader, name string) ([]ArchiveEntry, error) {
	head := make([]byte, 4)
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK")):
		return listZip(r)
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return listGzip(ctx, r, name)
	}
	return listTar(ctx, tar.NewReader(&io.LimitedReader{R: r, N: maxUnpacked}))
}

// listZip reads the directory of a zip file.
func listZip(r ingest.BlobReader) ([]ArchiveEntry, error) {
	limited := &limitedAt{r: r, left: maxZipListing}
	z, err := zip.NewReader(limited, r.Size())
	if err != nil {
		return nil, err
	}
	if len(z.File) > mostEntries {
		return nil, tooManyEntries(len(z.File))
	}
	entries := make([]ArchiveEntry, len(z.File))
	for i, f := range z.File {
		entries[i] = ArchiveEntry{
			Name: f.Name, Directory: strings.HasSuffix(f.Name, "/"), Modified: f.Modified,
			Size: int64(f.UncompressedSize64), Compressed: int64(f.CompressedSize64),
		}
	}
	return entries, nil
}

// limitedAt reads only so many bytes altogether.
type limitedAt struct {
	r    io.ReaderAt
	left int64
}

func (l *limitedAt) ReadAt(p []byte, off int64) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, errors.New("the directory of the archive is too long")
	}
	return l.r.ReadAt(p, off)
}

// listGzip lists a compressed tar file, or the one file that is compressed.
func listGzip(ctx context.Context, r ingest.BlobReader, name string) ([]ArchiveEntry, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	unpacked := &io.LimitedReader{R: z, N: maxUnpacked}
	head := make([]byte, 512)
	n, err := io.ReadFull(unpacked, head)
	whole := io.MultiReader(bytes.NewReader(head[:n]), unpacked)
	if err == nil && bytes.HasPrefix(head[257:], []byte("ustar")) {
		return listTar(ctx, tar.NewReader(whole))
	}
	size, err := io.Copy(io.Discard, whole)
	if err != nil {
		return nil, err
	}
	if z.Name != "" {
		name = z.Name
	} else {
		name = strings.TrimSuffix(name, ".gz")
	}
	return []ArchiveEntry{{Name: name, Modified: z.ModTime, Size: size, Compressed: r.Size()}}, nil
}

func listTar(ctx context.Context, t *tar.Reader) ([]ArchiveEntry, error) {
	var entries []ArchiveEntry
	for {
		h, err := t.Next()
		switch {
		case err == io.EOF:
			return entries, nil
		case err != nil:
			return nil, err
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case len(entries) >= mostEntries:
			return nil, tooManyEntries(len(entries) + 1)
		}
		entries = append(entries, ArchiveEntry{
			Name: h.Name, Directory: h.Typeflag == tar.TypeDir, Modified: h.ModTime, Size: h.Size, Compressed: h.Size,
		})
	}
}
