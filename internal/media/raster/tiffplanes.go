package raster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"golang.org/x/image/tiff"
)

// planar reports whether each sample of a picture is stored in a plane of its own (TIFF 6.0, PlanarConfiguration 2),
// as Photoshop does under "per channel".
func planar(d directory) bool { return d[tagPlanar] == 2 && d[tagSamples] > 1 }

// colours is how many samples are colours or inks; 0 for kinds of pictures that are not read in planes.
func colours(d directory) int {
	switch {
	case d[tagPhotometric] <= 1:
		return 1
	case d[tagPhotometric] == 2:
		return 3
	case d[tagPhotometric] == 5 && d[tagInkSet] <= 1:
		return 4
	}
	return 0
}

// decodePlanes reads such a picture of 8 or 16 bits; of 16 the higher eight count. The library that decodes TIFF files
// takes no planes: it is shown the file once for each plane, with a directory that calls it a gray picture. Of samples
// that are neither colours nor alpha, and of the alpha of inks, nothing is read.
func decodePlanes(src *io.SectionReader, d directory) (image.Image, error) {
	n, samples := colours(d), int(d[tagSamples])
	if n == 0 || d[tagBits] != 8 && d[tagBits] != 16 {
		return nil, tiff.UnsupportedError(fmt.Sprintf("planes of %d bits, photometric interpretation %d", d[tagBits], d[tagPhotometric]))
	}
	if samples < n {
		return nil, errDirectory
	}
	rect := image.Rect(0, 0, int(d[tagWidth]), int(d[tagHeight]))
	if n == 4 {
		m := image.NewCMYK(rect)
		for ink := range 4 {
			if err := readPlane(src, d, ink, m.Pix, 4, ink); err != nil {
				return nil, err
			}
		}
		return m, nil
	}
	m := image.NewNRGBA(rect)
	for channel := range 3 {
		if err := readPlane(src, d, min(channel, n-1), m.Pix, 4, channel); err != nil {
			return nil, err
		}
	}
	if samples > n && (d[tagExtra] == 1 || d[tagExtra] == 2) {
		if err := readPlane(src, d, n, m.Pix, 4, 3); err != nil {
			return nil, err
		}
		if d[tagExtra] == 1 { // the colours are multiplied with it
			return &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}, nil
		}
		return m, nil
	}
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
	return m, nil
}

// readPlane puts the samples of a plane at every step bytes of pix, from the byte first.
func readPlane(src *io.SectionReader, d directory, plane int, pix []byte, step, first int) error {
	file, err := disguised(src, func(order binary.ByteOrder, entries []byte) ([]byte, error) {
		return planeEntries(src, d, order, entries, plane)
	})
	if err != nil {
		return err
	}
	m, err := tiff.Decode(file)
	if err != nil {
		return err
	}
	var samples []byte
	width := 1
	switch m := m.(type) {
	case *image.Gray:
		samples = m.Pix
	case *image.Gray16:
		samples, width = m.Pix, 2
	}
	if len(samples)/width*step != len(pix) {
		return errors.New("the plane is stored in an unknown way")
	}
	for i := range len(samples) / width {
		pix[first+i*step] = samples[i*width]
	}
	return nil
}

// planeEntries copies the entries of a directory so that they describe one plane as a gray picture.
func planeEntries(src io.ReaderAt, d directory, order binary.ByteOrder, entries []byte, plane int) (out []byte, err error) {
	for ; len(entries) > 0; entries = entries[12:] {
		entry := entries[:12]
		switch tag := order.Uint16(entry); tag {
		case tagBits:
			entry = shortEntry(order, tag, uint16(d[tagBits]))
		case tagPhotometric:
			entry = shortEntry(order, tag, 1)
			if d[tagPhotometric] == 0 && plane == 0 {
				entry = shortEntry(order, tag, 0) // 0 is white
			}
		case tagSamples, tagPlanar:
			entry = shortEntry(order, tag, 1)
		case tagExtra:
			continue
		case tagStrips, tagStripBytes, tagTiles, tagTileBytes:
			if entry, err = ofPlane(src, order, entry, plane, int64(d[tagSamples])); err != nil {
				return nil, err
			}
		}
		out = append(out, entry...)
	}
	return out, nil
}

// ofPlane is an entry of the places or lengths of all strips or tiles, cut to those of one plane: they stand plane
// after plane.
func ofPlane(src io.ReaderAt, order binary.ByteOrder, entry []byte, plane int, samples int64) ([]byte, error) {
	size := int64(4)
	switch order.Uint16(entry[2:]) {
	case 3:
		size = 2
	case 4:
	default:
		return nil, errDirectory
	}
	count := int64(order.Uint32(entry[4:]))
	if count == 0 || count%samples != 0 {
		return nil, errDirectory
	}
	each := count / samples
	cut := append([]byte{}, entry...)
	order.PutUint32(cut[4:], uint32(each))
	begin := int64(plane) * each * size
	at := int64(order.Uint32(entry[8:])) + begin
	switch {
	case count*size <= 4:
		clear(cut[8:])
		copy(cut[8:], entry[8+begin:8+begin+each*size])
	case each*size <= 4:
		clear(cut[8:])
		if _, err := src.ReadAt(cut[8:8+each*size], at); err != nil {
			return nil, err
		}
	default:
		order.PutUint32(cut[8:], uint32(at))
	}
	return cut, nil
}
