// Package sqlstore is the SQL of the store, written once for every database.
//
// Its Tx implements ingest.Tx over one open transaction. The statements keep to
// what SQLite and PostgreSQL share: numbered placeholders that appear in rising
// order and never twice, INSERT … RETURNING, ON CONFLICT … DO UPDATE. Times are
// microseconds since the Unix epoch in UTC with 0 for the zero time, booleans are
// 0 and 1, structures are JSON text with "" for the zero value. Names and paths
// are expected to compare byte by byte. What differs is in a Dialect; opening,
// pooling, committing and the schema belong to the packages that use this one.
package sqlstore

import "sluice/internal/ingest"

// Conn runs statements inside one transaction. Arguments and scan targets are
// those of database/sql. It is used by one goroutine at a time.
type Conn interface {
	// Exec runs a statement and returns how many rows it changed.
	Exec(query string, args ...any) (int64, error)
	// Insert runs an INSERT of one row that ends in ReturningNumber and returns
	// the number.
	Insert(query string, args ...any) (int64, error)
	// Query runs a statement that returns rows. The caller closes them before
	// it runs the next statement.
	Query(query string, args ...any) (Rows, error)
}

// ReturningNumber ends every INSERT that goes through Conn.Insert. A database
// that tells the number of a new row in another way may cut it off.
const ReturningNumber = " RETURNING number"

// Rows is the part of *sql.Rows that the store reads results with.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// Dialect is what differs between databases.
type Dialect struct {
	// Classify says what a failure of the driver means.
	Classify func(error) Failure
	// ForUpdate ends a SELECT whose rows must not change until the transaction
	// ends, for instance " FOR UPDATE"; empty where updates never overlap.
	ForUpdate string
	// SkipLocked ends a SELECT that passes over rows which another transaction
	// holds, for instance " FOR UPDATE SKIP LOCKED".
	SkipLocked string
	// ReserveAssetNumber is a statement that takes the next number of the assets
	// table and returns it.
	ReserveAssetNumber string
}

// Tx implements ingest.Tx. It is used by one goroutine and must not be used
// after the transaction has ended.
type Tx struct {
	conn    Conn
	dialect *Dialect
}

var _ ingest.Tx = (*Tx)(nil)

// NewTx returns the transaction that is open on conn.
func NewTx(conn Conn, dialect *Dialect) *Tx {
	return &Tx{conn: conn, dialect: dialect}
}

// one returns the single row of a query, NotFound when there is none.
func one[T any](t *Tx, op, what string, read func(Rows) (T, error), query string, args ...any) (T, error) {
	list, err := many(t, op, read, query, args...)
	if err != nil {
		var none T
		return none, err
	}
	if len(list) == 0 {
		var none T
		return none, missing(op, what)
	}
	return list[0], nil
}

// many returns all rows of a query.
func many[T any](t *Tx, op string, read func(Rows) (T, error), query string, args ...any) ([]T, error) {
	return manyUntil(t, op, read, nil, query, args...)
}

// manyUntil is many for a list that ends before the first item for which full, unless
// it is nil, says so. The rows behind it are not read.
func manyUntil[T any](t *Tx, op string, read func(Rows) (T, error), full func(list []T, next T) bool, query string, args ...any) ([]T, error) {
	rows, err := t.conn.Query(query, args...)
	if err != nil {
		return nil, t.failure(op, "", err)
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		item, err := read(rows)
		if err != nil {
			return nil, t.failure(op, "", err)
		}
		if full != nil && full(list, item) {
			return list, nil
		}
		list = append(list, item)
	}
	if err := rows.Err(); err != nil {
		return nil, t.failure(op, "", err)
	}
	return list, nil
}

// insert runs an INSERT … RETURNING number.
func (t *Tx) insert(op, what, query string, args ...any) (ingest.Number, error) {
	number, err := t.conn.Insert(query, args...)
	if err != nil {
		return 0, t.failure(op, what, err)
	}
	return ingest.Number(number), nil
}

// exec runs a statement that may change any number of rows.
func (t *Tx) exec(op, what, query string, args ...any) error {
	if _, err := t.conn.Exec(query, args...); err != nil {
		return t.failure(op, what, err)
	}
	return nil
}

// change runs a statement that must change a row, NotFound when there is none.
func (t *Tx) change(op, what, query string, args ...any) error {
	n, err := t.conn.Exec(query, args...)
	if err != nil {
		return t.failure(op, what, err)
	}
	if n == 0 {
		return missing(op, what)
	}
	return nil
}
