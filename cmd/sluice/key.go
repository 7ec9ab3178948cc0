package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"sluice/internal/config"
	"sluice/internal/people"
)

type keyCommands struct {
	Add    keyAddCommand    `cmd:"" help:"Make an API key for a user and print it once."`
	List   keyListCommand   `cmd:"" help:"List API keys."`
	Rotate keyRotateCommand `cmd:"" help:"Replace an API key, which ends at once, or, without one, the key for signing as rotate-signing does."`
	Rm     keyRmCommand     `cmd:"" help:"End an API key."`

	RotateSigning keyRotateSigningCommand `cmd:"" help:"Make a new key for signing tokens and addresses; what the key before signed stays good."`
}

type keyAddCommand struct {
	config.Storage `embed:""`
	Login          string `arg:"" name:"email" help:"Login of the user that the key logs in as."`
	Name           string `required:"" placeholder:"NAME" help:"What the key is for."`
	Expires        expiry `placeholder:"TIME" help:"End of the key: 90d or 2027-01-31."`
}

func (c *keyAddCommand) Run(ctx context.Context, io console) error {
	expires, err := c.Expires.at(time.Now())
	if err != nil {
		return err
	}
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		secret, key, err := s.AddKey(ctx, c.Login, c.Name, expires)
		if err != nil {
			return err
		}
		return printSecret(io, secret, key)
	})
}

// printSecret writes the key itself to standard output, so that scripts can
// take it, and what goes with it to standard error.
func printSecret(io console, secret string, key people.NamedKey) error {
	fmt.Fprintf(io.err, "key %d of %s, %q; it is shown only this once:\n", key.Number, key.Login, key.Name)
	_, err := fmt.Fprintln(io.out, secret)
	return err
}

type keyListCommand struct {
	config.Storage `embed:""`
	Login          string `name:"user" placeholder:"EMAIL" help:"Only this user's keys."`
}

func (c *keyListCommand) Run(ctx context.Context, io console) error {
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		keys, err := s.Keys(ctx, c.Login)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NUMBER\tKEY\tUSER\tNAME\tCREATED\tEXPIRES\tLAST USED")
		for _, k := range keys {
			fmt.Fprintf(table, "%d\tslk_%s_…\t%s\t%s\t%s\t%s\t%s\n", k.Number, k.Selector, k.Login, k.Name, day(k.Created), day(k.Expires), day(k.LastUsed))
		}
		return table.Flush()
	})
}

type keyRotateCommand struct {
	config.Storage `embed:""`
	Key            string `arg:"" optional:"" help:"Number of the key, or the middle part of it; none means the key for signing."`
}

func (c *keyRotateCommand) Run(ctx context.Context, io console) error {
	if c.Key == "" {
		return (&keyRotateSigningCommand{c.Storage}).Run(ctx, io)
	}
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		secret, key, err := s.RotateKey(ctx, c.Key)
		if err != nil {
			return err
		}
		return printSecret(io, secret, key)
	})
}

type keyRotateSigningCommand struct {
	config.Storage `embed:""`
}

func (c *keyRotateSigningCommand) Run(ctx context.Context, io console) error {
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		id, err := s.RotateSigning(ctx)
		if err == nil {
			fmt.Fprintf(io.out, "signing key %s; running servers use it within 30 seconds\n", id)
		}
		return err
	})
}

type keyRmCommand struct {
	config.Storage `embed:""`
	Key            string `arg:"" help:"Number of the key, or the middle part of it."`
}

func (c *keyRmCommand) Run(ctx context.Context, io console) error {
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		if err := s.RemoveKey(ctx, c.Key); err != nil {
			return err
		}
		fmt.Fprintf(io.out, "key %s ended\n", c.Key)
		return nil
	})
}
