package ipsapi

import (
	"slices"

	"sluice/internal/ingest"
)

// rolesOf lists the role words that a caller acts under: that in a company, or
// those in all of its companies when the request names none.
func rolesOf(p ingest.Principal, c *ingest.Company) []string {
	if p.Admin {
		return []string{"IpsAdmin"}
	}
	var roles []string
	for _, m := range p.Memberships {
		if c == nil || m.Company == c.Number {
			roles = append(roles, roleWord(m))
		}
	}
	return roles
}

// roleWord is the API's word for the role of a membership: the one that it was
// given by, or the nearest for roles that came through another door.
func roleWord(m ingest.Membership) string {
	if slices.Contains(roleWords(), m.Title) {
		return m.Title
	}
	return wordOf(m.Role)
}

// wordOf is the API's word for a role of the library.
func wordOf(role ingest.Role) string {
	switch role {
	case ingest.RoleAdmin:
		return "IpsAdmin"
	case ingest.RoleCompanyAdmin:
		return "IpsCompanyAdmin"
	case ingest.RoleEditor:
		return "IpsUser"
	case ingest.RolePublisher:
		return "ImagePortalContrib"
	case ingest.RoleViewer:
		return "ImagePortalUser"
	}
	return ""
}

// roleWords lists the API's words for roles.
func roleWords() []string {
	return append(ClassA.roles(), "WebServiceUser")
}
