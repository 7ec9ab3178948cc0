package engine

import (
	"context"
	"errors"
	"fmt"

	"sluice/internal/ingest"
)

// Delivery hands over the files of one request.
type Delivery struct {
	Company ingest.Number
	Join    *JobRef  // the job to add to; nil = open a new one
	Open    *JobSpec // used when Join is nil
	Address string   // IP address of the caller
	Files   []Incoming
	End     bool // no more files will follow in this job
}

// Incoming is one file of a delivery. Its publish state and options are those
// of the job.
type Incoming struct {
	Spool    *Spool
	Folder   string // destination folder, "" = root
	FileName string // as the client gave it; may hold folders

	contentType string
}

// Outcome is what became of one file.
type Outcome struct {
	Asset  *ingest.Asset // nil when nothing was stored
	Update bool          // an existing asset got a new version
	Log    ingest.LogType
	Reason string // why nothing was stored

	err error // the same as a failure
}

// counted is the outcome's word in the metrics.
func (o Outcome) counted() ingest.UploadOutcome {
	switch {
	case o.Update:
		return ingest.OutcomeReplaced
	case o.Asset != nil:
		return ingest.OutcomeCreated
	case o.Log == ingest.LogDuplicateSkipped:
		return ingest.OutcomeSkipped
	}
	return ingest.OutcomeRefused
}

// Deliver turns spooled files into assets of a job, in one transaction: after it
// returns, the files, the job, its log, the tasks and the events are on stable
// storage, or nothing of them exists. What concerns single files (taken names,
// unknown types) goes to the job log and to the outcomes, which are in the order
// of the files.
//
// Errors: those of authorisation; Invalid for names that cannot be used and for
// a bad JobSpec; NotFound/CodeJobUnknown, Conflict/CodeJobClosed,
// Forbidden/CodeNotOwner and /CodeOtherAddress for Join; Unavailable when bytes
// or rows could not be stored.
func (e *Engine) Deliver(ctx context.Context, p ingest.Principal, in *Intake, d Delivery) (*ingest.Job, []Outcome, error) {
	if d.Join == nil {
		if err := d.Open.validate(); err != nil {
			return nil, nil, err
		}
	}
	if err := in.settled(); err != nil {
		return nil, nil, err
	}
	e.crash("deliver.sealed")
	for i := range d.Files {
		f := &d.Files[i]
		f.contentType = e.detect(f.Spool.head, lastSegment(slashed(f.FileName)))
	}
	var job, before *ingest.Job
	var outcomes []Outcome
	err := e.store.Update(ctx, func(tx ingest.Tx) (err error) {
		job, before, outcomes, err = e.deliver(tx, p, d)
		return err
	})
	if err != nil {
		if inDoubt(err) {
			in.doubt()
		}
		return nil, nil, err
	}
	e.crash("deliver.committed")
	for i, o := range outcomes {
		d.Files[i].Spool.kept = o.Asset != nil
		e.ended(job.Door, o.counted(), d.Files[i].Spool.size)
	}
	if job.State != ingest.JobDone {
		e.activity.touch(job.Number, job.User)
	}
	if job.Open {
		e.facts.remember(before)
	}
	if job.Pending > 0 || e.deferDigest {
		e.wakeWorkers()
	}
	if job.State == ingest.JobDone && (e.callbacks || e.letters) || wantsSets(&job.Processing) {
		e.wakeAfterJob()
	}
	return job, outcomes, nil
}

// inDoubt reports whether an update that failed may have happened all the same,
// or may yet come to life: what a commit that broke off had written before the
// server ended is found again by the next one. Bytes that its rows would refer
// to are then left to the sweep, which asks the database first. An update that
// its caller gave up has not happened.
func inDoubt(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	kind := ingest.KindOf(err)
	return kind == ingest.Internal || kind == ingest.Unavailable
}

// deliver is the transaction of Deliver. It returns the job after and before it.
func (e *Engine) deliver(tx ingest.Tx, p ingest.Principal, d Delivery) (after, job *ingest.Job, outcomes []Outcome, err error) {
	c, err := e.authorize(tx, p, d.Company, rightUpload)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := tx.LockCompany(c.Number); err != nil {
		return nil, nil, nil, err
	}
	if d.Join != nil {
		job, err = e.joinJob(tx, p, c, *d.Join, d.Address)
	} else {
		job, err = e.openJob(tx, p, c, d.Open)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	delta := ingest.JobDelta{LastPost: e.now(), Close: d.End}
	outcomes = make([]Outcome, len(d.Files))
	for i, f := range d.Files {
		place, err := PlaceOf(c.Name, f.Folder, f.FileName)
		if err != nil {
			return nil, nil, nil, err
		}
		if outcomes[i], err = e.land(tx, p, c, job, landing{
			place: place, blob: f.Spool.ref, head: f.Spool.head, contentType: f.contentType, policy: jobPolicy(job),
			knownTypesOnly: true, processing: &job.Processing,
		}, &delta); err != nil {
			return nil, nil, nil, err
		}
	}
	changed, err := e.addToJob(tx, job, d.Join, delta)
	if err != nil {
		return nil, nil, nil, err
	}
	fillFrom(changed, job)
	if err := e.settle(tx, changed); err != nil {
		return nil, nil, nil, err
	}
	done := *job
	done.State, done.Open, done.Counts, done.Pending = changed.State, changed.Open, changed.Counts, changed.Pending
	done.LastPost, done.Finished = changed.LastPost, changed.Finished
	return &done, job, outcomes, nil
}

// jobPolicy is the conflict policy that a job's overwrite option stands for:
// the overwrite rules of the Scene7 contract, section 5.
func jobPolicy(j *ingest.Job) ingest.ConflictPolicy {
	if j.Processing.Overwrite {
		return ingest.ConflictPolicy{CompanyWide: true, Taken: ingest.ActionReplace, Otherwise: ingest.ActionRename}
	}
	return ingest.ConflictPolicy{CompanyWide: true, Taken: ingest.ActionSkip, Otherwise: ingest.ActionSkip}
}

// quotaError reports what a file would exceed, or nil.
func quotaError(tx ingest.Tx, p ingest.Principal, c *ingest.Company, files, size int64) error {
	check := func(user ingest.Number, whose string, maxFiles, maxBytes int64) error {
		if maxFiles == 0 && maxBytes == 0 {
			return nil
		}
		u, err := tx.Usage(c.Number, user)
		if err != nil {
			return err
		}
		if maxFiles > 0 && u.Files+files > maxFiles {
			return &ingest.Error{Kind: ingest.TooLarge, Op: "engine.quota", Code: ingest.CodeQuota, Msg: fmt.Sprintf("%s quota of %d files is used up", whose, maxFiles)}
		}
		if maxBytes > 0 && u.Bytes+size > maxBytes {
			return &ingest.Error{
				Kind: ingest.TooLarge, Op: "engine.quota", Code: ingest.CodeQuota,
				Msg: fmt.Sprintf("%s quota is %d bytes, %d are used and %d more were sent", whose, maxBytes, u.Bytes, size),
			}
		}
		return nil
	}
	if err := check(0, "the company's", c.Settings.QuotaFiles, c.Settings.QuotaBytes); err != nil {
		return err
	}
	if p.User == 0 { // what nobody sent counts for the company alone
		return nil
	}
	return check(p.User, "the user's", c.Settings.UserQuotaFiles, c.Settings.UserQuotaBytes)
}
