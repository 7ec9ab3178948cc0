package mediatest

import "encoding/binary"

// CMYK makes a JPEG file of one flat colour in four channels with these stored values. With adobe it carries Adobe's
// marker and the transform 0, whose readers take 255 as no ink; without it 255 is full ink. Each block is its mean
// value only; ISO/IEC 10918-1 annex B has the layout.
func CMYK(width, height uint16, stored [4]byte, adobe bool) []byte {
	out := []byte{0xff, 0xd8}
	segment := func(marker byte, body []byte) {
		out = append(out, 0xff, marker)
		out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
		out = append(out, body...)
	}
	if adobe {
		segment(0xee, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00"))
	}
	quant := make([]byte, 65)
	for i := range 64 {
		quant[1+i] = 1
	}
	segment(0xdb, quant)
	frame := []byte{8}
	frame = binary.BigEndian.AppendUint16(frame, height)
	frame = binary.BigEndian.AppendUint16(frame, width)
	frame = append(frame, 4)
	scan := []byte{4}
	for id := range byte(4) {
		frame = append(frame, id+1, 0x11, 0)
		scan = append(scan, id+1, 0)
	}
	segment(0xc0, frame)
	// Mean values: sizes 0 to 11, each with the code of 4 bits of that number. Other coefficients: only "end of
	// block", with the code 0 of one bit.
	means := make([]byte, 17, 29)
	means[4] = 12
	for size := range byte(12) {
		means = append(means, size)
	}
	segment(0xc4, means)
	ends := make([]byte, 18)
	ends[0], ends[1] = 0x10, 1
	segment(0xc4, ends)
	segment(0xda, append(scan, 0, 63, 0))
	blocks := (int(width) + 7) / 8 * ((int(height) + 7) / 8)
	return append(append(out, flatBlocks(stored, blocks)...), 0xff, 0xd9)
}

func flatBlocks(stored [4]byte, blocks int) []byte {
	var w highFirst
	var previous [4]int
	for range blocks {
		for i, value := range stored {
			mean := 8 * (int(value) - 128)
			difference := mean - previous[i]
			previous[i] = mean
			size, magnitude := 0, max(difference, -difference)
			for magnitude>>size > 0 {
				size++
			}
			if difference < 0 {
				difference += 1<<size - 1
			}
			w.put(size, 4)
			w.put(difference, size)
			w.put(0, 1)
		}
	}
	w.put(0x7f, 7) // Fill the last byte with ones.
	return w.out
}

// highFirst writes bits from the highest down, with a zero byte after each 0xff.
type highFirst struct {
	out []byte
	acc int
	n   int
}

func (w *highFirst) put(value, bits int) {
	for bits--; bits >= 0; bits-- {
		w.acc = w.acc<<1 | value>>bits&1
		if w.n++; w.n == 8 {
			if w.out = append(w.out, byte(w.acc)); byte(w.acc) == 0xff {
				w.out = append(w.out, 0)
			}
			w.acc, w.n = 0, 0
		}
	}
}
