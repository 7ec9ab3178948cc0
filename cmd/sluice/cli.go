package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"sluice/internal/app"
	"sluice/internal/config"
	"sluice/internal/ingest"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// console is where a command reads and writes.
type console struct {
	in       io.Reader
	out, err io.Writer
}

// grammar is the command line.
type grammar struct {
	Config string `name:"config" env:"SLUICE_CONFIG" placeholder:"FILE" help:"YAML file with settings."`

	Serve       serveCommand     `cmd:"" help:"Run the server."`
	User        userCommands     `cmd:"" help:"Add, list and change users; also while the server runs."`
	Company     companyCommands  `cmd:"" help:"Add, list and set up companies; also while the server runs."`
	Quota       quotaCommand     `cmd:"" help:"Show what a company or a user uses and may use; also while the server runs."`
	Key         keyCommands      `cmd:"" help:"Make and end API keys; also while the server runs."`
	Reprocess   reprocessCommand `cmd:"" help:"Process assets again as they came; also while the server runs."`
	ConfigPrint configCommands   `cmd:"" name:"config" help:"Show the settings."`
	Doctor      doctorCommand    `cmd:"" help:"Say what is configured, what was found and what is missing."`
	Version     versionCommand   `cmd:"" help:"Print the version."`
}

// run parses and executes a command line and returns the exit code.
func run(ctx context.Context, args []string, io console) (code int) {
	defer func() {
		if r := recover(); r != nil {
			exit, ok := r.(exitNow)
			if !ok {
				panic(r)
			}
			code = int(exit)
		}
	}()
	if len(args) == 1 && args[0] == "media-worker" {
		// The other end of the pipe from the server; nobody calls it by hand. It has no settings, touches no file, and is
		// started for every run of a tool: building the command line would take longer than the rest of its start.
		return report(io.err, app.MediaWorker(io.in, io.out))
	}
	file, err := readConfig(args)
	if err != nil {
		fmt.Fprintf(io.err, "sluice: %v\n", err)
		return exitUsage
	}
	parser, err := newParser(ctx, io, kong.Resolvers(fileResolver(file)))
	if err != nil {
		fmt.Fprintf(io.err, "sluice: %v\n", err)
		return exitFailure
	}
	command, err := parser.Parse(args)
	if err != nil {
		return usageError(io.err, err)
	}
	return report(io.err, command.Run())
}

// exitNow unwinds to run when --help has been printed.
type exitNow int

func newParser(ctx context.Context, io console, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(&grammar{}, append(more,
		kong.Name("sluice"),
		kong.Description("Sluice is a self-hosted media ingest server."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.Writers(io.out, io.err),
		kong.Exit(func(code int) { panic(exitNow(code)) }),
		kong.Bind(io),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)...)
}

// readConfig reads the file that --config or SLUICE_CONFIG names, if any. It has
// to be known before the rest of the line can be understood.
func readConfig(args []string) (config.File, error) {
	path := os.Getenv("SLUICE_CONFIG")
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--config="); ok {
			path = value
		} else if arg == "--config" && i+1 < len(args) {
			path = args[i+1]
		} else if arg == "--" {
			break
		}
	}
	if path == "" {
		return nil, nil
	}
	return config.ReadFile(path)
}

// fileResolver puts the file between the environment and the defaults.
func fileResolver(file config.File) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			if _, set := os.LookupEnv(name); set {
				return nil, nil
			}
		}
		if text, ok := file[flag.Name]; ok && text != "" {
			return text, nil
		}
		return nil, nil
	})
}

// usageError explains a line that could not be understood.
func usageError(w io.Writer, err error) int {
	fmt.Fprintf(w, "sluice: %v\n", err)
	path := "sluice"
	if parse, ok := errors.AsType[*kong.ParseError](err); ok && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			path = node.FullPath()
		}
	}
	fmt.Fprintf(w, "Run \"%s --help\" for the commands and flags.\n", path)
	return exitUsage
}

// report writes a command's failure and returns the exit code. People who hold
// the database may read causes that clients may not.
func report(w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	known, ok := errors.AsType[*ingest.Error](err)
	switch {
	case !ok || known.Kind == ingest.Internal || known.Msg == "":
		fmt.Fprintf(w, "sluice: %v\n", err)
	case known.Err != nil:
		fmt.Fprintf(w, "sluice: %s: %v\n", known.Msg, known.Err)
	default:
		fmt.Fprintf(w, "sluice: %s\n", known.Msg)
	}
	if ok && known.Kind == ingest.Invalid {
		return exitUsage
	}
	return exitFailure
}
