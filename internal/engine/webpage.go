package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sluice/internal/ingest"
)

// WebPage is an asset with an HTML file, and the parts that it shows.
type WebPage struct {
	Asset *ingest.Asset
	Name  string
	Parts []WebPart
}

// WebPart is one file of a web page.
type WebPart struct {
	Asset *ingest.Asset
	SHA1  []byte // of its bytes, as far as it is known; FinishSession alone tells it
	partPlace
}

// partPlace is where a part is in its page.
type partPlace struct {
	RelativePath string `json:"relativePath,omitempty"` // as the client wrote it
	Target       string `json:"target"`                 // path from the page's folder, with slashes
}

// PageName is what a page is to be called.
type PageName struct {
	Text    string // "" = as it is called already
	Derived bool   // nobody asked for it: another one is taken when it is in use
}

// WebPage returns a page of a company.
func (e *Engine) WebPage(ctx context.Context, p ingest.Principal, company, number ingest.Number) (page *WebPage, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		a, err := s.assetOf(number, ingest.PermitRead)
		if err != nil {
			return err
		}
		page, err = pageOf(tx, a)
		return err
	})
	return page, err
}

// pageOf reads the page that an asset is.
func pageOf(tx ingest.Tx, a *ingest.Asset) (*WebPage, error) {
	d, err := pageDocument(tx, a.Company, a.Number)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, unknownPage(a.Number)
	}
	page := &WebPage{Asset: a, Name: d.Name}
	links, err := tx.LinksFrom(ingest.LinkPagePart, []ingest.Number{a.Number})
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		part := WebPart{}
		if err := json.Unmarshal([]byte(l.Data), &part.partPlace); err != nil {
			return nil, err
		}
		if part.Asset, err = tx.Asset(l.To); err != nil {
			return nil, err
		}
		page.Parts = append(page.Parts, part)
	}
	return page, nil
}

// readableParts lists the parts of the page that an asset is, as far as the caller may
// read them; none of an asset that is no page.
func readableParts(tx ingest.Tx, p ingest.Principal, a *ingest.Asset) ([]WebPart, error) {
	page, err := pageOf(tx, a)
	if err != nil && ingest.CodeOf(err) == ingest.CodeUnknownPage {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := sightOf(tx, p, a.Company)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(page.Parts, func(part WebPart) bool { return !s.asset(part.Asset, ingest.PermitRead) }), nil
}

func unknownPage(number ingest.Number) error {
	return &ingest.Error{Kind: ingest.NotFound, Op: "engine.pageOf", Code: ingest.CodeUnknownPage, Msg: fmt.Sprintf("no web page of this company has the number %d", number)}
}

// pageDocument returns what is kept of a page; nil when the asset is none.
func pageDocument(tx ingest.Tx, company, asset ingest.Number) (*ingest.Document, error) {
	docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocWebPage, Owners: []ingest.Number{asset}}, ingest.Page{Limit: 1})
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	return docs[0], nil
}

// pageToChange returns the asset of a page that the caller may give a new version.
func (e *Engine) pageToChange(tx ingest.Tx, p ingest.Principal, c *ingest.Company, number ingest.Number) (*ingest.Asset, error) {
	s, err := sightOf(tx, p, c.Number)
	if err != nil {
		return nil, err
	}
	a, err := s.assetOf(number, ingest.PermitRead, ingest.PermitWrite)
	if err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			return nil, unknownPage(number)
		}
		return nil, err
	}
	d, err := pageDocument(tx, c.Number, number)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, unknownPage(number)
	}
	if !may(p, c.Number, rightOverwrite) {
		return nil, roleForbids(p, c.Number, rightOverwrite)
	}
	return a, nil
}

// pageName decides what a page will be called: names are unique within a company,
// without regard to case. page is the one that may have the name already.
func pageName(tx ingest.Tx, company, page ingest.Number, want PageName) (string, error) {
	if want.Text == "" && page != 0 {
		d, err := pageDocument(tx, company, page)
		if err != nil || d == nil {
			return "", err
		}
		return d.Name, nil
	}
	name := want.Text
	for n := 2; ; n++ {
		taken, err := pageNamed(tx, company, name)
		if err != nil {
			return "", err
		}
		if taken == 0 || taken == page {
			return name, nil
		}
		if !want.Derived {
			return "", &ingest.Error{Kind: ingest.Conflict, Op: "engine.pageName", Code: ingest.CodeExists, Msg: fmt.Sprintf("a web page named %s exists", quote(name))}
		}
		name = fmt.Sprintf("%s (%d)", want.Text, n)
	}
}

// pageNamed returns the asset of the page that has a name; 0 when there is none
// outside the trash.
func pageNamed(tx ingest.Tx, company ingest.Number, name string) (ingest.Number, error) {
	docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocWebPage, Key: strings.ToLower(name)}, ingest.Page{Limit: mostStored})
	if err != nil {
		return 0, err
	}
	for _, d := range docs {
		a, err := tx.Asset(d.Owner)
		if err != nil {
			return 0, err
		}
		if a.Trashed.IsZero() {
			return a.Number, nil
		}
	}
	return 0, nil
}
