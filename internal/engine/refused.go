package engine

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// refusedImage says why the library does not take a Photoshop file, by its
// header, or returns "" for one that it takes and for files of other formats
// (Scene7 contract, section 11, refused images). head is the beginning of the
// file. The fields are those of the Photoshop file format: signature, version at
// byte 4, bits of a channel at 22, colour mode at 24.
func refusedImage(head []byte) string {
	if len(head) < 26 || !strings.HasPrefix(string(head), "8BPS") {
		return ""
	}
	version, depth, mode := binary.BigEndian.Uint16(head[4:]), binary.BigEndian.Uint16(head[22:]), binary.BigEndian.Uint16(head[24:])
	modes := map[uint16]string{2: "Indexed", 7: "Multichannel", 8: "Duotone", 9: "Lab"}
	switch {
	case version == 2:
		return "large Photoshop documents (PSB) are not taken"
	case modes[mode] != "":
		return fmt.Sprintf("Photoshop files in %s mode are not taken; save it in RGB, CMYK or gray", modes[mode])
	case depth > 16:
		return fmt.Sprintf("Photoshop files of %d bits for each channel are not taken, the limit is 16", depth)
	}
	return ""
}
