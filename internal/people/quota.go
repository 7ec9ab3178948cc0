package people

import (
	"context"

	"sluice/internal/id"
	"sluice/internal/ingest"
)

// Quota is what a company, or one user in it, uses and may use.
type Quota struct {
	Company string
	Login   string // "" = the company as a whole
	ingest.CreditUse
}

// Quotas returns the use of a company by its name, slug or handle or, when user is
// set or no company is called so, that of a user in every company of his.
func (s *Service) Quotas(ctx context.Context, word string, user bool) ([]Quota, error) {
	return view(ctx, s.store, func(tx ingest.Tx) ([]Quota, error) {
		if !user {
			c, err := companyCalled(tx, word)
			if err == nil {
				credit, err := ingest.ReadCredit(tx, c, 0, s.now())
				return []Quota{{Company: c.Name, CreditUse: credit.Company}}, err
			}
			if _, unknown := tx.UserByLogin(word); unknown != nil || ingest.KindOf(err) != ingest.NotFound {
				return nil, err
			}
		}
		return userQuotas(tx, s, word)
	})
}

func userQuotas(tx ingest.Tx, s *Service, login string) ([]Quota, error) {
	u, err := userCalled(tx, login)
	if err != nil {
		return nil, err
	}
	memberships, err := tx.Memberships(u.Number)
	if err != nil {
		return nil, err
	}
	var quotas []Quota
	for _, m := range memberships {
		c, err := tx.Company(m.Company)
		if err != nil {
			return nil, err
		}
		credit, err := ingest.ReadCredit(tx, c, u.Number, s.now())
		if err != nil {
			return nil, err
		}
		quotas = append(quotas, Quota{Company: c.Name, Login: u.Login, CreditUse: credit.User})
	}
	return quotas, nil
}

// TransferPath returns the path under which apps allocate objects of the
// store-and-forward service of a company, "" where it is off. The secret in it is
// made the first time.
func (s *Service) TransferPath(ctx context.Context, c *ingest.Company) (path string, err error) {
	switch c.Settings.Softphone.Mode() {
	case ingest.TransferOff:
		return "", nil
	case ingest.TransferOpen:
		return "/" + c.Slug + "/mmmsg/", nil
	}
	err = s.store.Update(ctx, func(tx ingest.Tx) error {
		secret, err := ingest.MintTransferSecret(tx, c.Number, id.New(), s.now())
		path = "/" + c.Slug + "/mmmsg/" + secret + "/"
		return err
	})
	return path, err
}
