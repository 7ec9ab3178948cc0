package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// Times and tries of tasks.
const (
	taskLease    = 5 * time.Minute // a run that takes longer is given to another worker
	taskAttempts = 4               // runs before a task has failed for good
	taskBackoff  = 2 * time.Second // before the second run; four times as long before each further one
	taskLogWords = 512             // bytes of a failure's words that are kept
)

// runnable lists the kinds of tasks that workers of this build claim.
func runnable() []ingest.TaskKind {
	return []ingest.TaskKind{ingest.TaskInspect, ingest.TaskDigest}
}

// ClaimTasks takes up to limit tasks that are due. Each must be ended with
// CompleteTask or FailTask before its lease passes, or another worker gets it. A
// task whose runs have ended the server itself too often is failed instead.
func (e *Engine) ClaimTasks(ctx context.Context, limit int) (tasks []*ingest.Task, err error) {
	now := e.now()
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		tasks, err = tx.ClaimTasks(runnable(), now, now.Add(taskLease), limit)
		return err
	})
	tasks = slices.DeleteFunc(tasks, func(t *ingest.Task) bool {
		if t.Attempts <= taskAttempts {
			return false
		}
		reason := fmt.Sprintf("%d runs of the step ended without an answer", t.Attempts-1)
		if e := e.FailTask(ctx, t, Failure{Reason: reason, Final: true}); e != nil && err == nil {
			err = e
		}
		return true
	})
	if len(tasks) > 0 {
		e.crash("task.claimed")
	}
	return tasks, err
}

// NextTask returns when the next task is due or the next lease passes, and false
// when no task is queued or running.
func (e *Engine) NextTask(ctx context.Context) (at time.Time, ok bool, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		at, ok, err = tx.NextRun(runnable())
		return err
	})
	return at, ok, err
}

// TaskInput is what a task works on.
type TaskInput struct {
	FileName string
	Blob     ingest.BlobRef
}

// TaskInput returns the file that a task is about.
func (e *Engine) TaskInput(ctx context.Context, t *ingest.Task) (in TaskInput, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		v, err := tx.Version(t.Version)
		if err != nil {
			return err
		}
		in = TaskInput{FileName: v.FileName, Blob: v.Blob}
		return nil
	})
	return in, err
}

// OpenBlob opens the bytes of a task's file.
func (e *Engine) OpenBlob(ctx context.Context, key ingest.BlobKey) (ingest.BlobReader, error) {
	return e.blobs.Open(ctx, key)
}

// TaskResult is what a task found out or made.
type TaskResult struct {
	Media   *ingest.Media    // replaces what is known of the version; ContentType may be empty
	Type    ingest.AssetType // "" = unchanged
	SHA256  []byte           // of a digest task
	Derived []DerivedFile
	Warning string // what could not be done, in words for the job log

	unreadable bool // the file is not what it claims to be
}

// DerivedFile is a file that a task made.
type DerivedFile struct {
	Key   string // deterministic: step and parameters
	Kind  ingest.DerivedKind
	Name  string
	Media ingest.Media
	Page  int
	Layer int
	Bytes []byte
}

// CompleteTask stores a task's result. A result for a task that was taken over
// meanwhile is dropped.
func (e *Engine) CompleteTask(ctx context.Context, t *ingest.Task, r TaskResult) error {
	defer e.flights.begin()()
	derived, err := e.storeDerived(ctx, r.Derived)
	if err != nil {
		return err
	}
	e.crash("task.made")
	var dropped []ingest.BlobKey
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		dropped = dropped[:0]
		fresh, err := current(tx, t)
		if err != nil {
			return err
		}
		for i := range derived {
			d := derived[i]
			d.Asset, d.Version = t.Asset, t.Version
			old, err := tx.PutDerived(&d)
			if err != nil {
				return err
			}
			if old != "" {
				dropped = append(dropped, old)
			}
		}
		if r.SHA256 != nil {
			if err := tx.SetVersionDigest(t.Version, r.SHA256); err != nil {
				return err
			}
		}
		return e.endTask(tx, fresh, ingest.TaskDone, r)
	})
	e.crash("task.completed")
	if err != nil {
		dropped = dropped[:0] // what they would have replaced is still referred to
		for _, d := range derived {
			dropped = append(dropped, d.Blob.Key)
		}
	}
	for _, key := range dropped {
		if e := e.blobs.Delete(ctx, key); e != nil && err == nil {
			err = e
		}
	}
	if errors.Is(err, errStale) {
		return nil
	}
	return err
}

var errStale = errors.New("the task was taken over by another worker")

// current returns the stored task if this run still owns it.
func current(tx ingest.Tx, t *ingest.Task) (*ingest.Task, error) {
	fresh, err := tx.Task(t.Number)
	if err != nil {
		return nil, err
	}
	if fresh.State != ingest.TaskRunning || fresh.Attempts != t.Attempts {
		return nil, errStale
	}
	return fresh, nil
}

func (e *Engine) storeDerived(ctx context.Context, files []DerivedFile) ([]ingest.Derived, error) {
	var list []ingest.Derived
	for _, f := range files {
		stage, err := e.blobs.NewStage(ctx, ingest.StageID(e.newUUID()), ingest.StageSpec{OneShot: true, Size: int64(len(f.Bytes))})
		if err != nil {
			return nil, err
		}
		defer stage.Discard(context.WithoutCancel(ctx))
		if _, err := stage.Write(ctx, 0, io.Reader(bytes.NewReader(f.Bytes)), ingest.WriteSpec{}); err != nil {
			return nil, err
		}
		ref, err := stage.Seal(ctx, int64(len(f.Bytes)))
		if err != nil {
			return nil, err
		}
		list = append(list, ingest.Derived{
			UUID: e.newUUID(), Key: f.Key, Kind: f.Kind, Name: f.Name, Media: f.Media,
			Page: f.Page, Layer: f.Layer, Blob: ref, Created: e.now(),
		})
	}
	return list, nil
}

// Failure says how a task's run ended without a result.
type Failure struct {
	Reason string // in words that a person can act on
	// Final failures are not tried again: the file itself is the cause.
	Final bool
	// Unreadable marks the asset failed: its content is not what it claims to be.
	Unreadable bool
}

// FailTask ends a run without a result: it will be tried again, or it has
// failed for good and the job log says so.
func (e *Engine) FailTask(ctx context.Context, t *ingest.Task, f Failure) error {
	if len(f.Reason) > taskLogWords {
		f.Reason = strings.ToValidUTF8(f.Reason[:taskLogWords], "") + "…"
	}
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, err := current(tx, t)
		if err != nil {
			return err
		}
		fresh.Error = f.Reason
		if !f.Final && fresh.Attempts < taskAttempts {
			wait := taskBackoff
			for range fresh.Attempts - 1 {
				wait *= 4
			}
			fresh.State, fresh.RunAt = ingest.TaskQueued, e.now().Add(wait)
			return tx.UpdateTask(fresh)
		}
		r := TaskResult{unreadable: f.Unreadable}
		if !f.Unreadable {
			r.Warning = f.Reason
		}
		return e.endTask(tx, fresh, ingest.TaskFailed, r)
	})
	e.wakeWorkers()
	if errors.Is(err, errStale) {
		return nil
	}
	return err
}

// ReleaseTask gives a task back that a worker could not run to its end because
// the server is stopping. The run does not count.
func (e *Engine) ReleaseTask(ctx context.Context, t *ingest.Task) error {
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, err := current(tx, t)
		if err != nil {
			return err
		}
		fresh.State, fresh.RunAt = ingest.TaskQueued, e.now()
		fresh.Attempts--
		return tx.UpdateTask(fresh)
	})
	if errors.Is(err, errStale) {
		return nil
	}
	return err
}

// endTask moves a task to its final state and, with the last task of a version,
// the asset and the job.
func (e *Engine) endTask(tx ingest.Tx, t *ingest.Task, state ingest.TaskState, r TaskResult) error {
	now := e.now()
	t.State, t.Finished = state, now
	if err := tx.UpdateTask(t); err != nil {
		return err
	}
	if t.Kind == ingest.TaskDigest {
		return nil
	}
	a, err := tx.Asset(t.Asset)
	if err != nil {
		return err
	}
	if a.Version == t.Version {
		applyResult(a, r)
	}
	delta := ingest.JobDelta{Pending: -1}
	if r.Warning != "" {
		delta.Counts.Warning++
		row := ingest.LogRow{
			Job: t.Job, Time: now, Type: ingest.LogUploadWarning, Asset: a.Number, AssetName: a.FileName, AssetType: logFileType(a.Type),
			Message: fmt.Sprintf("%s%s: %s", a.Path, a.FileName, r.Warning),
		}
		if err := tx.AppendLog(row); err != nil {
			return err
		}
	}
	if err := e.settleAsset(tx, a, t, r.unreadable, &delta.Counts); err != nil {
		return err
	}
	if a.Version == t.Version {
		if err := tx.UpdateAsset(a); err != nil {
			return err
		}
	}
	j, err := tx.ChangeJob(t.Job, delta)
	if err != nil {
		return err
	}
	return e.settle(tx, j)
}

func applyResult(a *ingest.Asset, r TaskResult) {
	if r.Media != nil {
		known := a.Media.ContentType
		a.Media = *r.Media
		if a.Media.ContentType == "" {
			a.Media.ContentType = known
		}
	}
	if r.Type != "" {
		a.Type = r.Type
	}
}

// settleAsset ends the processing of a version when its last task has ended. A
// version that any task found unreadable has failed. The caller stores a.
func (e *Engine) settleAsset(tx ingest.Tx, a *ingest.Asset, t *ingest.Task, unreadable bool, counts *ingest.JobCounts) error {
	v, err := tx.Version(t.Version)
	if err != nil {
		return err
	}
	tasks, err := tx.TasksOf(a.Number, t.Version)
	if err != nil {
		return err
	}
	for _, other := range tasks {
		if other.Kind != ingest.TaskDigest && (other.State == ingest.TaskQueued || other.State == ingest.TaskRunning) {
			return nil
		}
	}
	c, err := tx.Company(a.Company)
	if err != nil {
		return err
	}
	now := e.now()
	event := ingest.Event{Company: a.Company, Time: now, Kind: ingest.EventAssetProcessed, Subject: a.UUID}
	state := ingest.AssetReady
	if unreadable {
		state, event.Kind = ingest.AssetFailed, ingest.EventAssetFailed
		counts.Error++
		err = tx.AppendLog(ingest.LogRow{
			Job: t.Job, Time: now, Type: ingest.LogUploadError, Asset: a.Number, AssetName: v.FileName, AssetType: logFileType(a.Type),
			Message: fmt.Sprintf("%s/%s%s was stored, but its content could not be read: %s", c.Name, a.Path, v.FileName, t.Error),
		})
	} else {
		shown := *a // the row speaks of the version that was processed
		shown.FileName = v.FileName
		err = e.logProcessed(tx, t.Job, c.Name, &shown, v, counts)
	}
	if err != nil {
		return err
	}
	if a.Version == v.Number {
		a.State = state
	}
	return tx.Emit(event)
}
