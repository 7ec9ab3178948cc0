package main

import (
	"context"
	"fmt"

	"sluice/internal/app"
	"sluice/internal/config"
	"sluice/internal/telemetry"
)

type serveCommand struct {
	config.Config `embed:""`
}

// Run serves until SIGTERM or SIGINT.
func (c *serveCommand) Run(ctx context.Context, io console) error {
	return app.Run(ctx, c.Config, io.out)
}

type configCommands struct {
	Print configPrintCommand `cmd:"" help:"Print all settings as YAML, secrets masked."`
}

type configPrintCommand struct {
	config.Config `embed:""`
}

// Run prints the settings that serve would use with the same flags.
func (c *configPrintCommand) Run(io console) error { return c.Config.Print(io.out) }

type doctorCommand struct {
	config.Config `embed:""`
}

func (c *doctorCommand) Run(ctx context.Context, io console) error {
	return app.Doctor(ctx, c.Config, io.out)
}

type versionCommand struct{}

func (*versionCommand) Run(io console) error {
	_, err := fmt.Fprintln(io.out, telemetry.ReadVersion())
	return err
}
