package scene7

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJobHandle(t *testing.T) {
	tests := []struct {
		in   string
		want JobHandle
		out  string
	}{
		{"j|2101||uploadFileServlet-1376682217351|54091", JobHandle{2101, "", "uploadFileServlet-1376682217351", 54091}, "j|2101||uploadFileServlet-1376682217351|54091"},
		{"j|110|katlyn||", JobHandle{110, "katlyn", "", 0}, "j|110|katlyn||"},
		{"j|6||Add_2007-10-24-16:11:07", JobHandle{6, "", "Add_2007-10-24-16:11:07", 0}, "j|6||Add_2007-10-24-16:11:07"},
		{"47||my name.x", JobHandle{47, "", "my name.x", 0}, "j|47||my name.x"},
		{"47|name|", JobHandle{47, "name", "", 0}, "j|47|name||"},
		{"47||name|9", JobHandle{47, "", "name", 9}, "j|47||name|9"},
		{" j|47|both|active|9\n", JobHandle{47, "both", "active", 9}, "j|47||active|9"},
		{"j|47|||9", JobHandle{47, "", "", 9}, "j|47|||9"},
	}
	for _, test := range tests {
		got, ok := ParseJobHandle(test.in)
		if diff := cmp.Diff(test.want, got); diff != "" || !ok {
			t.Errorf("%q: %v %s", test.in, ok, diff)
		}
		if got.String() != test.out {
			t.Errorf("%q is written as %q", test.in, got)
		}
	}
	for _, in := range []string{"", "j", "j|", "j|47", "j|47|||", "j|x||name|1", "j|-1||name|1", "j|0||n|1", "j|47||name|x",
		"j|47||a|b|1", "c|47", "j|99999999999999999999||name|1", "j|+4||name|1"} {
		if got, ok := ParseJobHandle(in); ok {
			t.Errorf("%q was taken for %v", in, got)
		}
	}
	if got := (JobHandle{Company: 1, Active: "a|b", ID: 2}).String(); got != "j|1||a_b|2" {
		t.Errorf("separator in a name: %q", got)
	}
}

func TestCompanyHandle(t *testing.T) {
	for in, want := range map[string]int64{"c|2101": 2101, "2101": 2101, " c|7\n": 7, "": 0, "c|": 0, "c|x": 0, "-1": 0, "c|c|1": 0, "0": 0, "u|1": 0} {
		got, ok := ParseCompanyHandle(in)
		if got != want || ok != (want > 0) {
			t.Errorf("%q: %d, %v", in, got, ok)
		}
	}
	if got := CompanyHandle(2101); got != "c|2101" {
		t.Error(got)
	}
}

func TestAssetHandle(t *testing.T) {
	for in, want := range map[string]int64{"a|885289": 885289, "a|12|1|34": 12, "885289": 0, "a|": 0, "a|1|2": 0, "a|1|x|2": 0, "a|1|2|3|4": 0} {
		got, ok := ParseAssetHandle(in)
		if ok != (want > 0) || ok && got != want {
			t.Errorf("%q: %d, %v", in, got, ok)
		}
	}
	if got := AssetHandle(5); got != "a|5" {
		t.Error(got)
	}
}

func TestNamedHandles(t *testing.T) {
	if user, email, ok := ParseUserHandle("u|41|user@example.com"); !ok || UserHandle(user, email) != "u|41|user@example.com" {
		t.Error("user", user, email, ok)
	}
	if user, email, ok := ParseUserHandle("u|41"); !ok || user != 41 || email != "" {
		t.Error("user without address", user, email, ok)
	}
	if path, ok := ParseFolderHandle("f|MyCompany/uploads"); !ok || FolderHandle(path) != "f|MyCompany/uploads/" {
		t.Error("folder", path, ok)
	}
	if company, name, ok := ParseProjectHandle("p|6|ApiTestProject"); !ok || ProjectHandle(company, name) != "p|6|ApiTestProject" {
		t.Error("project", company, name, ok)
	}
	if h, ok := ParseMetadataFieldHandle("m|6|IMAGE|Resolution"); !ok || h.String() != "m|6|IMAGE|Resolution" {
		t.Error("metadata field", h, ok)
	}
	for _, prefix := range []string{PrefixGroup, PrefixPropertySet, PrefixPropertySetType, PrefixPermissionSet} {
		if n, ok := ParseNumberHandle(prefix, NumberHandle(prefix, 2521985)); !ok || n != 2521985 {
			t.Error(prefix, n, ok)
		}
		if _, ok := ParseNumberHandle(prefix, "x|1"); ok {
			t.Error(prefix, "accepted another prefix")
		}
	}
}

func TestNamedHandlesRefuse(t *testing.T) {
	for _, in := range []string{"", "x", "u|", "u|x|e", "f|", "p|1", "p|1|", "p|x|name", "m|1|IMAGE", "m|1||n", "m|1|IMAGE|", "m|x|I|n"} {
		if _, _, ok := ParseUserHandle(in); ok {
			t.Errorf("user %q", in)
		}
		if _, ok := ParseFolderHandle(in); ok {
			t.Errorf("folder %q", in)
		}
		if _, _, ok := ParseProjectHandle(in); ok {
			t.Errorf("project %q", in)
		}
		if _, ok := ParseMetadataFieldHandle(in); ok {
			t.Errorf("metadata field %q", in)
		}
	}
}
