// Package raster reads what the header of a JPEG, PNG, GIF, WebP, BMP, TIFF or PSD file says, makes a thumbnail, and gives
// the pixels and the embedded blocks of a file to those that work on them. It decodes untrusted bytes and therefore
// runs only in the confined media worker. It refuses by header whatever
// would exceed its limits, before a single pixel is decoded.
package raster

import (
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"sluice/internal/media/fault"
)

// Limits bounds one inspection. A zero field means no limit.
type Limits struct {
	// Pixels is the most that width times height may be.
	Pixels int64 `json:"pixels,omitempty"`
	// Frames is where counting of animation frames and pages stops.
	Frames int `json:"frames,omitempty"`
	// MemoryBytes is what decoding may be expected to need.
	MemoryBytes int64 `json:"memoryBytes,omitempty"`
	// ThumbnailBytes is the most that an encoded thumbnail may have.
	ThumbnailBytes int `json:"thumbnailBytes,omitempty"`
}

// Thumbnail is an encoded small picture, upright: the orientation of the original is applied.
type Thumbnail struct {
	ContentType string // image/jpeg, or image/png when a pixel is not opaque
	Width       int    // pixels
	Height      int    // pixels
	Bytes       []byte
}

// Report is what the header says.
type Report struct {
	ContentType  string // of the format, as registered with IANA
	Format       string // jpeg, png, gif, webp, bmp, tiff or psd
	Width        int    // stored pixels, before the orientation is applied
	Height       int    // stored pixels
	Frames       int    // animation frames or TIFF pages; 1 for a still picture
	FramesCapped bool   // counting stopped at the limit: there are more
	HasAlpha     bool   // the file has an alpha channel or a transparent colour
	ColorModel   string // gray, ycbcr, rgb, cmyk or paletted
	BitDepth     int    // bits per channel, or per index when paletted
	Orientation  int    // EXIF 2.32 section 4.6.4 A: 1 is upright, 2..8 turned or mirrored

	// Resolution is the horizontal resolution that the file states, in pixels per inch; 0 when it does not.
	Resolution float64
}

// picture is a header together with the way to the pixels.
type picture struct {
	Report
	memory int64 // bytes that decoding is expected to need
	// decode returns the first frame on its canvas. It may return it smaller by a whole factor as long as the longer
	// edge stays at least one and a half times maxEdge.
	decode func(maxEdge int) (image.Image, error)
}

// reader knows one format.
type reader struct {
	contentType string
	format      string
	matches     func(head []byte) bool
	open        func(src *io.SectionReader, lim Limits, p *picture) error
}

func readers() []reader {
	return []reader{
		{"image/jpeg", "jpeg", isJPEG, openJPEG},
		{"image/png", "png", isPNG, openPNG},
		{"image/gif", "gif", isGIF, openGIF},
		{"image/webp", "webp", isWebP, openWebP},
		{"image/bmp", "bmp", isBMP, openBMP},
		{"image/tiff", "tiff", isTIFF, openTIFF},
		{"image/vnd.adobe.photoshop", "psd", isPSD, openPSD},
	}
}

// HeadBytes is how much of a file decides its format.
const HeadBytes = 32

// Inspect reads the header of src, and makes a thumbnail whose longer edge has at most maxEdge pixels; with maxEdge 0
// it reads the header only. A picture is never enlarged. On failure it returns a *fault.Error of class TooLarge,
// Corrupt or Unsupported, together with whatever the header said until then.
func Inspect(src *io.SectionReader, lim Limits, maxEdge int) (Report, *Thumbnail, error) {
	p, err := openPicture(src, lim)
	if err != nil {
		return p.Report, nil, classify(p, err)
	}
	if err := checkSize(p, lim); err != nil {
		return p.Report, nil, err
	}
	if maxEdge == 0 {
		return p.Report, nil, nil
	}
	if lim.MemoryBytes > 0 && p.memory > lim.MemoryBytes {
		return p.Report, nil, refuse(fault.TooLarge,
			"decoding the %s picture of %d x %d pixels needs about %d MiB, the memory limit is %d MiB",
			p.Format, p.Width, p.Height, p.memory>>20, lim.MemoryBytes>>20)
	}
	pixels, err := p.decode(maxEdge)
	if err != nil {
		return p.Report, nil, classify(p, err)
	}
	thumbnail, err := makeThumbnail(pixels, p.thumbnailSize(pixels.Bounds(), maxEdge), p.Orientation)
	if err != nil {
		return p.Report, nil, err
	}
	if lim.ThumbnailBytes > 0 && len(thumbnail.Bytes) > lim.ThumbnailBytes {
		return p.Report, nil, refuse(fault.TooLarge, "the thumbnail has %d bytes, the limit is %d",
			len(thumbnail.Bytes), lim.ThumbnailBytes)
	}
	return p.Report, thumbnail, nil
}

func openPicture(src *io.SectionReader, lim Limits) (*picture, error) {
	p := &picture{}
	if src.Size() == 0 {
		return p, refuse(fault.Corrupt, "the file is empty")
	}
	head := make([]byte, min(HeadBytes, src.Size()))
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return p, err
	}
	for _, r := range readers() {
		if !r.matches(head) {
			continue
		}
		p.Report = Report{ContentType: r.contentType, Format: r.format, Frames: 1, Orientation: 1}
		return p, r.open(src, lim, p)
	}
	return p, refuse(fault.Unsupported,
		"the content is not a JPEG, PNG, GIF, WebP, BMP, TIFF or PSD picture, whatever its name says")
}

func checkSize(p *picture, lim Limits) error {
	if p.Width <= 0 || p.Height <= 0 {
		return refuse(fault.Corrupt, "the header gives a size of %d x %d pixels", p.Width, p.Height)
	}
	// Both edges come from fields of at most 32 bits, so the product fits 64 bits.
	if total := int64(p.Width) * int64(p.Height); lim.Pixels > 0 && (total > lim.Pixels || total < 0) {
		return refuse(fault.TooLarge, "the picture has %d x %d = %d pixels, the limit is %d",
			p.Width, p.Height, total, lim.Pixels)
	}
	return nil
}

func refuse(class fault.Class, format string, args ...any) error {
	return &fault.Error{Class: class, Op: "raster.Inspect", Msg: fmt.Sprintf(format, args...)}
}

// classify turns a decoder's error into words for the person who uploaded the file.
func classify(p *picture, err error) error {
	if err == nil {
		return nil
	}
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
	name := p.Format
	if isCutOff(err) {
		return refuse(fault.Corrupt, "the %s file ends before the picture is complete; upload it again in full", name)
	}
	if isUnsupported(err) {
		return &fault.Error{Class: fault.Unsupported, Op: "raster.Inspect",
			Msg: "this variant of " + name + " is not read here", Err: err}
	}
	return &fault.Error{Class: fault.Corrupt, Op: "raster.Inspect",
		Msg: "the " + name + " file is damaged", Err: err}
}

// isCutOff recognises the end of the file in the middle of the picture, which two decoders have own words for.
func isCutOff(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, jpeg.FormatError("short Huffman data")) || errors.Is(err, png.FormatError("not enough pixel data"))
}

// isUnsupported recognises the decoders' own word for a valid file that they cannot read.
func isUnsupported(err error) bool {
	var (
		inJPEG jpeg.UnsupportedError
		inPNG  png.UnsupportedError
		inTIFF tiff.UnsupportedError
	)
	return errors.As(err, &inJPEG) || errors.As(err, &inPNG) || errors.As(err, &inTIFF) ||
		errors.Is(err, bmp.ErrUnsupported)
}
