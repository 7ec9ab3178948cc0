package extent

import (
	"bytes"
	"io"
)

// Traits are what a decoder that gives bare pixels leaves to its caller to know.
type Traits struct {
	// Orientation is how the stored picture is to be turned, in the words of EXIF (1..8).
	Orientation int
	// Profile is the ICC profile; nil when there is none.
	Profile []byte
	// Colours are the properties that say how luma and chroma become colours.
	Colours Colours
	// Alpha is true when a picture in the file is the transparency of another.
	Alpha bool
	// Cut is true when only a part of the stored picture is shown.
	Cut bool
	// SRGB is true when the colours of a JPEG XL picture are sRGB, or its gray levels are of the same curve.
	SRGB bool
}

// Colours are code points of ITU-T H.273.
type Colours struct {
	Matrix int  // 2 = not said
	Full   bool // the whole range of numbers is used
}

// maxProfile is the longest ICC profile in bytes that is taken.
const maxProfile = 4 << 20

// TraitsOf reads the traits of the picture in a file of so many bytes.
func TraitsOf(src io.ReaderAt, size int64) Traits {
	t := Traits{Orientation: 1, Colours: Colours{Matrix: 2, Full: true}}
	r := &pieces{src: src, size: size, left: mostPieces}
	var head [12]byte
	switch {
	case !r.read(head[:], 0):
	case string(head[:]) == jxlContainer:
		t.SRGB = srgb(r.jxlStream())
	case bytes.HasPrefix(head[:], []byte(jxlBare)):
		t.SRGB = srgb(r.upTo(mostCodestream, 0, size))
	case string(head[4:8]) == "ftyp":
		r.heifTraits(&t)
	}
	return t
}

// heifTraits reads the properties of the primary picture, and of the others what they say of it.
func (r *pieces) heifTraits(t *Traits) {
	primary, all := r.properties()
	for _, property := range all {
		if property.kind == "hvcC" { // what the file itself says of the colours comes after it
			t.Colours = hevcColours(r.upTo(mostConfiguration, property.from, property.to))
			break
		}
	}
	var turn turn
	for _, property := range primary {
		switch property.kind {
		case "irot":
			if b := r.upTo(1, property.from, property.to); len(b) == 1 {
				turn.right(4 - int(b[0]&3)) // anticlockwise
			}
		case "imir":
			if b := r.upTo(1, property.from, property.to); len(b) == 1 {
				turn.mirror(b[0]&1 == 0)
			}
		case "clap":
			t.Cut = true
		case "colr":
			r.colours(property, t)
		}
	}
	t.Orientation = turn.orientation()
	for _, property := range all {
		switch {
		case property.kind == "auxC" && bytes.Contains(r.upTo(64, property.from, property.to), []byte("auxid:1\x00")),
			property.kind == "auxC" && bytes.Contains(r.upTo(64, property.from, property.to), []byte("auxiliary:alpha")):
			t.Alpha = true
		case property.kind == "colr" && t.Profile == nil: // of the tiles that the picture is made of
			r.colours(property, t)
		}
	}
}

// colours reads a property of colours: code points or an ICC profile (ISO/IEC 14496-12, section 12.1.5).
func (r *pieces) colours(property box, t *Traits) {
	head := r.upTo(11, property.from, property.to)
	switch {
	case len(head) < 11:
	case string(head[:4]) == "nclx":
		t.Colours = Colours{Matrix: int(head[8])<<8 | int(head[9]), Full: head[10]&0x80 != 0}
	case string(head[:4]) == "prof", string(head[:4]) == "rICC":
		if length := property.to - property.from - 4; length <= maxProfile {
			t.Profile = r.upTo(maxProfile, property.from+4, property.to)
		}
	}
}

// turn is a picture that was mirrored at its vertical axis, or not, and then turned right by so many quarters.
type turn struct {
	mirrored bool
	quarters int
}

func (t *turn) right(quarters int) { t.quarters = (t.quarters + quarters) % 4 }

// mirror exchanges top and bottom, or left and right.
func (t *turn) mirror(upsideDown bool) {
	t.mirrored, t.quarters = !t.mirrored, (4-t.quarters)%4
	if upsideDown {
		t.right(2)
	}
}

func (t *turn) orientation() int {
	if t.mirrored {
		return [4]int{2, 7, 4, 5}[t.quarters]
	}
	return [4]int{1, 6, 3, 8}[t.quarters]
}
