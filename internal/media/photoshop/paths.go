package photoshop

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Ids of image resources; Adobe Photoshop File Formats Specification, "Image Resource IDs". The working path, 1025, is
// not saved under a name and is not read.
const (
	firstPath    = 2000
	lastPath     = 2997
	clippingName = 2999
)

const (
	// MaxKnots is how many knots one file may have in all of its paths.
	MaxKnots = 50_000
	// MaxPaths is how many paths one file may have: one for each id.
	MaxPaths = lastPath - firstPath + 1
)

// Point is a place in a picture, in pixels from the upper left corner. It may lie outside the picture.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Knot is a point of a path with the control points of the curves before and after it.
type Knot struct {
	Before Point `json:"before"`
	Anchor Point `json:"anchor"`
	After  Point `json:"after"`
}

// Subpath is one line of a path.
type Subpath struct {
	Closed bool   `json:"closed"`
	Knots  []Knot `json:"knots"`
}

// Path is a path saved under a name.
type Path struct {
	Name     string    `json:"name"` // valid UTF-8
	Clipping bool      `json:"clipping,omitempty"`
	Subpaths []Subpath `json:"subpaths,omitempty"`
}

// Paths reads the named paths out of image resource blocks, in file order, in pixels of a picture of this size. It
// returns false when there are more than MaxPaths paths or MaxKnots knots.
func Paths(blocks []byte, width, height int) ([]Path, bool) {
	var all []Path
	clipping := ""
	left := MaxKnots
	for _, r := range resources(blocks) {
		switch {
		case r.id == clippingName && len(r.data) > 0:
			clipping = text(string(r.data[1:min(len(r.data), 1+int(r.data[0]))]))
		case r.id >= firstPath && r.id <= lastPath && r.name != "":
			lines := subpaths(r.data, float64(width), float64(height), left+1)
			for _, line := range lines {
				left -= len(line.Knots)
			}
			if left < 0 || len(all) == MaxPaths {
				return nil, false
			}
			all = append(all, Path{Name: text(r.name), Subpaths: lines})
		}
	}
	for i := range all {
		all[i].Clipping = clipping != "" && all[i].Name == clipping
	}
	return all, true
}

// Kinds of path records; "Path Resource Format" of the same specification. The others say how a path is filled.
const (
	closedLength   = 0
	closedLinked   = 1
	closedUnlinked = 2
	openLength     = 3
	openLinked     = 4
	openUnlinked   = 5
)

// recordBytes is the length of every path record.
const recordBytes = 26

// subpaths reads records until they end or have given limit knots. A length record starts a line; that it announces
// another number of knots than follow is of no importance.
func subpaths(records []byte, width, height float64, limit int) []Subpath {
	var lines []Subpath
	for ; len(records) >= recordBytes && limit > 0; records = records[recordBytes:] {
		switch binary.BigEndian.Uint16(records) {
		case closedLength:
			lines = append(lines, Subpath{Closed: true})
		case openLength:
			lines = append(lines, Subpath{})
		case closedLinked, closedUnlinked, openLinked, openUnlinked:
			if len(lines) == 0 {
				continue
			}
			line := &lines[len(lines)-1]
			line.Knots = append(line.Knots, Knot{
				Before: point(records[2:], width, height),
				Anchor: point(records[10:], width, height),
				After:  point(records[18:], width, height),
			})
			limit--
		}
	}
	return slices.DeleteFunc(lines, func(s Subpath) bool { return len(s.Knots) == 0 })
}

// point reads the vertical and the horizontal part of a place, each in signed 8.24 fixed point relative to the height
// and the width.
func point(b []byte, width, height float64) Point {
	part := func(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / (1 << 24) }
	return Point{X: part(b[4:]) * width, Y: part(b) * height}
}

// macRoman is what the bytes from 128 on mean in the encoding that Photoshop names resources in.
const macRoman = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø" +
	"¿¡¬√ƒ≈∆«»…\u00a0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uf8ffÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ"

// text makes a name of stored bytes: UTF-8 stays, as other programs write it, anything else is taken as Mac Roman.
// Characters that XML cannot carry become blanks.
func text(stored string) string {
	if !utf8.ValidString(stored) {
		var out strings.Builder
		high := []rune(macRoman)
		for _, b := range []byte(stored) {
			if b < utf8.RuneSelf {
				out.WriteByte(b)
			} else {
				out.WriteRune(high[b-utf8.RuneSelf])
			}
		}
		stored = out.String()
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, stored)
}
