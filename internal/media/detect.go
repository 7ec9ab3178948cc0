package media

import (
	"mime"
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// detectBytes is how much of a file Detect looks at; more changes nothing.
const detectBytes = 3072

// Detect names the type of a file by its first bytes (3,072 are enough), without parameters such as a charset. The
// name is only a hint: its extension chooses among types that share a signature, or names a kind of text, and never
// turns one signature into another, unknown bytes into a picture, or text into something that a browser would run.
// What is not known is application/octet-stream.
func Detect(head []byte, fileName string) string {
	if len(head) > detectBytes {
		head = head[:detectBytes]
	}
	if len(head) == 0 {
		return "application/octet-stream"
	}
	if raw := rawType(head); raw != "" {
		return raw
	}
	found, _, err := mime.ParseMediaType(mimetype.Detect(head).String())
	if err != nil {
		found = "application/octet-stream"
	}
	extension := strings.ToLower(path.Ext(strings.ReplaceAll(fileName, `\`, "/")))
	if better, ok := byExtension(found)[extension]; ok {
		return better
	}
	if found == "image/vnd.mozilla.apng" {
		return "image/apng"
	}
	return found
}

// byExtension lists, for a type found by content, what a file with a certain extension is called instead.
func byExtension(found string) map[string]string {
	switch found {
	case "text/plain":
		return map[string]string{
			".css": "text/css", ".csv": "text/csv", ".tsv": "text/tab-separated-values", ".md": "text/markdown",
			".srt": "application/x-subrip", ".vtt": "text/vtt", ".json": "application/json", ".yaml": "application/yaml",
			".yml": "application/yaml", ".ics": "text/calendar", ".vcf": "text/vcard",
		}
	case "image/tiff":
		return map[string]string{
			".dng": "image/x-adobe-dng", ".nef": "image/x-nikon-nef", ".arw": "image/x-sony-arw",
			".pef": "image/x-pentax-pef", ".cr2": "image/x-canon-cr2", ".srw": "image/x-samsung-srw",
			".nrw": "image/x-nikon-nrw", ".sr2": "image/x-sony-sr2", ".srf": "image/x-sony-srf", ".erf": "image/x-epson-erf",
		}
	case "application/pdf", "application/postscript":
		return map[string]string{".ai": "application/vnd.adobe.illustrator"}
	case "application/zip":
		return map[string]string{
			".idml": "application/vnd.adobe.indesign-idml-package", ".cbz": "application/vnd.comicbook+zip",
		}
	case "image/x-icon":
		// A cursor and a plain Targa picture start with the same four bytes.
		return map[string]string{".tga": "image/x-tga"}
	case "application/octet-stream":
		// These have no signature at their start.
		return map[string]string{
			".tga": "image/x-tga", ".ts": "video/mp2t", ".m2ts": "video/mp2t", ".mts": "video/mp2t", ".m2t": "video/mp2t",
			".ac3": "audio/ac3",
		}
	}
	return nil
}
