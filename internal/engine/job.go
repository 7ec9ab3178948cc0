package engine

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// JobSpec opens a new job.
type JobSpec struct {
	Door        ingest.Door
	Name        string // as the client gave it
	Description string
	Locale      string
	Client      string // program name, or host
	Address     string // IP address of the caller
	Processing  ingest.Processing
	Echo        []byte   // the door's own record of the options
	Warnings    []string // what the options ask for and do not get, for the log
	Profiles    []ProfileRef

	kind   ingest.JobKind // "" = JobUpload; jobs of other kinds take no files of clients
	unique string         // a name that no job of the company has; "" = one is made from Name
}

// ProfileRef is an asset that the options of a job name as a colour profile.
type ProfileRef struct {
	Option string // its name at the door
	Handle string // as the client wrote it
	Asset  ingest.Number
}

// JobRef names an existing job. The first set field decides: Number, then Name,
// then OriginalName (the newest job with it).
type JobRef struct {
	Number       ingest.Number
	Name         string
	OriginalName string
}

// String renders the reference for messages.
func (r JobRef) String() string {
	switch {
	case r.Number != 0:
		return strconv.FormatInt(int64(r.Number), 10)
	case r.Name != "":
		return quote(r.Name)
	default:
		return quote(r.OriginalName)
	}
}

// validate checks what a client wrote into a new job.
func (s *JobSpec) validate() error {
	const op = "engine.JobSpec"
	if s.Name == "" {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeMissing, Msg: "the job has no name"}
	}
	if err := checkText(s.Name, "job name"); err != nil {
		return err
	}
	if len(s.Name) > MaxJobNameBytes {
		return tooLong(op, "job name", len(s.Name), MaxJobNameBytes)
	}
	if len(s.Description) > MaxDescriptionBytes {
		return tooLong(op, "description", len(s.Description), MaxDescriptionBytes)
	}
	return nil
}

// openJob creates a job and writes the first rows of its log.
func (e *Engine) openJob(tx ingest.Tx, p ingest.Principal, c *ingest.Company, s *JobSpec) (*ingest.Job, error) {
	if err := checkProfiles(tx, c, s.Profiles); err != nil {
		return nil, err
	}
	now := e.now()
	kind := cmp.Or(s.kind, ingest.JobUpload)
	wanted := s.Name
	if kind != ingest.JobUpload { // found by its name alone, as handles show it
		wanted = strings.ReplaceAll(wanted, "|", "_")
	}
	name := s.unique
	if name == "" {
		var err error
		if name, err = uniqueJobName(tx, c.Number, wanted, now); err != nil {
			return nil, err
		}
	}
	j := &ingest.Job{
		UUID: e.newUUID(), Company: c.Number, User: p.User, Door: s.Door, Kind: kind, Name: name, OriginalName: s.Name,
		State: ingest.JobNew, Open: kind == ingest.JobUpload, Description: s.Description, Locale: s.Locale, Client: s.Client,
		Address: s.Address, Processing: s.Processing, Echo: s.Echo, Created: now, LastPost: now,
		Counts: ingest.JobCounts{Warning: int64(len(s.Warnings))},
	}
	if err := tx.CreateJob(j); err != nil {
		return nil, err
	}
	words := wordsOf(kind)
	rows := []ingest.LogRow{
		{Job: j.Number, Time: now, Type: words.begin, Message: words.began},
		{Job: j.Number, Time: now, Type: ingest.LogOriginalJobName, Message: s.Name},
		{Job: j.Number, Time: now, Type: ingest.LogJobClient, Message: s.Client},
	}
	for _, w := range s.Warnings {
		rows = append(rows, ingest.LogRow{Job: j.Number, Time: now, Type: words.warning, Message: w, AssetType: "NoType"})
	}
	if err := tx.AppendLog(rows...); err != nil {
		return nil, err
	}
	return j, tx.Emit(ingest.Event{Company: c.Number, Time: now, Kind: ingest.EventJobOpened, Subject: j.UUID, User: p.User})
}

// checkProfiles refuses a job whose options name something else than an ICC
// profile of the company (Scene7 contract, colour management).
func checkProfiles(tx ingest.Tx, c *ingest.Company, profiles []ProfileRef) error {
	for _, ref := range profiles {
		a, err := tx.Asset(ref.Asset)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err != nil || a.Company != c.Number || a.Type != ingest.TypeICCProfile || !a.Trashed.IsZero() {
			return &ingest.Error{Kind: ingest.Invalid, Op: "engine.JobSpec", Msg: fmt.Sprintf("%s: no ICC profile of this company has the handle %s", ref.Option, quote(ref.Handle))}
		}
	}
	return nil
}

// uniqueJobName gives the submitted name if no job of the company has it, else
// the name with a time stamp, as recorded Scene7 traffic has it.
func uniqueJobName(tx ingest.Tx, company ingest.Number, name string, now time.Time) (string, error) {
	candidate := name
	for stamp := now; ; stamp = stamp.Add(time.Millisecond) {
		_, err := tx.JobByName(company, candidate)
		if ingest.KindOf(err) == ingest.NotFound && err != nil {
			return candidate, nil
		}
		if err != nil {
			return "", err
		}
		candidate = name + stamp.Format("_2006-01-02-15:04:05.000")
	}
}

// joinJob returns an existing job that the caller may add files to. What it
// knows of the job may be remembered, then Open is what it was.
func (e *Engine) joinJob(tx ingest.Tx, p ingest.Principal, c *ingest.Company, ref JobRef, address string) (*ingest.Job, error) {
	const op = "engine.joinJob"
	var j *ingest.Job
	if fact, ok := e.facts.of(ref.Number); ok && fact.Company == c.Number {
		j = &fact
	} else {
		var err error
		if j, err = findJob(tx, c.Number, ref); err != nil {
			return nil, err
		}
	}
	switch {
	case j.User != p.User:
		return nil, &ingest.Error{Kind: ingest.Forbidden, Op: op, Code: ingest.CodeNotOwner, Msg: fmt.Sprintf("job %s was opened by another user", ref)}
	case !j.Open:
		return nil, jobClosed(ref)
	case e.sameAddress && j.Address != address:
		return nil, &ingest.Error{
			Kind: ingest.Forbidden, Op: op, Code: ingest.CodeOtherAddress,
			Msg: fmt.Sprintf("job %s takes files only from the address that opened it; this request came from %s", ref, address),
		}
	}
	return j, nil
}

// addToJob counts the delta in, which the job must be open for if it was joined.
func (e *Engine) addToJob(tx ingest.Tx, j *ingest.Job, ref *JobRef, delta ingest.JobDelta) (*ingest.Job, error) {
	delta.IfOpen = ref != nil
	changed, err := tx.ChangeJob(j.Number, delta)
	if err != nil && ingest.CodeOf(err) == ingest.CodeJobClosed {
		e.facts.forget(j.Number)
		return nil, jobClosed(*ref)
	}
	return changed, err
}

func jobClosed(ref JobRef) error {
	return &ingest.Error{Kind: ingest.Conflict, Op: "engine.joinJob", Code: ingest.CodeJobClosed, Msg: fmt.Sprintf("job %s takes no more files", ref)}
}

func findJob(tx ingest.Tx, company ingest.Number, ref JobRef) (*ingest.Job, error) {
	unknown := &ingest.Error{Kind: ingest.NotFound, Op: "engine.findJob", Code: ingest.CodeJobUnknown, Msg: fmt.Sprintf("no job %s in this company", ref)}
	var j *ingest.Job
	var err error
	switch {
	case ref.Number != 0:
		j, err = tx.Job(ref.Number)
	case ref.Name != "":
		j, err = tx.JobByName(company, ref.Name)
	case ref.OriginalName != "":
		var list []*ingest.Job
		list, err = tx.Jobs(ingest.JobFilter{Companies: []ingest.Number{company}, OriginalName: ref.OriginalName, Newest: true}, ingest.Page{Limit: 1})
		if err == nil && len(list) > 0 {
			j = list[0]
		} else if err == nil { // a handle shows names without separators, and such a job bears this one
			j, err = tx.JobByName(company, ref.OriginalName)
		}
	}
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil || j == nil || j.Company != company {
		return nil, unknown
	}
	return j, nil
}

// settle moves a job to the state that its counts imply, and writes the last
// rows of its log in the same transaction in which it leaves the active jobs.
func (e *Engine) settle(tx ingest.Tx, j *ingest.Job) error {
	was := j.State
	if was == ingest.JobDone {
		return nil
	}
	if j.Pending > 0 && j.Paused {
		if err := tx.HoldTasks(j.Number, true); err != nil { // those that have just been queued
			return err
		}
	}
	if !j.Open && j.Pending == 0 && was != ingest.JobStopping {
		if err := e.queueSets(tx, j); err != nil {
			return err
		}
	}
	switch {
	case j.Pending > 0 && was == ingest.JobStopping:
	case j.Pending > 0:
		j.State = ingest.JobRunning
	case !j.Open:
		return e.finishJob(tx, j)
	case j.Counts.Total == 0:
		j.State = ingest.JobNew
	default:
		j.State = ingest.JobWaitingClient
	}
	if j.State == was {
		return nil
	}
	return tx.SetJobState(j)
}

func (e *Engine) finishJob(tx ingest.Tx, j *ingest.Job) error {
	now := e.now()
	if err := e.followUp(tx, j); err != nil {
		return err
	}
	words := wordsOf(j.Kind)
	j.State, j.Open, j.Finished = ingest.JobDone, false, now
	err := tx.AppendLog(
		ingest.LogRow{Job: j.Number, Time: now, Type: ingest.LogTotalFileCount, Message: strconv.FormatInt(j.Counts.Total, 10)},
		ingest.LogRow{Job: j.Number, Time: now, Type: words.end, Message: words.ended},
	)
	if err != nil {
		return err
	}
	if err := tx.SetJobState(j); err != nil {
		return err
	}
	e.activity.forget(j.Number)
	e.facts.forget(j.Number)
	return tx.Emit(ingest.Event{Company: j.Company, Time: now, Kind: ingest.EventJobFinished, Subject: j.UUID, User: j.User})
}

// CheckJob reports the error that Deliver would answer for a job that is to be
// joined, so that a door can refuse before it has stored a body.
func (e *Engine) CheckJob(ctx context.Context, p ingest.Principal, company ingest.Number, ref JobRef, address string) (j *ingest.Job, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, company, rightUpload)
		if err != nil {
			return err
		}
		if j, err = e.joinJob(tx, p, c, ref, address); err != nil {
			return err
		}
		now, err := tx.Job(j.Number)
		if err == nil && !now.Open {
			return jobClosed(ref)
		}
		j = now
		return err
	})
	if err == nil {
		e.activity.know(j, e.jobIdle)
	}
	return j, err
}

// HoldJob keeps a job of the caller from being closed as idle while a request
// to it is under way; release ends that, and the idle time counts from then on.
// A job that is not known to be the caller's is left alone: doors that cannot
// wait for CheckJob may name any.
func (e *Engine) HoldJob(p ingest.Principal, job ingest.Number) (release func()) {
	if job == 0 || !e.activity.owned(job, p.User) {
		return func() {}
	}
	return e.activity.hold(job, p.User)
}

// CheckUpload reports the error that Deliver would answer for a new job.
func (e *Engine) CheckUpload(ctx context.Context, p ingest.Principal, company ingest.Number) (c *ingest.Company, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err = e.authorize(tx, p, company, rightUpload)
		return err
	})
	return c, err
}
