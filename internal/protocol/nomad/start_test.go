package nomad

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The answer to a start has every member that some client reads.
func TestStartAnswer(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", filling(testPart+10), "replace")
	a := s.do("GET", "/admin/asset/upload/"+string(u.ID), "", 200)
	var raw []map[string]any
	s.ok(json.Unmarshal([]byte(a.raw), &raw))
	for _, p := range raw {
		delete(p, "url")
		delete(p, "id")
	}
	want := []map[string]any{
		{"partNumber": 1.0, "startingPosition": 0.0, "startingPostion": 0.0, "endingPosition": testPart - 1.0, "isCompleted": false},
		{"partNumber": 2.0, "startingPosition": float64(testPart), "startingPostion": float64(testPart), "endingPosition": testPart + 9.0, "isCompleted": false},
	}
	if diff := cmp.Diff(want, raw); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if u.ETag != nil || u.URL != nil || u.ContentLength != testPart+10 || u.StartDate.IsZero() || s.status(string(u.AssetID)) != uploading {
		t.Errorf("%+v, status %d", u.uploadModel, s.status(string(u.AssetID)))
	}
}

// TestStartRefuses: what is wrong is named.
func TestStartRefuses(t *testing.T) {
	s := newShelf(t, Options{MaxFileSize: 1000})
	for body, words := range map[string]string{
		`{"relativePath":"a"}`:                                                                             "contentLength",
		`{"relativePath":"a","contentLength":-1}`:                                                          "-1",
		`{"relativePath":"a","contentLength":"2.5"}`:                                                       "2.5",
		`{"relativePath":"a","contentLength":"many"}`:                                                      "many",
		`{"relativePath":"a","contentLength":1001}`:                                                        "1000",
		`{"contentLength":1}`:                                                                              "Display name is missing.",
		`{"relativePath":"a/../b","contentLength":1}`:                                                      "..",
		`{"relativePath":"a","contentLength":1,"uploadOverwriteOption":"Overwrite"}`:                       "AssetReplace",
		`{"relativePath":"a","contentLength":1,"uploadOverwriteOption":4}`:                                 "AssetReplace",
		`{"relativePath":"a","contentLength":1,"uploadReplaceOptions":["All"]}`:                            "RecreateThumbnail",
		`{"relativePath":"a","contentLength":1,"parentId":"x"}`:                                            "parentId",
		`{"relativePath":"a","contentLength":1,"parentId":"00000000-0000-4000-8000-00000000000a"}`:         "parent folder",
		`{"contentLength":1,"existingAssetId":"00000000-0000-4000-8000-00000000000a"}`:                     "Existing asset not found",
		`{"relativePath":"a","contentLength":1,"relatedContentId":"00000000-0000-4000-8000-00000000000a"}`: "content",
		`{"relativePath":"a","contentLength":1,"uploadOverwriteOption":"assetreplace"}`:                    "no asset",
		`[1]`: "", `{`: "JSON",
	} {
		a := s.want(400, s.send("POST", "/asset/upload/start", body, "Authorization", "Bearer "+s.token))
		if !strings.Contains(a.text("message"), words) {
			t.Errorf("%s: %s", body, a.text("message"))
		}
	}
	s.want(413, s.send("POST", "/asset/upload/start", `{"x":"`+strings.Repeat("x", maxBody)+`"}`, "Authorization", "Bearer "+s.token))
	s.want(401, s.send("POST", "/asset/upload/start", `{}`))
	if list := s.do("GET", "/admin/asset/upload?includeCompletedUploads=True", "", 200); list.raw != "[]" {
		t.Errorf("something was begun: %s", list.raw)
	}
}

// Numbers come as texts and names in any case, and what is unknown is passed over.
func TestStartTolerates(t *testing.T) {
	s := newShelf(t, Options{})
	for _, path := range []string{"/asset/upload/start", "/api/asset/upload/start/", "/admin/asset/upload/start", "/api/admin/asset/upload/start"} {
		a := s.send("POST", path, `{"CONTENTLENGTH":"70000","chunkSize":"65536.5","RelativePath":"t.bin","uploadoverwriteoption":2,
			"relatedContentId":"","parentId":null,"languageId":"","relatedAssetId":"","createTranscribeRelatedAsset":true,"uploadReplaceOptions":null}`,
			"Authorization", "bearer "+s.token, "Content-Type", "text/json; charset=utf-8")
		s.want(200, a)
		if parts, _ := a.json["parts"].([]any); len(parts) != 2 {
			t.Errorf("%s: %s", path, a.raw)
		}
		s.soon()
	}
}

// TestManyParts: a file of more than ten thousand parts gets larger ones, and the
// answer stays small (check 9).
func TestManyParts(t *testing.T) {
	s := newShelf(t, Options{})
	began := time.Now()
	a := s.want(200, s.send("POST", "/asset/upload/start", fmt.Sprintf(`{"relativePath":"huge.bin","contentLength":%d,"chunkSize":8388608}`, int64(10_001)*8388608), "Authorization", "Bearer "+s.token))
	parts, _ := a.json["parts"].([]any)
	if len(parts) != 8890 || len(a.raw) > 4<<20 {
		t.Errorf("%d parts in %d bytes", len(parts), len(a.raw))
	}
	t.Logf("%d parts, %d bytes, %v", len(parts), len(a.raw), time.Since(began))
	last, _ := parts[len(parts)-1].(map[string]any)
	if last["endingPosition"] != float64(int64(10_001)*8388608-1) {
		t.Errorf("the last part is %v", last)
	}
	a = s.want(200, s.send("POST", "/asset/upload/start", `{"relativePath":"all.bin","contentLength":83886080000,"chunkSize":8388608}`, "Authorization", "Bearer "+s.token))
	if parts, _ := a.json["parts"].([]any); len(parts) != 10_000 || len(a.raw) > 4<<20 {
		t.Errorf("%d parts in %d bytes", len(parts), len(a.raw))
	}
}

// An equal start right after the first is the first one sent again (8).
func TestStartAgain(t *testing.T) {
	s := newShelf(t, Options{})
	first := s.start("a.bin", filling(testPart*2), "replace")
	if again := s.start("a.bin", filling(testPart*2), "replace"); again.ID != first.ID || again.AssetID != first.AssetID || len(again.Parts) != 2 {
		t.Errorf("%+v, want %s", again.uploadModel, first.ID)
	}
	if other := s.start("a.bin", filling(testPart*3), "replace"); other.ID == first.ID {
		t.Error("a file of another size went on with the first upload")
	}
	second := s.start("b.bin", filling(testPart*2), "replace")
	second.deliver(0)
	if again := s.start("b.bin", filling(testPart*2), "replace"); again.ID == second.ID {
		t.Error("an upload that had received something was taken for the same start")
	}
	third := s.start("c.bin", filling(10), "replace")
	s.soon()
	if again := s.start("c.bin", filling(10), "replace"); again.ID == third.ID {
		t.Error("a start of two minutes ago was taken for the same one")
	}
}
