package engine

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// right is something a role may or may not do in a company.
type right int

const (
	rightRead right = iota
	rightUpload
	rightOverwrite
	rightManage
)

var rightsOf = map[ingest.Role][4]bool{
	ingest.RoleAdmin:        {rightRead: true, rightUpload: true, rightOverwrite: true, rightManage: true},
	ingest.RoleCompanyAdmin: {rightRead: true, rightUpload: true, rightOverwrite: true, rightManage: true},
	ingest.RoleEditor:       {rightRead: true, rightUpload: true, rightOverwrite: true},
	ingest.RolePublisher:    {rightRead: true, rightUpload: true},
	ingest.RoleViewer:       {rightRead: true},
}

var rightNames = [...]string{"read", "upload", "overwrite", "manage"}

// may reports whether the caller has a right in a company.
func may(p ingest.Principal, company ingest.Number, r right) bool {
	return rightsOf[p.RoleIn(company)][r]
}

// identified refuses callers who are nobody and those who belong to no company,
// before they can learn which companies exist.
func identified(p ingest.Principal) error {
	if p.Anonymous() {
		return &ingest.Error{Kind: ingest.Unauthenticated, Op: "engine.identified", Code: ingest.CodeNoCredentials, Msg: "log in first"}
	}
	if !p.Admin && len(p.Memberships) == 0 {
		return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.identified", Code: ingest.CodeNoMembership, Msg: "the user belongs to no active company"}
	}
	return nil
}

// authorize is what every verb that names a company asks first. It returns the
// company if the caller has the right in it and the company's time is not over. A
// caller who belongs to no company at all learns that first; one who belongs to
// others learns whether the company exists, as the Scene7 contract tells the two
// apart. Verbs of other doors use visible.
//
// Failures, in this order: what identified says, NotFound with CodeUnknownCompany,
// Forbidden with CodeNotMember, CodeCompanyExpired and CodeRole.
func (e *Engine) authorize(tx ingest.Tx, p ingest.Principal, company ingest.Number, r right) (*ingest.Company, error) {
	if err := identified(p); err != nil {
		return nil, err
	}
	c, err := tx.Company(company)
	if ingest.KindOf(err) == ingest.NotFound && err != nil {
		return nil, unknownCompany(company)
	}
	if err != nil {
		return nil, err
	}
	return c, e.admit(p, c, r)
}

// admit is authorize for a company that has been read.
func (e *Engine) admit(p ingest.Principal, c *ingest.Company, r right) error {
	const op = "engine.authorize"
	if p.RoleIn(c.Number) == "" {
		return &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeNotMember, Msg: fmt.Sprintf("the user does not belong to company %d", c.Number)}
	}
	if err := e.expired(p, c); err != nil {
		return err
	}
	if !may(p, c.Number, r) {
		return roleForbids(p, c.Number, r)
	}
	return nil
}

func roleForbids(p ingest.Principal, company ingest.Number, r right) error {
	return &ingest.Error{
		Kind: ingest.Forbidden, Op: "engine.authorize", Code: ingest.CodeRole,
		Msg: fmt.Sprintf("the role %s may not %s", p.RoleIn(company), rightNames[r]),
	}
}

// expired is the failure of everything that has to do with a company whose time is
// over. Administrators of the system are exempt.
func (e *Engine) expired(p ingest.Principal, c *ingest.Company) error {
	if p.Admin || c.Expires.IsZero() || e.now().Before(c.Expires) {
		return nil
	}
	return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.expired", Code: ingest.CodeCompanyExpired, Msg: "Company has expired"}
}

// inTime is expired for verbs that name a thing of a company, not the company.
func (e *Engine) inTime(tx ingest.Tx, p ingest.Principal, company ingest.Number) error {
	if p.Admin {
		return nil
	}
	c, err := tx.Company(company)
	if err != nil {
		return err
	}
	return e.expired(p, c)
}

// visible returns the company if the caller may read it. A company that is not
// the caller's looks like one that does not exist.
func (e *Engine) visible(tx ingest.Tx, p ingest.Principal, company ingest.Number) (*ingest.Company, error) {
	c, err := e.authorize(tx, p, company, rightRead)
	if err != nil && ingest.CodeOf(err) == ingest.CodeNotMember {
		return nil, unknownCompany(company)
	}
	return c, err
}

func unknownCompany(number ingest.Number) error {
	return &ingest.Error{Kind: ingest.NotFound, Op: "engine.authorize", Code: ingest.CodeUnknownCompany, Msg: fmt.Sprintf("no company has the number %d", number)}
}

// readable lists the companies whose things the caller may read; nil means all.
// Those whose time is over are left out.
func (e *Engine) readable(tx ingest.Tx, p ingest.Principal) ([]ingest.Number, error) {
	if err := identified(p); err != nil {
		return nil, err
	}
	if p.Admin {
		return nil, nil
	}
	var over error
	numbers := []ingest.Number{}
	for _, m := range p.Memberships {
		if !may(p, m.Company, rightRead) {
			continue
		}
		err := e.inTime(tx, p, m.Company)
		if err != nil && ingest.CodeOf(err) != ingest.CodeCompanyExpired {
			return nil, err
		}
		if err != nil {
			over = err
			continue
		}
		numbers = append(numbers, m.Company)
	}
	switch {
	case len(numbers) > 0:
		return numbers, nil
	case over != nil:
		return nil, over
	}
	return nil, &ingest.Error{Kind: ingest.Forbidden, Op: "engine.readable", Code: ingest.CodeNoMembership, Msg: "the user belongs to no active company"}
}

// scope is the company that a caller names, or readable for 0.
func (e *Engine) scope(tx ingest.Tx, p ingest.Principal, company ingest.Number) ([]ingest.Number, error) {
	if company == 0 {
		return e.readable(tx, p)
	}
	_, err := e.authorize(tx, p, company, rightRead)
	return []ingest.Number{company}, err
}

// Company returns a company that the caller may read.
func (e *Engine) Company(ctx context.Context, p ingest.Principal, number ingest.Number) (c *ingest.Company, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err = e.visible(tx, p, number)
		return err
	})
	return c, err
}

// CompanyNamed returns a company that the caller may read, by its exact name,
// its slug or its UUID. The names of other companies are unknown to it.
func (e *Engine) CompanyNamed(ctx context.Context, p ingest.Principal, name string) (c *ingest.Company, err error) {
	if err := identified(p); err != nil {
		return nil, err
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		for _, find := range []func() (*ingest.Company, error){
			func() (*ingest.Company, error) { return tx.CompanyByName(name) },
			func() (*ingest.Company, error) { return tx.CompanyBySlug(name) },
			func() (*ingest.Company, error) { return tx.CompanyByUUID(ingest.UUID(name)) },
		} {
			found, err := find()
			if err == nil {
				c, err = e.visible(tx, p, found.Number)
			}
			if err == nil || ingest.KindOf(err) != ingest.NotFound {
				return err
			}
		}
		return &ingest.Error{Kind: ingest.NotFound, Op: "engine.CompanyNamed", Code: ingest.CodeUnknownCompany, Msg: fmt.Sprintf("no company is called %q", name)}
	})
	return c, err
}

// Companies lists the companies that the caller may read.
func (e *Engine) Companies(ctx context.Context, p ingest.Principal) (list []*ingest.Company, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		list = nil
		numbers, err := e.readable(tx, p)
		if err != nil {
			return err
		}
		if numbers == nil {
			list, err = allCompanies(tx)
			return err
		}
		for _, n := range numbers {
			c, err := tx.Company(n)
			if err != nil {
				return err
			}
			list = append(list, c)
		}
		return nil
	})
	return list, err
}
