package sqlite

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
)

// bindValue converts an argument to what the driver takes: numbers and strings
// of named types become int64 and string.
func bindValue(a any) driver.Value {
	switch v := a.(type) {
	case nil, int64, string, []byte:
		return v
	case int:
		return int64(v)
	}
	switch v := reflect.ValueOf(a); v.Kind() {
	case reflect.Int64, reflect.Int, reflect.Int32:
		return v.Int()
	case reflect.String:
		return v.String()
	}
	return a // the driver says what it cannot take
}

// scanValue stores a column in the target of a Scan.
func scanValue(dest any, v driver.Value) error {
	switch d := dest.(type) {
	case *int64:
		if n, ok := v.(int64); ok {
			*d = n
			return nil
		}
	case *int:
		if n, ok := v.(int64); ok {
			*d = int(n)
			return nil
		}
	case *string:
		if s, ok := v.(string); ok {
			*d = s
			return nil
		}
	case *float64:
		if f, ok := v.(float64); ok {
			*d = f
			return nil
		}
	case *sql.NullFloat64:
		f, ok := v.(float64)
		if ok || v == nil {
			*d = sql.NullFloat64{Float64: f, Valid: ok}
			return nil
		}
	case *[]byte:
		switch b := v.(type) {
		case nil:
			*d = nil
			return nil
		case []byte:
			*d = b
			return nil
		}
	}
	return fmt.Errorf("cannot store %T in %T", v, dest)
}
