// Package app puts the server together. It is the only place that knows which
// concrete types stand behind the ports.
package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"sluice/internal/auth"
	"sluice/internal/blob/fsblob"
	"sluice/internal/config"
	"sluice/internal/crash"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/media"
	"sluice/internal/people"
	"sluice/internal/protocol/guard"
	"sluice/internal/store/sqlite"
	"sluice/internal/telemetry"
)

// Names within the data directory, beside the LOCK file.
const (
	databaseFile   = "sluice.db"
	filesDirectory = "files"
)

// Run serves until ctx ends and everything that was acknowledged is safe. It
// writes one line with the address to out when it is ready; before that, on the
// first start, company, administrator and password. The log goes to standard
// error.
func Run(ctx context.Context, cfg config.Config, out io.Writer) error {
	if err := cfg.Validate(); err != nil {
		return &ingest.Error{Kind: ingest.Invalid, Op: "app.Run", Msg: err.Error()}
	}
	log, err := telemetry.NewLog(os.Stderr, cfg.LogLevel, cfg.LogFormat)
	if err != nil {
		return err
	}
	memory := limitMemory()

	lock, err := lockDataDir(cfg.DataDir)
	if err != nil {
		return err
	}
	defer lock.release()

	store, err := openStore(ctx, cfg.Storage, log)
	if err != nil {
		return err
	}
	defer closing(log, "database", store)

	files := filepath.Join(cfg.DataDir, filesDirectory)
	if err := os.MkdirAll(files, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	blobs, err := fsblob.Open(files, fsblob.Options{CrashPoint: crash.FromEnvironment()})
	if err != nil {
		return err
	}
	defer closing(log, "files", blobs)

	logins := auth.New(store, time.Now, auth.Options{TokenLifetime: cfg.TokenLifetime.Std()})
	made, err := people.New(store, logins, time.Now).Bootstrap(ctx, people.First{
		Login: cfg.AdminEmail, Password: cfg.AdminPassword, Company: cfg.Company,
	})
	if err != nil {
		return err
	}
	introduce(out, made) // at once: a start that fails further on must not swallow the password

	metrics := telemetry.NewMetrics(telemetry.ReadVersion())
	kit, err := newTools(cfg, log)
	if err != nil {
		return err
	}
	defer closing(log, "media processes", kit.runner)
	e := newEngine(cfg, store, blobs, logins, kit, metrics, log)
	if err := e.Recover(ctx); err != nil {
		return err
	}
	health := &health{store: store}
	mux, err := routes(cfg, e, logins, health, metrics, log)
	if err != nil {
		return err
	}
	proxies, err := cfg.Proxies()
	if err != nil {
		return err
	}
	handler := guard.New(guard.Options{
		Log: log, Trusted: proxies, PublicURL: cfg.PublicURL, Observe: metrics.Request,
		Quiet: []string{"/healthz", "/readyz", "/metrics"}, LogPath: logPath,
	}).Wrap(mux)

	front, err := listen(cfg, handler, memory, log)
	if err != nil {
		return err
	}
	work := startBackground(ctx, cfg, e, kit, metrics, log)
	defer work.end()
	health.open.Store(true)
	fmt.Fprintf(out, "sluice is ready at %s\n", front.url())
	return front.serve(ctx, health, cfg.ShutdownGrace.Std())
}

// newEngine joins the rules with what they stand on.
func newEngine(cfg config.Config, store ingest.Store, blobs ingest.Blobs, logins *auth.Service, t *tools, metrics *telemetry.Metrics, log *slog.Logger) *engine.Engine {
	c := engine.Config{
		Store: store, Blobs: blobs, Now: time.Now, NewUUID: id.New, Detect: media.Detect, Log: log,
		DeferDigest: cfg.Digest == "deferred", JobIdle: cfg.Scene7JobIdle.Std(), SameAddress: cfg.Scene7SameAddress,
		UploadLifetimes: map[ingest.Door]time.Duration{ingest.DoorBrightSign: cfg.BrightSignUploadIdle.Std(), ingest.DoorNomad: cfg.NomadUploadIdle.Std()},
		OrphanLifetime:  cfg.BrightSignOrphanAfter.Std(),
		Ended: func(door ingest.Door, outcome ingest.UploadOutcome, size int64) {
			metrics.Upload(door, outcome)
			metrics.Received(door, size)
		},
		MediaLifetime: cfg.SoftphoneMediaLifetime.Std(), MAC: logins.Keyring().MAC,
		Crash: crash.FromEnvironment(),
	}
	t.equip(cfg, &c)
	return engine.New(c)
}

// routes mounts everything that is served.
func routes(cfg config.Config, e *engine.Engine, logins *auth.Service, health *health, metrics *telemetry.Metrics, log *slog.Logger) (http.Handler, error) {
	list, err := doors(cfg, e, logins, log)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", health.live)
	mux.HandleFunc("GET /readyz", health.ready)
	mux.Handle("GET /metrics", metrics.Handler())
	handler := mountDoors(mux, list)
	mountPages(mux, cfg, e, logins, log, list)
	return folded(handler), nil
}

// openStore opens the database of the storage settings.
func openStore(ctx context.Context, s config.Storage, log *slog.Logger) (*sqlite.Store, error) {
	if err := s.Validate(); err != nil {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: "app.openStore", Msg: err.Error()}
	}
	if err := os.MkdirAll(s.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	path := filepath.Join(s.DataDir, databaseFile)
	store, err := sqlite.Open(ctx, path, sqlite.Options{Logger: log})
	if err != nil {
		return nil, &ingest.Error{
			Kind: ingest.KindOf(err), Op: "app.openStore", Code: ingest.CodeOf(err),
			Msg: fmt.Sprintf("the database %s cannot be opened", path), Err: err,
		}
	}
	return store, nil
}

// OpenPeople opens the database for the commands that work on companies, users
// and keys, beside a running server or without one. The caller closes it.
func OpenPeople(ctx context.Context, s config.Storage) (*people.Service, io.Closer, error) {
	store, err := openStore(ctx, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	return people.New(store, auth.New(store, time.Now, auth.Options{}), time.Now), store, nil
}

// closing closes a part at the end and logs what goes wrong then.
func closing(log *slog.Logger, what string, c io.Closer) {
	if err := c.Close(); err != nil {
		log.Error("closing failed", "what", what, "error", err)
	}
}

// introduce says what the first start made.
func introduce(out io.Writer, made people.Made) {
	if made.Company != nil {
		fmt.Fprintf(out, "company: %s (%s)\n", made.Company.Name, people.Handle(made.Company))
	}
	if made.Login != "" {
		fmt.Fprintf(out, "administrator: %s\n", made.Login)
	}
	if made.Password != "" {
		fmt.Fprintf(out, "password: %s (shown only this once)\n", made.Password)
	}
}
