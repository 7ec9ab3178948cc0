package metadata

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/bep/imagemeta"
)

// Limits of what the EXIF reader looks at.
const (
	mostTags = 2000
	longest  = 32 << 10 // bytes of a tag
)

// field says under which name a tag is kept.
type field struct {
	key  string
	soft bool // it describes the file; where the packet has words of its own they count
}

// exifFields lists the tags that are kept, by exiftool's names for them; XMP specification part 3 section 2.2 and EXIF
// 2.32 for XMP give the names. Times, coordinates and what needs a second tag are not among them.
func exifFields() map[string]field {
	return map[string]field{
		"Make": {"tiff.Make", false}, "Model": {"tiff.Model", false}, "Orientation": {"tiff.Orientation", false},
		"ImageDescription": {"dc.description", true}, "Artist": {"dc.creator", true}, "Copyright": {"dc.rights", true},
		"Software": {"xmp.CreatorTool", true}, "Rating": {"xmp.Rating", true},

		"ExposureTime": {"exif.ExposureTime", false}, "FNumber": {"exif.FNumber", false}, "ExposureProgram": {"exif.ExposureProgram", false},
		"ISO": {"exif.ISOSpeedRatings", false}, "ShutterSpeedValue": {"exif.ShutterSpeedValue", false},
		"ApertureValue": {"exif.ApertureValue", false}, "BrightnessValue": {"exif.BrightnessValue", false},
		"ExposureCompensation": {"exif.ExposureBiasValue", false}, "MaxApertureValue": {"exif.MaxApertureValue", false},
		"SubjectDistance": {"exif.SubjectDistance", false}, "MeteringMode": {"exif.MeteringMode", false},
		"LightSource": {"exif.LightSource", false}, "Flash": {"exif.Flash", false}, "FocalLength": {"exif.FocalLength", false},
		"FocalLengthIn35mmFormat": {"exif.FocalLengthIn35mmFilm", false}, "ColorSpace": {"exif.ColorSpace", false},
		"ExifImageWidth": {"exif.PixelXDimension", false}, "ExifImageHeight": {"exif.PixelYDimension", false},
		"ExposureMode": {"exif.ExposureMode", false}, "WhiteBalance": {"exif.WhiteBalance", false},
		"DigitalZoomRatio": {"exif.DigitalZoomRatio", false}, "SceneCaptureType": {"exif.SceneCaptureType", false},
		"SensingMethod": {"exif.SensingMethod", false}, "UserComment": {"exif.UserComment", false},
		"LensMake": {"exifEX.LensMake", false}, "LensModel": {"exifEX.LensModel", false}, "LensInfo": {"exifEX.LensSpecification", false},
		"SerialNumber": {"exifEX.BodySerialNumber", false}, "LensSerialNumber": {"exifEX.LensSerialNumber", false},
		"GPSImgDirection": {"exif.GPSImgDirection", false}, "GPSSpeed": {"exif.GPSSpeed", false}, "GPSMapDatum": {"exif.GPSMapDatum", false},
	}
}

// tags are the EXIF tags of a file by name, as text.
type tags map[string]string

// readEXIF decodes a TIFF structure, or a file of another format that the library knows.
func readEXIF(src io.ReadSeeker, format imagemeta.ImageFormat, packet func([]byte)) tags {
	found := tags{}
	_, err := imagemeta.Decode(imagemeta.Options{
		R: src, ImageFormat: format, Sources: imagemeta.EXIF | imagemeta.XMP, LimitNumTags: mostTags, LimitTagSize: longest,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool {
			return t.Source == imagemeta.EXIF && (t.Namespace == "IFD0" || t.Namespace == "IFD0/ExifIFDP" || t.Namespace == "IFD0/GPSInfoIFD")
		},
		HandleTag: func(t imagemeta.TagInfo) error {
			if value := written(t.Value); value != "" && found[t.Tag] == "" {
				found[t.Tag] = value
			}
			return nil
		},
		HandleXMP: func(r io.Reader) error {
			body, err := io.ReadAll(io.LimitReader(r, 8<<20))
			if packet != nil && err == nil {
				packet(body)
			}
			_, _ = io.Copy(io.Discard, r)
			return nil
		},
	})
	_ = err // what was found before the damage counts
	return found
}

// written is a tag as text; "" for what has no use as one.
func written(value any) string {
	switch v := value.(type) {
	case string:
		if strings.ContainsRune(v, '\uFFFD') || v == "undef" || strings.HasPrefix(v, "(Binary data") {
			return ""
		}
		return v
	case interface{ Float64() float64 }:
		return decimal(v.Float64())
	case float64:
		return decimal(v)
	case float32:
		return decimal(float64(v))
	case []any:
		parts := make([]string, 0, min(len(v), 16))
		for _, part := range v[:min(len(v), 16)] {
			parts = append(parts, written(part))
		}
		return strings.Join(parts, " ")
	case uint8, uint16, uint32, int, int8, int16, int32:
		return fmt.Sprint(v)
	}
	return ""
}

// number is a tag as a number.
func (t tags) number(name string) (float64, error) {
	if t[name] == "" {
		return 0, errors.New("it is not there")
	}
	return strconv.ParseFloat(t[name], 64)
}

// exif takes over EXIF tags. What the camera knows counts before what the packet says of it.
func (m *Metadata) exif(t tags) {
	for name, f := range exifFields() {
		switch value, ok := t[name]; {
		case !ok:
		case f.soft:
			m.set(f.key, value)
		default:
			m.replace(f.key, value)
		}
	}
	if iso, _, several := strings.Cut(t["ISO"], " "); several {
		m.replace("exif.ISOSpeedRatings", iso)
	}
	m.replace("exif.DateTimeOriginal", moment(t["DateTimeOriginal"], t["OffsetTimeOriginal"]))
	m.replace("exif.DateTimeDigitized", moment(t["CreateDate"], t["OffsetTimeDigitized"]))
	m.set("xmp.CreateDate", moment(t["CreateDate"], t["OffsetTimeDigitized"]))
	m.set("xmp.ModifyDate", moment(t["ModifyDate"], t["OffsetTime"]))
	m.gps(t)
}

// gps takes over where and when a receiver was. South and west are below zero, and so is what lies under the sea.
func (m *Metadata) gps(t tags) {
	signed := func(name, below string) (float64, bool) {
		n, err := t.number(name)
		if ref := t[name+"Ref"]; ref != "" && strings.EqualFold(ref[:1], below) {
			n = -n
		}
		return n, err == nil
	}
	latitude, north := signed("GPSLatitude", "S")
	longitude, east := signed("GPSLongitude", "W")
	if north && east && (latitude != 0 || longitude != 0 || t["GPSLatitudeRef"] != "") {
		m.replace("exif.GPSLatitude", coordinate(latitude, 90))
		m.replace("exif.GPSLongitude", coordinate(longitude, 180))
	}
	if altitude, ok := signed("GPSAltitude", "1"); ok {
		m.replace("exif.GPSAltitude", decimal(altitude))
	}
	if at := moment(t["GPSDateStamp"]+" "+t["GPSTimeStamp"], "Z"); strings.HasSuffix(at, "Z") {
		m.replace("exif.GPSTimeStamp", at)
	}
}
