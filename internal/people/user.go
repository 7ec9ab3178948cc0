package people

import (
	"context"
	"fmt"
	"time"

	"sluice/internal/id"
	"sluice/internal/ingest"
)

// NewUser says who is to be added.
type NewUser struct {
	Login    string
	Password string // "" = no password login, API keys only
	Company  string // name, slug or handle; may be empty for administrators
	Role     string // a word that ParseRole knows
	Expires  time.Time
}

// AddUser creates a user with a role in one company. A login that is taken is
// Conflict with CodeExists.
func (s *Service) AddUser(ctx context.Context, n NewUser) (*ingest.User, error) {
	const op = "people.AddUser"
	if err := ingest.CheckLogin(op, n.Login); err != nil {
		return nil, err
	}
	role, title, err := ParseRole(n.Role)
	if err != nil {
		return nil, err
	}
	if n.Company == "" && role != ingest.RoleAdmin {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMissing, Msg: "say in which company the user has the role"}
	}
	user := &ingest.User{UUID: id.New(), Login: n.Login, Admin: role == ingest.RoleAdmin, Expires: n.Expires, Created: s.now()}
	if n.Password != "" {
		if user.PasswordHash, err = s.auth.Passwords().Hash(ctx, n.Password); err != nil {
			return nil, err
		}
	}
	return user, s.store.Update(ctx, func(tx ingest.Tx) error {
		if err := createUser(tx, op, user); err != nil || n.Company == "" {
			return err
		}
		company, err := companyCalled(tx, n.Company)
		if err != nil {
			return err
		}
		return tx.PutMembership(membership(user.Number, company.Number, role, title))
	})
}

func createUser(tx ingest.Tx, op string, user *ingest.User) error {
	switch _, err := tx.UserByLogin(user.Login); {
	case err == nil:
		return &ingest.Error{Kind: ingest.Conflict, Op: op, Code: ingest.CodeExists, Msg: fmt.Sprintf("a user %q exists already", user.Login)}
	case ingest.KindOf(err) != ingest.NotFound:
		return err
	}
	return tx.CreateUser(user)
}

// membership of an administrator is that of a company's administrator: what
// reaches beyond the company is kept on the user.
func membership(user, company ingest.Number, role ingest.Role, title string) ingest.Membership {
	if role == ingest.RoleAdmin {
		role = ingest.RoleCompanyAdmin
	}
	return ingest.Membership{User: user, Company: company, Role: role, Title: title, Active: true}
}

// UserChange says what of a user is to change; nil fields stay.
type UserChange struct {
	Disabled *bool
	Expires  *time.Time
	Company  string // with Role: the role there; with Leave: where membership ends
	Role     string
	Leave    bool
	// Addresses are assignments of the form phone=NUMBER,… and sip=ADDRESS,…; what is
	// not named stays.
	Addresses []string
}

// SetUser changes a user. The role admin makes an administrator of the whole
// system; any other role given to an administrator without a company takes that
// away. An address that another member of a company of the user's has is Conflict
// with CodeExists.
func (s *Service) SetUser(ctx context.Context, login string, c UserChange) (*ingest.User, error) {
	const op = "people.SetUser"
	var user *ingest.User
	err := s.store.Update(ctx, func(tx ingest.Tx) error {
		var err error
		if user, err = userCalled(tx, login); err != nil {
			return err
		}
		wasActive := user.Admin && !user.Disabled
		if c.Disabled != nil {
			user.Disabled = *c.Disabled
		}
		if c.Expires != nil {
			user.Expires = *c.Expires
		}
		if err := changeRole(tx, op, user, c); err != nil {
			return err
		}
		if err := tx.UpdateUser(user); err != nil {
			return err
		}
		if err := setAddresses(tx, op, user, c.Addresses); err != nil {
			return err
		}
		if err := freeAddresses(tx, op, user); err != nil {
			return err
		}
		if wasActive && (!user.Admin || user.Disabled) {
			return ingest.NeedAdministrator(tx, op)
		}
		return nil
	})
	return user, err
}

func changeRole(tx ingest.Tx, op string, user *ingest.User, c UserChange) error {
	if c.Role == "" && !c.Leave {
		if c.Company != "" {
			return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMissing, Msg: "say which role the user gets in the company, or that the user leaves it"}
		}
		return nil
	}
	if c.Leave && (c.Role != "" || c.Company == "") {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMalformed, Msg: "leaving needs a company and no role"}
	}
	var company *ingest.Company
	var err error
	if c.Company != "" {
		if company, err = companyCalled(tx, c.Company); err != nil {
			return err
		}
	}
	if c.Leave {
		return tx.DeleteMembership(user.Number, company.Number)
	}
	role, title, err := ParseRole(c.Role)
	if err != nil {
		return err
	}
	if role == ingest.RoleAdmin {
		user.Admin = true
	} else if company == nil {
		if !user.Admin {
			return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMissing, Msg: "say in which company the user gets the role"}
		}
		user.Admin = false
	}
	if company == nil {
		return nil
	}
	return tx.PutMembership(membership(user.Number, company.Number, role, title))
}

// SetPassword gives a user a new password. It counts from the next request on.
func (s *Service) SetPassword(ctx context.Context, login, password string) error {
	hash, err := s.auth.Passwords().Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx ingest.Tx) error {
		user, err := userCalled(tx, login)
		if err != nil {
			return err
		}
		user.PasswordHash = hash
		return tx.UpdateUser(user)
	})
}

// RemoveUser removes a user with memberships and keys. What the user uploaded
// stays.
func (s *Service) RemoveUser(ctx context.Context, login string) error {
	const op = "people.RemoveUser"
	return s.store.Update(ctx, func(tx ingest.Tx) error {
		user, err := userCalled(tx, login)
		if err != nil {
			return err
		}
		if err := tx.DeleteUser(user.Number); err != nil || !user.Admin || user.Disabled {
			return err
		}
		return ingest.NeedAdministrator(tx, op)
	})
}

// Person is a user with the roles in companies.
type Person struct {
	User  *ingest.User
	Roles []CompanyRole
}

// CompanyRole is a membership with the company's name.
type CompanyRole struct {
	Company string
	ingest.Membership
}

// Users lists users by number; company "" lists all.
func (s *Service) Users(ctx context.Context, company string) ([]Person, error) {
	return view(ctx, s.store, func(tx ingest.Tx) ([]Person, error) {
		var within ingest.Number
		if company != "" {
			c, err := companyCalled(tx, company)
			if err != nil {
				return nil, err
			}
			within = c.Number
		}
		companies, err := allCompanies(tx)
		if err != nil {
			return nil, err
		}
		names := make(map[ingest.Number]string)
		for _, c := range companies {
			names[c.Number] = c.Name
		}
		users, err := allUsers(tx, within)
		if err != nil {
			return nil, err
		}
		var people []Person
		for _, u := range users {
			person := Person{User: u}
			memberships, err := tx.Memberships(u.Number)
			if err != nil {
				return nil, err
			}
			for _, m := range memberships {
				person.Roles = append(person.Roles, CompanyRole{Company: names[m.Company], Membership: m})
			}
			people = append(people, person)
		}
		return people, nil
	})
}

func allUsers(tx ingest.Tx, company ingest.Number) ([]*ingest.User, error) {
	return list(func(p ingest.Page) ([]*ingest.User, error) { return tx.Users(company, p) },
		func(u *ingest.User) ingest.Number { return u.Number })
}

func userCalled(tx ingest.Tx, login string) (*ingest.User, error) {
	user, err := tx.UserByLogin(login)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "people.user", Msg: fmt.Sprintf("there is no user %q; `sluice user list` shows all", login)}
	}
	return user, err
}
