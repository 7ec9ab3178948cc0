package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// everySchedule is how many schedules are looked through at once.
const everySchedule = 1_000_000

// scheduleWatch remembers when the next schedule is due, so that looking for due ones
// costs nothing in between. Its zero value knows nothing.
type scheduleWatch struct {
	mu    sync.Mutex
	known bool
	next  time.Time // zero = no schedule
	epoch int       // counted up by forget
}

// forget makes the next look read all schedules. It is called after a change to one
// has been committed.
func (w *scheduleWatch) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = false
	w.epoch++
}

// due reports whether a schedule may be due, and a mark for learn.
func (w *scheduleWatch) due(now time.Time) (bool, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.known || !w.next.IsZero() && !w.next.After(now), w.epoch
}

// learn notes when the next one is due, unless one has changed since the mark.
func (w *scheduleWatch) learn(next time.Time, mark int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.epoch == mark {
		w.known, w.next = true, next
	}
}

// Scheduled is a schedule with its name and owner.
type Scheduled struct {
	ingest.Schedule
	Number  ingest.Number
	Company ingest.Number
	Name    string // unique among the company's
	User    ingest.Number
	Email   string
	Blocked bool // the job that it began last is still active
}

// createSchedule keeps an order for later and returns the name of the schedule.
func (e *Engine) createSchedule(tx ingest.Tx, owner ingest.Principal, company ingest.Number, s ingest.Schedule) (string, error) {
	if err := tx.LockCompany(company); err != nil {
		return "", err
	}
	own, err := tx.Documents(ingest.DocumentFilter{Kind: ingest.DocSchedule, Owners: []ingest.Number{company}}, ingest.Page{Limit: mostSchedules})
	if err != nil {
		return "", err
	}
	if len(own) >= mostSchedules {
		return "", &ingest.Error{Kind: ingest.Conflict, Op: "engine.Submit", Code: ingest.CodeLimit, Msg: fmt.Sprintf("the company has %d scheduled jobs, the limit is %d", len(own), mostSchedules)}
	}
	now := e.now()
	name := s.Order.Name
	for stamp := now; taken(own, name); stamp = stamp.Add(time.Millisecond) {
		name = s.Order.Name + stamp.Format("_2006-01-02-15:04:05.000")
	}
	d := &ingest.Document{UUID: e.newUUID(), Kind: ingest.DocSchedule, Owner: company, Key: name, Name: name, Created: now, By: owner.User}
	if err := e.setSchedule(d, &s); err != nil {
		return "", err
	}
	if len(d.Data) > MaxScheduleBytes {
		return "", tooLong("engine.Submit", "scheduled job", len(d.Data), MaxScheduleBytes)
	}
	return name, tx.CreateDocument(d)
}

func taken(docs []*ingest.Document, key string) bool {
	for _, d := range docs {
		if d.Key == key {
			return true
		}
	}
	return false
}

func (e *Engine) setSchedule(d *ingest.Document, s *ingest.Schedule) (err error) {
	d.Modified = e.now()
	d.Data, err = json.Marshal(s)
	return err
}

func readSchedule(d *ingest.Document) (s ingest.Schedule, err error) {
	if err := json.Unmarshal(d.Data, &s); err != nil {
		return s, &ingest.Error{Kind: ingest.Internal, Op: "engine.readSchedule", Err: err}
	}
	return s, nil
}

// scheduleOf returns the schedule that a reference names, NotFound when there is none.
func scheduleOf(tx ingest.Tx, company ingest.Number, ref JobRef) (*ingest.Document, error) {
	unknown := &ingest.Error{Kind: ingest.NotFound, Op: "engine.scheduleOf", Code: ingest.CodeJobUnknown, Msg: fmt.Sprintf("no scheduled job %s in this company", ref)}
	if ref.Number != 0 {
		return nil, unknown
	}
	name := ref.Name
	if name == "" {
		name = ref.OriginalName
	}
	d, err := tx.DocumentByKey(0, ingest.DocSchedule, company, name)
	if err == nil || ingest.KindOf(err) != ingest.NotFound {
		return d, err
	}
	own, err := tx.Documents(ingest.DocumentFilter{Kind: ingest.DocSchedule, Owners: []ingest.Number{company}}, ingest.Page{Limit: mostSchedules})
	if err != nil {
		return nil, err
	}
	for _, d := range own { // a handle shows names without separators
		if strings.ReplaceAll(d.Key, "|", "_") == name {
			return d, nil
		}
	}
	return nil, unknown
}

// Schedules lists the scheduled jobs of a company, or of all companies that the
// caller may read when it is 0, in the order in which they were submitted. ref and
// originalName restrict it unless they are zero.
func (e *Engine) Schedules(ctx context.Context, p ingest.Principal, company ingest.Number, ref JobRef, originalName string) (list []Scheduled, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		list = nil
		companies, err := e.scope(tx, p, company)
		if err != nil {
			return err
		}
		docs, err := tx.Documents(ingest.DocumentFilter{Kind: ingest.DocSchedule, Owners: companies}, ingest.Page{Limit: everySchedule})
		if err != nil {
			return err
		}
		emails := logins{tx: tx}
		for _, d := range docs {
			s, err := readSchedule(d)
			if err != nil {
				return err
			}
			if originalName != "" && s.Order.Name != originalName || ref != (JobRef{}) && !names(ref, d.Key) {
				continue
			}
			email, err := emails.of(d.By)
			if err != nil {
				return err
			}
			blocked, err := stillActive(tx, s.Last)
			if err != nil {
				return err
			}
			list = append(list, Scheduled{Schedule: s, Number: d.Number, Company: d.Owner, Name: d.Key, User: d.By, Email: email, Blocked: blocked})
		}
		return nil
	})
	return list, err
}

// names reports whether a reference means the schedule with a key.
func names(ref JobRef, key string) bool {
	if ref.Number != 0 {
		return false
	}
	name := ref.Name
	if name == "" {
		name = ref.OriginalName
	}
	return key == name || strings.ReplaceAll(key, "|", "_") == name
}

func stillActive(tx ingest.Tx, job ingest.Number) (bool, error) {
	if job == 0 {
		return false, nil
	}
	j, err := tx.Job(job)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return false, nil
	}
	return err == nil && j.State != ingest.JobDone, err
}

// beginDue begins the jobs whose time has come. What was missed while the server was
// down is made up for once. A job whose predecessor is still active waits for it.
func (e *Engine) beginDue(ctx context.Context) error {
	now := e.now()
	due, mark := e.schedules.due(now)
	if !due {
		return nil
	}
	pending, err := e.pendingSchedules(ctx)
	if err != nil {
		return err
	}
	var next time.Time
	for _, s := range pending {
		if !s.next.After(now) {
			if s.next, err = e.fire(ctx, s.number, s.next); err != nil {
				return err
			}
		}
		if !s.next.IsZero() && (next.IsZero() || s.next.Before(next)) {
			next = s.next
		}
	}
	e.schedules.learn(next, mark)
	return nil
}

// pendingSchedule is a schedule that is not paused, and when it is due.
type pendingSchedule struct {
	number ingest.Number
	next   time.Time
}

// pendingSchedules lists the schedules of all companies that are not paused. Of their
// orders it holds a part at a time.
func (e *Engine) pendingSchedules(ctx context.Context) (list []pendingSchedule, err error) {
	const part = 100
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		list = nil
		for after := 0; ; after += part {
			docs, err := tx.Documents(ingest.DocumentFilter{Kind: ingest.DocSchedule}, ingest.Page{After: ingest.Number(after), Limit: part})
			if err != nil || len(docs) == 0 {
				return err
			}
			for _, d := range docs {
				s, err := readSchedule(d)
				if err != nil {
					e.log.Error("a scheduled job cannot be read", "document", d.UUID, "error", err)
					continue
				}
				if !s.Paused {
					list = append(list, pendingSchedule{d.Number, s.Next})
				}
			}
		}
	})
	return list, err
}

// fire begins the job of a schedule that is due at a time, unless that has happened
// already, and returns when it is due next; zero = never.
func (e *Engine) fire(ctx context.Context, number ingest.Number, at time.Time) (next time.Time, err error) {
	began := false
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		began, next = false, time.Time{}
		d, err := tx.Document(number)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		s, err := readSchedule(d)
		if err != nil {
			return err
		}
		next = s.Next
		if s.Paused || !s.Next.Equal(at) {
			return nil
		}
		if blocked, err := stillActive(tx, s.Last); err != nil || blocked {
			return err
		}
		began = true
		next, err = e.run(tx, d, &s)
		return err
	})
	if began && err == nil {
		e.wakeWorkers()
		e.wakeStepWorkers()
	}
	return next, err
}

// run begins the job of a schedule and moves the schedule on: to its next time, or
// out of the way when there is none.
func (e *Engine) run(tx ingest.Tx, d *ingest.Document, s *ingest.Schedule) (next time.Time, err error) {
	if err := e.attempt(tx, d, s); err != nil {
		return next, err
	}
	if s.Cron != "" {
		plan, err := ParseCron(s.Cron)
		if err != nil {
			return next, err
		}
		next = plan.Next(e.now())
	}
	if next.IsZero() {
		return next, tx.DeleteDocument(d.Number)
	}
	s.Next = next
	if err := e.setSchedule(d, s); err != nil {
		return next, err
	}
	return next, tx.UpdateDocument(d)
}

// attempt begins the job of a schedule. When that is refused, a job that has failed
// stands in the log instead, so that its owner learns why.
func (e *Engine) attempt(tx ingest.Tx, d *ingest.Document, s *ingest.Schedule) error {
	owner, err := principalOf(tx, d.By)
	if err == nil {
		var j *ingest.Job
		if j, err = e.beginOrder(tx, owner, d.Owner, &s.Order); err == nil {
			s.Last, s.Error = j.Number, ""
			return nil
		}
	}
	if kind := ingest.KindOf(err); kind == ingest.Internal || kind == ingest.Unavailable {
		return err
	}
	s.Error = ingest.Message(err)
	c, err := tx.Company(d.Owner)
	if err != nil {
		return err
	}
	spec := orderSpec(&s.Order)
	spec.Profiles = nil
	j, err := e.openJob(tx, ingest.Principal{User: d.By}, c, spec)
	if err != nil {
		return err
	}
	s.Last = j.Number
	err = tx.AppendLog(ingest.LogRow{Job: j.Number, Time: e.now(), Type: ingest.LogFatalError, AssetType: "NoType", Message: "the job could not begin: " + s.Error})
	if err != nil {
		return err
	}
	changed, err := tx.ChangeJob(j.Number, ingest.JobDelta{Counts: ingest.JobCounts{Error: 1}})
	if err != nil {
		return err
	}
	return e.settle(tx, changed)
}
