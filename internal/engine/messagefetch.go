package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sluice/internal/ingest"
)

// How much one fetch answers.
const (
	DefaultFetch = 100
	MaxFetch     = 500
	fetchBytes   = 2 << 20 // of the texts of either list; what is left comes with the next fetch

	// A device whose newest message is not known here gets a recent window.
	recentMessages = 100
	recentTime     = 7 * 24 * time.Hour
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
}

// FetchMessages returns the messages of the caller that a device does not have. It
// changes nothing, so that every device of a user gets all of them. A device that
// names no message, or one that is not known here, gets the last 100 of the last
// seven days. Either list has at most 2 MiB of texts, but at least one message if
// there is any.
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
		base := ingest.MessageRange{Company: company, User: p.User, Bytes: fetchBytes}
		r, err := e.since(tx, base, s.LastReceived, limit, func(m *ingest.TextMessage) bool {
			return slices.ContainsFunc(m.To, func(a ingest.MessageAddress) bool { return a.User == p.User })
		})
		if err != nil {
			return err
		}
		list, err := tx.MessagesReceived(r)
		if err != nil {
			return err
		}
		f.Received = views(list, func(m *ingest.TextMessage) string { return m.From })
		if r, err = e.since(tx, base, s.LastSent, limit, func(m *ingest.TextMessage) bool { return m.Sender == p.User }); err != nil {
			return err
		}
		list, err = tx.MessagesSent(r)
		f.Sent = views(list, func(m *ingest.TextMessage) string { return addressList(m.To) })
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

// views shows messages to one side. Messages between two are in the conversation that
// is called by the other's address.
func views(list []*ingest.TextMessage, other func(*ingest.TextMessage) string) []MessageView {
	views := make([]MessageView, len(list))
	for i, m := range list {
		views[i] = MessageView{TextMessage: m, Recipient: addressList(m.To), Stream: cmp.Or(m.Stream, other(m))}
	}
	return views
}
