package engine

import (
	"context"
	"slices"
	"time"

	"sluice/internal/ingest"
)

// How much one fetch answers.
const (
	DefaultFetch = 100
	MaxFetch     = 500
	fetchBytes   = 4 << 20 // of text; what is left comes with the next fetch
	fetchBatch   = 25      // messages that are read at once

	// A device whose newest message is not known here gets a recent window.
	recentMessages = 100
	recentTime     = 7 * 24 * time.Hour

	mostDisplayed = 500 // messages that are marked at once
)

// FetchSpec says which messages a device has.
type FetchSpec struct {
	LastReceived string // ID of the newest message that it has received; "" = none
	LastSent     string // ID of the newest message of its user's own that it knows; "" = none
	Limit        int    // most messages of either list; 0 = DefaultFetch, at most MaxFetch
}

// Fetched is what a device does not have yet, in order of arrival.
type Fetched struct {
	Now      time.Time // of the server
	Received []MessageView
	Sent     []MessageView
}

// MessageView is a message as one side sees it.
type MessageView struct {
	*ingest.TextMessage
	Recipient string // addresses, separated by commas
	Stream    string // the other side's address, or the conversation of several
	Displayed bool   // received ones: read on any device
}

// FetchMessages returns the messages of the caller that a device does not have. It
// changes nothing, so that every device of a user gets all of them. A device that
// names no message, or one that is not known here, gets the last 100 of the last
// seven days.
func (e *Engine) FetchMessages(ctx context.Context, p ingest.Principal, company ingest.Number, s FetchSpec) (f Fetched, err error) {
	limit := min(s.Limit, MaxFetch)
	if limit <= 0 {
		limit = DefaultFetch
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		f = Fetched{Now: e.now()}
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		base := ingest.MessageRange{Company: company, User: p.User}
		r, err := e.since(tx, base, s.LastReceived, limit, func(m *ingest.TextMessage) bool {
			return slices.ContainsFunc(m.To, func(a ingest.MessageAddress) bool { return a.User == p.User })
		})
		if err != nil {
			return err
		}
		if f.Received, err = collect(r, func(r ingest.MessageRange) ([]MessageView, error) { return received(tx, r) }); err != nil {
			return err
		}
		if r, err = e.since(tx, base, s.LastSent, limit, func(m *ingest.TextMessage) bool { return m.Sender == p.User }); err != nil {
			return err
		}
		f.Sent, err = collect(r, func(r ingest.MessageRange) ([]MessageView, error) { return sent(tx, r) })
		return err
	})
	return f, err
}

// since narrows a range to what follows the message that a device has last, or to
// the recent window when that is not a message of the list.
func (e *Engine) since(tx ingest.Tx, r ingest.MessageRange, last string, limit int, listed func(*ingest.TextMessage) bool) (ingest.MessageRange, error) {
	r.Limit = limit
	if last != "" {
		m, err := tx.MessageByID(r.Company, last)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return r, err
		}
		if err == nil && listed(m) {
			r.After = m.Number
			return r, nil
		}
	}
	r.Newest, r.Since, r.Limit = true, e.now().Add(-recentTime), min(limit, recentMessages)
	return r, nil
}

// collect reads a range in batches until it is full or has enough text.
func collect(r ingest.MessageRange, read func(ingest.MessageRange) ([]MessageView, error)) ([]MessageView, error) {
	var list []MessageView
	bytes, want := 0, r.Limit
	for len(list) < want && bytes < fetchBytes {
		r.Limit = min(want-len(list), fetchBatch)
		some, err := read(r)
		if err != nil {
			return nil, err
		}
		for _, m := range some {
			bytes += len(m.Body)
		}
		if r.Newest {
			list = append(some, list...)
		} else {
			list = append(list, some...)
		}
		if len(some) < r.Limit {
			break
		}
		if r.Newest {
			r.Before = some[0].Number
		} else {
			r.After = some[len(some)-1].Number
		}
	}
	return list, nil
}

func received(tx ingest.Tx, r ingest.MessageRange) ([]MessageView, error) {
	list, err := tx.MessagesReceived(r)
	views := make([]MessageView, len(list))
	for i, m := range list {
		views[i] = MessageView{TextMessage: m.TextMessage, Recipient: addressList(m.To), Stream: m.TextMessage.Stream, Displayed: m.Displayed}
		if views[i].Stream == "" {
			views[i].Stream = m.From
		}
	}
	return views, err
}

func sent(tx ingest.Tx, r ingest.MessageRange) ([]MessageView, error) {
	list, err := tx.MessagesSent(r)
	views := make([]MessageView, len(list))
	for i, m := range list {
		views[i] = MessageView{TextMessage: m, Recipient: addressList(m.To), Stream: m.Stream}
		if m.Stream == "" {
			views[i].Stream = views[i].Recipient
		}
	}
	return views, err
}

// MarkDisplayed notes that the caller has read messages. Those that the caller has
// not received are passed over.
func (e *Engine) MarkDisplayed(ctx context.Context, p ingest.Principal, company ingest.Number, ids []string) error {
	if len(ids) > mostDisplayed {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.MarkDisplayed", Code: ingest.CodeLimit, Msg: "too many messages are marked at once"}
	}
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		for _, id := range ids {
			m, err := tx.MessageByID(company, id)
			if err == nil {
				err = tx.SetDisplayed(company, p.User, m.Number)
			}
			if err != nil && ingest.KindOf(err) != ingest.NotFound {
				return err
			}
		}
		return nil
	})
}
