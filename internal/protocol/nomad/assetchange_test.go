package nomad

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func TestUpdateAsset(t *testing.T) {
	s := newShelf(t, Options{})
	films := s.folder(s.root, "Films")
	s.folder(s.root, "Taken")
	a := s.put("Films/", "trip.mp4", "x")
	id := string(a.UUID)
	body := object("displayName", "A trip.mp4", "displayDate", "2020-05-06T07:08:09.123+02:00", "availableStartDate", "2021-01-01", "availableEndDate", "",
		"customProperties", map[string]any{"rating": 5, "note": "good", "nested": map[string]any{"a": []int{1}}})
	if got := s.do("PATCH", "/admin/asset/"+id, body, 200).text("id"); got != id {
		t.Errorf("the answer names %s", got)
	}
	d := s.do("GET", "/asset/"+id+"/detail", "", 200).json
	want := map[string]any{"displayName": "A trip.mp4", "name": "trip.mp4", "displayDate": "2020-05-06T05:08:09Z", "objectKey": "Films/trip.mp4"}
	for name, value := range want {
		if got := member(d, "properties", name); got != value {
			t.Errorf("%s is %v, want %v", name, got, value)
		}
	}
	if diff := cmp.Diff(map[string]any{"rating": 5.0, "note": "good", "nested": map[string]any{"a": []any{1.0}}}, member(d, "properties", "customProperties")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{map[string]any{"availableStartDate": "2021-01-01T00:00:00Z", "availableEndDate": nil}}, d["availability"]); diff != "" {
		t.Error(diff)
	}
	s.do("PATCH", "/asset/"+id, object("displayName", nil, "customProperties", map[string]any{"note": "", "rating": nil}), 200)
	d = s.do("GET", "/asset/"+id+"/detail", "", 200).json
	if diff := cmp.Diff(map[string]any{"nested": map[string]any{"a": []any{1.0}}}, member(d, "properties", "customProperties")); diff != "" {
		t.Error(diff)
	}
	if titles, _ := s.search(filters("parentId", "equals", films)); !cmp.Equal(titles, []string{"trip.mp4"}) {
		t.Errorf("the title follows the display name: %v", titles)
	}
	s.do("PATCH", "/asset/"+id, object("displayDate", "tomorrow"), 400)

	s.do("PATCH", "/admin/asset/"+films, object("displayName", "Movies", "displayDate", "2020-01-01"), 200)
	got := s.do("GET", "/admin/asset/"+films, "", 200).json
	if got["displayName"] != "Movies" || got["objectKey"] != "Movies/" || got["displayDate"] != "2020-01-01T00:00:00Z" {
		t.Errorf("the folder is %v", got)
	}
	// a change that cannot be made as a whole is not made
	many := map[string]any{}
	for i := range engine.MostMetadata + 1 {
		many[fmt.Sprint(i)] = "x"
	}
	s.do("PATCH", "/admin/asset/"+films, object("displayName", "Series", "customProperties", many), 400)
	if got := s.do("GET", "/admin/asset/"+films, "", 200).json; got["displayName"] != "Movies" {
		t.Errorf("after a change that was refused the folder is %v", got)
	}
	s.do("PATCH", "/admin/asset/"+films, object("displayName", "Taken"), 400)
	s.do("PATCH", "/admin/asset/"+s.root, object("displayName", "x"), 400)
}

func TestLanguage(t *testing.T) {
	s := newShelf(t, Options{})
	a, b := s.put("", "de.mp4", "x"), s.put("", "none.mp4", "x")
	german := "44444444-2222-4333-8444-555555555555"
	s.do("POST", "/admin/asset/"+string(a.UUID)+"/language", object("languageId", german), 200)
	s.do("POST", "/admin/asset/"+string(b.UUID)+"/language", object("languageId", defaultLanguage), 200)
	s.do("POST", "/admin/asset/"+string(a.UUID)+"/language", "", 400)
	s.do("POST", "/admin/asset/"+string(a.UUID)+"/language", object("languageId", "german"), 400)
	file := []any{"assetType", "equals", 2}
	for _, c := range []struct {
		op, value any
		want      []string
	}{
		{"equals", german, []string{"de.mp4"}}, {"equals", defaultLanguage, []string{"none.mp4"}}, {"notEquals", german, []string{"none.mp4"}},
		{"notEquals", defaultLanguage, []string{"de.mp4"}}, {"equals", []any{german, defaultLanguage}, []string{"de.mp4", "none.mp4"}}, {"equals", noID, []string{}},
	} {
		if titles, _ := s.search(filters(append(file, "languageId", c.op, c.value)...)); !cmp.Equal(titles, c.want) {
			t.Errorf("%v %v finds %v, want %v", c.op, c.value, titles, c.want)
		}
	}
}

func TestMoveAndCopy(t *testing.T) {
	s := newShelf(t, Options{})
	films, old := s.folder(s.root, "Films"), s.folder(s.root, "Old")
	a, b := s.put("Films/", "one.mp4", "1"), s.put("Films/", "two.mp4", "2")
	to := func(folder string, ids ...any) string {
		return object("actionArguments", map[string]any{"destinationFolderAssetId": folder}, "targetIds", ids, "batchAction", nil, "contentDefinitionId", "", "userId", nil, "resolverExempt", true)
	}
	if got := s.do("POST", "/admin/asset/"+string(a.UUID)+"/move", to(old, a.UUID), 200).text("id"); got != string(a.UUID) {
		t.Errorf("the answer names %s", got)
	}
	made := s.do("POST", "/admin/asset/"+string(b.UUID)+"/copy", to(old), 200).text("id")
	both := s.do("POST", "/admin/asset/copy", to(films, a.UUID, old), 200) // as the newest client sends it
	s.wantIn(films, "Old/", "one.mp4", "two.mp4")
	s.wantIn(old, "one.mp4", "two.mp4")
	if got := s.do("GET", "/admin/asset/"+made, "", 200); got.json["parentId"] != old || made == string(b.UUID) {
		t.Errorf("the copy is %s", got.raw)
	} else if _, body := s.fetch("GET", got.text("fullUrl")); body != "2" {
		t.Errorf("the copy has %q", body)
	}
	if n := len(items(both)); n != 2 || both.text("id") != items(both)[0]["id"] {
		t.Errorf("the answer to a batch is %s", both.raw)
	}
	twin := s.do("POST", "/admin/asset/"+string(b.UUID)+"/duplicate", "", 200).text("id")
	if got := s.do("GET", "/admin/asset/"+twin, "", 200).json; got["displayName"] != "two-1.mp4" || got["parentId"] != films {
		t.Errorf("the duplicate is %v", got)
	}
	for body, status := range map[string]int{
		"": 400, "{}": 400, to(""): 400, to("x"): 400, to(noID): 404, to(string(a.UUID)): 404, to(old): 400, // a name is taken there
	} {
		s.do("POST", "/admin/asset/"+string(b.UUID)+"/move", body, status)
	}
	s.do("POST", "/admin/asset/"+films+"/move", to(films), 400)
	s.do("POST", "/admin/asset/"+films+"/copy", to(films), 400)
	s.do("POST", "/admin/asset/copy", to(old), 400)
	s.do("POST", "/admin/asset/copy", to(old, noID), 404)
	if got := Fold("/api/admin/asset//copy"); got != "/api/admin/asset/copy" {
		t.Errorf("the client's address becomes %s", got)
	}
}

// wantIn checks what a folder holds.
func (s *shelf) wantIn(folder string, want ...string) {
	s.t.Helper()
	if diff := cmp.Diff(want, titlesOf(s.do("GET", "/admin/asset/"+folder+"/getAssetChildNodes", "", 200))); diff != "" {
		s.t.Error(diff)
	}
}

func TestDelete(t *testing.T) {
	s := newShelf(t, Options{})
	films := s.folder(s.root, "Films")
	s.folder(films, "Old")
	a := s.put("Films/Old/", "trip.mp4", "x")
	if got := s.do("DELETE", "/admin/asset/"+films, "", 200).text("id"); got != films {
		t.Errorf("the answer names %s", got)
	}
	s.do("GET", "/admin/asset/"+films, "", 404)
	s.do("GET", "/admin/asset/"+string(a.UUID), "", 404)
	s.do("DELETE", "/admin/asset/"+films, "", 404)
	s.do("DELETE", "/admin/asset/"+s.root, "", 400)
	b, err := s.engine.Restore(context.Background(), s.ann, s.acme.Number, []ingest.Number{a.Number})
	s.ok(err)
	if b.Success != 1 {
		t.Errorf("the file is not in the trash: %+v", b)
	}
	s.do("GET", "/admin/asset/"+string(a.UUID), "", 200)
}

// TestMethods checks that calls which there are not say so.
func TestMethods(t *testing.T) {
	s := newShelf(t, Options{})
	if a := s.do("PUT", "/admin/asset/"+s.root, "", 405); a.header.Get("Allow") != "GET, PATCH, DELETE" {
		t.Errorf("Allow: %q", a.header.Get("Allow"))
	}
	s.do("GET", "/admin/asset/"+s.root+"/annotations", "", http.StatusNotFound)
	if a := s.send("GET", "/api/admin/asset/"+s.root, ""); a.status != 401 {
		t.Errorf("without a login: %d", a.status)
	}
}
