package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"sluice/internal/ingest"
)

// Limits of messages.
const (
	MaxMessageBytes      = 512 << 10 // text of a message
	MaxMessageRecipients = 50
	maxMessageField      = 1024 // bytes of a content type, of what receipts are asked for, of a conversation
)

// MessageSpec is a message that is to be sent.
type MessageSpec struct {
	To          []string // at least one; each may list several, separated by commas
	ContentType string   // "" = text/plain
	Disposition string   // which receipts are asked for, kept as it is
	Stream      string   // conversation of a message to several; "" = one that follows from who takes part
	Body        string   // UTF-8, at most MaxMessageBytes
	Transfers   []string // tokens of the store-and-forward objects that Body names; foreign and unknown ones do no harm
}

// check refuses what cannot be kept.
func (s *MessageSpec) check() error {
	const op = "engine.SendMessage"
	if len(s.Body) > MaxMessageBytes {
		return &ingest.Error{Kind: ingest.TooLarge, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the message has %d bytes, the limit is %d", len(s.Body), MaxMessageBytes)}
	}
	if !utf8.ValidString(s.Body) || strings.ContainsRune(s.Body, 0) {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMalformed, Msg: "the message is not valid UTF-8 text"}
	}
	for _, field := range []struct{ value, what string }{{s.ContentType, "content type"}, {s.Disposition, "disposition notification"}, {s.Stream, "stream id"}} {
		if err := checkText(field.value, field.what); err != nil {
			return err
		}
		if len(field.value) > maxMessageField {
			return tooLong(op, field.what, len(field.value), maxMessageField)
		}
	}
	return nil
}

// SendMessage stores a message and, where the company wants to be told, queues the
// calls to its server. What is sent twice is two messages.
//
// Errors: those of authorisation and of Recipients; Invalid with CodeRecipient
// without any; TooLarge with CodeLimit and Invalid for what cannot be kept; Throttled
// with CodeLimit and TooLarge with CodeQuota, both for an ExceededError, when the user
// has sent too much.
func (e *Engine) SendMessage(ctx context.Context, p ingest.Principal, company ingest.Number, s MessageSpec) (m *ingest.TextMessage, err error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.ContentType == "" {
		s.ContentType = "text/plain"
	}
	id := newMessageID()
	pushed, counted := false, false
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, company, rightRead)
		if err != nil {
			return err
		}
		if err := tx.LockCompany(c.Number); err != nil { // so that readers see numbers in order
			return err
		}
		to, err := recipients(tx, c, s.To)
		if err != nil {
			return err
		}
		if len(to) == 0 {
			return badRecipient("the message has no recipient")
		}
		if !counted { // the transaction may run again
			if err := e.messageRate(p, c, len(to)); err != nil {
				return err
			}
			counted = true
		}
		if err := e.chargeMessage(tx, p, c, int64(len(s.Body))); err != nil {
			return err
		}
		from, err := senderAddress(tx, p)
		if err != nil {
			return err
		}
		m = &ingest.TextMessage{
			ID: id, Company: c.Number, Sender: p.User, From: from, To: to, Stream: s.Stream,
			ContentType: s.ContentType, Disposition: s.Disposition, Body: s.Body, Created: e.now(),
		}
		if m.Stream == "" && len(to) > 1 {
			m.Stream = groupStream(m)
		}
		if err := tx.CreateMessage(m); err != nil {
			return err
		}
		if err := e.referTransfers(tx, c, s.Transfers); err != nil {
			return err
		}
		pushed, err = e.queuePushes(tx, c, m)
		return err
	})
	if err != nil {
		return nil, err
	}
	if pushed {
		e.wakePushWorkers()
	}
	return m, nil
}

// newMessageID makes the name of a message, which tells nothing of its order.
func newMessageID() string {
	var id [16]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

// groupStream names the conversation of all who take part in a message, whoever of
// them sends it.
func groupStream(m *ingest.TextMessage) string {
	parts := []string{strings.ToLower(m.From)}
	for _, to := range m.To {
		parts = append(parts, strings.ToLower(to.Address))
	}
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(parts), ",")))
	return "group-" + hex.EncodeToString(sum[:12])
}

// addressList joins the addresses of recipients.
func addressList(to []ingest.MessageAddress) string {
	texts := make([]string, len(to))
	for i, a := range to {
		texts[i] = a.Address
	}
	return strings.Join(texts, ",")
}
