package ipsapi

import "sluice/internal/ingest"

// rolesOf lists the role words that a caller acts under: that in a company, or
// those in all of its companies when the request names none.
func rolesOf(p ingest.Principal, c *ingest.Company) []string {
	if p.Admin {
		return []string{"IpsAdmin"}
	}
	var roles []string
	for _, m := range p.Memberships {
		if c == nil || m.Company == c.Number {
			roles = append(roles, ingest.RoleWord(m.Role, m.Title))
		}
	}
	return roles
}
