package extent

import (
	"bufio"
	"encoding/binary"
	"io"
)

// mostAssociations is how many bytes of the list of properties of all pictures in a file are looked at.
const mostAssociations = 256 << 10

// heif reads the extent of a HEIF file (ISO/IEC 23008-12): the sizes of all pictures in it, and that of the primary one
// with what turns and cuts it.
func (r *pieces) heif() (e Extent) {
	primary, all := r.properties()
	for _, property := range all {
		if property.kind == "ispe" {
			e.Most = larger(e.Most, r.ispe(property))
		}
	}
	for _, property := range primary {
		e.Shown = r.apply(property, e.Shown)
	}
	return e
}

// properties lists the properties of the primary picture in the order in which they are applied, and those of all.
func (r *pieces) properties() (primary, all []box) {
	meta, ok := r.first("meta", 0, r.size)
	if !ok {
		return nil, nil
	}
	var item int64
	var properties box
	for b := range r.boxes(meta.from+4, meta.to) { // behind version and flags
		switch b.kind {
		case "pitm":
			item = r.primary(b)
		case "iprp":
			properties = b
		}
	}
	container, ok := r.first("ipco", properties.from, properties.to)
	if !ok {
		return nil, nil
	}
	for b := range r.boxes(container.from, container.to) {
		all = append(all, b)
	}
	for b := range r.boxes(properties.from, properties.to) {
		if b.kind != "ipma" {
			continue
		}
		for _, index := range r.associated(b, item) {
			if index > 0 && index <= len(all) {
				primary = append(primary, all[index-1])
			}
		}
	}
	return primary, all
}

// primary reads the number of the primary item.
func (r *pieces) primary(b box) int64 {
	switch body := r.upTo(8, b.from, b.to); {
	case len(body) >= 6 && body[0] == 0:
		return int64(binary.BigEndian.Uint16(body[4:]))
	case len(body) == 8:
		return number(body[4:])
	}
	return 0
}

// ispe reads the size of a picture.
func (r *pieces) ispe(b box) Size {
	body := r.upTo(12, b.from, b.to)
	if len(body) < 12 {
		return Size{}
	}
	return Size{Width: number(body[4:]), Height: number(body[8:])}
}

// apply is the size of a picture after one more of its properties.
func (r *pieces) apply(property box, s Size) Size {
	switch property.kind {
	case "ispe":
		return r.ispe(property)
	case "irot":
		if b := r.upTo(1, property.from, property.to); len(b) == 1 && b[0]&1 == 1 {
			return Size{Width: s.Height, Height: s.Width}
		}
	case "clap": // width and height as fractions
		b := r.upTo(16, property.from, property.to)
		if len(b) < 16 || number(b[4:]) == 0 || number(b[12:]) == 0 {
			break
		}
		cut := Size{Width: number(b) / number(b[4:]), Height: number(b[8:]) / number(b[12:])}
		if cut.Width > 0 && cut.Width <= s.Width && cut.Height > 0 && cut.Height <= s.Height {
			return cut
		}
	}
	return s
}

// associated lists the numbers of the properties of an item, from 1 on, in their order.
func (r *pieces) associated(b box, item int64) []int {
	list := bufio.NewReader(io.LimitReader(io.NewSectionReader(r.src, b.from, b.to-b.from), mostAssociations))
	integer := func(bytes int) (value int64) {
		for range bytes {
			b, err := list.ReadByte()
			if err != nil {
				return -1
			}
			value = value<<8 | int64(b)
		}
		return value
	}
	version, flags, count := integer(1), integer(3), integer(4)
	wide, narrow := 4, 2
	if version == 0 {
		wide = narrow
	}
	for range count {
		id, associations := integer(wide), integer(1)
		if id < 0 || associations < 0 {
			return nil
		}
		var found []int
		for range associations {
			if flags&1 == 1 { // the highest bit says that readers must know the property
				found = append(found, int(integer(2)&0x7fff))
			} else {
				found = append(found, int(integer(1)&0x7f))
			}
		}
		if id == item {
			return found
		}
	}
	return nil
}
