package brightsign

import (
	"path"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// Metadata of assets that came through this door.
const (
	keyContentType  = "brightsign.contentType"          // as it was given
	keyLastModified = "brightsign.fileLastModifiedDate" // on the user's disk
)

// metadataOf is what is kept with the asset of a file.
func (d *Door) metadataOf(a arguments) map[string]string {
	m := map[string]string{keyContentType: a.ContentType}
	if a.ContentType == "" {
		m[keyContentType] = d.Options.DefaultType
	}
	if !a.LastModified.IsZero() {
		m[keyLastModified] = a.LastModified.Format(time.RFC3339Nano)
	}
	return m
}

// extensions tells the types of files by their names (8.6).
func extensions() map[string]string {
	types := map[string]string{}
	for kind, list := range map[string]string{
		typeImage:   "jpg jpeg png bmp gif webp tif tiff",
		typeVideo:   "mpg mpeg mp4 m4v ts m2ts mts mov vob wmv avi mkv webm",
		typeAudio:   "mp3 wav aac m4a ac3 flac ogg wma",
		typeWebPage: "html htm",
	} {
		for ext := range strings.FieldsSeq(list) {
			types["."+ext] = kind
		}
	}
	return types
}

// detectedType tells the type of a file by its name, else by what its content was
// found to be; "" when neither tells.
func detectedType(fileName, mimeType string) string {
	if kind, ok := extensions()[strings.ToLower(path.Ext(fileName))]; ok {
		return kind
	}
	family, _, _ := strings.Cut(mimeType, "/")
	switch family {
	case "image":
		return typeImage
	case "video":
		return typeVideo
	case "audio":
		return typeAudio
	}
	if strings.HasPrefix(mimeType, "text/html") {
		return typeWebPage
	}
	return ""
}

// unlike says, for the job log, that a file does not look like what it counts as
// because its client gave no type (8.6); "" when it does, or cannot be told.
func (d *Door) unlike(a arguments, fileName, mimeType string) string {
	if a.ContentType != "" || d.Options.DefaultType == typeAuto {
		return ""
	}
	found := detectedType(fileName, mimeType)
	if found == "" || found == d.Options.DefaultType {
		return ""
	}
	return "no content type was given, so that it counts as " + d.Options.DefaultType + ", but it looks like " + found
}

// soapType is a type in the words of the SOAP service, which has fewer.
func soapType(kind string) string {
	switch kind {
	case typeText:
		return typeAuto
	case typeDeviceWebPage:
		return typeWebPage
	}
	return kind
}

// contentTypeOf is the type that clients are told of a stored file, whatever door it
// came through.
func contentTypeOf(a *ingest.Asset) string {
	given := a.Metadata[keyContentType]
	if given != "" && given != typeAuto {
		return given
	}
	switch kind := detectedType(a.FileName, a.Media.ContentType); {
	case kind != "":
		return kind
	case a.Part:
		return typeAuto
	}
	return typeImage
}
