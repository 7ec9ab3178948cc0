package sqlstore

import (
	"encoding/json"
	"time"
)

// micros is the column form of a time: microseconds since the Unix epoch, 0 for
// the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant is the inverse of micros.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// flag is the column form of a bool.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// toJSON is the column form of a structure: "" when it marshals to null, {} or [].
func toJSON(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	switch string(text) {
	case "null", "{}", "[]":
		return "", nil
	}
	return string(text), nil
}

// fromJSON is the inverse of toJSON.
func fromJSON(text string, v any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), v)
}

// bytesOrNull keeps an empty slice from becoming an empty value that differs
// from none.
func bytesOrNull(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}
