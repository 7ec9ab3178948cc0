package extent

// mostCodestream is how much of a JPEG XL codestream is looked at, in bytes.
const mostCodestream = 64

// jxlBoxes reads the extent of a JPEG XL file in its container (ISO/IEC 18181-2): the codestream is in a box jxlc, or
// in boxes jxlp, each of which begins with its number.
func (r *pieces) jxlBoxes() Extent {
	var stream []byte
	for b := range r.boxes(0, r.size) {
		switch b.kind {
		case "jxlc":
			return jxlHeader(r.upTo(mostCodestream, b.from, b.to))
		case "jxlp":
			stream = append(stream, r.upTo(mostCodestream-len(stream), b.from+4, b.to)...)
			if len(stream) == mostCodestream {
				return jxlHeader(stream)
			}
		}
	}
	return jxlHeader(stream)
}

// jxlHeader reads the size header and the orientation at the start of a codestream (ISO/IEC 18181-1, annex D).
func jxlHeader(stream []byte) Extent {
	if len(stream) < 2 || string(stream[:2]) != jxlBare {
		return Extent{}
	}
	b := bits{data: stream[2:]}
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

// bits takes bits from bytes, the lowest of each first.
type bits struct {
	data  []byte
	at    int
	short bool // there were not enough
}

func (b *bits) take(count int) (value int64) {
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

func (b *bits) flag() bool { return b.take(1) == 1 }

// edge reads a length of one of four widths.
func (b *bits) edge() int64 {
	width := [4]int{9, 13, 18, 30}[b.take(2)]
	return b.take(width) + 1
}

// size reads a SizeHeader: both edges, or the height and one of the usual ratios of width to height.
func (b *bits) size() (s Size) {
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
