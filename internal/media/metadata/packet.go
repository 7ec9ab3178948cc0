package metadata

import (
	"bytes"

	"sluice/internal/wire/xmp"
)

// packet takes over an XMP packet, before anything else is. One that cannot be read is none.
func (m *Metadata) packet(body []byte) {
	if m.Packet != nil || len(m.Values) > 0 {
		return
	}
	body = bytes.Trim(body, "\x00 \t\r\n")
	if len(body) == 0 {
		return
	}
	p, err := xmp.Parse(body)
	if err != nil {
		return
	}
	for key, values := range p.Values() {
		switch key {
		case "exif.GPSLatitude":
			values = []string{degrees(values[0], 90)}
		case "exif.GPSLongitude":
			values = []string{degrees(values[0], 180)}
		default:
			if rank(key) == technical && len(values) == 1 {
				values = []string{quotient(values[0])}
			}
		}
		m.set(key, values...)
	}
	if kept := p.Bytes(); len(kept) <= MaxPacket {
		m.Packet = kept
	}
}
