package engine

import (
	"encoding/json"

	"sluice/internal/ingest"
)

// followUp queues what comes after a job that is about to be done: the request to
// the address that it names, the letter to its owner, and the publish jobs that it
// asks for.
func (e *Engine) followUp(tx ingest.Tx, j *ingest.Job) error {
	if err := fill(tx, j); err != nil {
		return err
	}
	if url := j.Processing.CallbackURL; url != "" {
		if err := e.queueCallback(tx, j, url); err != nil {
			return err
		}
	}
	if wantsLetter(j.Processing.Email, j.Counts) {
		if err := e.queueLetter(tx, j); err != nil {
			return err
		}
	}
	kept := j.Counts.Success+j.Counts.Update > 0
	if j.State == ingest.JobStopping || j.Processing.PublishIfKept && !kept {
		return nil
	}
	for _, kind := range j.Processing.PublishAfter {
		if err := e.publishAfter(tx, j, kind); err != nil {
			return err
		}
	}
	return nil
}

// fill completes a job as ChangeJob returns it with what never changes of it. A job
// that is known to its caller is not read again.
func fill(tx ingest.Tx, j *ingest.Job) error {
	if !j.Created.IsZero() {
		return nil
	}
	full, err := tx.Job(j.Number)
	if err != nil {
		return err
	}
	fillFrom(j, full)
	return nil
}

func fillFrom(j, full *ingest.Job) {
	j.OriginalName, j.Description, j.Locale, j.Client, j.Address = full.OriginalName, full.Description, full.Locale, full.Client, full.Address
	j.Processing, j.Created = full.Processing, full.Created
}

// queueCallback queues the request to the address that a job names, or notes in its
// log that none is made. The address may hold secrets, so the row does not repeat it.
func (e *Engine) queueCallback(tx ingest.Tx, j *ingest.Job, url string) error {
	if e.callbacks {
		return e.queueStep(tx, j, ingest.TaskCallback, callbackStep{URL: url})
	}
	return tx.AppendLog(ingest.LogRow{
		Job: j.Number, Time: e.now(), Type: wordsOf(j.Kind).warning, AssetType: "NoType",
		Message: "postHttpUrl: no request was made, callbacks are switched off on this server (--callbacks)",
	})
}

// wakeAfterJob is to be called after an update that may have ended a job: what follows
// it may be due.
func (e *Engine) wakeAfterJob() {
	e.wakeStepWorkers()
	e.wakePushWorkers()
}

// publishAfter begins a publish job in the name of the owner of another one. What
// speaks against it goes to the log of that one.
func (e *Engine) publishAfter(tx ingest.Tx, j *ingest.Job, kind ingest.JobKind) error {
	owner, err := principalOf(tx, j.User)
	if err == nil {
		_, err = e.beginOrder(tx, owner, j.Company, &ingest.Order{
			Kind: kind, Door: j.Door, Name: j.OriginalName + "-" + string(kind), Locale: j.Locale, Client: j.Client, Address: j.Address,
			Context: PublishContext(kind),
		})
	}
	if err == nil || ingest.KindOf(err) == ingest.Internal || ingest.KindOf(err) == ingest.Unavailable {
		return err
	}
	return tx.AppendLog(ingest.LogRow{
		Job: j.Number, Time: e.now(), Type: wordsOf(j.Kind).warning, AssetType: "NoType", Message: string(kind) + " was not begun: " + ingest.Message(err),
	})
}

// principalOf returns a user as a caller: for work that goes on after the request.
func principalOf(tx ingest.Tx, user ingest.Number) (ingest.Principal, error) {
	u, err := tx.User(user)
	if err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			err = &ingest.Error{Kind: ingest.Forbidden, Op: "engine.principalOf", Code: ingest.CodeRole, Msg: "the user who owns the job does not exist any more"}
		}
		return ingest.Principal{}, err
	}
	if u.Disabled {
		return ingest.Principal{}, &ingest.Error{Kind: ingest.Forbidden, Op: "engine.principalOf", Code: ingest.CodeRole, Msg: "the user who owns the job is switched off"}
	}
	memberships, err := tx.Memberships(user)
	if err != nil {
		return ingest.Principal{}, err
	}
	return u.Principal(memberships), nil
}

// callbackStep is what a callback task does.
type callbackStep struct {
	URL string `json:"url"`
}

// CallbackURL returns the address that a callback task is to be sent to.
func CallbackURL(t *ingest.Task) (string, error) {
	var s callbackStep
	err := json.Unmarshal(t.Params, &s)
	return s.URL, err
}

// queueStep queues a task that is about the whole job. The caller counts it in
// Pending.
func (e *Engine) queueStep(tx ingest.Tx, j *ingest.Job, kind ingest.TaskKind, params any) error {
	now := e.now()
	data, err := json.Marshal(params)
	if err != nil {
		return err
	}
	return tx.CreateTask(&ingest.Task{
		UUID: e.newUUID(), Company: j.Company, Job: j.Number, Kind: kind, State: ingest.TaskQueued, Params: data, RunAt: now, Created: now,
	})
}
