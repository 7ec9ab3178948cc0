package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// library reads Sluice's asset library through its own API with Basic
// authentication. It is safe for concurrent use.
type library struct {
	company string
	header  []string
}

// asset is the part of an API item that the driver needs.
type asset struct {
	UUID     string `json:"uuid"`
	Name     string `json:"name"`
	FileName string `json:"fileName"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"` // "" = not known yet
}

// assetPage is one page of a listing; Next is empty on the last.
type assetPage struct {
	Items []asset `json:"items"`
	Next  string  `json:"next"`
}

func newLibrary(a account) library {
	login := base64.StdEncoding.EncodeToString([]byte(a.user + ":" + a.password))
	return library{company: a.company, header: []string{"Authorization: Basic " + login, "Accept: application/json"}}
}

// listRequest asks for up to limit assets behind the cursor after, which is
// empty for the first page.
func (l library) listRequest(limit int, after string) request {
	q := url.Values{"company": {l.company}, "limit": {strconv.Itoa(limit)}}
	if after != "" {
		q.Set("after", after)
	}
	return l.get("/v1/assets?" + q.Encode())
}

// searchRequest asks for the assets with a name or file name.
func (l library) searchRequest(name string) request {
	return l.get("/v1/assets?" + url.Values{"company": {l.company}, "name": {name}}.Encode())
}

func (l library) get(target string) request {
	return request{method: http.MethodGet, target: target, header: l.header}
}

// page sends a list or search request.
func (l library) page(ctx context.Context, c *conn, r request) (assetPage, error) {
	a, err := c.do(ctx, r)
	if err != nil {
		return assetPage{}, err
	}
	return parsePage(a)
}

func parsePage(a answer) (assetPage, error) {
	if err := a.expect("listing assets", http.StatusOK); err != nil {
		return assetPage{}, err
	}
	var p assetPage
	if err := json.Unmarshal(a.body, &p); err != nil {
		return assetPage{}, fmt.Errorf("listing assets: %.300q: %w", a.body, err)
	}
	return p, nil
}

// find returns the one asset whose file name is name.
func (l library) find(ctx context.Context, c *conn, name string) (asset, error) {
	p, err := l.page(ctx, c, l.searchRequest(name))
	if err != nil {
		return asset{}, err
	}
	return p.only(name)
}

// only returns the single item with that file name, or an error when there is
// none or more than one.
func (p assetPage) only(fileName string) (asset, error) {
	var found []asset
	for _, a := range p.Items {
		if a.FileName == fileName {
			found = append(found, a)
		}
	}
	if len(found) != 1 {
		return asset{}, fmt.Errorf("%d assets have the file name %q among %d found, want 1", len(found), fileName, len(p.Items))
	}
	return found[0], nil
}

// original writes the stored bytes of an asset to w.
func (l library) original(ctx context.Context, c *conn, uuid string, w io.Writer) error {
	a, err := c.fetch(ctx, l.get("/v1/assets/"+url.PathEscape(uuid)+"/original"), w)
	if err != nil {
		return err
	}
	return a.expect("reading an original", http.StatusOK)
}
