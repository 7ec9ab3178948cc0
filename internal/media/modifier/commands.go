// Package modifier carries out the modifier commands of image presets and of the operations that render a picture
// (tier 3 contract, section 9.1). Parse reads the text and needs no protection; Apply and Encode work on pixels that
// were decoded from untrusted bytes and run in the confined media worker.
//
// Pixels have eight bits for each channel, with colours premultiplied with alpha. Colours are not managed: a profile is
// handed on or dropped, never applied.
package modifier

import "image/color"

// Commands is a parsed modifier. The zero value changes nothing. All of it can be sent as JSON.
type Commands struct {
	Known bool // at least one known command was understood

	Crop       *Area    // of the picture as stored
	Flip       string   // "", lr, ud or lrud
	Rotate     float64  // degrees clockwise, 0 up to but not including 360
	Extend     *Margins // added to each side
	Brightness float64  // -100..100
	Contrast   float64  // -100..100
	Saturation float64  // -100..100
	Invert     bool
	Blur       float64 // radius in pixels, 0..100
	Region     *Area   // of the composite

	Width      int     // of the view in pixels; 0: not given
	Height     int     // of the view in pixels; 0: not given
	Scale      float64 // inverse factor, 2 gives half the size; 0: not given
	Fit        Fit
	Align      Alignment
	Background *color.RGBA // opaque; nil: not given
	Resample   string      // "" (as bicub), bilin, bicub, sharp2 or bisharp

	Sharpen bool
	Unsharp Unsharp

	Format       string // "" (as the source), jpeg, png, png8, gif or tif
	Alpha        bool   // the form of the format that ends in -alpha was asked for
	Progressive  bool   // pjpeg was asked for
	Gray         bool   // the pixel type gray was asked for with the format
	Quality      int    // 1..100; 0: not given
	FullChroma   bool   // no smaller planes for the colours of a JPEG file
	EmbedProfile bool
}

// Area is a rectangle from the upper left corner, in pixels, or in parts of the width and height when Relative.
type Area struct {
	X, Y, Width, Height float64
	Relative            bool
}

// Margins are added to the sides of a picture, in pixels, or in parts of the width and height when Relative. Negative
// ones cut.
type Margins struct {
	Left, Top, Right, Bottom float64
	Relative                 bool
}

// Fit says how a picture is brought to a view of which both edges are given.
type Fit struct {
	Mode    string // "" (as fit), fit, constrain, crop, wrap, stretch, hfit or vfit
	Enlarge bool
}

// Alignment places a picture in its view: -1 is left or top, 0 the middle, 1 right or bottom.
type Alignment struct{ Across, Down float64 }

// Effective reports whether there is at least one known command, so that the result is another file than the source.
func (c Commands) Effective() bool { return c.Known }
