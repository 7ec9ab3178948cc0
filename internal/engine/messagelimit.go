package engine

import (
	"fmt"

	"sluice/internal/ingest"
)

// ExceededError is the cause of a failure for a limit whose figures a door tells to
// people.
type ExceededError struct {
	Limit int64
	Value int64 // what there would have been
}

// Error implements error.
func (e *ExceededError) Error() string {
	return fmt.Sprintf("the limit is %d, it would have been %d", e.Limit, e.Value)
}

// messageSubject is the counter of a user's messages.
func messageSubject(user ingest.Number) string { return "messages of " + ingest.UserSubject(user) }

// messageRate refuses what a user sends too fast. Each recipient counts, because most
// apps send a message to several as several messages.
func (e *Engine) messageRate(p ingest.Principal, c *ingest.Company, recipients int) error {
	limit := orDefault(c.Settings.Softphone.MessageRate, ingest.DefaultMessageRate)
	all, ok := e.sending.allow(c.Number, messageSubject(p.User), int64(recipients), limit, e.now())
	if ok {
		return nil
	}
	return &ingest.Error{
		Kind: ingest.Throttled, Op: "engine.SendMessage", Code: ingest.CodeLimit, Err: &ExceededError{Limit: limit, Value: all},
		Msg: fmt.Sprintf("messages of the user to %d recipients within a minute, the limit is %d", all, limit),
	}
}

// chargeMessage counts the text of a message against the limit of its sender's day,
// in a locked company, or refuses it.
func (e *Engine) chargeMessage(tx ingest.Tx, p ingest.Principal, c *ingest.Company, size int64) error {
	limit := orDefault(c.Settings.Softphone.MessageDayBytes, ingest.DefaultMessageDayBytes)
	counter := ingest.DayUse{Company: c.Number, Subject: messageSubject(p.User), Day: ingest.DayOf(e.now())}
	used, err := tx.DayUsage(counter)
	if err != nil {
		return err
	}
	if all := used.Bytes + size; all > limit {
		return &ingest.Error{
			Kind: ingest.TooLarge, Op: "engine.SendMessage", Code: ingest.CodeQuota, Err: &ExceededError{Limit: limit, Value: all},
			Msg: fmt.Sprintf("the user's quota of messages is %d bytes a day, %d are used and %d more were sent", limit, used.Bytes, size),
		}
	}
	return tx.AddDayUse(ingest.Usage{Files: 1, Bytes: size}, counter)
}
