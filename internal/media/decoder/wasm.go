//go:build nodynamic

package decoder

import (
	"github.com/gen2brain/avif"
	"github.com/gen2brain/heic"
	"github.com/gen2brain/jpegxl"
)

func programs() map[Name]program {
	return map[Name]program{
		HEIC: {heic.Init, heic.Decode},
		AVIF: {avif.InitDecoder, avif.Decode},
		JXL:  {jpegxl.InitDecoder, jpegxl.Decode},
	}
}
