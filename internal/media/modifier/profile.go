package modifier

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
)

// profile is the ICC profile to embed, nil when there is none or it would not fit the pixels that are written.
func (e *encoder) profile(gray bool) []byte {
	if !e.c.EmbedProfile {
		return nil
	}
	if len(e.from.Profile) < 128 {
		e.warn("iccEmbed: the source carries no profile that can be embedded")
		return nil
	}
	if e.format == "gif" || e.format == "bmp" {
		e.warn("iccEmbed: %s files carry no profile here", e.format)
		return nil
	}
	// ICC.1 section 7.2.6: the colour space of the data. Gray pixels with an alpha channel are written in colour.
	space, needed := string(e.from.Profile[16:20]), "RGB "
	if gray && !e.done.Alpha && e.format != "png8" {
		needed = "GRAY"
	}
	if space != needed {
		e.warn("iccEmbed: the profile of the source is for %q, the result has %q", space, needed)
		return nil
	}
	if len(e.from.Profile) > 255*maxProfilePart {
		e.warn("iccEmbed: the profile of %d bytes is too long", len(e.from.Profile))
		return nil
	}
	return e.from.Profile
}

// maxProfilePart is the most bytes of a profile in one JPEG segment: 65,535 without the length, the mark and the count.
const maxProfilePart = 65535 - 2 - 14

// jpegProfile is a profile in APP2 segments; ICC.1 annex B.4.
func jpegProfile(profile []byte) []byte {
	count := (len(profile) + maxProfilePart - 1) / maxProfilePart
	var out []byte
	for i := range count {
		part := profile[:min(len(profile), maxProfilePart)]
		profile = profile[len(part):]
		out = append(out, 0xff, 0xe2)
		out = binary.BigEndian.AppendUint16(out, uint16(2+14+len(part)))
		out = append(append(out, "ICC_PROFILE\x00"...), byte(i+1), byte(count))
		out = append(out, part...)
	}
	return out
}

// pngProfile is a profile in an iCCP chunk; PNG, third edition, section 11.3.2.3.
func pngProfile(profile []byte) []byte {
	if len(profile) == 0 {
		return nil
	}
	var body bytes.Buffer
	body.WriteString("iCCPICC Profile\x00\x00")
	packer := zlib.NewWriter(&body)
	// Writing to memory does not fail.
	_, _ = packer.Write(profile)
	_ = packer.Close()
	chunk := binary.BigEndian.AppendUint32(nil, uint32(body.Len()-4))
	chunk = append(chunk, body.Bytes()...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(body.Bytes()))
}
