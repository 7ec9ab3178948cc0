// Package media finds out what a file is, makes thumbnails, carries out modifier commands on pictures and reads the
// paths in them. Untrusted bytes are decoded in a child process only:
// this program started again as `media-worker`, confined by package box, fed through pipes, bounded in pixels, memory
// and time, and killed with its process group when it misbehaves.
//
// It knows JPEG, PNG, GIF, WebP, BMP, TIFF and PSD without any external tool, and the streams and covers of ordinary MP4
// and QuickTime files. For video, sound and PDF files an external tool, which the worker turns into inside a box of its
// own, gives a picture. HEIC, AVIF and JPEG XL are read by vips, and where it is missing by decoders in WebAssembly that
// a worker makes ready before its box closes. Capabilities tells which tools for other
// formats this machine has.
package media

import (
	"time"

	"sluice/internal/media/fault"
	"sluice/internal/media/metadata"
)

// Error is what every method of this package fails with.
type Error = fault.Error

// Class says whose turn it is after a failure; see the constants of package fault.
type Class = fault.Class

// Inspection is what was learnt about one file. All of it comes from a process that read untrusted bytes: it is
// checked for plausibility, and no number in it is larger than the limits allow.
type Inspection struct {
	ContentType  string        // by content, e.g. image/jpeg; application/octet-stream when unknown
	Format       string        // jpeg, png, gif, webp, bmp, tiff or psd; "" when it is none of them
	Width        int           // stored pixels, before the orientation is applied; 0 when unknown
	Height       int           // stored pixels
	Frames       int           // animation frames or TIFF pages; 1 for a still picture
	FramesCapped bool          // there are more frames than Options.MaxFrames
	HasAlpha     bool          // the file has an alpha channel or a transparent colour
	ColorModel   string        // gray, ycbcr, rgb, cmyk or paletted
	BitDepth     int           // bits per channel, or per index when paletted
	Orientation  int           // EXIF orientation 1..8; 1 is upright
	Resolution   float64       // horizontal, in pixels per inch; 0 when the file does not say
	Duration     time.Duration // of video and sound; 0 when unknown
	Still        *Thumbnail    // the frame that was asked for, in a larger size; nil = none was
	Thumbnail    *Thumbnail    // nil when none was asked for or it could not be made

	// Metadata is what the file says of itself; nil when that was not asked for, or not looked for in such a file.
	Metadata *metadata.Metadata
}

// Thumbnail is a small upright picture: image/jpeg, or image/png when a pixel of it is not opaque.
type Thumbnail struct {
	ContentType string
	Width       int
	Height      int
	Bytes       []byte
}

// ThumbnailSpec says what thumbnail is wanted.
type ThumbnailSpec struct {
	// MaxEdge is the most pixels that the longer edge may have, 16..4096; 0 means DefaultMaxEdge. A smaller picture
	// keeps its size.
	MaxEdge int
	// Skip asks for the facts in the header only.
	Skip bool
	// Metadata asks for what the file says of itself, too.
	Metadata bool
}

const (
	// DefaultMaxEdge is the longer edge of a thumbnail in pixels when the caller does not say.
	DefaultMaxEdge = 320
	minEdge        = 16
	maxEdge        = 4096
)

// edge is the value that goes to the worker: 0 for no thumbnail.
func (s ThumbnailSpec) edge() (int, error) {
	switch {
	case s.Skip:
		return 0, nil
	case s.MaxEdge == 0:
		return DefaultMaxEdge, nil
	case s.MaxEdge < minEdge || s.MaxEdge > maxEdge:
		return 0, failure(fault.Invalid, nil, "a thumbnail edge of %d pixels was asked for, %d to %d are possible",
			s.MaxEdge, minEdge, maxEdge)
	}
	return s.MaxEdge, nil
}
