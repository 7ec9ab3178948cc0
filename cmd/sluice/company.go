package main

import (
	"cmp"
	"context"
	"fmt"
	"text/tabwriter"

	"sluice/internal/config"
	"sluice/internal/people"
)

type companyCommands struct {
	Add  companyAddCommand  `cmd:"" help:"Add a company."`
	List companyListCommand `cmd:"" help:"List companies: number, handle, name, slug."`
	Set  companySetCommand  `cmd:"" help:"Change or show a company's settings."`
}

type companyAddCommand struct {
	config.Storage `embed:""`
	Name           string `arg:"" help:"Name of the company."`
}

func (c *companyAddCommand) Run(ctx context.Context, io console) error {
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		company, err := s.AddCompany(ctx, c.Name)
		if err == nil {
			fmt.Fprintf(io.out, "company %d: %s, handle %s, slug %s\n", company.Number, company.Name, people.Handle(company), company.Slug)
		}
		return err
	})
}

type companyListCommand struct {
	config.Storage `embed:""`
	MMMSG          bool `name:"mmmsg" help:"Show where apps allocate encrypted media, with its secret."`
}

func (c *companyListCommand) Run(ctx context.Context, io console) error {
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		companies, err := s.Companies(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
		more := ""
		if c.MMMSG {
			more = "\tMMMSG"
		}
		fmt.Fprintln(table, "NUMBER\tHANDLE\tNAME\tSLUG"+more)
		for _, company := range companies {
			if c.MMMSG {
				path, err := s.TransferPath(ctx, company)
				if err != nil {
					return err
				}
				more = "\t" + cmp.Or(path, "off")
			}
			fmt.Fprintf(table, "%d\t%s\t%s\t%s%s\n", company.Number, people.Handle(company), company.Name, company.Slug, more)
		}
		return table.Flush()
	})
}

type companySetCommand struct {
	config.Storage `embed:""`
	Name           string   `arg:"" help:"Company by name, slug or handle."`
	Settings       []string `arg:"" optional:"" name:"key=value" help:"What is to change; without any, all settings are shown. An empty value is the default."`
}

// Run applies the settings and shows all of them.
func (c *companySetCommand) Run(ctx context.Context, io console) error {
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		company, err := s.SetCompany(ctx, c.Name, c.Settings)
		if err != nil {
			return err
		}
		for _, line := range people.ShowSettings(company.Settings) {
			fmt.Fprintln(io.out, line)
		}
		return nil
	})
}
