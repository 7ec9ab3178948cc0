package raster_test

import (
	"bytes"
	"errors"
	"testing"

	"sluice/internal/media/fault"
	"sluice/internal/media/mediatest"
)

// A picture has the same thumbnail whether it was saved as baseline or as progressive JPEG, and a part of it has none.
func TestProgressiveThumbnails(t *testing.T) {
	picture := mediatest.Picture(640, 440)
	for name, c := range map[string]*mediatest.Coefficients{
		"4:2:0": mediatest.CoefficientsOf(picture, 3, 2, 2),
		"4:4:4": mediatest.CoefficientsOf(picture, 3, 1, 1),
		"grey":  mediatest.CoefficientsOf(picture, 1, 1, 1),
	} {
		file := c.Progressive(0, mediatest.UsualScans(len(c.Planes)))
		for _, edge := range []int{40, 80, 160, 320} { // an eighth, a quarter, a half and the whole are decoded
			_, want, err := inspect(c.Baseline(0), edge)
			if err != nil {
				t.Fatal(err)
			}
			_, got, err := inspect(file, edge)
			if err != nil {
				t.Fatalf("%s, %d: %v", name, edge, err)
			}
			if !bytes.Equal(got.Bytes, want.Bytes) {
				t.Errorf("%s, %d: another thumbnail than of the same baseline file", name, edge)
			}
			if m := decode(t, got); name != "grey" && (!like(m.At(2, 2), mediatest.Corner()) || !like(m.At(edge-3, 2), mediatest.Rest())) {
				t.Errorf("%s, %d: colours %v and %v", name, edge, m.At(2, 2), m.At(edge-3, 2))
			}
			var refused *fault.Error
			if _, _, err := inspect(file[:len(file)*2/3], edge); !errors.As(err, &refused) || refused.Class != fault.Corrupt {
				t.Errorf("%s, %d, cut off: %v", name, edge, err)
			}
		}
	}
}
