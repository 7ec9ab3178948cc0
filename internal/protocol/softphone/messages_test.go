package softphone

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// message is an item of a fetched list.
type message struct {
	ID          string `json:"sms_id" xml:"sms_id"`
	Date        string `json:"sending_date" xml:"sending_date"`
	Sender      string `json:"sender" xml:"sender"`
	Recipient   string `json:"recipient" xml:"recipient"`
	Text        string `json:"sms_text" xml:"sms_text"`
	Type        string `json:"content_type" xml:"content_type"`
	Disposition string `json:"disposition_notification" xml:"disposition_notification"`
	Displayed   *bool  `json:"displayed" xml:"displayed"`
	Stream      string `json:"stream_id" xml:"stream_id"`
}

// fetched is an answer of Fetch Messages in either form.
type fetched struct {
	XMLName  xml.Name  `json:"-"`
	Date     string    `json:"date" xml:"date"`
	Received []message `json:"received_smss" xml:"received_smss>item"`
	Unread   []message `json:"unread_smss" xml:"unread_smss>item"`
	Sent     []message `json:"sent_smss" xml:"sent_smss>item"`
}

func (h *harness) fetch(login, password, as string, more ...string) fetched {
	h.t.Helper()
	query := url.Values{"username": {login}, "password": {password}}
	for i := 0; i+1 < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	r := h.do("POST", "/acme/softphone/fetch_messages", query.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Accept", as)
	if r.status != 200 || r.header.Get("Content-Type") != as {
		h.t.Fatalf("fetch: %d %v %s", r.status, r.header, r.body)
	}
	var f fetched
	if as == "application/json" {
		h.ok(json.Unmarshal([]byte(r.body), &f))
	} else {
		h.ok(xml.Unmarshal([]byte(r.body), &f))
		f.XMLName = xml.Name{}
	}
	return f
}

func (h *harness) post(path string, fields ...string) reply {
	h.t.Helper()
	form := url.Values{"from": {sender}, "password": {senderPassword}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return h.do("POST", path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

func TestSendAndFetch(t *testing.T) {
	h := newHarness(t)
	text := "Čau <b>&\" 'x'\nnew line \u2028 😀"
	r := h.post("/acme/softphone/send_message", "sms_to", receiverNumber, "sms_body", text, "disposition_notification", "positive-delivery")
	id := h.field(r, "sms_id")
	if want := "<response><sms_id>" + id + "</sms_id></response>"; r.status != 200 || id == "" || r.body != want {
		t.Fatalf("send: %d %s", r.status, r.body)
	}
	no := false
	for _, as := range []string{"application/json", "text/xml"} {
		got := h.fetch(receiver, receiverPassword, as)
		if now, err := time.Parse(time.RFC3339, got.Date); err != nil || time.Since(now).Abs() > time.Minute || !strings.HasSuffix(got.Date, "Z") {
			t.Errorf("the date is %q", got.Date)
		}
		want := []message{{ID: id, Sender: senderNumber, Recipient: receiverNumber, Text: text, Type: "text/plain", Disposition: "positive-delivery", Displayed: &no, Stream: senderNumber}}
		if len(got.Received) == 1 {
			want[0].Date = got.Received[0].Date
		}
		if diff := cmp.Diff(want, got.Received); diff != "" {
			t.Errorf("%s, received (-want +got):\n%s", as, diff)
		}
		own := h.fetch(sender, senderPassword, as)
		want[0].Displayed, want[0].Disposition, want[0].Stream = nil, "", receiverNumber
		if diff := cmp.Diff(want, own.Sent); diff != "" || len(own.Received) != 0 {
			t.Errorf("%s, sent (-want +got):\n%s", as, diff)
		}
	}
	if again := h.fetch(receiver, receiverPassword, "text/xml", "last_id", id); len(again.Received) != 0 {
		t.Errorf("what the app has is sent again: %+v", again.Received)
	}
	if strange := h.fetch(receiver, receiverPassword, "text/xml", "last_id", "another server's"); len(strange.Received) != 1 {
		t.Errorf("with an unknown id: %+v", strange.Received)
	}
}

func TestSendInEveryForm(t *testing.T) {
	h := newHarness(t)
	transfer := `{"body":"x","attachments":[{"content-url":"https://up.example.org/` + longToken + `","content-type":"image/jpeg"}]}`
	quoted, _ := json.Marshal(transfer)
	login := `"from":"johndow","password":"geheim-Ännchen&1"`
	for _, c := range []struct {
		name, method, query, body, kind string
		wantText, wantType              string
	}{
		{"GET", "GET", "?from=johndow&password=geheim-%C3%84nnchen%261&to=+420777000002&sms_body=hi+there&smart=1", "", "", "hi there", "text/plain"},
		{"JSON", "POST", "", `{` + login + `,"to":"+420777000002","body":"hi","content_type":"text/plain"}`, "application/json", "hi", "text/plain"},
		{"JSON said to be a form", "POST", "", `{` + login + `,"to":"+420777000002","body":"hi"}`, "application/x-www-form-urlencoded", "hi", "text/plain"},
		{"broken JSON", "POST", "", `{` + login + `,"to":"+420777000002","body":"say "hi", then
go","content_type":"%content_type%"}`, "application/json", "say \"hi\", then\ngo", "text/plain"},
		{"file transfer with its type", "POST", "", `{` + login + `,"to":"+420777000002","body":` + string(quoted) + `,"content_type":"` + typeFileTransfer + `"}`, "application/json", transfer, typeFileTransfer},
		{"file transfer without its type", "POST", "", `{` + login + `,"to":"+420777000002","body":` + string(quoted) + `}`, "application/json", transfer, typeFileTransfer},
		{"file transfer in broken JSON", "POST", "", `{` + login + `,"to":"+420777000002","body":"` + transfer + `","content_type":"text/plain"}`, "application/json", transfer, typeFileTransfer},
		{"receipt", "POST", "", `{` + login + `,"to":"+420777000002","body":"{}","content_type":"application/x-acro-disposition-notification"}`, "application/json", "{}", "application/x-acro-disposition-notification"},
		{"object without attachments", "POST", "", `{` + login + `,"to":"+420777000002","body":"{\"attachments\":[]}"}`, "application/json", `{"attachments":[]}`, "text/plain"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := h.in(t)
			r := h.do(c.method, "/acme/softphone/send_message"+c.query, c.body, "Content-Type", c.kind, "Accept", "application/json")
			id := h.field(r, "sms_id")
			if r.status != 200 || id == "" || h.field(r, "message_id") != id {
				t.Fatalf("%d %s", r.status, r.body)
			}
			for _, m := range h.fetch(receiver, receiverPassword, "application/json").Received {
				if m.ID == id && (m.Text != c.wantText || m.Type != c.wantType) {
					t.Errorf("%s %q, want %s %q", m.Type, m.Text, c.wantType, c.wantText)
				}
			}
		})
	}
	if r := h.post("/send_message", "to", receiverNumber); r.status != 400 || h.field(r, "message") != "The message is empty" {
		t.Errorf("no text: %d %s", r.status, r.body)
	}
	if r := h.post("/send_message", "body", "x"); r.status != 406 {
		t.Errorf("no recipient: %d %s", r.status, r.body)
	}
}

func TestConformance08ReferenceAndFetch(t *testing.T) {
	for _, legacy := range []bool{false, true} {
		t.Run(fmt.Sprint(legacy), func(t *testing.T) {
			h := newHarness(t)
			list := func(f fetched) ([]message, []message) { return f.Received, f.Unread }
			if legacy {
				h.set(door(settingFetch, "legacy"))
				list = func(f fetched) ([]message, []message) { return f.Unread, f.Received }
			}
			small := picture(900)
			sent := base64.URLEncoding.WithPadding(base64.NoPadding).EncodeToString(small)
			address := "https://up.example.org" + h.upload("ženy.jpg", "image/jpeg", picture(5000))
			r := h.post("/acme/softphone/send_media_ref", "sms_to", receiverNumber, "description", "look & <see>", "media_url", address,
				"media_content_type", "image/jpeg", "preview_content", sent, "preview_content_type", "image/jpeg", "preview_width", "60", "preview_height", "40")
			if r.status != 200 {
				t.Fatalf("%d %s", r.status, r.body)
			}
			var texts []string
			for _, as := range []string{"application/json", "text/xml"} {
				got, other := list(h.fetch(receiver, receiverPassword, as))
				if len(got) != 1 || len(other) != 0 || got[0].ID != h.field(r, "sms_id") || got[0].Type != typeFileTransfer {
					t.Fatalf("%s: %+v", as, got)
				}
				texts = append(texts, got[0].Text)
			}
			want := fmt.Sprintf(`{"body":"look & <see>","attachments":[{"content-url":%q,"content-type":"image/jpeg","content-size":5000,"filename":"ženy.jpg",`+
				`"preview":{"content-type":"image/jpeg","content":%q}}]}`, address, base64.StdEncoding.EncodeToString(small))
			if diff := cmp.Diff([]string{want, want}, texts); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReferenceRefusals(t *testing.T) {
	h := newHarness(t)
	own := "https://up.example.org" + h.upload("a.jpg", "image/jpeg", picture(500))
	small := base64.StdEncoding.EncodeToString(picture(100))
	for _, c := range []struct {
		name   string
		fields []string
		status int
		say    string
	}{
		{"foreign address", []string{"media_url", "https://elsewhere.example/m/" + longToken}, 400, "This file cannot be sent from here"},
		{"no address", nil, 400, "This file cannot be sent from here"},
		{"somebody else's", []string{"media_url", own, "as", receiver}, 400, "This file cannot be sent from here"},
		{"preview that is none", []string{"media_url", own, "preview_content", "R0lGODlh"}, 400, "The preview image is not usable"},
		{"preview that is no Base64", []string{"media_url", own, "preview_content", "/9j/!!"}, 400, "The preview image is not usable"},
		{"preview that is too large", []string{"media_url", own, "preview_content", base64.StdEncoding.EncodeToString(picture(256<<10 + 1))}, 400, "The preview image is not usable"},
		{"recipient", []string{"media_url", own, "to", "no recipient at all"}, 406, "Invalid recipient"},
		{"good", []string{"media_url", own, "to", receiverNumber, "preview_content", strings.ReplaceAll(small, "+", " ")}, 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := h.in(t)
			form := url.Values{"from": {sender}, "password": {senderPassword}, "to": {receiverNumber}}
			for i := 0; i+1 < len(c.fields); i += 2 {
				form.Set(c.fields[i], c.fields[i+1])
			}
			if form.Get("as") != "" {
				form.Set("from", receiver)
				form.Set("password", receiverPassword)
			}
			r := h.do("POST", "/send_media_ref", form.Encode())
			if r.status != c.status || h.field(r, "message") != c.say {
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
}

// A sound without a name is a voice message to apps, one with a name a file.
func TestVoiceMessageHasNoName(t *testing.T) {
	h := newHarness(t, anyType)
	address := "https://up.example.org" + h.upload("note.amr", "audio/amr", append([]byte("#!AMR\n"), noise(100)...))
	if r := h.post("/send_media_ref", "to", receiverNumber, "media_url", address); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if text := h.fetch(receiver, receiverPassword, "application/json").Received[0].Text; strings.Contains(text, "filename") || !strings.Contains(text, address) {
		t.Error(text)
	}
}
