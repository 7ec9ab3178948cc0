// Package lossless encodes raw pixels without loss and fast: as PNG what has one, three or four colour components for
// screens, as TIFF what has the four inks of printing. It reads its pixels as a stream and holds a few rows of them.
package lossless

import (
	"bytes"
	"fmt"
	"io"
)

// Header describes raw pixels of 8 bits per component: rows from the top without padding, components interleaved.
type Header struct {
	Width      int     `json:"width"`
	Height     int     `json:"height"`
	Components int     `json:"components"`           // 1 gray, 3 RGB, 4 RGBA, or CMYK when Inks is set
	Inks       bool    `json:"inks,omitempty"`       // 255 is full ink
	Resolution float64 `json:"resolution,omitempty"` // pixels per inch; 0 = not said
	Exact      bool    `json:"exact,omitempty"`      // RGB stays RGB, also where nothing is coloured
}

// Bytes is how long the pixels are.
func (h Header) Bytes() int64 { return int64(h.Width) * int64(h.Height) * int64(h.Components) }

// Check refuses what cannot be encoded.
func (h Header) Check() error {
	switch {
	case h.Width < 1 || h.Height < 1 || h.Width > 1<<24 || h.Height > 1<<24:
		return fmt.Errorf("a picture of %d by %d pixels", h.Width, h.Height)
	case h.Inks && h.Components != 4, h.Components != 1 && h.Components != 3 && h.Components != 4:
		return fmt.Errorf("a picture with %d components", h.Components)
	}
	return nil
}

// Encode writes the picture whose pixels src gives, and names its type. src must be readable twice. A picture with
// three equal components everywhere becomes one with a single component, unless it is to be exact.
func Encode(w io.Writer, src io.ReaderAt, h Header) (contentType string, err error) {
	if err := h.Check(); err != nil {
		return "", err
	}
	if h.Inks {
		return "image/tiff", encodeTIFF(w, src, h)
	}
	gray := false
	if h.Components == 3 && !h.Exact {
		if gray, err = colourless(src, h); err != nil {
			return "", err
		}
	}
	return "image/png", encodePNG(w, src, h, gray)
}

// colourless reports whether no pixel of an RGB picture has a colour.
func colourless(src io.ReaderAt, h Header) (bool, error) {
	row, above := make([]byte, h.Width*3), make([]byte, h.Width*3)
	for y := range h.Height {
		if _, err := src.ReadAt(row, int64(y)*int64(len(row))); err != nil && err != io.EOF {
			return false, err
		}
		if bytes.Equal(row, above) {
			continue
		}
		for i := 0; i+2 < len(row); i += 3 {
			if row[i] != row[i+1] || row[i] != row[i+2] {
				return false, nil
			}
		}
		row, above = above, row
	}
	return true, nil
}
