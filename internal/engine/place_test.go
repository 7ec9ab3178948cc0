package engine

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func TestPlaceOf(t *testing.T) {
	tests := map[string]struct {
		folder, name string
		want         Place
	}{
		"plain":                         {"", "chair.jpg", Place{"", "chair.jpg", "chair"}},
		"folders in the name":           {"", "a/b/chair.jpg", Place{"a/b/", "chair.jpg", "chair"}},
		"destination before the name":   {"x", "a/chair.jpg", Place{"x/a/", "chair.jpg", "chair"}},
		"rooted at the company":         {"", "Demo/a/chair.jpg", Place{"a/", "chair.jpg", "chair"}},
		"destination rooted at company": {"Demo/x/", "chair.jpg", Place{"x/", "chair.jpg", "chair"}},
		"company name, other case":      {"", "demo/chair.jpg", Place{"demo/", "chair.jpg", "chair"}},
		"a file called as the company":  {"", "Demo", Place{"", "Demo", "Demo"}},
		"runs of slashes and dots":      {"/x//y/./", "//chair.jpg", Place{"x/y/", "chair.jpg", "chair"}},
		"a Windows path":                {"", `C:\Users\me\chair.jpg`, Place{"", "chair.jpg", "chair"}},
		"a drive with slashes":          {"", `C:/Users/me/chair.jpg`, Place{"", "chair.jpg", "chair"}},
		"backslashes only":              {"x", `pics\chair.jpg`, Place{"x/", "chair.jpg", "chair"}},
		"mixed slashes":                 {"", `a/b\chair.jpg`, Place{"a/b/", "chair.jpg", "chair"}},
		"backslashes in the folder":     {`x\y`, "chair.jpg", Place{"x/y/", "chair.jpg", "chair"}},
		"forbidden characters":          {"", "a:b?c&d=e+f$g,h*i\"j<k>l|m'n{o}p%q;r@s.j%pg", Place{"", "abcdefghijklmnopqrs.jpg", "abcdefghijklmnopqrs"}},
		"blanks and other letters stay": {"", "grüner Stuhl 椅子.jpg", Place{"", "grüner Stuhl 椅子.jpg", "grüner Stuhl 椅子"}},
		"two extensions":                {"", "a.tar.gz", Place{"", "a.tar.gz", "a.tar"}},
		"no extension":                  {"", "README", Place{"", "README", "README"}},
		"nothing left":                  {"", "???.jpg", Place{"", ".jpg", ""}},
		"only an extension":             {"", ".htaccess", Place{"", ".htaccess", ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := PlaceOf("Demo", tt.folder, tt.name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("PlaceOf (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlaceOfRefuses(t *testing.T) {
	long := strings.Repeat("n", MaxNameBytes+1)
	tests := map[string]struct {
		folder, name, inMessage string
	}{
		"parent in the name":       {"", "../chair.jpg", `".."`},
		"parent in the folder":     {"a/../b", "chair.jpg", `".."`},
		"parent behind backslash":  {`a\..`, "chair.jpg", `".."`},
		"NUL":                      {"", "chair\x00.jpg", "U+0000 at byte 5"},
		"newline in the folder":    {"a\nb", "chair.jpg", "U+000A"},
		"delete character":         {"", "a\x7f.jpg", "U+007F"},
		"C1 control":               {"", "a\u0085.jpg", "U+0085"},
		"invalid UTF-8":            {"", "a\xff.jpg", "UTF-8"},
		"long name":                {"", long, "256 bytes long, the limit is 255"},
		"long folder segment":      {long, "a.jpg", "256 bytes long, the limit is 255"},
		"64 KiB name":              {"", strings.Repeat("a/", 32<<10) + "b.jpg", "the limit is"},
		"too deep":                 {strings.Repeat("a/", 65), "b.jpg", "66 segments, the limit is 64"},
		"a folder instead of file": {"", "a/b/", "folder"},
		"nothing":                  {"x", "", "folder"},
		"only a dot":               {"x", ".", "folder"},
		"a dot at the end":         {"x", "a/.", "folder"},
		"a Windows folder":         {"x", `C:\dir\`, "folder"},
		"backslashes at the end":   {"x", `dir\`, "folder"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := PlaceOf("Demo", tt.folder, tt.name)
			if err == nil {
				t.Fatalf("accepted as %+v", got)
			}
			if ingest.KindOf(err) != ingest.Invalid || !strings.Contains(ingest.Message(err), tt.inMessage) {
				t.Errorf("error %v, want Invalid with %q", err, tt.inMessage)
			}
		})
	}
}

func FuzzPlaceOf(f *testing.F) {
	for _, s := range []string{"a/b.jpg", `C:\x.png`, "../x", "Demo/Demo", "\x00", "ä%.j", strings.Repeat("x", 300)} {
		f.Add("Demo", s, s)
	}
	f.Fuzz(func(t *testing.T, company, folder, name string) {
		p, err := PlaceOf(company, folder, name)
		if err != nil {
			return
		}
		for segment := range strings.SplitSeq(strings.TrimSuffix(p.Folder, "/"), "/") {
			if segment == ".." || segment == "." || strings.ContainsAny(segment, "\x00\\") {
				t.Fatalf("segment %q of %q", segment, p.Folder)
			}
		}
		if strings.ContainsAny(p.FileName, `/\;?:@&=+$,*"<>|'{}%`) || strings.Contains(p.Folder, "//") || strings.HasPrefix(p.Folder, "/") {
			t.Fatalf("place %+v", p)
		}
	})
}

func TestParentPath(t *testing.T) {
	for path, want := range map[string]string{"a/": "", "a/b/": "a/", "a/b/c/": "a/b/"} {
		if got := parentPath(path); got != want {
			t.Errorf("parentPath(%q) = %q, want %q", path, got, want)
		}
	}
}
