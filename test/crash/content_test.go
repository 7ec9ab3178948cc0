package crash_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"strings"
)

// content is bytes that follow from a file's name and generation, so that any
// two generations of any two files differ from their first bytes on.
type content struct {
	name       string
	generation int
	length     int // bytes; not used for images, whose length follows from the seed
}

// random is an endless row of bytes for this content.
func (c content) random() *rand.ChaCha8 {
	return rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%s/%d", c.name, c.generation)))
}

func (c content) bytes() []byte {
	if strings.HasSuffix(c.name, ".png") {
		return c.picture()
	}
	b := make([]byte, c.length)
	c.random().Read(b)
	return b
}

// picture is noise, which PNG cannot pack: 4 bytes of file for each pixel, so
// that some pictures lie on either side of the small-file limit.
func (c content) picture() []byte {
	source := c.random()
	width, height := 16+int(source.Uint64()%240), 16+int(source.Uint64()%240)
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	source.Read(m.Pix)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, m); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// lengths of files, in bytes: empty, small, on both sides of the small-file
// limit of 128 KiB, and large.
func someLength(r *rand.Rand) int {
	switch r.IntN(10) {
	case 0:
		return 0
	case 1, 2:
		return 1 << 10
	case 3, 4:
		return 64 << 10
	case 5, 6, 7:
		return 127<<10 + r.IntN(2<<10+1)
	case 8:
		return 128<<10 + r.IntN(3) - 1
	}
	return largeLength(r)
}

func largeLength(r *rand.Rand) int { return 1<<20 + r.IntN(2<<20) }
