package e2e_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// app does what a softphone app does with an account document: it replaces the variables
// in templates and sends the results.
type app struct {
	t       *testing.T
	keys    map[string]string
	escapes bool // values in JSON templates are escaped; it is not known which apps do
}

// provisioned is an app that has been given its account document by the server.
func (s *server) provisioned(login, password string) *app {
	s.t.Helper()
	a := &app{t: s.t, keys: make(map[string]string)}
	status, body := a.send(http.MethodPost, s.url+"/demo/softphone/account.xml", "application/x-www-form-urlencoded", "", []byte(
		url.Values{"cloud_username": {login}, "cloud_password": {password}}.Encode()))
	var account struct {
		Keys []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal(body, &account); err != nil || status != http.StatusOK {
		s.t.Fatalf("account document: %d %s, %v", status, body, err)
	}
	for _, k := range account.Keys {
		a.keys[k.XMLName.Local] = k.Text
	}
	return a
}

// send makes one request. headers are lines as templates have them.
func (a *app) send(method, address, contentType, headers string, body []byte) (int, []byte) {
	a.t.Helper()
	r, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("User-Agent", "CloudSoftphone/1.5.6")
	r.Header.Set("Cache-Control", "max-age=0")
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for line := range strings.Lines(headers) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		r.Header.Set(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return res.StatusCode, answer
}

// variable is one in a template; those that the app does not know it sends as they are.
var variable = regexp.MustCompile(`%[A-Za-z_]+(\[[A-Za-z_]+\])?%`)

func (a *app) expand(template string, values map[string]string, encode func(string) string) string {
	return variable.ReplaceAllStringFunc(template, func(v string) string {
		name := strings.Trim(v, "%")
		if key, ok := strings.CutPrefix(name, "account["); ok {
			return encode(a.keys[strings.TrimSuffix(key, "]")])
		}
		if value, ok := values[name]; ok {
			return encode(value)
		}
		return v
	})
}

func asIs(s string) string { return s }

// percent encodes as apps do, spaces included.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func jsonText(s string) string {
	quoted, _ := json.Marshal(s)
	return string(quoted[1 : len(quoted)-1])
}

// call uses a web service by the prefix of its keys, of which data and type have several
// spellings.
func (a *app) call(address, data, contentType, method string, values map[string]string) (int, map[string]any) {
	a.t.Helper()
	kind := a.keys[contentType]
	encode := percent
	if kind == "" {
		kind = "application/x-www-form-urlencoded"
	}
	if kind == "application/json" {
		encode = asIs
		if a.escapes {
			encode = jsonText
		}
	}
	verb := http.MethodGet
	if a.keys[data] != "" {
		verb = http.MethodPost
	}
	if a.keys[method] != "" {
		verb = strings.ToUpper(a.keys[method])
	}
	status, body := a.send(verb, a.expand(a.keys[address], values, percent), kind, "Accept:application/json", []byte(a.expand(a.keys[data], values, encode)))
	return status, a.decoded(body)
}

func (a *app) decoded(body []byte) map[string]any {
	a.t.Helper()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		a.t.Fatalf("%v in %s", err, body)
	}
	return m
}

// upload sends a file by the multipart template and returns its address.
func (a *app) upload(name, contentType string, content []byte, values map[string]string) string {
	a.t.Helper()
	boundary := "b" + rand.Text()
	var b bytes.Buffer
	for field := range strings.SplitSeq(a.keys["genericMediaUploadMultipartData"], "&") {
		part, template, _ := strings.Cut(field, "=")
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=%s", boundary, part)
		if strings.Contains(template, "%media_content%") {
			fmt.Fprintf(&b, "; filename=%s\r\nContent-Type: %s\r\n\r\n", name, contentType)
			b.Write(content)
		} else {
			fmt.Fprintf(&b, "\r\n\r\n%s", a.expand(template, values, asIs))
		}
		b.WriteString("\r\n")
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	status, body := a.send(strings.ToUpper(a.keys["genericMediaUploadMethod"]), a.expand(a.keys["genericMediaUploadUrl"], values, percent),
		`multipart/form-data; charset=utf-8; boundary="`+boundary+`"`, a.keys["genericMediaUploadCustomHeaders"], b.Bytes())
	address, _ := a.decoded(body)["media_url"].(string)
	if status/100 != 2 || address == "" {
		a.t.Fatalf("upload: %d %s", status, body)
	}
	return address
}

// precheck asks whether an upload would be taken.
func (a *app) precheck(values map[string]string) (int, map[string]any) {
	a.t.Helper()
	return a.call("genericMediaUploadPrecheckUrl", "genericMediaUploadPrecheckPostData", "genericMediaUploadPrecheckContentType", "genericMediaUploadPrecheckMethod", values)
}

// reference sends a message that points at an uploaded file.
func (a *app) reference(values map[string]string) {
	a.t.Helper()
	if status, body := a.call("genericMediaRefSendUrl", "genericMediaRefSendPostData", "genericMediaRefSendContentType", "genericMediaRefSendMethod", values); status/100 != 2 {
		a.t.Fatalf("reference: %d %v", status, body)
	}
}

// message sends a text and returns its id.
func (a *app) message(values map[string]string) string {
	a.t.Helper()
	status, body := a.call("genericSmsSendUrl", "genericSmsPostData", "genericSmsContentType", "genericSmsSendMethod", values)
	id, _ := body["sms_id"].(string)
	if status/100 != 2 || id == "" {
		a.t.Fatalf("message: %d %v", status, body)
	}
	return id
}

// received fetches what came in since a message.
func (a *app) received(since string) []map[string]any {
	a.t.Helper()
	status, body := a.call("genericSmsFetchUrl", "genericSmsFetchPostData", "genericSmsFetchContentType", "genericSmsFetchMethod",
		map[string]string{"last_known_sms_id": since, "installid": "device-1"})
	if status != http.StatusOK {
		a.t.Fatalf("fetch: %d %v", status, body)
	}
	var list []map[string]any
	for _, item := range body["received_smss"].([]any) {
		list = append(list, item.(map[string]any))
	}
	return list
}

// attachment reads the only attachment of a message that points at a file.
func (a *app) attachment(message map[string]any) map[string]any {
	a.t.Helper()
	if message["content_type"] != "application/x-acro-filetransfer+json" {
		a.t.Fatalf("the message is %v", message)
	}
	list, _ := a.decoded([]byte(message["sms_text"].(string)))["attachments"].([]any)
	if len(list) != 1 {
		a.t.Fatalf("the message is %v", message)
	}
	return list[0].(map[string]any)
}

// download reads an address without any login.
func (a *app) download(address string) string {
	a.t.Helper()
	status, body := a.send(http.MethodGet, address, "", "", nil)
	if status != http.StatusOK {
		a.t.Fatalf("%s: %d %s", address, status, body)
	}
	return string(body)
}
