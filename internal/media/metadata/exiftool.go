package metadata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// ToolArguments are what exiftool is told about a file: to write the tags that are kept as JSON, and its XMP packet
// behind that. Tool reads the answer.
func ToolArguments(file string) []string {
	return []string{
		"-j", "-G1", "-n", "-api", "LargeFileSupport=1",
		"-EXIF:all", "-IPTC:all", "-XMP:all", "-PDF:all", "-PostScript:all", "-QuickTime:all", "-ID3:all", "-Vorbis:all", "-Matroska:all",
		"-ASF:all", "-RIFF:all", "-AIFF:all", "-SVG:all", "-ICC_Profile:ProfileDescription", "-Composite:GPSLatitude", "-Composite:GPSLongitude",
		"-Composite:GPSAltitude", file,
		"-execute", "-b", "-XMP", file,
	}
}

// MaxAnswer is the most bytes of exiftool's answer that are read.
const MaxAnswer = 8 << 20

// Tool reads what exiftool said of a file. An answer that cannot be read is an error.
func Tool(answer []byte) (*Metadata, error) {
	in := json.NewDecoder(bytes.NewReader(answer))
	in.UseNumber()
	var files []map[string]any
	if err := in.Decode(&files); err != nil || len(files) != 1 {
		return nil, fmt.Errorf("%d files: %w", len(files), err)
	}
	rest, _ := io.ReadAll(in.Buffered())
	rest = append(rest, answer[in.InputOffset()+int64(len(rest)):]...)
	m := &Metadata{}
	m.packet(rest)
	found := said(files[0])
	if m.Packet == nil {
		found.properties(m)
	}
	found.describe(m)
	found.records(m)
	m.exif(found.exif)
	return m.Bounded(), nil
}

// answered are exiftool's tags, apart by where they come from.
type answered struct {
	exif  tags
	iptc  map[string][]string
	xmp   map[string][]string // by prefix and name with a dot
	other map[string][]string // of documents, video and sound
}

func said(file map[string]any) answered {
	a := answered{exif: tags{}, iptc: map[string][]string{}, xmp: map[string][]string{}, other: map[string][]string{}}
	names := make([]string, 0, len(file))
	for name := range file {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, full := range names {
		group, name, ok := strings.Cut(full, ":")
		values := listed(file[full])
		if !ok || name == "" || len(values) == 0 {
			continue
		}
		space, property := strings.CutPrefix(group, "XMP-")
		switch {
		case property && space == "x": // of the packet itself
		case property:
			a.xmp[space+"."+name] = values
		case group == "IFD0", group == "ExifIFD", group == "GPS":
			if a.exif[name] == "" {
				a.exif[name] = values[0]
			}
		case group == "IPTC":
			a.iptc[name] = values
		case strings.HasPrefix(group, "Track"), group == "System", group == "File":
		default:
			if a.other[name] == nil {
				a.other[name] = values
			}
		}
	}
	return a
}

// listed is one value or a list of them as texts.
func listed(value any) (list []string) {
	switch v := value.(type) {
	case string:
		if !strings.HasPrefix(v, "(Binary data") && v != "undef" {
			list = []string{v}
		}
	case json.Number:
		list = []string{v.String()}
	case bool:
		list = []string{fmt.Sprint(v)}
	case []any:
		for _, item := range v[:min(len(v), MaxItems)] {
			list = append(list, listed(item)...)
		}
	}
	return list
}

// properties takes over XMP that stands in no packet of its own, as in SVG files.
func (a answered) properties(m *Metadata) {
	for key, values := range a.xmp {
		prefix, name, _ := strings.Cut(key, ".")
		if prefix == "dc" {
			name = string(unicode.ToLower(rune(name[0]))) + name[1:]
		}
		for i, value := range values {
			if at := moment(value, ""); at != "" && strings.Contains(name, "Date") {
				values[i] = at
			}
		}
		m.set(prefix+"."+name, values...)
	}
}

// otherFields lists the tags of documents, video and sound that are kept.
func otherFields() map[string]string {
	return map[string]string{
		"Title": "dc.title", "Author": "dc.creator", "Subject": "dc.description", "Description": "dc.description", "Comment": "dc.description",
		"Copyright": "dc.rights", "Keywords": "pdf.Keywords", "Producer": "pdf.Producer", "Creator": "xmp.CreatorTool",
		"Artist": "xmpDM.artist", "Album": "xmpDM.album", "Genre": "xmpDM.genre", "Composer": "xmpDM.composer", "TrackNumber": "xmpDM.trackNumber",
		"Track": "xmpDM.trackNumber", "Make": "tiff.Make", "Model": "tiff.Model", "Software": "xmp.CreatorTool",
		"ProfileDescription": "photoshop.ICCProfile",
	}
}

func (a answered) describe(m *Metadata) {
	names := make([]string, 0, len(a.other))
	for name := range a.other {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if key := otherFields()[name]; key != "" {
			m.set(key, a.other[name]...)
		}
	}
	first := func(name string) string { return strings.Join(a.other[name][:min(1, len(a.other[name]))], "") }
	for _, name := range []string{"CreationDate", "CreateDate"} {
		m.set("xmp.CreateDate", moment(first(name), ""))
	}
	m.set("xmp.ModifyDate", moment(first("ModifyDate"), ""))
	for _, name := range []string{"RecordingTime", "Date", "Year"} {
		m.set("dc.date", first(name))
	}
	m.set("exif.GPSLatitude", degrees(first("GPSLatitude"), 90))
	m.set("exif.GPSLongitude", degrees(first("GPSLongitude"), 180))
	m.set("exif.GPSAltitude", first("GPSAltitude"))
}

// recordNames maps exiftool's names for IPTC records to the names under which they are kept.
func recordNames() map[string]string {
	return map[string]string{
		"ObjectName": "dc.title", "Urgency": "photoshop.Urgency", "Category": "photoshop.Category",
		"SupplementalCategories": "photoshop.SupplementalCategories", "Keywords": "dc.subject", "SpecialInstructions": "photoshop.Instructions",
		"OriginatingProgram": "xmp.CreatorTool", "By-line": "dc.creator", "By-lineTitle": "photoshop.AuthorsPosition", "City": "photoshop.City",
		"Sub-location": "Iptc4xmpCore.Location", "Province-State": "photoshop.State", "Country-PrimaryLocationCode": "Iptc4xmpCore.CountryCode",
		"Country-PrimaryLocationName": "photoshop.Country", "OriginalTransmissionReference": "photoshop.TransmissionReference",
		"Headline": "photoshop.Headline", "Credit": "photoshop.Credit", "Source": "photoshop.Source", "CopyrightNotice": "dc.rights",
		"Caption-Abstract": "dc.description", "Writer-Editor": "photoshop.CaptionWriter", "SubjectReference": "Iptc4xmpCore.SubjectCode",
	}
}

func (a answered) records(m *Metadata) {
	for name, key := range recordNames() {
		m.set(key, a.iptc[name]...)
	}
	if date := a.iptc["DateCreated"]; len(date) > 0 {
		written := date[0]
		if clock := a.iptc["TimeCreated"]; len(clock) > 0 {
			written += " " + clock[0]
		}
		m.set("photoshop.DateCreated", moment(written, ""))
	}
}
