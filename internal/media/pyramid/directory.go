package pyramid

import (
	"encoding/binary"
	"math"
)

// order is that of the bytes of a number in a file that begins with II.
var order = binary.LittleEndian

// Types of values; TIFF 6.0 section 2.
const (
	typeShort     = 3
	typeLong      = 4
	typeRational  = 5
	typeUndefined = 7
)

type entry struct {
	tag, kind uint16
	count     int
	value     []byte
}

func short(tag uint16, values ...uint16) entry {
	var b []byte
	for _, v := range values {
		b = order.AppendUint16(b, v)
	}
	return entry{tag, typeShort, len(values), b}
}

func long(tag uint16, values ...uint32) entry {
	var b []byte
	for _, v := range values {
		b = order.AppendUint32(b, v)
	}
	return entry{tag, typeLong, len(values), b}
}

// rational is a number in thousandths.
func rational(tag uint16, v float64) entry {
	b := order.AppendUint32(nil, uint32(math.Round(v*1000)))
	return entry{tag, typeRational, 1, order.AppendUint32(b, 1000)}
}

// directory is an encoded directory with the values behind it; link is the place of the offset of the next one in it.
type directory struct {
	bytes []byte
	link  int
}

// entries lists the fields of a level in the order of their tags; TIFF 6.0 sections 8, 15 and 22, and for the
// profile ICC.1 annex B.3.
func (f *file) entries(level source, reduced bool, offsets, lengths []uint32) []entry {
	width, height := level.size()
	form := level.form()
	depth := make([]uint16, form.samples)
	for i := range depth {
		depth[i] = 8
	}
	kind := uint32(0)
	if reduced {
		kind = 1
	}
	all := []entry{
		long(254, kind), long(256, uint32(width)), long(257, uint32(height)), short(258, depth...),
		short(259, form.compression), short(262, form.photometric), short(274, uint16(max(1, f.opts.Orientation))), short(277, uint16(form.samples)),
	}
	if r := f.opts.Resolution; r > 0 && r < 1e6 {
		all = append(all, rational(282, r), rational(283, r))
	}
	all = append(all, short(284, 1))
	if r := f.opts.Resolution; r > 0 && r < 1e6 {
		all = append(all, short(296, 2))
	}
	if form.compression == packedDeflate {
		all = append(all, short(317, 2))
	}
	all = append(all, long(322, Tile), long(323, Tile), long(324, offsets...), long(325, lengths...))
	if form.alpha {
		all = append(all, short(338, 2))
	}
	if form.photometric == asYCbCr {
		all = append(all, short(530, 2, 2))
	}
	if len(f.opts.Profile) > 0 && !reduced {
		all = append(all, entry{34675, typeUndefined, len(f.opts.Profile), f.opts.Profile})
	}
	return all
}

// directory encodes the directory of a level that is to stand at the end of what was written.
func (f *file) directory(level source, reduced bool, offsets, lengths []uint32) directory {
	entries := f.entries(level, reduced, offsets, lengths)
	d := directory{bytes: order.AppendUint16(nil, uint16(len(entries)))}
	var behind []byte
	start := f.written + 2 + 12*int64(len(entries)) + 4
	for _, e := range entries {
		d.bytes = order.AppendUint16(order.AppendUint16(d.bytes, e.tag), e.kind)
		d.bytes = order.AppendUint32(d.bytes, uint32(e.count))
		if len(e.value) <= 4 {
			d.bytes = append(d.bytes, e.value...)
			d.bytes = append(d.bytes, make([]byte, 4-len(e.value))...)
			continue
		}
		d.bytes = order.AppendUint32(d.bytes, uint32(start+int64(len(behind))))
		behind = append(behind, e.value...)
		if len(behind)%2 == 1 {
			behind = append(behind, 0)
		}
	}
	d.link = len(d.bytes)
	d.bytes = append(append(d.bytes, 0, 0, 0, 0), behind...)
	return d
}
