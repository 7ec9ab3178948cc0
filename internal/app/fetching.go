package app

import (
	"context"

	"sluice/internal/ingest"
	"sluice/internal/jobs"
)

// fetching brings files from other servers for the steps of jobs.
type fetching struct {
	fetch    func(ctx context.Context, url string) (*jobs.Fetched, error)
	validate func(url string) error
}

// Fetch implements jobs.Fetcher.
func (f fetching) Fetch(ctx context.Context, url string) (*jobs.Fetched, error) {
	if err := f.check(url); err != nil {
		return nil, err
	}
	return f.fetch(ctx, url)
}

// check says what is wrong with an address.
func (f fetching) check(url string) error {
	if f.validate == nil {
		return &ingest.Error{Kind: ingest.Conflict, Op: "app.fetching", Msg: "this server has no way to reach other servers"}
	}
	return f.validate(url)
}
