package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sluice/internal/ingest"
)

// Times and tries of pushes: about two days.
const (
	pushAttempts    = 54
	pushBackoff     = 10 * time.Second // before the second run; twice as long before each further one
	pushLongestWait = time.Hour
)

// Pushes is the queue of the calls that tell companies' servers of messages, and of
// the letters that tell people of their jobs. Workers of their own make them, so that
// a server that does not answer holds up nothing else. It is safe for concurrent use.
type Pushes struct{ *Engine }

// pushKinds lists the kinds of tasks that tell others of what has happened.
func pushKinds() []ingest.TaskKind { return []ingest.TaskKind{ingest.TaskPush, ingest.TaskLetter} }

// ClaimTasks is Engine.ClaimTasks for pushes.
func (p Pushes) ClaimTasks(ctx context.Context, limit int) ([]*ingest.Task, error) {
	return p.claim(ctx, pushKinds(), limit, pushAttempts)
}

// NextTask is Engine.NextTask for pushes.
func (p Pushes) NextTask(ctx context.Context) (at time.Time, ok bool, err error) {
	err = p.store.View(ctx, func(tx ingest.Tx) error {
		at, ok, err = tx.NextRun(pushKinds())
		return err
	})
	return at, ok, err
}

// Wake is sent to when a push may be ready to be made.
func (p Pushes) Wake() <-chan struct{} { return p.wakePush }

// FailTask notes that a push was not taken: it is made again later, for two days.
func (p Pushes) FailTask(ctx context.Context, t *ingest.Task, f Failure) error {
	err := p.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, err := current(tx, t)
		if err != nil {
			return err
		}
		fresh.Error = f.Reason
		if f.Final || fresh.Attempts >= pushAttempts {
			fresh.State, fresh.Finished = ingest.TaskFailed, p.now()
			return tx.UpdateTask(fresh)
		}
		wait := pushBackoff
		for range fresh.Attempts - 1 {
			wait = min(wait*2, pushLongestWait)
		}
		fresh.State, fresh.RunAt = ingest.TaskQueued, p.now().Add(wait)
		return tx.UpdateTask(fresh)
	})
	if errors.Is(err, errStale) {
		return nil
	}
	return err
}

func (e *Engine) wakePushWorkers() {
	select {
	case e.wakePush <- struct{}{}:
	default:
	}
}

// pushStep is what a push task tells of: one recipient of a message.
type pushStep struct {
	Message ingest.Number `json:"message"`
	To      int           `json:"to"` // index of the recipient
}

// queuePushes queues a call for every recipient of a message, where the company has
// a server that wants to know. It reports whether there are any.
func (e *Engine) queuePushes(tx ingest.Tx, c *ingest.Company, m *ingest.TextMessage) (bool, error) {
	if c.Settings.Softphone.PushURL == "" {
		return false, nil
	}
	for i := range m.To {
		params, err := json.Marshal(pushStep{Message: m.Number, To: i})
		if err != nil {
			return false, err
		}
		err = tx.CreateTask(&ingest.Task{
			UUID: e.newUUID(), Company: c.Number, Kind: ingest.TaskPush, State: ingest.TaskQueued, Params: params, RunAt: m.Created, Created: m.Created,
		})
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// Push is a call that is to be made.
type Push struct {
	URL    string
	Secret string // signs the call; "" = it is not signed
	Key    string // the same in every attempt
	Event  PushEvent
}

// PushEvent is what a company's server is told of a message.
type PushEvent struct {
	Type        string    `json:"type"` // PushReceived or PushOutbound
	Time        time.Time `json:"timestamp"`
	Company     string    `json:"company"` // slug
	ID          string    `json:"id"`      // of the message
	From        string    `json:"from"`
	To          string    `json:"to"`
	Login       string    `json:"login,omitempty"` // of the recipient
	StreamID    string    `json:"streamId"`
	ContentType string    `json:"contentType"`
	Size        int       `json:"size"` // bytes of the text
	Text        *string   `json:"text,omitempty"`
}

// Types of events.
const (
	PushReceived = "message.received" // for a user of the company
	PushOutbound = "message.outbound" // for somebody whom the company does not know
)

// Push returns the call of a push task, and false when nobody wants it any more: the
// message has been deleted, or the company has no server.
func (e *Engine) Push(ctx context.Context, t *ingest.Task) (push Push, wanted bool, err error) {
	var step pushStep
	if err := json.Unmarshal(t.Params, &step); err != nil {
		return push, false, &ingest.Error{Kind: ingest.Internal, Op: "engine.Push", Err: err}
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err := tx.Company(t.Company)
		if err != nil {
			return err
		}
		m, err := tx.TextMessage(step.Message)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			return nil
		}
		set := c.Settings.Softphone
		if err != nil || set.PushURL == "" || step.To >= len(m.To) {
			return err
		}
		to := m.To[step.To]
		push = Push{URL: set.PushURL, Secret: set.PushSecret, Key: fmt.Sprintf("%s.%d", m.ID, step.To), Event: PushEvent{
			Type: PushOutbound, Time: m.Created.UTC(), Company: c.Slug, ID: m.ID, From: m.From, To: to.Address, StreamID: m.Stream,
			ContentType: m.ContentType, Size: len(m.Body),
		}}
		if m.Stream == "" {
			push.Event.StreamID = m.From
		}
		if set.PushText {
			push.Event.Text = &m.Body
		}
		wanted = true
		if to.User == 0 {
			return nil
		}
		push.Event.Type = PushReceived
		u, err := tx.User(to.User)
		if err == nil {
			push.Event.Login = u.Login
		} else if ingest.KindOf(err) == ingest.NotFound {
			err = nil
		}
		return err
	})
	return push, wanted && err == nil, err
}
