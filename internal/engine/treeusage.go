package engine

import (
	"context"

	"sluice/internal/ingest"
)

// TreeUsage counts the files at and below a folder path that the caller may read, and
// their bytes, up to limit files. A folder that the caller may not read is NotFound.
func (e *Engine) TreeUsage(ctx context.Context, p ingest.Principal, company ingest.Number, path string, limit int) (u ingest.Usage, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err != nil {
			return err
		}
		if !s.folder(path, ingest.PermitRead) {
			return unknownFolder("")
		}
		if s.open {
			u, err = tx.UsageBelow(company, path, limit)
			return err
		}
		u, err = s.usageBelow(path, limit)
		return err
	})
	return u, err
}

// usageBelow counts files one by one, for callers to whom some may be hidden. It looks
// at no more than ten times the limit, or hidden files could make it take long.
func (s *sight) usageBelow(path string, limit int) (u ingest.Usage, err error) {
	filter := ingest.AssetFilter{Companies: []ingest.Number{s.company}, Under: path}
	page := ingest.Page{Limit: MostPerPage}
	for seen := 0; seen < 10*limit; seen += page.Limit {
		list, err := s.tx.Assets(filter, page)
		if err != nil {
			return u, err
		}
		for _, a := range list {
			if u.Files >= int64(limit) {
				return u, nil
			}
			if s.asset(a, ingest.PermitRead) {
				u.Files, u.Bytes = u.Files+1, u.Bytes+a.Size
			}
		}
		if len(list) < page.Limit {
			break
		}
		page.After = list[len(list)-1].Number
	}
	return u, nil
}
