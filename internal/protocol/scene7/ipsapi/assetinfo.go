package ipsapi

import (
	"encoding/json"
	"strconv"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// infoOf names the info element of every asset type and its type. Types that are
// views of pixels share that of images.
func infoOf() map[ingest.AssetType][2]string {
	infos := map[ingest.AssetType][2]string{
		"Image": {"imageInfo", "ImageInfo"}, "AdjustedView": {"imageInfo", "ImageInfo"}, "LayerView": {"layerViewInfo", "LayerViewInfo"},
		"Template": {"templateInfo", "TemplateInfo"}, "Watermark": {"watermarkInfo", "WatermarkInfo"}, "RenderScene": {"renderSceneInfo", "RenderSceneInfo"},
		"PsdTemplate": {"psdInfo", "PsdInfo"}, "Rtf": {"rtfInfo", "RTFInfo"}, "PremierExpressRemix": {"premiereExpressRemixInfo", "PremiereExpressRemixInfo"},
		"PDFSettings": {"pdfSettingsInfo", "PdfSettingsInfo"}, "AssetSet": {"assetSetInfo", "AssetSetInfo"},
		"ViewerPreset": {"viewerPresetInfo", "ViewerPresetInfo"}, "Mask": {"maskInfo", "MaskInfo"}, "InDesign": {"inDesignInfo", "InDesignInfo"},
	}
	for kind, stem := range map[ingest.AssetType]string{
		"Vignette": "vignette", "Cabinet": "cabinet", "WindowCovering": "windowCovering", "IccProfile": "iccProfile", "Font": "font", "Xsl": "xsl",
		"ViewerSwf": "viewerSwf", "Xml": "xml", "Svg": "svg", "Fxg": "fxg", "Zip": "zip", "Video": "video", "Aco": "aco", "Pdf": "pdf",
		"Flash": "flash", "PostScript": "postScript", "Illustrator": "illustrator", "Word": "word", "Excel": "excel", "PowerPoint": "powerPoint",
		"CuePoint": "cuePoint", "Audio": "audio", "MasterVideo": "masterVideo", "AnimatedGif": "animatedGif", "Swc": "swc", "Css": "css",
		"Javascript": "javascript", "VideoCaption": "videoCaption",
	} {
		infos[kind] = [2]string{stem + "Info", strings.ToUpper(stem[:1]) + stem[1:] + "Info"}
	}
	return infos
}

// infoFields lists the info elements.
func infoFields() []string {
	var fields []string
	for _, info := range infoOf() {
		fields = append(fields, info[0])
	}
	return fields
}

// assetInfo builds the info element of an asset; nil for types that have none.
// Strings that are not set are empty elements.
func (s *Service) assetInfo(c *call, v *engine.AssetView) (string, *scene7.Record) {
	info, ok := s.infos[v.Type]
	if !ok {
		return "", nil
	}
	r := &scene7.Record{Type: info[1]}
	add := func(pairs ...any) { r.Fields = append(r.Fields, record(r.Type, pairs...).Fields...) }
	t := s.schema.Type(info[1])
	if t.Field("originalPath") != nil {
		path, file := originalPath(c, v.Asset)
		add("originalPath", path, "originalFile", file)
	}
	if t.Field("fileSize") != nil {
		add("fileSize", v.Size)
	}
	for field, kind := range map[string]ingest.DerivedKind{"optimized": ingest.DerivedOptimized, "mask": ingest.DerivedMask, "image": ingest.DerivedThumbnail} {
		if t.Field(field+"Path") != nil {
			path, file := derivedPath(c, v, kind)
			add(field+"Path", path, field+"File", file)
		}
	}
	switch v.Type {
	case "Image", "AdjustedView":
		add(imageFields(v)...)
	case "LayerView", "Template", "Watermark":
		add("url", assetURL(c, v.Asset), "urlModifier", v.Image.Modifier, "urlPostApplyModifier", v.Image.PostModifier)
	case "RenderScene":
		add("url", assetURL(c, v.Asset))
	case "AssetSet":
		add("setDefinition", v.Set.Definition)
	case "ViewerPreset":
		add("type", v.Viewer.Type, "configSettingArray", configSettings(v.Viewer))
	}
	return info[0], r
}

// originalPath is where the original of an asset is kept, as clients see it.
func originalPath(c *call, a *ingest.Asset) (path, file string) {
	if a.Size == 0 && a.Version == 0 {
		return "", ""
	}
	return shownPath(c.company, a.Path), a.FileName
}

// derivedPath is the same for a file that was made of it; empty when there is none.
func derivedPath(c *call, v *engine.AssetView, kind ingest.DerivedKind) (path, file string) {
	d := v.Files[kind]
	if d == nil {
		return "", ""
	}
	return shownPath(c.company, v.Path), d.Name
}

func imageFields(v *engine.AssetView) []any {
	resolution := 0.0
	if inFile := v.Keys["tiff.XResolution"]; len(inFile) == 1 { // kept in pixels per inch
		resolution, _ = strconv.ParseFloat(inFile[0], 64)
	}
	if v.Image.Resolution != nil {
		resolution = *v.Image.Resolution
	}
	anchorX, anchorY := v.Media.Width/2, v.Media.Height/2
	if v.Image.AnchorX != nil {
		anchorX = *v.Image.AnchorX
	}
	if v.Image.AnchorY != nil {
		anchorY = *v.Image.AnchorY
	}
	return []any{
		"width", v.Media.Width, "height", v.Media.Height, "resolution", resolution, "sku", "",
		"description", v.Texts[ingest.FieldDescription], "comments", v.Texts[ingest.FieldComments], "userData", v.Texts[ingest.FieldUserData],
		"anchorX", anchorX, "anchorY", anchorY, "urlModifier", v.Image.Modifier, "urlPostApplyModifier", v.Image.PostModifier,
		"zoomTargets", zoomTargetRecords(v.Targets), "masks", maskRecords(v), "imageMaps", imageMapRecords(v.Maps),
	}
}

func partHandle(d *ingest.Document) string { return "a|" + d.Key }

func zoomTargetRecords(docs []*ingest.Document) *scene7.Record {
	rows := make([]*scene7.Record, 0, len(docs))
	for _, d := range docs {
		var z ingest.ZoomTarget
		if json.Unmarshal(d.Data, &z) != nil {
			continue // a row that this server did not write
		}
		rows = append(rows, record("ZoomTarget", "zoomTargetHandle", partHandle(d), "name", d.Name, "xPosition", z.X, "yPosition", z.Y,
			"width", z.Width, "height", z.Height, "userData", z.UserData, "position", d.Position, "lastModified", d.Modified))
	}
	return array("ZoomTargetArray", rows)
}

func imageMapRecords(docs []*ingest.Document) *scene7.Record {
	rows := make([]*scene7.Record, 0, len(docs))
	for _, d := range docs {
		var m ingest.ImageMap
		if json.Unmarshal(d.Data, &m) != nil {
			continue // a row that this server did not write
		}
		rows = append(rows, record("ImageMap", "imageMapHandle", partHandle(d), "name", d.Name, "region", m.Region, "action", m.Action,
			"shapeType", m.Shape, "position", d.Position, "enabled", !m.Disabled, "lastModified", d.Modified))
	}
	return array("ImageMapArray", rows)
}

// maskRecords lists the masks that were made of an image.
func maskRecords(v *engine.AssetView) *scene7.Record {
	d := v.Files[ingest.DerivedMask]
	if d == nil {
		return array[string]("MaskArray", nil)
	}
	return array("MaskArray", []*scene7.Record{record("Mask", "maskHandle", "a|"+strconv.FormatInt(int64(d.Number), 10), "name", d.Name,
		"maskPath", v.Path, "maskFile", d.Name, "lastModified", d.Created)})
}
