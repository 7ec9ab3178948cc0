// Package people is what an operator does to companies, users and API keys: the
// rules behind `sluice company`, `sluice user` and `sluice key`, and the first
// start. It works on a store that a running server has open too; every verb is
// one transaction.
//
// It asks for no rights: who can open the database may do everything.
package people

import (
	"context"
	"time"

	"sluice/internal/auth"
	"sluice/internal/ingest"
)

// Service works on the people of one store. It is safe for concurrent use.
type Service struct {
	store ingest.Store
	auth  *auth.Service
	now   func() time.Time
}

// New returns a service over a store.
func New(store ingest.Store, logins *auth.Service, now func() time.Time) *Service {
	return &Service{store: store, auth: logins, now: now}
}

// pageSize is how many rows a listing reads at once.
const pageSize = 200

// list collects the pages of a listing.
func list[T any](read func(ingest.Page) ([]T, error), number func(T) ingest.Number) ([]T, error) {
	var all []T
	page := ingest.Page{Limit: pageSize}
	for {
		some, err := read(page)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if len(some) < pageSize {
			return all, nil
		}
		page.After = number(some[len(some)-1])
	}
}

// view runs fn on a snapshot and returns its result.
func view[T any](ctx context.Context, store ingest.Store, fn func(ingest.Tx) (T, error)) (T, error) {
	var result T
	err := store.View(ctx, func(tx ingest.Tx) error {
		var err error
		result, err = fn(tx)
		return err
	})
	return result, err
}
