package main

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"path"
	"strings"

	"sluice/internal/media/mediatest"
)

type maker func(ctx context.Context, k *kit) ([]sample, error)

// one is an entry's only file.
func one(name string, body func() []byte) maker {
	return func(context.Context, *kit) ([]sample, error) { return []sample{{name, body()}}, nil }
}

func pngScene(ground color.NRGBA) func() []byte {
	return func() []byte { return mediatest.PNG(scene(ground)) }
}

func jpegScene() []byte { return mediatest.JPEG(scene(paper())) }

func tiffScene() []byte { return mediatest.TIFF(scene(color.NRGBA{})) }

// Options that several entries have.
const (
	byHand    = "<manualCropOptions><left>60</left><right>80</right><top>40</top><bottom>70</bottom></manualCropOptions>"
	byColour  = "<autoColorCropOptions><corner>UpperLeft</corner><tolerance>0.05</tolerance></autoColorCropOptions>"
	byAlpha   = "<autoTransparentCropOptions><tolerance>0</tolerance></autoTransparentCropOptions>"
	flood     = "<knockoutBackgroundOptions><corner>UpperLeft</corner><tolerance>0.03</tolerance><fillMethod>FloodFill</fillMethod></knockoutBackgroundOptions>"
	matching  = "<knockoutBackgroundOptions><corner>UpperLeft</corner><tolerance>0</tolerance><fillMethod>MatchPixel</fillMethod></knockoutBackgroundOptions>"
	maintain  = "<colorManagementOptions><colorManagement>MaintainOriginal</colorManagement></colorManagementOptions>"
	byDefault = "<colorManagementOptions><colorManagement>Default</colorManagement></colorManagementOptions>"
)

// between converts from a profile of the kit to another.
func between(source, output string) string {
	return "<colorManagementOptions><colorManagement>Convert</colorManagement><sourceProfileHandle>{" + source + "}</sourceProfileHandle><outputProfileHandle>{" + output + "}</outputProfileHandle></colorManagementOptions>"
}

func sharpen(amount, radius, threshold, monochrome string) string {
	return "<unsharpMaskOptions><amount>" + amount + "</amount><radius>" + radius + "</radius><threshold>" + threshold + "</threshold><monochrome>" + monochrome + "</monochrome></unsharpMaskOptions>"
}

// entries are all of the gallery.
func entries() []entry {
	all := plainImages()
	for _, some := range [][]entry{inkFiles(), crops(), smartCrops(), knockouts(), masks(), sharpened(), coloured(), documents(), photoshopFiles(), footage(), archives(), everyFile(), jobs(), refusals()} {
		all = append(all, some...)
	}
	return all
}

// plainImages are images of each format without an option.
func plainImages() []entry {
	list := []entry{{section: "Images", option: "none: the optimised image", format: "JPEG", look: "all levels of the pyramid, down to one tile",
		needs: []string{"vips"}, files: one("large.jpg", func() []byte { return mediatest.JPEG(mediatest.Photograph(700, 420)) }), after: levels}}
	for _, format := range []struct {
		name string
		body func() []byte
	}{
		{"a.png", pngScene(color.NRGBA{})}, {"a.bmp", func() []byte { return mediatest.BMP(scene(paper())) }}, {"a.tif", tiffScene},
		{"a.gif", func() []byte { return mediatest.GIF(120, 80, 3) }}, {"a.webp", func() []byte { return mediatest.WebP(120, 80, 255) }}, {"a.psd", flatPSD},
	} {
		e := entry{section: "Images", option: "none: the optimised image", format: strings.ToUpper(path.Ext(format.name)[1:]), look: "the same picture", files: one(format.name, format.body), after: optimized}
		if format.name == "a.webp" {
			e.needs = []string{"vips"} // its tiles are packed as JPEG
		}
		list = append(list, e)
	}
	for _, format := range []string{"heic", "avif", "jxl", "jp2"} {
		list = append(list, entry{section: "Images", option: "none: the optimised image", format: strings.ToUpper(format), look: "the same picture, which only vips reads", needs: []string{"vips"},
			files: func(ctx context.Context, k *kit) ([]sample, error) {
				body, err := k.packed(ctx, format)
				return []sample{{"a." + format, body}}, err
			}, after: optimized})
	}
	return list
}

func crops() []entry {
	const section = "Crops"
	return []entry{
		{section: section, option: "manualCropOptions", format: "PNG", look: "60, 80, 40 and 70 pixels are cut off at the left, right, top and bottom", files: one("a.png", pngScene(paper())), early: byHand, after: cropped},
		{section: section, option: "manualCropOptions", format: "JPEG that EXIF turns", look: "the sides are those of the stored picture", needs: []string{"vips"},
			files: one("a.jpg", func() []byte { return mediatest.WithOrientation(jpegScene(), 6) }), early: byHand, after: cropped},
		{section: section, option: "manualCropOptions", format: "PSD", look: "as of a PNG file", files: one("a.psd", flatPSD), early: byHand, after: cropped},
		{section: section, option: "manualCropOptions", format: "PNG, more than there is", look: "the crop is ignored, with a warning", files: one("a.png", pngScene(paper())),
			early: "<manualCropOptions><left>200</left><right>200</right><top>0</top><bottom>0</bottom></manualCropOptions>", after: cropped},
		{section: section, option: "autoColorCropOptions", format: "PNG", look: "the border in the colour of the corner is gone", files: one("a.png", pngScene(color.NRGBA{240, 240, 200, 255})), early: byColour, after: cropped},
		{section: section, option: "autoColorCropOptions", format: "JPEG", look: "the same, with a tolerance for the traces of JPEG", needs: []string{"vips"}, files: one("a.jpg", jpegScene), early: byColour, after: cropped},
		{section: section, option: "autoColorCropOptions", format: "CMYK PSD", look: "the same with inks", files: one("inks.psd", inks), early: byColour, after: cropped},
		{section: section, option: "autoColorCropOptions, corner UpperRight", format: "PNG", look: "only the upper band has the colour of that corner", files: one("a.png", banded), early: cornered("UpperRight"), after: cropped},
		{section: section, option: "autoColorCropOptions, corner BottomLeft", format: "PNG", look: "only the lower band has the colour of that corner", files: one("a.png", banded), early: cornered("BottomLeft"), after: cropped},
		{section: section, option: "autoTransparentCropOptions, tolerance 0", format: "PNG with a faint shadow", look: "the shadow is not quite transparent: it stays", files: one("a.png", shadowed), early: byAlpha, after: cropped},
		{section: section, option: "autoTransparentCropOptions, tolerance 0.5", format: "PNG with a faint shadow", look: "the shadow counts as transparent", files: one("a.png", shadowed), early: strings.Replace(byAlpha, ">0<", ">0.5<", 1), after: cropped},
		{section: section, option: "autoTransparentCropOptions", format: "PNG", look: "the transparent border is gone", files: one("a.png", pngScene(color.NRGBA{})), early: byAlpha, after: cropped},
		{section: section, option: "autoTransparentCropOptions", format: "TIFF", look: "the same", files: one("a.tif", tiffScene), early: byAlpha, after: cropped},
		{section: section, option: "several crops", format: "PNG", look: "the manual one counts, with a warning", files: one("a.png", pngScene(paper())), early: byHand + byColour, after: cropped},
		{section: section, option: "preserveCrop true", format: "PNG, replaced", look: "the crop of the file before stays", files: one("a.png", pngScene(paper())), first: byHand, early: "<preserveCrop>true</preserveCrop>", after: cropped},
		{section: section, option: "preserveCrop false", format: "PNG, replaced", look: "the crop of the file before is gone", files: one("a.png", pngScene(paper())), first: byHand, early: "<preserveCrop>false</preserveCrop>", after: cropped},
	}
}

func cornered(corner string) string { return strings.Replace(byColour, "UpperLeft", corner, 1) }

// banded is the scene with bands of two colours above and below.
func banded() []byte {
	m := scene(paper())
	draw.Draw(m, image.Rect(0, 0, 260, 30), image.NewUniform(color.NRGBA{90, 160, 90, 255}), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(0, 200, 260, 240), image.NewUniform(color.NRGBA{150, 110, 180, 255}), image.Point{}, draw.Src)
	return mediatest.PNG(m)
}

// shadowed is the scene with a shadow of a quarter's opacity.
func shadowed() []byte {
	m := image.NewNRGBA(image.Rect(0, 0, 260, 240))
	draw.Draw(m, image.Rect(60, 150, 250, 230), image.NewUniform(color.NRGBA{A: 64}), image.Point{}, draw.Src)
	draw.Draw(m, m.Rect, scene(color.NRGBA{}), image.Point{}, draw.Over)
	return mediatest.PNG(m)
}

func knockouts() []entry {
	const section = "Knockout and masks"
	ringed := func() []byte {
		m := scene(paper())
		for y := 90; y < 130; y++ {
			for x := 100; x < 140; x++ {
				m.SetNRGBA(x, y, paper()) // a hole in the ball
			}
		}
		return mediatest.PNG(m)
	}
	return []entry{
		{section: section, option: "knockoutBackgroundOptions FloodFill", format: "PNG", look: "the ground is transparent, the white square inside stays", files: one("a.png", ringed), mask: true, early: flood, after: masked},
		{section: section, option: "knockoutBackgroundOptions MatchPixel", format: "PNG", look: "the square is transparent too", files: one("a.png", ringed), mask: true, early: matching, after: masked},
		{section: section, option: "knockoutBackgroundOptions FloodFill", format: "JPEG", look: "with a tolerance", files: one("a.jpg", jpegScene), mask: true, early: flood, after: masked},
		{section: section, option: "knockoutBackgroundOptions and a crop", format: "PNG", look: "the crop comes first", files: one("a.png", ringed), mask: true, early: flood + byColour, after: masked},
		{section: section, option: "knockoutBackgroundOptions FloodFill", format: "CMYK PSD", look: "the same with inks; the colours become sRGB", files: one("inks.psd", inks), mask: true, early: flood, after: masked},
	}
}

func masks() []entry {
	const section = "Knockout and masks"
	list := []entry{{section: section, option: "createMask, alpha", format: "PNG", look: "white where the picture is opaque", files: one("a.png", pngScene(color.NRGBA{})), mask: true, after: masked},
		{section: section, option: "createMask, alpha", format: "TIFF", look: "the same", files: one("a.tif", tiffScene), mask: true, after: masked},
		{section: section, option: "createMask, clipping path", format: "PSD", look: "a disc with a square hole", files: one("a.psd", flatPSD), mask: true, after: masked},
		{section: section, option: "createMask, clipping path", format: "JPEG", look: "the same", needs: []string{"vips"},
			files: one("a.jpg", func() []byte { return mediatest.WithResources(jpegScene(), outline(), 9000) }), mask: true, after: masked}}
	return list
}

func sharpened() []entry {
	const section = "Unsharp mask"
	soft := func() []byte { return mediatest.PNG(blurred()) }
	mask := func(option, look, late string) entry {
		return entry{section: section, option: option, format: "PNG", look: look, files: one("soft.png", soft), late: late, after: optimized}
	}
	return []entry{
		mask("amount 1.75", "crisp edges", sharpen("1.75", "2", "2", "0")),
		mask("amount 5", "the most, with halos", sharpen("5", "2", "0", "0")),
		mask("radius 0.3", "only the finest edges", sharpen("5", "0.3", "0", "0")),
		mask("radius 12", "halos so wide that whole stripes gain contrast", sharpen("1.5", "12", "0", "0")),
		mask("threshold 40", "weak edges stay soft", sharpen("3", "2", "40", "0")),
		mask("monochrome 1", "brightness only: no coloured halos", sharpen("3", "2", "0", "1")),
		{section: section, option: "amount 1.75", format: "CMYK PSD", look: "each ink is sharpened", files: one("inks.psd", inks), early: maintain, late: sharpen("1.75", "2", "2", "0"), after: optimized},
	}
}

func coloured() []entry {
	const section = "Colour management"
	return []entry{
		{section: section, option: "Default", format: "PNG", look: "nothing changes", files: one("a.png", pngScene(paper())), early: byDefault, after: optimized},
		{section: section, option: "Default", format: "CMYK PSD without a profile", look: "sRGB by a general CMYK profile; before, the inks as a naive reader shows them", files: one("inks.psd", inks), early: byDefault, after: optimized},
		{section: section, option: "MaintainOriginal", format: "CMYK PSD without a profile", look: "the inks as they are, here as a naive reader shows them", files: one("inks.psd", inks), early: maintain, after: optimized},
		{section: section, option: "Default", format: "CMYK TIFF without a profile, samples together", look: "sRGB by a general CMYK profile", needs: []string{"vips", generalCMYK}, files: one("inks.tif", inksTogether), early: byDefault, after: packedColours},
		{section: section, option: "Default", format: "CMYK TIFF without a profile, samples in planes", look: "the same", needs: []string{"vips", generalCMYK}, files: one("inks.tif", inksInPlanes), early: byDefault, after: packedColours},
		{section: section, option: "Default", format: "CMYK JPEG with a profile", look: "the inks and their profile stay", needs: []string{"vips", generalCMYK}, files: printed, early: byDefault, after: packedColours},
		{section: section, option: "MaintainOriginal", format: "CMYK TIFF, samples together", look: "the inks as they are", needs: []string{"vips"}, files: one("inks.tif", inksTogether), early: maintain, after: packedColours},
		{section: section, option: "MaintainOriginal", format: "CMYK TIFF, samples in planes", look: "the inks as they are; the optimised image has its samples together", needs: []string{"vips"}, files: one("inks.tif", inksInPlanes), early: maintain, after: packedColours},
		{section: section, option: "Convert", format: "PNG", look: "read as Adobe RGB (1998), the colours are more vivid in sRGB", needs: []string{adobeRGB}, files: one("a.png", pngScene(paper())), early: between("AdobeRGB", "sRGB"), after: optimized},
		{section: section, option: "Convert, from inks to sRGB", format: "CMYK TIFF, samples in planes", look: "the colours of the inks on paper", needs: []string{"vips", generalCMYK}, files: one("inks.tif", inksInPlanes), early: between("CMYK", "sRGB"), after: packedColours},
		{section: section, option: "Convert, from sRGB to inks", format: "PNG", look: "inks with their profile", needs: []string{"vips", generalCMYK}, files: one("a.png", pngScene(paper())), early: between("sRGB", "CMYK"), after: packedColours},
	}
}
