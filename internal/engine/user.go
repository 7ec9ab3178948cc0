package engine

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// Person is a user as far as lists show it.
type Person struct {
	*ingest.User
	Memberships []ingest.Membership // of companies that the caller administers, or all of its own
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

// target returns the user that an operation is about: the caller for 0, or one who
// shares a company that the caller administers. In a company, 0 = any, both must be
// members of it.
func target(tx ingest.Tx, p ingest.Principal, user, company ingest.Number) (*ingest.User, []ingest.Membership, error) {
	const op = "engine.target"
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
	return nil, nil, &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeTargetUser, Msg: fmt.Sprintf("user %d is not the caller's to act on", user)}
}

func unknownUser(msg string) error {
	return &ingest.Error{Kind: ingest.NotFound, Op: "engine.target", Code: ingest.CodeUnknownUser, Msg: msg}
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
		return err
	})
	return person, err
}

// NewUser says who is to be added.
type NewUser struct {
	First, Last  string
	Login        string
	Role         string // word of the default role
	PasswordHash string
	Expires      time.Time // of the password; zero = never
	Valid        bool
	Admin        bool
	Memberships  []MembershipUpdate
}

// MembershipUpdate says what a user is to be in a company.
type MembershipUpdate struct {
	Company ingest.Number
	Role    string // word; "" = the user's default role
	Active  bool
}

// AddUser creates a user with memberships of companies that the caller administers.
func (e *Engine) AddUser(ctx context.Context, p ingest.Principal, n NewUser) (number ingest.Number, err error) {
	const op = "engine.AddUser"
	u := &ingest.User{UUID: e.newUUID(), PasswordHash: n.PasswordHash, Created: e.now()}
	if err := fillUser(p, u, n.First, n.Last, n.Login, n.Role); err != nil {
		return 0, err
	}
	u.Disabled, u.Expires, u.Admin = !n.Valid, n.Expires, u.Admin || n.Admin
	if u.Admin && !p.Admin {
		return 0, mayNotGive("IpsAdmin")
	}
	if len(n.Memberships) == 0 && !p.Admin {
		return 0, &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMissing, Msg: "membershipArray is required"}
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if companies, all := administered(p); !all && len(companies) == 0 {
			return &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeRole, Msg: "only administrators add users"}
		}
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

// fillUser takes over names, login and default role after checking them.
func fillUser(p ingest.Principal, u *ingest.User, first, last, login, role string) error {
	const op = "engine.fillUser"
	for what, name := range map[string]string{"first name": first, "last name": last} {
		if len(name) > MaxNameBytes {
			return tooLong(op, what, len(name), MaxNameBytes)
		}
		if err := checkText(name, what); err != nil {
			return err
		}
	}
	if err := ingest.CheckLogin(op, login); err != nil {
		return err
	}
	if at := strings.IndexByte(login, '@'); at < 1 || at == len(login)-1 || strings.Count(login, "@") != 1 {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("%s is no e-mail address", quote(login))}
	}
	u.FirstName, u.LastName, u.Login = first, last, login
	if role == "" {
		return nil
	}
	kind, title, err := roleFor(p, role)
	if err != nil {
		return err
	}
	u.Admin = kind == ingest.RoleAdmin
	if u.Admin {
		kind = ingest.RoleCompanyAdmin
	}
	u.DefaultRole, u.DefaultTitle = kind, title
	return nil
}

// roleFor reads the word of a role that a caller wants to give.
func roleFor(p ingest.Principal, word string) (ingest.Role, string, error) {
	kind, title, err := ingest.ParseRole(word)
	if err != nil {
		return "", "", &ingest.Error{Kind: ingest.Invalid, Op: "engine.roleFor", Msg: ingest.Message(err)}
	}
	if kind == ingest.RoleAdmin && !p.Admin {
		return "", "", mayNotGive(word)
	}
	return kind, title, nil
}

func mayNotGive(role string) error {
	return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.roleFor", Code: ingest.CodeRoleValue, Msg: fmt.Sprintf("the user may not give the role %s", role)}
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
	Admin       *bool
	Expires     *time.Time
	Memberships *[]MembershipUpdate
}

// SetUser changes a user: the caller itself, or one of a company that the caller
// administers.
func (e *Engine) SetUser(ctx context.Context, p ingest.Principal, user ingest.Number, c UserUpdate) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if companies, all := administered(p); user != 0 && user != p.User && !all && len(companies) == 0 {
			return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.SetUser", Code: ingest.CodeRole, Msg: "only administrators change other users"}
		}
		u, _, err := target(tx, p, user, 0)
		if err != nil {
			return err
		}
		was := u.Admin
		if err := fillUser(p, u, c.First, c.Last, c.Login, c.Role); err != nil {
			return err
		}
		u.Admin = was || u.Admin
		if c.Admin != nil {
			u.Admin = *c.Admin
		}
		if u.Admin != was && !p.Admin {
			return mayNotGive("IpsAdmin")
		}
		u.Disabled = !c.Valid
		if c.Expires != nil {
			u.Expires = *c.Expires
		}
		if err := freeLogin(tx, u.Login, u.Number); err != nil {
			return err
		}
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		if c.Memberships == nil {
			return nil
		}
		return e.replaceMemberships(tx, p, u, *c.Memberships)
	})
}

// SetPassword gives a user another password: the caller itself, or, for an
// administrator of the system, anybody.
func (e *Engine) SetPassword(ctx context.Context, p ingest.Principal, user ingest.Number, hash string, expires time.Time) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if user != 0 && user != p.User && !p.Admin {
			return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.SetPassword", Code: ingest.CodeTargetUser, Msg: fmt.Sprintf("the password of user %d is not the caller's to set", user)}
		}
		u, _, err := target(tx, p, user, 0)
		if err != nil {
			return err
		}
		u.PasswordHash, u.Expires = hash, expires
		return tx.UpdateUser(u)
	})
}

// passwordSpecials are the characters of the fourth class of passwords.
const passwordSpecials = "`~!@#$%^*()_+-={}|[]&\\:\";'<>?,./"

// CheckPassword refuses a password that is too short, has characters of no class,
// or, where all classes are wanted, lacks one.
func CheckPassword(password string, allClasses bool) error {
	const op, least = "engine.CheckPassword", 8
	weak := func(format string, args ...any) error {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "the password " + fmt.Sprintf(format, args...)}
	}
	if len(password) < least {
		return weak("has %d characters, at least %d are needed", len(password), least)
	}
	var has [4]bool
	for _, r := range password {
		switch {
		case 'a' <= r && r <= 'z':
			has[0] = true
		case 'A' <= r && r <= 'Z':
			has[1] = true
		case '0' <= r && r <= '9':
			has[2] = true
		case strings.ContainsRune(passwordSpecials, r):
			has[3] = true
		default:
			return weak("has a character that is neither a letter from a to z, a digit, nor one of the special characters")
		}
	}
	if !allClasses {
		return nil
	}
	for i, class := range []string{"a lower-case letter", "an upper-case letter", "a digit", "a special character"} {
		if !has[i] {
			return weak("lacks %s", class)
		}
	}
	return nil
}

// GeneratePassword makes a password of 16 characters that CheckPassword takes,
// without those that must be written otherwise in XML.
func GeneratePassword() (string, error) {
	const length = 16
	classes := []string{"abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "!#$%*+-=?@_"}
	everything := strings.Join(classes, "")
	password := make([]byte, 0, length)
	for i := range length {
		from := everything
		if i < len(classes) {
			from = classes[i]
		}
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(from))))
		if err != nil {
			return "", err
		}
		password = append(password, from[n.Int64()])
	}
	for i := len(password) - 1; i > 0; i-- { // the first four are not always of the same classes
		n, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			return "", err
		}
		password[i], password[n.Int64()] = password[n.Int64()], password[i]
	}
	return string(password), nil
}

// UserQuery selects users; empty lists do not restrict.
type UserQuery struct {
	Invalid   bool // those who cannot log in too
	Inactive  bool // inactive memberships count too
	Companies []ingest.Number
	Groups    []ingest.Number
	Roles     []string // words
}

// Users lists users of companies that the caller administers, by number.
func (e *Engine) Users(ctx context.Context, p ingest.Principal, q UserQuery) (list []Person, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		companies, all := administered(p)
		for _, c := range q.Companies {
			if _, err := e.authorize(tx, p, c, rightManage); err != nil {
				return err
			}
		}
		if len(q.Companies) > 0 {
			companies, all = q.Companies, false
		}
		if !all && len(companies) == 0 {
			return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.Users", Code: ingest.CodeRole, Msg: "only administrators list users"}
		}
		members, err := groupMembers(tx, p, q.Groups)
		if err != nil {
			return err
		}
		found, err := peopleOf(tx, companies, all)
		if err != nil {
			return err
		}
		list = nil
		for _, person := range found {
			if e.selects(q, person, companies, members) {
				list = append(list, person)
			}
		}
		return nil
	})
	return list, err
}

// peopleOf lists the members of companies, or everybody, by number.
func peopleOf(tx ingest.Tx, companies []ingest.Number, all bool) ([]Person, error) {
	scopes := companies
	if all {
		scopes = []ingest.Number{0}
	}
	seen := map[ingest.Number]bool{}
	var list []Person
	for _, company := range scopes {
		for after := ingest.Number(0); ; {
			page, err := tx.Users(company, ingest.Page{After: after, Limit: MostPerPage})
			if err != nil {
				return nil, err
			}
			for _, u := range page {
				after = u.Number
				if seen[u.Number] {
					continue
				}
				seen[u.Number] = true
				memberships, err := tx.Memberships(u.Number)
				if err != nil {
					return nil, err
				}
				list = append(list, Person{u, memberships})
			}
			if len(page) < MostPerPage {
				break
			}
		}
	}
	slices.SortFunc(list, func(a, b Person) int { return int(a.Number - b.Number) })
	return list, nil
}

// selects reports whether a query wants a person.
func (e *Engine) selects(q UserQuery, person Person, companies []ingest.Number, members map[ingest.Number]bool) bool {
	if !q.Invalid && !person.Valid(e.now()) {
		return false
	}
	if members != nil && !members[person.Number] {
		return false
	}
	fits := len(person.Memberships) == 0 && len(q.Companies) == 0 && len(q.Roles) == 0
	for _, m := range person.Memberships {
		inScope := companies == nil || slices.Contains(companies, m.Company)
		if inScope && (m.Active || q.Inactive) && (len(q.Roles) == 0 || slices.Contains(q.Roles, RoleWord(person.User, m))) {
			fits = true
		}
	}
	return fits || person.Admin && (len(q.Roles) == 0 || slices.Contains(q.Roles, "IpsAdmin")) && len(q.Companies) == 0
}

// RoleWord is the API's word for what a user is in a company.
func RoleWord(u *ingest.User, m ingest.Membership) string {
	if m.Role == "" {
		m.Role, m.Title = u.DefaultRole, u.DefaultTitle
	}
	return ingest.RoleWord(m.Role, m.Title)
}
