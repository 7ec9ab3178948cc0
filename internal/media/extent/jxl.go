package extent

// mostCodestream is how much of a JPEG XL codestream is looked at, in bytes.
const mostCodestream = 256

// jxlBoxes reads the extent of a JPEG XL file in its container.
func (r *pieces) jxlBoxes() Extent { return jxlHeader(r.jxlStream()) }

// jxlStream returns the start of the codestream in a container (ISO/IEC 18181-2): it is in a box jxlc, or in boxes jxlp,
// each of which begins with its number.
func (r *pieces) jxlStream() (stream []byte) {
	for b := range r.boxes(0, r.size) {
		switch b.kind {
		case "jxlc":
			return r.upTo(mostCodestream, b.from, b.to)
		case "jxlp":
			stream = append(stream, r.upTo(mostCodestream-len(stream), b.from+4, b.to)...)
			if len(stream) == mostCodestream {
				return stream
			}
		}
	}
	return stream
}

// jxlHeader reads the size header and the orientation at the start of a codestream (ISO/IEC 18181-1, annex D).
func jxlHeader(stream []byte) Extent {
	if len(stream) < 2 || string(stream[:2]) != jxlBare {
		return Extent{}
	}
	b := fields{data: stream[2:]}
	size := b.size()
	if everyDefault := b.flag(); !everyDefault {
		if extra := b.flag(); extra && b.take(3) >= 4 { // from here on the picture is stored lying
			size.Width, size.Height = size.Height, size.Width
		}
	}
	if b.short {
		return Extent{}
	}
	return Extent{Shown: size, Most: size}
}

// fields takes bits from bytes, the lowest of each first.
type fields struct {
	data  []byte
	at    int
	short bool // there were not enough
}

func (b *fields) take(count int) (value int64) {
	for i := range count {
		if b.at/8 >= len(b.data) {
			b.short = true
			return 0
		}
		value |= int64(b.data[b.at/8]>>(b.at%8)&1) << i
		b.at++
	}
	return value
}

func (b *fields) flag() bool { return b.take(1) == 1 }

// edge reads a length of one of four widths.
func (b *fields) edge() int64 {
	width := [4]int{9, 13, 18, 30}[b.take(2)]
	return b.take(width) + 1
}

// size reads a SizeHeader: both edges, or the height and one of the usual ratios of width to height.
func (b *fields) size() (s Size) {
	small := b.flag()
	edge := b.edge
	if small {
		edge = func() int64 { return (b.take(5) + 1) * 8 }
	}
	s.Height = edge()
	switch ratio := b.take(3); ratio {
	case 0:
		s.Width = edge()
	default:
		r := [...][2]int64{{}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}}[ratio]
		s.Width = s.Height * r[0] / r[1]
	}
	return s
}

// oneOf reads a U32: one of four ways to write a number, each so many bits above a least value.
func (b *fields) oneOf(ways [4][2]int) int64 {
	way := ways[b.take(2)]
	return b.take(way[0]) + int64(way[1])
}

// enum reads an Enum.
func (b *fields) enum() int64 { return b.oneOf([4][2]int{{0, 0}, {0, 1}, {4, 2}, {6, 18}}) }

// srgb reports whether the header at the start of a codestream says that the colours are sRGB, with no other channels
// than transparency. It does not know pictures with a preview or of an intended size, and says no to them.
func srgb(stream []byte) bool {
	if len(stream) < 2 || string(stream[:2]) != jxlBare {
		return false
	}
	b := fields{data: stream[2:]}
	b.size()
	if everyDefault := b.flag(); everyDefault {
		return !b.short
	}
	if extra := b.flag(); extra {
		b.take(3) // orientation
		if others := b.take(3); others != 0 {
			return false
		}
	}
	b.depth()
	b.flag() // whether 16 bits are enough for the buffers
	channels := b.oneOf([4][2]int{{0, 0}, {0, 1}, {4, 2}, {12, 1}})
	for range min(channels, 4) {
		if !b.transparency() {
			return false
		}
	}
	b.flag() // how the colours are stored
	return b.colours() && channels <= 4 && !b.short
}

// depth reads over a BitDepth.
func (b *fields) depth() {
	if float := b.flag(); !float {
		b.oneOf([4][2]int{{0, 8}, {0, 10}, {0, 12}, {6, 1}})
		return
	}
	b.oneOf([4][2]int{{0, 32}, {0, 16}, {0, 24}, {6, 1}})
	b.take(4)
}

// transparency reads over an ExtraChannelInfo, and reports whether it is that of an alpha channel.
func (b *fields) transparency() bool {
	if alone := b.flag(); alone {
		return true
	}
	if kind := b.enum(); kind != 0 {
		return false
	}
	b.depth()
	b.oneOf([4][2]int{{0, 0}, {0, 3}, {0, 4}, {3, 1}})
	b.take(int(8 * b.oneOf([4][2]int{{0, 0}, {4, 0}, {5, 16}, {10, 48}}))) // its name
	b.flag()                                                               // whether it is in the colours already
	return true
}

// colours reads a ColourEncoding, and reports whether it is sRGB or gray of the same curve.
func (b *fields) colours() bool {
	const d65, primaries, curve = 1, 1, 13
	if everyDefault := b.flag(); everyDefault {
		return true
	}
	if profile := b.flag(); profile {
		return false
	}
	space := b.enum()
	if space > 1 || b.enum() != d65 || space == 0 && b.enum() != primaries {
		return false
	}
	gamma := b.flag()
	return !gamma && b.enum() == curve
}
