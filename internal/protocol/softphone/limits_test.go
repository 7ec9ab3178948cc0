package softphone

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"testing"
	"time"

	"sluice/internal/auth"
)

// Guessing is slowed down, and refused when too much of it waits.
func TestGuessingIsThrottled(t *testing.T) {
	h := newHarness(t, anyType, door(settingLanguage, "cs"))
	h.serve(auth.New(h.db, h.now, auth.Options{FreePerAccount: 1, WaitersEach: 1, FirstDelay: 2 * time.Second}), Options{})
	replies := make(chan reply, 6)
	for i := range cap(replies) {
		go func() {
			replies <- h.do("GET", fmt.Sprintf("/acme/softphone/upload_media_precheck?from=johndow&password=guess%d", i), "")
		}()
	}
	counts := map[int]int{}
	for range cap(replies) {
		r := <-replies
		counts[r.status]++
		if r.status == 429 && (r.body != "<response><message>Zkuste to později</message></response>" || r.header.Get("Retry-After") == "") {
			t.Errorf("%v %s", r.header, r.body)
		}
	}
	if counts[429] == 0 || counts[401] == 0 || counts[401]+counts[429] != cap(replies) {
		t.Errorf("the answers were %v", counts)
	}
}

// Files whose credentials have not come yet have little room together.
func TestStrangersHaveLittleRoom(t *testing.T) {
	h := newHarness(t, anyType)
	h.serve(auth.New(h.db, h.now, auth.Options{}), Options{MaxStrangers: 1 << 20})
	for _, c := range []struct {
		size, status int
		first        bool // the credentials come first
	}{{1<<20 + 1, 503, false}, {1 << 19, 200, false}, {1<<20 + 1, 200, true}, {1 << 20, 200, false}} {
		w := newWire("\r\n", "/upload_media")
		if c.first {
			w.login()
		}
		w.file("name=file; filename=a.mp4", "video/mp4", noise(c.size))
		if !c.first {
			w.login()
		}
		w.line(end)
		if r := h.raw(w.bytes()); r.status != c.status {
			t.Errorf("%+v: %d %s", c, r.status, r.body)
		}
	}
}

// A preview in a query makes a long request line.
func TestLongRequestLine(t *testing.T) {
	h := newHarness(t)
	address := "https://up.example.org" + h.upload("a.jpg", "image/jpeg", picture(500))
	query := url.Values{"from": {sender}, "password": {senderPassword}, "to": {receiverNumber}, "media_url": {address},
		"preview_content": {base64.StdEncoding.EncodeToString(picture(40 << 10))}}
	if r := h.do("GET", "/acme/softphone/send_media_ref?"+query.Encode(), ""); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
}
