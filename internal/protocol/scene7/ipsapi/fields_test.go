package ipsapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/protocol/scene7"
)

// shape renders which fields a record has.
func shape(r *scene7.Record) string {
	var fields []string
	for _, entry := range r.Fields {
		switch v := entry.Value.(type) {
		case *scene7.Record:
			fields = append(fields, entry.Name+shape(v))
		case []any:
			inner := fmt.Sprint(len(v))
			if r, ok := v[0].(*scene7.Record); ok {
				inner = shape(r)
			}
			fields = append(fields, entry.Name+inner)
		default:
			fields = append(fields, entry.Name)
		}
	}
	return "(" + strings.Join(fields, " ") + ")"
}

func paths(field string, list []string) []any {
	if list == nil {
		return nil
	}
	return []any{field, array("StringArray", list)}
}

func TestFieldChoice(t *testing.T) {
	folders := record("getFolderTreeReturn", "folders", record("Folder", "path", "a/", "subfolderArray",
		array("FolderArray", []*scene7.Record{record("Folder", "path", "a/b/", "hasSubfolders", false)})))
	found := record("searchAssetsReturn", "totalRows", 2, "assetArray", array("AssetArray", fakeAssets()[:1]))
	const all = "(totalRows assetArray(items(threeDInfo(originalPath) name assetHandle readyForPublish created " +
		"imageInfo(originalPath width height) metadataArray(items(name value)))))"
	for _, test := range []struct {
		name             string
		answer           *scene7.Record
		wanted, excluded []string
		want             string
	}{
		{"neither", found, nil, nil, all},
		{"empty lists", found, []string{}, []string{}, all},
		{"empty paths", found, []string{" ", "/"}, []string{""}, all},
		{"one field", found, []string{"totalRows"}, nil, "(totalRows)"},
		{"path without rows", found, []string{"assetArray/items/name"}, nil, "(assetArray(items(name)))"},
		{"path without items", found, []string{"assetArray/name", "totalRows"}, nil, "(totalRows assetArray(items(name)))"},
		{"blanks and slashes", found, []string{" /assetArray/ items /name/\n"}, nil, "(assetArray(items(name)))"},
		{"complex field", found, []string{"assetArray/items/imageInfo"}, nil, "(assetArray(items(imageInfo(originalPath width height))))"},
		{"part of a complex field", found, []string{"assetArray/items/imageInfo/width"}, nil, "(assetArray(items(imageInfo(width))))"},
		{"complex field and part of it", found, []string{"assetArray/items/imageInfo/width", "assetArray/items/imageInfo"}, nil,
			"(assetArray(items(imageInfo(originalPath width height))))"},
		{"whole array", found, []string{"assetArray/items"}, nil, strings.Replace(all, "totalRows ", "", 1)},
		{"names are exact", found, []string{"assetarray", "totalRow", "name"}, nil, "()"},
		{"excluded", found, nil, []string{"assetArray/items/imageInfo", "assetArray/items/metadataArray/items/value", "assetArray/items/threeDInfo", "unknown/field"},
			"(totalRows assetArray(items(name assetHandle readyForPublish created metadataArray(items(name)))))"},
		{"excluded after wanted", found, []string{"assetArray/items/imageInfo"}, []string{"assetArray/items/imageInfo/width"},
			"(assetArray(items(imageInfo(originalPath height))))"},
		{"all that is wanted is excluded", found, []string{"assetArray/items/name"}, []string{"assetArray"}, "()"},
		{"type that holds itself", folders, []string{"folders/subfolderArray/items/path"}, nil, "(folders(subfolderArray(items(path))))"},
		{"the same name elsewhere", folders, nil, []string{"folders/subfolderArray/path"}, "(folders(path subfolderArray(items(hasSubfolders))))"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := shape(test.answer)
			f, err := chosenFields(record("searchAssetsParam", append(paths("responseFieldArray", test.wanted), paths("excludeFieldArray", test.excluded)...)...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, shape(f.filter(test.answer))); diff != "" {
				t.Error(diff)
			}
			if shape(test.answer) != before {
				t.Error("the handler's record was changed")
			}
		})
	}
}

func TestWants(t *testing.T) {
	for _, test := range []struct {
		wanted, excluded []string
		path             string
		want             bool
	}{
		{nil, nil, "totalRows", true},
		{nil, nil, "", true},
		{[]string{"assetArray/items/name"}, nil, "totalRows", false},
		{[]string{"assetArray/items/name"}, nil, "assetArray", true},
		{[]string{"assetArray/items/name"}, nil, "assetArray/items/metadataArray", false},
		{[]string{"assetArray/name"}, nil, "assetArray/items/name", true},
		{[]string{"assetArray"}, nil, "assetArray/items/metadataArray/items/name", true},
		{nil, []string{"assetArray/items/metadataArray"}, "assetArray/metadataArray", false},
		{nil, []string{"assetArray/items/metadataArray"}, "assetArray/items/metadataArray/items/name", false},
		{nil, []string{"assetArray/items/metadataArray/items/name"}, "assetArray/items/metadataArray", true},
		{[]string{"assetArray"}, []string{"assetArray/name"}, "assetArray/name", false},
	} {
		f, err := chosenFields(record("searchAssetsParam", append(paths("responseFieldArray", test.wanted), paths("excludeFieldArray", test.excluded)...)...))
		if err != nil {
			t.Fatal(err)
		}
		if got := (&call{fields: f}).wants(test.path); got != test.want {
			t.Errorf("wanted %q, excluded %q: wants %q: %v", test.wanted, test.excluded, test.path, got)
		}
	}
}

func TestFieldListsAreLimited(t *testing.T) {
	h, _ := newFakes(t)
	many := strings.Repeat("<items>name</items>", maxFieldPaths)
	deep := "<items>" + strings.Repeat("a/", maxFieldDepth) + "</items>"
	h.call(h.user, "searchAssets", "<responseFieldArray>"+many+"</responseFieldArray><excludeFieldArray>"+deep+"</excludeFieldArray>")
	for inner, want := range map[string]string{
		"<responseFieldArray>" + many + "<items>a</items></responseFieldArray>":                 "responseFieldArray: must not have more than 4096 items, has 4097",
		"<excludeFieldArray>" + strings.Replace(deep, "a/", "a/b/", 1) + "</excludeFieldArray>": "must not have more than 64 segments, has 65",
	} {
		if got := h.fault(h.user, "searchAssets", inner); got.Code != scene7.CodeInvalidParameter || !strings.Contains(got.Reason, want) {
			t.Errorf("%v: %s", got.Code, got.Reason)
		}
	}
}
