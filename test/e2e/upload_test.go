package e2e_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const namespace = "http://www.scene7.com/IpsApi/xsd"

// part is one part of a form; it is a file when it has a file name.
type part struct{ name, fileName, body string }

func authAs(login, password string, more ...string) part {
	return part{name: "auth", body: `<authHeader xmlns="` + namespace + `"><user>` + login + `</user><password>` + password + `</password>` +
		strings.Join(more, "") + `</authHeader>`}
}

func auth(more ...string) part { return authAs(adminLogin, adminPassword, more...) }

// params is the uploadParams part for company Demo.
func params(inner ...string) part {
	return part{name: "uploadParams", body: `<uploadPostParam xmlns="` + namespace + `"><companyHandle>c|1</companyHandle>` +
		strings.Join(inner, "") + `</uploadPostParam>`}
}

func jobName(name string) string     { return "<jobName>" + name + "</jobName>" }
func jobHandle(handle string) string { return "<jobHandle>" + handle + "</jobHandle>" }

const endJob = "<endJob>true</endJob>"

// options are the four that a new job must have.
func options(overwrite bool) string {
	return fmt.Sprintf("<uploadParams><overwrite>%v</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask><emailSetting>None</emailSetting></uploadParams>", overwrite)
}

// newJob is the parameters of a job that is one request.
func newJob(name string) part { return params(jobName(name), endJob, options(true)) }

func file(name, body string) part { return part{name: "file", fileName: name, body: body} }

// form writes parts as a correct form.
func form(parts ...part) (contentType string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		disposition := `form-data; name="` + p.name + `"`
		if p.fileName != "" {
			disposition += `; filename="` + p.fileName + `"`
		}
		out, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}})
		io.WriteString(out, p.body)
	}
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// answer is what came back from UploadFile.
type answer struct {
	status int
	header http.Header
	body   string
	closed bool // the server ends the connection
}

// poster sends forms to one server, each over a connection of its own.
type poster struct {
	url     string
	from    string        // address to send from, "" = any
	chunked bool          // send without Content-Length
	patient time.Duration // 0 = a minute
}

func (p poster) post(parts ...part) (answer, error) {
	contentType, form := form(parts...)
	var body io.Reader = bytes.NewReader(form)
	if p.chunked {
		body = io.MultiReader(body) // hides the length
	}
	return p.send(contentType, body)
}

func (p poster) send(contentType string, body io.Reader) (answer, error) {
	patient := p.patient
	if patient == 0 {
		patient = time.Minute
	}
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/scene7/UploadFile", body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", contentType)
	dialer := &net.Dialer{}
	if p.from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(p.from)}
	}
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true, DialContext: dialer.DialContext}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answer{status: res.StatusCode, header: res.Header, body: string(text), closed: res.Close}, err
}

// post sends a form to the server.
func (s *server) post(parts ...part) answer {
	s.t.Helper()
	a, err := poster{url: s.url}.post(parts...)
	if err != nil {
		s.t.Fatalf("no answer: %v", err)
	}
	return a
}

// upload posts and returns the job handle of the success that it expects.
func (s *server) upload(parts ...part) string {
	s.t.Helper()
	handle, err := s.post(parts...).handle()
	if err != nil {
		s.t.Fatal(err)
	}
	return handle
}

// handle cuts the job handle out of an answer as clients do.
func (a answer) handle() (string, error) {
	const declaration = "<?xml version='1.0' encoding='UTF-8'?><uploadPostReturn xmlns=\""
	m := regexp.MustCompile(`<jobHandle>(j\|1\|\|[^<]*\|\d+)</jobHandle></uploadPostReturn>$`).FindStringSubmatch(a.body)
	if a.status != 200 || m == nil || !strings.HasPrefix(a.body, declaration) {
		return "", fmt.Errorf("not a success: %d %q", a.status, a.body)
	}
	if got := a.header.Get("Content-Type"); a.header != nil && got != "text/xml;charset=utf-8" {
		return "", fmt.Errorf("Content-Type is %q", got)
	}
	return m[1], nil
}

// jobNumber is the last field of a handle.
func jobNumber(handle string) int64 {
	n, _ := strconv.ParseInt(handle[strings.LastIndexByte(handle, '|')+1:], 10, 64)
	return n
}

// fault is a bare fault document.
type fault struct {
	XMLName xml.Name
	Code    int    `xml:"http://www.scene7.com/IpsApi/xsd code"`
	Reason  string `xml:"http://www.scene7.com/IpsApi/xsd reason"`
}

// fault parses the answer as one; the zero value stands for anything else.
func (a answer) fault() fault {
	var f fault
	if err := xml.Unmarshal([]byte(a.body), &f); err != nil || f.XMLName.Space != namespace || !strings.HasPrefix(a.body, "<?xml version='1.0' encoding='UTF-8'?><tns:") {
		return fault{}
	}
	return f
}

// wantFault checks status, code, element and words of the reason.
func (a answer) wantFault(t *testing.T, status, code int, words ...string) {
	t.Helper()
	element := map[int]string{1: "authenticationFault", 2: "authorizationFault", 3: "ipsApiFault"}[code/10000]
	f := a.fault()
	if a.status != status || f.Code != code || f.XMLName.Local != element {
		t.Errorf("got %d %.500q, want %d and %s %d", a.status, a.body, status, element, code)
	}
	for _, w := range words {
		if !strings.Contains(f.Reason, w) {
			t.Errorf("the reason %.500q does not say %q", f.Reason, w)
		}
	}
}
