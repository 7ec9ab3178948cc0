package nomad

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestReplace: new bytes for an asset under the same id. The old ones stay readable
// until then (check 3).
func TestReplace(t *testing.T) {
	s := newShelf(t, Options{})
	old := s.start("a.bin", "old bytes", "replace").whole()
	s.soon()
	fresh := s.start("a.bin", filling(testPart+1), "2")
	if fresh.AssetID != old.AssetID || fresh.ID == old.ID || s.status(string(old.AssetID)) != replacing {
		t.Errorf("asset %s, was %s, status %d", fresh.AssetID, old.AssetID, s.status(string(old.AssetID)))
	}
	s.stores(t, string(old.AssetID), "old bytes")
	fresh.whole()
	s.stores(t, string(old.AssetID), filling(testPart+1))
	if s.status(string(old.AssetID)) != available {
		t.Errorf("status %d", s.status(string(old.AssetID)))
	}
	s.soon()
	s.start("A.BIN", "another file", "replace").whole() // names are compared exactly
	s.stores(t, string(old.AssetID), filling(testPart+1))
}

// TestSuperseded: a new start with Replace ends the unfinished one of the same user.
func TestSuperseded(t *testing.T) {
	s := newShelf(t, Options{})
	first := s.start("a.bin", filling(testPart*2), "replace")
	first.deliver(0)
	second := s.start("a.bin", filling(testPart*2), "replace").whole()
	s.want(409, first.put(1, first.slice(1)))
	s.want(400, first.call("complete"))
	s.stores(t, string(second.AssetID), filling(testPart*2))
}

// TestCancelOption: the two meanings of Cancel (check 4).
func TestCancelOption(t *testing.T) {
	s := newShelf(t, Options{})
	s.start("finished.bin", "x", "replace").whole()
	a := s.want(400, s.tryStart(s.token, "finished.bin", 1, "cancel"))
	if a.text("message") != "File already exists" {
		t.Errorf("message %q", a.text("message"))
	}
	open := s.start("open.bin", filling(testPart*2), "replace")
	open.deliver(0)
	cancelled := s.startAs(s.token, "open.bin", filling(testPart*2), "Cancel")
	if cancelled.ID != open.ID || cancelled.AssetID != open.AssetID || len(cancelled.Parts) != 0 {
		t.Errorf("%+v, want the upload %s without parts", cancelled.uploadModel, open.ID)
	}
	if a := s.want(200, cancelled.call("complete")); !strings.Contains(a.raw, `"items":[]`) {
		t.Errorf("complete after Cancel: %s", a.raw)
	}
	s.want(409, open.put(1, open.slice(1)))
	if s.status(string(open.AssetID)) != 0 {
		t.Error("the asset of a cancelled upload is there")
	}
	s.start("absent.bin", "new", "cancel").whole()
}

// TestContinue: a matching upload goes on with the parts that are missing (check 2).
func TestContinue(t *testing.T) {
	for _, all := range []bool{false, true} {
		s := newShelf(t, Options{ResumeAll: all})
		content := filling(testPart*9 + 5)
		first := s.start("a.bin", content, "continue")
		first.deliver(0, 4, 2)
		s.want(200, first.put(6, first.slice(6))) // and not confirmed
		s.soon()
		s.restart()
		again := s.start("a.bin", content, "continue", `"chunkSize":999999`)
		if again.ID != first.ID || again.AssetID != first.AssetID {
			t.Fatalf("%s goes on as %s", first.ID, again.ID)
		}
		if want := map[bool]int{false: 7, true: 10}[all]; len(again.Parts) != want {
			t.Errorf("%d parts, want %d", len(again.Parts), want)
		}
		again.whole()
		s.stores(t, string(first.AssetID), content)
	}
	s := newShelf(t, Options{})
	first := s.start("a.bin", filling(testPart*2), "continue")
	first.deliver(0)
	other := s.start("a.bin", filling(testPart*3), "continue") // the file has changed
	if other.ID == first.ID || len(other.Parts) != 3 {
		t.Errorf("%+v", other.uploadModel)
	}
	other.whole()
	s.soon()
	if done := s.start("a.bin", filling(testPart*3), "continue"); len(done.Parts) != 3 || done.AssetID != other.AssetID {
		t.Errorf("a finished file of the same size was skipped: %+v", done.uploadModel)
	}
}

// Without an option a new file is taken and an existing one is not touched.
func TestNoOption(t *testing.T) {
	s := newShelf(t, Options{})
	u := s.start("a.bin", "first", "").whole()
	s.want(400, s.tryStart(s.token, "a.bin", 3, ""))
	s.stores(t, string(u.AssetID), "first")
	s.soon()
	if again := s.start("a.bin", "second", "AssetReplace").whole(); again.AssetID != u.AssetID {
		t.Error("AssetReplace made another asset")
	}
	s.stores(t, string(u.AssetID), "second")
}

// A start that the option refuses leaves the caller's unfinished upload alone (5).
func TestRefusedStartsCancelNothing(t *testing.T) {
	s := newShelf(t, Options{})
	s.start("a.bin", "first", "replace").whole()
	s.soon()
	u := s.start("a.bin", "second", "replace")
	if a := s.want(400, s.tryStart(s.token, "a.bin", 3, "")); a.text("message") != "File already exists" {
		t.Errorf("message %q", a.text("message"))
	}
	u.whole()
	fresh := s.start("new.bin", "new", "replace")
	s.want(400, s.tryStart(s.token, "new.bin", 3, "AssetReplace"))
	fresh.whole()
}

// TestAnotherUsersUpload: the first unfinished upload holds the target for a while.
func TestAnotherUsersUpload(t *testing.T) {
	s := newShelf(t, Options{LockTime: time.Hour})
	boss := s.login("boss@example.com").text("token")
	first := s.start("a.bin", filling(testPart*2), "replace")
	first.deliver(0)
	a := s.want(400, s.tryStart(boss, "a.bin", 5, "replace"))
	if a.text("message") != "Asset is being uploaded by another user" {
		t.Errorf("message %q", a.text("message"))
	}
	s.later(59 * time.Minute)
	s.want(400, s.tryStart(boss, "a.bin", 5, "replace"))
	s.later(2 * time.Minute)
	second := s.startAs(boss, "a.bin", "bytes", "replace").whole()
	s.want(400, first.call("complete"))
	s.stores(t, string(second.AssetID), "bytes")
}

// TestPlaceholderFlow: a placeholder is filled under its id, and stays one when the
// upload is cancelled (check 5).
func TestPlaceholderFlow(t *testing.T) {
	s := newShelf(t, Options{})
	id := s.do("POST", "/admin/asset/"+s.root+"/create-placeholder", `{"assetName":"later.bin"}`, 200).text("id")
	if s.status(id) != placeholder {
		t.Fatalf("status %d", s.status(id))
	}
	existing := `"existingAssetId":"` + id + `"`
	u := s.start("", filling(10), "replace", existing)
	if string(u.AssetID) != id || s.status(id) != uploading {
		t.Errorf("asset %s, status %d", u.AssetID, s.status(id))
	}
	s.want(200, u.call("cancel"))
	if s.status(id) != placeholder {
		t.Errorf("status after cancel %d", s.status(id))
	}
	s.start("", filling(10), "replace", existing).whole()
	if s.status(id) != available || s.do("GET", "/admin/asset/"+id, "", 200).text("displayName") != "later.bin" {
		t.Errorf("status %d", s.status(id))
	}
	s.stores(t, id, filling(10))
}

// TestReplaceOptions: of an existing asset only what is asked for changes (6).
func TestReplaceOptions(t *testing.T) {
	s := newShelf(t, Options{})
	id := string(s.start("a.bin", "1", "replace", `"displayName":"First.bin"`).whole().AssetID)
	shown := func() string { s.t.Helper(); return s.do("GET", "/admin/asset/"+id, "", 200).text("displayName") }
	if shown() != "First.bin" {
		t.Errorf("display name %q", shown())
	}
	s.soon()
	s.start("a.bin", "2", "replace", `"displayName":"Second.bin"`).whole()
	if shown() != "First.bin" {
		t.Errorf("the display name changed unasked to %q", shown())
	}
	s.soon()
	s.start("a.bin", "3", "replace", `"displayName":"Third.bin"`, `"uploadReplaceOptions":["replacedisplayname","RecreateThumbnail"]`).whole()
	if shown() != "Third.bin" {
		t.Errorf("display name %q", shown())
	}
	for _, existing := range []string{id, s.do("POST", "/admin/asset/"+s.root+"/create-placeholder", `{"assetName":"later.bin"}`, 200).text("id")} {
		s.soon()
		before := s.do("GET", "/admin/asset/"+existing, "", 200).text("displayName")
		s.start("", "4", "replace", `"existingAssetId":"`+existing+`"`, `"displayName":"Fourth.bin"`).whole()
		if got := s.do("GET", "/admin/asset/"+existing, "", 200).text("displayName"); got != before {
			t.Errorf("the display name changed from %q to %q, though the asset was named by its id", before, got)
		}
		s.soon()
		s.start("", "5", "replace", `"existingAssetId":"`+existing+`"`, `"displayName":"Fifth.bin"`, `"uploadReplaceOptions":["ReplaceDisplayName"]`).whole()
		if got := s.do("GET", "/admin/asset/"+existing, "", 200).text("displayName"); got != "Fifth.bin" {
			t.Errorf("display name %q", got)
		}
	}
}

// Properties add up over the versions of an asset, but not without bound.
func TestPropertiesHaveALimit(t *testing.T) {
	s := newShelf(t, Options{})
	properties := func(from int) string {
		var list []string
		for n := range mostProperties {
			list = append(list, fmt.Sprintf(`"p%d":"x"`, from+n))
		}
		return `"properties":{` + strings.Join(list, ",") + "}"
	}
	for n := range 2 {
		s.soon()
		s.start("a.bin", "1", "replace", properties(n*mostProperties)).whole()
	}
	s.soon()
	if a := s.want(400, s.tryStart(s.token, "a.bin", 1, "replace", properties(2*mostProperties))); !strings.Contains(a.text("message"), "limit is 250") {
		t.Errorf("message %q", a.text("message"))
	}
	s.start("a.bin", "2", "replace", properties(0)).whole()
	long := fmt.Sprintf(`"p":%q`, strings.Repeat("x", 4000))
	for n := range 20 {
		long += fmt.Sprintf(`,"p%d":%q`, n, strings.Repeat("x", 4000))
	}
	s.want(400, s.tryStart(s.token, "b.bin", 1, "replace", `"properties":{`+long+"}"))
}
