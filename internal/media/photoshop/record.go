package photoshop

import (
	"image"
	"unicode/utf16"

	"sluice/internal/media/fault"
)

const (
	// MaxRecords is how many layers and marks of groups a file may have. Photoshop itself stops at 8,000 layers.
	MaxRecords = 8_000
	// maxLayerEdge bounds the places that a layer may have, in pixels from the upper left corner of the file.
	maxLayerEdge = 1 << 20
	// maxMaskPixels is the largest layer mask that counts; a larger one is left out.
	maxMaskPixels = 1 << 29
	// maxNameUnits is how many UTF-16 code units of a layer's name are read.
	maxNameUnits = 512
)

// Record is one layer, the beginning or the end of a group; "Layer records".
type Record struct {
	Name     string
	Rect     image.Rectangle // of its pixels, in those of the file; it may lie outside of the file
	Blend    string          // key of the blend mode, four characters
	Opacity  byte
	Fill     byte // opacity of the pixels without the effects
	Clipped  bool // it shows only where the layer below it does
	Hidden   bool
	Effects  bool // it has layer effects
	Adjusts  bool // it changes what is below it, or is filled without pixels of its own
	Text     *Text
	Section  int // 0 layer, 1 and 2 group, 3 lower end of a group
	channels []channel
	mask     mask
}

// channel is where the samples of one channel of a layer are.
type channel struct {
	id     int
	at     int64
	length int64
}

// mask is a layer mask; "Layer mask / adjustment layer data".
type mask struct {
	present bool
	rect    image.Rectangle
	outside byte // the mask outside of rect
	off     bool
	density byte
}

// Ids of channels other than colours.
const (
	channelAlpha = -1
	channelMask  = -2 // what a layer mask and a vector mask leave together; -3, the layer mask alone, does not count
)

// HasPixels reports whether the layer has an image of its own.
func (r *Record) HasPixels() bool {
	return r.Section == 0 && !r.Rect.Empty() && len(r.channels) > 0
}

// findLayers finds the layer records in the layer and mask information section, and learns from their number whether
// the merged image is transparent.
func (d *Document) findLayers(c *cursor) {
	if c.left() < 4 {
		return
	}
	d.info = c.part(int64(c.u32()))
	if d.info.err == nil && d.info.left() < 2 {
		d.info = taggedLayers(c)
	}
	if d.info == nil {
		return
	}
	count := int16((&cursor{src: d.src, at: d.info.at, end: d.info.end, err: d.info.err}).u16())
	d.Alpha = (d.Alpha || count < 0) && d.Channels > colours(d.mode)
	d.matted = d.matted || count < 0
}

// taggedLayers finds the layer records of a file of 16 bits: in a tagged block behind the global layer mask.
func taggedLayers(c *cursor) *cursor {
	if c.left() < 4 {
		return nil
	}
	c.skip(int64(c.u32()))
	for c.err == nil && c.left() >= 12 {
		if signature := string(c.bytes(4)); signature != "8BIM" && signature != "8B64" {
			return nil
		}
		key, length := string(c.bytes(4)), int64(c.u32())
		if key == "Layr" || key == "Lr16" {
			return c.part(min(length, c.left()))
		}
		c.skip(min((length+3)&^3, c.left())) // padded to four bytes here
	}
	return nil
}

// ReadLayers reads the records of all layers, from the lowest to the highest; none when the file has the merged image
// only. It fails with a *fault.Error of class Corrupt, or TooLarge when there are more than MaxRecords.
func (d *Document) ReadLayers() ([]*Record, error) {
	if d.info == nil {
		return nil, nil
	}
	c := *d.info
	count := int(int16(c.u16()))
	count = max(count, -count)
	if count > MaxRecords {
		return nil, failure(fault.TooLarge, "the file has %d layers and ends of groups, the limit is %d", count, MaxRecords)
	}
	var list []*Record
	text := maxText
	for range count {
		r, err := d.record(&c, &text)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	for _, r := range list { // The samples of all layers follow all records.
		for i := range r.channels {
			r.channels[i].at = c.at
			c.skip(r.channels[i].length)
		}
	}
	if c.err != nil {
		return nil, c.broken()
	}
	return list, nil
}

// record reads one record. text is how many bytes of text may still be kept.
func (d *Document) record(c *cursor, text *int) (*Record, error) {
	r := &Record{Fill: 255, Rect: rectangle(c)}
	count := c.u16()
	if c.err == nil && (count > maxChannels || !possible(r.Rect)) {
		return nil, failure(fault.Corrupt, "a layer of the Photoshop file claims %d channels at %v", count, r.Rect)
	}
	for range min(int(count), maxChannels) {
		r.channels = append(r.channels, channel{id: int(int16(c.u16())), length: int64(c.u32())})
	}
	if signature := string(c.bytes(4)); c.err == nil && signature != "8BIM" {
		return nil, failure(fault.Corrupt, "a layer of the Photoshop file is damaged")
	}
	r.Blend, r.Opacity, r.Clipped = string(c.bytes(4)), c.u8(), c.u8() != 0
	r.Hidden = c.u8()&2 != 0
	c.skip(1)
	extra := c.part(int64(c.u32()))
	if c.err != nil {
		return nil, c.broken()
	}
	r.masks(extra.part(int64(extra.u32())))
	extra.skip(int64(extra.u32())) // blending ranges
	length := int64(extra.u8())
	r.Name = string(extra.bytes(length))
	extra.skip(min((4-(length+1)%4)%4, extra.left()))
	r.Name = clean(r.Name)
	r.tagged(extra, text)
	return r, nil
}

// rectangle reads top, left, bottom and right.
func rectangle(c *cursor) image.Rectangle {
	top, left, bottom, right := int(int32(c.u32())), int(int32(c.u32())), int(int32(c.u32())), int(int32(c.u32()))
	return image.Rectangle{Min: image.Pt(left, top), Max: image.Pt(right, bottom)}
}

// possible reports whether a rectangle is one that Photoshop could have written.
func possible(r image.Rectangle) bool {
	return r.Min.X <= r.Max.X && r.Min.Y <= r.Max.Y && r.Dx() <= 10*MaxEdge && r.Dy() <= 10*MaxEdge &&
		r.Min.X >= -maxLayerEdge && r.Min.Y >= -maxLayerEdge && r.Max.X <= maxLayerEdge && r.Max.Y <= maxLayerEdge
}

// maskable reports whether a mask of this size is read.
func maskable(r image.Rectangle) bool {
	return possible(r) && int64(r.Dx())*int64(r.Dy()) <= maxMaskPixels
}

// masks reads the layer mask.
func (r *Record) masks(c *cursor) {
	if c.left() < 18 {
		return
	}
	rect := rectangle(c)
	outside, flags := c.u8(), c.u8()
	r.mask = mask{present: maskable(rect), rect: rect, outside: outside, off: flags&2 != 0, density: 255}
	if flags&16 != 0 && c.left() > 0 {
		which := c.u8()
		for bit, size := range []int64{1, 8, 1, 8} { // density and feather of the mask, then of the vector mask
			if which&(1<<bit) == 0 || c.left() < size {
				continue
			}
			value := c.bytes(size)
			if bit == 0 {
				r.mask.density = value[0]
			}
		}
	}
}

// tagged reads the additional layer information of a record as far as it is well formed.
func (r *Record) tagged(c *cursor, text *int) {
	for c.err == nil && c.left() >= 12 {
		if signature := string(c.bytes(4)); signature != "8BIM" && signature != "8B64" {
			return
		}
		key, length := string(c.bytes(4)), int64(c.u32())
		block := c.part(min(length+length&1, c.left()))
		switch key {
		case "luni":
			r.Name = clean(unicodeName(block, r.Name))
		case "lsct", "lsdk":
			r.Section = int(block.u32() & 3)
			if block.left() >= 8 && string(block.bytes(4)) == "8BIM" {
				r.Blend = string(block.bytes(4))
			}
		case "iOpa":
			r.Fill = block.u8()
		case "lfx2", "lmfx", "lrFX":
			r.Effects = true
		case "TySh":
			r.Text = readText(block, text)
		case "SoCo", "GdFl", "PtFl", "brit", "levl", "curv", "expA", "vibA", "hue ", "hue2", "blnc", "blwh", "phfl", "mixr",
			"clrL", "nvrt", "post", "thrs", "selc", "grdm":
			r.Adjusts = true
		}
	}
}

// unicodeName reads a name in UTF-16; otherwise is kept when there is none.
func unicodeName(c *cursor, otherwise string) string {
	units := make([]uint16, min(int64(c.u32()), c.left()/2, maxNameUnits))
	for i := range units {
		units[i] = c.u16()
	}
	if c.err != nil || len(units) == 0 {
		return otherwise
	}
	for len(units) > 0 && units[len(units)-1] == 0 {
		units = units[:len(units)-1]
	}
	return string(utf16.Decode(units))
}

// clean makes a name that can be shown of what is stored.
func clean(stored string) string { return text(stored) }
