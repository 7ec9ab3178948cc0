package people

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"sluice/internal/id"
	"sluice/internal/ingest"
)

// AddCompany creates a company with a slug made from its name. A name that is
// taken is Conflict with CodeExists; one with a slash or bar is Invalid, because
// folder paths and handles are written with them.
func (s *Service) AddCompany(ctx context.Context, name string) (*ingest.Company, error) {
	company, err := s.newCompany(name)
	if err != nil {
		return nil, err
	}
	return company, s.store.Update(ctx, func(tx ingest.Tx) error { return createCompany(tx, company) })
}

func (s *Service) newCompany(name string) (*ingest.Company, error) {
	if err := ingest.CheckCompanyName("people.AddCompany", name); err != nil {
		return nil, err
	}
	return &ingest.Company{UUID: id.New(), Name: name, Created: s.now()}, nil
}

// createCompany gives the company a free slug and stores it.
func createCompany(tx ingest.Tx, company *ingest.Company) (err error) {
	if err := ingest.FreeCompanyName(tx, "people.AddCompany", company.Name); err != nil {
		return err
	}
	if company.Slug, err = ingest.FreeSlug(tx, company.Name); err != nil {
		return err
	}
	return tx.CreateCompany(company)
}

// Companies lists all companies by number.
func (s *Service) Companies(ctx context.Context) ([]*ingest.Company, error) {
	return view(ctx, s.store, allCompanies)
}

func allCompanies(tx ingest.Tx) ([]*ingest.Company, error) {
	return list(tx.Companies, func(c *ingest.Company) ingest.Number { return c.Number })
}

// Handle returns the company's handle as the Scene7 door writes it: c|N.
func Handle(c *ingest.Company) string { return "c|" + strconv.FormatInt(int64(c.Number), 10) }

// companyCalled finds a company by name, slug or handle, in this order.
func companyCalled(tx ingest.Tx, word string) (*ingest.Company, error) {
	company, err := tx.CompanyByName(word)
	if ingest.KindOf(err) == ingest.NotFound && err != nil {
		company, err = tx.CompanyBySlug(word)
	}
	if number, ok := strings.CutPrefix(word, "c|"); ok && err != nil && ingest.KindOf(err) == ingest.NotFound {
		if n, bad := strconv.ParseInt(number, 10, 64); bad == nil {
			company, err = tx.Company(ingest.Number(n))
		}
	}
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "people.company", Code: ingest.CodeUnknownCompany,
			Msg: fmt.Sprintf("there is no company %q; `sluice company list` shows all", word)}
	}
	return company, err
}
