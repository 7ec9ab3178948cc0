package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// CreateCompany makes a company. Making tenants is the act of an administrator of
// the system.
func (e *Engine) CreateCompany(ctx context.Context, p ingest.Principal, name string, expires time.Time, settings ingest.CompanySettings) (c *ingest.Company, err error) {
	const op = "engine.CreateCompany"
	if !p.Admin {
		return nil, &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeRole, Msg: "only the system's administrator makes companies"}
	}
	if err := ingest.CheckCompanyName(op, name); err != nil {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: ingest.Message(err)}
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		all, err := allCompanies(tx)
		if err != nil {
			return err
		}
		for _, other := range all {
			if strings.EqualFold(other.Name, name) {
				return &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeExists, Msg: fmt.Sprintf("a company named %s exists already", quote(other.Name))}
			}
		}
		slug, err := ingest.FreeSlug(tx, name)
		if err != nil {
			return err
		}
		c = &ingest.Company{UUID: e.newUUID(), Name: name, Slug: slug, Settings: settings, Expires: expires, Created: e.now()}
		if err := tx.CreateCompany(c); err != nil {
			return err
		}
		_, err = e.folderAt(tx, c.Number, "")
		return err
	})
	return c, err
}

// AllCompanies lists all companies by number, to an administrator of the system.
func (e *Engine) AllCompanies(ctx context.Context, p ingest.Principal, expired bool) (list []*ingest.Company, err error) {
	if !p.Admin {
		return nil, &ingest.Error{Kind: ingest.Forbidden, Op: "engine.AllCompanies", Code: ingest.CodeRole, Msg: "only the system's administrator lists all companies"}
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		all, err := allCompanies(tx)
		list = nil
		for _, c := range all {
			if expired || c.Expires.IsZero() || e.now().Before(c.Expires) {
				list = append(list, c)
			}
		}
		return err
	})
	return list, err
}

// CompanyCalled returns a company by its exact name. An unknown one is NotFound
// with CodeUnknownCompany, one of others Forbidden with CodeNotMember.
func (e *Engine) CompanyCalled(ctx context.Context, p ingest.Principal, name string) (c *ingest.Company, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		found, err := tx.CompanyByName(name)
		if err != nil {
			if ingest.KindOf(err) == ingest.NotFound {
				err = &ingest.Error{Kind: ingest.NotFound, Op: "engine.CompanyCalled", Code: ingest.CodeUnknownCompany, Msg: fmt.Sprintf("no company is called %s", quote(name))}
			}
			return err
		}
		c, err = e.authorize(tx, p, found.Number, rightRead)
		return err
	})
	return c, err
}

// ChangeCompany changes the settings of a company; change may run again.
func (e *Engine) ChangeCompany(ctx context.Context, p ingest.Principal, company ingest.Number, change func(tx ingest.Tx, c *ingest.Company) error) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, company, rightManage)
		if err != nil {
			return err
		}
		if err := change(tx, c); err != nil {
			return err
		}
		for _, profile := range []ingest.Number{c.Settings.SourceProfile, c.Settings.DisplayProfile} {
			if profile == 0 {
				continue
			}
			a, err := tx.Asset(profile)
			if err != nil && ingest.KindOf(err) != ingest.NotFound {
				return err
			}
			if err != nil || a.Company != company || a.Type != ingest.TypeICCProfile || !a.Trashed.IsZero() {
				return &ingest.Error{Kind: ingest.Invalid, Op: "engine.ChangeCompany", Msg: fmt.Sprintf("no ICC profile of this company has the number %d", profile)}
			}
		}
		return tx.UpdateCompany(c)
	})
}

// ContractFigures are figures of a company's contract, kept for clients; nothing
// here is limited by them.
type ContractFigures struct {
	BaseStorage, CloudStorage, AddOnStorage                  string
	PageViewsPerMillion, PageViewsPerThousand, Videos        string
	MediaSupport, RoleAssignmentAllowed, CaseCreationAllowed bool
}

// Figures returns the figures of a company's contract.
func (e *Engine) Figures(ctx context.Context, p ingest.Principal, company ingest.Number) (figures ContractFigures, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightManage); err != nil {
			return err
		}
		figures, _, err = attached[ContractFigures](tx, company, 0, ingest.DocUPP)
		return err
	})
	return figures, err
}

// SetFigures changes the figures of a company's contract; change may run again.
func (e *Engine) SetFigures(ctx context.Context, p ingest.Principal, company ingest.Number, change func(*ContractFigures) error) error {
	if !p.Admin {
		return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.SetFigures", Code: ingest.CodeRole, Msg: "only the system's administrator sets the figures of a contract"}
	}
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightManage); err != nil {
			return err
		}
		figures, _, err := attached[ContractFigures](tx, company, 0, ingest.DocUPP)
		if err != nil {
			return err
		}
		if err := change(&figures); err != nil {
			return err
		}
		if encoded, err := json.Marshal(figures); err != nil || len(encoded) > maxValueText {
			return tooLong("engine.SetFigures", "figures", len(encoded), maxValueText)
		}
		return e.attach(tx, p, company, 0, ingest.DocUPP, figures)
	})
}
