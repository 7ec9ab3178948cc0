package fsblob

import (
	"hash/crc32"
	"io"
)

// castagnoli is the table of CRC-32C (RFC 3720, section 12.1). The standard
// library computes it with the processor's own instruction where there is one.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func crcOf(p []byte) uint32 { return crc32.Checksum(p, castagnoli) }

// joinCRC returns the CRC-32C of two byte strings written one after the other,
// given the checksum of each and the length of the second in bytes.
//
// A CRC is linear: appending n bytes to the first string multiplies its
// remainder by x^(8n), and the remainder of the second is then added.
func joinCRC(first, second uint32, secondLen int64) uint32 {
	factor := uint32(1) << 31 // the polynomial 1; the highest bit is the coefficient of x^0
	square := uint32(1) << 23 // x^8: one byte
	for n := secondLen; n > 0; n >>= 1 {
		if n&1 == 1 {
			factor = mulMod(factor, square)
		}
		square = mulMod(square, square)
	}
	return mulMod(factor, first) ^ second
}

// mulMod multiplies two polynomials over GF(2), bits reflected, modulo the
// Castagnoli polynomial.
func mulMod(a, b uint32) uint32 {
	var product uint32
	for ; a != 0; a <<= 1 {
		if a&(1<<31) != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= crc32.Castagnoli
		}
	}
	return product
}

// crcOfRange reads length bytes from offset on and returns their CRC-32C.
func crcOfRange(r io.ReaderAt, offset, length int64, scratch []byte) (uint32, error) {
	var sum uint32
	for length > 0 {
		p := scratch[:min(int64(len(scratch)), length)]
		n, err := r.ReadAt(p, offset)
		if n < len(p) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
		sum = crc32.Update(sum, castagnoli, p)
		offset += int64(n)
		length -= int64(n)
	}
	return sum, nil
}
