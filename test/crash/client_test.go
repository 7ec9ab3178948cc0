package crash_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"
)

// client speaks to one process.
type client struct {
	address string
	http    http.Client
}

func newClient(address string) *client {
	return &client{address: address, http: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, Timeout: time.Minute}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// refused is an answer that is not a success.
type refused struct {
	status int
	text   string
}

func (r *refused) Error() string { return fmt.Sprintf("answer %d: %s", r.status, r.text) }

// do sends a request and reads the whole answer. An error that is not *refused
// means that there was no answer.
func (c *client) do(req *http.Request) ([]byte, error) {
	req.SetBasicAuth(login, password)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = &refused{res.StatusCode, string(body[:min(len(body), 1000)])}
	}
	return body, err
}

func (c *client) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.address+path, nil)
	if err != nil {
		return nil, err
	}
	return c.do(req)
}

// page is one part of a list of the JSON API.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// list reads all pages of a list.
func list[T any](ctx context.Context, c *client, path string, query url.Values) ([]T, error) {
	var all []T
	query.Set("limit", "1000")
	for {
		text, err := c.get(ctx, path+"?"+query.Encode())
		if err != nil {
			return nil, err
		}
		var p page[T]
		if err := json.Unmarshal(text, &p); err != nil {
			return nil, err
		}
		all = append(all, p.Items...)
		if p.Next == "" {
			return all, nil
		}
		query.Set("after", p.Next)
	}
}

// asset is an asset as the JSON API shows it.
type asset struct {
	UUID     string `json:"uuid"`
	FileName string `json:"fileName"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
	State    string `json:"state"`
}

// pace slows the reading of a body down, so that a kill finds it on its way.
type pace struct {
	r    io.Reader
	wait time.Duration // before each piece of up to 32 KiB
}

func (p *pace) Read(b []byte) (int, error) {
	time.Sleep(p.wait)
	return p.r.Read(b[:min(len(b), 32<<10)])
}

// upload sends a request to UploadFile. A wait paces it; such a body is sent
// without its length.
func (c *client) upload(ctx context.Context, r *request, bodies [][]byte, wait time.Duration) error {
	contentType, body, err := form(r, bodies)
	if err != nil {
		return err
	}
	var reader io.Reader = bytes.NewReader(body)
	if wait > 0 {
		reader = &pace{reader, wait}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address+"/scene7/UploadFile", reader)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	answer, err := c.do(req)
	if err == nil && !strings.Contains(string(answer), "<jobHandle>") {
		err = &refused{http.StatusOK, string(answer)}
	}
	return err
}

const (
	namespace = "http://www.scene7.com/IpsApi/xsd"
	options   = "<readyForPublish>true</readyForPublish><createMask>false</createMask><emailSetting>None</emailSetting>"
)

// form is the multipart body of a request (Scene7 contract, section 2).
func form(r *request, bodies [][]byte) (contentType string, body []byte, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part := func(name, fileName string, content []byte) {
		disposition := `form-data; name="` + name + `"`
		if fileName != "" {
			disposition += `; filename="` + fileName + `"`
		}
		to, failed := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}})
		if failed == nil {
			_, failed = to.Write(content)
		}
		if err == nil {
			err = failed
		}
	}
	part("auth", "", fmt.Appendf(nil, `<authHeader xmlns="%s"><user>%s</user><password>%s</password></authHeader>`, namespace, login, password))
	part("uploadParams", "", fmt.Appendf(nil, `<uploadPostParam xmlns="%s/2014-04-03"><companyHandle>c|1</companyHandle><jobName>%s</jobName>`+
		`<uploadParams><overwrite>%t</overwrite>%s</uploadParams><endJob>true</endJob></uploadPostParam>`, namespace, r.job, r.replaces, options))
	for i, v := range r.files {
		part("file", v.name, bodies[i])
	}
	if err == nil {
		err = w.Close()
	}
	return w.FormDataContentType(), b.Bytes(), err
}
