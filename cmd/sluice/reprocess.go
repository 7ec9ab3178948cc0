package main

import (
	"context"

	"sluice/internal/app"
	"sluice/internal/config"
	"sluice/internal/ingest"
)

type reprocessCommand struct {
	config.Storage `embed:""`
	Company        string   `arg:"" help:"Company by name, slug or handle."`
	Asset          []string `sep:"none" placeholder:"ASSET" help:"An asset by number, handle, UUID or name; may be given again."`
	All            bool     `help:"All assets of the company."`
	Failed         bool     `help:"Only assets of which a step failed, could not do everything or waits for something; alone, of all assets."`
	User           string   `placeholder:"LOGIN" help:"Owner of the jobs; by default the company's first administrator."`
}

// Run queues the jobs.
func (c *reprocessCommand) Run(ctx context.Context, io console) error {
	switch {
	case len(c.Asset) > 0 && c.All:
		return &ingest.Error{Kind: ingest.Invalid, Op: "main.reprocess", Msg: "--asset and --all exclude each other"}
	case len(c.Asset) == 0 && !c.All && !c.Failed:
		return &ingest.Error{Kind: ingest.Invalid, Op: "main.reprocess", Msg: "say what is to be processed: --asset ASSET, --all or --failed"}
	}
	return app.Reprocess(ctx, c.Storage, app.Again{Company: c.Company, User: c.User, Assets: c.Asset, Failed: c.Failed}, io.out)
}
