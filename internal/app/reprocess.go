package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"sluice/internal/auth"
	"sluice/internal/config"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/people"
)

// Again says what an operator wants processed again.
type Again struct {
	Company string   // name, slug or handle
	User    string   // login of the owner of the jobs; "" = an administrator
	Assets  []string // numbers, handles, UUIDs or names; nil = all
	Failed  bool     // only what lacks something
}

// Reprocess queues the jobs that process assets of a company again, in the database of
// the settings. A server that runs on it begins them within half a minute; otherwise
// the next start does.
func Reprocess(ctx context.Context, s config.Storage, a Again, out io.Writer) error {
	store, err := openStore(ctx, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer store.Close()
	who := people.New(store, auth.New(store, time.Now, auth.Options{}), time.Now)
	company, owner, err := who.Operator(ctx, a.Company, a.User)
	if err != nil {
		return err
	}
	e := engine.New(engine.Config{Store: store, Now: time.Now, NewUUID: id.New})
	jobs, err := e.ReprocessAsCame(ctx, owner, company.Number, engine.Again{Assets: a.Assets, Failed: a.Failed, Client: "sluice reprocess"})
	for _, j := range jobs {
		fmt.Fprintf(out, "job %s: %d assets\n", j.Name, j.Assets)
	}
	if err != nil {
		return err
	}
	if len(jobs) == 0 {
		fmt.Fprintln(out, "nothing to do: no asset that was chosen has a file and lacks anything")
		return nil
	}
	_, err = fmt.Fprintln(out, "A running server begins within half a minute; the job log says how it went.")
	return err
}
