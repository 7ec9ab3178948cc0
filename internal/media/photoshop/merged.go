package photoshop

import (
	"image"
	"io"
)

// Composite decodes the merged image, k by k pixels averaged into one. It is an *image.Gray for gray and bitmap files
// without transparency, an *image.CMYK for CMYK files without it, and an *image.NRGBA otherwise; samples of 16 bits lose their lower half. It fails with a
// *fault.Error of class Corrupt.
func (d *Document) Composite(k int) (image.Image, error) {
	in := d.stream(d.merged, d.src.Size()-d.merged)
	var how [2]byte
	if _, err := io.ReadFull(in, how[:]); err != nil {
		return nil, damaged(err)
	}
	unpacked, err := openRows(in, uint16(how[0])<<8|uint16(how[1]), d.Width, d.Height*d.Channels, d.Depth)
	if err != nil {
		return nil, err
	}
	small := image.Rect(0, 0, (d.Width+k-1)/k, (d.Height+k-1)/k)
	shown := colours(d.mode)
	if shown == 1 && !d.Alpha {
		gray := image.NewGray(small)
		return gray, d.shrink(unpacked, k, &plane{pix: gray.Pix, step: 1}, 1)
	}
	if shown == 4 && !d.Alpha {
		return d.compositeInks(unpacked, k, image.NewCMYK(small))
	}
	p := newPainting(&Document{mode: d.mode, Depth: 8}, small)
	for id := range shown {
		if err := d.shrink(unpacked, k, p.target(id, d.mode), p.bytes); err != nil {
			return nil, err
		}
	}
	p.inks(d)
	if !d.Alpha {
		p.fill(small)
		return p.image(), nil
	}
	if err := d.shrink(unpacked, k, p.target(channelAlpha, d.mode), p.bytes); err != nil {
		return nil, err
	}
	if d.matted {
		offWhite(p.pix)
	}
	return p.image(), nil
}

// compositeInks reads the channels of a CMYK file, which tell what is left without the ink.
func (d *Document) compositeInks(in *rows, k int, inks *image.CMYK) (image.Image, error) {
	for id := range 4 {
		if err := d.shrink(in, k, &plane{pix: inks.Pix, at: id, step: 4}, 1); err != nil {
			return nil, err
		}
	}
	for i, left := range inks.Pix {
		inks.Pix[i] = 255 - left
	}
	return inks, nil
}

// CompositeMemory is how many bytes Composite needs without averaging.
func (d *Document) CompositeMemory() int64 {
	if colours(d.mode) == 1 && !d.Alpha {
		return int64(d.Width) * int64(d.Height)
	}
	return (&Document{mode: d.mode, Depth: 8}).Memory(image.Rect(0, 0, d.Width, d.Height))
}

// shrink reads the rows of one channel and averages them in squares of k by k.
func (d *Document) shrink(in *rows, k int, to *plane, bytes int) error {
	across := (d.Width + k - 1) / k
	sums := make([]uint64, across)
	bits := make([]byte, d.Width)
	at := to.at
	for top := 0; top < d.Height; top += k {
		clear(sums)
		high := min(k, d.Height-top)
		for range high {
			row, err := in.next()
			if err != nil {
				return err
			}
			add(sums, d.high(row, bits), k)
		}
		for i, sum := range sums {
			samples := uint64(high * min(k, d.Width-i*k))
			value := byte((sum + samples/2) / samples)
			for j := range to.copies + 1 {
				to.pix[at+j*bytes] = value
			}
			at += to.step
		}
	}
	return nil
}

// high gives the upper eight bits of every sample of a row. In bitmap files a set bit is black.
func (d *Document) high(row, into []byte) []byte {
	switch d.Depth {
	case 1:
		for x := range into {
			into[x] = 255
			if row[x/8]&(0x80>>(x%8)) != 0 {
				into[x] = 0
			}
		}
		return into
	case 16:
		for x := range into {
			into[x] = row[2*x]
		}
		return into
	}
	return row
}

// add adds k neighbours each to a sum.
func add(sums []uint64, row []byte, k int) {
	for i := range sums {
		part := row[:min(k, len(row))]
		row = row[len(part):]
		for _, sample := range part {
			sums[i] += uint64(sample)
		}
	}
}

// offWhite takes away the white that Photoshop lays under the merged image of a transparent file.
func offWhite(pix []byte) {
	for ; len(pix) >= 4; pix = pix[4:] {
		alpha := int(pix[3])
		if alpha == 0 || alpha == 255 {
			continue
		}
		for i, value := range pix[:3] {
			pix[i] = byte(min(255, max(0, (int(value)-(255-alpha))*255+alpha/2)/alpha))
		}
	}
}
