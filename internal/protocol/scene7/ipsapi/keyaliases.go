package ipsapi

import (
	"strings"

	"sluice/internal/engine"
)

// keyAliases maps the names that EXIF tags and IPTC records have themselves to the keys under which they are kept,
// which are the names of XMP.
func keyAliases() map[string]string {
	return map[string]string{
		"exif.Make": "tiff.Make", "exif.Model": "tiff.Model", "exif.Orientation": "tiff.Orientation", "exif.ImageDescription": "dc.description",
		"exif.Artist": "dc.creator", "exif.Copyright": "dc.rights", "exif.Software": "xmp.CreatorTool", "exif.DateTime": "xmp.ModifyDate",
		"exif.CreateDate": "exif.DateTimeDigitized", "exif.ISO": "exif.ISOSpeedRatings", "exif.PhotographicSensitivity": "exif.ISOSpeedRatings",
		"exif.ExposureCompensation": "exif.ExposureBiasValue", "exif.LensMake": "exifEX.LensMake", "exif.LensModel": "exifEX.LensModel",
		"exif.SerialNumber": "exifEX.BodySerialNumber",

		"iptc.ObjectName": "dc.title", "iptc.Title": "dc.title", "iptc.Keywords": "dc.subject", "iptc.Caption": "dc.description",
		"iptc.Caption-Abstract": "dc.description", "iptc.By-line": "dc.creator", "iptc.By-lineTitle": "photoshop.AuthorsPosition",
		"iptc.CopyrightNotice": "dc.rights", "iptc.Headline": "photoshop.Headline", "iptc.Credit": "photoshop.Credit", "iptc.Source": "photoshop.Source",
		"iptc.City": "photoshop.City", "iptc.Sub-location": "Iptc4xmpCore.Location", "iptc.Province-State": "photoshop.State",
		"iptc.Country": "photoshop.Country", "iptc.Country-PrimaryLocationName": "photoshop.Country",
		"iptc.Country-PrimaryLocationCode": "Iptc4xmpCore.CountryCode", "iptc.Category": "photoshop.Category",
		"iptc.SupplementalCategories": "photoshop.SupplementalCategories", "iptc.SpecialInstructions": "photoshop.Instructions",
		"iptc.DateCreated": "photoshop.DateCreated", "iptc.Urgency": "photoshop.Urgency", "iptc.Writer-Editor": "photoshop.CaptionWriter",
		"iptc.OriginalTransmissionReference": "photoshop.TransmissionReference",
	}
}

// embeddedKey reads a key in dot notation, or the handle of a field with such a name, where a metadata field is named;
// false where it names a field that a company has, or nothing of the kind.
func embeddedKey(c *call, handle string, fields []engine.Field) (string, bool) {
	key := strings.TrimSpace(handle)
	if strings.Contains(key, "|") {
		ref, err := fieldRef(c, "fieldHandle", key)
		if err != nil {
			return "", false
		}
		key = ref.Name
	}
	prefix, name, ok := strings.Cut(key, ".")
	if !ok || prefix == "" || name == "" || prefix+"." == customPrefix {
		return "", false
	}
	for _, f := range fields {
		if f.Name == key {
			return "", false
		}
	}
	if stored, ok := keyAliases()[key]; ok {
		key = stored
	}
	return key, true
}
