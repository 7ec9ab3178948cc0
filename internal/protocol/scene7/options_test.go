package scene7

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func TestProcessing(t *testing.T) {
	schema := newSchema(t)
	yes, no := true, false
	standard := func(change func(*ingest.Processing)) ingest.Processing {
		p := ingest.Processing{
			Overwrite: true, Publish: true, PreserveCrop: &yes, Email: "None",
			Color:       &ingest.Color{Mode: "Default"},
			Photoshop:   &ingest.Photoshop{},
			PostScript:  &ingest.Rasterize{Process: "Rasterize"},
			Illustrator: &ingest.Rasterize{Process: "Rasterize"},
			PDF:         &ingest.Rasterize{Process: "Rasterize", Catalog: &yes},
		}
		change(&p)
		return p
	}
	tests := []struct {
		name, fields string
		change       func(*ingest.Processing)
	}{
		{"defaults", "", func(*ingest.Processing) {}},
		{"flags", "<preservePublishState>false</preservePublishState><preserveCrop>0</preserveCrop><cssOptions><forceStaticImages>1</forceStaticImages></cssOptions>",
			func(p *ingest.Processing) { p.PreservePublish, p.PreserveCrop, p.CSSStatic = &no, &no, &yes }},
		{"manual crop", "<manualCropOptions><left>1</left><right>2</right><top>3</top><bottom>4</bottom></manualCropOptions>",
			func(p *ingest.Processing) { p.Crop = &ingest.ManualCrop{Left: 1, Right: 2, Top: 3, Bottom: 4} }},
		{"manual crop of nothing", "<manualCropOptions><left>0</left><right>0</right><top>0</top><bottom>0</bottom></manualCropOptions>",
			func(*ingest.Processing) {}},
		{"colour crop", "<autoColorCropOptions><corner>BottomRight</corner><tolerance>.5</tolerance></autoColorCropOptions>",
			func(p *ingest.Processing) { p.ColorCrop = &ingest.ColorCrop{Corner: "BottomRight", Tolerance: 0.5} }},
		{"transparency crop", "<autoTransparentCropOptions><tolerance>1</tolerance></autoTransparentCropOptions>",
			func(p *ingest.Processing) { p.AlphaCrop = &ingest.AlphaCrop{Tolerance: 1} }},
		{"smart crops", "<autoSmartCropOptionsArray><items><name>n</name><width>1</width><height>2</height><type>t</type></items></autoSmartCropOptionsArray>",
			func(p *ingest.Processing) {
				p.SmartCrops = []ingest.SmartCrop{{Name: "n", Width: 1, Height: 2, Type: "t"}}
			}},
		{"knockout", "<knockoutBackgroundOptions><corner>UpperLeft</corner><tolerance>0.25</tolerance><fillMethod>FloodFill</fillMethod></knockoutBackgroundOptions>",
			func(p *ingest.Processing) {
				p.Knockout = &ingest.Knockout{Corner: "UpperLeft", Tolerance: 0.25, Fill: "FloodFill"}
			}},
		{"unsharp", "<unsharpMaskOptions><amount>1.75</amount><radius>0.2</radius><monochrome>1</monochrome></unsharpMaskOptions>",
			func(p *ingest.Processing) {
				p.Unsharp = &ingest.Unsharp{Amount: 1.75, Radius: 0.2, Threshold: 6, Monochrome: true}
			}},
		{"colour", "<colorManagementOptions><colorManagement>Convert</colorManagement><sourceProfileHandle> a|1 </sourceProfileHandle><outputProfileHandle>a|2</outputProfileHandle></colorManagementOptions>",
			func(p *ingest.Processing) { p.Color = &ingest.Color{Mode: "Convert", Source: "a|1", Output: "a|2"} }},
		{"photoshop", "<photoshopOptions><process>MaintainLayers</process><layerOptions><layerNaming>AppendName</layerNaming><createTemplate>1</createTemplate><extractText>1</extractText><extendLayers>1</extendLayers></layerOptions></photoshopOptions>",
			func(p *ingest.Processing) {
				p.Photoshop = &ingest.Photoshop{Layers: true, Naming: "AppendName", Anchor: "Center", Template: true, ExtractText: true, Extend: true}
			}},
		{"PostScript stands in for Illustrator", "<postScriptOptions><process>None</process><resolution>300</resolution><colorspace>Gray</colorspace><alpha>1</alpha><extractSearchWords>1</extractSearchWords></postScriptOptions>",
			func(p *ingest.Processing) {
				p.PostScript = &ingest.Rasterize{Process: "None", Resolution: 300, Colorspace: "Gray", Alpha: true, Words: true}
				p.Illustrator = &ingest.Rasterize{Process: "None", Resolution: 300, Colorspace: "Gray", Alpha: true}
			}},
		{"PDF and Illustrator", "<pdfOptions><process>Thumbnail</process><pdfCatalog>0</pdfCatalog><extractLinks>1</extractLinks></pdfOptions><illustratorOptions><process>None</process></illustratorOptions>",
			func(p *ingest.Processing) {
				p.PDF = &ingest.Rasterize{Process: "Thumbnail", Catalog: &no, Links: true}
				p.Illustrator = &ingest.Rasterize{Process: "None"}
			}},
		{"InDesign", "<inDesignOptions><process>Rasterize</process></inDesignOptions>", func(p *ingest.Processing) { p.InDesign = "Rasterize" }},
		{"video", "<mediaOptions><videoEncodingPresetsArray><items>ps|1</items><items> </items></videoEncodingPresetsArray><thumbnailOptions><thumbnailTime>1500</thumbnailTime></thumbnailOptions></mediaOptions>",
			func(p *ingest.Processing) {
				p.Video = &ingest.Video{Presets: []string{"ps|1"}, Encode: true, Thumbnail: true, ThumbnailAt: 1500}
			}},
		{"video, no presets named", "<mediaOptions><videoEncodingPresetsArray/></mediaOptions>", func(p *ingest.Processing) { p.Video = &ingest.Video{Encode: true} }},
		{"video without thumbnail, time before the start", "<mediaOptions><generateThumbnail>false</generateThumbnail><thumbnailOptions><thumbnailTime>-1</thumbnailTime></thumbnailOptions></mediaOptions>",
			func(p *ingest.Processing) { p.Video = &ingest.Video{} }},
		{"encodings in the job", "<mediaOptions><videoEncodingArray><items><name>HD</name><fileSuffix>_hd</fileSuffix><height>720</height><videoBitrate>3000</videoBitrate><frameRate>25</frameRate><twoPass>1</twoPass><audioBitrate>96</audioBitrate>" +
			"<advancedSettings><items><name>n</name><value>v</value></items></advancedSettings></items></videoEncodingArray><videoSmartCropArray><items><width>1</width><height>1</height></items></videoSmartCropArray>" +
			"<avsEncodingArray><items><name>set</name><aspectRatio>16:9</aspectRatio><videoEncodingArray><items><name>S</name><fileSuffix>_s</fileSuffix><videoBitrate>400</videoBitrate><audioBitrate>32</audioBitrate></items></videoEncodingArray></items></avsEncodingArray></mediaOptions>",
			func(p *ingest.Processing) {
				p.Video = &ingest.Video{Crops: 1, Encodings: []map[string]string{
					{"name": "HD", "filesuffix": "_hd", "height": "720", "videobitrate": "3000", "framerate": "25.0", "twopass": "true", "audiobitrate": "96"},
					{"name": "S", "filesuffix": "_s", "videobitrate": "400", "audiobitrate": "32"},
				}}
			}},
		{"smart crops that are not wanted", "<autoSmartCropOptionsArray><items><name>n</name><width>1</width><height>2</height><type>t</type></items></autoSmartCropOptionsArray><ignoreSmartCropGeneration>true</ignoreSmartCropGeneration><preserveSmartCrop>true</preserveSmartCrop>",
			func(*ingest.Processing) {}},
		{"smart crops anew", "<preserveSmartCrop>false</preserveSmartCrop>", func(p *ingest.Processing) { p.RedoSmartCrops = true }},
		{"archives, sets, projects", "<unCompressOptions><process>UnCompress</process></unCompressOptions><autoSetCreationOptions><autoSetsArray><items>ps|3</items></autoSetsArray></autoSetCreationOptions><projectHandleArray><items>p|1|a</items></projectHandleArray>",
			func(p *ingest.Processing) {
				p.Unpack, p.AutoSet, p.AutoSets, p.Projects = true, true, []string{"ps|3"}, []string{"p|1|a"}
			}},
		{"set scripts without names", "<autoSetCreationOptions/>", func(p *ingest.Processing) { p.AutoSet = true }},
		{"keywords and callback", `<xmpKeywords>red, a\,b</xmpKeywords><postHttpUrl> http://x/ </postHttpUrl>`,
			func(p *ingest.Processing) { p.Keywords, p.CallbackURL = []string{"red", "a,b"}, "http://x/" }},
		{"metadata", "<metadataOptions><updateArray><items><fieldHandle> m|1|I|n </fieldHandle><value>v</value></items><items><fieldHandle>f</fieldHandle><boolVal>1</boolVal><addTagValueArray><items>a</items></addTagValueArray><setTagValueArray><items>s</items></setTagValueArray><deleteTagValueArray><items>d</items></deleteTagValueArray></items></updateArray></metadataOptions>",
			func(p *ingest.Processing) {
				p.Metadata = []ingest.MetadataEdit{{Field: "m|1|I|n", Value: "v"},
					{Field: "f", Value: "true", AddTags: []string{"a"}, SetTags: []string{"s"}, DeleteTags: []string{"d"}}}
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record, _, err := decodeJob(t, required+test.fields, Mode{})
			if err != nil {
				t.Fatal(err)
			}
			got, warnings := schema.Processing(record)
			if diff := cmp.Diff(standard(test.change), got); diff != "" || len(warnings) > 0 {
				t.Error(diff, warnings)
			}
		})
	}
}

func TestOneCropWins(t *testing.T) {
	const manual = "<manualCropOptions><left>1</left><right>0</right><top>0</top><bottom>0</bottom></manualCropOptions>"
	const colour = "<autoColorCropOptions><corner>UpperLeft</corner><tolerance>0</tolerance></autoColorCropOptions>"
	const alpha = "<autoTransparentCropOptions><tolerance>0</tolerance></autoTransparentCropOptions>"
	tests := []struct {
		fields, kept string
		warnings     []Warning
	}{
		{alpha + colour + manual, "manual", []Warning{{"autoColorCropOptions", "ignored because manualCropOptions is given too"},
			{"autoTransparentCropOptions", "ignored because manualCropOptions is given too"}}},
		{alpha + colour, "colour", []Warning{{"autoTransparentCropOptions", "ignored because autoColorCropOptions is given too"}}},
		{alpha + manual, "manual", []Warning{{"autoTransparentCropOptions", "ignored because manualCropOptions is given too"}}},
		{alpha, "alpha", nil},
	}
	for _, test := range tests {
		record, _, err := decodeJob(t, required+test.fields, Mode{})
		if err != nil {
			t.Fatal(err)
		}
		p, warnings := newSchema(t).Processing(record)
		kept := map[bool]string{p.Crop != nil: "manual"}[true] + map[bool]string{p.ColorCrop != nil: "colour"}[true] + map[bool]string{p.AlphaCrop != nil: "alpha"}[true]
		if diff := cmp.Diff(test.warnings, warnings); diff != "" || kept != test.kept {
			t.Errorf("%s: kept %s %s", test.fields, kept, diff)
		}
	}
}

func TestKeywords(t *testing.T) {
	for in, want := range map[string][]string{
		"":             nil,
		" , ,":         nil,
		"a":            {"a"},
		"a, b c ,d":    {"a", "b c", "d"},
		`a\,b,c\\,d\n`: {"a,b", `c\`, `d\n`},
		`\`:            {`\`},
		"é,ü":          {"é", "ü"},
	} {
		if diff := cmp.Diff(want, Keywords(in)); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}
