package people

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"sluice/internal/id"
	"sluice/internal/ingest"
)

// Bounds of company names and slugs, in bytes.
const (
	maxCompany = 100
	maxSlug    = 40
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
	const op = "people.AddCompany"
	if err := checkName(op, "the company's name", name, maxCompany); err != nil {
		return nil, err
	}
	if strings.ContainsAny(name, `/\|`) || name == "." || name == ".." {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMalformed,
			Msg: fmt.Sprintf(`the company's name %q must not contain / \ or |`, name)}
	}
	return &ingest.Company{UUID: id.New(), Name: name, Created: s.now()}, nil
}

// createCompany gives the company a free slug and stores it.
func createCompany(tx ingest.Tx, company *ingest.Company) error {
	const op = "people.AddCompany"
	switch _, err := tx.CompanyByName(company.Name); {
	case err == nil:
		return &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeExists,
			Msg: fmt.Sprintf("a company named %q exists already", company.Name)}
	case ingest.KindOf(err) != ingest.NotFound:
		return err
	}
	base := slugOf(company.Name)
	for n := 1; ; n++ {
		company.Slug = base
		if n > 1 {
			company.Slug = base + "-" + strconv.Itoa(n)
		}
		_, err := tx.CompanyBySlug(company.Slug)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err != nil && !reserved(company.Slug) {
			return tx.CreateCompany(company)
		}
	}
}

// slugOf turns a name into lower-case letters, digits and single dashes. The
// common accented letters of Latin script lose their accents.
func slugOf(name string) string {
	plain := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "à", "a", "á", "a", "â", "a", "å", "a", "ç", "c", "è", "e", "é", "e",
		"ê", "e", "ë", "e", "í", "i", "î", "i", "ï", "i", "ñ", "n", "ó", "o", "ô", "o", "ø", "o", "ù", "u", "ú", "u", "û", "u", "æ", "ae", "&", " and ")
	var b strings.Builder
	dash := false
	for _, r := range plain.Replace(strings.ToLower(name)) {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			dash = b.Len() > 0
			continue
		}
		if b.Len() >= maxSlug {
			break
		}
		if dash {
			b.WriteByte('-')
			dash = false
		}
		b.WriteRune(r)
	}
	if b.Len() == 0 {
		return "company"
	}
	return b.String()
}

// reserved reports whether an address of that first segment belongs to the
// server itself.
func reserved(slug string) bool {
	switch slug {
	case "scene7", "uploads", "upload", "api", "files", "v1", "m", "healthz", "readyz", "metrics", "2017", "2019", "login", "logout", "assets", "static":
		return true
	}
	return false
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
