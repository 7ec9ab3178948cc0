package mediatest

import (
	"encoding/binary"
)

// lossless makes the bitstream of a picture in the format of WebP lossless: the upper left quarter has the colour of
// Corner and the rest that of Rest, except that red and blue are the same in both because only green has two values.
// Its section 6 describes prefix codes; the simple form with one symbol takes no bits per pixel.
func lossless(width, height int, alpha byte) []byte {
	w := lowFirst{out: []byte{0x2f}}
	w.put(width-1, 14)
	w.put(height-1, 14)
	hasAlpha := 0
	if alpha != 255 {
		hasAlpha = 1
	}
	w.put(hasAlpha, 1)
	w.put(0, 3)               // version
	w.put(0, 3)               // no transform, no colour cache, one group of prefix codes
	w.put(1, 1)               // simple code ...
	w.put(1, 1)               // ... of two symbols, the first of them in 8 bits
	w.put(1, 1)               //
	w.put(int(Rest().G), 8)   // green, bit 0
	w.put(int(Corner().R), 8) // green, bit 1
	for _, channel := range []byte{90, 120, alpha, 0} {
		w.put(1, 1) // simple, one symbol of 8 bits: red, blue, alpha, distance
		w.put(0, 1)
		w.put(1, 1)
		w.put(int(channel), 8)
	}
	for y := range height {
		for x := range width {
			bit := 0
			if x < width/2 && y < height/2 {
				bit = 1
			}
			w.put(bit, 1)
		}
	}
	w.put(0, 7)
	return w.out
}

// lowFirst writes bits from the lowest up.
type lowFirst struct {
	out []byte
	acc int
	n   int
}

func (w *lowFirst) put(value, bits int) {
	for i := range bits {
		w.acc |= value >> i & 1 << w.n
		if w.n++; w.n == 8 {
			w.out = append(w.out, byte(w.acc))
			w.acc, w.n = 0, 0
		}
	}
}

// riffChunk is a chunk with its padding.
func riffChunk(kind string, body []byte) []byte {
	chunk := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
	chunk = append(chunk, body...)
	if len(body)%2 == 1 {
		chunk = append(chunk, 0)
	}
	return chunk
}

func webpFile(chunks ...[]byte) []byte {
	body := []byte("WEBP")
	for _, chunk := range chunks {
		body = append(body, chunk...)
	}
	return riffChunk("RIFF", body)
}

// WebP makes a lossless WebP file whose pixels all have this alpha.
func WebP(width, height int, alpha byte) []byte {
	return webpFile(riffChunk("VP8L", lossless(width, height, alpha)))
}

// extended is the VP8X chunk.
func extended(flags byte, width, height int) []byte {
	body := []byte{flags, 0, 0, 0}
	body = append(body, byte(width-1), byte((width-1)>>8), byte((width-1)>>16))
	return riffChunk("VP8X", append(body, byte(height-1), byte((height-1)>>8), byte((height-1)>>16)))
}

// AnimatedWebP makes an animation whose frames fill the canvas, except for a margin of two pixels at the left and top.
func AnimatedWebP(width, height, frames int) []byte {
	const animated = 1 << 1
	chunks := [][]byte{extended(animated, width, height), riffChunk("ANIM", make([]byte, 6))}
	inner := [2]int{width - 2, height - 2}
	for range frames {
		body := []byte{1, 0, 0, 1, 0, 0} // the place, in units of two pixels
		body = append(body, byte(inner[0]-1), byte((inner[0]-1)>>8), 0, byte(inner[1]-1), byte((inner[1]-1)>>8), 0)
		body = append(body, 50, 0, 0, 0)
		chunks = append(chunks, riffChunk("ANMF", append(body, riffChunk("VP8L", lossless(inner[0], inner[1], 255))...)))
	}
	return webpFile(chunks...)
}

// WebPWithOrientation makes a still WebP file with an EXIF chunk.
func WebPWithOrientation(width, height int, orientation uint16) []byte {
	const exif = 1 << 3
	return webpFile(extended(exif, width, height), riffChunk("VP8L", lossless(width, height, 255)),
		riffChunk("EXIF", Exif(orientation)))
}
