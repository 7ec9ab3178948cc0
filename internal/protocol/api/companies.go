package api

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/ingest"
)

// companyItem is a company in a list.
type companyItem struct {
	Number  int64  `json:"number" doc:"Number of the company, from 1; never changes." example:"1"`
	UUID    string `json:"uuid" format:"uuid" doc:"Universal name of the company; never changes."`
	Handle  string `json:"handle" doc:"Name of the company at the Scene7 door." example:"c|1"`
	Name    string `json:"name" doc:"Name; its folder tree begins with it." example:"Demo"`
	Slug    string `json:"slug" doc:"Name in addresses." example:"demo"`
	Role    string `json:"role" doc:"What the caller is in it." example:"editor"`
	Created string `json:"created" format:"date-time" doc:"When it was made."`
}

// companiesInput is the query of a company list.
type companiesInput struct {
	Paging
}

func (s *server) listCompanies(ctx context.Context, p ingest.Principal, in *companiesInput) (*pageOutput[companyItem], error) {
	all, err := s.Library.Companies(ctx, p)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, byNumber)
	list := source[*ingest.Company]{
		name:   "companies",
		number: func(c *ingest.Company) ingest.Number { return c.Number },
		fetch: func(page ingest.Page) ([]*ingest.Company, error) {
			from, _ := slices.BinarySearchFunc(all, page.After+1, func(c *ingest.Company, n ingest.Number) int { return int(c.Number - n) })
			return all[from:min(len(all), from+page.Limit)], nil
		},
	}
	found, next, err := list.read(in.Paging)
	if err != nil {
		return nil, err
	}
	out := &pageOutput[companyItem]{Body: page[companyItem]{Items: make([]companyItem, 0, len(found)), Next: next}}
	for _, c := range found {
		out.Body.Items = append(out.Body.Items, companyItem{
			Number: int64(c.Number), UUID: string(c.UUID), Handle: handlePrefix + strconv.FormatInt(int64(c.Number), 10),
			Name: c.Name, Slug: c.Slug, Role: string(p.RoleIn(c.Number)), Created: stamp(c.Created),
		})
	}
	return out, nil
}

// handlePrefix begins a company's handle.
const handlePrefix = "c|"

// findCompany returns the company that a caller means by a number, a handle, a
// name, a slug or a UUID. A company whose name is a number is found by it when
// no company has that number.
func (s *server) findCompany(ctx context.Context, p ingest.Principal, text string) (*ingest.Company, error) {
	digits, isHandle := strings.CutPrefix(text, handlePrefix)
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil && n > 0 {
		c, err := s.Library.Company(ctx, p, ingest.Number(n))
		if err == nil || isHandle || ingest.KindOf(err) != ingest.NotFound {
			return c, err
		}
	}
	return s.Library.CompanyNamed(ctx, p, text)
}
