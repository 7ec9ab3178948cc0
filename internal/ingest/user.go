package ingest

import "time"

// User is a person or a program that logs in. One set of users serves all doors.
type User struct {
	Number       Number
	UUID         UUID
	Login        string // unique, compared without regard to ASCII case; usually an e-mail address
	FirstName    string
	LastName     string
	DefaultRole  Role   // of memberships without a role of their own; "" = none
	DefaultTitle string // the door's own name of it
	IMSUserID    string // the vendor's identity, kept for clients
	PasswordHash string // PHC string; empty = no password login
	Admin        bool   // may do everything in every company
	Disabled     bool
	Expires      time.Time // zero = never
	Created      time.Time
}

// Valid reports whether the user may log in at the given time.
func (u *User) Valid(now time.Time) bool {
	return !u.Disabled && (u.Expires.IsZero() || now.Before(u.Expires))
}

// Role is what a user may do in one company.
type Role string

// Roles, from the most to the least powerful. Admin reaches beyond companies
// and is kept on the User.
const (
	RoleAdmin        Role = "admin"         // the whole system
	RoleCompanyAdmin Role = "company-admin" // one company, its settings and members
	RoleEditor       Role = "editor"        // upload and overwrite
	RolePublisher    Role = "publisher"     // upload, no overwrite
	RoleViewer       Role = "viewer"        // read only
)

// Membership links a user to a company.
type Membership struct {
	User    Number
	Company Number
	Role    Role   // "" = the user's DefaultRole
	Title   string // the door's own name of the role as it was given (IpsUser, Creators, …); "" = same as Role
	Active  bool
}

// APIKey is a long-lived secret that logs in as its user. Only the SHA-256 of
// the secret is stored.
type APIKey struct {
	Number     Number
	UUID       UUID
	User       Number
	Name       string
	Selector   string // public half, by which the key is found
	SecretHash []byte // SHA-256 of the secret half
	Created    time.Time
	Expires    time.Time // zero = never
	LastUsed   time.Time // accurate to an hour
}

// Credentials are a login with its password, and where they came from.
type Credentials struct {
	Login    string
	Password string
	Address  string // IP address of the client, for slowing down guesses
}

// Principal is an authenticated caller. Doors obtain it from auth and hand it
// to every engine verb; only the engine decides what it may do.
type Principal struct {
	User        Number
	UUID        UUID
	Login       string
	Admin       bool
	Memberships []Membership // active ones only
	Groups      []Number     // groups of the user; loaded by the engine where permissions count
	OnlyGroup   Number       // only what this group may read is shown; 0 = no such limit
}

// Anonymous reports whether nobody is logged in.
func (p Principal) Anonymous() bool { return p.User == 0 && !p.Admin }

// RoleIn returns the caller's role in a company, "" for none. Administrators
// hold RoleAdmin everywhere.
func (p Principal) RoleIn(company Number) Role {
	if p.Admin {
		return RoleAdmin
	}
	for _, m := range p.Memberships {
		if m.Company == company {
			return m.Role
		}
	}
	return ""
}

// Trial reports whether the caller administers the company under TitleTrialAdmin.
func (p Principal) Trial(company Number) bool {
	if p.Admin {
		return false
	}
	for _, m := range p.Memberships {
		if m.Company == company {
			return m.Role == RoleCompanyAdmin && m.Title == TitleTrialAdmin
		}
	}
	return false
}

// NeedAdministrator refuses a change after which nobody administers the system any
// more.
func NeedAdministrator(tx UserTx, op string) error {
	const limit = 200
	for page := (Page{Limit: limit}); ; {
		list, err := tx.Users(0, page)
		if err != nil {
			return err
		}
		for _, u := range list {
			if u.Admin && !u.Disabled {
				return nil
			}
		}
		if len(list) < limit {
			return &Error{Kind: Conflict, Op: op, Msg: "this is the last administrator; add another first"}
		}
		page.After = list[len(list)-1].Number
	}
}

// Principal returns the caller that this user is, given its memberships.
func (u *User) Principal(memberships []Membership) Principal {
	p := Principal{User: u.Number, UUID: u.UUID, Login: u.Login, Admin: u.Admin}
	for _, m := range memberships {
		if m.Role == "" {
			m.Role, m.Title = u.DefaultRole, u.DefaultTitle
		}
		if m.Active {
			p.Memberships = append(p.Memberships, m)
		}
	}
	return p
}
