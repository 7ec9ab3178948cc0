package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	scene7Path      = "/scene7/UploadFile"
	scene7Namespace = "http://www.scene7.com/IpsApi/xsd"
	scene7Version   = scene7Namespace + "/2014-04-03"
	scene7Boundary  = "bench-7d1c0f3e9a55b2e84c60"
)

// account is a login at Sluice and the company it uploads to.
type account struct {
	user, password string
	company        string // name, as the API's company parameter takes it
	handle         string // company handle of the Scene7 door, "c|1"
}

// scene7 uploads through the Scene7 door: open creates a job without a file,
// every put cites its handle and carries one file, close ends the job. Reading
// back goes through the server's own API.
type scene7 struct {
	account account
	jobName string
	folder  string // destination folder, may be empty

	jobHandle string // set by open
	library   library
}

func newScene7(a account, jobName, folder string) *scene7 {
	return &scene7{account: a, jobName: jobName, folder: folder, library: newLibrary(a)}
}

func (s *scene7) open(ctx context.Context, c *conn) error {
	params := s.params(element("jobName", s.jobName), scene7JobOptions())
	handle, err := s.post(ctx, c, s.form(params, nil))
	s.jobHandle = handle
	return err
}

func (s *scene7) put(ctx context.Context, c *conn, o object) error {
	params := s.params(element("jobHandle", s.jobHandle), element("destFolder", s.folder))
	_, err := s.post(ctx, c, s.form(params, &o))
	return err
}

func (s *scene7) close(ctx context.Context, c *conn) error {
	params := s.params(element("jobHandle", s.jobHandle), element("endJob", "true"))
	_, err := s.post(ctx, c, s.form(params, nil))
	return err
}

func (s *scene7) fetch(ctx context.Context, c *conn, o object, w io.Writer) error {
	a, err := s.library.find(ctx, c, o.name)
	if err != nil {
		return err
	}
	if a.Size != o.size {
		return fmt.Errorf("asset %s has %d bytes, %d were sent", a.UUID, a.Size, o.size)
	}
	return s.library.original(ctx, c, a.UUID, w)
}

// post sends a form and returns the job handle of the answer.
func (s *scene7) post(ctx context.Context, c *conn, r request) (string, error) {
	a, err := c.do(ctx, r)
	if err != nil {
		return "", err
	}
	return parseUploadAnswer(a)
}

// parseUploadAnswer takes the job handle from an uploadPostReturn document;
// fault documents become errors that show code and reason.
func parseUploadAnswer(a answer) (string, error) {
	var doc struct {
		XMLName   xml.Name
		JobHandle string `xml:"jobHandle"`
		Code      string `xml:"code"`
		Reason    string `xml:"reason"`
	}
	if err := xml.Unmarshal(a.body, &doc); err != nil {
		return "", fmt.Errorf("UploadFile: status %d: %.300q is not XML: %w", a.status, a.body, err)
	}
	if doc.XMLName.Local != "uploadPostReturn" {
		return "", fmt.Errorf("UploadFile: status %d: %s %s: %s", a.status, doc.XMLName.Local, doc.Code, doc.Reason)
	}
	if err := a.expect("UploadFile", 200); err != nil {
		return "", err
	}
	if doc.JobHandle == "" {
		return "", errors.New("UploadFile: the answer has no job handle")
	}
	return doc.JobHandle, nil
}

// form is the multipart request: the part auth, the part uploadParams and, if
// file is not nil, one file part, in this order.
func (s *scene7) form(params string, file *object) request {
	var prefix bytes.Buffer
	auth := `<authHeader xmlns="` + scene7Namespace + `">` +
		element("user", s.account.user) + element("password", s.account.password) +
		element("appName", "bench") + element("appVersion", "1") + `</authHeader>`
	fmt.Fprintf(&prefix, "--%s\r\nContent-Disposition: form-data; name=\"auth\"\r\n\r\n%s\r\n", scene7Boundary, auth)
	fmt.Fprintf(&prefix, "--%s\r\nContent-Disposition: form-data; name=\"uploadParams\"\r\n\r\n%s\r\n", scene7Boundary, params)
	if file != nil {
		fmt.Fprintf(&prefix, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"+
			"Content-Type: application/octet-stream\r\n\r\n", scene7Boundary, file.name)
	}
	end := "--" + scene7Boundary + "--\r\n"
	if file != nil {
		end = "\r\n" + end
	}
	return request{
		method:  "POST",
		target:  scene7Path,
		header:  []string{"Content-Type: multipart/form-data; boundary=" + scene7Boundary},
		prefix:  prefix.Bytes(),
		content: file,
		suffix:  []byte(end),
	}
}

// params is the uploadPostParam document with the given children, already
// encoded, after the company handle.
func (s *scene7) params(children ...string) string {
	return `<uploadPostParam xmlns="` + scene7Version + `">` +
		element("companyHandle", s.account.handle) + strings.Join(children, "") + `</uploadPostParam>`
}

// scene7JobOptions asks for storage only: no mask, no unpacking, no mail.
func scene7JobOptions() string {
	return `<uploadParams><overwrite>false</overwrite><readyForPublish>false</readyForPublish>` +
		`<createMask>false</createMask><emailSetting>None</emailSetting>` +
		`<unCompressOptions><process>None</process></unCompressOptions></uploadParams>`
}

// element is an XML element with text, or nothing when the text is empty.
func element(name, text string) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("<" + name + ">")
	// A strings.Builder never fails to be written to.
	_ = xml.EscapeText(&b, []byte(text))
	b.WriteString("</" + name + ">")
	return b.String()
}
