package movie

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/abema/go-mp4"
)

// fraction is a number, or none when a part of it is 0.
type fraction struct{ above, below uint64 }

func (f fraction) text(by string) string {
	if f.above == 0 || f.below == 0 {
		return ""
	}
	return strconv.FormatUint(f.above, 10) + by + strconv.FormatUint(f.below, 10)
}

// shape is how wide a pixel is for its height, in lowest terms.
func shape(width, height uint64) fraction {
	if width == 0 || height == 0 {
		return fraction{}
	}
	width, height = reduced(width, height, math.MaxInt32)
	return fraction{width, height}
}

// coded is what the headers of a codec say of its pictures.
type coded struct {
	width, height int
	shape         fraction // of the pixels; zero = it is not told
}

// entry is the description of pictures in a stsd box.
type entry struct {
	width, height int
	shape         fraction // as a pasp box says; zero = there is none
	codecShape    fraction
}

// read reads an entry, whose size must be the one that the headers of its codec tell.
func (e *entry) read(r *reader, b box) error {
	const head = 78 // bytes of what all entries of pictures have in common
	var visual mp4.VisualSampleEntry
	configuration := map[string]string{"avc1": "avcC", "hvc1": "hvcC", "hev1": "hvcC", "mp4v": "esds"}[b.kind]
	if configuration == "" || b.size() < head {
		return fmt.Errorf("pictures of format %q", b.kind)
	}
	if err := r.unmarshal(box{b.kind, b.at, b.at + head}, &visual); err != nil {
		return err
	}
	e.width, e.height = int(visual.Width), int(visual.Height)
	var found *coded
	err := r.each(b.after(head), func(b box) (err error) {
		switch {
		case b.kind == configuration && found == nil:
			found, err = configured(r, b)
			return err
		case b.kind == "pasp" && e.shape == fraction{}:
			return e.pixels(r, b)
		case b.kind == configuration, b.kind == "pasp", b.kind == "clap", b.kind == "sinf":
			return fmt.Errorf("a description with a box %q", b.kind)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if found == nil || e.width == 0 || e.height == 0 || found.width != e.width || found.height != e.height {
		return fmt.Errorf("pictures of %d x %d, of which the codec says %+v", e.width, e.height, found)
	}
	e.codecShape = found.shape
	return nil
}

func (e *entry) pixels(r *reader, b box) error {
	var p mp4.PixelAspectRatioBox
	if err := r.unmarshal(b, &p); err != nil {
		return err
	}
	e.shape = shape(uint64(p.HSpacing), uint64(p.VSpacing))
	if most := max(e.shape.above, e.shape.below); most == 0 || most > math.MaxInt16 {
		return fmt.Errorf("pixels of %d by %d", p.HSpacing, p.VSpacing)
	}
	return nil
}

// configured reads the headers of a codec.
func configured(r *reader, b box) (*coded, error) {
	var sets [][]byte
	var parse func([]byte) (coded, error)
	switch b.kind {
	case "avcC":
		var c mp4.AVCDecoderConfiguration
		if err := r.unmarshal(b, &c); err != nil {
			return nil, err
		}
		parse = avc
		for _, set := range c.SequenceParameterSets {
			sets = append(sets, set.NALUnit)
		}
	case "hvcC":
		var c mp4.HvcC
		if err := r.unmarshal(b, &c); err != nil {
			return nil, err
		}
		parse = hevc
		for _, array := range c.NaluArrays {
			for _, set := range array.Nalus {
				if array.NaluType == hevcSequence && len(set.NALUnit) > 1 && set.NALUnit[0]&1 == 0 && set.NALUnit[1]>>3 == 0 { // of the base layer
					sets = append(sets, set.NALUnit)
				}
			}
		}
	default:
		var c mp4.Esds
		if err := r.unmarshal(b, &c); err != nil {
			return nil, err
		}
		parse = mpeg4
		for _, d := range c.Descriptors {
			if d.Tag == mp4.DecoderConfigDescrTag && (d.DecoderConfigDescriptor == nil || d.DecoderConfigDescriptor.ObjectTypeIndication != mpeg4Visual) {
				return nil, errors.New("pictures that are not of MPEG-4")
			}
			if d.Tag == mp4.DecSpecificInfoTag {
				sets = append(sets, d.Data)
			}
		}
	}
	return agreed(sets, parse)
}

// maxSets is how many headers of a codec are read.
const maxSets = 32

// agreed reads headers that must say the same.
func agreed(sets [][]byte, parse func([]byte) (coded, error)) (*coded, error) {
	if len(sets) == 0 || len(sets) > maxSets {
		return nil, fmt.Errorf("%d headers of the codec", len(sets))
	}
	first, err := parse(sets[0])
	for _, set := range sets[1:] {
		next, also := parse(set)
		if err = errors.Join(err, also); err == nil && next != first {
			return nil, errors.New("headers of the codec that differ")
		}
	}
	if err != nil {
		return nil, err
	}
	return &first, nil
}
