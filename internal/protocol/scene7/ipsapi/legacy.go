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

// modernise gives the children of a request element the names of today.
func modernise(t *scene7.Type, param *xmltree.Element) {
	for _, child := range param.Children {
		if t.Field(child.Local) != nil {
			continue
		}
		if name := oldNames()[child.Local]; name != "" && t.Field(name) != nil && param.Child(name) == nil {
			child.Local = name
			continue
		}
		// Before 2012-02-14 a list of handles stood for memberships.
		if child.Local == "companyHandleArray" && t.Field("membershipArray") != nil && param.Child("membershipArray") == nil {
			child.Local = "membershipArray"
			for _, item := range child.Children {
				item.Children = []*xmltree.Element{
					{Local: "companyHandle", Text: item.Text}, {Local: "role"}, {Local: "isActive", Text: "true"},
				}
			}
		}
	}
}
