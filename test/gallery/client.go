package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	namespace    = "http://www.scene7.com/IpsApi/xsd"
	ipsNamespace = namespace + "/2021-01-11-beta" // of a level that has every field
	credentials  = `<authHeader xmlns="` + namespace + `"><user>` + login + `</user><password>` + password + `</password></authHeader>`
	company      = "<companyHandle>c|1</companyHandle>"
	jobWithin    = 2 * time.Minute
)

// sample is a file to upload; its name may have folders.
type sample struct {
	name string
	body []byte
}

// client asks the server as its users do.
type client struct{ url string }

// asset is what /v1/assets tells, as far as the gallery shows it.
type asset struct {
	Number                                     int64
	UUID, Name, FileName, Folder, Type, SHA256 string
	Width, Height                              int
	Duration                                   float64
	Crop                                       *struct{ X, Y, Width, Height int }
	Metadata                                   map[string]string
	Derived                                    []derived
}

// derived is what was made of an asset: a file, or with a UUID an asset.
type derived struct {
	Kind, UUID, Name, Type, URL string
	Page, Layer, Width, Height  int
}

// row is one row of a job's log.
type row struct{ Type, Message, Asset string }

// upload sends files in a job of their own and returns its log when it is done.
func (c client) upload(ctx context.Context, job, options string, files ...sample) ([]row, error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part := func(name, fileName string, content []byte) {
		disposition := `form-data; name="` + name + `"`
		if fileName != "" {
			disposition += `; filename="` + fileName + `"`
		}
		to, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}}) // into memory
		_, _ = to.Write(content)
	}
	part("auth", "", []byte(credentials))
	part("uploadParams", "", []byte(`<uploadPostParam xmlns="`+namespace+`">`+company+"<jobName>"+job+"</jobName><endJob>true</endJob>"+options+"</uploadPostParam>"))
	for _, f := range files {
		part("file", f.name, f.body)
	}
	_ = w.Close()
	answer, err := c.send(ctx, http.MethodPost, c.url+"/scene7/UploadFile", w.FormDataContentType(), &body)
	if err != nil {
		return nil, err
	}
	handle := regexp.MustCompile(`<jobHandle>([^<]*\|(\d+))</jobHandle>`).FindSubmatch(answer)
	if handle == nil {
		return nil, fmt.Errorf("no job handle in %.300q", answer)
	}
	return c.finished(ctx, string(handle[2]))
}

// finished waits for a job's end and reads its log.
func (c client) finished(ctx context.Context, number string) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, jobWithin)
	defer cancel()
	for {
		jobs, err := list[struct {
			Number      json.Number
			UUID, State string
		}](ctx, c, "/v1/jobs", url.Values{})
		if err != nil {
			return nil, err
		}
		for _, j := range jobs {
			if j.Number.String() == number && j.State == "Done" {
				return list[row](ctx, c, "/v1/jobs/"+j.UUID+"/log", url.Values{})
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("job %s did not end: %w", number, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// assets are all below a folder, in full, ordered by their paths.
func (c client) assets(ctx context.Context, folder string) (found []asset, err error) {
	all, err := list[asset](ctx, c, "/v1/assets", url.Values{})
	for _, a := range all {
		if !strings.HasPrefix(a.Folder, "Demo/"+folder) {
			continue
		}
		body, err := c.read(ctx, "/v1/assets/"+a.UUID)
		if err != nil {
			return nil, err
		}
		var whole asset
		if err := json.Unmarshal(body, &whole); err != nil {
			return nil, err
		}
		found = append(found, whole)
	}
	slices.SortFunc(found, func(a, b asset) int { return strings.Compare(a.Folder+a.FileName, b.Folder+b.FileName) })
	return found, err
}

// list reads all pages of a list.
func list[T any](ctx context.Context, c client, path string, query url.Values) (all []T, err error) {
	query.Set("limit", "1000")
	for {
		var page struct {
			Items []T
			Next  string
		}
		body, err := c.read(ctx, path+"?"+query.Encode())
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, err
		}
		if all = append(all, page.Items...); page.Next == "" {
			return all, nil
		}
		query.Set("after", page.Next)
	}
}

// read asks for a path of the server, or an address of it.
func (c client) read(ctx context.Context, path string) ([]byte, error) {
	if strings.HasPrefix(path, "/") {
		path = c.url + path
	}
	return c.send(ctx, http.MethodGet, path, "", nil)
}

// original reads the file of an asset.
func (c client) original(ctx context.Context, uuid string) ([]byte, error) {
	return c.read(ctx, "/v1/assets/"+uuid+"/original")
}

func (c client) send(ctx context.Context, method, address, contentType string, body io.Reader) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(login, password)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.300s", address, res.Status, text)
	}
	return text, err
}

// node is an element of an answer.
type node struct {
	XMLName  xml.Name
	Text     string `xml:",chardata"`
	Children []node `xml:",any"`
}

// all lists the elements of a name, wherever they are.
func (n node) all(name string) (found []node) {
	if n.XMLName.Local == name {
		found = append(found, n)
	}
	for _, child := range n.Children {
		found = append(found, child.all(name)...)
	}
	return found
}

// own is the text of a child.
func (n node) own(name string) string {
	for _, child := range n.Children {
		if child.XMLName.Local == name {
			return child.Text
		}
	}
	return ""
}

// text is that of the first element of a name, wherever it is.
func (n node) text(name string) string {
	if found := n.all(name); len(found) > 0 {
		return found[0].Text
	}
	return ""
}

// ips calls an operation of the IPS API.
func (c client) ips(ctx context.Context, operation, inner string) (n node, err error) {
	request := `<Request xmlns="` + ipsNamespace + `">` + credentials + "<" + operation + `Param xmlns="` + ipsNamespace + `">` + inner + "</" + operation + "Param></Request>"
	answer, err := c.send(ctx, http.MethodPost, c.url+"/scene7/api/IpsApiService", "text/xml", strings.NewReader(request))
	if err == nil {
		err = xml.Unmarshal(answer, &n)
	}
	return n, err
}
