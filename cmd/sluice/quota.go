package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"sluice/internal/config"
	"sluice/internal/people"
)

type quotaCommand struct {
	config.Storage `embed:""`
	Name           string `arg:"" name:"name" help:"Company by name, slug or handle, or the login of a user."`
	User           bool   `help:"The name is that of a user, whatever companies are called."`
}

// Run shows limits beside use; a limit of 0 is shown as none.
func (c *quotaCommand) Run(ctx context.Context, io console) error {
	return withPeople(ctx, c.Storage, func(s *people.Service) error {
		quotas, err := s.Quotas(ctx, c.Name, c.User)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "COMPANY\tUSER\tWHAT\tUSED\tLIMIT")
		for _, q := range quotas {
			for _, row := range []struct {
				what        string
				used, limit int64
				show        func(int64) string
			}{
				{"bytes", q.Stored.Bytes, q.MaxStored.Bytes, showSize},
				{"files", q.Stored.Files, q.MaxStored.Files, showCount},
				{"bytes today", q.Today.Bytes, q.MaxPerDay.Bytes, showSize},
				{"files today", q.Today.Files, q.MaxPerDay.Files, showCount},
			} {
				limit := "none"
				if row.limit > 0 {
					limit = row.show(row.limit)
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", q.Company, q.Login, row.what, row.show(row.used), limit)
			}
		}
		return table.Flush()
	})
}

func showSize(n int64) string { return config.Size(n).String() }

func showCount(n int64) string { return config.Count(n).String() }
