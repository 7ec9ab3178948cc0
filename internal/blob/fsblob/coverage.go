package fsblob

import (
	"cmp"
	"slices"

	"sluice/internal/ingest"
)

const (
	// compactAt is the number of windows from which neighbours are joined.
	compactAt = 4096
	// maxPieces is how many separate ranges a stage may consist of.
	maxPieces = 1 << 16
)

// piece is a recorded window, or several that were joined.
type piece struct {
	ingest.Window
	at int64 // position of its (last) record in the ledger
}

// coverage is what a stage has of its file. The same ledger always gives the
// same coverage, because nothing but ledger records changes it.
type coverage struct {
	pieces    []piece // by offset, none overlaps another
	compactAt int     // number of pieces from which neighbours are joined next time
	syncedTo  int64   // ledger position before which everything is on stable storage
}

// apply does what a ledger record says.
func (c *coverage) apply(e entry, position int64) {
	switch e.kind {
	case windowRecord:
		c.remove(e.Offset, e.End())
		c.add(piece{e.Window, position})
	case missingRecord:
		c.remove(e.Offset, e.End())
	case syncedRecord:
		c.syncedTo = e.Offset
	}
}

// run returns the indexes of the pieces that touch from to to.
func (c *coverage) run(from, to int64) (int, int) {
	first, _ := slices.BinarySearchFunc(c.pieces, from, func(p piece, at int64) int {
		if p.End() <= at {
			return -1
		}
		return 1
	})
	last := first
	for last < len(c.pieces) && c.pieces[last].Offset < to {
		last++
	}
	return first, last
}

// overlapping returns the pieces that touch a range.
func (c *coverage) overlapping(from, to int64) []piece {
	first, last := c.run(from, to)
	return slices.Clone(c.pieces[first:last])
}

func (c *coverage) remove(from, to int64) {
	first, last := c.run(from, to)
	c.pieces = slices.Delete(c.pieces, first, last)
}

func (c *coverage) add(p piece) {
	i, _ := slices.BinarySearchFunc(c.pieces, p.Offset, func(q piece, at int64) int { return cmp.Compare(q.Offset, at) })
	c.pieces = slices.Insert(c.pieces, i, p)
	if len(c.pieces) > max(c.compactAt, compactAt) {
		c.compact()
	}
}

// compact joins every two neighbours that touch, so that uploads in very many
// small windows stay small in memory.
func (c *coverage) compact() {
	kept := c.pieces[:0]
	for i := 0; i < len(c.pieces); i++ {
		p := c.pieces[i]
		if i+1 < len(c.pieces) && c.pieces[i+1].Offset == p.End() {
			i++
			p = join(p, c.pieces[i])
		}
		kept = append(kept, p)
	}
	c.pieces = kept
	c.compactAt = 2 * len(kept)
}

func join(a, b piece) piece {
	return piece{
		Window: ingest.Window{
			Offset: a.Offset,
			Length: a.Length + b.Length,
			CRC32C: joinCRC(a.CRC32C, b.CRC32C, b.Length),
		},
		at: max(a.at, b.at),
	}
}

// synced reports whether a piece is known to be on stable storage.
func (c *coverage) synced(p piece) bool { return p.at < c.syncedTo }

// windows returns the coverage with all ranges joined that touch.
func (c *coverage) windows() []ingest.Window {
	var merged []ingest.Window
	for i := 0; i < len(c.pieces); i++ {
		p := c.pieces[i]
		for i+1 < len(c.pieces) && c.pieces[i+1].Offset == p.End() {
			i++
			p = join(p, c.pieces[i])
		}
		merged = append(merged, p.Window)
	}
	return merged
}

// endOf returns where the recorded bytes end that begin at an offset, at most
// limit. It returns the offset itself when nothing is recorded there.
func (c *coverage) endOf(at, limit int64) int64 {
	first, _ := c.run(at, at+1)
	for _, p := range c.pieces[first:] {
		if p.Offset > at || at >= limit {
			break
		}
		at = p.End()
	}
	return min(at, limit)
}
