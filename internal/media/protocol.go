package media

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"sluice/internal/media/box"
	"sluice/internal/media/decoder"
	"sluice/internal/media/fault"
	"sluice/internal/media/lossless"
	"sluice/internal/media/modifier"
	"sluice/internal/media/movie"
	"sluice/internal/media/raster"
)

// The conversation over the worker's standard input and output; each message is one frame (package frame).
//
//	server: setup                                    worker: hello, after it went into the box
//	server: request, then request.Size raw bytes     worker: answer, then answer.ThumbnailBytes and answer.MetadataBytes raw bytes,
//	                                                 or result, then result.Bytes raw bytes, as request.Op says
//	                                 or, for layers, result and raw bytes for each layer and at the end
//	... repeated; the worker ends when its input ends
//
// Descriptor 3 of the worker is an empty nameless file for input that is too long to be kept in memory.
//
// A setup that names a tool makes the worker turn into that program instead, inside the box: what follows the hello
// is the tool's own output until its end, and descriptor 3 is the file that it reads, which is not open for writing.
// Descriptor 4 is a pipe that the tool does not get: a worker that does not become the tool says why there. For a tool
// that must go back in what it writes, descriptor 5 is a file that it writes to, up to Box.FileBytes, instead of the
// standard output.

// protocolVersion changes with any change of the messages, so that a worker of another build is noticed.
const protocolVersion = 6

// spoolDescriptor is the worker's descriptor of its nameless file, or of the tool's input.
const spoolDescriptor = 3

type setup struct {
	Version      int           `json:"version"`
	Box          box.Limits    `json:"box"`
	Raster       raster.Limits `json:"raster"`
	CPUSeconds   uint64        `json:"cpuSeconds"` // for one file
	InputBytes   int64         `json:"inputBytes"`
	RenderBytes  int64         `json:"renderBytes"`
	AllowUnboxed bool          `json:"allowUnboxed,omitempty"`
	Tool         *toolCall     `json:"tool,omitempty"`
	Decoder      decoder.Name  `json:"decoder,omitempty"` // made ready before the box closes, for opDecode
}

// toolCall is a program to run and what it is told. Nothing in it is a client's.
type toolCall struct {
	Path   string   `json:"path"`
	Args   []string `json:"args"`
	Env    []string `json:"env,omitempty"`
	ToFile bool     `json:"toFile,omitempty"` // descriptor 5 is its standard output
}

type hello struct {
	Version int       `json:"version"`
	Box     box.Level `json:"box"`
}

// operation is what a worker does with a file.
type operation string

const (
	opInspect  operation = "" // answered with an answer, all others with a result
	opRender   operation = "render"
	opAutoCrop operation = "autocrop"
	opPaths    operation = "paths"
	opPicture  operation = "picture"
	opPack     operation = "pack"  // encodes raw pixels without loss
	opLinks    operation = "links" // pages of a PDF file and the links on them, as JSON
	opLayers   operation = "layers"
	opMetadata operation = "metadata" // of a file that is not inspected, as JSON
	opToolSaid operation = "toolsaid" // the same from exiftool's answer
	opSurvey   operation = "survey"   // what the header of a picture says, of which the file may be the beginning only
	opMovie    operation = "movie"    // what a moov box says, which is all of the file that is sent
	opDecode   operation = "decode"   // by the decoder of the setup, as a PNG file
)

type request struct {
	Op       operation          `json:"op,omitempty"`
	Name     string             `json:"name"` // a hint for the type, at most maxName bytes
	Size     int64              `json:"size"`
	MaxEdge  int                `json:"maxEdge"` // 0: no thumbnail
	Metadata bool               `json:"metadata,omitempty"`
	Commands *modifier.Commands `json:"commands,omitempty"`
	AutoCrop *AutoCropOptions   `json:"autoCrop,omitempty"`
	Picture  *pictureRequest    `json:"picture,omitempty"`
	Pack     *lossless.Header   `json:"pack,omitempty"`
	Layers   *layersRequest     `json:"layers,omitempty"`
}

// result is what came of an operation other than an inspection. The raw bytes behind it are the rendered file, or the
// paths as JSON.
type result struct {
	Bytes       int64         `json:"bytes,omitempty"`
	ContentType string        `json:"contentType,omitempty"`
	Extension   string        `json:"extension,omitempty"`
	Width       int           `json:"width,omitempty"` // of the rendered picture, or of the one that was cropped
	Height      int           `json:"height,omitempty"`
	Alpha       bool          `json:"alpha,omitempty"`
	Rect        Rect          `json:"rect,omitzero"`
	Warnings    []string      `json:"warnings,omitempty"`
	Parts       []PicturePart `json:"parts,omitempty"` // files that follow one another as raw bytes, instead of Bytes
	Class       fault.Class   `json:"class,omitempty"` // "" when all went well
	Message     string        `json:"message,omitempty"`
	Layer       int           `json:"layer,omitempty"` // number of the layer whose picture this is; 0 = the end of the layers
	Survey      *survey       `json:"survey,omitempty"`
	Movie       *movie.Movie  `json:"movie,omitempty"`
	Next        int           `json:"next,omitempty"`   // layer to go on with in another request; 0 = none is left
	Retire      bool          `json:"retire,omitempty"` // the worker wants to be replaced
}

type answer struct {
	raster.Report
	ThumbnailType   string      `json:"thumbnailType,omitempty"`
	ThumbnailWidth  int         `json:"thumbnailWidth,omitempty"`
	ThumbnailHeight int         `json:"thumbnailHeight,omitempty"`
	ThumbnailBytes  int         `json:"thumbnailBytes,omitempty"`
	MetadataBytes   int         `json:"metadataBytes,omitempty"` // of the metadata as JSON
	Class           fault.Class `json:"class,omitempty"`         // "" when all went well
	Message         string      `json:"message,omitempty"`
	Retire          bool        `json:"retire,omitempty"` // the worker wants to be replaced
}

const (
	maxName    = 255
	maxMessage = 500
	// maxPathBytes is the longest list of paths in bytes; photoshop.MaxKnots knots stay below it.
	maxPathBytes = 16 << 20
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
