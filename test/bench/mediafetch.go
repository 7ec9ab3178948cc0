package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/store/sqlite"
)

// newMessages is how many messages a device does not have yet.
const newMessages = 100

// mailbox is a database with many messages. The caller has three of four received from
// another user and sent the others; the other user of the first half is a third of the
// second half, so that all that it has is old.
type mailbox struct {
	store                  *sqlite.Store
	engine                 *engine.Engine
	company                *ingest.Company
	caller, old            ingest.Principal
	known, newest, newSent string // IDs: the one before the new ones, the newest received and sent ones
}

// fetches measures Fetch Messages among many stored messages, over HTTP and in the
// process, and whether polling writes anything.
func (b *mediaBench) fetches(ctx context.Context) (err error) {
	s, err := startServer(ctx, b.root, b.sluice("sluice"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	m, err := b.openMailbox(ctx, s.place.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.store.Close()) }()
	began := time.Now()
	if err := m.fill(ctx, b.messages); err != nil {
		return fmt.Errorf("storing messages: %w", err)
	}
	fmt.Fprintf(os.Stderr, "stored %d messages in %s\n", b.messages, time.Since(began).Round(time.Second))
	c := newConn(s.place.addr)
	defer c.close()
	t := table{head: []string{fmt.Sprintf("Fetch among %d messages", b.messages), "messages", "in the process, ms", "over HTTP, ms"}}
	for _, q := range []struct {
		name           string
		p              ingest.Principal
		received, sent string
		want           int
		http           bool
	}{
		{"100 new", m.caller, m.known, m.newSent, newMessages, true},
		{"nothing new", m.caller, m.newest, m.newSent, 0, true},
		{"the first one of a device", m.caller, "", "", 2 * newMessages, true},
		{"the first one where all is old", m.old, "", "", 0, false},
	} {
		inside, err := b.sample(func() (int, time.Duration, error) { return m.inside(ctx, q.p, q.received, q.sent) }, q.want)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		outside := summary{}
		if q.http {
			if outside, err = b.sample(func() (int, time.Duration, error) { return b.outside(ctx, c, q.received, q.sent) }, q.want); err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
		}
		t.rows = append(t.rows, []string{q.name, fmt.Sprint(q.want), inside.text(2), outside.text(2)})
	}
	fmt.Println(t.markdown())
	return b.polling(ctx, s, c, m)
}

// sample calls a fetch several times, checks how many messages it returns, and leaves
// out the first call.
func (b *mediaBench) sample(fetch func() (int, time.Duration, error), want int) (summary, error) {
	var times []float64
	for i := range b.samples + 1 {
		n, took, err := fetch()
		if err == nil && n != want {
			err = fmt.Errorf("%d messages, want %d", n, want)
		}
		if err != nil {
			return summary{}, err
		}
		if i > 0 {
			times = append(times, took.Seconds()*1e3)
		}
	}
	return summarise(times), nil
}

func (m *mailbox) inside(ctx context.Context, p ingest.Principal, received, sent string) (int, time.Duration, error) {
	began := time.Now()
	f, err := m.engine.FetchMessages(ctx, p, m.company.Number, engine.FetchSpec{LastReceived: received, LastSent: sent})
	return len(f.Received) + len(f.Sent), time.Since(began), err
}

func (b *mediaBench) outside(ctx context.Context, c *conn, received, sent string) (int, time.Duration, error) {
	body, err := json.Marshal(map[string]string{"username": b.login.user, "password": b.login.password, "last_id": received, "last_sent_id": sent, "device": "bench"})
	if err != nil {
		return 0, 0, err
	}
	r := request{method: http.MethodPost, target: mediaTarget + "fetch_messages", header: []string{"Content-Type: application/json"}, prefix: body}
	began := time.Now()
	a, err := c.do(ctx, r)
	took := time.Since(began)
	if err == nil {
		err = a.expect("fetching messages", http.StatusOK)
	}
	if err != nil {
		return 0, 0, err
	}
	var lists struct {
		Received []json.RawMessage `json:"received_smss"`
		Sent     []json.RawMessage `json:"sent_smss"`
	}
	err = json.Unmarshal(a.body, &lists)
	return len(lists.Received) + len(lists.Sent), took, err
}

// polling compares the files of the database before and after many fetches of nothing.
func (b *mediaBench) polling(ctx context.Context, s *server, c *conn, m *mailbox) error {
	const polls = 1000
	state := func() (string, error) {
		h := sha256.New()
		for _, suffix := range []string{"", "-wal"} {
			path := filepath.Join(s.place.data, databaseName+suffix)
			info, err := os.Stat(path)
			if err != nil {
				return "", err
			}
			fmt.Fprintln(h, info.Size(), info.ModTime())
			if suffix == "" {
				continue // too large to be read
			}
			f, err := os.Open(path)
			if err != nil {
				return "", err
			}
			_, err = io.Copy(h, f)
			_ = f.Close()
			if err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%x", h.Sum(nil)), nil
	}
	before, err := state()
	if err != nil {
		return err
	}
	for range polls {
		if _, _, err := b.outside(ctx, c, m.newest, m.newSent); err != nil {
			return err
		}
	}
	after, err := state()
	if err != nil {
		return err
	}
	verdict := "wrote nothing: database and write-ahead log are the same"
	if before != after {
		verdict = "CHANGED the database or its write-ahead log"
	}
	fmt.Printf("%d fetches with nothing new %s.\n\n", polls, verdict)
	return nil
}

// databaseName is the file of the database in the data directory.
const databaseName = "sluice.db"

// openMailbox opens the database of a running server beside it.
func (b *mediaBench) openMailbox(ctx context.Context, dir string) (*mailbox, error) {
	quiet := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(ctx, filepath.Join(dir, databaseName), sqlite.Options{Logger: quiet})
	if err != nil {
		return nil, err
	}
	m := &mailbox{store: store}
	err = store.Update(ctx, func(tx ingest.Tx) error {
		var err error
		if m.company, err = tx.CompanyByName(b.login.company); err != nil {
			return err
		}
		// The messages are as old as two years.
		m.company.Settings.Softphone.MessageRetention = 10 * 365 * 24 * time.Hour
		if err := tx.UpdateCompany(m.company); err != nil {
			return err
		}
		admin, err := tx.UserByLogin(b.login.user)
		if err != nil {
			return err
		}
		m.caller = admin.Principal(nil)
		u := &ingest.User{UUID: id.New(), Login: "old", Created: time.Now()}
		if err := tx.CreateUser(u); err != nil {
			return err
		}
		member := ingest.Membership{User: u.Number, Company: m.company.Number, Role: ingest.RoleEditor, Active: true}
		m.old = u.Principal([]ingest.Membership{member})
		return tx.PutMembership(member)
	})
	if err != nil {
		return nil, fmt.Errorf("making a user: %w", errors.Join(err, store.Close()))
	}
	// Messages have no bytes, so that there is no place for any.
	m.engine = engine.New(engine.Config{Store: store, Now: time.Now, NewUUID: id.New, Detect: func([]byte, string) string { return "" }, Log: quiet})
	return m, nil
}

// fill stores messages of the last two years.
func (m *mailbox) fill(ctx context.Context, count int) error {
	const batch = 2000
	start := time.Now().AddDate(-2, 0, 0)
	step := time.Since(start) / time.Duration(count)
	var received []string
	for first := 0; first < count; first += batch {
		err := m.store.Update(ctx, func(tx ingest.Tx) error {
			for i := first; i < min(first+batch, count); i++ {
				message := m.message(i, count, start.Add(time.Duration(i)*step))
				if err := tx.CreateMessage(message); err != nil {
					return err
				}
				if message.Sender == m.caller.User {
					m.newSent = message.ID
				} else {
					received = append(received, message.ID)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(received) <= newMessages {
		return fmt.Errorf("%d messages are too few", count)
	}
	m.newest, m.known = received[len(received)-1], received[len(received)-1-newMessages]
	return nil
}

func (m *mailbox) message(i, count int, created time.Time) *ingest.TextMessage {
	other := ingest.Number(0)
	if i < count/2 {
		other = m.old.User
	}
	from, to := other, m.caller.User
	if i%4 == 3 {
		from, to = to, from
	}
	sum := sha256.Sum256(fmt.Append(nil, i))
	return &ingest.TextMessage{
		ID: fmt.Sprintf("%x", sum[:16]), Company: m.company.Number, Sender: from, From: fmt.Sprintf("+4201000%05d", from),
		To:          []ingest.MessageAddress{{Address: fmt.Sprintf("+4201000%05d", to), User: to}},
		ContentType: "text/plain", Body: fmt.Sprintf("Message %d, of the length that people write on a phone when they have something to say.", i), Created: created,
	}
}
