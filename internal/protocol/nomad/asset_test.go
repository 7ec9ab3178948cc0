package nomad

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func TestAsset(t *testing.T) {
	s := newShelf(t, Options{})
	films := s.folder(s.root, "Films")
	a := s.put("Films/", "trip.mp4", "bytes")
	want := map[string]any{
		"id": string(a.UUID), "parentId": films, "displayName": "trip.mp4", "displayDate": "2026-03-01T12:00:00Z", "bucketName": "acme",
		"objectKey": "Films/trip.mp4", "assetStatus": 1.0, "storageClass": 1.0, "assetType": 2.0,
	}
	for _, path := range []string{"/admin/asset/" + string(a.UUID), "/admin/asset?bucketName=acme&objectKey=Films%2Ftrip.mp4", "/admin/asset?bucketName=Acme&objectKey=/Films/trip.mp4/"} {
		got := s.do("GET", path, "", 200)
		if _, body := s.fetch("GET", got.text("fullUrl")); body != "bytes" {
			t.Errorf("%s: fullUrl leads to %q", path, body)
		}
		delete(got.json, "fullUrl")
		if diff := cmp.Diff(want, got.json); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	folder := s.do("GET", "/admin/asset/"+films, "", 200).json
	if folder["assetType"] != 1.0 || folder["parentId"] != s.root || folder["objectKey"] != "Films/" || folder["fullUrl"] != nil || folder["displayName"] != "Films" {
		t.Errorf("a folder is %v", folder)
	}
	bucket := s.do("GET", "/admin/asset/"+s.root, "", 200).json
	if bucket["assetType"] != 3.0 || bucket["parentId"] != nil || bucket["displayName"] != "Acme" || bucket["objectKey"] != "" {
		t.Errorf("the root is %v", bucket)
	}
}

func TestAssetNotThere(t *testing.T) {
	s := newShelf(t, Options{})
	gone := s.put("", "gone.txt", "x")
	s.do("DELETE", "/admin/asset/"+string(gone.UUID), "", 200)
	zenith, err := s.engine.RootFolder(context.Background(), ingest.Principal{Admin: true}, s.zenith.Number)
	s.ok(err)
	for _, id := range []string{noID, string(gone.UUID), string(zenith.UUID), "trip", "0", "11111111222243338444555555555555"} {
		for _, path := range []string{"/admin/asset/" + id, "/admin/asset/" + id + "/detail", "/asset/" + id + "/detail", "/admin/asset/" + id + "/parent-folders", "/admin/asset/" + id + "/resolve-full-url"} {
			s.do("GET", path, "", 404)
		}
		s.do("DELETE", "/admin/asset/"+id, "", 404)
		s.do("POST", "/admin/asset/"+id+"/create-folder", object("displayName", "x"), 404)
		s.do("POST", "/admin/asset/"+id+"/duplicate", "", 404)
		s.do("PATCH", "/admin/asset/"+id, object("displayName", "x"), 404)
	}
	for query, status := range map[string]int{"": 400, "bucketName=acme": 400, "objectKey=a": 400, "bucketName=zenith&objectKey=a": 404, "bucketName=acme&objectKey=gone.txt": 404} {
		s.do("GET", "/admin/asset?"+query, "", status)
	}
}

func TestEnumStrings(t *testing.T) {
	s := newShelf(t, Options{EnumStrings: true})
	a := s.put("", "trip.mp4", "x")
	got := s.do("GET", "/admin/asset/"+string(a.UUID), "", 200).json
	if got["assetType"] != "File" || got["assetStatus"] != "Available" || got["storageClass"] != "Standard" {
		t.Errorf("enumerations by name: %v", got)
	}
	for _, value := range []any{2, "2", "file", "File"} { // both are taken all the same
		if titles, _ := s.search(filters("assetType", "equals", value)); !cmp.Equal(titles, []string{"trip.mp4"}) {
			t.Errorf("assetType %v finds %v", value, titles)
		}
	}
}

func TestCreateFolder(t *testing.T) {
	s := newShelf(t, Options{})
	first := s.folder(s.root, "Füße") // written with composed letters …
	for _, again := range []string{"Füße", "Fu\u0308ße", "Füße/"} {
		if id := s.folder(s.root, again); id != first { // … and found when decomposed
			t.Errorf("%q made another folder", again)
		}
	}
	if s.folder(s.root, "füße") == first {
		t.Error("names are compared without regard to case")
	}
	if id := s.do("POST", "/admin/asset/00000000-0000-0000-0000-000000000000/create-folder", object("displayName", "Füße"), 200).text("id"); id != first {
		t.Error("the empty GUID is not the top level")
	}
	s.put("", "intro.mp4", "x")
	s.folder(s.root, "intro")
	file := s.put("", "readme", "x")
	for name, status := range map[string]int{"": 400, "a/b": 400, `a\b`: 400, ".": 400, "..": 400, " ": 400, "a\x01b": 400, "readme": 400, string(make([]byte, 300)): 400} {
		s.do("POST", "/admin/asset/"+s.root+"/create-folder", object("displayName", name), status)
	}
	s.do("POST", "/admin/asset/"+string(file.UUID)+"/create-folder", object("displayName", "x"), 404)
	token := s.send("POST", "/api/account/login", object("userName", "ann@example.com", "password", annPassword, "applicationId", s.zenith.UUID)).text("token")
	root := s.send("GET", "/api/config", "", "Authorization", "Bearer "+token).text("rootAssetId")
	if a := s.send("POST", "/api/admin/asset/"+root+"/create-folder", object("displayName", "x"), "Authorization", "Bearer "+token); a.status != 403 {
		t.Errorf("a viewer makes a folder: %d", a.status)
	}
}

func TestCreateFolderRace(t *testing.T) {
	s := newShelf(t, Options{})
	ids := make([]string, 16)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() { ids[i] = s.folder(s.root, "Films") })
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("a race made several folders: %v", ids)
		}
	}
}

func TestPlaceholder(t *testing.T) {
	s := newShelf(t, Options{})
	films := s.folder(s.root, "Films")
	create := func(name string, status int) string {
		t.Helper()
		return s.do("POST", "/admin/asset/"+films+"/create-placeholder", object("assetName", name), status).text("id")
	}
	id := create("trip.mp4", 200)
	got := s.do("GET", "/admin/asset/"+id, "", 200).json
	if got["assetStatus"] != 19.0 || got["assetType"] != 2.0 || got["parentId"] != films || got["displayName"] != "trip.mp4" || got["fullUrl"] != nil {
		t.Errorf("a placeholder is %v", got)
	}
	if create("trip.mp4", 200) != id {
		t.Error("the same name made another placeholder")
	}
	s.put("Films/", "there.mp4", "x")
	create("there.mp4", 400)
	create("", 400)
	create("a/b.mp4", 400)
	if titles, _ := s.search(filters("assetStatus", "equals", 19)); !cmp.Equal(titles, []string{"trip.mp4"}) {
		t.Errorf("placeholders found: %v", titles)
	}
	list, err := s.engine.Assets(context.Background(), s.ann, assetQuery(s.acme), ingest.Page{})
	s.ok(err)
	if len(list) != 1 {
		t.Errorf("other doors see %d assets, want 1", len(list))
	}
	s.do("GET", "/admin/asset/"+id+"/detail", "", 200)
	s.do("POST", "/admin/asset/"+id+"/duplicate", "", 400)
	s.do("DELETE", "/admin/asset/"+id, "", 200)
	s.do("GET", "/admin/asset/"+id, "", 404)
}

func TestPlaceholderIsFilled(t *testing.T) {
	s := newShelf(t, Options{})
	id := s.do("POST", "/admin/asset/"+s.root+"/create-placeholder", object("assetName", "trip.mp4"), 200).text("id")
	start := object("existingAssetId", id, "contentLength", 5, "chunkSize", 1<<20, "uploadOverwriteOption", "replace")
	a := s.do("POST", "/asset/upload/start", start, 200)
	if got := s.do("GET", "/admin/asset/"+id, "", 200).json; got["assetStatus"] != 6.0 {
		t.Errorf("a placeholder that is being filled is %v", got["assetStatus"])
	}
	s.do("POST", "/asset/upload/"+a.text("id")+"/cancel", "", 200)
	if got := s.do("GET", "/admin/asset/"+id, "", 200).json; got["assetStatus"] != 19.0 {
		t.Errorf("after the cancellation it is %v", got["assetStatus"])
	}
	if filled := s.upload(start, "bytes"); filled != id {
		t.Errorf("the file became %s, want %s", filled, id)
	}
	got := s.do("GET", "/admin/asset/"+id, "", 200)
	if got.json["assetStatus"] != 1.0 || got.json["displayName"] != "trip.mp4" {
		t.Errorf("the filled placeholder is %v", got.json)
	}
	if _, body := s.fetch("GET", got.text("fullUrl")); body != "bytes" {
		t.Errorf("it has the bytes %q", body)
	}
	if titles, _ := s.search(filters("title", "equals", "trip.mp4")); len(titles) != 1 {
		t.Errorf("found %v", titles)
	}
}

func TestPromisedAsset(t *testing.T) {
	s := newShelf(t, Options{})
	films := s.folder(s.root, "Films")
	start := object("parentId", films, "relativePath", "trip.mp4", "contentLength", 5, "uploadOverwriteOption", "replace")
	a := s.do("POST", "/asset/upload/start", start, 200)
	got := s.do("GET", "/admin/asset/"+a.text("assetId"), "", 200).json
	if got["assetStatus"] != 6.0 || got["parentId"] != films || got["displayName"] != "trip.mp4" {
		t.Errorf("a file on its way is %v", got)
	}
	s.do("DELETE", "/admin/asset/"+a.text("assetId"), "", 400)
	titles, found := s.search(filters("assetStatus", "equals", "Uploading", "parentId", "equals", films))
	if !cmp.Equal(titles, []string{"trip.mp4"}) || member(items(found)[0], "identifiers", "assetStatus") != 6.0 || items(found)[0]["id"] != a.text("assetId") {
		t.Errorf("uploading are %v", found.json)
	}
	for what, search := range map[string]string{
		"elsewhere": filters("assetStatus", "equals", 6, "parentId", "equals", s.root), "by name": filters("title", "equals", "trip.mp4"),
		"not available": filters("assetStatus", "notEquals", 1, "assetType", "equals", 2), "replacing": filters("assetStatus", "equals", 21),
	} {
		if titles, _ := s.search(search); len(titles) != 0 {
			t.Errorf("%s: %v", what, titles)
		}
	}
	s.do("POST", "/asset/upload/"+a.text("id")+"/cancel", "", 200)
	s.do("GET", "/admin/asset/"+a.text("assetId"), "", 404)
	id := s.upload(start, "bytes")
	again := s.do("POST", "/asset/upload/start", start, 200)
	if got := s.do("GET", "/admin/asset/"+id, "", 200).json; again.text("assetId") != id || got["assetStatus"] != 21.0 {
		t.Errorf("a file that is being replaced is %v", got)
	}
	for _, states := range []any{"Replacing", []any{1, 21}} {
		if titles, a := s.search(filters("assetStatus", "equals", states, "assetType", "equals", 2)); !cmp.Equal(titles, []string{"trip.mp4"}) || member(items(a)[0], "identifiers", "assetStatus") != 21.0 {
			t.Errorf("%v: %v", states, a.json)
		}
	}
	s.do("POST", "/asset/upload/"+again.text("id")+"/cancel", "", 200)
	if got := s.do("GET", "/admin/asset/"+id, "", 200).json; got["assetStatus"] != 1.0 {
		t.Errorf("after the cancellation it is %v", got["assetStatus"])
	}
}
