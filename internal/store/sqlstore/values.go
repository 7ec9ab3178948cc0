package sqlstore

import (
	"database/sql"
	"slices"
	"strings"

	"sluice/internal/ingest"
)

// PutValues implements ingest.ValueTx.
func (t *Tx) PutValues(company, asset ingest.Number, field string, values []ingest.Value) error {
	const op = "sqlstore.PutValues"
	if err := t.exec(op, "value", `DELETE FROM asset_values WHERE asset = $1 AND field = $2`, asset, field); err != nil {
		return err
	}
	for i, v := range values {
		var num any
		if v.Num != nil {
			num = *v.Num
		}
		err := t.exec(op, "value",
			`INSERT INTO asset_values (asset, field, position, company, text, folded, num) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			asset, field, i, company, v.Text, Folded(v.Text), num)
		if err != nil {
			return err
		}
	}
	return nil
}

// ReplaceValues implements ingest.ValueTx.
func (t *Tx) ReplaceValues(company, asset ingest.Number, fields []string, values []ingest.Value) error {
	const op, fieldsAtOnce, rowsAtOnce = "sqlstore.ReplaceValues", 200, 40
	for part := range slices.Chunk(fields, fieldsAtOnce) {
		var q query
		q.add(`DELETE FROM asset_values WHERE asset = ? AND `, asset)
		in(&q, "field", part)
		if err := t.exec(op, "value", q.String(), q.args...); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(values, rowsAtOnce) {
		var q query
		q.add(`INSERT INTO asset_values (asset, field, position, company, text, folded, num) VALUES `)
		for i, v := range part {
			if i > 0 {
				q.add(`, `)
			}
			var num any
			if v.Num != nil {
				num = *v.Num
			}
			q.add(`(?, ?, ?, ?, ?, ?, ?)`, asset, v.Field, v.Position, company, v.Text, Folded(v.Text), num)
		}
		if err := t.exec(op, "value", q.String(), q.args...); err != nil {
			return err
		}
	}
	return nil
}

// Folded is the form of a text in which it is compared without regard to case.
func Folded(text string) string { return strings.ToLower(text) }

// ValuesOf implements ingest.ValueTx.
func (t *Tx) ValuesOf(assets []ingest.Number, fields []string) ([]ingest.Value, error) {
	if len(assets) == 0 {
		return nil, nil
	}
	var q query
	q.add(`SELECT asset, field, position, text, num FROM asset_values WHERE `)
	in(&q, "asset", assets)
	if fields != nil {
		q.add(` AND `)
		in(&q, "field", fields)
	}
	q.add(` ORDER BY asset, field, position`)
	return many(t, "sqlstore.ValuesOf", readValue, q.String(), q.args...)
}

// RenameValue implements ingest.ValueTx.
func (t *Tx) RenameValue(company ingest.Number, field, from, to string) error {
	return t.exec("sqlstore.RenameValue", "value",
		`UPDATE asset_values SET text = $1, folded = $2 WHERE company = $3 AND field = $4 AND folded = $5 AND text = $6`,
		to, Folded(to), company, field, Folded(from), from)
}

// DeleteValue implements ingest.ValueTx.
func (t *Tx) DeleteValue(company ingest.Number, field, text string, all bool) error {
	const op = "sqlstore.DeleteValue"
	if all {
		return t.exec(op, "value", `DELETE FROM asset_values WHERE company = $1 AND field = $2`, company, field)
	}
	return t.exec(op, "value",
		`DELETE FROM asset_values WHERE company = $1 AND field = $2 AND folded = $3 AND text = $4`, company, field, Folded(text), text)
}

func readValue(rows Rows) (ingest.Value, error) {
	var v ingest.Value
	var num sql.NullFloat64
	err := rows.Scan((*int64)(&v.Asset), &v.Field, &v.Position, &v.Text, &num)
	if num.Valid {
		v.Num = &num.Float64
	}
	return v, err
}
