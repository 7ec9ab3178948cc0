package engine

import (
	"context"
	"fmt"
	"time"

	"sluice/internal/ingest"
)

// NewCompany says what company is to be made.
type NewCompany struct {
	Name     string
	Expires  time.Time // zero = never
	Settings ingest.CompanySettings
	Figures  ContractFigures
}

// CreateCompany makes a company with its root folder. Making tenants is the act of an
// administrator of the system.
func (e *Engine) CreateCompany(ctx context.Context, p ingest.Principal, n NewCompany) (c *ingest.Company, err error) {
	const op = "engine.CreateCompany"
	if !p.Admin {
		return nil, &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeRole, Msg: "only the system's administrator makes companies"}
	}
	if err := ingest.CheckCompanyName(op, n.Name); err != nil {
		return nil, badValue(op, err)
	}
	if err := checkCompanySettings(n.Settings); err != nil {
		return nil, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if err := ingest.FreeCompanyName(tx, op, n.Name); err != nil {
			return err
		}
		slug, err := ingest.FreeSlug(tx, n.Name)
		if err != nil {
			return err
		}
		c = &ingest.Company{UUID: e.newUUID(), Name: n.Name, Slug: slug, Settings: n.Settings, Expires: n.Expires, Created: e.now()}
		if err := tx.CreateCompany(c); err != nil {
			return err
		}
		if _, err := e.folderAt(tx, c.Number, ""); err != nil || n.Figures == (ContractFigures{}) {
			return err
		}
		return e.putFigures(tx, p, c.Number, n.Figures)
	})
	return c, err
}

// maxSettingBytes is the longest text of one setting that is kept for clients.
const maxSettingBytes = 1024

// checkCompanySettings refuses texts that are too long to keep.
func checkCompanySettings(s ingest.CompanySettings) error {
	for _, text := range [][2]string{
		{"IPTC and EXIF mapping", s.IptcExifMapping}, {"XMP mapping", s.XMPMapping}, {"file extension option", s.FileExtOption},
		{"version of Dynamic Media", s.DMVersion}, {"IMS organisation", s.IMSOrg},
	} {
		if len(text[1]) > maxSettingBytes {
			return tooLong("engine.checkCompanySettings", text[0], len(text[1]), maxSettingBytes)
		}
		if err := checkText(text[1], text[0]); err != nil {
			return err
		}
	}
	return nil
}

// AllCompanies lists all companies by number, to an administrator of the system.
func (e *Engine) AllCompanies(ctx context.Context, p ingest.Principal, expired bool) (list []*ingest.Company, err error) {
	if !p.Admin {
		return nil, &ingest.Error{Kind: ingest.Forbidden, Op: "engine.AllCompanies", Code: ingest.CodeRole, Msg: "only the system's administrator lists all companies"}
	}
	nobody := ingest.Principal{}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		all, err := allCompanies(tx)
		list = nil
		for _, c := range all {
			if expired || e.expired(nobody, c) == nil {
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

// ChangeCompany changes the settings of a company; change may run again. Profiles
// must be ICC profiles of the company when they are set.
func (e *Engine) ChangeCompany(ctx context.Context, p ingest.Principal, company ingest.Number, change func(*ingest.CompanySettings) error) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, company, rightManage)
		if err != nil {
			return err
		}
		was := c.Settings
		if err := change(&c.Settings); err != nil {
			return err
		}
		if err := checkCompanySettings(c.Settings); err != nil {
			return err
		}
		for _, profile := range [][2]ingest.Number{{was.SourceProfile, c.Settings.SourceProfile}, {was.DisplayProfile, c.Settings.DisplayProfile}} {
			if profile[1] == 0 || profile[1] == profile[0] {
				continue
			}
			if err := isProfile(tx, company, profile[1]); err != nil {
				return err
			}
		}
		return tx.UpdateCompany(c)
	})
}

func isProfile(tx ingest.Tx, company, profile ingest.Number) error {
	a, err := (&sight{tx: tx, company: company, open: true}).assetOf(profile)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return err
	}
	if err != nil || a.Type != ingest.TypeICCProfile {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.isProfile", Msg: fmt.Sprintf("no ICC profile of this company has the number %d", profile)}
	}
	return nil
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
func (e *Engine) SetFigures(ctx context.Context, p ingest.Principal, company ingest.Number, change func(*ContractFigures)) error {
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
		change(&figures)
		return e.putFigures(tx, p, company, figures)
	})
}

func (e *Engine) putFigures(tx ingest.Tx, p ingest.Principal, company ingest.Number, f ContractFigures) error {
	for _, text := range []string{f.BaseStorage, f.CloudStorage, f.AddOnStorage, f.PageViewsPerMillion, f.PageViewsPerThousand, f.Videos} {
		if len(text) > maxSettingBytes {
			return tooLong("engine.putFigures", "figure", len(text), maxSettingBytes)
		}
	}
	return e.attach(tx, p, company, 0, ingest.DocUPP, f)
}
