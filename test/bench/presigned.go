package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// presigned uploads through the Nomad door, as the vendor's kits do: a start answers
// an address for each part; each part is a PUT to its address and a confirmation with
// the ETag of the answer; then the upload is completed.
type presigned struct {
	account account
	library library

	header  []string // of API calls, with the token; set by open
	refresh string   // refresh token
	name    string
	upload  string
	content []object
	parts   []presignedPart
}

// presignedPart is a part of the answer to a start.
type presignedPart struct {
	ID    string `json:"id"`
	URL   string `json:"url"`
	Start int64  `json:"startingPosition"`
	End   int64  `json:"endingPosition"` // inclusive
}

// presignedUpload is the answer to a start.
type presignedUpload struct {
	ID    string          `json:"id"`
	Parts []presignedPart `json:"parts"`
}

func newPresigned(a account) *presigned {
	return &presigned{account: a, library: newLibrary(a)}
}

// post sends JSON and reads the JSON of the answer into out.
func (p *presigned) post(ctx context.Context, c *conn, target string, in, out any) (answer, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return answer{}, err
	}
	r := request{method: http.MethodPost, target: target, header: append([]string{"Content-Type: application/json"}, p.header...), prefix: body}
	a, err := c.do(ctx, r)
	if err == nil {
		err = a.expect("POST "+target, http.StatusOK)
	}
	if err == nil && out != nil {
		err = json.Unmarshal(a.body, out)
	}
	return a, err
}

// open logs in.
func (p *presigned) open(ctx context.Context, c *conn) error {
	var granted struct{ Token, RefreshToken string }
	_, err := p.post(ctx, c, "/api/account/login", map[string]string{"userName": p.account.user, "password": p.account.password}, &granted)
	if err == nil && (granted.Token == "" || granted.RefreshToken == "") {
		err = fmt.Errorf("the login answered no tokens")
	}
	p.header, p.refresh = []string{"Authorization: Bearer " + granted.Token}, granted.RefreshToken
	return err
}

// announce starts an upload and returns the size of the answer in bytes and the time
// until it was here.
func (p *presigned) announce(ctx context.Context, c *conn, name string, size, partSize int64) (u presignedUpload, bytes int, took time.Duration, err error) {
	began := time.Now()
	a, err := p.post(ctx, c, "/api/asset/upload/start", map[string]any{
		"relativePath": name, "displayName": name, "contentLength": size, "chunkSize": partSize, "uploadOverwriteOption": "replace",
	}, nil)
	took = time.Since(began)
	if err == nil {
		err = json.Unmarshal(a.body, &u)
	}
	return u, len(a.body), took, err
}

func (p *presigned) begin(ctx context.Context, c *conn, name string, parts []object) error {
	var size int64
	for _, part := range parts {
		size += part.size
	}
	u, _, _, err := p.announce(ctx, c, name, size, parts[0].size)
	if err != nil {
		return err
	}
	p.name, p.upload, p.parts, p.content = name, u.ID, u.Parts, parts
	return p.check()
}

// check compares the plan of the server with the parts that there are.
func (p *presigned) check() error {
	if len(p.parts) != len(p.content) {
		return fmt.Errorf("the start answered %d parts, want %d", len(p.parts), len(p.content))
	}
	var at int64
	for i := range p.parts {
		part := &p.parts[i]
		if end := at + p.content[i].size - 1; part.Start != at || part.End != end {
			return fmt.Errorf("part %d has the positions %d to %d, want %d to %d", i+1, part.Start, part.End, at, end)
		}
		at = part.End + 1
		address, err := url.Parse(part.URL)
		if err != nil {
			return err
		}
		part.URL = address.RequestURI()
	}
	return nil
}

func (p *presigned) send(ctx context.Context, c *conn, part int) error {
	a, err := c.do(ctx, request{method: http.MethodPut, target: p.parts[part].URL, content: &p.content[part]})
	if err == nil {
		err = a.expect("PUT of a part", http.StatusOK)
	}
	if err != nil {
		return err
	}
	_, err = p.post(ctx, c, "/api/asset/upload/part/"+p.parts[part].ID+"/complete", map[string]string{"etag": a.header.Get("ETag")}, nil)
	return err
}

func (p *presigned) complete(ctx context.Context, c *conn) error {
	var batch struct{ Items []struct{ ID string } }
	_, err := p.post(ctx, c, "/api/asset/upload/"+p.upload+"/complete", struct{}{}, &batch)
	if err == nil && len(batch.Items) != 1 {
		err = fmt.Errorf("completing answered %d assets", len(batch.Items))
	}
	return err
}

func (p *presigned) cancel(ctx context.Context, c *conn, upload string) error {
	_, err := p.post(ctx, c, "/api/asset/upload/"+upload+"/cancel", struct{}{}, nil)
	return err
}

func (p *presigned) fetch(ctx context.Context, c *conn, w io.Writer) error {
	a, err := p.library.find(ctx, c, p.name)
	if err != nil {
		return err
	}
	return p.library.original(ctx, c, a.UUID, w)
}
