package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// Person is a user with the memberships that an answer may tell: those of companies
// that it is about and that the caller administers, or all of the caller's own.
type Person struct {
	*ingest.User
	Memberships []ingest.Membership
}

// RoleWord is the Scene7 API's word for what a user is in a company.
func RoleWord(u *ingest.User, m ingest.Membership) string {
	if u.Admin {
		return "IpsAdmin"
	}
	if m.Role == "" {
		m.Role, m.Title = u.DefaultRole, u.DefaultTitle
	}
	return ingest.RoleWord(m.Role, m.Title)
}

// administers reports whether the caller is an administrator of a company.
func administers(p ingest.Principal, company ingest.Number) bool { return may(p, company, rightManage) }

// administered lists the companies that the caller administers; all is true for
// those who administer the system.
func administered(p ingest.Principal) (companies []ingest.Number, all bool) {
	for _, m := range p.Memberships {
		if administers(p, m.Company) {
			companies = append(companies, m.Company)
		}
	}
	return companies, p.Admin
}

// anyAdministrator refuses callers who administer nothing.
func anyAdministrator(op string, p ingest.Principal) error {
	if err := identified(p); err != nil {
		return err
	}
	if companies, all := administered(p); !all && len(companies) == 0 {
		return &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeRole, Msg: "the user administers no company"}
	}
	return nil
}

// target returns the user that an operation is about with all its memberships: the
// caller for 0, or one who shares a company that the caller administers. In a
// company, 0 = any, both must be members of it. Failures: NotFound with
// CodeUnknownUser, Forbidden with CodeTargetUser.
func target(tx ingest.Tx, p ingest.Principal, user, company ingest.Number) (*ingest.User, []ingest.Membership, error) {
	if err := identified(p); err != nil {
		return nil, nil, err
	}
	if user == 0 {
		user = p.User
	}
	u, err := tx.User(user)
	if err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			err = unknownUser(fmt.Sprintf("no user has the number %d", user))
		}
		return nil, nil, err
	}
	memberships, err := tx.Memberships(user)
	if err != nil || user == p.User || p.Admin {
		return u, memberships, err
	}
	for _, m := range memberships {
		if administers(p, m.Company) && (company == 0 || m.Company == company) && !u.Admin {
			return u, memberships, nil
		}
	}
	return nil, nil, notTheirs("engine.target", user)
}

// confined reports whether a user is the caller and an administrator of the system, and
// the caller is none: its login reaches some companies only, as a token says.
func confined(p ingest.Principal, u *ingest.User) bool {
	return u.Number == p.User && u.Admin && !p.Admin
}

// mayChangeAccount refuses a caller who could become an administrator of the system by
// changing how the account is logged in to.
func mayChangeAccount(p ingest.Principal, u *ingest.User) error {
	if !confined(p, u) {
		return nil
	}
	return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.mayChangeAccount", Code: ingest.CodeTargetUser,
		Msg: fmt.Sprintf("user %d administers the system and is not changed by a login that reaches some companies only", u.Number)}
}

func unknownUser(msg string) error {
	return &ingest.Error{Kind: ingest.NotFound, Op: "engine.target", Code: ingest.CodeUnknownUser, Msg: msg}
}

func notTheirs(op string, user ingest.Number) error {
	return &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeTargetUser, Msg: fmt.Sprintf("user %d is not the caller's to act on", user)}
}

// User returns a user by number, or by login when the number is 0; the caller for
// neither. Others than administrators see themselves alone.
func (e *Engine) User(ctx context.Context, p ingest.Principal, user ingest.Number, login string) (person Person, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if user == 0 && login != "" {
			u, err := tx.UserByLogin(login)
			if err != nil && ingest.KindOf(err) != ingest.NotFound {
				return err
			}
			if err != nil {
				return unknownUser(fmt.Sprintf("no user has the login %s", quote(login)))
			}
			user = u.Number
		}
		person.User, person.Memberships, err = target(tx, p, user, 0)
		if err == nil && person.Number != p.User {
			person.Memberships = slices.DeleteFunc(person.Memberships, func(m ingest.Membership) bool { return !administers(p, m.Company) })
		}
		return err
	})
	return person, err
}

// NewUser says who is to be added.
type NewUser struct {
	First, Last  string
	Login        string
	Role         string // word of the default role; "" = none
	PasswordHash string
	Expires      time.Time // of the password; zero = never
	Valid        bool
	Admin        bool
	Memberships  []MembershipUpdate
}

// AddUser creates a user with memberships of companies that the caller administers.
func (e *Engine) AddUser(ctx context.Context, p ingest.Principal, n NewUser) (number ingest.Number, err error) {
	const op = "engine.AddUser"
	if err := anyAdministrator(op, p); err != nil {
		return 0, err
	}
	if len(n.Memberships) == 0 && !p.Admin {
		return 0, &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMissing, Msg: "membershipArray is required"}
	}
	u := &ingest.User{UUID: e.newUUID(), PasswordHash: n.PasswordHash, Disabled: !n.Valid, Expires: n.Expires, Admin: n.Admin, Created: e.now()}
	if err := nameUser(u, n.First, n.Last, n.Login); err != nil {
		return 0, err
	}
	if err := setDefaultRole(p, u, n.Role, nil); err != nil {
		return 0, err
	}
	if u.Admin && !p.Admin {
		return 0, mayNotGive("IpsAdmin")
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if err := freeLogin(tx, u.Login, 0); err != nil {
			return err
		}
		if err := tx.CreateUser(u); err != nil {
			return err
		}
		number = u.Number
		return e.putMemberships(tx, p, u, n.Memberships)
	})
	return number, err
}

// nameUser gives a user names and a login after checking them. The login of a user
// that there is need not be an e-mail address as long as it stays as it is.
func nameUser(u *ingest.User, first, last, login string) error {
	const op = "engine.nameUser"
	for _, name := range [][2]string{{"first name", first}, {"last name", last}} {
		if len(name[1]) > MaxNameBytes {
			return tooLong(op, name[0], len(name[1]), MaxNameBytes)
		}
		if err := checkText(name[1], name[0]); err != nil {
			return err
		}
	}
	if login != u.Login || u.Number == 0 {
		if err := ingest.CheckLogin(op, login); err != nil {
			return badValue(op, err)
		}
		if at := strings.IndexByte(login, '@'); at < 1 || at == len(login)-1 || strings.Count(login, "@") != 1 {
			return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("%s is no e-mail address", quote(login))}
		}
	}
	u.FirstName, u.LastName, u.Login = first, last, login
	return nil
}

// badValue is a failure of a rule that other doors share as one of a value: to them
// it may be the whole request that is wrong.
func badValue(op string, err error) error {
	return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: ingest.Message(err)}
}

// setDefaultRole gives a user another default role, by its word; "" keeps. It acts
// in all memberships without a role of their own, so the caller must be able to give
// it in each of their companies.
func setDefaultRole(p ingest.Principal, u *ingest.User, word string, memberships []ingest.Membership) error {
	if word == "" {
		return nil
	}
	role, title, err := readRole(word)
	if err != nil {
		return err
	}
	if role == ingest.RoleAdmin {
		u.Admin, u.DefaultRole, u.DefaultTitle = true, ingest.RoleCompanyAdmin, ""
		return nil
	}
	if role == u.DefaultRole && title == u.DefaultTitle {
		return nil
	}
	if !p.Admin && !slices.ContainsFunc(p.Memberships, func(m ingest.Membership) bool { return mayGive(p, m.Company, role, title) }) {
		return mayNotGive(word)
	}
	for _, m := range memberships {
		if m.Role == "" && !mayGive(p, m.Company, role, title) {
			return mayNotGive(word)
		}
	}
	u.DefaultRole, u.DefaultTitle = role, title
	return nil
}

// readRole reads the word of a role.
func readRole(word string) (ingest.Role, string, error) {
	role, title, err := ingest.ParseRole(word)
	if err != nil {
		return "", "", badValue("engine.readRole", err)
	}
	return role, title, nil
}

// mayGive reports whether the caller may give a role in a company: none above the
// caller's own.
func mayGive(p ingest.Principal, company ingest.Number, role ingest.Role, title string) bool {
	switch {
	case p.Admin:
		return true
	case role == ingest.RoleAdmin, !administers(p, company):
		return false
	}
	return role != ingest.RoleCompanyAdmin || title == ingest.TitleTrialAdmin || !p.Trial(company)
}

func mayNotGive(role string) error {
	return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.mayGive", Code: ingest.CodeRoleValue, Msg: fmt.Sprintf("the user may not give the role %s", quote(role))}
}

func freeLogin(tx ingest.Tx, login string, except ingest.Number) error {
	u, err := tx.UserByLogin(login)
	switch {
	case err != nil && ingest.KindOf(err) == ingest.NotFound:
		return nil
	case err != nil:
		return err
	case u.Number == except:
		return nil
	}
	return &ingest.Error{Kind: ingest.Conflict, Op: "engine.freeLogin", Code: ingest.CodeExists, Msg: fmt.Sprintf("a user with the e-mail address %s exists already", quote(login))}
}

// UserUpdate changes a user; nil keeps.
type UserUpdate struct {
	First, Last string
	Login       string
	Role        string // word of the default role; "" = as it is
	Valid       bool
	Admin       *bool // nil = as Role says, or as it is
	Expires     *time.Time
	Memberships *[]MembershipUpdate
}

// SetUser changes a user: the caller itself, or one of a company that the caller
// administers.
func (e *Engine) SetUser(ctx context.Context, p ingest.Principal, user ingest.Number, c UserUpdate) error {
	const op = "engine.SetUser"
	if err := anyAdministrator(op, p); err != nil {
		return err
	}
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		u, memberships, err := target(tx, p, user, 0)
		if err != nil {
			return err
		}
		if err := mayChangeAccount(p, u); err != nil {
			return err
		}
		was := *u
		if err := nameUser(u, c.First, c.Last, c.Login); err != nil {
			return err
		}
		if c.Role != "" {
			u.Admin = false
		}
		if err := setDefaultRole(p, u, c.Role, memberships); err != nil {
			return err
		}
		if c.Admin != nil {
			u.Admin = *c.Admin
		}
		if u.Admin != was.Admin && !p.Admin {
			return mayNotGive("IpsAdmin")
		}
		u.Disabled = !c.Valid
		if c.Expires != nil {
			u.Expires = *c.Expires
		}
		if err := freeLogin(tx, u.Login, u.Number); err != nil {
			return err
		}
		err = e.keepAdministrators(tx, p, u.Number, func() error {
			if err := tx.UpdateUser(u); err != nil || c.Memberships == nil {
				return err
			}
			return e.replaceMemberships(tx, p, u, *c.Memberships)
		})
		if err != nil || !was.Admin || u.Admin && !u.Disabled {
			return err
		}
		return ingest.NeedAdministrator(tx, op)
	})
}
