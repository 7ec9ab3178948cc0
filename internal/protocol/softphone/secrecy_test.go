package softphone

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// Whatever is asked, and whatever goes wrong, the log has no password, no token, no text
// of a message, no file name and no secret of an address.
func TestConformance11NothingSecretIsLogged(t *testing.T) {
	h := newHarness(t)
	const text, wrong, bearer, name, queried = "meet me at noon", "wr0ng-p4ss", "slk_not_a-real-key", "intimate-picture.jpg", "query-wr0ng"
	mine := url.Values{"from": {sender}, "password": {senderPassword}, "to": {receiverNumber}}
	at := h.upload(name, "image/jpeg", picture(100), "description", text)
	token := strings.Split(at, "/")[2]
	object := h.allocate("image/jpeg", 3)
	h.do("PUT", object, "abc", "Content-Type", "image/jpeg")
	h.do("PUT", object, "abcd", "Content-Type", "image/jpeg")
	for _, path := range []string{at, object, "/acme/mmmsg" + object, "/acme/softphone/nonsense?password=" + queried, "/m" + object + "/x/y"} {
		h.do("GET", path, "")
		h.do("DELETE", path, "")
	}
	transfer := fmt.Sprintf(`{"body":%q,"attachments":[{"content-url":"https://up.example.org%s"}]}`, text, object)
	for _, path := range []string{"upload_media", "upload_media_precheck", "send_media_ref", "send_message", "fetch_messages", "account.xml"} {
		path = "/acme/softphone/" + path
		h.do("GET", path+"?from=johndow&password="+queried+"&sms_body="+url.QueryEscape(text), "")
		h.do("POST", path, "{\"from\":\"johndow\",\"password\":\""+wrong+"\",\"body\":\""+text+"\" broken", "Content-Type", "application/json")
		h.do("POST", path, "", "Authorization", "Bearer "+bearer)
		h.do("POST", path, "", "X-Username", sender, "X-Password", wrong)
		h.do("POST", path, mine.Encode()+"&sms_body="+url.QueryEscape(transfer)+"&description="+url.QueryEscape(text)+"&media_url="+url.QueryEscape("https://up.example.org"+at))
		body, kind := form(name, "text/html", []byte(text), "from", sender, "password", wrong, "description", text)
		h.do("POST", path, body, "Content-Type", kind)
		body, kind = form(name, "text/html", []byte(text), "from", sender, "password", senderPassword, "description", text)
		h.do("POST", path, body, "Content-Type", kind)
	}
	h.do("POST", h.base(), "{", "Content-Type", "application/json")
	h.fetch(receiver, receiverPassword, "application/json")
	log := h.log.String()
	if strings.Count(log, "msg=request ") < 50 || !strings.Contains(log, "softphone request refused") {
		t.Fatal("the requests are not in the log")
	}
	for what, secret := range map[string]string{
		"password": senderPassword, "encoded password": url.QueryEscape(senderPassword), "wrong password": wrong, "password of a query": queried, "key": bearer,
		"text": "noon", "token": token, "object": object[1:], "allocator": strings.Trim(strings.TrimPrefix(h.base(), "/acme/mmmsg/"), "/"), "file name": name,
	} {
		if i := strings.Index(log, secret); i >= 0 {
			t.Errorf("the %s is in the log: …%s…", what, log[max(0, i-300):min(len(log), i+80)])
		}
	}
}
