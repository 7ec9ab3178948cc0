package draft

import (
	"bytes"
	"image"
	"slices"
)

// maxPasses bounds the work on one file, which may have as many scans as it likes: the blocks that are decoded in all
// scans together are at most so many times those of the picture. Encoders write about ten scans, of which each
// component is in two to six.
const maxPasses = 100

// maxLow is the highest bit that a scan may begin with; ISO/IEC 10918-1 table B.3.
const maxLow = 13

// scan is one scan of a progressive picture: a band of frequencies, in zigzag order, of one or more components, down to
// one bit. Either it is the first of the band, or it adds a bit to what the scans before have given; section G.1.1.
type scan struct {
	components  []*component
	dc          []*huffman // for each component, if these are first mean values
	ac          *huffman   // if these are not mean values
	first, last int        // the band: 0 and 0, or 1..63 of one component
	low         int        // the bit
	refines     bool
	restart     int // as in decoder
	data        []byte
}

// band is the set of its frequencies.
func (s *scan) band() uint64 { return ^uint64(0) << s.first & (^uint64(0) >> (63 - s.last)) }

// blocks is how many it has. One component alone leaves out those that only complete a unit; section A.2.2.
func (s *scan) blocks() int64 {
	if len(s.components) == 1 {
		return int64(s.components[0].grid.across) * int64(s.components[0].grid.down)
	}
	var sum int64
	for _, c := range s.components {
		sum += c.grid.blocks()
	}
	return sum
}

// scans decodes a progressive picture; data is all of it from the first scan on. First it only looks for the headers of
// the scans, because the result does not depend on most of the data.
func (d *decoder) scans(data []byte) (image.Image, error) {
	if d.components == nil {
		return nil, ErrUnsuited
	}
	across, down := d.units()
	for i := range d.components {
		c := &d.components[i]
		c.grid = d.newGrid(c, d.planeSide(i), across, down)
	}
	scans, err := d.survey(data)
	if err != nil {
		return nil, err
	}
	if scans, err = d.needed(scans); err != nil {
		return nil, err
	}
	for i := range d.components {
		d.components[i].grid.allocate()
	}
	for i := range scans {
		decode := scans[i].frequencies
		if scans[i].first == 0 {
			decode = func() bool { return scans[i].means(across, down) }
		}
		if !decode() {
			return nil, errDamaged
		}
	}
	d.allocate(across, down)
	for i := range d.components {
		c := &d.components[i]
		c.grid.draw(c, &d.quant[c.quant])
	}
	return d.picture(), nil
}

// survey reads the headers of all scans and finds their data, up to the end of the image.
func (d *decoder) survey(data []byte) ([]scan, error) {
	var scans []scan
	for {
		marker, body, rest, err := nextSegment(data)
		if err != nil {
			return nil, err
		}
		data = rest
		switch marker {
		case endOfImage:
			return scans, d.complete()
		case 0xda:
			s, err := d.scanOf(body)
			if err != nil {
				return nil, err
			}
			s.data, data = entropyCoded(data)
			// A first mean value takes at least one bit, so short data cannot claim a large picture.
			if s.dc != nil && int64(len(s.data))*8 < s.blocks() {
				return nil, errDamaged
			}
			scans = append(scans, s)
		case 0xdb:
			return nil, ErrUnsuited // Decoders differ in which of the tables counts then.
		default:
			if err := d.segment(marker, body); err != nil {
				return nil, err
			}
		}
	}
}

// entropyCoded splits the data of a scan off: all up to a marker other than one of restart.
func entropyCoded(data []byte) (scan, rest []byte) {
	for i := 0; ; {
		j := bytes.IndexByte(data[i:], 0xff)
		if j < 0 || i+j+1 == len(data) {
			return data, nil
		}
		i += j + 1
		switch b := data[i]; {
		case b == 0 || b >= 0xd0 && b <= 0xd7:
			i++
		case b != 0xff:
			return data[:i-1], data[i-1:]
		}
	}
}

// complete wants what full decoders do not make up: at least the first mean values of all components.
func (d *decoder) complete() error {
	for _, c := range d.components {
		if c.grid.lows[0] == 0 || len(d.components) == 3 && d.isRGB() {
			return ErrUnsuited
		}
		if !d.seenQuant[c.quant] {
			return errDamaged
		}
	}
	return nil
}

// scanOf reads the header of a scan; sections B.2.3 and G.1.1.
func (d *decoder) scanOf(header []byte) (scan, error) {
	if len(header) < 6 || header[0] == 0 || int(header[0]) > len(d.components) || len(header) != 4+2*int(header[0]) {
		return scan{}, ErrUnsuited
	}
	n := int(header[0])
	end := header[1+2*n:]
	s := scan{first: int(end[0]), last: int(end[1]), low: int(end[2] & 15), refines: end[2]>>4 != 0, restart: d.restart}
	switch {
	case s.first == 0 && s.last != 0, s.first > 0 && n != 1, s.first > s.last, s.last > 63,
		s.low > maxLow, s.refines && int(end[2]>>4) != s.low+1:
		return scan{}, ErrUnsuited
	}
	for i := range n {
		c := d.named(header[1+2*i])
		tables := header[2+2*i]
		if c == nil || tables>>4 > 3 || tables&15 > 3 || !c.grid.follows(&s) {
			return scan{}, ErrUnsuited
		}
		s.components = append(s.components, c)
		switch {
		case s.first > 0:
			s.ac = d.ac[tables&15]
		case !s.refines:
			s.dc = append(s.dc, d.dc[tables>>4])
		}
		if s.first > 0 && s.ac == nil || s.dc != nil && s.dc[i] == nil {
			return scan{}, errDamaged
		}
	}
	return s, nil
}

func (d *decoder) named(id byte) *component {
	for i := range d.components {
		if d.components[i].id == id {
			return &d.components[i]
		}
	}
	return nil
}

// needed leaves out the scans on which the result does not depend. A scan that refines a band has no bits for
// coefficients that are zero, so that it can only be read by who knows which of the whole band are: it needs all scans
// before that touch its band. A first scan needs none.
func (d *decoder) needed(scans []scan) ([]scan, error) {
	var most, blocks int64
	wanted := make(map[*component]uint64)
	for i := range d.components {
		c := &d.components[i]
		wanted[c] = c.grid.kept
		most += maxPasses * c.grid.blocks()
	}
	var all []scan
	for _, s := range slices.Backward(scans) {
		c := s.components[0]
		if s.first > 0 && s.band()&wanted[c] == 0 {
			continue
		}
		if s.first > 0 && s.refines {
			wanted[c] |= s.band()
			c.grid.remembers = true
		}
		all = append(all, s)
		blocks += s.blocks()
	}
	if blocks > most {
		return nil, ErrUnsuited
	}
	slices.Reverse(all)
	return all, nil
}
