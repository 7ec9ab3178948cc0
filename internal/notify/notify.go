// Package notify sends letters to people: by a mail server, or, where none is set up,
// to the server's own output, for trying things out.
//
// It promises that nothing of a recipient or a subject gets into another line of a
// letter's head, that no password travels without TLS, that sending ends within a
// bounded time, and that neither passwords nor letters are in what fails.
package notify

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"sluice/internal/ingest"
)

// Limits of what is sent, in bytes.
const (
	maxAddress = 254 // RFC 5321 section 4.5.3.1.3, without the brackets
	maxSubject = 200
)

// CheckAddress refuses what is not the plain address of one mailbox, as
// name@example.com: no display name, no comment, no second one.
func CheckAddress(address string) error {
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || len(address) > maxAddress || hasControl(address) || strings.ContainsAny(address, " \"<>") {
		return &ingest.Error{Kind: ingest.Invalid, Op: "notify.CheckAddress", Msg: "This is not an e-mail address."}
	}
	return nil
}

// checkSubject refuses what does not fit into one line.
func checkSubject(subject string) error {
	if len(subject) > maxSubject || hasControl(subject) {
		return &ingest.Error{Kind: ingest.Invalid, Op: "notify.Send", Msg: fmt.Sprintf("A subject is one line of at most %d bytes.", maxSubject)}
	}
	return nil
}

func hasControl(s string) bool { return strings.IndexFunc(s, unicode.IsControl) >= 0 }
