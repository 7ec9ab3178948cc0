package icc

import "encoding/binary"

// SRGB makes the profile of the colour space sRGB (IEC 61966-2-1), adapted to D50, as a profile of version 4.3.
func SRGB() []byte {
	fixed := func(values ...float64) []byte {
		var b []byte
		for _, v := range values {
			b = binary.BigEndian.AppendUint32(b, uint32(int32(v*65536+0.5)))
		}
		return b
	}
	point := func(x, y, z float64) []byte { return append([]byte("XYZ \x00\x00\x00\x00"), fixed(x, y, z)...) }
	text := func(s string) []byte {
		b := []byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS")
		b = binary.BigEndian.AppendUint32(b, uint32(2*len(s)))
		b = binary.BigEndian.AppendUint32(b, 28)
		for _, c := range []byte(s) {
			b = append(b, 0, c)
		}
		return b
	}
	curve := append([]byte("para\x00\x00\x00\x00\x00\x03\x00\x00"), fixed(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)...)
	tags := []struct {
		name string
		body []byte
	}{
		{"desc", text("sRGB")}, {"cprt", text("No copyright, use freely")}, {"wtpt", point(0.9642, 1, 0.8249)},
		{"rXYZ", point(0.436065674, 0.222488403, 0.013916016)},
		{"gXYZ", point(0.385147095, 0.716873169, 0.097076416)},
		{"bXYZ", point(0.143066406, 0.060607910, 0.714096069)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve},
	}
	head := make([]byte, headerBytes, 1024)
	copy(head[8:], "\x04\x30\x00\x00mntrRGB XYZ ")
	copy(head[24:], "\x07\xea\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00acsp")
	copy(head[68:], fixed(0.9642, 1, 0.8249))
	head = binary.BigEndian.AppendUint32(head, uint32(len(tags)))
	at := len(head) + 12*len(tags)
	var bodies []byte
	for _, tag := range tags {
		head = append(head, tag.name...)
		head = binary.BigEndian.AppendUint32(head, uint32(at+len(bodies)))
		head = binary.BigEndian.AppendUint32(head, uint32(len(tag.body)))
		bodies = append(bodies, tag.body...)
		for len(bodies)%4 != 0 {
			bodies = append(bodies, 0)
		}
	}
	whole := append(head, bodies...)
	binary.BigEndian.PutUint32(whole, uint32(len(whole)))
	return whole
}
