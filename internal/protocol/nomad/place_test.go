package nomad

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlaceOf(t *testing.T) {
	for name, tt := range map[string]struct {
		path, display string
		folders       []string
		file          string
		refused       bool
	}{
		"a name":             {"a.mp4", "", nil, "a.mp4", false},
		"the display name":   {"", "a b.mp4", nil, "a b.mp4", false},
		"folders":            {"2026/may/a.mp4", "x.mp4", []string{"2026", "may"}, "a.mp4", false},
		"backslashes":        {`2026\may\a.mp4`, "", []string{"2026", "may"}, "a.mp4", false},
		"empty and dot":      {"./a//b/./c.mp4", "", []string{"a", "b"}, "c.mp4", false},
		"absolute":           {"/home/user/films/a.mp4", "", nil, "a.mp4", false},
		"a drive":            {`C:\Users\me\a.mp4`, "", nil, "a.mp4", false},
		"a drive, forward":   {"d:/films/a.mp4", "", nil, "a.mp4", false},
		"a share":            {`\\server\share\a.mp4`, "", nil, "a.mp4", false},
		"composed":           {"e\u0301.txt", "", nil, "\u00e9.txt", false},
		"upwards":            {"a/../b", "", nil, "", true},
		"upwards, absolute":  {"/a/../b", "", nil, "", true},
		"nothing":            {"", "", nil, "", true},
		"only slashes":       {"///", "", nil, "", true},
		"a folder":           {"a/b/", "", nil, "", true},
		"a control":          {"a\x00b", "", nil, "", true},
		"not UTF-8":          {"a\xffb", "", nil, "", true},
		"a long element":     {strings.Repeat("a", 256), "", nil, "", true},
		"the longest":        {strings.Repeat("a", 255), "", nil, strings.Repeat("a", 255), false},
		"long altogether":    {strings.Repeat("abcdefg/", 128) + "a", "", nil, "", true},
		"case is kept":       {"Photos/IMG.JPG", "", []string{"Photos"}, "IMG.JPG", false},
		"dots within a name": {"a..b/c...d", "", []string{"a..b"}, "c...d", false},
	} {
		folders, file, err := placeOf(tt.path, tt.display)
		if (err != nil) != tt.refused || file != tt.file || !cmp.Equal(folders, tt.folders, cmp.Transformer("nil", func(s []string) string { return strings.Join(s, "/") })) {
			t.Errorf("%s: %q %q %v", name, folders, file, err)
		}
	}
}
