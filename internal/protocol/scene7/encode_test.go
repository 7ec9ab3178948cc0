package scene7

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAppendXML(t *testing.T) {
	schema := newSchema(t)
	record, _, err := decodeJob(t, required+`<synchronizationComplete>true</synchronizationComplete><xmpKeywords>a&amp;b</xmpKeywords><cssOptions/><projectHandleArray><items>p|1|a</items><items>p|1|b</items></projectHandleArray><autoSetCreationOptions/>
<unsharpMaskOptions><amount>2</amount><radius>0.25</radius></unsharpMaskOptions>`, Mode{})
	if err != nil {
		t.Fatal(err)
	}
	const marks = `<uploadPostJob><overwrite>true</overwrite><readyForPublish>true</readyForPublish>`
	const head = marks + `<createMask>false</createMask>`
	const middle = `<autoSetCreationOptions/><projectHandleArray><items>p|1|a</items><items>p|1|b</items></projectHandleArray><emailSetting>None</emailSetting>`
	const tail = `<unsharpMaskOptions><amount>2.0</amount><radius>0.25</radius></unsharpMaskOptions></uploadPostJob>`
	tests := map[Level]string{
		Level13: head + middle + tail,
		Level16: head + middle + `<xmpKeywords>a&amp;b</xmpKeywords>` + tail,
		Level21: marks + `<synchronizationComplete>true</synchronizationComplete><createMask>false</createMask><cssOptions/>` + middle + `<xmpKeywords>a&amp;b</xmpKeywords>` + tail,
	}
	for level, want := range tests {
		if diff := cmp.Diff(want, string(schema.AppendXML(nil, "uploadPostJob", "", record, level))); diff != "" {
			t.Errorf("level %d: %s", level, diff)
		}
	}
}

func TestAppendXMLNamespaceAndScalars(t *testing.T) {
	schema := newSchema(t)
	zone := time.FixedZone("", -6*3600)
	record := &Record{Type: "getJobLogsParam", Fields: []Entry{{"startDate", time.Date(2011, 3, 1, 17, 4, 40, 177e6, zone)}, {"numRows", 5}}}
	got := string(schema.AppendXML([]byte("x"), "p", `u"`, record, Level13))
	want := `x<p xmlns="u&quot;"><startDate>2011-03-01T17:04:40.177-06:00</startDate><numRows>5</numRows></p>`
	if got != want {
		t.Error(got)
	}
	if got := string(schema.AppendXML(nil, "r", "u", &Record{Type: "stopJobReturn"}, Level13)); got != `<r xmlns="u"/>` {
		t.Error(got)
	}
	if got := string(schema.AppendXML(nil, "r", "", &Record{Type: "Nothing"}, Level13)); got != `<r/>` {
		t.Error(got)
	}
	for value, want := range map[any]string{int64(7): "7", 1e6: "1000000.0", "s": "s", true: "true", struct{}{}: ""} {
		if got := formatScalar(value); got != want {
			t.Errorf("%v is written as %q", value, got)
		}
	}
	if got := formatScalar([]byte("hi")); got != "aGk=" {
		t.Error(got)
	}
}

func TestParseBinary(t *testing.T) {
	field := &Field{Type: typeBinary}
	if got, err := parseScalar(field, " aG\nk= "); err != nil || string(got.([]byte)) != "hi" {
		t.Error(got, err)
	}
	if _, err := parseScalar(field, "!"); err == nil {
		t.Error("accepted")
	}
}

func TestEffectiveOptions(t *testing.T) {
	schema := newSchema(t)
	const head = `<j><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask><preserveCrop>true</preserveCrop>`
	const tail = `<inDesignOptions><process>None</process></inDesignOptions><unsharpMaskOptions><amount>0.0</amount><radius>0.0</radius><threshold>6</threshold><monochrome>0</monochrome></unsharpMaskOptions><unCompressOptions><process>None</process></unCompressOptions></j>`
	const photoshop = `<photoshopOptions><process>None</process></photoshopOptions>`
	const pdf = `<pdfOptions><process>Rasterize</process><pdfCatalog>true</pdfCatalog><extractSearchWords>false</extractSearchWords></pdfOptions>`
	const color = `<colorManagementOptions><colorManagement>Default</colorManagement></colorManagementOptions><emailSetting>None</emailSetting>`
	tests := []struct{ name, fields, want string }{
		{"all defaults", "", head + photoshop + `<postScriptOptions><process>Rasterize</process></postScriptOptions>` + pdf +
			`<illustratorOptions><process>Rasterize</process></illustratorOptions>` + color + tail},
		{"PostScript stands in for Illustrator", `<postScriptOptions><process>None</process><alpha>true</alpha><extractSearchWords>1</extractSearchWords></postScriptOptions>`,
			head + photoshop + `<postScriptOptions><process>None</process><alpha>true</alpha><extractSearchWords>true</extractSearchWords></postScriptOptions>` + pdf +
				`<illustratorOptions><process>None</process><alpha>true</alpha></illustratorOptions>` + color + tail},
		{"inside what is given", `<knockoutBackgroundOptions><corner>UpperLeft</corner><fillMethod>MatchPixel</fillMethod></knockoutBackgroundOptions><photoshopOptions><layerOptions/></photoshopOptions><illustratorOptions/><postScriptOptions><process>None</process></postScriptOptions>`,
			head + `<knockoutBackgroundOptions><corner>UpperLeft</corner><tolerance>0.0</tolerance><fillMethod>MatchPixel</fillMethod></knockoutBackgroundOptions>` +
				`<photoshopOptions><process>None</process><layerOptions><anchor>Center</anchor></layerOptions></photoshopOptions><postScriptOptions><process>None</process></postScriptOptions>` +
				pdf + `<illustratorOptions><process>Rasterize</process></illustratorOptions>` + color + tail},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record, _, err := decodeJob(t, required+test.fields, Mode{})
			if err != nil {
				t.Fatal(err)
			}
			before := string(record.JSON())
			got := string(schema.AppendXML(nil, "j", "", schema.EffectiveOptions(record), Level13))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if string(record.JSON()) != before {
				t.Error("the record was changed")
			}
		})
	}
}

func TestRecordSet(t *testing.T) {
	schema := newSchema(t)
	typ := schema.Type("ManualCropOptions")
	record := &Record{Type: typ.Name}
	for i, name := range []string{"top", "left", "bottom", "right", "top"} {
		record.set(typ, name, i)
	}
	if got := string(record.JSON()); got != `{"left":1,"right":3,"top":4,"bottom":2}` {
		t.Error(got)
	}
}
