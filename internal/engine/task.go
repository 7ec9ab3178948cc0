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
	taskLease    = 5 * time.Minute // a run that is not renewed for longer is given to another worker
	taskAttempts = 4               // runs before a task has failed for good
	taskSuspect  = 2               // runs when the file is probably the cause
	taskBackoff  = 2 * time.Second // before the second run; four times as long before each further one
	taskLogWords = 512             // bytes of a failure's words that are kept
	longestWait  = taskBackoff << (2 * (taskAttempts - 2))
)

// runnable lists the kinds of tasks that workers of this build claim.
func runnable() []ingest.TaskKind {
	return []ingest.TaskKind{
		ingest.TaskInspect, ingest.TaskDigest, ingest.TaskThumbnail, ingest.TaskPicture, ingest.TaskLayers, ingest.TaskPages, ingest.TaskFootage,
		ingest.TaskMetadata,
	}
}

// hastenTasks makes tasks due that would wait longer than any wait there is.
func (e *Engine) hastenTasks(tx ingest.Tx) error {
	now := e.now()
	if err := tx.HastenTasks(pushKinds(), now.Add(pushLongestWait), now); err != nil {
		return err
	}
	return tx.HastenTasks(allSteps(), now.Add(longestWait), now)
}

// ClaimTasks takes up to limit tasks that are due; the jobs take turns. Each must be ended with
// CompleteTask or FailTask, or renewed with RenewTask, before its lease passes,
// or another worker gets it. A task whose runs have ended the server itself too
// often is failed instead.
func (e *Engine) ClaimTasks(ctx context.Context, limit int) ([]*ingest.Task, error) {
	return e.claim(ctx, runnable(), limit, taskAttempts)
}

func (e *Engine) claim(ctx context.Context, kinds []ingest.TaskKind, limit, attempts int) (tasks []*ingest.Task, err error) {
	now, after := e.now(), e.turns.after(kinds)
	err = e.store.Update(ctx, func(tx ingest.Tx) (err error) {
		tasks, err = tx.ClaimTasks(kinds, now, now.Add(taskLease), after, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	e.turns.served(kinds, tasks)
	tasks = slices.DeleteFunc(tasks, func(t *ingest.Task) bool {
		if t.Attempts <= attempts {
			return false
		}
		reason := fmt.Sprintf("%d runs of the step ended without an answer", t.Attempts-1)
		if err := e.FailTask(ctx, t, Failure{Reason: reason, Final: true}); err != nil {
			e.log.Warn("a task could not be given up, it will be when its lease has passed", "task", t.UUID, "error", err)
		}
		return true
	})
	if len(tasks) > 0 {
		e.crash("task.claimed")
	}
	return tasks, nil
}

// RenewTask puts off the end of the lease of a task that is still worked on. For
// a task that was taken over it does nothing.
func (e *Engine) RenewTask(ctx context.Context, t *ingest.Task) error {
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, err := current(tx, t)
		if err != nil {
			return err
		}
		fresh.Lease = e.now().Add(taskLease)
		return tx.UpdateTask(fresh)
	})
	if errors.Is(err, errStale) {
		return nil
	}
	return err
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
	FileName   string
	Blob       ingest.BlobRef
	Asset      *ingest.Asset     // as it is now; nil for a task of no asset
	Processing ingest.Processing // of the task's job
}

// TaskInput returns the file that a task is about.
func (e *Engine) TaskInput(ctx context.Context, t *ingest.Task) (in TaskInput, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		v, err := tx.Version(t.Version)
		if err != nil {
			return err
		}
		in = TaskInput{FileName: v.FileName, Blob: v.Blob}
		if t.Asset != 0 {
			if in.Asset, err = tx.Asset(t.Asset); err != nil {
				return err
			}
		}
		if t.Job == 0 {
			return nil
		}
		j, err := tx.Job(t.Job)
		if err == nil {
			in.Processing = j.Processing
		}
		return err
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

	Warnings []string     // more of them, each with a row of its own
	Crop     *ingest.Rect // in pixels of the stored image; crop says when it becomes that of the asset
	Made     []Made       // files that become assets of their own
	Sets     []MadeSet    // assets without bytes that are made of these
	// Completes are the kinds of derived files of which Made and Sets have all there is:
	// what earlier bytes of the file were made into besides is obsolete.
	Completes []ingest.DerivedKind
	Embedded  *Embedded // what the file says of itself; nil = that was not looked for
	Note      string    // what could not be done and nobody has asked for: it stands with the task, not in the log
	Words     []string  // of the text in the file, for searches; nil = nothing was looked for
	Intake    *Intake   // received the spools of all these files; nil when there is none. Whoever runs the task closes it.
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
	Spool *Spool // the file when it is large, of the result's Intake; Bytes is then nil
}

// CompleteTask stores a task's result. A result for a task that was taken over
// meanwhile is dropped, unless it is a digest, which does not depend on the run; so is
// one for an asset that was removed for good meanwhile.
func (e *Engine) CompleteTask(ctx context.Context, t *ingest.Task, r TaskResult) error {
	defer e.flights.begin()()
	if r.Intake != nil {
		if err := r.Intake.settled(); err != nil {
			return err
		}
	}
	ready, err := e.prepare(ctx, r)
	if err != nil {
		return err
	}
	e.crash("task.made")
	var c completion
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		c = completion{stored: map[ingest.BlobKey]bool{}}
		fresh, err := completable(tx, t)
		if err != nil {
			return err
		}
		if gone, err := emptied(tx, fresh); err != nil || gone {
			if err != nil {
				return err
			}
			return e.endTask(tx, fresh, ingest.TaskCancelled, TaskResult{})
		}
		if err := e.putDerived(tx, t, t.Asset, t.Version, ready.derived, &c); err != nil {
			return err
		}
		if r.SHA256 != nil {
			if err := tx.SetVersionDigest(t.Version, r.SHA256); err != nil {
				return err
			}
		}
		if err := e.putWords(tx, t, r.Words); err != nil {
			return err
		}
		if err := e.putEmbedded(tx, t, r.Embedded); err != nil {
			return err
		}
		r := r // a transaction may run again
		reason, err := e.make(tx, t, r, ready, &c)
		if err != nil {
			return err
		}
		if reason != "" { // neither is the file what it becomes with what is made of it
			r.Type, r.Warnings = "", append(slices.Clone(r.Warnings), reason)
		}
		if t.Kind == ingest.TaskUnpack {
			if c.unused, err = blobOf(tx, t.Version); err != nil {
				return err
			}
		}
		return e.endTask(tx, fresh, ingest.TaskDone, r)
	})
	e.crash("task.completed")
	e.wakeAfterJob() // the job may be done
	if len(r.Made) > 0 {
		e.wakeWorkers()
	}
	if err == nil {
		c.keep()
		if err := e.dropBlobs(ctx, c.unused); err != nil {
			return err
		}
		return e.deleteBlobs(ctx, c.leftovers(ready.fresh))
	}
	if !errors.Is(err, errStale) && inDoubt(err) {
		if r.Intake != nil {
			r.Intake.doubt()
		}
		return err // the sweep removes the files if no row refers to them
	}
	if dropped := e.deleteBlobs(ctx, ready.fresh); dropped != nil && errors.Is(err, errStale) {
		return dropped
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

// completable returns the stored task if the result of this run counts.
func completable(tx ingest.Tx, t *ingest.Task) (*ingest.Task, error) {
	fresh, err := current(tx, t)
	if errors.Is(err, errStale) && t.Kind == ingest.TaskDigest {
		if fresh, err = tx.Task(t.Number); err != nil {
			return nil, err
		}
		if fresh.State != ingest.TaskRunning && fresh.State != ingest.TaskQueued {
			return nil, errStale
		}
	}
	return fresh, err
}

func (e *Engine) storeDerived(ctx context.Context, files []DerivedFile) ([]ingest.Derived, error) {
	var list []ingest.Derived
	for _, f := range files {
		d := ingest.Derived{
			UUID: e.newUUID(), Key: f.Key, Kind: f.Kind, Name: f.Name, Media: f.Media, Page: f.Page, Layer: f.Layer, Created: e.now(),
		}
		if f.Spool != nil {
			d.Blob = f.Spool.ref
			list = append(list, d)
			continue
		}
		stage, err := e.blobs.NewStage(ctx, ingest.StageID(e.newUUID()), ingest.StageSpec{OneShot: true, Size: int64(len(f.Bytes))})
		if err != nil {
			return nil, err
		}
		defer stage.Discard(context.WithoutCancel(ctx))
		if _, err := stage.Write(ctx, 0, io.Reader(bytes.NewReader(f.Bytes)), ingest.WriteSpec{}); err != nil {
			return nil, err
		}
		if d.Blob, err = stage.Seal(ctx, int64(len(f.Bytes))); err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// Failure says how a task's run ended without a result.
type Failure struct {
	Reason string // in words that a person can act on
	// Final failures are not tried again: the file itself is the cause.
	Final bool
	// Suspect failures are tried again once only: the file is probably the cause, as when its decoder did not end, but
	// a machine that has too much to do may be, too.
	Suspect bool
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
		gone, err := emptied(tx, fresh)
		if err != nil {
			return err
		}
		if gone {
			return e.endTask(tx, fresh, ingest.TaskCancelled, TaskResult{})
		}
		if !f.Final && fresh.Attempts < taskAttempts && !(f.Suspect && fresh.Attempts >= taskSuspect) {
			wait := taskBackoff
			for range fresh.Attempts - 1 {
				wait *= 4
			}
			fresh.State, fresh.RunAt = ingest.TaskQueued, e.now().Add(wait)
			return e.requeue(tx, fresh)
		}
		switch {
		case t.Kind == ingest.TaskDigest:
			return e.endTask(tx, fresh, ingest.TaskFailed, TaskResult{Warning: "its SHA-256 was not computed: " + f.Reason})
		case f.Unreadable:
			return e.endTask(tx, fresh, ingest.TaskUnreadable, TaskResult{})
		}
		return e.endTask(tx, fresh, ingest.TaskFailed, TaskResult{Warning: f.Reason})
	})
	e.wakeWorkers()
	e.wakeAfterJob()
	if errors.Is(err, errStale) {
		return nil
	}
	return err
}

// emptied reports whether the file that a task is about has been removed for good:
// its bytes are gone, and nobody waits for what the task would find out.
func emptied(tx ingest.Tx, t *ingest.Task) (bool, error) {
	if t.Asset == 0 {
		return false, nil
	}
	a, err := tx.Asset(t.Asset)
	return err == nil && a.Emptied, err
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
		return e.requeue(tx, fresh)
	})
	if errors.Is(err, errStale) {
		return nil
	}
	return err
}
