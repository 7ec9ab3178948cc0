package scene7

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/wire/xmltree"
)

// required is the least that an UploadPostJob must hold.
const required = "<overwrite>true</overwrite><readyForPublish>1</readyForPublish><createMask> false </createMask><emailSetting>None</emailSetting>"

func decodeJob(t testing.TB, fields string, mode Mode) (*Record, []Warning, error) {
	t.Helper()
	root, err := xmltree.Parse([]byte("<job>"+fields+"</job>"), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return newSchema(t).Decode(root, typeUploadPostJob, mode)
}

func TestDecodeValues(t *testing.T) {
	const head = `{"overwrite":true,"readyForPublish":true,"createMask":false,`
	const tail = `"emailSetting":"None"`
	tests := []struct {
		name, fields, want string
	}{
		{"least", "", head + tail + "}"},
		{"schema order, whatever the order sent", `<unCompressOptions><process>UnCompress</process></unCompressOptions><preserveCrop>0</preserveCrop>`,
			head + `"preserveCrop":false,` + tail + `,"unCompressOptions":{"process":"UnCompress"}}`},
		{"unknown elements", `<fancy><overwrite>x</overwrite></fancy>`, head + tail + "}"},
		{"first of two", `<preserveCrop>true</preserveCrop><preserveCrop>garbage</preserveCrop>`, head + `"preserveCrop":true,` + tail + "}"},
		{"first of two spellings", `<knockoutBackground><corner>UpperLeft</corner><fillMethod>FloodFill</fillMethod></knockoutBackground><knockoutBackgroundOptions/>`,
			head + `"knockoutBackgroundOptions":{"corner":"UpperLeft","fillMethod":"FloodFill"},` + tail + "}"},
		{"other spellings", `<IllustratorOptions><colorSpace>Rgb</colorSpace></IllustratorOptions><AutoSetCreateOptions/>`,
			head + `"illustratorOptions":{"colorspace":"Rgb"},"autoSetCreationOptions":{},` + tail + "}"},
		{"arrays", `<projectHandleArray><items>p|1|a</items> <items>p|1|b</items></projectHandleArray>`,
			head + `"projectHandleArray":{"items":["p|1|a","p|1|b"]},` + tail + "}"},
		{"empty array", `<projectHandleArray/>`, head + `"projectHandleArray":{},` + tail + "}"},
		{"blanks between tags", `<mediaOptions> <thumbnailOptions> <thumbnailTime>0</thumbnailTime> </thumbnailOptions> </mediaOptions>`,
			head + tail + `,"mediaOptions":{"thumbnailOptions":{"thumbnailTime":0}}}`},
		{"numbers", `<unsharpMaskOptions><amount>1.75</amount><radius> .2e0 </radius><threshold>+2</threshold><monochrome>0</monochrome></unsharpMaskOptions>`,
			head + tail + `,"unsharpMaskOptions":{"amount":1.75,"radius":0.2,"threshold":2,"monochrome":0}}`},
		{"negative zero", `<autoTransparentCropOptions><tolerance>-0</tolerance></autoTransparentCropOptions>`,
			head + `"autoTransparentCropOptions":{"tolerance":0},` + tail + "}"},
		{"render is Rasterize", `<pdfOptions><process>render</process></pdfOptions>`, head + `"pdfOptions":{"process":"Rasterize"},` + tail + "}"},
		{"Rip is Rasterize", `<pdfOptions><process>Rip</process></pdfOptions>`, head + `"pdfOptions":{"process":"Rasterize"},` + tail + "}"},
		{"blanks around a word", "<pdfOptions><process>\n Thumbnail </process></pdfOptions>", head + `"pdfOptions":{"process":"Thumbnail"},` + tail + "}"},
		{"blanks in free text", `<xmpKeywords> a, b </xmpKeywords>`, head + tail + `,"xmpKeywords":" a, b "}`},
		{"nil", `<preserveCrop xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>`, head + tail + "}"},
		{"secrets are dropped", `<jwtToken>s3cret</jwtToken><imsOrg>s3cret</imsOrg><apikey>s3cret</apikey>`, head + tail + "}"},
		{"date without zone", `<metadataOptions><updateArray><items><fieldHandle>m|1|I|n</fieldHandle><dateVal>2011-03-01T17:04:40.177</dateVal></items></updateArray></metadataOptions>`,
			head + tail + `,"metadataOptions":{"updateArray":{"items":[{"fieldHandle":"m|1|I|n","dateVal":"2011-03-01T17:04:40.177Z"}]}}}`},
		{"nested video encodings", `<mediaOptions><avsEncodingArray><items><name>n</name><videoEncodingArray><items><name>e</name><fileSuffix>s</fileSuffix><videoBitrate>1</videoBitrate><audioBitrate>2</audioBitrate><advancedSettings><items><name>a</name><value/></items></advancedSettings></items></videoEncodingArray></items></avsEncodingArray></mediaOptions>`,
			head + tail + `,"mediaOptions":{"avsEncodingArray":{"items":[{"name":"n","videoEncodingArray":{"items":[{"name":"e","fileSuffix":"s","videoBitrate":1,"audioBitrate":2,"advancedSettings":{"items":[{"name":"a","value":""}]}}]}}]}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record, warnings, err := decodeJob(t, required+test.fields, Mode{Level: Level13})
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			if diff := cmp.Diff(test.want, string(record.JSON())); diff != "" {
				t.Error(diff)
			}
			again, err := newSchema(t).RecordFromJSON(typeUploadPostJob, record.JSON())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(record, again); diff != "" {
				t.Error("JSON changes the record:", diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct {
		fields string
		code   Code
		reason string
	}{
		{"<preserveCrop>yes</preserveCrop>", 30001, `job/preserveCrop: must be true, false, 1 or 0: "yes"`},
		{"<preserveCrop>TRUE</preserveCrop>", 30001, `job/preserveCrop: must be true, false, 1 or 0: "TRUE"`},
		{"<preserveCrop/>", 30001, `job/preserveCrop: must be true, false, 1 or 0`},
		{"<postScriptOptions><process>rasterize</process></postScriptOptions>", 30001, `job/postScriptOptions/process: must be one of None, Rasterize: "rasterize"`},
		{"<postScriptOptions><process>render</process></postScriptOptions>", 30001, `job/postScriptOptions/process: must be one of None, Rasterize: "render"`},
		{"<IllustratorOptions><colorSpace>RGB</colorSpace></IllustratorOptions>", 30001, `job/IllustratorOptions/colorSpace: must be one of Auto, Rgb, Cmyk, Gray: "RGB"`},
		{"<unsharpMaskOptions><amount>5.01</amount></unsharpMaskOptions>", 30001, `job/unsharpMaskOptions/amount: must be from 0 to 5: "5.01"`},
		{"<unsharpMaskOptions><radius>251</radius></unsharpMaskOptions>", 30001, `job/unsharpMaskOptions/radius: must be from 0 to 250: "251"`},
		{"<unsharpMaskOptions><threshold>256</threshold></unsharpMaskOptions>", 30001, `job/unsharpMaskOptions/threshold: must be from 0 to 255: "256"`},
		{"<unsharpMaskOptions><threshold>1.5</threshold></unsharpMaskOptions>", 30001, `job/unsharpMaskOptions/threshold: must be a whole number of 32 bits: "1.5"`},
		{"<unsharpMaskOptions><monochrome>2</monochrome></unsharpMaskOptions>", 30001, `job/unsharpMaskOptions/monochrome: must be from 0 to 1: "2"`},
		{"<unsharpMaskOptions><amount>NaN</amount></unsharpMaskOptions>", 30001, `job/unsharpMaskOptions/amount: must be a number: "NaN"`},
		{"<unsharpMaskOptions><amount>0x1p0</amount></unsharpMaskOptions>", 30001, `job/unsharpMaskOptions/amount: must be a number: "0x1p0"`},
		{"<pdfOptions><resolution>INF</resolution></pdfOptions>", 30001, `job/pdfOptions/resolution: must be a number: "INF"`},
		{"<autoTransparentCropOptions><tolerance>1.1</tolerance></autoTransparentCropOptions>", 30001, `job/autoTransparentCropOptions/tolerance: must be from 0 to 1: "1.1"`},
		{"<manualCropOptions><left>-1</left></manualCropOptions>", 30001, `job/manualCropOptions/left: must be from 0 to 2147483647: "-1"`},
		{"<manualCropOptions><left>1</left><right>1</right><top>1</top></manualCropOptions>", 30002, `job/manualCropOptions/bottom: is required`},
		{"<knockoutBackgroundOptions><corner>UpperLeft</corner></knockoutBackgroundOptions>", 30002, `job/knockoutBackgroundOptions/fillMethod: is required`},
		{"<colorManagementOptions/>", 30002, `job/colorManagementOptions/colorManagement: is required`},
		{"<autoSmartCropOptionsArray><items><name>n</name></items></autoSmartCropOptionsArray>", 30002, `job/autoSmartCropOptionsArray/items/width: is required`},
		{"<mediaOptions><thumbnailOptions><thumbnailTime>9223372036854775808</thumbnailTime></thumbnailOptions></mediaOptions>", 30001, `job/mediaOptions/thumbnailOptions/thumbnailTime: must be a whole number of 64 bits: "9223372036854775808"`},
		{"<metadataOptions><updateArray><items><fieldHandle>f</fieldHandle><dateVal>yesterday</dateVal></items></updateArray></metadataOptions>", 30001, `job/metadataOptions/updateArray/items/dateVal: must be a date and time such as 2011-03-01T17:04:40.177-06:00: "yesterday"`},
		{"<preserveCrop>" + strings.Repeat("é", 50) + "</preserveCrop>", 30001, `job/preserveCrop: must be true, false, 1 or 0: "` + strings.Repeat("é", 40) + `…"`},
	}
	for _, test := range tests {
		_, _, err := decodeJob(t, required+test.fields, Mode{Level: Level13})
		var refused *RequestError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", test.fields, err)
			continue
		}
		if diff := cmp.Diff(Fault{test.code, test.reason}, refused.Fault()); diff != "" {
			t.Errorf("%s: %s", test.fields, diff)
		}
	}
}

func TestDecodeLenience(t *testing.T) {
	record, warnings, err := decodeJob(t, "<emailSetting> </emailSetting>", Mode{Level: Level21})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(record.JSON()), `{"overwrite":true,"readyForPublish":true,"createMask":false,"emailSetting":"None"}`; got != want {
		t.Error(got)
	}
	want := []string{"job/emailSetting: empty, taken as absent", "job/overwrite: is required and missing, taken as true",
		"job/readyForPublish: is required and missing, taken as true", "job/createMask: is required and missing, taken as false",
		"job/emailSetting: is required and missing, taken as None"}
	var got []string
	for _, warning := range warnings {
		got = append(got, warning.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, fields := range []string{"", "<emailSetting/>", strings.Replace(required, "None", "", 1)} {
		var refused *RequestError
		if _, _, err := decodeJob(t, fields, Mode{Level: Level21, Strict: true}); !errors.As(err, &refused) {
			t.Errorf("strict mode accepts %q", fields)
		}
	}
}

func TestDecodeRequiredFollowsLevel(t *testing.T) {
	schema := newSchema(t)
	root := &xmltree.Element{Local: "row", Children: []*xmltree.Element{{Local: "logMessage", Text: "m"}, {Local: "logType", Text: "t"}}}
	if _, _, err := schema.Decode(root, "JobLogDetail", Mode{Level: Level13}); err != nil {
		t.Errorf("a field of level 16 is required at level 13: %v", err)
	}
	if _, _, err := schema.Decode(root, "JobLogDetail", Mode{Level: Level16}); err == nil {
		t.Error("a required field of level 16 may be absent at level 16")
	}
	if _, _, err := schema.Decode(root, "Nothing", Mode{}); err == nil {
		t.Error("an unknown type was decoded")
	}
}

func TestDecodeBoundsRepetition(t *testing.T) {
	schema := newSchema(t)
	root := &xmltree.Element{Local: "emails"}
	for range 5 {
		root.Children = append(root.Children, &xmltree.Element{Local: "items", Text: "a"})
	}
	if record, _, err := schema.Decode(root, "EmailArray", Mode{}); err != nil || len(record.Strings("items")) != 5 {
		t.Error(record, err)
	}
	root.Children = append(root.Children, &xmltree.Element{Local: "items", Text: "a"})
	if _, _, err := schema.Decode(root, "EmailArray", Mode{}); err == nil {
		t.Error("six of five were accepted")
	}
	if _, _, err := schema.Decode(&xmltree.Element{}, "EmailArray", Mode{}); err == nil {
		t.Error("none of one to five was accepted")
	}
}

func TestRecordAccess(t *testing.T) {
	record, _, err := decodeJob(t, required+"<mediaOptions><generateThumbnail>true</generateThumbnail><thumbnailOptions><thumbnailTime>7</thumbnailTime></thumbnailOptions></mediaOptions>", Mode{})
	if err != nil {
		t.Fatal(err)
	}
	if got := record.Record("mediaOptions").Record("thumbnailOptions").Long("thumbnailTime"); got != 7 {
		t.Error(got)
	}
	var none *Record
	if none.Has("a") || none.Text("a") != "" || none.OptionalBool("a") != nil || none.Record("a").Int("b") != 0 || none.Strings("a") != nil || !none.Time("a").IsZero() {
		t.Error("a nil record has fields")
	}
}

func TestRecordFromJSONRefuses(t *testing.T) {
	schema := newSchema(t)
	for _, in := range []string{``, `[]`, `{"overwrite":"x"}`, `{"overwrite":null}`, `{"projectHandleArray":{"items":"x"}}`,
		`{"projectHandleArray":{"items":[1]}}`, `{"mediaOptions":{"thumbnailOptions":{"thumbnailTime":1.5}}}`, `{"mediaOptions":1}`} {
		if record, err := schema.RecordFromJSON(typeUploadPostJob, []byte(in)); err == nil {
			t.Errorf("%s gives %v", in, record)
		}
	}
	if _, err := schema.RecordFromJSON("Nothing", []byte("{}")); err == nil {
		t.Error("an unknown type was read")
	}
	record, err := schema.RecordFromJSON(typeUploadPostJob, []byte(`{"emailSetting":"All","gone":1,"overwrite":true}`))
	if err != nil || string(record.JSON()) != `{"overwrite":true,"emailSetting":"All"}` {
		t.Error(record, err)
	}
}
