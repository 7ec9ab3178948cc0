package movie

import "errors"

// avc reads a sequence parameter set of H.264 (ISO/IEC 14496-10 section 7.3.2.1.1).
func avc(unit []byte) (coded, error) {
	const sequence = 7
	if len(unit) == 0 || unit[0]&0x1f != sequence {
		return coded{}, errors.New("no sequence parameter set")
	}
	r := unescaped(unit, 1)
	profile := r.fixed(8)
	r.skip(16)
	r.golomb()
	chroma, planes := uint64(1), false
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		chroma, planes = r.chroma()
		r.golomb()
		r.golomb()
		r.skip(1)
		if r.flag() {
			r.avcScaling(chroma)
		}
	}
	r.golomb()
	r.avcOrder()
	r.golomb()
	r.skip(1)
	width, height := (r.golomb()+1)*16, (r.golomb()+1)*16
	fields := uint64(2)
	if r.flag() {
		fields = 1
	} else {
		r.skip(1)
	}
	height *= fields
	r.skip(1)
	if r.flag() {
		across, down := chromaUnits(chroma, planes)
		width = cropped(width, across, r.golomb(), r.golomb())
		height = cropped(height, down*fields, r.golomb(), r.golomb())
	}
	var pixels fraction
	if r.flag() && r.flag() {
		pixels = r.pixelShape()
	}
	return r.pictures(width, height, pixels)
}

// chroma reads how the colours are sampled, and whether each is coded by itself.
func (r *bitReader) chroma() (format uint64, planes bool) {
	format = r.golomb()
	if format > 3 {
		r.short = true
	}
	return format, format == 3 && r.flag()
}

// chromaUnits are the pixels in which borders are counted (ISO/IEC 14496-10 table 6-1).
func chromaUnits(format uint64, planes bool) (across, down uint64) {
	switch {
	case planes:
		return 1, 1
	case format == 1:
		return 2, 2
	case format == 2:
		return 2, 1
	}
	return 1, 1
}

// cropped is a length without its borders; 0 when nothing is left.
func cropped(length, unit, before, after uint64) uint64 {
	if border := (before + after) * unit; border < length {
		return length - border
	}
	return 0
}

// avcScaling passes over the scaling lists.
func (r *bitReader) avcScaling(chroma uint64) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for list := range lists {
		if !r.flag() {
			continue
		}
		size, before, next := 16, int64(8), int64(8)
		if list >= 6 {
			size = 64
		}
		for range size {
			if next != 0 {
				next = (before + r.signed()) & 0xff
			}
			if next != 0 {
				before = next
			}
		}
	}
}

// avcOrder passes over how the order of the pictures is coded.
func (r *bitReader) avcOrder() {
	switch r.golomb() {
	case 0:
		r.golomb()
	case 1:
		r.skip(1)
		r.signed()
		r.signed()
		for n := r.golomb(); n > 0 && !r.short; n-- {
			r.signed()
		}
	}
}
