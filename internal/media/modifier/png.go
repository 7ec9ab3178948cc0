package modifier

import (
	"errors"
	"fmt"
	"image"
	"image/png"

	"sluice/internal/media/fault"
)

// quickPixels is how many pixels a PNG file may have that is packed as well as possible; larger ones are packed quickly.
const quickPixels = 1 << 20

// PNG writes a picture as a PNG file, in pieces, with an ICC profile for RGB unless it is empty. It fails with a
// *fault.Error of class TooLarge when the file would have more than maxBytes bytes (0: no limit).
func PNG(img image.Image, profile []byte, maxBytes int64) ([][]byte, error) {
	out := &pieces{limit: maxBytes}
	out.splice(33, pngProfile(profile)) // behind the signature and the header chunk
	encoder := png.Encoder{}
	if size := img.Bounds().Size(); int64(size.X)*int64(size.Y) > quickPixels {
		encoder.CompressionLevel = png.BestSpeed
	}
	if err := encoder.Encode(out, img); err != nil {
		var full *fault.Error
		if errors.As(err, &full) {
			return nil, full
		}
		return nil, &fault.Error{Class: fault.TooLarge, Op: "modifier.PNG", Msg: fmt.Sprintf("the picture of %v pixels cannot be written as PNG", img.Bounds().Size()), Err: err}
	}
	return out.all, nil
}
