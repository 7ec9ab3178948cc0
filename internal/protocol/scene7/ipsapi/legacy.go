package ipsapi

import (
	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmltree"
)

// oldNames maps names of elements in older versions and in misprinted tables to
// those of today (tier 3 contract, section 1). They count only where the element
// does not have a field of the old name.
func oldNames() map[string]string {
	return map[string]string{
		"role": "defaultRole", "publishSettingsArray": "publishSettingArray", "companyName": "companyHandle",
		"includInvalid": "includeInvalid", "assetNamesArray": "assetNameArray",
	}
}

// modernise gives the children of a request element the names of today. Where both
// names are there, that of today counts.
func modernise(t *scene7.Type, param *xmltree.Element) {
	present := map[string]bool{}
	for _, child := range param.Children {
		if t.Field(child.Local) != nil {
			present[child.Local] = true
		}
	}
	old := oldNames()
	for _, child := range param.Children {
		name := old[child.Local]
		memberships := child.Local == "companyHandleArray"
		if memberships { // before 2012-02-14 a list of handles stood for memberships
			name = "membershipArray"
		}
		if t.Field(child.Local) != nil || name == "" || t.Field(name) == nil || present[name] {
			continue
		}
		child.Local, present[name] = name, true
		if memberships {
			handlesToMemberships(child)
		}
	}
}

// handlesToMemberships turns a list of company handles into one of active
// memberships in the user's default role.
func handlesToMemberships(list *xmltree.Element) {
	for _, item := range list.Children {
		item.Children = []*xmltree.Element{
			{Local: "companyHandle", Text: item.Text}, {Local: "role"}, {Local: "isActive", Text: "true"},
		}
	}
}
