package engine

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// stopBatch is how many queued tasks of a stopping job one transaction cancels.
const stopBatch = 200

// controlled returns an active job that the caller may stop, pause and resume: their
// own, and with the right to overwrite any of the company.
func (e *Engine) controlled(tx ingest.Tx, p ingest.Principal, company ingest.Number, ref JobRef) (*ingest.Job, error) {
	const op = "engine.controlled"
	if _, err := e.authorize(tx, p, company, rightRead); err != nil {
		return nil, err
	}
	j, err := activeOrLast(tx, company, ref)
	if err != nil {
		return nil, err
	}
	if j.State == ingest.JobDone {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: op, Code: ingest.CodeJobUnknown, Msg: fmt.Sprintf("the job %s is not active any more", ref)}
	}
	return j, e.mayControl(p, company, j.User)
}

// activeOrLast is findJob that prefers active jobs to later ones of the same name.
func activeOrLast(tx ingest.Tx, company ingest.Number, ref JobRef) (*ingest.Job, error) {
	if ref.Number == 0 && ref.Name == "" && ref.OriginalName != "" {
		list, err := tx.Jobs(ingest.JobFilter{Companies: []ingest.Number{company}, OriginalName: ref.OriginalName, Active: true, Newest: true}, ingest.Page{Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			return list[0], nil
		}
	}
	return findJob(tx, company, ref)
}

func (e *Engine) mayControl(p ingest.Principal, company, owner ingest.Number) error {
	if owner == p.User || may(p, company, rightOverwrite) {
		return nil
	}
	return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.mayControl", Code: ingest.CodeNotOwner, Msg: "the job belongs to another user"}
}

// StopJob ends the intake of an active job, cancels what is queued for it and ends the
// steps that are running: their contexts end, and with them the processes that they
// have started. Files that have been stored stay; then the job is done.
func (e *Engine) StopJob(ctx context.Context, p ingest.Principal, company ingest.Number, ref JobRef) error {
	var number ingest.Number
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		j, err := e.controlled(tx, p, company, ref)
		if err != nil {
			return err
		}
		number = j.Number
		if err := tx.HoldTasks(j.Number, true); err != nil {
			return err
		}
		changed, err := tx.ChangeJob(j.Number, ingest.JobDelta{Close: true})
		if err != nil {
			return err
		}
		changed.State, changed.Paused = ingest.JobStopping, false
		if err := tx.SetJobState(changed); err != nil {
			return err
		}
		return e.settle(tx, changed)
	})
	if err != nil {
		return err
	}
	e.facts.forget(number)
	e.stops.stop(number)
	err = e.cancelQueued(ctx, number)
	e.wakeAfterJob()
	return err
}

// cancelQueued cancels the queued tasks of a stopping job, a part at a time.
func (e *Engine) cancelQueued(ctx context.Context, job ingest.Number) error {
	after := ingest.Number(0)
	for {
		var queued []*ingest.Task
		err := e.store.Update(ctx, func(tx ingest.Tx) (err error) {
			if queued, err = tx.TasksOfJob(job, ingest.TaskQueued, ingest.Page{After: after, Limit: stopBatch}); err != nil {
				return err
			}
			for _, t := range queued {
				if t.Kind == ingest.TaskDigest {
					continue
				}
				if err := e.cancel(tx, t); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(queued) < stopBatch {
			return err
		}
		after = queued[len(queued)-1].Number
	}
}

// cancel ends a task of a stopping job without running it. The file that it was
// about stays as it is.
func (e *Engine) cancel(tx ingest.Tx, t *ingest.Task) error {
	r := TaskResult{}
	if t.Asset == 0 {
		r.Warning = "not done, the job was stopped"
	}
	return e.endTask(tx, t, ingest.TaskCancelled, r)
}

// requeue stores a task that is to run again. One of a stopping job is cancelled
// instead, one of a paused job waits.
func (e *Engine) requeue(tx ingest.Tx, t *ingest.Task) error {
	if t.Job == 0 { // queued beside any job
		return tx.UpdateTask(t)
	}
	j, err := tx.Job(t.Job)
	if err != nil {
		return err
	}
	if j.State == ingest.JobStopping && t.Kind != ingest.TaskDigest {
		return e.cancel(tx, t)
	}
	if err := tx.UpdateTask(t); err != nil || !j.Paused {
		return err
	}
	return tx.HoldTasks(t.Job, true)
}

// holdPaused holds the tasks of all paused jobs, after a start has queued those that
// were running.
func (e *Engine) holdPaused(tx ingest.Tx) error {
	page := ingest.Page{Limit: sweepBatch}
	for {
		jobs, err := tx.Jobs(ingest.JobFilter{Active: true}, page)
		if err != nil || len(jobs) == 0 {
			return err
		}
		for _, j := range jobs {
			page.After = j.Number
			if !j.Paused && j.State != ingest.JobStopping {
				continue
			}
			if err := tx.HoldTasks(j.Number, true); err != nil {
				return err
			}
		}
	}
}

// PauseJob keeps a scheduled job from beginning, or suspends the queued steps of an
// active one; ResumeJob undoes that. What is paused or resumed twice stays as it is.
func (e *Engine) PauseJob(ctx context.Context, p ingest.Principal, company ingest.Number, ref JobRef) error {
	return e.setPaused(ctx, p, company, ref, true)
}

// ResumeJob lets a paused job go on. A scheduled job begins at its next time; times
// that have passed meanwhile are left out, unless it was to run only once.
func (e *Engine) ResumeJob(ctx context.Context, p ingest.Principal, company ingest.Number, ref JobRef) error {
	return e.setPaused(ctx, p, company, ref, false)
}

func (e *Engine) setPaused(ctx context.Context, p ingest.Principal, company ingest.Number, ref JobRef, paused bool) error {
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		d, err := e.controlledSchedule(tx, p, company, ref)
		if err == nil {
			return e.pauseSchedule(tx, d, paused)
		}
		if ingest.KindOf(err) != ingest.NotFound || ingest.CodeOf(err) != ingest.CodeJobUnknown {
			return err
		}
		j, err := e.controlled(tx, p, company, ref)
		if err != nil {
			return err
		}
		if j.State == ingest.JobStopping {
			return &ingest.Error{Kind: ingest.Conflict, Op: "engine.PauseJob", Msg: fmt.Sprintf("the job %s is being stopped", ref)}
		}
		j.Paused = paused
		if err := tx.SetJobState(j); err != nil {
			return err
		}
		return tx.HoldTasks(j.Number, paused)
	})
	if err != nil {
		return err
	}
	e.schedules.forget()
	e.wakeWorkers()
	e.wakeStepWorkers()
	return nil
}

func (e *Engine) pauseSchedule(tx ingest.Tx, d *ingest.Document, paused bool) error {
	s, err := readSchedule(d)
	if err != nil {
		return err
	}
	s.Paused = paused
	if now := e.now(); !paused && s.Cron != "" && !s.Next.After(now) {
		plan, err := ParseCron(s.Cron)
		if err != nil {
			return err
		}
		if s.Next = plan.Next(now); s.Next.IsZero() {
			return tx.DeleteDocument(d.Number)
		}
	}
	if err := e.setSchedule(d, &s); err != nil {
		return err
	}
	return tx.UpdateDocument(d)
}

// controlledSchedule returns a scheduled job that the caller may change: their own,
// and with the right to overwrite any of the company.
func (e *Engine) controlledSchedule(tx ingest.Tx, p ingest.Principal, company ingest.Number, ref JobRef) (*ingest.Document, error) {
	if _, err := e.authorize(tx, p, company, rightRead); err != nil {
		return nil, err
	}
	d, err := scheduleOf(tx, company, ref)
	if err != nil {
		return nil, err
	}
	return d, e.mayControl(p, company, d.By)
}

// DeleteJob forgets a scheduled job. Jobs that it has begun go on.
func (e *Engine) DeleteJob(ctx context.Context, p ingest.Principal, company ingest.Number, ref JobRef) error {
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		d, err := e.controlledSchedule(tx, p, company, ref)
		if err != nil {
			return err
		}
		return tx.DeleteDocument(d.Number)
	})
	e.schedules.forget()
	return err
}

// ExecuteJob begins a scheduled job at once, besides its times, also when it is
// paused. Unlike a job that is due it need not wait for its predecessor.
func (e *Engine) ExecuteJob(ctx context.Context, p ingest.Principal, company ingest.Number, ref JobRef) error {
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		d, err := e.controlledSchedule(tx, p, company, ref)
		if err != nil {
			return err
		}
		s, err := readSchedule(d)
		if err != nil {
			return err
		}
		owner, err := principalOf(tx, d.By)
		if err != nil {
			return err
		}
		j, err := e.beginOrder(tx, owner, company, &s.Order)
		if err != nil {
			return err
		}
		s.Last = j.Number
		if err := e.setSchedule(d, &s); err != nil {
			return err
		}
		return tx.UpdateDocument(d)
	})
	if err == nil {
		e.wakeWorkers()
		e.wakeStepWorkers()
	}
	return err
}
