package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"sluice/internal/config"
	"sluice/internal/people"
)

// passwordFlags say where a new password comes from. Passwords are no flags
// themselves, because other users of the machine can read command lines.
type passwordFlags struct {
	PasswordStdin bool   `name:"password-stdin" xor:"password" help:"Read the password from standard input (first line)."`
	PasswordFile  string `name:"password-file" xor:"password" placeholder:"FILE" help:"Read the password from a file (first line)."`
}

// read returns the password, and whether it was made here because no source
// was named.
func (f passwordFlags) read(c console) (password string, made bool, err error) {
	switch {
	case f.PasswordStdin:
		password, err = firstLine(c.in)
	case f.PasswordFile != "":
		file, openErr := os.Open(f.PasswordFile)
		if openErr != nil {
			return "", false, openErr
		}
		defer file.Close()
		password, err = firstLine(file)
	default:
		return people.NewPassword(), true, nil
	}
	if err == nil && password == "" {
		err = errors.New("the password is empty")
	}
	return password, false, err
}

// firstLine reads up to the first line end, bounded.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 64<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// expiry is a point in time: a date, or a span from now.
type expiry struct{ text string }

// UnmarshalText keeps the text; what "from now" is, the command knows.
func (e *expiry) UnmarshalText(text []byte) error {
	e.text = string(text)
	_, err := e.at(time.Now())
	return err
}

// at returns the time that is meant; zero means never.
func (e expiry) at(now time.Time) (time.Time, error) {
	if e.text == "" || e.text == "never" {
		return time.Time{}, nil
	}
	var span config.Duration
	if err := span.UnmarshalText([]byte(e.text)); err == nil {
		return now.Add(span.Std()), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.ParseInLocation(layout, e.text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 90d, 2027-01-31, 2027-01-31T12:00:00Z or never", e.text)
}

// day shows a time in a list.
func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateOnly)
}
