package ipsapi

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// mostUsers is the longest page of users.
const mostUsers = 1000

// roleOf is the word of a user's role in the first of the companies that the answer
// is about.
func roleOf(person engine.Person) string {
	m := ingest.Membership{}
	if len(person.Memberships) > 0 {
		m = person.Memberships[0]
	}
	return engine.RoleWord(person.User, m)
}

// defaultRole is the word of a user's role where no membership has another; role is
// shown for users without one, since old clients need the element.
func defaultRole(u *ingest.User, role string) string {
	if word := engine.RoleWord(u, ingest.Membership{}); word != "" {
		return word
	}
	return role
}

// userRecord shows a user; role is that in the company which the answer is about.
func userRecord(u *ingest.User, role string) *scene7.Record {
	return record("User", "userHandle", scene7.UserHandle(int64(u.Number), u.Login), "firstName", u.FirstName, "lastName", u.LastName, "email", u.Login,
		"imsUserId", u.IMSUserID, "isValid", !u.Disabled, "isIpsAdmin", u.Admin, "defaultRole", defaultRole(u, role), "role", role,
		"passwordExpires", orNever(u.Expires))
}

// checkLogin answers whether a pair would log in; a bad pair is no fault.
func (s *Service) checkLogin(ctx context.Context, c *call) (*scene7.Record, error) {
	p, err := s.Logins.Login(ctx, ingest.Credentials{Login: strings.TrimSpace(c.in.Text("email")), Password: c.in.Text("password"), Address: c.address})
	status := "ValidLogin"
	switch {
	case err != nil && ingest.KindOf(err) == ingest.Unauthenticated:
		status = "InvalidLogin"
	case err != nil:
		return nil, err
	case c.company != nil && p.RoleIn(c.company.Number) == "":
		status = "InvalidLogin" // a user, but none of the company that was asked about
	}
	return record("checkLoginReturn", "status", status), nil
}

func (s *Service) userInfo(ctx context.Context, c *call) (*scene7.Record, error) {
	user, err := userNumber(c, "userHandle")
	if err != nil {
		return nil, err
	}
	person, err := s.Engine.User(ctx, c.caller, user, strings.TrimSpace(c.in.Text("email")))
	if err != nil {
		return nil, err
	}
	return record("getUserInfoReturn", "userInfo", userRecord(person.User, roleOf(person))), nil
}

func (s *Service) addUser(ctx context.Context, c *call) (*scene7.Record, error) {
	if err := engine.CheckPassword(c.in.Text("password"), false); err != nil {
		return nil, err
	}
	updates, err := membershipUpdates(c.in)
	if err != nil {
		return nil, err
	}
	hash, err := s.Logins.HashPassword(ctx, c.in.Text("password"))
	if err != nil {
		return nil, err
	}
	email := strings.TrimSpace(c.in.Text("email"))
	n, err := s.Engine.AddUser(ctx, c.caller, engine.NewUser{
		First: c.in.Text("firstName"), Last: c.in.Text("lastName"), Login: email, Role: c.in.Text("defaultRole"), PasswordHash: hash,
		Expires: unlessNever(c.in.Time("passwordExpires")), Valid: c.in.Bool("isValid"), Admin: c.in.Bool("isIpsAdmin"), Memberships: updates,
	})
	if err != nil {
		return nil, err
	}
	return record("addUserReturn", "userHandle", scene7.UserHandle(int64(n), email)), nil
}

func (s *Service) setUserInfo(ctx context.Context, c *call) (*scene7.Record, error) {
	user, err := userNumber(c, "userHandle")
	if err != nil {
		return nil, err
	}
	u := engine.UserUpdate{First: c.in.Text("firstName"), Last: c.in.Text("lastName"), Login: strings.TrimSpace(c.in.Text("email")),
		Role: c.in.Text("defaultRole"), Valid: c.in.Bool("isValid"), Admin: c.in.OptionalBool("isIpsAdmin")}
	if at, ok := c.in.Value("passwordExpires").(time.Time); ok {
		at = unlessNever(at)
		u.Expires = &at
	}
	if c.in.Has("membershipArray") {
		updates, err := membershipUpdates(c.in)
		if err != nil {
			return nil, err
		}
		u.Memberships = &updates
	}
	return nil, s.Engine.SetUser(ctx, c.caller, user, u)
}

func (s *Service) setPassword(ctx context.Context, c *call) (*scene7.Record, error) {
	user, err := userNumber(c, "userHandle")
	if err != nil {
		return nil, err
	}
	if err := engine.CheckPassword(c.in.Text("password"), true); err != nil {
		return nil, err
	}
	if err := s.Engine.MaySetPassword(ctx, c.caller, user); err != nil {
		return nil, err
	}
	hash, err := s.Logins.HashPassword(ctx, c.in.Text("password"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.SetPassword(ctx, c.caller, user, hash, unlessNever(c.in.Time("passwordExpires")))
}

func (s *Service) generatePassword(context.Context, *call) (*scene7.Record, error) {
	password, err := engine.GeneratePassword()
	if err != nil {
		return nil, err
	}
	return record("generatePasswordReturn", "password", password), nil
}

// selectedUsers are the users that the filters of a request want.
func (s *Service) selectedUsers(ctx context.Context, c *call) ([]engine.Person, error) {
	q := engine.UserQuery{Invalid: c.in.Bool("includeInvalid"), Inactive: c.in.Bool("includeInactive"), Roles: items(c.in, "userRoleArray")}
	var err error
	if q.Companies, err = companyNumbers(c.in, "companyHandleArray"); err != nil {
		return nil, err
	}
	if q.Groups, err = groupNumbers(c.in, "groupHandleArray"); err != nil {
		return nil, err
	}
	return s.Engine.Users(ctx, c.caller, q)
}

// userField returns a field that users are filtered and sorted by.
func userField(name string) (func(*ingest.User) string, bool) {
	switch name {
	case "FirstName":
		return func(u *ingest.User) string { return u.FirstName }, true
	case "LastName", "StartsWith", "EndsWith":
		return func(u *ingest.User) string { return u.LastName }, true
	case "Email":
		return func(u *ingest.User) string { return u.Login }, true
	case "None", "":
		return nil, true
	}
	return nil, false
}

func (s *Service) users(ctx context.Context, c *call) (*scene7.Record, error) {
	list, err := s.selectedUsers(ctx, c)
	if err != nil {
		return nil, err
	}
	field, ok := userField(c.in.Text("charFilterField"))
	if !ok {
		return nil, invalid("charFilterField", "%q is no field of users", clip(c.in.Text("charFilterField")))
	}
	if wanted := strings.ToLower(c.in.Text("charFilter")); field != nil && wanted != "" {
		fits := strings.HasPrefix
		if c.in.Text("charFilterField") == "EndsWith" {
			fits = strings.HasSuffix
		}
		list = slices.DeleteFunc(list, func(p engine.Person) bool { return !fits(strings.ToLower(field(p.User)), wanted) })
	}
	if err := sortUsers(list, c.in.Text("sortBy")); err != nil {
		return nil, err
	}
	page, err := userPage(c, list)
	if err != nil {
		return nil, err
	}
	return usersReturn(c, page), nil
}

func userPage(c *call, list []engine.Person) ([]engine.Person, error) {
	size, page := mostUsers, 1
	if n := optional[int](c.in, "recordsPerPage"); n != nil {
		size = *n
	}
	if n := optional[int](c.in, "resultsPage"); n != nil {
		page = *n
	}
	if size < 1 || size > mostUsers || page < 1 {
		return nil, invalid("recordsPerPage", "page %d of %d records: a page has from 1 to %d records, the first is page 1", page, size, mostUsers)
	}
	start := min(int64(len(list)), (int64(page)-1)*int64(size))
	return list[start:min(int64(len(list)), start+int64(size))], nil
}

// sortUsers sorts by a field without regard to case; ties stay by number.
func sortUsers(list []engine.Person, by string) error {
	text, ok := userField(by)
	if by == "StartsWith" || by == "EndsWith" {
		ok = false
	}
	var order func(a, b engine.Person) int
	switch by {
	case "Role":
		order = func(a, b engine.Person) int {
			return cmp.Compare(defaultRole(a.User, roleOf(a)), defaultRole(b.User, roleOf(b)))
		}
	case "Valid": // those who cannot log in come first, as false does
		order = func(a, b engine.Person) int { return cmp.Compare(rank(b.Disabled), rank(a.Disabled)) }
	case "PasswordExpiration":
		order = func(a, b engine.Person) int { return orNever(a.Expires).Compare(orNever(b.Expires)) }
	default:
		if !ok {
			return invalid("sortBy", "users cannot be sorted by %q", clip(by))
		}
		if text == nil {
			return nil
		}
		order = func(a, b engine.Person) int {
			return cmp.Compare(strings.ToLower(text(a.User)), strings.ToLower(text(b.User)))
		}
	}
	slices.SortStableFunc(list, order)
	return nil
}

// rank orders false before true.
func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func usersReturn(c *call, list []engine.Person) *scene7.Record {
	rows := make([]*scene7.Record, len(list))
	for i, person := range list {
		rows[i] = userRecord(person.User, roleOf(person))
	}
	return record(c.op.Name+"Return", "userArray", array("UserArray", rows))
}

func (s *Service) allUsers(ctx context.Context, c *call) (*scene7.Record, error) {
	list, err := s.Engine.Users(ctx, c.caller, engine.UserQuery{Invalid: c.in.Bool("includeInvalid"), Inactive: true})
	if err != nil {
		return nil, err
	}
	return usersReturn(c, list), nil
}

// userChars lists how a field of the users begins.
func (s *Service) userChars(ctx context.Context, c *call) (*scene7.Record, error) {
	name := c.in.Text("charField")
	field, ok := userField(name)
	if !ok || name == "StartsWith" || name == "EndsWith" {
		return nil, invalid("charField", "%q is no field of users", clip(name))
	}
	length := 1
	if n := optional[int](c.in, "numChars"); n != nil {
		length = *n
	}
	if length < 1 {
		return nil, invalid("numChars", "%d is not above 0", length)
	}
	list, err := s.selectedUsers(ctx, c)
	if err != nil {
		return nil, err
	}
	var chars []string
	for _, person := range list {
		if field == nil {
			break
		}
		letters := []rune(strings.ToLower(field(person.User)))
		if len(letters) > 0 {
			chars = append(chars, string(letters[:min(length, len(letters))]))
		}
	}
	slices.Sort(chars)
	return record("getUserCharsReturn", "userCharsArray", array("StringArray", slices.Compact(chars))), nil
}
