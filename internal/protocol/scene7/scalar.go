package scene7

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// xmlBlanks is what may surround a value that is not free text.
const xmlBlanks = " \t\r\n"

// parseScalar reads a value of a simple type and checks it against the rules of its field. Blanks may surround every
// value but free text. The error says what was expected and does not repeat the value.
func parseScalar(field *Field, text string) (any, error) {
	trimmed := strings.Trim(text, xmlBlanks)
	switch field.Type {
	case typeBoolean:
		return parseBool(trimmed)
	case typeInt:
		n, err := strconv.ParseInt(trimmed, 10, 32)
		if err != nil {
			return nil, errors.New("must be a whole number of 32 bits")
		}
		return int(n), field.Range.check(float64(n))
	case typeLong:
		n, err := strconv.ParseInt(trimmed, 10, 64)
		if err != nil {
			return nil, errors.New("must be a whole number of 64 bits")
		}
		return n, field.Range.check(float64(n))
	case typeDouble:
		return parseDouble(field, trimmed)
	case typeDateTime:
		return parseTime(trimmed)
	case typeBinary:
		return parseBinary(trimmed)
	}
	return parseString(field, text)
}

func parseString(field *Field, text string) (any, error) {
	if field.Enum == nil {
		if field.MaxBytes > 0 && len(text) > field.MaxBytes {
			return nil, fmt.Errorf("must not be longer than %d bytes, is %d", field.MaxBytes, len(text))
		}
		return text, nil
	}
	text = strings.Trim(text, xmlBlanks)
	if meant, ok := field.Synonyms[text]; ok {
		return meant, nil
	}
	if !slices.Contains(field.Enum, text) {
		return nil, errors.New("must be one of " + strings.Join(field.Enum, ", "))
	}
	return text, nil
}

func parseBool(text string) (any, error) {
	switch text {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return nil, errors.New("must be true, false, 1 or 0")
}

// parseDouble takes decimal notation with or without exponent. Infinities and NaN, legal in XML Schema, make no sense
// in any field and are refused, as are the hexadecimal numbers and underscores that Go knows.
func parseDouble(field *Field, text string) (any, error) {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.Trim(text, "0123456789+-.eE") != "" || math.IsInf(value, 0) {
		return nil, errors.New("must be a number")
	}
	if value == 0 {
		value = 0 // no negative zero
	}
	return value, field.Range.check(value)
}

// parseTime reads an XML Schema dateTime. Without a zone it is UTC.
func parseTime(text string) (any, error) {
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return nil, errors.New("must be a date and time such as 2011-03-01T17:04:40.177-06:00")
}

func parseBinary(text string) (any, error) {
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, errors.New("must be base64")
	}
	return data, nil
}

// check holds a number against the range; a nil range allows everything.
func (r *Range) check(value float64) error {
	if r != nil && (value < r.Min || value > r.Max) {
		return fmt.Errorf("must be from %s to %s", shortest(r.Min), shortest(r.Max))
	}
	return nil
}

// formatScalar writes a value of a simple type as XML text, not escaped. Times have milliseconds and a numeric offset.
func formatScalar(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		text := shortest(v)
		if !strings.ContainsAny(text, ".e") {
			text += ".0" // as Java servers write doubles
		}
		return text
	case time.Time:
		return v.Format("2006-01-02T15:04:05.000-07:00")
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	}
	return ""
}

func shortest(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }
