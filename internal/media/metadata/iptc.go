package metadata

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// dataset is a kind of IPTC record: record and number (IIM 4.2 chapters 5 and 6).
type dataset struct{ record, number byte }

// iptcFields lists the records that are kept under the names that the IPTC Photo Metadata Standard gives them in XMP.
// Dates and times are put together elsewhere.
func iptcFields() map[dataset]string {
	return map[dataset]string{
		{2, 5}: "dc.title", {2, 10}: "photoshop.Urgency", {2, 15}: "photoshop.Category", {2, 20}: "photoshop.SupplementalCategories",
		{2, 25}: "dc.subject", {2, 40}: "photoshop.Instructions", {2, 65}: "xmp.CreatorTool", {2, 80}: "dc.creator",
		{2, 85}: "photoshop.AuthorsPosition", {2, 90}: "photoshop.City", {2, 92}: "Iptc4xmpCore.Location", {2, 95}: "photoshop.State",
		{2, 100}: "Iptc4xmpCore.CountryCode", {2, 101}: "photoshop.Country", {2, 103}: "photoshop.TransmissionReference",
		{2, 105}: "photoshop.Headline", {2, 110}: "photoshop.Credit", {2, 115}: "photoshop.Source", {2, 116}: "dc.rights",
		{2, 120}: "dc.description", {2, 122}: "photoshop.CaptionWriter", {2, 12}: "Iptc4xmpCore.SubjectCode",
	}
}

// Records that are needed for others.
var (
	codedCharacterSet = dataset{1, 90}
	dateCreated       = dataset{2, 55}
	timeCreated       = dataset{2, 60}
)

const (
	resourceIPTC  = 0x0404 // Adobe Photoshop File Formats Specification, "Image Resource IDs"
	resourceEXIF  = 0x0422
	resourceXMP   = 0x0424
	mostRecords   = 5000
	longestRecord = 64 << 10 // bytes
)

// iptc takes over records. What the packet says counts before them: programs that know both write both, and those that
// know the records only are the older ones.
func (m *Metadata) iptc(records []byte) {
	found := readRecords(records)
	for at, key := range iptcFields() {
		m.set(key, found[at]...)
	}
	first := func(at dataset) string { return strings.Join(found[at][:min(1, len(found[at]))], "") }
	if date := first(dateCreated); len(date) == 8 {
		written := date[:4] + ":" + date[4:6] + ":" + date[6:]
		if clock := first(timeCreated); len(clock) >= 6 {
			written += " " + clock[:2] + ":" + clock[2:4] + ":" + clock[4:]
		}
		m.set("photoshop.DateCreated", moment(written, ""))
	}
}

// readRecords reads IPTC records; IIM 4.2 section 1.6. The first byte that begins none ends them.
func readRecords(body []byte) map[dataset][]string {
	found, raw := map[dataset][]string{}, map[dataset][][]byte{}
	for range mostRecords {
		if len(body) < 5 || body[0] != 0x1c {
			break
		}
		at, length := dataset{body[1], body[2]}, int(binary.BigEndian.Uint16(body[3:]))
		body = body[5:]
		if length&0x8000 != 0 { // the length of the length
			size := length & 0x7fff
			if size == 0 || size > 4 || len(body) < size {
				break
			}
			length = 0
			for _, b := range body[:size] {
				length = length<<8 | int(b)
			}
			body = body[size:]
		}
		if length > len(body) {
			break
		}
		if length <= longestRecord && len(raw[at]) < MaxItems {
			raw[at] = append(raw[at], body[:length])
		}
		body = body[length:]
	}
	unicode := len(raw[codedCharacterSet]) > 0 && bytes.HasPrefix(raw[codedCharacterSet][0], []byte("\x1b%G"))
	for at, list := range raw {
		for _, value := range list {
			found[at] = append(found[at], recordText(value, unicode))
		}
	}
	return found
}

// recordText reads a text: UTF-8 where the file says so or where it can be nothing else, otherwise Latin 1.
func recordText(value []byte, unicode bool) string {
	value = bytes.Trim(value, "\x00")
	if unicode || utf8.Valid(value) {
		return string(value)
	}
	runes := make([]rune, len(value))
	for i, b := range value {
		runes[i] = rune(b)
	}
	return string(runes)
}
