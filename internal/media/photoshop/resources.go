// Package photoshop reads what a Photoshop file holds: its layers, their texts, its merged image, and the paths in its
// image resource blocks, which JPEG and TIFF files have, too. It reads untrusted bytes and therefore runs only in the
// confined media worker. Where pixels are missing it fails; in paths, names and texts, what is malformed ends the
// reading, and what was found before it counts.
package photoshop

import "encoding/binary"

// resource is one image resource block.
type resource struct {
	id   uint16
	name string // as stored: a Pascal string in the encoding of the writer's system
	data []byte
}

// resources splits image resource blocks; Adobe Photoshop File Formats Specification, "Image Resource Blocks". Each is
// a signature, an id, a Pascal string and data with a length, both padded to an even number of bytes.
func resources(blocks []byte) []resource {
	var all []resource
	for len(blocks) >= 12 && known(string(blocks[:4])) {
		r := resource{id: binary.BigEndian.Uint16(blocks[4:])}
		length := int(blocks[6])
		after := 7 + length
		after += after & 1
		if len(blocks) < after+4 {
			break
		}
		r.name = string(blocks[7 : 7+length])
		size := int64(binary.BigEndian.Uint32(blocks[after:]))
		blocks = blocks[after+4:]
		if size > int64(len(blocks)) {
			break
		}
		r.data = blocks[:size]
		blocks = blocks[min(size+size&1, int64(len(blocks))):]
		all = append(all, r)
	}
	return all
}

// known lists the signatures that Photoshop and its relatives write.
func known(signature string) bool {
	switch signature {
	case "8BIM", "MeSa", "AgHg", "PHUT", "DCSR":
		return true
	}
	return false
}

// Resource returns the data of the first image resource block with an id; nil when there is none.
func Resource(blocks []byte, id uint16) []byte {
	for _, r := range resources(blocks) {
		if r.id == id {
			return r.data
		}
	}
	return nil
}
