package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// nested is the version from which memberships are nested instead of flat.
const nested = "2012-02-14"

// mostMemberships is how many memberships one request may name.
const mostMemberships = 1000

// userNumber reads u|number|email or u|number; the number counts. Absent and empty
// mean the caller, as 0.
func userNumber(c *call, field string) (ingest.Number, error) {
	handle := c.in.Text(field)
	if handle == "" {
		return 0, nil
	}
	return userOf(field, handle)
}

func userOf(field, handle string) (ingest.Number, error) {
	n, _, ok := scene7.ParseUserHandle(handle)
	if !ok {
		return 0, refused(scene7.CodeInvalidRequestUser, field+": no user has the handle "+clip(handle))
	}
	return ingest.Number(n), nil
}

// companyNumbers reads a list of company handles.
func companyNumbers(in *scene7.Record, field string) ([]ingest.Number, error) {
	var numbers []ingest.Number
	for _, handle := range items(in, field) {
		n, ok := scene7.ParseCompanyHandle(handle)
		if !ok {
			return nil, refused(scene7.CodeInvalidCompany, field+": no company has the handle "+clip(handle))
		}
		numbers = append(numbers, ingest.Number(n))
	}
	return numbers, nil
}

// companyMembership lists the companies of a user: nested with role and state, or
// flat as before 2012-02-14.
func (s *Service) companyMembership(ctx context.Context, c *call) (*scene7.Record, error) {
	user, err := userNumber(c, "userHandle")
	if err != nil {
		return nil, err
	}
	list, u, err := s.Engine.MembershipsOf(ctx, c.caller, user)
	if err != nil {
		return nil, err
	}
	if c.namespace.Date() < nested {
		var companies []*scene7.Record
		for _, m := range list {
			if m.Active { // the flat shape cannot say that it is not
				companies = append(companies, companyRecord(m.Company))
			}
		}
		return record("FlatCompanyMembership", "companyArray", array("CompanyArray", companies)), nil
	}
	rows := make([]*scene7.Record, len(list))
	for i, m := range list {
		rows[i] = record("CompanyMembership", "company", companyRecord(m.Company), "role", engine.RoleWord(u, m.Membership), "isActive", m.Active)
	}
	return record("getCompanyMembershipReturn", "membershipArray", array("CompanyMembershipArray", rows)), nil
}

func (s *Service) companyMembers(ctx context.Context, c *call) (*scene7.Record, error) {
	list, err := s.Engine.CompanyMembers(ctx, c.caller, c.company.Number, c.in.Bool("includeInvalid"), c.in.Bool("includeInactive"))
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(list))
	for i, person := range list {
		role := engine.RoleWord(person.User, person.Memberships[0])
		user := userRecord(person.User, role)
		rows[i] = user
		if c.namespace.Date() >= nested {
			rows[i] = record("CompanyMember", "user", user, "role", role, "isActive", person.Memberships[0].Active)
		}
	}
	if c.namespace.Date() < nested {
		return record("FlatCompanyMembers", "userArray", array("UserArray", rows)), nil
	}
	return record("getCompanyMembersReturn", "memberArray", array("CompanyMemberArray", rows)), nil
}

// membershipUpdates reads membershipArray.
func membershipUpdates(in *scene7.Record) ([]engine.MembershipUpdate, error) {
	updates := []engine.MembershipUpdate{}
	if n := len(records(in, "membershipArray")); n > mostMemberships {
		return nil, invalid("membershipArray", "%d were sent, the limit is %d", n, mostMemberships)
	}
	for _, r := range records(in, "membershipArray") {
		handle := r.Text("companyHandle")
		n, ok := scene7.ParseCompanyHandle(handle)
		if !ok {
			return nil, refused(scene7.CodeInvalidCompany, "membershipArray: no company has the handle "+clip(handle))
		}
		updates = append(updates, engine.MembershipUpdate{Company: ingest.Number(n), Role: r.Text("role"), Active: r.Bool("isActive")})
	}
	return updates, nil
}

func (s *Service) addCompanyMembership(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeMemberships(ctx, c, s.Engine.AddMemberships)
}

func (s *Service) setCompanyMembership(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeMemberships(ctx, c, s.Engine.SetMemberships)
}

func (s *Service) changeMemberships(ctx context.Context, c *call, verb func(context.Context, ingest.Principal, ingest.Number, []engine.MembershipUpdate) error) error {
	user, err := userNumber(c, "userHandle")
	if err != nil {
		return err
	}
	updates, err := membershipUpdates(c.in)
	if err != nil {
		return err
	}
	return verb(ctx, c.caller, user, updates)
}

// removeCompanyMembership wants the user named: a missing element must not empty a
// company.
func (s *Service) removeCompanyMembership(ctx context.Context, c *call) (*scene7.Record, error) {
	if c.in.Text("userHandle") == "" {
		return nil, missing("userHandle")
	}
	user, err := userNumber(c, "userHandle")
	if err != nil {
		return nil, err
	}
	companies, err := companyNumbers(c.in, "companyHandleArray")
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.EndMemberships(ctx, c.caller, user, companies)
}
