package nomad

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestContent(t *testing.T) {
	s := newShelf(t, Options{})
	definition := "55555555-2222-4333-8444-555555555555"
	id := s.do("GET", "/content/new?contentDefinitionId="+definition+"&languageId=", "", 200).text("contentId")
	got := s.do("GET", "/content/"+id+"?contentDefinitionId="+definition, "", 200).json
	want := map[string]any{
		"contentId": id, "contentDefinitionId": definition, "languageId": "", "title": "", "properties": map[string]any{},
		"createdDate": "2026-03-01T12:00:00Z", "lastModifiedDate": "2026-03-01T12:00:00Z", "assets": []any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got["properties"] = map[string]any{"title": "Trip", "year": 1902.0} // a client sends back what it got
	s.do("PUT", "/content/"+id+"?contentDefinitionId="+definition, object("contentId", id, "properties", got["properties"], "assets", got["assets"]), 200)
	if again := s.do("GET", "/content/"+id, "", 200).json; again["title"] != "Trip" || !cmp.Equal(again["properties"], got["properties"]) {
		t.Errorf("the record is %v", again)
	}
	s.do("PUT", "/content/"+id, object("properties", []int{1}), 400)

	film := s.upload(object("relatedContentId", id, "parentId", "", "relativePath", "trip.mp4", "contentLength", 5), "bytes")
	assets, _ := s.do("GET", "/content/"+id, "", 200).json["assets"].([]any)
	if len(assets) != 1 || member(assets[0], "id") != film {
		t.Errorf("its files are %v", assets)
	}
	related, _ := s.do("GET", "/asset/"+film+"/detail", "", 200).json["relatedContent"].([]any)
	if len(related) != 1 || member(related[0], "id") != id || member(related[0], "title") != "Trip" {
		t.Errorf("the file belongs to %v", related)
	}
	s.do("DELETE", "/content/"+id, "", 200)
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		s.do(method, "/content/"+id, "", 404)
		s.do(method, "/content/"+noID, "", 404)
	}
	s.do("GET", "/admin/asset/"+film, "", 200)
	s.do("POST", "/asset/upload/start", object("relatedContentId", id, "relativePath", "x.mp4", "contentLength", 5), 400)
}
