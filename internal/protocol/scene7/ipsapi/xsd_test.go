package ipsapi

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/internal/protocol/scene7"
)

// knownVersions lists the versions of the contract's section 1.
func knownVersions() map[string]scene7.Level {
	return map[string]scene7.Level{
		"": 13, "2008-01-15": 13, "2008-09-10": 13, "2009-07-31": 13, "2010-01-31": 13, "2010-04-23-beta": 13, "2011-11-04": 13,
		"2012-02-14": 13, "2012-07-31": 13, "2012-07-31-beta": 13, "2013-02-15": 13, "2013-08-29-beta": 13, "2014-04-03": 13,
		"2016-01-14-beta": 16, "2017-10-29-beta": 16, "2021-01-11-beta": 21, "2023-01-15": 21,
	}
}

// tool finds a program that the tests of documents cannot do without. make setup
// installs it.
func tool(t *testing.T, name string) string {
	t.Helper()
	if testing.Short() {
		t.Skipf("runs %s", name)
	}
	at, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not installed; make setup installs it, -short goes without", name)
	}
	return at
}

// validate runs xmllint over all documents of a folder at once and returns what it
// says; ok = all are valid.
func validate(t *testing.T, version, dir string) (says string, ok bool) {
	t.Helper()
	files, err := SchemaDocument(version)
	if err != nil {
		t.Fatal(err)
	}
	at := t.TempDir()
	for name, document := range files {
		if err := os.WriteFile(filepath.Join(at, name), document, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	samples, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil || len(samples) == 0 {
		t.Fatalf("no samples in %s: %v", dir, err)
	}
	arguments := append([]string{"--noout", "--nonet", "--schema", filepath.Join(at, "main.xsd")}, samples...)
	out, err := exec.CommandContext(t.Context(), tool(t, "xmllint"), arguments...).CombinedOutput()
	for _, sample := range samples {
		if err == nil && !strings.Contains(string(out), sample+" validates\n") {
			t.Errorf("xmllint did not look at %s", sample)
		}
	}
	return string(out), err == nil
}

// sampler makes records of every type.
type sampler struct {
	schema *scene7.Schema
	level  scene7.Level
	full   bool     // all fields, not only the required ones
	within []string // types around the record that is made
}

// record fills a record. Types that hold themselves are filled once.
func (s *sampler) record(t *testing.T, name string) *scene7.Record {
	typ := s.schema.Type(name)
	r := &scene7.Record{Type: name}
	repeats := slices.Contains(s.within, name)
	s.within = append(s.within, name)
	defer func() { s.within = s.within[:len(s.within)-1] }()
	if len(s.within) > 20 {
		t.Fatalf("%v cannot be filled", s.within)
	}
	for _, field := range typ.At(s.level) {
		if field.Min == 0 && (!s.full || repeats) {
			continue
		}
		count := max(field.Min, 1)
		if field.Repeated() && s.full && !repeats {
			count = 2
		}
		values := []any{}
		for range count {
			values = append(values, s.value(t, &field))
		}
		value := values[0]
		if field.Repeated() {
			value = values
		}
		r.Fields = append(r.Fields, scene7.Entry{Name: field.Name, Value: value})
	}
	return r
}

func (s *sampler) value(t *testing.T, field *scene7.Field) any {
	if field.Complex() {
		return s.record(t, field.Type)
	}
	switch field.Type {
	case "boolean":
		return true
	case "int":
		return -2147483648
	case "long":
		return int64(1) << 62
	case "double":
		return 1234567.5e-3
	case "dateTime":
		return time.Date(2011, 3, 1, 17, 4, 40, 177e6, time.FixedZone("", -6*3600))
	case "base64Binary":
		return []byte("\x00bytes\xff")
	}
	if len(field.Enum) > 0 {
		return field.Enum[0]
	}
	return "Größe < & \"text\"\n"
}

// writeSamples writes a full and a minimal document for every request or answer of
// a version, as the service encodes them, and returns their number.
func writeSamples(t *testing.T, s *Service, version, kind, dir string) int {
	t.Helper()
	of, _ := parseRelease(version)
	count := 0
	for _, op := range operationsAt(s.operations, of.level) {
		for name, full := range map[string]bool{"full": true, "minimal": false} {
			sample := &sampler{schema: s.schema, level: of.level, full: full}
			document := s.schema.AppendXML(nil, op.Name+kind, of.namespace, sample.record(t, op.Name+kind), of.level)
			writeFile(t, filepath.Join(dir, op.Name+"."+name+".xml"), document)
			count++
		}
	}
	return count
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAnswersAreValid encodes an answer of every operation and validates all
// against the schema document of the same version.
func TestAnswersAreValid(t *testing.T) {
	s := documents(t)
	for version, want := range map[string]int{"": 163, "2014-04-03": 163, "2016-01-14-beta": 176, "2021-01-11-beta": 185} {
		dir := t.TempDir()
		if got := writeSamples(t, s, version, "Return", dir); got != 2*want {
			t.Errorf("version %q: %d samples, want %d", version, got, 2*want)
		}
		if says, ok := validate(t, version, dir); !ok {
			t.Errorf("version %q: %s", version, failures(says))
		}
	}
}

// failures leaves out what xmllint says about valid documents.
func failures(says string) string {
	var lines []string
	for line := range strings.Lines(says) {
		if !strings.HasSuffix(line, " validates\n") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[:min(len(lines), 40)], "")
}

// TestEveryVersionsSchemaCompiles lets xmllint read the schema of each version and
// validate faults and an authHeader with it.
func TestEveryVersionsSchemaCompiles(t *testing.T) {
	for _, version := range slices.Sorted(maps.Keys(knownVersions())) {
		of, ok := parseRelease(version)
		if want := knownVersions()[version]; !ok || of.level != want {
			t.Errorf("version %q: level %d (%v), want %d", version, of.level, ok, want)
		}
		dir := t.TempDir()
		for _, code := range scene7.Codes() {
			writeFile(t, filepath.Join(dir, code.String()+".xml"), scene7.Fault{Code: code, Reason: "because"}.Document())
		}
		for name, namespace := range map[string]string{"own": of.namespace, "base": scene7.BaseNamespace} {
			writeFile(t, filepath.Join(dir, name+"-header.xml"), []byte(`<authHeader xmlns="`+namespace+
				`" xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:mustUnderstand="0"><user>a@b.c</user><password> p </password>`+
				`<appName>app</appName><gzipResponse>false</gzipResponse><faultHttpStatusCode>200</faultHttpStatusCode></authHeader>`))
		}
		if says, ok := validate(t, version, dir); !ok {
			t.Errorf("version %q: %s", version, failures(says))
		}
	}
	if _, err := SchemaDocument("2014"); err == nil {
		t.Error("2014 is taken as a version")
	}
}

// TestWrongDocumentsAreInvalid makes sure that the schema can refuse.
func TestWrongDocumentsAreInvalid(t *testing.T) {
	const in13 = ` xmlns="http://www.scene7.com/IpsApi/xsd/2013-02-15"`
	const in16 = ` xmlns="http://www.scene7.com/IpsApi/xsd/2016-01-14-beta"`
	for _, test := range []struct{ name, version, document, want string }{
		{"order", "2013-02-15", `<addProjectAssetsReturn` + in13 + `><warningCount>0</warningCount><successCount>1</successCount><errorCount>0</errorCount></addProjectAssetsReturn>`, "warningCount"},
		{"missing field", "2013-02-15", `<addProjectAssetsReturn` + in13 + `><successCount>1</successCount><errorCount>0</errorCount></addProjectAssetsReturn>`, "errorCount"},
		{"unknown field", "2013-02-15", `<deleteAssetReturn` + in13 + `><more/></deleteAssetReturn>`, "Element content is not allowed"},
		{"field of a later level", "2013-02-15", `<addCompanyParam` + in13 + `><companyName>a</companyName><imsOrgId>x</imsOrgId></addCompanyParam>`, "imsOrgId"},
		{"operation of a later level", "2013-02-15", `<deleteAssetMetadataReturn` + in13 + `/>`, "No matching global declaration"},
		{"another namespace", "2016-01-14-beta", `<deleteAssetReturn` + in13 + `/>`, "No matching global declaration"},
		{"unqualified field", "2016-01-14-beta", `<a:submitJobReturn` + strings.Replace(in16, "xmlns", "xmlns:a", 1) + `><jobHandle>j</jobHandle></a:submitJobReturn>`, "jobHandle"},
		{"value", "2013-02-15", `<addProjectAssetsReturn` + in13 + `><successCount>one</successCount><warningCount>0</warningCount><errorCount>0</errorCount></addProjectAssetsReturn>`, "not a valid value"},
		{"SAML before its level", "2013-02-15", `<authHeader` + in13 + `><samlResponse>s</samlResponse></authHeader>`, "samlResponse"},
		{"header without application", "2016-01-14-beta", `<authHeader` + in16 + `><user>u</user></authHeader>`, "appName"},
		{"fault in a dated namespace", "2013-02-15", `<ipsApiFault` + in13 + `><code>1</code><reason/></ipsApiFault>`, "No matching global declaration"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "wrong.xml"), []byte(test.document))
			says, ok := validate(t, test.version, dir)
			if ok || !strings.Contains(says, test.want) || !strings.Contains(says, "wrong.xml fails to validate") {
				t.Errorf("valid: %v, it says %s", ok, says)
			}
		})
	}
}
