package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"sluice/internal/app"
	"sluice/internal/config"
	"sluice/internal/people"
)

type userCommands struct {
	Add    userAddCommand    `cmd:"" help:"Add a user."`
	List   userListCommand   `cmd:"" help:"List users with their roles."`
	Set    userSetCommand    `cmd:"" help:"Change a user's role, expiry or state."`
	Passwd userPasswdCommand `cmd:"" help:"Give a user a new password."`
	Rm     userRmCommand     `cmd:"" help:"Remove a user; uploaded files stay."`
}

// withPeople runs fn on the database.
func withPeople(ctx context.Context, s config.Storage, fn func(*people.Service) error) (err error) {
	service, closer, err := app.OpenPeople(ctx, s)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := closer.Close(); err == nil {
			err = closeErr
		}
	}()
	return fn(service)
}

type userAddCommand struct {
	config.Storage `embed:""`
	passwordFlags  `embed:""`
	Login          string `arg:"" name:"email" help:"Login, usually an e-mail address."`
	Company        string `placeholder:"NAME" help:"Company by name, slug or handle; not needed for the role admin."`
	Role           string `required:"" placeholder:"ROLE" help:"admin, company-admin, editor, publisher, viewer, or a door's own word such as IpsUser."`
	Expires        expiry `placeholder:"TIME" help:"End of the login: 90d or 2027-01-31."`
	NoPassword     bool   `name:"no-password" xor:"password" help:"The user logs in with API keys only."`
}

// Run adds the user. Without a source a password is made and printed.
func (c *userAddCommand) Run(ctx context.Context, io console) error {
	expires, err := c.Expires.at(time.Now())
	if err != nil {
		return err
	}
	n := people.NewUser{Login: c.Login, Company: c.Company, Role: c.Role, Expires: expires}
	made := false
	if !c.NoPassword {
		if n.Password, made, err = c.read(io); err != nil {
			return err
		}
	}
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		user, err := s.AddUser(ctx, n)
		if err != nil {
			return err
		}
		fmt.Fprintf(io.out, "user %d: %s\n", user.Number, user.Login)
		if made {
			fmt.Fprintf(io.out, "password: %s (shown only this once)\n", n.Password)
		}
		return nil
	})
}

type userListCommand struct {
	config.Storage `embed:""`
	Company        string `placeholder:"NAME" help:"Only the members of this company."`
}

func (c *userListCommand) Run(ctx context.Context, io console) error {
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		persons, err := s.Users(ctx, c.Company)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NUMBER\tLOGIN\tSTATE\tEXPIRES\tROLES")
		for _, p := range persons {
			state := "active"
			if p.User.Disabled {
				state = "disabled"
			} else if !p.User.Valid(time.Now()) {
				state = "expired"
			}
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", p.User.Number, p.User.Login, state, day(p.User.Expires), showRoles(p))
		}
		return table.Flush()
	})
}

// showRoles lists the roles as "Company: role", the door's word in brackets.
func showRoles(p people.Person) string {
	var roles []string
	if p.User.Admin {
		roles = append(roles, "admin")
	}
	for _, r := range p.Roles {
		text := r.Company + ": " + string(r.Role)
		if r.Title != "" {
			text += " (" + r.Title + ")"
		}
		roles = append(roles, text)
	}
	return strings.Join(roles, ", ")
}

type userSetCommand struct {
	config.Storage `embed:""`
	Login          string  `arg:"" name:"email" help:"Login of the user."`
	Company        string  `placeholder:"NAME" help:"Company that --role or --leave speaks of."`
	Role           string  `placeholder:"ROLE" help:"New role in the company, or admin for the whole system."`
	Leave          bool    `help:"End the membership in the company."`
	Expires        *expiry `placeholder:"TIME" help:"End of the login: 90d, 2027-01-31 or never."`
	Disable        bool    `xor:"state" help:"Switch the user off."`
	Enable         bool    `xor:"state" help:"Switch the user on again."`

	Addresses []string `arg:"" optional:"" name:"key=value" help:"phone=NUMBER,… and sip=ADDRESS,… by which messages reach the user; an empty value removes them."`
}

func (c *userSetCommand) Run(ctx context.Context, io console) error {
	change := people.UserChange{Company: c.Company, Role: c.Role, Leave: c.Leave, Addresses: c.Addresses}
	if c.Disable || c.Enable {
		change.Disabled = &c.Disable
	}
	if c.Expires != nil {
		at, err := c.Expires.at(time.Now())
		if err != nil {
			return err
		}
		change.Expires = &at
	}
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		user, err := s.SetUser(ctx, c.Login, change)
		if err != nil {
			return err
		}
		fmt.Fprintf(io.out, "user %d: %s changed\n", user.Number, user.Login)
		addresses, err := s.Addresses(ctx, user.Number)
		for _, a := range addresses {
			fmt.Fprintf(io.out, "%s=%s\n", a.Kind, a.Address)
		}
		return err
	})
}

type userPasswdCommand struct {
	config.Storage `embed:""`
	passwordFlags  `embed:""`
	Login          string `arg:"" name:"email" help:"Login of the user."`
}

func (c *userPasswdCommand) Run(ctx context.Context, io console) error {
	password, made, err := c.read(io)
	if err != nil {
		return err
	}
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		if err := s.SetPassword(ctx, c.Login, password); err != nil {
			return err
		}
		if made {
			fmt.Fprintf(io.out, "password: %s (shown only this once)\n", password)
			return nil
		}
		fmt.Fprintln(io.out, "password changed")
		return nil
	})
}

type userRmCommand struct {
	config.Storage `embed:""`
	Login          string `arg:"" name:"email" help:"Login of the user."`
}

func (c *userRmCommand) Run(ctx context.Context, io console) error {
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		if err := s.RemoveUser(ctx, c.Login); err != nil {
			return err
		}
		fmt.Fprintf(io.out, "user %s removed\n", c.Login)
		return nil
	})
}
