package main

import (
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"slices"
)

const (
	blockBytes = 1 << 20 // every block of an object carries its own stamp
	baseBlocks = 16      // blocks of the random base, used in turn
	stampBytes = 24      // corpus seed, object number, block number
)

// corpus generates the content of all objects of one invocation: a random base
// of 16 MiB whose blocks are reused in turn, each with a stamp at its start
// that no other block of any object has. Sending an object therefore costs the
// client neither disk reads nor copies, and no server can fold two whole blocks
// into one. A corpus is safe for concurrent use.
type corpus struct {
	seed uint64
	base []byte
}

func newCorpus(seed uint64) *corpus {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	c := &corpus{seed: seed, base: make([]byte, baseBlocks*blockBytes)}
	// ChaCha8.Read never fails.
	_, _ = rand.NewChaCha8(key).Read(c.base)
	return c
}

// object is one generated file: its name on the wire, its number within the
// corpus, which makes its content unique, and its size in bytes.
type object struct {
	corpus *corpus
	name   string
	number uint64
	size   int64
}

// blocks is the number of blocks, the last of which may be short.
func (o object) blocks() int64 { return (o.size + blockBytes - 1) / blockBytes }

// blockLen is the length of a block in bytes.
func (o object) blockLen(block int64) int64 {
	return min(blockBytes, o.size-block*blockBytes)
}

// appendStamp appends the stamp of a block, cut to the block's length.
func (o object) appendStamp(dst []byte, block int64) []byte {
	start := len(dst)
	dst = binary.BigEndian.AppendUint64(dst, o.corpus.seed)
	dst = binary.BigEndian.AppendUint64(dst, o.number)
	dst = binary.BigEndian.AppendUint64(dst, uint64(block))
	return dst[:start+int(min(stampBytes, o.blockLen(block)))]
}

// appendVectors appends the content of the blocks [first, last) to vectors,
// two slices for each, without copying the base. Stamps are written into the
// spare capacity of stamps, which must hold stampBytes for each block and must
// stay untouched while the vectors are in use.
func (o object) appendVectors(vectors net.Buffers, stamps []byte, first, last int64) net.Buffers {
	stamps = slices.Grow(stamps, int(last-first)*stampBytes)
	for b := first; b < last; b++ {
		start := len(stamps)
		stamps = o.appendStamp(stamps, b)
		vectors = append(vectors, stamps[start:len(stamps):len(stamps)])
		if n := o.blockLen(b); n > stampBytes {
			base := o.corpus.base[(b%baseBlocks)*blockBytes:]
			vectors = append(vectors, base[stampBytes:n])
		}
	}
	return vectors
}

// WriteTo implements io.WriterTo: it writes the whole content.
func (o object) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for b := range o.blocks() {
		v := o.appendVectors(nil, nil, b, b+1)
		n, err := v.WriteTo(w)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// digest is the SHA-256 of the content.
func (o object) digest() [sha256.Size]byte {
	h := sha256.New()
	// A hash never fails to be written to.
	_, _ = o.WriteTo(h)
	return [sha256.Size]byte(h.Sum(nil))
}
