// Package icc converts the colours of pictures between ICC profiles (ICC.1:2010 and ICC.1:2001): gray, RGB and CMYK
// devices by curves, matrices and tables, relative colorimetric with black point compensation. It reads profiles that
// came with untrusted files and therefore runs only in the confined media worker.
package icc

import (
	"encoding/binary"
	"fmt"

	"sluice/internal/media/fault"
)

// Bounds of what a profile may hold. Section numbers in this package are those of ICC.1:2010.
const (
	headerBytes = 128
	maxTags     = 200
	maxCurve    = 1 << 16
	maxTable    = 1 << 24 // values of a table of colours
)

// Profile is a parsed profile.
type Profile struct {
	space string // GRAY, RGB or CMYK, filled up with a blank
	lab   bool   // colours connect as Lab, else as XYZ
	tags  map[string][]byte
}

// Space is the signature of the device's colour space: "GRAY", "RGB " or "CMYK"; section 7.2.6.
func (p *Profile) Space() string { return p.space }

// Parse reads the header and the table of tags (sections 7.2 and 7.3). It fails with class Invalid.
func Parse(data []byte) (*Profile, error) {
	if len(data) < headerBytes+4 || string(data[36:40]) != "acsp" {
		return nil, refuse("it is not an ICC profile")
	}
	p := &Profile{space: string(data[16:20]), lab: string(data[20:24]) == "Lab ", tags: map[string][]byte{}}
	if class := string(data[12:16]); class == "link" || class == "abst" || class == "nmcl" {
		return nil, refuse("it is a profile of the class %q, which describes no device", class)
	}
	if p.channels() == 0 {
		return nil, refuse("it is a profile for the colour space %q; gray, RGB and CMYK are converted here", p.space)
	}
	if !p.lab && string(data[20:24]) != "XYZ " {
		return nil, refuse("its colours connect neither as XYZ nor as Lab")
	}
	count := binary.BigEndian.Uint32(data[headerBytes:])
	if count > maxTags || len(data) < headerBytes+4+12*int(count) {
		return nil, refuse("its table of tags is damaged")
	}
	for i := range int(count) {
		entry := data[headerBytes+4+12*i:]
		at, length := int64(binary.BigEndian.Uint32(entry[4:])), int64(binary.BigEndian.Uint32(entry[8:]))
		if at+length > int64(len(data)) {
			return nil, refuse("its table of tags is damaged")
		}
		p.tags[string(entry[:4])] = data[at : at+length]
	}
	return p, nil
}

func (p *Profile) channels() int { return map[string]int{"GRAY": 1, "RGB ": 3, "CMYK": 4}[p.space] }

// refuse says what is wrong with a profile.
func refuse(format string, args ...any) error {
	return &fault.Error{Class: fault.Invalid, Op: "icc.Parse", Msg: "the ICC profile cannot be used: " + fmt.Sprintf(format, args...)}
}

// White is the white of the space in which profiles connect: D50; section 7.2.16.
func white() [3]float64 { return [3]float64{0.9642, 1, 0.8249} }

// number is an s15Fixed16Number; section 4.6.
func number(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 }

// xyz reads a tag of one XYZNumber; section 10.27.
func (p *Profile) xyz(tag string) ([3]float64, error) {
	b := p.tags[tag]
	if len(b) < 20 || string(b[:4]) != "XYZ " {
		return [3]float64{}, refuse("its tag %s is missing or damaged", tag)
	}
	return [3]float64{number(b[8:]), number(b[12:]), number(b[16:])}, nil
}
