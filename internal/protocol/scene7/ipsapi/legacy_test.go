package ipsapi

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmltree"
)

func TestModernise(t *testing.T) {
	s := documents(t)
	for _, test := range []struct{ name, operation, inner, want string }{
		{"role", "setUserInfo", `<firstName>a</firstName><lastName>b</lastName><email>c</email><isValid>1</isValid><role>IpsUser</role>`,
			`{"firstName":"a","lastName":"b","email":"c","defaultRole":"IpsUser","isValid":true}`},
		{"both names", "setUserInfo", `<role>IpsAdmin</role><firstName>a</firstName><lastName>b</lastName><email>c</email><isValid>1</isValid><defaultRole>IpsUser</defaultRole><role>IpsAdmin</role>`,
			`{"firstName":"a","lastName":"b","email":"c","defaultRole":"IpsUser","isValid":true}`},
		{"the first of two old ones", "setUserInfo", `<role>IpsUser</role><role>IpsAdmin</role><firstName>a</firstName><lastName>b</lastName><email>c</email><isValid>1</isValid>`,
			`{"firstName":"a","lastName":"b","email":"c","defaultRole":"IpsUser","isValid":true}`},
		{"companyHandleArray", "addCompanyMembership", `<companyHandleArray><items>c|1</items><items>c|2</items></companyHandleArray>`,
			`{"membershipArray":{"items":[{"companyHandle":"c|1","role":"","isActive":true},{"companyHandle":"c|2","role":"","isActive":true}]}}`},
		{"empty companyHandleArray", "setCompanyMembership", `<companyHandleArray/>`, `{"membershipArray":{}}`},
		{"companyHandleArray where it is a field", "removeCompanyMembership", `<companyHandleArray><items>c|1</items></companyHandleArray>`,
			`{"companyHandleArray":{"items":["c|1"]}}`},
		{"membershipArray and companyHandleArray", "setCompanyMembership",
			`<companyHandleArray><items>c|1</items></companyHandleArray><membershipArray/>`, `{"membershipArray":{}}`},
		{"publishSettingsArray", "setImageServingPublishSettings", `<companyHandle>c|1</companyHandle><publishSettingsArray/>`,
			`{"companyHandle":"c|1","publishSettingArray":{}}`},
		{"companyName with a handle", "getGroups", `<companyName>c|1</companyName>`, `{"companyHandle":"c|1"}`},
		{"companyName where it is a field", "getCompanyInfo", `<companyName>c|1</companyName>`, `{"companyName":"c|1"}`},
		{"includInvalid", "getUsers", `<includInvalid>true</includInvalid>`, `{"includeInvalid":true}`},
		{"unknown", "getGroups", `<companyHandle>c|1</companyHandle><publishSettingsArray/><companyHandleArray/>`, `{"companyHandle":"c|1"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := test.operation + "Param"
			param, err := xmltree.Parse([]byte("<"+name+">"+test.inner+"</"+name+">"), xmltree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			modernise(s.schema.Type(name), param)
			if field := s.schema.Missing(param, name, scene7.Level13); field != "" {
				t.Fatalf("%s is missing", field)
			}
			got, _, err := s.schema.Decode(param, name, scene7.Mode{Level: scene7.Level13})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got.JSON())); diff != "" {
				t.Error(diff)
			}
		})
	}
}
