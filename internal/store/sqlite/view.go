package sqlite

import (
	"context"

	"sluice/internal/ingest"
	"sluice/internal/store/sqlstore"
)

// View implements ingest.Store. The snapshot is taken by fn's first statement.
func (s *Store) View(ctx context.Context, fn func(ingest.Tx) error) error {
	return s.read(ctx, "sqlite.View", func(c *conn) error { return fn(sqlstore.NewTx(c, s.dialect)) })
}

// read runs fn in a transaction of a reading connection.
func (s *Store) read(ctx context.Context, op string, fn func(*conn) error) error {
	c, err := s.reader(ctx, op)
	if err != nil {
		return err
	}
	defer func() { s.readers <- c }() // also when fn panics
	if c == nil {
		if c, err = openConn(s.path, s.opts.BusyTimeout, "cache_size(-1024)", "query_only(1)"); err != nil {
			return s.dialect.Error(op, "", err)
		}
	}
	if err := c.run("BEGIN"); err != nil {
		return s.dialect.Error(op, "", err)
	}
	c.begin(ctx)
	defer func() {
		c.end()
		if c.run("ROLLBACK") != nil {
			c.close()
			c = nil // the next reader opens another
		}
	}()
	return fn(c)
}

// reader waits for a free connection.
func (s *Store) reader(ctx context.Context, op string) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, errGivenUp(op, err)
	}
	select {
	case <-s.closing:
		return nil, errClosed(op)
	default:
	}
	select {
	case c := <-s.readers:
		return c, nil
	case <-ctx.Done():
		return nil, errGivenUp(op, ctx.Err())
	case <-s.closing:
		return nil, errClosed(op)
	}
}
