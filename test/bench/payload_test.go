package main

import (
	"bytes"
	"crypto/sha256"
	"net"
	"testing"
)

func contentOf(t *testing.T, o object) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := o.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo: %d, %v; %d bytes arrived", n, err, b.Len())
	}
	return b.Bytes()
}

func TestObjectHasItsSizeAndDigest(t *testing.T) {
	c := newCorpus(7)
	for _, size := range []int64{0, 1, stampBytes - 1, stampBytes, stampBytes + 1, 65536, blockBytes, blockBytes + 5, 17*blockBytes + 30} {
		o := object{corpus: c, number: 3, size: size}
		got := contentOf(t, o)
		if int64(len(got)) != size {
			t.Errorf("%d bytes for an object of %d", len(got), size)
		}
		if sha256.Sum256(got) != o.digest() {
			t.Errorf("size %d: the digest is not that of the content", size)
		}
	}
}

func TestEveryBlockOfEveryObjectDiffers(t *testing.T) {
	c, other := newCorpus(7), newCorpus(8)
	seen := map[[sha256.Size]byte]string{}
	for _, o := range []object{
		{corpus: c, name: "a", number: 1, size: 20 * blockBytes},
		{corpus: c, name: "b", number: 2, size: 20 * blockBytes},
		{corpus: other, name: "c", number: 1, size: 20 * blockBytes},
	} {
		content := contentOf(t, o)
		for b := range o.blocks() {
			sum := sha256.Sum256(content[b*blockBytes:][:blockBytes])
			if first, ok := seen[sum]; ok {
				t.Fatalf("block %d of %s is also in %s", b, o.name, first)
			}
			seen[sum] = o.name
		}
	}
}

func TestContentIsReproducible(t *testing.T) {
	a := object{corpus: newCorpus(7), number: 1, size: 3 * blockBytes}
	b := object{corpus: newCorpus(7), number: 1, size: 3 * blockBytes}
	if a.digest() != b.digest() {
		t.Error("equal seeds and numbers gave different content")
	}
}

func TestVectorsOfAPartEqualThatPartOfTheContent(t *testing.T) {
	o := object{corpus: newCorpus(7), number: 1, size: 5*blockBytes + 10}
	v := o.appendVectors(net.Buffers{[]byte("head")}, make([]byte, 0, blocksPerWrite*stampBytes), 2, 6)
	want := append([]byte("head"), contentOf(t, o)[2*blockBytes:]...)
	if !bytes.Equal(bytes.Join(v, nil), want) {
		t.Error("the vectors hold something else")
	}
}
