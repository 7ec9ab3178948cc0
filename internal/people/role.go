package people

import (
	"fmt"
	"strings"

	"sluice/internal/ingest"
)

// roleWord is a word for a role.
type roleWord struct {
	word string
	role ingest.Role
}

// roleWords maps the doors' own role names to what they allow here. Scene7's
// classes are those of its contract (roles C to J): trial users and portal
// users may read, contributors and web service users may upload. BrightSign's
// are the vendor's defaults: creators and general managers upload and update,
// publishers upload.
func roleWords() []roleWord {
	return []roleWord{
		{string(ingest.RoleAdmin), ingest.RoleAdmin},
		{string(ingest.RoleCompanyAdmin), ingest.RoleCompanyAdmin},
		{string(ingest.RoleEditor), ingest.RoleEditor},
		{string(ingest.RolePublisher), ingest.RolePublisher},
		{string(ingest.RoleViewer), ingest.RoleViewer},

		{"IpsAdmin", ingest.RoleAdmin},
		{"IpsCompanyAdmin", ingest.RoleCompanyAdmin},
		{"TrialSiteAdmin", ingest.RoleCompanyAdmin},
		{"ImagePortalAdmin", ingest.RoleCompanyAdmin},
		{"IpsUser", ingest.RoleEditor},
		{"WebServiceUser", ingest.RoleEditor},
		{"ImagePortalContrib", ingest.RoleEditor},
		{"ImagePortalContribUser", ingest.RoleEditor},
		{"TrialSiteUser", ingest.RoleViewer},
		{"ImagePortalUser", ingest.RoleViewer},

		{"Administrators", ingest.RoleCompanyAdmin},
		{"General Managers", ingest.RoleEditor},
		{"Creators", ingest.RoleEditor},
		{"Publishers", ingest.RolePublisher},
		{"Network Managers", ingest.RoleViewer},
		{"Viewers", ingest.RoleViewer},
	}
}

// ParseRole returns the role that a word stands for, without regard to case,
// and the title to keep: the door's own spelling, "" for our own words. An
// unknown word is Invalid and the message lists the known ones.
func ParseRole(word string) (ingest.Role, string, error) {
	var known []string
	for _, w := range roleWords() {
		if strings.EqualFold(w.word, word) {
			if w.word == string(w.role) {
				return w.role, "", nil
			}
			return w.role, w.word, nil
		}
		known = append(known, w.word)
	}
	return "", "", &ingest.Error{Kind: ingest.Invalid, Op: "people.ParseRole", Code: ingest.CodeRole,
		Msg: fmt.Sprintf("%q is no role; the roles are %s", word, strings.Join(known, ", "))}
}
