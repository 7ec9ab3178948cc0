package notify

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"sluice/internal/ingest"
)

// Console writes letters to a stream instead of sending them. It is for trying things
// out: who reads the stream reads the codes in the letters. It is safe for concurrent
// use.
type Console struct {
	mu  sync.Mutex
	out io.Writer
}

// NewConsole returns a mailer that writes to a stream.
func NewConsole(out io.Writer) *Console { return &Console{out: out} }

// Send writes a letter between two lines that say what it is.
func (c *Console) Send(_ context.Context, to, subject, text string) error {
	if err := CheckAddress(to); err != nil {
		return err
	}
	if err := checkSubject(subject); err != nil {
		return err
	}
	printable := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, text)
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := fmt.Fprintf(c.out, "----- letter not sent, no mail server is set up (--mail-url) -----\nTo: %s\nSubject: %s\n\n%s\n----- end of letter -----\n",
		to, subject, strings.TrimRight(printable, "\n"))
	if err != nil {
		return &ingest.Error{Kind: ingest.Unavailable, Op: "notify.Send", Msg: "The letter could not be written.", Err: err}
	}
	return nil
}
