package nomad

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// walker is the vendor's command line client, as far as it sends folders: it asks for
// what is in a folder, compares titles, and makes what is missing.
type walker struct {
	*shelf
	files          map[string]string // local ones, by path
	made, uploaded []string
}

// children lists what of a type is in a folder, by title.
func (w *walker) children(parent string, assetType int) map[string]string {
	w.t.Helper()
	found := map[string]string{}
	for page := 0; ; page++ {
		_, a := w.search(object("pageOffset", page, "pageSize", 2, "filters", []any{
			map[string]any{"fieldName": "parentId", "operator": "equals", "values": parent},
			map[string]any{"fieldName": "assetType", "operator": "equals", "values": assetType},
		}))
		if len(items(a)) == 0 {
			return found
		}
		for _, it := range items(a) {
			found[it["title"].(string)] = it["id"].(string)
		}
	}
}

// send sends the local files below a folder.
func (w *walker) send(local, parent string) {
	w.t.Helper()
	folders, files := w.children(parent, 1), w.children(parent, 2)
	for _, name := range w.entries(local) {
		full := path.Join(local, name)
		body, isFile := w.files[full]
		switch {
		case isFile && files[name] == "":
			w.upload(object("parentId", parent, "relativePath", name, "displayName", name, "contentLength", len(body), "chunkSize", 8388608, "uploadOverwriteOption", "replace",
				"existingAssetId", "", "relatedContentId", "", "languageId", ""), body)
			w.uploaded = append(w.uploaded, full)
		case !isFile:
			id := folders[name]
			if id == "" {
				id = w.folder(parent, name)
				if kind := w.do("GET", "/admin/asset/"+id, "", 200).json["assetType"]; kind != 1.0 {
					w.t.Errorf("the client takes %v for no folder", kind)
				}
				w.made = append(w.made, full)
			}
			w.send(full, id)
		}
	}
}

// entries lists the names in a local folder.
func (w *walker) entries(local string) (names []string) {
	for full := range w.files {
		rest, ok := strings.CutPrefix(full, strings.TrimPrefix(local+"/", "/"))
		if name, _, _ := strings.Cut(rest, "/"); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestFolderTreeTwice(t *testing.T) {
	w := &walker{shelf: newShelf(t, Options{}), files: map[string]string{
		"show/intro.mp4": "1", "show/intro/one.mp4": "2", "show/intro/one": "3", "show/Intro/one.mp4": "4", "show/a/b/c/deep.txt": "5", "show/a/b/c/.hidden": "6",
		"show/Größe & Co (1)+.mov": "7", "show/100%.js": "8", "show/empty.bin": "", "show/acme/acme": "9", "show/Acme/x.exe": "10", "show/archive.tar.gz": "11",
	}}
	incoming := w.folder(w.root, "Target")
	w.send("", incoming)
	if len(w.made) != 8 || len(w.uploaded) != len(w.files) {
		t.Errorf("the first run made %v and uploaded %v", w.made, w.uploaded)
	}
	w.made, w.uploaded = nil, nil
	w.send("", incoming)
	if len(w.made) != 0 || len(w.uploaded) != 0 {
		t.Errorf("the second run made %v and uploaded %v", w.made, w.uploaded)
	}
	got := map[string]string{}
	_, a := w.search(filters("uuidSearchField", "equals", incoming, "assetType", "equals", 2))
	for _, it := range items(a) {
		link := member(it, "identifiers", "fullUrl").(string)
		_, body := w.fetch("GET", link)
		got[strings.TrimPrefix(member(it, "identifiers", "displayPath").(string), "Target/")] = body
	}
	if diff := cmp.Diff(w.files, got); diff != "" {
		t.Error(diff)
	}
}
