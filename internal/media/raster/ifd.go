package raster

import (
	"encoding/binary"
	"errors"
	"io"
)

// TIFF 6.0 tags that are looked at; section 8, and EXIF 2.32 for the orientation.
const (
	tagWidth       = 256
	tagHeight      = 257
	tagBits        = 258
	tagPhotometric = 262
	tagOrientation = 274
	tagXResolution = 282
	tagResUnit     = 296
	tagStrips      = 273 // where they are
	tagSamples     = 277
	tagStripRows   = 278
	tagStripBytes  = 279
	tagPlanar      = 284
	tagTileWidth   = 322
	tagTileHeight  = 323
	tagTiles       = 324 // where they are
	tagTileBytes   = 325
	tagExtra       = 338
	tagFormat      = 339
	tagXMP         = 700
	tagIPTC        = 33723
	tagPhotoshop   = 34377 // image resource blocks
	tagProfile     = 34675 // ICC.1 annex B.4
)

// maxEntries bounds a directory; real ones have a few dozen entries.
const maxEntries = 4096

var errDirectory = errors.New("the TIFF directory is malformed")

// directory holds the first value of each entry of one image file directory, by tag.
type directory map[uint16]uint32

// ifdReader walks the directories of a TIFF structure, in a TIFF file or inside an EXIF block.
type ifdReader struct {
	src   io.ReaderAt
	order binary.ByteOrder
	next  int64 // offset of the next directory, 0 at the end

	density float64          // the horizontal resolution of the directory read last, in its unit; 0 when it has none
	blobs   map[uint16]block // where bytes of the directory read last stand, by tag
}

// block is a place in a file.
type block struct{ at, length int64 }

func newIFDReader(src io.ReaderAt) (*ifdReader, error) {
	var head [8]byte
	if _, err := src.ReadAt(head[:], 0); err != nil {
		return nil, err
	}
	r := &ifdReader{src: src}
	switch string(head[:4]) {
	case "II*\x00":
		r.order = binary.LittleEndian
	case "MM\x00*":
		r.order = binary.BigEndian
	default:
		return nil, errDirectory
	}
	r.next = int64(r.order.Uint32(head[4:]))
	return r, nil
}

// read returns the directory at r.next and moves on to the one after it.
func (r *ifdReader) read() (directory, error) {
	var word [4]byte
	if _, err := r.src.ReadAt(word[:2], r.next); err != nil {
		return nil, err
	}
	count := int(r.order.Uint16(word[:2]))
	if count == 0 || count > maxEntries {
		return nil, errDirectory
	}
	entries := make([]byte, 12*count)
	if _, err := r.src.ReadAt(entries, r.next+2); err != nil {
		return nil, err
	}
	dir := directory{}
	r.density, r.blobs = 0, map[uint16]block{}
	for e := entries; len(e) > 0; e = e[12:] {
		if value, ok := r.firstValue(e[:12]); ok {
			dir[r.order.Uint16(e)] = value
		}
		r.note(e[:12])
	}
	// A missing link to the next directory is read as the end.
	after := r.next + 2 + int64(len(entries))
	r.next = 0
	if _, err := r.src.ReadAt(word[:], after); err == nil {
		r.next = int64(r.order.Uint32(word[:]))
	}
	return dir, nil
}

// note remembers the entries that are no small numbers: the resolution, a RATIONAL (5), and blocks of BYTE (1) or
// UNDEFINED (7).
func (r *ifdReader) note(entry []byte) {
	tag, kind := r.order.Uint16(entry), r.order.Uint16(entry[2:])
	at, count := int64(r.order.Uint32(entry[8:])), int64(r.order.Uint32(entry[4:]))
	switch {
	case tag == tagXResolution && kind == 5:
		var both [8]byte
		if _, err := r.src.ReadAt(both[:], at); err == nil {
			if parts := r.order.Uint32(both[4:]); parts > 0 {
				r.density = float64(r.order.Uint32(both[:])) / float64(parts)
			}
		}
	case (tag == tagPhotoshop || tag == tagProfile || tag == tagXMP || tag == tagIPTC) && (kind == 1 || kind == 7) && count > 4:
		r.blobs[tag] = block{at, count}
	case tag == tagIPTC && kind == 4 && count > 1: // bytes in spite of their type
		r.blobs[tag] = block{at, 4 * count}
	}
}

// resolution is the horizontal resolution in pixels per inch of the directory read last, which is d; 0 when unknown.
func (r *ifdReader) resolution(d directory) float64 {
	switch unit, given := d[tagResUnit]; {
	case !given || unit == 2:
		return perInch(r.density)
	case unit == 3:
		return perInch(r.density * 2.54)
	}
	return 0
}

// mostPerInch is far above what any scanner makes.
const mostPerInch = 100_000

// perInch drops what cannot be a resolution.
func perInch(density float64) float64 {
	if !(density > 0 && density <= mostPerInch) {
		return 0
	}
	return density
}

// firstValue reads the first number of an entry of type SHORT (3) or LONG (4); what does not fit the entry's last
// four bytes stands elsewhere in the file.
func (r *ifdReader) firstValue(entry []byte) (uint32, bool) {
	count := r.order.Uint32(entry[4:])
	value := entry[8:12]
	var size uint32
	switch r.order.Uint16(entry[2:]) {
	case 3:
		size = 2
	case 4:
		size = 4
	default:
		return 0, false
	}
	if count == 0 {
		return 0, false
	}
	if count > 4/size {
		var elsewhere [4]byte
		if _, err := r.src.ReadAt(elsewhere[:size], int64(r.order.Uint32(value))); err != nil {
			return 0, false
		}
		value = elsewhere[:]
	}
	if size == 2 {
		return uint32(r.order.Uint16(value)), true
	}
	return r.order.Uint32(value), true
}

// orientation returns the orientation of a directory, 1 when there is none or none that is defined.
func (d directory) orientation() int {
	if v := d[tagOrientation]; v >= 1 && v <= 8 {
		return int(v)
	}
	return 1
}

// readExif reads the orientation and the resolution out of an EXIF block, which is a TIFF structure without the "Exif"
// mark. A resolution that another part of the file gave stays.
func (p *picture) readExif(block io.ReaderAt) {
	r, err := newIFDReader(block)
	if err != nil {
		return
	}
	dir, err := r.read()
	if err != nil {
		return
	}
	p.Orientation = dir.orientation()
	if p.Resolution == 0 {
		p.Resolution = r.resolution(dir)
	}
}
