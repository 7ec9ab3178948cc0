package softphone

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"sluice/internal/auth"
	"sluice/internal/engine"
	"sluice/internal/ingest"
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

// Who announces a long body and sends none of it keeps nobody out.
func TestIdleBodiesKeepNobodyOut(t *testing.T) {
	h := newHarness(t)
	for range maxBodies/maxMessageBody + 1 {
		conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
		h.ok(err)
		defer conn.Close()
		h.ok(conn.SetDeadline(time.Now().Add(time.Minute)))
		fmt.Fprintf(conn, "POST /acme/softphone/send_message HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", maxMessageBody)
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" { // the body is being read
			t.Fatalf("%q, %v", line, err)
		}
	}
	if r := h.post("/acme/softphone/send_message", "to", receiverNumber, "sms_body", "hello"); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// Bodies that are in memory have little room together, and give it back.
func TestBodiesShareTheirRoom(t *testing.T) {
	shared := room{left: 100}
	one, two := &heldBody{body: noBytes{}, room: &shared}, &heldBody{body: noBytes{}, room: &shared}
	_, err := one.Read(make([]byte, 60))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = two.Read(make([]byte, 60)); faultOf(brokenBody(err)).status != 503 {
		t.Errorf("with too little room: %v", err)
	}
	one.end()
	if _, err = two.Read(make([]byte, 60)); err != nil {
		t.Errorf("with the room given back: %v", err)
	}
}

// noBytes is a body without an end.
type noBytes struct{}

func (noBytes) Read(p []byte) (int, error) { return len(p), nil }

// A text that is too long is no file that is too large.
func TestTooLongMessage(t *testing.T) {
	h := newHarness(t)
	for _, size := range []int{engine.MaxMessageBytes + 1, maxMessageBody} {
		r := h.post("/acme/softphone/send_message", "to", receiverNumber, "sms_body", strings.Repeat("x", size))
		if r.status != 413 || r.body != "<response><message>The message is too long</message></response>" {
			t.Errorf("%d bytes: %d %s", size, r.status, r.body)
		}
	}
}

// Forms of parts have the limits of other bodies, with the same answer.
func TestTooLongForm(t *testing.T) {
	h := newHarness(t)
	field := func(name, value string) string {
		return "--B\r\nContent-Disposition: form-data; name=" + name + "\r\n\r\n" + value + "\r\n"
	}
	login := field("from", sender) + field("password", senderPassword) + field("to", receiverNumber)
	for name, c := range map[string]struct{ path, body string }{
		"a text":                  {"send_message", login + field("sms_body", strings.Repeat("x", maxMessageBody))},
		"texts":                   {"fetch_messages", login + strings.Repeat(field("a", strings.Repeat("x", 2000)), maxPlainBody/2000)},
		"parts":                   {"send_message", login + strings.Repeat(field("a", "x"), maxParts)},
		"texts of an upload":      {"upload_media", login + strings.Repeat(field("a", strings.Repeat("x", maxTextPart)), maxTextParts/maxTextPart)},
		"a text of an upload":     {"upload_media", login + field("description", strings.Repeat("x", maxTextPart+1))},
		"parts of an upload":      {"upload_media", login + strings.Repeat(field("a", "x"), maxParts)},
		"the header of an upload": {"upload_media", login + field("a\r\nX: "+strings.Repeat("x", 9<<10), "x")},
	} {
		r := h.do("POST", "/acme/softphone/"+c.path, c.body+"--B--\r\n", "Content-Type", "multipart/form-data; boundary=B")
		if r.status != 413 || r.body != "<response><message>The message is too long</message></response>" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	h.set(func(s *ingest.CompanySettings) { s.Softphone.MediaMax = 1 })
	body := strings.NewReader(login + field("a", "x") + strings.Repeat("\r\n", overhead))
	resp, err := h.server.Client().Post(h.server.URL+"/upload_media", "multipart/form-data; boundary=B", struct{ io.Reader }{body})
	h.ok(err)
	defer resp.Body.Close()
	if resp.StatusCode != 413 {
		t.Errorf("an upload of unknown length without a file: %d", resp.StatusCode)
	}
}

// Who sends too many messages is told the limit and what there would have been, in the
// company's language.
func TestMessageLimitsAreTold(t *testing.T) {
	h := newHarness(t, func(s *ingest.CompanySettings) { s.Softphone.MessageRate, s.Softphone.MessageDayBytes = 2, 4000 })
	send := func(text string) reply {
		return h.post("/acme/softphone/send_message", "to", receiverNumber+","+senderNumber, "sms_body", text)
	}
	if r := send(strings.Repeat("x", 4096)); r.status != 402 || h.field(r, "message") != "Too many messages today (4 KB, limit 4 KB)" {
		t.Errorf("too much: %d %s", r.status, r.body)
	}
	h.move(time.Minute)
	if r := send("x"); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	h.set(door(settingLanguage, "de"))
	if r := send("x"); r.status != 429 || r.header.Get("Retry-After") == "" || h.field(r, "message") != "Zu viele Nachrichten in einer Minute (4, höchstens 2)" {
		t.Errorf("too often: %d %s", r.status, r.body)
	}
}

// Texts that are longer than what is written at once arrive whole, in either form.
func TestLongTextsArriveWhole(t *testing.T) {
	h := newHarness(t)
	for _, text := range []string{strings.Repeat("čau <&\" 😀\n", 20_000), strings.Repeat("x", 2*sinkBytes-1) + "😀", strings.Repeat("x", sinkBytes)} {
		if r := h.post("/acme/softphone/send_message", "to", receiverNumber, "sms_body", text); r.status != 200 {
			t.Fatalf("%d %s", r.status, r.body)
		}
		for _, as := range []string{"application/json", "text/xml"} {
			list := h.fetch(receiver, receiverPassword, as).Received
			if got := list[len(list)-1].Text; got != text {
				t.Errorf("%s: %d bytes, want %d", as, len(got), len(text))
			}
		}
	}
}

// Texts that are being fetched have little room together, and give it back.
func TestFetchedTextsShareTheirRoom(t *testing.T) {
	d := &Door{texts: room{left: 100}}
	one, two := &call{door: d}, &call{door: d}
	texts := engine.Fetched{Received: []engine.MessageView{{TextMessage: &ingest.TextMessage{Body: strings.Repeat("x", 60)}}}}
	if err := one.holdTexts(texts); err != nil {
		t.Fatal(err)
	}
	if err := two.holdTexts(texts); faultOf(err).status != 503 {
		t.Errorf("with too little room: %v", err)
	}
	one.release()
	if err := two.holdTexts(texts); err != nil {
		t.Errorf("with the room given back: %v", err)
	}
}

// Networks that may not allocate leave a row in the log.
func TestRefusedNetworkIsLogged(t *testing.T) {
	h := newHarness(t, door(settingNetworks, "192.0.2.0/24"), func(s *ingest.CompanySettings) { s.Softphone.MMMSG = ingest.TransferOpen })
	for range 3 {
		if r := h.do("POST", "/acme/mmmsg/", `{"contentType":"image/jpeg","contentSize":5}`); r.status != 403 {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	var jobs []*ingest.Job
	h.ok(h.db.View(t.Context(), func(tx ingest.Tx) (err error) {
		jobs, err = tx.Jobs(ingest.JobFilter{}, ingest.Page{Limit: 10})
		return err
	}))
	if len(jobs) != 1 || jobs[0].Counts.Error != 1 {
		t.Errorf("jobs %+v", jobs)
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
