package nomad

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

// stocked is a shelf with a few things, besides the folder of the door.
func stocked(t *testing.T) (s *shelf, films, old string, trip, cover *ingest.Asset) {
	s = newShelf(t, Options{})
	films = s.folder(s.root, "Films")
	old = s.folder(films, "Old")
	s.do("POST", "/admin/asset/"+films+"/create-placeholder", object("assetName", "later.mp4"), 200)
	s.later(time.Minute)
	trip = s.put("Films/", "Trip.mp4", "22")
	s.later(time.Minute)
	cover = s.put("Films/Old/", "cover.png", "1")
	return s, films, old, trip, cover
}

func TestSearch(t *testing.T) {
	s, films, old, trip, cover := stocked(t)
	all := []string{"Acme", "Films/", "Old/", "Incoming/", "later.mp4", "Trip.mp4", "cover.png"}
	below := []string{"Films/", "Old/", "later.mp4", "Trip.mp4", "cover.png"}
	for _, c := range []struct {
		name string
		body string
		want []string
	}{
		{"everything", "{}", all},
		{"no body", "", all},
		{"folders of a folder, as the client asks", `{"pageOffset":0,"pageSize":100,"filters":[{"fieldName":"parentId","operator":"equals","values":"` + films + `"},{"fieldName":"assetType","operator":"equals","values":1}],"sortFields":[]}`, []string{"Old/"}},
		{"values in an array", filters("parentId", "Equals", []string{films}, "assetType", "EQUALS", []any{1, "File"}), []string{"Old/", "later.mp4", "Trip.mp4"}},
		{"several parents", filters("parentId", "equals", []string{films, old}), []string{"Old/", "later.mp4", "Trip.mp4", "cover.png"}},
		{"another parent", filters("parentId", "notEquals", films, "assetType", "equals", 2), []string{"cover.png"}},
		{"the top level", filters("parentId", "equals", "00000000-0000-0000-0000-000000000000"), []string{"Films/", "Incoming/"}},
		{"an unknown parent", filters("parentId", "equals", noID), []string{}},
		{"both parents at once", filters("parentId", "equals", films, "parentId", "equals", old), []string{}},
		{"buckets", filters("assetType", "equals", "bucket"), []string{"Acme"}},
		{"no files", filters("assetType", "notEquals", 2), []string{"Acme", "Films/", "Old/", "Incoming/"}},
		{"by name", filters("title", "equals", "Trip.mp4"), []string{"Trip.mp4"}},
		{"by name in another case", filters("title", "equals", "trip.mp4"), []string{}},
		{"by names", filters("title", "equals", []string{"Trip.mp4", "Old", "later.mp4"}), []string{"Old/", "later.mp4", "Trip.mp4"}},
		{"by a part of the name", filters("title", "contains", "R.M"), []string{"later.mp4"}},
		{"by the beginning", filters("displayName", "startsWith", "T"), []string{"Trip.mp4"}},
		{"by no part", filters("title", "notContains", []string{"o", "A"}, "identifiers.assetType", "equals", 2), []string{"Trip.mp4"}},
		{"by words", object("searchQuery", "trip"), []string{"Trip.mp4"}},
		{"by id", filters("id", "equals", []any{trip.UUID, old}), []string{"Old/", "Trip.mp4"}},
		{"by id and what is below", filters("uuidSearchField", "equals", films), below},
		{"by the root's", filters("uuidSearchField", "equals", s.root), all},
		{"by a file's", filters("uuidSearchField", "equals", cover.UUID), []string{"cover.png"}},
		{"by two ids and what is below", filters("uuidSearchField", "equals", []any{old, trip.UUID}), []string{"Old/", "Trip.mp4", "cover.png"}},
		{"below and of a folder", filters("uuidSearchField", "equals", films, "parentId", "equals", old), []string{"cover.png"}},
		{"of a folder and below", filters("parentId", "equals", old, "uuidSearchField", "equals", films), []string{"cover.png"}},
		{"by nobody's id", filters("uuidSearchField", "equals", noID), []string{}},
		{"by path", filters("url", "equals", "acme::Films/Trip.mp4"), []string{"Trip.mp4"}},
		{"by path, as the client spells it", filters("url", "equals", "acme::Films/Trip.mp4/"), []string{"Trip.mp4"}},
		{"a folder by path", filters("url", "equals", "acme::Films/Old/"), []string{"Old/"}},
		{"by another bucket's path", filters("url", "equals", "zenith::Films/"), []string{}},
		{"available", filters("assetStatus", "equals", "available", "parentId", "equals", films), []string{"Old/", "Trip.mp4"}},
		{"waiting", filters("assetStatus", "equals", 19), []string{"later.mp4"}},
		{"not waiting", filters("assetStatus", "notEquals", 19, "parentId", "equals", films), []string{"Old/", "Trip.mp4"}},
		{"videos", filters("mediaType", "equals", 2), []string{"Trip.mp4"}},
		{"videos and images", filters("mediaType", "equals", []any{"image", 2}), []string{"Trip.mp4", "cover.png"}},
		{"no videos", filters("mediaType", "notEquals", "Video", "uuidSearchField", "equals", films), []string{"Films/", "Old/", "later.mp4", "cover.png"}},
		{"our kind of record", filters("contentDefinitionId", "equals", assetDefinition, "assetType", "equals", 2), []string{"later.mp4", "Trip.mp4", "cover.png"}},
		{"another kind of record", filters("contentDefinitionId", "equals", noID), []string{}},
		{"since then", filters("createdDate", "greaterThan", "2026-03-01T12:00:30Z"), []string{"Trip.mp4", "cover.png"}},
		{"until then", filters("lastModifiedDate", "lessThanEquals", "2026-03-01T12:01:00Z", "parentId", "equals", films), []string{"Old/", "later.mp4", "Trip.mp4"}},
		{"by name, backwards", object("sortFields", []any{map[string]any{"fieldName": "title", "sortType": "Descending"}}), []string{"Old/", "Incoming/", "Films/", "Acme", "later.mp4", "cover.png", "Trip.mp4"}},
		{"by size", object("sortFields", []any{map[string]any{"fieldName": "contentLength", "sortType": "ascending"}}, "filters", []any{map[string]any{"fieldName": "mediaType", "operator": "equals", "values": []int{1, 2}}}), []string{"cover.png", "Trip.mp4"}},
	} {
		titles, a := s.search(c.body)
		if diff := cmp.Diff(c.want, titles); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if a.json["totalItemCount"] != float64(len(c.want)) || a.json["hasItems"] != (len(c.want) > 0) || a.json["nextPageOffset"] != nil {
			t.Errorf("%s: count %v, has items %v, next page %v", c.name, a.json["totalItemCount"], a.json["hasItems"], a.json["nextPageOffset"])
		}
	}
}

func TestSearchRefused(t *testing.T) {
	s := newShelf(t, Options{})
	for body, message := range map[string]string{
		filters("colour", "equals", 1):                                `There is no field "colour" to search by.`,
		filters("title", "near", "x"):                                 `The operator "near" is not known`,
		filters("title", "lessThan", "x"):                             "The field title cannot be compared with lessthan.",
		filters("title", "equals", []string{}):                        `The filter on "title" has no values.`,
		filters("title", "equals", nil):                               `The filter on "title" has no values.`,
		filters("parentId", "equals", "films"):                        `parentId is not a UUID: "films".`,
		filters("assetType", "equals", 4):                             "assetType is \"4\"; it is one of Folder, File, Bucket.",
		filters("createdDate", "lessThan", "soon"):                    `The value of createddate is not a date: "soon".`,
		filters("id", "contains", noID):                               "The field id cannot be compared with contains.",
		object("sortFields", []any{map[string]any{"fieldName": "x"}}): `The result cannot be sorted by "x".`,
		filters("title", "equals", make([]int, 201)):                  `The filter on "title" has 201 values, the limit is 200.`,
		`{"filters":` + "[" + strings.Repeat(`{"fieldName":"title","values":"x"},`, 20) + `{"fieldName":"title","values":"x"}]}`: "There are 21 filters, the limit is 20.",
		`{"pageSize":"many"}`: "is not a number",
	} {
		if a := s.do("POST", "/admin/search", body, 400); !strings.Contains(a.text("message"), message) {
			t.Errorf("%s is refused with %q, want %q", body, a.text("message"), message)
		}
	}
}

// TestSearchItem compares all that is said of one thing.
func TestSearchItem(t *testing.T) {
	s, films, _, trip, _ := stocked(t)
	_, a := s.search(filters("id", "equals", trip.UUID))
	item := items(a)[0]
	identifiers := item["identifiers"].(map[string]any)
	if link, _ := identifiers["fullUrl"].(string); !strings.Contains(link, "/u/d/"+string(trip.UUID)+"/Trip.mp4?") {
		t.Errorf("fullUrl is %v", identifiers["fullUrl"])
	}
	delete(identifiers, "fullUrl")
	want := map[string]any{
		"id": string(trip.UUID), "title": "Trip.mp4", "createdDate": "2026-03-01T12:01:00Z", "lastModifiedDate": "2026-03-01T12:01:00Z",
		"identifiers": map[string]any{
			"id": string(trip.UUID), "parentId": films, "name": "Trip.mp4", "displayName": "Trip.mp4", "displayDate": "2026-03-01T12:01:00Z",
			"displayPath": "Films/Trip.mp4", "bucketName": "acme", "objectKey": "Films/Trip.mp4", "url": "acme::Films/Trip.mp4",
			"assetType": 2.0, "assetTypeDisplay": "File", "assetStatus": 1.0, "assetStatusDisplay": "Available", "mediaType": 2.0, "mediaTypeDisplay": "Video",
			"contentLength": 2.0, "contentDefinitionId": string(assetDefinition), "languageId": string(defaultLanguage),
		},
	}
	if diff := cmp.Diff(want, item); diff != "" {
		t.Error(diff)
	}
	_, a = s.search(filters("uuidSearchField", "equals", films))
	if got := member(items(a)[0], "assetStats", "totalContentLength"); got != 3.0 {
		t.Errorf("the folder is said to hold %v bytes", got)
	}
}

// TestSearchPages reads pages of every size, as the client does, until one is empty:
// each thing comes once, folders and placeholders and files in their order.
func TestSearchPages(t *testing.T) {
	s := newShelf(t, Options{})
	films := s.folder(s.root, "Films")
	var want []string
	for i := range 5 {
		s.folder(films, fmt.Sprintf("d%d", i))
		want = append(want, fmt.Sprintf("d%d/", i))
	}
	for i := range 4 {
		s.do("POST", "/admin/asset/"+films+"/create-placeholder", object("assetName", fmt.Sprintf("e%d.mp4", i)), 200)
		want = append(want, fmt.Sprintf("e%d.mp4", i))
	}
	for i := range 8 {
		s.put("Films/", fmt.Sprintf("f%d.mp4", i), "x")
		want = append(want, fmt.Sprintf("f%d.mp4", i))
	}
	for size := 1; size <= 19; size++ {
		got := []string{}
		for page := 0; ; page++ {
			titles, a := s.search(object("pageOffset", fmt.Sprint(page), "pageSize", size, "filters", []any{map[string]any{"fieldName": "parentId", "operator": "equals", "values": films}}))
			if len(titles) == 0 {
				if a.json["totalItemCount"] != 0.0 || a.json["hasItems"] != false {
					t.Errorf("size %d: the page behind the last counts %v", size, a.json["totalItemCount"])
				}
				break
			}
			got = append(got, titles...)
			if last := len(got) == len(want); a.json["totalItemCount"] != float64(len(want)) || (a.json["nextPageOffset"] == nil) != last {
				t.Errorf("size %d, page %d: count %v, next page %v", size, page, a.json["totalItemCount"], a.json["nextPageOffset"])
			}
			if page > len(want) {
				t.Fatalf("size %d: no end", size)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("size %d: %s", size, diff)
		}
	}
	if titles, _ := s.search(object("pageOffset", 1e15, "pageSize", 1e9)); len(titles) != 0 {
		t.Errorf("far behind the end: %v", titles)
	}
	if titles, _ := s.search(object("pageOffset", -3, "pageSize", -1)); len(titles) != len(want)+3 {
		t.Errorf("before the beginning: %d", len(titles))
	}
}

// TestSearchHides checks that folders which permissions hide are in no list.
func TestSearchHides(t *testing.T) {
	s, films, old, _, cover := stocked(t)
	s.hide("Films/Old/")
	if titles, _ := s.search(filters("uuidSearchField", "equals", films)); !cmp.Equal(titles, []string{"Films/", "later.mp4", "Trip.mp4"}) {
		t.Errorf("seen: %v", titles)
	}
	for _, id := range []any{old, cover.UUID} {
		for _, field := range []string{"id", "parentId", "uuidSearchField"} {
			if titles, _ := s.search(filters(field, "equals", id)); len(titles) != 0 {
				t.Errorf("%s finds %v", field, titles)
			}
		}
		s.do("GET", fmt.Sprintf("/admin/asset/%s", id), "", 404)
	}
	s.wantIn(films, "later.mp4", "Trip.mp4")
}
