package photoshop

import (
	"encoding/binary"
	"math"
	"unicode/utf16"
)

const (
	// maxItems is how many values of a descriptor are read.
	maxItems = 10_000
	// maxNested is how deep values may stand in each other.
	maxNested = 32
)

// descriptor reads "Descriptor structure" of the Adobe Photoshop File Formats Specification. It keeps texts, raw data,
// words out of enumerations and nested descriptors; of anything else only the length counts. Reading ends at the first
// value that is malformed or unknown; what was found before it counts.
type descriptor struct {
	c     *cursor
	items int // that may still be read
	ended bool
}

func (d *descriptor) done() bool { return d.ended || d.c.err != nil || d.items <= 0 }

// read reads a descriptor: a name, a class and values under keys.
func (d *descriptor) read(depth int) map[string]any {
	found := map[string]any{}
	d.unicode()
	d.key()
	for count := d.c.u32(); count > 0 && !d.done(); count-- {
		key := d.key()
		if value := d.value(depth); value != nil && !d.done() {
			found[key] = value
		}
	}
	return found
}

// value reads one value with its type.
func (d *descriptor) value(depth int) any {
	if d.items--; depth > maxNested || d.done() {
		d.ended = true
		return nil
	}
	switch kind := string(d.c.bytes(4)); kind {
	case "Objc", "GlbO":
		return d.read(depth + 1)
	case "VlLs", "obj ":
		for count := d.c.u32(); count > 0 && !d.done(); count-- {
			if kind == "VlLs" {
				d.value(depth + 1)
			} else {
				d.reference()
			}
		}
	case "TEXT":
		return d.unicode()
	case "enum":
		d.key()
		return d.key()
	case "tdta":
		length := int64(d.c.u32())
		if length > maxEngineData {
			d.c.skip(length)
			return nil
		}
		return d.c.bytes(length)
	case "alis":
		d.c.skip(int64(d.c.u32()))
	case "type", "GlbC":
		d.unicode()
		d.key()
	case "bool":
		d.c.skip(1)
	case "long":
		d.c.skip(4)
	case "doub", "comp":
		d.c.skip(8)
	case "UntF":
		d.c.skip(4 + 8)
	default:
		d.ended = true
	}
	return nil
}

// reference reads one step of a reference.
func (d *descriptor) reference() {
	d.items--
	switch kind := string(d.c.bytes(4)); kind {
	case "prop", "Clss", "Enmr", "rele", "name":
		d.unicode()
		d.key()
		switch kind {
		case "prop":
			d.key()
		case "Enmr":
			d.key()
			d.key()
		case "rele":
			d.c.skip(4)
		case "name":
			d.unicode()
		}
	case "Idnt", "indx":
		d.c.skip(4)
	default:
		d.ended = true
	}
}

// key reads a key: four characters after a zero, or as many as its length says.
func (d *descriptor) key() string {
	length := int64(d.c.u32())
	if length == 0 {
		length = 4
	}
	if length > 255 {
		d.ended = true
		return ""
	}
	return string(d.c.bytes(length))
}

// unicode reads a text in UTF-16.
func (d *descriptor) unicode() string {
	length := int64(d.c.u32())
	if length > d.c.left()/2 || length > maxText {
		d.ended = true
		return ""
	}
	stored := d.c.bytes(2 * length)
	if d.c.err != nil {
		return ""
	}
	units := make([]uint16, length)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(stored[2*i:])
	}
	return string(utf16.Decode(units))
}

// float reads a double.
func (c *cursor) float() float64 { return math.Float64frombits(binary.BigEndian.Uint64(c.bytes(8))) }
