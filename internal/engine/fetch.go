package engine

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"sluice/internal/ingest"
)

// fileStep is one file that a job brings: from an address, or from a directory of
// the server. Path is where it goes; one that ends in "/" or is empty names a folder
// only, and the source names the file.
type fileStep struct {
	URL  string `json:"url,omitempty"`
	From string `json:"from,omitempty"` // path on the server, as the directory step gave it
	Path string `json:"path"`
}

// StepSource says where the file of a fetch or file task comes from: an address, or
// a path as ExpandDirectory was given it.
func StepSource(t *ingest.Task) (address, from string, err error) {
	var s fileStep
	err = json.Unmarshal(t.Params, &s)
	return s.URL, s.From, err
}

// stepFile names the file of a task for the log, and whether the task is about one.
func stepFile(t *ingest.Task) (name string, ok bool) {
	if t.Kind != ingest.TaskFetch && t.Kind != ingest.TaskFile {
		return "", false
	}
	var s fileStep
	if err := json.Unmarshal(t.Params, &s); err != nil {
		return "", true
	}
	name = s.Path
	if name == "" || strings.HasSuffix(name, "/") {
		name = shownURL(s.URL)
	}
	return name, true
}

// shownURL is an address without what may be secret in it: login and query.
func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "a URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// DeliverStep makes an asset of the file that a fetch or file task has brought, as
// Deliver does for an upload, and ends the task, in one transaction. suggested is
// the name that the source gives the file. A task that was taken over meanwhile is
// left alone. The owner of the job must still be allowed to upload.
func (e *Engine) DeliverStep(ctx context.Context, t *ingest.Task, in *Intake, spool *Spool, suggested string) error {
	if err := in.settled(); err != nil {
		return err
	}
	contentType := e.detect(spool.head, lastSegment(slashed(suggested)))
	var outcome Outcome
	var job *ingest.Job
	err := e.store.Update(ctx, func(tx ingest.Tx) (err error) {
		outcome, job, err = e.landStep(tx, t, spool, suggested, contentType)
		return err
	})
	if err != nil {
		if inDoubt(err) {
			in.doubt()
		}
		return err
	}
	if job != nil {
		spool.kept = outcome.Asset != nil
		e.ended(job.Door, outcome.counted(), spool.size)
	}
	e.wakeWorkers()
	e.wakeStepWorkers()
	return nil
}

// landStep is the transaction of DeliverStep. A nil job means that nothing was to be
// done any more.
func (e *Engine) landStep(tx ingest.Tx, t *ingest.Task, spool *Spool, suggested, contentType string) (out Outcome, j *ingest.Job, err error) {
	fresh, j, err := e.activeStep(tx, t)
	if err != nil || j == nil {
		return out, nil, err
	}
	owner, err := principalOf(tx, j.User)
	if err != nil {
		return out, nil, err
	}
	c, err := e.authorize(tx, owner, j.Company, rightUpload)
	if err != nil {
		return out, nil, err
	}
	if err := tx.LockCompany(c.Number); err != nil {
		return out, nil, err
	}
	var s fileStep
	if err := json.Unmarshal(fresh.Params, &s); err != nil {
		return out, nil, err
	}
	folder, name := s.Path, suggested
	if s.Path != "" && !strings.HasSuffix(s.Path, "/") {
		folder, name = "", s.Path
	}
	place, err := PlaceOf(c.Name, folder, name)
	if err != nil {
		return out, nil, err
	}
	delta := ingest.JobDelta{Pending: -1, LastPost: e.now()}
	out, err = e.land(tx, owner, c, j, landing{
		place: place, blob: spool.ref, head: spool.head, contentType: contentType, policy: jobPolicy(j), knownTypesOnly: true, processing: &j.Processing,
	}, &delta)
	if err != nil {
		return out, nil, err
	}
	return out, j, e.finishStep(tx, fresh, delta)
}

// activeStep returns the stored task of a run and its job. The job is nil when the
// run has been taken over, or when the job is being stopped: the task has then been
// ended.
func (e *Engine) activeStep(tx ingest.Tx, t *ingest.Task) (*ingest.Task, *ingest.Job, error) {
	fresh, err := current(tx, t)
	if err == errStale {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	j, err := tx.Job(fresh.Job)
	if err != nil {
		return nil, nil, err
	}
	if j.State == ingest.JobStopping {
		return nil, nil, e.cancel(tx, fresh)
	}
	return fresh, j, nil
}

// finishStep ends a task that is about a whole job and has done its work.
func (e *Engine) finishStep(tx ingest.Tx, t *ingest.Task, delta ingest.JobDelta) error {
	t.State, t.Finished = ingest.TaskDone, e.now()
	if err := tx.UpdateTask(t); err != nil {
		return err
	}
	j, err := tx.ChangeJob(t.Job, delta)
	if err != nil {
		return err
	}
	return e.settle(tx, j)
}
