package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	sqlitedriver "modernc.org/sqlite"

	"sluice/internal/store/sqlstore"
)

// cachedStatements bounds the prepared statements of a connection. The fixed
// statements of the store are far fewer; lists with many shapes of filter share
// the rest.
const cachedStatements = 192

// conn is one connection of the driver with its prepared statements. It speaks
// to the driver without database/sql, whose pooling and locking cost about as
// much as a small statement does. It is used by one goroutine at a time.
type conn struct {
	dc          driver.Conn
	statements  map[string]*statement
	ctx         context.Context // of the transaction; nil between transactions
	beforeWrite func() error    // called before each statement that may write, if set
	broken      error           // the failure after which the transaction is no more

	named []driver.NamedValue // reused: the driver copies what it binds
	row   []driver.Value      // reused: one result is open at a time
}

// statement is a prepared statement as the driver has it.
type statement struct {
	prepared driver.Stmt
	exec     driver.StmtExecContext
	query    driver.StmtQueryContext
	writes   bool
}

var _ sqlstore.Conn = (*conn)(nil)

func openConn(path string, busy time.Duration, pragmas ...string) (*conn, error) {
	source, err := dataSource(path, busy, pragmas...)
	if err != nil {
		return nil, err
	}
	dc, err := new(sqlitedriver.Driver).Open(source)
	if err != nil {
		return nil, err
	}
	return &conn{dc: dc, statements: make(map[string]*statement)}, nil
}

func (c *conn) close() error {
	c.forget()
	return c.dc.Close()
}

// forget closes the cached statements.
func (c *conn) forget() {
	for _, s := range c.statements {
		s.prepared.Close()
	}
	clear(c.statements)
}

// begin readies the connection for the statements of one caller.
func (c *conn) begin(ctx context.Context) { c.ctx = ctx }

// end makes later statements of that caller fail.
func (c *conn) end() { c.ctx, c.broken = nil, nil }

// Exec implements sqlstore.Conn.
func (c *conn) Exec(query string, args ...any) (int64, error) {
	result, err := c.exec(query, args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Insert implements sqlstore.Conn. The driver knows the number of the last row,
// which saves it a result set.
func (c *conn) Insert(query string, args ...any) (int64, error) {
	result, err := c.exec(query, args)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

func (c *conn) exec(query string, args []any) (driver.Result, error) {
	s, err := c.ready(query)
	if err != nil {
		return nil, err
	}
	result, err := s.exec.ExecContext(context.Background(), c.bind(args))
	if err != nil {
		return nil, c.note(err)
	}
	return result, nil
}

// Query implements sqlstore.Conn.
func (c *conn) Query(query string, args ...any) (sqlstore.Rows, error) {
	s, err := c.ready(query)
	if err != nil {
		return nil, err
	}
	// The driver would start a goroutine per statement to watch a context that
	// can end; ready looks at it instead.
	rs, err := s.query.QueryContext(context.Background(), c.bind(args))
	if err != nil {
		return nil, c.note(err)
	}
	n := len(rs.Columns())
	if cap(c.row) < n {
		c.row = make([]driver.Value, n)
	}
	return &rows{conn: c, set: rs, row: c.row[:n]}, nil
}

// run executes a statement of the connection itself, such as COMMIT.
func (c *conn) run(query string) error {
	s, err := c.prepare(query)
	if err != nil {
		return err
	}
	_, err = s.exec.ExecContext(context.Background(), nil)
	return err
}

// ready returns the prepared statement for a caller's query when the transaction
// can take it.
func (c *conn) ready(query string) (*statement, error) {
	if c.ctx == nil {
		return nil, errors.New("sqlite: statement outside its transaction")
	}
	if c.broken != nil {
		return nil, c.broken
	}
	if err := c.ctx.Err(); err != nil {
		return nil, errGivenUp("sqlite.Query", err)
	}
	s, err := c.prepare(query)
	if err != nil {
		return nil, c.note(err)
	}
	if s.writes && c.beforeWrite != nil {
		if err := c.beforeWrite(); err != nil {
			return nil, c.note(err)
		}
	}
	return s, nil
}

func (c *conn) prepare(query string) (*statement, error) {
	if s, ok := c.statements[query]; ok {
		return s, nil
	}
	if len(c.statements) >= cachedStatements {
		c.forget()
	}
	text, err := positional(strings.TrimSuffix(query, sqlstore.ReturningNumber))
	if err != nil {
		return nil, err
	}
	p, err := c.dc.Prepare(text)
	if err != nil {
		return nil, err
	}
	s := &statement{prepared: p, writes: !strings.HasPrefix(query, "SELECT")}
	var canExec, canQuery bool
	s.exec, canExec = p.(driver.StmtExecContext)
	s.query, canQuery = p.(driver.StmtQueryContext)
	if !canExec || !canQuery {
		p.Close()
		return nil, fmt.Errorf("sqlite: the driver's statements lack an interface: %T", p)
	}
	c.statements[query] = s
	return s, nil
}

// note remembers a failure that ends the transaction.
func (c *conn) note(err error) error {
	if c.broken == nil && endsTransaction(err) {
		c.broken = err
	}
	return err
}

// bind converts arguments for the driver. The result is valid until the next call.
func (c *conn) bind(args []any) []driver.NamedValue {
	c.named = c.named[:0]
	for i, a := range args {
		c.named = append(c.named, driver.NamedValue{Ordinal: i + 1, Value: bindValue(a)})
	}
	return c.named
}

// positional replaces the placeholders $1, $2, … by '?': the driver finds the
// argument of a '?' without comparing names. It refuses a statement in which they
// do not rise one by one, whose arguments would be mixed up.
func positional(query string) (string, error) {
	var b strings.Builder
	rest := query
	for n := 1; ; n++ {
		before, after, found := strings.Cut(rest, "$")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		number := after[:len(after)-len(strings.TrimLeft(after, "0123456789"))]
		if number != strconv.Itoa(n) {
			return "", fmt.Errorf("sqlite: placeholder $%s where $%d belongs: %s", number, n, query)
		}
		b.WriteByte('?')
		rest = after[len(number):]
	}
}

// rows implements sqlstore.Rows.
type rows struct {
	conn   *conn
	set    driver.Rows
	row    []driver.Value
	err    error
	closed bool
}

// Next implements sqlstore.Rows.
func (r *rows) Next() bool {
	if r.err != nil || r.closed {
		return false
	}
	if err := r.set.Next(r.row); err != nil {
		if err != io.EOF {
			r.err = r.conn.note(err)
		}
		r.Close()
		return false
	}
	return true
}

// Scan implements sqlstore.Rows.
func (r *rows) Scan(dest ...any) error {
	if len(dest) != len(r.row) {
		return fmt.Errorf("sqlite: %d columns scanned into %d targets", len(r.row), len(dest))
	}
	for i, d := range dest {
		if err := scanValue(d, r.row[i]); err != nil {
			return fmt.Errorf("sqlite: column %d: %w", i, err)
		}
	}
	return nil
}

// Err implements sqlstore.Rows.
func (r *rows) Err() error { return r.err }

// Close implements sqlstore.Rows.
func (r *rows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.set.Close()
	if r.err == nil && err != nil {
		r.err = r.conn.note(err)
	}
	return err
}
