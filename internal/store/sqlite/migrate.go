package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"

	"sluice/internal/ingest"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrateAttempts bounds how often the schema is looked at again when another
// process was changing it at the same time.
const migrateAttempts = 5

// migrate brings the schema up to date and refuses one that is newer.
func migrate(ctx context.Context, path string, opts Options) error {
	source, err := dataSource(path, opts.BusyTimeout)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", source+"&_txlock=immediate")
	if err != nil {
		return err
	}
	defer db.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		err = migrateOnce(ctx, db, files, opts.Logger)
		if err == nil || ingest.KindOf(err) == ingest.Invalid || attempt == migrateAttempts {
			return err
		}
		select {
		case <-time.After(time.Duration(attempt) * 50 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

func migrateOnce(ctx context.Context, db *sql.DB, files fs.FS, logger *slog.Logger) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	have, want, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > want {
		return &ingest.Error{Kind: ingest.Invalid, Op: "sqlite.Open",
			Msg: fmt.Sprintf("the database has schema version %d and this program knows versions up to %d: use the newer program that wrote it", have, want)}
	}
	done, err := provider.Up(ctx)
	for _, m := range done {
		logger.InfoContext(ctx, "database schema changed", "version", m.Source.Version, "took", m.Duration)
	}
	return err
}
