package scene7

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func newSchema(t testing.TB) *Schema {
	t.Helper()
	schema, err := NewSchema()
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSchemaHoldsTheWholeAPI(t *testing.T) {
	schema := newSchema(t)
	count := map[string]int{}
	fields := 0
	for _, typ := range schema.Types() {
		count[typ.Kind]++
		fields += len(typ.Fields)
	}
	if count[KindParam] != count[KindReturn] {
		t.Errorf("%d request elements and %d answer elements", count[KindParam], count[KindReturn])
	}
	for _, typ := range schema.Types() {
		if name, ok := strings.CutSuffix(typ.Name, "Param"); ok && schema.Type(name+"Return") == nil {
			t.Errorf("%s has no answer", typ.Name)
		}
	}
	if fields != 2004 { // 2,001 of the API, and those of two flat answers before 2012-02-14
		t.Errorf("%d fields", fields)
	}
}

func TestTypeAt(t *testing.T) {
	schema := newSchema(t)
	tests := []struct {
		typ   string
		level Level
		want  string
	}{
		{"User", Level13, "userHandle firstName lastName email defaultRole! isValid passwordExpires"},
		{"User", Level16, "userHandle firstName lastName email imsUserId isValid isIpsAdmin defaultRole passwordExpires"},
		{"MediaOptions", Level13, "videoEncodingPresetsArray generateThumbnail thumbnailOptions"},
		{"MediaOptions", Level21, "videoEncodingPresetsArray videoEncodingArray videoSmartCropArray videoSmartCropSampleRate avsEncodingArray generateThumbnail thumbnailOptions"},
		{"uploadPostReturn", Level16, "jobHandle"},
	}
	for _, test := range tests {
		var names []string
		for _, field := range schema.Type(test.typ).At(test.level) {
			name := field.Name
			if name == "defaultRole" && field.Min == 1 {
				name += "!"
			}
			names = append(names, name)
		}
		if diff := cmp.Diff(test.want, strings.Join(names, " ")); diff != "" {
			t.Errorf("%s at level %d: %s", test.typ, test.level, diff)
		}
	}
	hasField := func(level Level, name string) bool {
		for _, field := range schema.Type("UploadDirectoryJob").At(level) {
			if field.Name == name {
				return true
			}
		}
		return false
	}
	if !hasField(Level13, "xmpTemplateId") || hasField(Level16, "xmpTemplateId") {
		t.Error("a field that ended with level 13 is not bound to it")
	}
}

func TestTypeLookups(t *testing.T) {
	schema := newSchema(t)
	if got := schema.Type("AutoSetCreateOptions"); got == nil || got.Name != "AutoSetCreationOptions" {
		t.Errorf("other spelling gives %v", got)
	}
	if schema.Type("Nothing") != nil || schema.Type("UploadPostJob").Field("nothing") != nil {
		t.Error("something was found under an unknown name")
	}
	if got := schema.Type("UploadPostJob").Since; got != Level13 {
		t.Errorf("UploadPostJob since %d", got)
	}
	if got := schema.Type("VideoEncoding").Since; got != Level21 {
		t.Errorf("VideoEncoding since %d", got)
	}
}

func TestParseSchemaRefuses(t *testing.T) {
	good := "type\tT\t1\ta\tint\t0\t1\t13\t\n"
	tests := []struct {
		name, table string
		rules       map[string]Rule
	}{
		{"too few cells", "type\tT\t1\ta\n", nil},
		{"position", "type\tT\tx\ta\tint\t0\t1\t13\t\n", nil},
		{"level", "type\tT\t1\ta\tint\t0\t1\tx\t\n", nil},
		{"least occurrence", "type\tT\t1\ta\tint\tx\t1\t13\t\n", nil},
		{"greatest occurrence", "type\tT\t1\ta\tint\t0\tx\t13\t\n", nil},
		{"place", "type\tT\t2\ta\tint\t0\t1\t13\t\n", nil},
		{"name twice", good + "type\tT\t2\ta\tint\t0\t1\t13\t\n", nil},
		{"unknown type", "type\tT\t1\ta\tU\t0\t1\t13\t\n", nil},
		{"unknown type until", good + "until\tU\t0\ta\t\t\t\t13\t\n", nil},
		{"unknown field in an order", good + "until\tT\t0\ta b\t\t\t\t13\t\n", nil},
		{"unknown field until", good + "until\tT\t1\tb\tint\t1\t1\t13\t\n", nil},
		{"rule for nothing", good, map[string]Rule{"T.b": {}}},
		{"default of another type", good, map[string]Rule{"T.a": {Default: "x"}}},
	}
	if _, err := parseSchema(good, nil); err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		if _, err := parseSchema(test.table, test.rules); err == nil {
			t.Errorf("%s: accepted", test.name)
		}
	}
}

// TestFilledRecordsAreComplete makes sure that what is shown with its defaults has all that it requires.
func TestFilledRecordsAreComplete(t *testing.T) {
	schema := newSchema(t)
	for _, typ := range schema.Types() {
		for _, field := range typ.Fields {
			if !field.Fill {
				continue
			}
			for _, inner := range schema.Type(field.Type).Fields {
				if inner.Min > 0 && inner.Default == "" {
					t.Errorf("%s.%s is filled in and %s has no default", typ.Name, field.Name, inner.Name)
				}
			}
		}
	}
}
