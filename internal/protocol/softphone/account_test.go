package softphone

import (
	"encoding/xml"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// configuration reads an account document as an app does.
func configuration(t *testing.T, body string) map[string]string {
	t.Helper()
	var account struct {
		XMLName xml.Name `xml:"account"`
		Keys    []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal([]byte(body), &account); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	keys := make(map[string]string)
	for _, k := range account.Keys {
		keys[k.XMLName.Local] = k.Text
	}
	return keys
}

func TestConformance10AccountDocument(t *testing.T) {
	h := newHarness(t, door(settingHost, "sip.example.org"))
	r := h.do("POST", "/acme/softphone/account.xml", url.Values{"cloud_username": {sender}, "cloud_password": {senderPassword}}.Encode())
	if r.status != 200 || r.header.Get("Content-Type") != "application/xml" || r.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %s", r.status, r.header, r.body)
	}
	for rest := r.body; ; {
		_, after, found := strings.Cut(rest, "&")
		if !found {
			break
		}
		if name, _, ok := strings.Cut(after, ";"); !ok || len(name) > 5 {
			t.Fatalf("a raw ampersand before %.20q", after)
		}
		rest = after
	}
	if !strings.Contains(r.body, "Accept:application/json&#10;X-Client:softphone") {
		t.Error("the line end between the custom headers is not a reference")
	}
	got := configuration(t, r.body)
	base := "https://up.example.org/acme/softphone/"
	want := map[string]string{
		"username": sender, "password": senderPassword, "host": "sip.example.org", "allowMessage": "1",
		"genericMediaUploadUrl": base + "upload_media", "genericMediaUploadMethod": "post", "genericMediaUploadMultipartData": templateUpload,
		"genericMediaUploadCustomHeaders": "Accept:application/json\nX-Client:softphone",
		"genericMediaUploadPrecheckUrl":   base + "upload_media_precheck", "genericMediaUploadPrecheckMethod": "post", "genericMediaUploadPrecheckPostData": templatePrecheck,
		"genericMediaRefSendUrl": base + "send_media_ref", "genericMediaRefSendMethod": "post", "genericMediaRefSendPostData": templateReference,
		"genericSmsSendUrl": base + "send_message", "genericSmsPostData": templateSend, "genericSmsSendPostData": templateSend,
		"genericSmsContentType": "application/json", "genericSmsSendContentType": "application/json",
		"genericSmsFetchUrl": base + "fetch_messages", "genericSmsFetchPostData": templateFetch, "genericSmsFetchContentType": "application/json",
		"mmmsgUrl": "https://up.example.org" + h.base(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.HasSuffix(got["genericMediaUploadMultipartData"], "=%media_content%") {
		t.Error("the file is not the last part")
	}
}

func TestAccountDocumentRefusals(t *testing.T) {
	h := newHarness(t)
	for query, want := range map[string]int{"": 401, "?username=johndow&password=x": 401, "?username=eve&password=eves-own-3": 401} {
		if r := h.do("GET", "/acme/softphone/account.xml"+query, ""); r.status != want || h.field(r, "message") != "Wrong user name or password" {
			t.Errorf("%s: %d %s", query, r.status, r.body)
		}
	}
	key := h.newKey(sender)
	r := h.do("GET", "/account.xml", "", "Authorization", "Bearer "+key, "Accept", "application/json")
	if r.status != 200 || h.field(r, "username") != sender || h.field(r, "password") != key {
		t.Errorf("by key: %d %s", r.status, r.body)
	}
}
