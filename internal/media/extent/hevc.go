package extent

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

const (
	mostConfiguration = 4 << 10 // bytes of the configuration of an HEVC decoder that are looked at
	sequenceUnit      = 33      // type of the unit that describes a sequence of pictures
)

// hevcColours reads how luma and chroma become colours from the configuration of an HEVC decoder (ISO/IEC 14496-15,
// section 8.3.3.1). What a stream does not say is the narrow range, and unknown weights.
func hevcColours(configuration []byte) (c Colours) {
	c = Colours{Matrix: 2}
	if len(configuration) < 23 {
		return c
	}
	arrays, rest := int(configuration[22]), configuration[23:]
	for range arrays {
		if len(rest) < 3 {
			return c
		}
		kind, units := rest[0]&0x3f, int(binary.BigEndian.Uint16(rest[1:]))
		rest = rest[3:]
		for range units {
			if len(rest) < 2 {
				return c
			}
			length := int(binary.BigEndian.Uint16(rest))
			if len(rest) < 2+length {
				return c
			}
			unit := rest[2 : 2+length]
			rest = rest[2+length:]
			if kind == sequenceUnit && length > 2 {
				s := &sequence{data: bytes.ReplaceAll(unit[2:], []byte("\x00\x00\x03"), []byte("\x00\x00"))}
				return s.colours()
			}
		}
	}
	return c
}

// sequence reads a sequence parameter set (ITU-T H.265, section 7.3.2.2), the highest bit of each byte first.
type sequence struct {
	data  []byte
	at    int
	short bool // there were not enough bits
}

func (s *sequence) take(count int) (value uint32) {
	for range count {
		if s.at/8 >= len(s.data) {
			s.short = true
			return 0
		}
		value = value<<1 | uint32(s.data[s.at/8]>>(7-s.at%8)&1)
		s.at++
	}
	return value
}

func (s *sequence) flag() bool { return s.take(1) == 1 }

// number reads an Exp-Golomb code.
func (s *sequence) number() uint32 {
	zeros := 0
	for !s.flag() {
		if zeros++; zeros > 31 || s.short {
			s.short = true
			return 0
		}
	}
	return 1<<zeros - 1 + s.take(zeros)
}

func (s *sequence) numbers(count int) {
	for range count {
		s.number()
	}
}

// colours reads over all that stands before the colours, and them. Sets with lists of scales or of pictures that others
// refer to, which photographs do not have, are not read.
func (s *sequence) colours() Colours {
	unknown := Colours{Matrix: 2}
	s.take(4)
	layers := s.take(3)
	s.take(1)
	s.profile(int(layers))
	s.number()
	if s.number() == 3 {
		s.take(1)
	}
	s.numbers(2) // width and height
	if window := s.flag(); window {
		s.numbers(4)
	}
	s.numbers(2) // bits of luma and chroma
	order := s.number()
	each := 1
	if s.flag() {
		each = int(layers) + 1
	}
	s.numbers(3*each + 6)
	if scales := s.flag(); scales && s.flag() {
		return unknown
	}
	s.take(2)
	if pulses := s.flag(); pulses {
		s.take(8)
		s.numbers(2)
		s.take(1)
	}
	if references := s.number(); references > 0 {
		return unknown
	}
	if long := s.flag(); long {
		for range min(s.number(), 32) {
			s.take(int(min(order, 12)) + 4 + 1)
		}
	}
	s.take(2)
	if described := s.flag(); !described || s.short {
		return unknown
	}
	return s.described()
}

// profile reads over profile_tier_level, section 7.3.3.
func (s *sequence) profile(layers int) {
	s.take(32)
	s.take(32)
	s.take(32)
	if layers == 0 {
		return
	}
	present := s.take(16)
	profiles, levels := bits.OnesCount32(present&0xaaaa), bits.OnesCount32(present&0x5555)
	for range profiles*88 + levels*8 {
		s.take(1)
	}
}

// described reads the video usability information, section E.2.1, up to the colours.
func (s *sequence) described() Colours {
	const extended = 255
	if shape := s.flag(); shape && s.take(8) == extended {
		s.take(32)
	}
	if overscan := s.flag(); overscan {
		s.take(1)
	}
	c := Colours{Matrix: 2}
	if signal := s.flag(); signal {
		s.take(3)
		c.Full = s.flag()
		if described := s.flag(); described {
			s.take(16)
			c.Matrix = int(s.take(8))
		}
	}
	if s.short {
		return Colours{Matrix: 2}
	}
	return c
}
