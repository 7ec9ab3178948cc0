package media

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"sluice/internal/media/box"
	"sluice/internal/media/fault"
	"sluice/internal/media/raster"
)

// The conversation over the worker's standard input and output; each message is one frame (package frame).
//
//	server: setup                                    worker: hello, after it went into the box
//	server: request, then request.Size raw bytes     worker: answer, then answer.ThumbnailBytes raw bytes
//	... repeated; the worker ends when its input ends
//
// Descriptor 3 of the worker is an empty nameless file for input that is too long to be kept in memory.

// protocolVersion changes with any change of the messages, so that a worker of another build is noticed.
const protocolVersion = 1

// spoolDescriptor is the worker's descriptor of its nameless file.
const spoolDescriptor = 3

type setup struct {
	Version      int           `json:"version"`
	Box          box.Limits    `json:"box"`
	Raster       raster.Limits `json:"raster"`
	CPUSeconds   uint64        `json:"cpuSeconds"` // for one file
	InputBytes   int64         `json:"inputBytes"`
	AllowUnboxed bool          `json:"allowUnboxed,omitempty"`
}

type hello struct {
	Version int       `json:"version"`
	Box     box.Level `json:"box"`
}

type request struct {
	Name    string `json:"name"` // a hint for the type, at most maxName bytes
	Size    int64  `json:"size"`
	MaxEdge int    `json:"maxEdge"` // 0: no thumbnail
}

type answer struct {
	raster.Report
	ThumbnailType   string      `json:"thumbnailType,omitempty"`
	ThumbnailWidth  int         `json:"thumbnailWidth,omitempty"`
	ThumbnailHeight int         `json:"thumbnailHeight,omitempty"`
	ThumbnailBytes  int         `json:"thumbnailBytes,omitempty"`
	Class           fault.Class `json:"class,omitempty"` // "" when all went well
	Message         string      `json:"message,omitempty"`
	Retire          bool        `json:"retire,omitempty"` // the worker wants to be replaced
}

const (
	maxName    = 255
	maxMessage = 500
)

// plain makes text from a worker or a client fit for a log line: valid UTF-8, printable, at most limit bytes.
func plain(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) <= limit {
		return text
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}
