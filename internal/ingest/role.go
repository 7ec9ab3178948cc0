package ingest

import (
	"fmt"
	"strings"
)

// roleWord is a word for a role.
type roleWord struct {
	word string
	role Role
}

// roleWords maps the doors' own role names to what they allow here. Scene7's
// classes are those of its contract (roles C to J): trial users and portal
// users may read, contributors and web service users may upload. BrightSign's
// are the vendor's defaults: creators and general managers upload and update,
// publishers upload.
func roleWords() []roleWord {
	return []roleWord{
		{string(RoleAdmin), RoleAdmin},
		{string(RoleCompanyAdmin), RoleCompanyAdmin},
		{string(RoleEditor), RoleEditor},
		{string(RolePublisher), RolePublisher},
		{string(RoleViewer), RoleViewer},

		{"IpsAdmin", RoleAdmin},
		{"IpsCompanyAdmin", RoleCompanyAdmin},
		{"TrialSiteAdmin", RoleCompanyAdmin},
		{"ImagePortalAdmin", RoleCompanyAdmin},
		{"IpsUser", RoleEditor},
		{"WebServiceUser", RoleEditor},
		{"ImagePortalContrib", RoleEditor},
		{"ImagePortalContribUser", RoleEditor},
		{"TrialSiteUser", RoleViewer},
		{"ImagePortalUser", RoleViewer},

		{"Administrators", RoleCompanyAdmin},
		{"General Managers", RoleEditor},
		{"Creators", RoleEditor},
		{"Publishers", RolePublisher},
		{"Network Managers", RoleViewer},
		{"Viewers", RoleViewer},
	}
}

// ParseRole returns the role that a word stands for, without regard to case,
// and the title to keep: the door's own spelling, "" for our own words. An
// unknown word is Invalid and the message lists the known ones.
func ParseRole(word string) (Role, string, error) {
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
	return "", "", &Error{Kind: Invalid, Op: "ingest.ParseRole", Code: CodeRole,
		Msg: fmt.Sprintf("%q is no role; the roles are %s", word, strings.Join(known, ", "))}
}

// TitleTrialAdmin is the Scene7 API's word for administrators of a company who have
// no say in its groups and permissions, and are not exempt from these (tier 3
// contract, sections 0 and 5.1).
const TitleTrialAdmin = "TrialSiteAdmin"

// Scene7Roles lists the words of the Scene7 API for roles.
func Scene7Roles() []string {
	return []string{"IpsAdmin", "IpsCompanyAdmin", "TrialSiteAdmin", "TrialSiteUser", "ImagePortalAdmin", "ImagePortalUser",
		"ImagePortalContrib", "ImagePortalContribUser", "IpsUser", "WebServiceUser"}
}

// RoleWord is the word of the Scene7 API for a role: the title that it was given
// by, or the nearest for roles that came through another door. A membership that
// was given as that of an administrator of the system is one of the company's.
func RoleWord(role Role, title string) string {
	for _, word := range Scene7Roles() {
		if word == title && (word != "IpsAdmin" || role == RoleAdmin) {
			return word
		}
	}
	switch role {
	case RoleAdmin:
		return "IpsAdmin"
	case RoleCompanyAdmin:
		return "IpsCompanyAdmin"
	case RoleEditor:
		return "IpsUser"
	case RolePublisher:
		return "ImagePortalContrib"
	case RoleViewer:
		return "ImagePortalUser"
	}
	return ""
}
