package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"strconv"
)

// named crops of the gallery: name, width and height.
const (
	square = "<items><name>square</name><width>120</width><height>120</height><type>CROP</type></items>"
	banner = "<items><name>banner</name><width>260</width><height>80</height><type>CROP</type></items>"
	tall   = "<items><name>tall</name><width>60</width><height>180</height><type>CROP</type></items>"
)

func smart(crops string) string {
	return "<autoSmartCropOptionsArray>" + crops + "</autoSmartCropOptionsArray>"
}

func smartCrops() []entry {
	const section = "Smart crops"
	picture := one("a.png", pngScene(paper()))
	return []entry{
		{section: section, option: "autoSmartCropOptionsArray", format: "PNG", look: "each the largest rectangle of its proportions in the middle", files: picture, early: smart(square + banner + tall), after: smartlyCropped},
		{section: section, option: "autoSmartCropOptionsArray", format: "JPEG", look: "the same", needs: []string{"vips"}, files: one("a.jpg", jpegScene), early: smart(square + banner), after: smartlyCropped},
		{section: section, option: "autoSmartCropOptionsArray", format: "PNG, a size that no crop can have", look: "a warning; the other crop is made", files: picture,
			early: smart("<items><name>none</name><width>0</width><height>10</height><type>CROP</type></items>" + square), after: smartlyCropped},
		{section: section, option: "preserveSmartCrop true", format: "PNG, replaced, a crop set by hand", look: "the crop that was set by hand stays", files: picture, first: "<preserveCrop>true</preserveCrop>", then: cropByHand, early: smart(square), late: "<preserveSmartCrop>true</preserveSmartCrop>", after: smartlyCropped},
		{section: section, option: "preserveSmartCrop false", format: "PNG, replaced, a crop set by hand", look: "the crop is computed anew, in the middle", files: picture, first: "<preserveCrop>true</preserveCrop>", then: cropByHand, early: smart(square), late: "<preserveSmartCrop>false</preserveSmartCrop>", after: smartlyCropped},
		{section: section, option: "ignoreSmartCropGeneration true", format: "PNG", look: "no crop is made", files: picture, early: smart(square), late: "<ignoreSmartCropGeneration>true</ignoreSmartCropGeneration>", after: smartlyCropped},
	}
}

// cropByHand gives the asset of the file before a crop square in its upper left corner.
func cropByHand(ctx context.Context, k *kit, a asset) error {
	_, err := k.ips(ctx, "addSmartCrops", company+fmt.Sprintf("<ownerHandle>a|%d</ownerHandle>", a.Number)+
		"<addArray><items><cropName>square</cropName><cropRect><leftN>0</leftN><topN>0</topN><widthN>0.4615</widthN><heightN>0.5</heightN></cropRect><cropWidth>120</cropWidth><cropHeight>120</cropHeight></items></addArray>")
	return err
}

// smartlyCropped draws the smart crops of the asset, and shows what each cuts out.
func smartlyCropped(ctx context.Context, k *kit, r result) (image.Image, error) {
	a, err := r.main()
	if err != nil {
		return nil, err
	}
	n, err := k.ips(ctx, "getAssociatedAssets", company+fmt.Sprintf("<assetHandle>a|%d</assetHandle>", a.Number))
	if err != nil {
		return nil, err
	}
	picture, err := k.originalOf(ctx, a)
	if err != nil {
		return nil, err
	}
	source := onBoard(picture)
	var cut []captioned
	lines := []color.NRGBA{{255, 0, 255, 255}, {0, 150, 0, 255}, {0, 0, 255, 255}}
	outlines := source
	for _, crop := range n.all("subAssetArray") {
		for i, item := range crop.all("items") {
			rect, err := rectOf(item, source.Rect)
			if err != nil {
				return nil, err
			}
			part := image.NewRGBA(image.Rect(0, 0, rect.Dx(), rect.Dy()))
			draw.Draw(part, part.Rect, source, rect.Min, draw.Src)
			outlines = outlined(outlines, rect, lines[i%len(lines)])
			cut = append(cut, captioned{fmt.Sprintf("%s: %s", item.own("name"), size(part)), part})
		}
	}
	caption := fmt.Sprintf("smart crops: %d", len(cut))
	return sheet(append([]captioned{{caption, outlines}}, cut...)...), nil
}

// rectOf is the rectangle of a smart crop in pixels: it is told in parts of the picture.
func rectOf(item node, whole image.Rectangle) (image.Rectangle, error) {
	var parts [4]float64
	for i, name := range []string{"leftN", "topN", "widthN", "heightN"} {
		var err error
		if parts[i], err = strconv.ParseFloat(item.text(name), 64); err != nil {
			return whole, err
		}
	}
	at := func(part float64, of int) int { return int(math.Round(part * float64(of))) }
	left, top := at(parts[0], whole.Dx()), at(parts[1], whole.Dy())
	return image.Rect(left, top, left+at(parts[2], whole.Dx()), top+at(parts[3], whole.Dy())), nil
}
