package scene7

import (
	"strings"

	"sluice/internal/ingest"
)

// EffectiveOptions completes an UploadPostJob with the values in effect, as getActiveJobs shows them. Clients older than
// the Illustrator options expect the PostScript options to govern Illustrator files too, so these stand in for them.
func (s *Schema) EffectiveOptions(options *Record) *Record {
	postScript := options.Record("postScriptOptions")
	if postScript != nil && !options.Has("illustratorOptions") {
		illustrator := &Record{Type: "IllustratorOptions"}
		for _, entry := range postScript.Fields {
			if s.types[illustrator.Type].Field(entry.Name) != nil {
				illustrator.Fields = append(illustrator.Fields, entry)
			}
		}
		whole := &Record{Type: options.Type, Fields: append([]Entry(nil), options.Fields...)}
		whole.set(s.types[options.Type], "illustratorOptions", illustrator)
		options = whole
	}
	return s.WithDefaults(options)
}

// Processing translates an UploadPostJob into the library's own terms. The warnings tell what the job asks for and
// does not get; they belong into its log.
func (s *Schema) Processing(options *Record) (ingest.Processing, []Warning) {
	full := s.EffectiveOptions(options)
	p := ingest.Processing{
		Overwrite:       full.Bool("overwrite"),
		Publish:         full.Bool("readyForPublish"),
		PreservePublish: full.OptionalBool("preservePublishState"),
		CreateMask:      full.Bool("createMask"),
		PreserveCrop:    full.OptionalBool("preserveCrop"),
		Knockout:        knockout(full.Record("knockoutBackgroundOptions")),
		Unsharp:         unsharp(full.Record("unsharpMaskOptions"), options.Has("unsharpMaskOptions")),
		Color:           color(full.Record("colorManagementOptions")),
		Photoshop:       photoshop(full.Record("photoshopOptions")),
		PostScript:      rasterize(full.Record("postScriptOptions")),
		Illustrator:     rasterize(full.Record("illustratorOptions")),
		PDF:             rasterize(full.Record("pdfOptions")),
		InDesign:        inDesign(full.Record("inDesignOptions")),
		CSSStatic:       full.Record("cssOptions").OptionalBool("forceStaticImages"),
		Video:           video(full.Record("mediaOptions")),
		Unpack:          full.Record("unCompressOptions").Text("process") == "UnCompress",
		AutoSets:        handles(full.Record("autoSetCreationOptions").Record("autoSetsArray")),
		AutoSet:         full.Has("autoSetCreationOptions"),
		Projects:        handles(full.Record("projectHandleArray")),
		Keywords:        Keywords(full.Text("xmpKeywords")),
		Metadata:        metadata(full.Record("metadataOptions")),
		Email:           full.Text("emailSetting"),
		CallbackURL:     strings.Trim(full.Text("postHttpUrl"), xmlBlanks),
	}
	if !full.Bool("ignoreSmartCropGeneration") {
		for _, item := range full.Record("autoSmartCropOptionsArray").Records("items") {
			p.SmartCrops = append(p.SmartCrops, ingest.SmartCrop{Name: item.Text("name"), Width: item.Int("width"),
				Height: item.Int("height"), Type: item.Text("type")})
		}
	}
	keep := full.OptionalBool("preserveSmartCrop")
	p.RedoSmartCrops = keep != nil && !*keep
	return p, crops(&p, full)
}

// crops sets at most one kind of crop: a manual one that cuts something, else by colour, else by transparency.
func crops(p *ingest.Processing, full *Record) []Warning {
	var asked []string
	if manual := full.Record("manualCropOptions"); manual != nil {
		crop := ingest.ManualCrop{Left: manual.Int("left"), Right: manual.Int("right"), Top: manual.Int("top"), Bottom: manual.Int("bottom")}
		if !crop.Zero() {
			p.Crop, asked = &crop, append(asked, "manualCropOptions")
		}
	}
	if byColor := full.Record("autoColorCropOptions"); byColor != nil {
		if len(asked) == 0 {
			p.ColorCrop = &ingest.ColorCrop{Corner: byColor.Text("corner"), Tolerance: byColor.Double("tolerance")}
		}
		asked = append(asked, "autoColorCropOptions")
	}
	if byAlpha := full.Record("autoTransparentCropOptions"); byAlpha != nil {
		if len(asked) == 0 {
			p.AlphaCrop = &ingest.AlphaCrop{Tolerance: byAlpha.Double("tolerance")}
		}
		asked = append(asked, "autoTransparentCropOptions")
	}
	var warnings []Warning
	for i := 1; i < len(asked); i++ {
		warnings = append(warnings, Warning{Path: asked[i], Msg: "ignored because " + asked[0] + " is given too"})
	}
	return warnings
}

func knockout(r *Record) *ingest.Knockout {
	if r == nil {
		return nil
	}
	return &ingest.Knockout{Corner: r.Text("corner"), Tolerance: r.Double("tolerance"), Fill: r.Text("fillMethod")}
}

func unsharp(r *Record, asked bool) *ingest.Unsharp {
	if !asked {
		return nil
	}
	return &ingest.Unsharp{Amount: r.Double("amount"), Radius: r.Double("radius"), Threshold: r.Int("threshold"),
		Monochrome: r.Int("monochrome") == 1}
}

func color(r *Record) *ingest.Color {
	return &ingest.Color{Mode: r.Text("colorManagement"), Source: strings.Trim(r.Text("sourceProfileHandle"), xmlBlanks),
		Output: strings.Trim(r.Text("outputProfileHandle"), xmlBlanks)}
}

func photoshop(r *Record) *ingest.Photoshop {
	layers := r.Record("layerOptions")
	return &ingest.Photoshop{
		Layers:      r.Text("process") == "MaintainLayers",
		Naming:      layers.Text("layerNaming"),
		Anchor:      layers.Text("anchor"),
		Template:    layers.Bool("createTemplate"),
		ExtractText: layers.Bool("extractText"),
		Extend:      layers.Bool("extendLayers"),
	}
}

// rasterize serves three types: a field that one of them lacks is absent in its records.
func rasterize(r *Record) *ingest.Rasterize {
	return &ingest.Rasterize{
		Process:    r.Text("process"),
		Resolution: r.Double("resolution"),
		Colorspace: r.Text("colorspace"),
		Alpha:      r.Bool("alpha"),
		Catalog:    r.OptionalBool("pdfCatalog"),
		Words:      r.Bool("extractSearchWords"),
		Links:      r.Bool("extractLinks"),
	}
}

// video takes a time before the start as the start, like any other time that the video does not have. Whoever names a
// time wants a thumbnail, unless he says otherwise.
func video(r *Record) *ingest.Video {
	if r == nil {
		return nil
	}
	thumbnail := r.Has("thumbnailOptions")
	if r.Has("generateThumbnail") {
		thumbnail = r.Bool("generateThumbnail")
	}
	described := encodings(r.Record("videoEncodingArray"))
	for _, set := range r.Record("avsEncodingArray").Records("items") {
		described = append(described, encodings(set.Record("videoEncodingArray"))...)
	}
	return &ingest.Video{
		Presets:     handles(r.Record("videoEncodingPresetsArray")),
		Encodings:   described,
		Encode:      r.Has("videoEncodingPresetsArray"),
		Crops:       len(r.Record("videoSmartCropArray").Records("items")),
		Thumbnail:   thumbnail,
		ThumbnailAt: max(0, r.Record("thumbnailOptions").Long("thumbnailTime")),
	}
}

// encodings reads encodings that the job itself describes. Their fields have the names of the properties of presets.
func encodings(r *Record) []map[string]string {
	var all []map[string]string
	for _, item := range r.Records("items") {
		properties := map[string]string{}
		for _, field := range item.Fields {
			if _, nested := field.Value.(*Record); !nested {
				properties[strings.ToLower(field.Name)] = formatScalar(field.Value)
			}
		}
		all = append(all, properties)
	}
	return all
}

func metadata(r *Record) []ingest.MetadataEdit {
	var edits []ingest.MetadataEdit
	for _, item := range r.Record("updateArray").Records("items") {
		edit := ingest.MetadataEdit{
			Field:      strings.Trim(item.Text("fieldHandle"), xmlBlanks),
			AddTags:    item.Record("addTagValueArray").Strings("items"),
			SetTags:    item.Record("setTagValueArray").Strings("items"),
			DeleteTags: item.Record("deleteTagValueArray").Strings("items"),
		}
		for _, name := range []string{"value", "boolVal", "longVal", "doubleVal", "dateVal"} {
			if value := item.Value(name); value != nil {
				edit.Value = formatScalar(value)
				break
			}
		}
		edits = append(edits, edit)
	}
	return edits
}

// inDesign is the process word, empty for None. The contract lists no other word, so none is refused.
func inDesign(r *Record) string {
	if process := strings.Trim(r.Text("process"), xmlBlanks); process != "None" {
		return process
	}
	return ""
}

// handles returns the items of a HandleArray without surrounding blanks; empty ones are dropped.
func handles(r *Record) []string {
	var all []string
	for _, item := range r.Strings("items") {
		if item = strings.Trim(item, xmlBlanks); item != "" {
			all = append(all, item)
		}
	}
	return all
}

// Keywords splits a list of keywords at commas. "\," stands for a comma and "\\" for a backslash inside a keyword; any
// other backslash stands for itself. Blanks around keywords and empty keywords are dropped.
func Keywords(list string) []string {
	var words []string
	var word strings.Builder
	end := func() {
		if w := strings.TrimSpace(word.String()); w != "" {
			words = append(words, w)
		}
		word.Reset()
	}
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == ',':
			end()
		case c == '\\' && i+1 < len(list) && (list[i+1] == ',' || list[i+1] == '\\'):
			i++
			word.WriteByte(list[i])
		default:
			word.WriteByte(c)
		}
	}
	end()
	return words
}
