package main

import (
	"context"
	"crypto/sha256"
	"io"
)

// partDoor takes one file as parts that come side by side, and gives it back. A value
// serves one run. Send may be called concurrently, each call with a connection of its
// own. Open and fetch are not timed.
type partDoor interface {
	open(ctx context.Context, c *conn) error
	// begin announces the file of a name, with its parts in their order.
	begin(ctx context.Context, c *conn, name string, parts []object) error
	// send returns when the server has acknowledged the part for good.
	send(ctx context.Context, c *conn, part int) error
	complete(ctx context.Context, c *conn) error
	// fetch writes the stored file to w.
	fetch(ctx context.Context, c *conn, w io.Writer) error
}

// partsOf divides a file. Each part has content of its own, as if it were a file.
func partsOf(o object, partSize int64) []object {
	const most = 1 << 16 // parts of a file
	var parts []object
	for at := int64(0); at < o.size; at += partSize {
		parts = append(parts, object{corpus: o.corpus, number: o.number*most + uint64(len(parts)), size: min(partSize, o.size-at)})
	}
	return parts
}

// digestOf is the SHA-256 of parts in a row.
func digestOf(parts []object) [sha256.Size]byte {
	h := sha256.New()
	for _, p := range parts {
		// A hash never fails to be written to.
		_, _ = p.WriteTo(h)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
