package nomad

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDetail(t *testing.T) {
	s := newShelf(t, Options{})
	films := s.folder(s.root, "Films")
	a := s.put("Films/", "trip.mp4", "bytes")
	for _, path := range []string{"/admin/asset/", "/asset/"} {
		d := s.do("GET", path+string(a.UUID)+"/detail", "", 200).json
		sum := sha256.Sum256([]byte("bytes"))
		if d["assetId"] != string(a.UUID) || d["sha256"] != hex.EncodeToString(sum[:]) {
			t.Errorf("detail of %v with digest %v", d["assetId"], d["sha256"])
		}
		for _, name := range []string{"relatedAudio", "relatedAssets", "relatedVideos", "relatedImages", "relatedContentGroups", "screenshots", "labels", "faceItems", "persons",
			"textItems", "availability", "collections", "tags", "shares", "securityGroups", "securityUsers", "relatedContent", "textCaptions", "highlights", "chapters", "adBreaks", "audioTracks", "warnings"} {
			if list, ok := d[name].([]any); !ok || len(list) != 0 {
				t.Errorf("%s is %v, want []", name, d[name])
			}
		}
		var parents []string
		for _, p := range d["parents"].([]any) {
			parents = append(parents, fmt.Sprint(member(p, "displayName"), " ", member(p, "assetType")))
		}
		if diff := cmp.Diff([]string{"Acme 3", "Films 1"}, parents); diff != "" {
			t.Error(diff)
		}
		for name, want := range map[string]any{"displayName": "trip.mp4", "name": "trip.mp4", "contentLength": 5.0, "assetStatus": 1.0, "assetTypeDisplay": "File", "mediaType": 2.0,
			"url": "acme::Films/trip.mp4", "parentId": films, "languageId": string(defaultLanguage)} {
			if got := member(d, "properties", name); got != want {
				t.Errorf("properties.%s is %v, want %v", name, got, want)
			}
		}
	}
	d := s.do("GET", "/admin/asset/"+films+"/detail", "", 200).json
	if member(d, "assetStats", "totalContentLength") != 5.0 || member(d, "assetStats", "totalFiles") != 1.0 || d["sha256"] != nil {
		t.Errorf("detail of a folder: %v, %v", d["assetStats"], d["sha256"])
	}
}

// TestDetailShowsFailures checks that a file which could not be read says so.
func TestDetailShowsFailures(t *testing.T) {
	s := newShelf(t, Options{})
	a := s.put("", "broken.png", "\x89PNG\r\n\x1a\nbut not really")
	if d := s.do("GET", "/admin/asset/"+string(a.UUID)+"/detail", "", 200).json; d["processingState"] != "processing" {
		t.Errorf("a new picture is %v", d["processingState"])
	}
	s.update(failTasks(a))
	d := s.do("GET", "/admin/asset/"+string(a.UUID)+"/detail", "", 200).json
	if warnings, _ := d["warnings"].([]any); len(warnings) == 0 || !strings.Contains(warnings[0].(string), "cannot be read") {
		t.Errorf("warnings are %v", d["warnings"])
	}
}

func TestRelatedAssets(t *testing.T) {
	s := newShelf(t, Options{})
	film := s.put("", "trip.mp4", "bytes")
	kind := "33333333-2222-4333-8444-555555555555"
	start := object("existingAssetId", film.UUID, "newRelatedAssetMetadataType", kind, "relativePath", "trip.en.vtt", "contentLength", 4, "chunkSize", 20971520)
	a := s.do("POST", "/asset/upload/start-related-asset", start, 200)
	p := a.json["parts"].([]any)[0].(map[string]any)
	resp := s.rawPut(p["url"].(string), "text")
	s.do("POST", "/asset/upload/part/"+p["id"].(string)+"/complete", object("etag", resp.Header.Get("ETag")), 200)
	s.do("POST", "/asset/upload/"+a.text("id")+"/complete", "", 200)

	d := s.do("GET", "/admin/asset/"+string(film.UUID)+"/detail", "", 200).json
	related, _ := d["relatedAssets"].([]any)
	if len(related) != 1 {
		t.Fatalf("related assets are %v", d["relatedAssets"])
	}
	if url, _ := member(related[0], "url").(string); !strings.Contains(url, "trip.en.vtt") || member(related[0], "id") != a.text("assetId") || member(related[0], "metadataType") != kind {
		t.Errorf("the related asset is %v", related[0])
	}
	link, _ := member(related[0], "fullUrl").(string)
	if _, body := s.fetch("GET", link); body != "text" {
		t.Errorf("its link leads to %q", body)
	}
	path := "/admin/asset/" + string(film.UUID) + "/related-asset/"
	s.do("DELETE", path+noID, "", 404)
	s.do("DELETE", path+string(film.UUID), "", 404)
	if got := s.do("DELETE", path+a.text("assetId"), "", 200).text("id"); got != a.text("assetId") {
		t.Errorf("the answer names %s", got)
	}
	s.do("GET", "/admin/asset/"+a.text("assetId"), "", 404)
	if d := s.do("GET", "/admin/asset/"+string(film.UUID)+"/detail", "", 200).json; len(d["relatedAssets"].([]any)) != 0 {
		t.Errorf("it is still listed: %v", d["relatedAssets"])
	}
}

func TestRelatedGoWithTheirParent(t *testing.T) {
	s := newShelf(t, Options{})
	film, text := s.put("", "trip.mp4", "1"), s.put("", "trip.vtt", "2")
	s.ok(s.engine.Relate(context.Background(), s.ann, s.acme.Number, film.Number, text.Number, ""))
	s.do("DELETE", "/admin/asset/"+string(film.UUID), "", 200)
	s.do("GET", "/admin/asset/"+string(text.UUID), "", 404)
}

func TestParentFolders(t *testing.T) {
	s := newShelf(t, Options{})
	films := s.folder(s.root, "Films")
	old := s.folder(films, "Old")
	a := s.put("Films/Old/", "trip.mp4", "x")
	for _, id := range []string{string(a.UUID), s.folder(old, "Deeper")} {
		got := s.do("GET", "/admin/asset/"+id+"/parent-folders?pageSize=100", "", 200)
		var chain []any
		for at := items(got); len(at) > 0; {
			chain = append(chain, at[0]["title"], at[0]["id"])
			next, _ := member(at[0], "identifiers", "children").([]any)
			at = nil
			if len(next) > 0 {
				at = append(at, next[0].(map[string]any))
			}
		}
		if diff := cmp.Diff([]any{"Acme", s.root, "Films", films, "Old", old}, chain); diff != "" || got.json["totalItemCount"] != 3.0 {
			t.Errorf("%s, count %v", diff, got.json["totalItemCount"])
		}
	}
	if got := s.do("GET", "/admin/asset/"+s.root+"/parent-folders", "", 200); len(items(got)) != 0 {
		t.Errorf("above the root: %s", got.raw)
	}
}

func TestChildNodes(t *testing.T) {
	s := newShelf(t, Options{})
	films := s.folder(s.root, "Films")
	s.folder(films, "b")
	s.folder(films, "a")
	s.do("POST", "/admin/asset/"+films+"/create-placeholder", object("assetName", "later.mp4"), 200)
	s.put("Films/", "two.mp4", "22")
	one := s.put("Films/", "one.mp4", "1")
	s.put("Films/a/", "deeper.mp4", "x")
	for _, c := range []struct {
		path string
		want []string
	}{
		{"/admin/asset/" + films + "/getAssetChildNodes", []string{"a/", "b/", "later.mp4", "one.mp4", "two.mp4"}},
		{"/asset/admin/asset/" + films + "/getAssetChildNodes?folderId=&sortColumn=displayName&isDesc=true", []string{"b/", "a/", "later.mp4", "two.mp4", "one.mp4"}},
		{"/admin/asset/" + string(one.UUID) + "/getAssetChildNodes?folderId=" + films + "&pageIndex=0&pageSize=2", []string{"a/", "b/"}},
		{"/admin/asset/" + films + "/getAssetChildNodes?pageIndex=1&pageSize=2", []string{"later.mp4", "one.mp4"}},
		{"/admin/asset/" + films + "/getAssetChildNodes?pageIndex=2&pageSize=2", []string{"two.mp4"}},
		{"/admin/asset/" + films + "/getAssetChildNodes?pageIndex=3&pageSize=2", []string{}},
		{"/admin/asset/" + films + "/getAssetChildNodes?sortColumn=contentLength&isDesc=True", []string{"b/", "a/", "later.mp4", "two.mp4", "one.mp4"}},
		{"/admin/asset/00000000-0000-0000-0000-000000000000/getAssetChildNodes", []string{"Films/", "Incoming/"}},
		{"/admin/asset/" + noID + "/getAssetChildNodes?folderId=00000000-0000-0000-0000-000000000000", nil},
		{"/admin/asset/" + string(one.UUID) + "/getAssetChildNodes", []string{}},
	} {
		if c.want == nil {
			s.do("GET", c.path, "", 404)
			continue
		}
		if diff := cmp.Diff(c.want, titlesOf(s.do("GET", c.path, "", 200))); diff != "" {
			t.Errorf("%s: %s", c.path, diff)
		}
	}
	for _, query := range []string{"pageIndex=-1", "pageSize=x", "sortColumn=colour", "folderId=x"} {
		s.do("GET", "/admin/asset/"+films+"/getAssetChildNodes?"+query, "", 400)
	}
}
