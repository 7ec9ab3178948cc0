package movie

import "errors"

// hevcSequence is the type of a unit that holds a sequence parameter set.
const hevcSequence = 33

// hevc reads a sequence parameter set of HEVC (ISO/IEC 23008-2 section 7.3.2.2).
func hevc(unit []byte) (coded, error) {
	if len(unit) == 0 || unit[0]>>1&0x3f != hevcSequence {
		return coded{}, errors.New("no sequence parameter set")
	}
	r := unescaped(unit, 2)
	r.skip(4)
	layers := int(r.fixed(3)) // besides the first
	r.skip(1)
	r.hevcProfile(layers)
	r.golomb()
	chroma, planes := r.chroma()
	width, height := r.golomb(), r.golomb()
	if r.flag() {
		across, down := chromaUnits(chroma, planes)
		width, height = cropped(width, across, r.golomb(), r.golomb()), cropped(height, down, r.golomb(), r.golomb())
	}
	r.golomb()
	r.golomb()
	order := int(r.golomb()) + 4
	described := 1
	if r.flag() {
		described = layers + 1
	}
	for range 3*described + 6 {
		r.golomb()
	}
	if r.flag() && r.flag() {
		r.hevcScaling()
	}
	r.skip(2)
	if r.flag() {
		r.skip(8)
		r.golomb()
		r.golomb()
		r.skip(1)
	}
	r.hevcReferences(order)
	r.skip(2)
	var pixels fraction
	if r.flag() && r.flag() {
		pixels = r.pixelShape()
	}
	return r.pictures(width, height, pixels)
}

// hevcProfile passes over profile, tier and level of all layers.
func (r *bitReader) hevcProfile(layers int) {
	const profile, level = 88, 8 // bits
	r.skip(profile + level)
	bits := 0
	for range layers {
		if r.flag() {
			bits += profile
		}
		if r.flag() {
			bits += level
		}
	}
	if layers > 0 {
		bits += 2 * (8 - layers)
	}
	r.skip(bits)
}

// hevcScaling passes over the scaling lists.
func (r *bitReader) hevcScaling() {
	for size := range 4 {
		for matrix := 0; matrix < 6; matrix++ {
			if size == 3 && matrix%3 != 0 {
				continue
			}
			if !r.flag() {
				r.golomb()
				continue
			}
			if size > 1 {
				r.signed()
			}
			for range min(64, 1<<(4+2*size)) {
				r.signed()
			}
		}
	}
}

// hevcReferences passes over the sets of pictures that others refer to. order is the number of bits of a picture's
// place.
func (r *bitReader) hevcReferences(order int) {
	const mostSets, mostPictures = 64, 16
	sets := int(min(r.golomb(), mostSets+1))
	r.short = r.short || sets > mostSets || order > 16
	pictures := 0 // of the set before
	for set := 0; set < sets && !r.short; set++ {
		if set > 0 && r.flag() {
			r.skip(1)
			r.golomb()
			kept := 0
			for range pictures + 1 {
				if used := r.flag(); used || r.flag() {
					kept++
				}
			}
			pictures = kept
		} else {
			before, after := r.golomb(), r.golomb()
			if before > mostPictures || after > mostPictures {
				r.short = true
				return
			}
			pictures = int(before + after)
			for range pictures {
				r.golomb()
				r.skip(1)
			}
		}
		r.short = r.short || pictures > mostPictures
	}
	if r.flag() {
		const mostLong = 32
		long := r.golomb()
		r.short = r.short || long > mostLong
		for ; long > 0 && !r.short; long-- {
			r.skip(order + 1)
		}
	}
}
