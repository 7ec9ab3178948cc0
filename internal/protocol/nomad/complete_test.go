package nomad

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCompleteAgain: completing twice, also at once and after a restart, is completing
// once; cancelling afterwards has no effect (check 8).
func TestCompleteAgain(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", filling(testPart*3), "replace")
	u.deliverAll()
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			if a := s.want(200, u.call("complete")); !strings.Contains(a.raw, string(u.AssetID)) {
				t.Errorf("complete answered %s", a.raw)
			}
		})
	}
	wait.Wait()
	s.restart()
	s.want(200, u.call("complete"))
	for range 2 {
		s.want(200, u.call("cancel"))
	}
	s.stores(t, string(u.AssetID), u.content)
	list := s.do("GET", "/admin/asset/upload?includeCompletedUploads=True", "", 200)
	if !strings.Contains(list.raw, string(u.ID)) || !strings.Contains(list.raw, `"etag":"\"`) {
		t.Errorf("list %s", list.raw)
	}
	if open := s.do("GET", "/admin/asset/upload", "", 200); open.raw != "[]" {
		t.Errorf("open uploads %s", open.raw)
	}
}

// TestCompleteTooEarly names the parts that are missing (check 8).
func TestCompleteTooEarly(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", filling(testPart*25), "replace")
	u.deliver(1)
	a := s.want(400, u.call("complete"))
	if !strings.Contains(a.text("message"), "1, 3, 4, 5") || strings.Contains(a.text("message"), ", 22") {
		t.Errorf("message %q", a.text("message"))
	}
	u.deliverAll()
	s.want(200, u.call("complete"))
}

// TestEmptyFile: a file without bytes has no parts (4.2).
func TestEmptyFile(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("empty.bin", "", "replace")
	if len(u.Parts) != 0 {
		t.Errorf("parts %v", u.Parts)
	}
	u.whole()
	s.stores(t, string(u.AssetID), "")
}

// TestCancelUpload: what is cancelled leaves nothing, and is nobody else's to cancel
// (check 8).
func TestCancelUpload(t *testing.T) {
	s := newShelf(t, Options{})
	boss := s.login("boss@example.com").text("token")
	u := s.start("films/a.bin", filling(testPart*2), "replace")
	u.deliver(0)
	s.want(404, s.send("POST", "/asset/upload/"+string(u.ID)+"/cancel", "", "Authorization", "Bearer "+boss))
	s.want(404, s.send("POST", "/asset/upload/"+string(u.ID)+"/complete", "", "Authorization", "Bearer "+boss))
	s.want(404, s.send("GET", "/admin/asset/upload/"+string(u.ID), "", "Authorization", "Bearer "+boss))
	for range 2 {
		if a := s.want(200, u.call("cancel?message=no%20more")); a.raw != "{}" {
			t.Errorf("cancel answered %s", a.raw)
		}
	}
	s.want(409, u.put(1, u.slice(1)))
	s.want(400, u.call("complete"))
	if s.status(string(u.AssetID)) != 0 {
		t.Error("the asset is there")
	}
	if list := s.do("GET", "/admin/asset/upload?includeCompletedUploads=true", "", 200); list.raw != "[]" {
		t.Errorf("list %s", list.raw)
	}
	second := s.start("b.bin", "abc", "replace")
	s.want(200, s.send("POST", "/api/admin/asset/upload/"+string(second.ID), "", "Authorization", "Bearer "+s.token))
	s.want(404, s.send("POST", "/asset/upload/00000000-0000-4000-8000-00000000000a/cancel", "", "Authorization", "Bearer "+s.token))
	s.want(404, s.send("POST", "/asset/upload/nonsense/complete", "", "Authorization", "Bearer "+s.token))
}

// TestUploadExpires: uploads that receive nothing are ended by the server (8).
func TestUploadExpires(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", filling(testPart*2), "replace")
	u.deliver(0)
	s.later(8 * 24 * time.Hour)
	s.ok(s.engine.Tick(t.Context()))
	s.token = s.login("ann@example.com").text("token")
	u.token = s.token
	s.want(400, u.call("complete"))
	if again := s.start("a.bin", filling(testPart*2), "continue"); again.ID == u.ID || len(again.Parts) != 2 {
		t.Errorf("%+v goes on with an upload that has expired", again.uploadModel)
	}
}

// TestRestartBetween: the server restarts between a part and its confirmation, and
// before the completion (check 11).
func TestRestartBetween(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", filling(testPart*3), "replace")
	var tags []string
	for n := range u.Parts {
		tags = append(tags, s.want(200, u.put(n, u.slice(n))).header.Get("ETag"))
	}
	s.restart()
	for n, tag := range tags {
		s.want(400, u.confirm(n, tags[(n+1)%3]))
		s.want(200, u.confirm(n, tag))
	}
	s.restart()
	s.want(200, u.call("complete"))
	s.stores(t, string(u.AssetID), u.content)
}

// TestRelatedContent: a file of a content record goes to the record's folder and is
// listed with it (check 5).
func TestRelatedContent(t *testing.T) {
	s := newShelf(t, Options{})
	content := s.do("GET", "/content/new?contentDefinitionId=film", "", 200).text("contentId")
	u := s.start("/home/me/still.jpg", "jpeg", "replace", `"relatedContentId":"`+content+`"`, `"parentId":"`+s.root+`"`)
	if a := s.do("GET", "/content/"+content, "", 200); strings.Contains(a.raw, string(u.AssetID)) {
		t.Error("the file belongs to the record before it is there")
	}
	u.whole()
	if a := s.do("GET", "/content/"+content, "", 200); !strings.Contains(a.raw, string(u.AssetID)) {
		t.Errorf("content %s", a.raw)
	}
}
