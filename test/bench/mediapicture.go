package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

const (
	pictureBytes = 20 << 10
	pictureKinds = 16 // pictures that are drawn; all others are these under another comment
)

// pictures makes JPEG files of pictureBytes each, every one different. It is safe for
// concurrent use.
type pictures struct {
	seed  uint64
	drawn [][]byte // without their comment
}

// drawPictures draws what a phone might have taken: coloured waves with some noise.
func drawPictures(seed uint64) (*pictures, error) {
	p := &pictures{seed: seed}
	for kind := range pictureKinds {
		source := rand.New(rand.NewPCG(seed, uint64(kind)))
		m := image.NewRGBA(image.Rect(0, 0, 480, 360))
		fx, fy := 0.005+source.Float64()*0.03, 0.005+source.Float64()*0.03
		wave := func(x, y, shift float64) uint8 {
			return uint8(min(255, max(0, 128+90*math.Sin(x*fx+shift)*math.Cos(y*fy-shift)+source.NormFloat64()*5)))
		}
		for y := range 360 {
			for x := range 480 {
				m.Set(x, y, color.RGBA{wave(float64(x), float64(y), 0), wave(float64(x), float64(y), 2), wave(float64(x), float64(y), 4), 255})
			}
		}
		file, err := compress(m)
		if err != nil {
			return nil, err
		}
		p.drawn = append(p.drawn, file)
	}
	return p, nil
}

// commentHead is the marker and the length of a comment, which counts itself.
const commentHead = 4

// compress encodes a picture as well as leaves room for a comment.
func compress(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	for quality := 95; quality > 0; quality-- {
		b.Reset()
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
			return nil, err
		}
		if b.Len() <= pictureBytes-commentHead-32 {
			return b.Bytes(), nil
		}
	}
	return nil, fmt.Errorf("a picture does not fit into %d bytes", pictureBytes)
}

// file returns the n-th picture: a drawn one with a comment behind its first marker
// that no other has and that fills it up to its size.
func (p *pictures) file(n uint64) []byte {
	drawn := p.drawn[n%pictureKinds]
	file := make([]byte, 0, pictureBytes)
	file = append(file, drawn[:2]...)
	room := pictureBytes - len(drawn) - commentHead
	file = append(file, 0xff, 0xfe)
	file = binary.BigEndian.AppendUint16(file, uint16(room+2))
	file = binary.BigEndian.AppendUint64(file, p.seed)
	file = binary.BigEndian.AppendUint64(file, n)
	file = file[:2+commentHead+room]
	return append(file, drawn[2:]...)
}
