package storetest

import (
	"fmt"
	"time"

	"sluice/internal/ingest"
)

func companies(f *fixture) {
	c := &ingest.Company{UUID: f.uuid(), Name: "Demo", Slug: "demo", Created: noon, Settings: ingest.CompanySettings{
		Overwrite: ingest.MatchAnyExt, RetainPublishState: true, QuotaBytes: 1 << 40, QuotaFiles: 7, UserQuotaBytes: 5, UserQuotaFiles: 3,
		Doors: map[string]string{"mmmsg": "on"}}}
	other := &ingest.Company{UUID: f.uuid(), Name: "demo", Slug: "demo-2", Created: noon} // names compare exactly
	f.update(func(tx ingest.Tx) error {
		if err := tx.CreateCompany(c); err != nil {
			return err
		}
		return tx.CreateCompany(other)
	})
	if c.Number < 1 || other.Number <= c.Number {
		f.Errorf("numbers = %d, %d, want rising from 1", c.Number, other.Number)
	}
	read := func(want *ingest.Company) {
		f.Helper()
		expect(f, "Company", want, func(tx ingest.Tx) (*ingest.Company, error) { return tx.Company(want.Number) })
		expect(f, "CompanyByUUID", want, func(tx ingest.Tx) (*ingest.Company, error) { return tx.CompanyByUUID(want.UUID) })
		expect(f, "CompanyByName", want, func(tx ingest.Tx) (*ingest.Company, error) { return tx.CompanyByName(want.Name) })
		expect(f, "CompanyBySlug", want, func(tx ingest.Tx) (*ingest.Company, error) { return tx.CompanyBySlug(want.Slug) })
	}
	read(c)
	read(other)
	c.Name, c.Slug, c.Settings = "Démo & Söhne", "demo-soehne", ingest.CompanySettings{}
	f.update(func(tx ingest.Tx) error { return tx.UpdateCompany(c) })
	read(c)
	f.update(func(tx ingest.Tx) error { return tx.LockCompany(c.Number) })

	f.taken("second company of a name", func(tx ingest.Tx) error {
		return tx.CreateCompany(&ingest.Company{UUID: f.uuid(), Name: c.Name, Slug: "x"})
	})
	f.taken("second company of a slug", func(tx ingest.Tx) error {
		return tx.CreateCompany(&ingest.Company{UUID: f.uuid(), Name: "x", Slug: c.Slug})
	})
	f.taken("renaming to a taken name", func(tx ingest.Tx) error {
		return tx.UpdateCompany(&ingest.Company{Number: c.Number, Name: other.Name, Slug: c.Slug})
	})
	unknown := func(what string, err func(tx ingest.Tx) error) {
		f.Helper()
		f.fails(what, ingest.NotFound, ingest.CodeUnknownCompany, err)
	}
	unknown("Company", func(tx ingest.Tx) error { _, err := tx.Company(999); return err })
	unknown("CompanyByUUID", func(tx ingest.Tx) error { _, err := tx.CompanyByUUID("none"); return err })
	unknown("CompanyByName", func(tx ingest.Tx) error { _, err := tx.CompanyByName("DEMO"); return err })
	unknown("CompanyBySlug", func(tx ingest.Tx) error { _, err := tx.CompanyBySlug("none"); return err })
	f.missing("UpdateCompany", func(tx ingest.Tx) error { return tx.UpdateCompany(&ingest.Company{Number: 999, Name: "y", Slug: "y"}) })

	third := f.company()
	pages := func(p ingest.Page, want ...*ingest.Company) {
		f.Helper()
		expect(f, fmt.Sprint("Companies ", p), want, func(tx ingest.Tx) ([]*ingest.Company, error) { return tx.Companies(p) })
	}
	pages(ingest.Page{Limit: 10}, c, other, third)
	pages(ingest.Page{Limit: 2}, c, other)
	pages(ingest.Page{After: other.Number, Limit: 2}, third)
	pages(ingest.Page{After: third.Number, Limit: 2})
}

func users(f *fixture) {
	u := &ingest.User{UUID: f.uuid(), Login: "Ann.Ö@Example.com", PasswordHash: "$argon2id$x", Admin: true, Disabled: true,
		Expires: noon.Add(time.Hour), Created: noon}
	f.update(func(tx ingest.Tx) error { return tx.CreateUser(u) })
	read := func(login string) {
		f.Helper()
		expect(f, "User", u, func(tx ingest.Tx) (*ingest.User, error) { return tx.User(u.Number) })
		expect(f, "UserByUUID", u, func(tx ingest.Tx) (*ingest.User, error) { return tx.UserByUUID(u.UUID) })
		expect(f, "UserByLogin", u, func(tx ingest.Tx) (*ingest.User, error) { return tx.UserByLogin(login) })
	}
	read("aNN.Ö@eXAMPLE.COM")
	f.missing("letters beyond ASCII", func(tx ingest.Tx) error { _, err := tx.UserByLogin("Ann.ö@Example.com"); return err })
	f.taken("login in other case", func(tx ingest.Tx) error {
		return tx.CreateUser(&ingest.User{UUID: f.uuid(), Login: "ann.Ö@example.COM"})
	})
	u.Login, u.PasswordHash, u.Admin, u.Disabled, u.Expires = "bob", "", false, false, time.Time{}
	f.update(func(tx ingest.Tx) error { return tx.UpdateUser(u) })
	read("BOB")
	other := f.user("carl")
	f.taken("UpdateUser to a taken login", func(tx ingest.Tx) error { return tx.UpdateUser(&ingest.User{Number: u.Number, Login: "CARL"}) })
	f.missing("old login", func(tx ingest.Tx) error { _, err := tx.UserByLogin("ann.Ö@example.com"); return err })
	f.missing("User", func(tx ingest.Tx) error { _, err := tx.User(999); return err })
	f.missing("UserByUUID", func(tx ingest.Tx) error { _, err := tx.UserByUUID("none"); return err })
	f.missing("UpdateUser", func(tx ingest.Tx) error { return tx.UpdateUser(&ingest.User{Number: 999, Login: "z"}) })
	f.missing("DeleteUser", func(tx ingest.Tx) error { return tx.DeleteUser(999) })

	c := f.company()
	f.update(func(tx ingest.Tx) error {
		if err := tx.PutMembership(ingest.Membership{User: u.Number, Company: c.Number, Role: ingest.RoleEditor}); err != nil {
			return err
		}
		return tx.CreateAPIKey(&ingest.APIKey{UUID: f.uuid(), User: u.Number, Selector: "sel"})
	})
	f.update(func(tx ingest.Tx) error { return tx.DeleteUser(u.Number) })
	f.missing("deleted user", func(tx ingest.Tx) error { _, err := tx.User(u.Number); return err })
	f.missing("deleted user's key", func(tx ingest.Tx) error { _, err := tx.APIKey("sel"); return err })
	expect(f, "deleted user's memberships", nil, func(tx ingest.Tx) ([]ingest.Membership, error) { return tx.Memberships(u.Number) })
	expect(f, "users that remain", []*ingest.User{other}, func(tx ingest.Tx) ([]*ingest.User, error) { return tx.Users(0, ingest.Page{Limit: 10}) })
}

func memberships(f *fixture) {
	u, c1, c2 := f.user("ann"), f.company(), f.company()
	m1 := ingest.Membership{User: u.Number, Company: c1.Number, Role: ingest.RoleEditor, Title: "IpsUser", Active: true}
	m2 := ingest.Membership{User: u.Number, Company: c2.Number, Role: ingest.RoleViewer}
	list := func(want ...ingest.Membership) {
		f.Helper()
		expect(f, "Memberships", want, func(tx ingest.Tx) ([]ingest.Membership, error) { return tx.Memberships(u.Number) })
	}
	put := func(m ingest.Membership) { f.update(func(tx ingest.Tx) error { return tx.PutMembership(m) }) }
	list()
	put(m2)
	put(m1)
	list(m1, m2)
	m1.Role, m1.Title, m1.Active = ingest.RoleCompanyAdmin, "", false
	put(m1)
	list(m1, m2)
	f.update(func(tx ingest.Tx) error { return tx.DeleteMembership(u.Number, c1.Number) })
	list(m2)
	f.missing("DeleteMembership", func(tx ingest.Tx) error { return tx.DeleteMembership(u.Number, c1.Number) })
	f.missing("membership of nobody", func(tx ingest.Tx) error {
		return tx.PutMembership(ingest.Membership{User: 999, Company: c1.Number, Role: ingest.RoleViewer})
	})
}

func usersOfCompany(f *fixture) {
	c, other := f.company(), f.company()
	a, b, d, e := f.user("a"), f.user("b"), f.user("d"), f.user("e")
	for _, m := range []ingest.Membership{{User: e.Number, Company: c.Number}, {User: a.Number, Company: c.Number},
		{User: d.Number, Company: c.Number}, {User: b.Number, Company: other.Number}} {
		f.update(func(tx ingest.Tx) error { return tx.PutMembership(m) })
	}
	list := func(company ingest.Number, p ingest.Page, want ...*ingest.User) {
		f.Helper()
		expect(f, fmt.Sprint("Users ", company, p), want, func(tx ingest.Tx) ([]*ingest.User, error) { return tx.Users(company, p) })
	}
	list(0, ingest.Page{Limit: 9}, a, b, d, e)
	list(0, ingest.Page{After: a.Number, Limit: 2}, b, d)
	list(c.Number, ingest.Page{Limit: 9}, a, d, e)
	list(c.Number, ingest.Page{Limit: 1}, a)
	list(c.Number, ingest.Page{After: a.Number, Limit: 1}, d)
	list(other.Number, ingest.Page{Limit: 9}, b)
	list(999, ingest.Page{Limit: 9})
}

func apiKeys(f *fixture) {
	u, v := f.user("ann"), f.user("bob")
	k := &ingest.APIKey{UUID: f.uuid(), User: u.Number, Name: "ci", Selector: "abc", SecretHash: []byte{0, 1, 255}, Created: noon,
		Expires: noon.Add(time.Hour), LastUsed: noon}
	l := &ingest.APIKey{UUID: f.uuid(), User: v.Number, Selector: "ABC", Created: noon}
	f.update(func(tx ingest.Tx) error {
		if err := tx.CreateAPIKey(k); err != nil {
			return err
		}
		return tx.CreateAPIKey(l)
	})
	expect(f, "APIKey", k, func(tx ingest.Tx) (*ingest.APIKey, error) { return tx.APIKey("abc") })
	k.Name, k.LastUsed, k.Expires, k.SecretHash, k.Selector = "cd", noon.Add(time.Hour), time.Time{}, []byte{9}, "xyz"
	f.update(func(tx ingest.Tx) error { return tx.UpdateAPIKey(k) })
	expect(f, "APIKey after update", k, func(tx ingest.Tx) (*ingest.APIKey, error) { return tx.APIKey("xyz") })
	f.missing("old selector", func(tx ingest.Tx) error { _, err := tx.APIKey("abc"); return err })
	expect(f, "APIKeys", []*ingest.APIKey{k}, func(tx ingest.Tx) ([]*ingest.APIKey, error) { return tx.APIKeys(u.Number) })
	expect(f, "all APIKeys", []*ingest.APIKey{k, l}, func(tx ingest.Tx) ([]*ingest.APIKey, error) { return tx.APIKeys(0) })
	f.taken("selector", func(tx ingest.Tx) error {
		return tx.CreateAPIKey(&ingest.APIKey{UUID: f.uuid(), User: u.Number, Selector: "xyz"})
	})
	f.update(func(tx ingest.Tx) error { return tx.DeleteAPIKey(k.Number) })
	f.missing("deleted key", func(tx ingest.Tx) error { _, err := tx.APIKey("xyz"); return err })
	f.missing("DeleteAPIKey", func(tx ingest.Tx) error { return tx.DeleteAPIKey(k.Number) })
	f.missing("UpdateAPIKey", func(tx ingest.Tx) error { return tx.UpdateAPIKey(k) })
}

func folders(f *fixture) {
	c, other := f.company(), f.company()
	root := f.folder(c, "")
	shoes := &ingest.Folder{UUID: f.uuid(), Company: c.Number, Parent: root.Number, Path: "shoes/", Created: noon}
	f.update(func(tx ingest.Tx) error { return tx.CreateFolder(shoes) })
	summer, pro, foreign := f.folder(c, "shoes/summer/"), f.folder(c, "shoes-pro/"), f.folder(other, "shoes/")
	expect(f, "Folder", shoes, func(tx ingest.Tx) (*ingest.Folder, error) { return tx.Folder(c.Number, "shoes/") })
	expect(f, "root", root, func(tx ingest.Tx) (*ingest.Folder, error) { return tx.Folder(c.Number, "") })
	expect(f, "FolderByNumber", summer, func(tx ingest.Tx) (*ingest.Folder, error) { return tx.FolderByNumber(summer.Number) })
	f.taken("path", func(tx ingest.Tx) error {
		return tx.CreateFolder(&ingest.Folder{UUID: f.uuid(), Company: c.Number, Path: "shoes/"})
	})
	f.missing("Folder", func(tx ingest.Tx) error { _, err := tx.Folder(c.Number, "Shoes/"); return err })
	expect(f, "FolderByUUID", summer, func(tx ingest.Tx) (*ingest.Folder, error) { return tx.FolderByUUID(summer.UUID) })
	f.missing("FolderByNumber", func(tx ingest.Tx) error { _, err := tx.FolderByNumber(999); return err })
	f.missing("FolderByUUID", func(tx ingest.Tx) error { _, err := tx.FolderByUUID(f.uuid()); return err })
	f.missing("folder of no company", func(tx ingest.Tx) error {
		return tx.CreateFolder(&ingest.Folder{UUID: f.uuid(), Company: 999, Path: "x/"})
	})
	list := func(company *ingest.Company, under string, p ingest.Page, want ...*ingest.Folder) {
		f.Helper()
		expect(f, fmt.Sprint("Folders ", under, p), want, func(tx ingest.Tx) ([]*ingest.Folder, error) { return tx.Folders(company.Number, under, p) })
	}
	list(c, "", ingest.Page{Limit: 9}, root, shoes, summer, pro)
	list(c, "", ingest.Page{After: shoes.Number, Limit: 1}, summer)
	list(c, "shoes/", ingest.Page{Limit: 9}, shoes, summer)
	list(c, "shoes/", ingest.Page{After: shoes.Number, Limit: 9}, summer)
	list(c, "shoes/", ingest.Page{Limit: 1}, shoes)
	list(other, "shoes/", ingest.Page{Limit: 9}, foreign)
	list(c, "none/", ingest.Page{Limit: 9})
}

// revisions: every change of users and memberships shows, and nothing else needs to.
func revisions(f *fixture) {
	revision := func() (n int64) {
		f.Helper()
		f.view(func(tx ingest.Tx) (err error) { n, err = tx.PeopleRevision(); return err })
		return n
	}
	seen := map[int64]string{revision(): "the empty store"}
	changed := func(what string, fn func(ingest.Tx) error) {
		f.Helper()
		f.update(fn)
		n := revision()
		if before, ok := seen[n]; ok {
			f.Errorf("after %s the revision is %d, as after %s", what, n, before)
		}
		seen[n] = what
	}
	c := f.company()
	u := &ingest.User{UUID: f.uuid(), Login: "rev@example.org", Created: noon}
	changed("CreateUser", func(tx ingest.Tx) error { return tx.CreateUser(u) })
	u.PasswordHash = "other"
	changed("UpdateUser", func(tx ingest.Tx) error { return tx.UpdateUser(u) })
	m := ingest.Membership{User: u.Number, Company: c.Number, Role: ingest.RoleEditor, Active: true}
	changed("PutMembership", func(tx ingest.Tx) error { return tx.PutMembership(m) })
	m.Role = ingest.RoleViewer
	changed("PutMembership again", func(tx ingest.Tx) error { return tx.PutMembership(m) })
	changed("DeleteMembership", func(tx ingest.Tx) error { return tx.DeleteMembership(u.Number, c.Number) })
	changed("DeleteUser", func(tx ingest.Tx) error { return tx.DeleteUser(u.Number) })
}
