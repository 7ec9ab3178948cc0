package app

import (
	"context"
	"net/http"

	"sluice/internal/config"
	"sluice/internal/jobs"
	"sluice/internal/outbound"
)

// fetching lets the steps of jobs reach other servers, as far as the operator allows
// it: for files, for callbacks, or for both. The servers that companies want to be told
// of messages are always reached.
type fetching struct {
	files  *outbound.Client
	calls  *outbound.Client
	pushes *outbound.Client
}

func newFetching(cfg config.Config) fetching {
	client := func(on bool) *outbound.Client {
		return outbound.New(outbound.Options{
			Enabled: on, AllowPrivate: cfg.FetchAllowPrivate, MaxBytes: int64(cfg.FetchMaxSize), Timeout: cfg.FetchTimeout.Std(),
		})
	}
	pushes := outbound.New(outbound.Options{
		Enabled: true, AllowPrivate: cfg.FetchAllowPrivate, Timeout: cfg.SoftphonePushTimeout.Std(), // an operator gave the address
	})
	return fetching{files: client(cfg.Fetch), calls: client(cfg.Callbacks), pushes: pushes}
}

// Fetch implements jobs.Fetcher.
func (f fetching) Fetch(ctx context.Context, url string) (*jobs.Fetched, error) {
	r, err := f.files.Fetch(ctx, url)
	if err != nil {
		return nil, err
	}
	return &jobs.Fetched{Body: r.Body, Size: r.Size, FileName: r.FileName}, nil
}

// push tells a company's server of a message.
func (f fetching) push(ctx context.Context, url string, header http.Header, body []byte) error {
	_, err := f.pushes.Post(ctx, url, header, body)
	return err
}

// call makes the request of a callback.
func (f fetching) call(ctx context.Context, url string) error {
	_, err := f.calls.Get(ctx, url)
	return err
}
