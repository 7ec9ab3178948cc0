package main

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"path"
	"strings"

	"sluice/internal/media/lossless"
	"sluice/internal/media/mediatest"
)

// fourInks are the samples of the scene in cyan, magenta, yellow and black, one plane
// each; 255 is full ink.
func fourInks() [][]byte {
	from := scene(paper())
	all := make([][]byte, 4)
	for i := 0; i < len(from.Pix); i += 4 {
		c, m, y, k := color.RGBToCMYK(from.Pix[i], from.Pix[i+1], from.Pix[i+2])
		for ink, value := range []byte{c, m, y, k} {
			all[ink] = append(all[ink], value)
		}
	}
	return all
}

// inksTogether is a TIFF file with the four inks of a pixel side by side.
func inksTogether() []byte {
	planes := fourInks()
	var samples, out bytes.Buffer
	for i := range planes[0] {
		for _, plane := range planes {
			samples.WriteByte(plane[i])
		}
	}
	_, _ = lossless.Encode(&out, bytes.NewReader(samples.Bytes()), lossless.Header{Width: 260, Height: 240, Components: 4, Inks: true}) // into memory
	return out.Bytes()
}

// inksInPlanes is a TIFF file with each ink in a plane of its own.
func inksInPlanes() []byte { return mediatest.PlanarTIFF(260, 240, 32, 5, 0, fourInks()...) }

// alphaInPlanes is a TIFF file with red, green, blue and alpha in planes of 16 bits.
func alphaInPlanes() []byte {
	m := scene(color.NRGBA{})
	all := make([][]byte, 4)
	for i, v := range m.Pix {
		all[i%4] = append(all[i%4], v, v)
	}
	return mediatest.PlanarTIFF(260, 240, 240, 2, 2, all...)
}

// printed is a JPEG file in inks with the general profile, which vips makes of the scene.
func printed(ctx context.Context, k *kit) ([]sample, error) {
	body, err := k.tool(ctx, sample{"in.png", pngScene(paper())()}, "vips", "icc_transform", "IN", ".jpg[Q=95]", generalCMYK, "--input-profile", "srgb", "--embedded=false")
	return []sample{{"photo.jpg", body}}, err
}

// inkFiles are pictures in inks, and in planes, without an option.
func inkFiles() []entry {
	const section, option = "Images", "none: the optimised image"
	return []entry{
		{section: section, option: option, format: "CMYK TIFF, samples together", look: "the inks become sRGB by a general profile; before as vips shows them, by another one", needs: []string{"vips", generalCMYK}, files: one("inks.tif", inksTogether), after: packedColours},
		{section: section, option: option, format: "CMYK TIFF, samples in planes", look: "the same", needs: []string{"vips", generalCMYK}, files: one("inks.tif", inksInPlanes), after: packedColours},
		{section: section, option: option, format: "RGB TIFF with alpha, 16 bits, samples in planes", look: "the same picture in 8 bits", needs: []string{"vips"}, files: one("a.tif", alphaInPlanes), after: packedColours},
	}
}

// packedColours shows the optimised image as vips does, and what vips says of its colours.
func packedColours(ctx context.Context, k *kit, r result) (image.Image, error) {
	found, err := r.derivedOf("optimized")
	if err != nil {
		return nil, err
	}
	body, err := k.read(ctx, found[0].URL)
	if err != nil {
		return nil, err
	}
	file := sample{found[0].Name, body}
	m, err := k.byVips(ctx, file, 0)
	if err != nil {
		return nil, err
	}
	told, err := k.tool(ctx, file, "vipsheader", "-a", "IN")
	if err != nil {
		return nil, err
	}
	facts := map[string]string{"icc-profile-data": "none"}
	for line := range strings.Lines(string(told)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			facts[name] = value
		}
	}
	return sheet(captioned{"optimised, shown by vips", onBoard(m)}, captioned{"", written("colours: "+facts["interpretation"], "samples: "+facts["bands"]+" of "+facts["format"], "profile: "+facts["icc-profile-data"])}), nil
}

// asSent shows a file; TIFF files and pictures in inks, where vips is installed, as vips
// does, which knows profiles.
func (k *kit) asSent(ctx context.Context, file sample) (image.Image, error) {
	ext := path.Ext(file.name)
	if k.installed["vips"].Found && (ext == ".tif" || strings.HasPrefix(file.name, "photo") && ext == ".jpg") {
		return k.byVips(ctx, file, 0)
	}
	return k.view(ctx, file)
}
