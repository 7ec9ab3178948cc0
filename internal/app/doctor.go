package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"

	"sluice/internal/config"
	"sluice/internal/media"
	"sluice/internal/media/box"
	"sluice/internal/people"
	"sluice/internal/telemetry"
)

// finding is one line of the doctor's report.
type finding struct {
	what   string
	status string // ok, missing, wrong
	detail string
}

// Doctor reports what is configured and found, what is missing and how to get
// it. It changes nothing. The error says that a server with these settings
// could not work; missing media tools are none.
func Doctor(ctx context.Context, cfg config.Config, out io.Writer) error {
	findings := []finding{{"version", "ok", telemetry.ReadVersion().String()}}
	findings = append(findings, checkSettings(cfg), checkDataDir(cfg.DataDir), checkDatabase(ctx, cfg.Storage), checkBox(cfg))
	findings = append(findings, checkTools(ctx)...)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	wrong := 0
	for _, f := range findings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.status, f.what, f.detail)
		if f.status == "wrong" {
			wrong++
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nImages (JPEG, PNG, GIF, WebP, BMP, TIFF, Photoshop) and archives need no tool: what reads them is built in.")
	fmt.Fprintln(out, "A tool that is installed later is found without a restart; `sluice reprocess COMPANY --failed` then makes up for what was left out.")
	if wrong > 0 {
		return fmt.Errorf("%d of the checks failed", wrong)
	}
	return nil
}

func checkSettings(cfg config.Config) finding {
	if err := cfg.Validate(); err != nil {
		return finding{"settings", "wrong", strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	scheme := "http"
	if cfg.TLSCert != "" {
		scheme = "https"
	}
	return finding{"settings", "ok", fmt.Sprintf("listens on %s (%s), log %s as %s, digests %s", cfg.Listen, scheme, cfg.LogLevel, cfg.LogFormat, cfg.Digest)}
}

// checkDataDir looks at the directory, its free space and its lock.
func checkDataDir(dir string) finding {
	at := dir
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		at = filepath.Dir(filepath.Clean(dir))
	case err != nil:
		return finding{"data directory", "wrong", err.Error()}
	case !info.IsDir():
		return finding{"data directory", "wrong", dir + " is not a directory"}
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(at, &fs); err != nil {
		return finding{"data directory", "wrong", fmt.Sprintf("%s: %v", at, err)}
	}
	const writable = 2
	if err := syscall.Access(at, writable); err != nil {
		return finding{"data directory", "wrong", at + " cannot be written"}
	}
	free := fmt.Sprintf("%d MiB free", fs.Bavail*uint64(fs.Bsize)>>20)
	if at != dir {
		return finding{"data directory", "ok", dir + " will be made by the first start, " + free}
	}
	return finding{"data directory", "ok", fmt.Sprintf("%s, %s, %s", dir, free, lockState(dir))}
}

// lockState says whether a server runs on the directory.
func lockState(dir string) string {
	f, err := os.Open(filepath.Join(dir, "LOCK"))
	if err != nil {
		return "no server runs on it"
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return "no server runs on it"
	}
	return readHolder(f) + " serves it"
}

// checkDatabase opens the database if there is one.
func checkDatabase(ctx context.Context, s config.Storage) finding {
	if _, err := os.Stat(filepath.Join(s.DataDir, databaseFile)); err != nil {
		return finding{"database", "ok", "will be made by the first start"}
	}
	who, store, err := OpenPeople(ctx, s)
	if err != nil {
		return finding{"database", "wrong", err.Error()}
	}
	defer store.Close()
	companies, err := who.Companies(ctx)
	var users []people.Person
	if err == nil {
		users, err = who.Users(ctx, "")
	}
	if err != nil {
		return finding{"database", "wrong", err.Error()}
	}
	return finding{"database", "ok", fmt.Sprintf("SQLite, %d companies, %d users", len(companies), len(users))}
}

// checkBox looks at how far the kernel can confine media processes.
func checkBox(cfg config.Config) finding {
	level := box.Supported()
	switch {
	case level.ClosedForTools():
		return finding{"media box", "ok", level.String()}
	case level.Closed() && cfg.MediaRequireBox:
		return finding{"media box", "missing", level.String() + "; images are processed, tools are not used: they need Landlock"}
	case cfg.MediaRequireBox:
		return finding{"media box", "missing", level.String() + "; media-require-box is set, so no media is processed"}
	}
	return finding{"media box", "missing", level.String() + "; media is processed all the same"}
}

// checkTools looks for the programs that read what the built-in code does not.
func checkTools(ctx context.Context) []finding {
	var list []finding
	for _, c := range media.Capabilities(ctx) {
		switch {
		case c.Found && c.Path != "":
			list = append(list, finding{"tool " + c.Tool, "ok", fmt.Sprintf("%s (%s), for %s; options: %s", c.Path, c.Version, c.Name, c.Options)})
		case c.Found && c.Options != "":
			list = append(list, finding{c.Tool, "ok", fmt.Sprintf("%s, for %s", c.Version, c.Name)})
		case !c.Found && c.Tool != "kernel": // checkBox speaks of the kernel
			list = append(list, finding{"tool " + c.Tool, "missing", fmt.Sprintf("for %s; without it %s are left out with a warning: %s", c.Name, c.Options, c.Need)})
		}
	}
	return list
}
