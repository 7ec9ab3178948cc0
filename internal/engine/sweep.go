package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sluice/internal/ingest"
)

// sweepBatch is how many rows or keys one transaction of the sweep looks at.
const sweepBatch = 500

// sweepPatience is how long a sweep waits for requests that are under way.
const sweepPatience = 10 * time.Minute

// Recover finishes what a crash interrupted: tasks that were running are queued
// again, and uploads whose bytes were being sealed are finished. It is called
// once, before requests are taken and tasks are run.
func (e *Engine) Recover(ctx context.Context) error {
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		if err := tx.RequeueTasks(append(allSteps(), pushKinds()...), e.now()); err != nil {
			return err
		}
		if err := e.hastenTasks(tx); err != nil {
			return err
		}
		return e.holdPaused(tx)
	})
	if err != nil {
		return err
	}
	return e.finishSealing(ctx)
}

// finishSealing makes assets of the uploads whose bytes were being sealed.
func (e *Engine) finishSealing(ctx context.Context) error {
	var sealing []*ingest.Upload
	users := map[ingest.Number]ingest.Principal{}
	err := e.store.View(ctx, func(tx ingest.Tx) (err error) {
		sealing, err = tx.UploadsIn(ingest.UploadSealing, ingest.Page{Limit: 100_000})
		for _, u := range sealing {
			user, err := tx.User(u.User)
			if err != nil {
				continue // gone meanwhile; nobody may finish the upload
			}
			memberships, err := tx.Memberships(u.User)
			if err != nil {
				return err
			}
			users[u.User] = user.Principal(memberships)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, u := range sealing {
		if _, err := e.Finish(ctx, users[u.User], u.UUID, FinishSpec{Size: -1}); err != nil {
			e.log.Warn("an interrupted upload could not be finished", "upload", u.UUID, "error", err)
			kind := ingest.KindOf(err)
			if kind == ingest.Unavailable || kind == ingest.Internal {
				continue // another start may do better
			}
			if kind == ingest.Conflict && ingest.CodeOf(err) == ingest.CodeOffset {
				if err := e.reopen(ctx, u); err != nil { // a power cut took bytes away; the client may send them again
					return err
				}
				continue
			}
			if err := e.end(ctx, u.UUID, ingest.UploadAborted, func(*ingest.Upload) error { return nil }); err != nil {
				return err
			}
		}
	}
	return nil
}

// reopen lets an upload take bytes again that was to be sealed.
func (e *Engine) reopen(ctx context.Context, u *ingest.Upload) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, err := tx.Upload(u.UUID)
		if err != nil || fresh.State != ingest.UploadSealing {
			return err
		}
		fresh.State = ingest.UploadOpen
		return tx.UpdateUpload(fresh)
	})
}

// Tick closes idle jobs, expires uploads, removes orphaned parts and what the time is
// over of (media, transfers, messages), begins the jobs that are due, goes on with
// stopping jobs and hastens tasks that a clock set back would leave waiting. Call it
// every few seconds.
func (e *Engine) Tick(ctx context.Context) error {
	return errors.Join(e.closeIdleJobs(ctx), e.expireUploads(ctx), e.removeOrphans(ctx), e.beginDue(ctx), e.store.Update(ctx, e.hastenTasks),
		e.expireMedia(ctx), e.expireTransfers(ctx), e.endRetention(ctx))
}

// closeIdleJobs ends the intake of jobs that have received nothing for the idle
// time; they complete with what they have.
func (e *Engine) closeIdleJobs(ctx context.Context) error {
	began, open := e.now(), map[ingest.Number]bool{}
	page := ingest.Page{Limit: sweepBatch}
	for {
		var jobs []*ingest.Job
		err := e.store.View(ctx, func(tx ingest.Tx) (err error) {
			jobs, err = tx.Jobs(ingest.JobFilter{Active: true}, page)
			return err
		})
		if err != nil {
			return err
		}
		if len(jobs) == 0 {
			e.activity.retain(open, began)
			return nil
		}
		for _, j := range jobs {
			page.After = j.Number
			if j.State == ingest.JobStopping {
				if err := e.cancelQueued(ctx, j.Number); err != nil {
					return err
				}
			}
			if !j.Open {
				continue
			}
			open[j.Number] = true
			if !e.activity.idle(j, e.jobIdle) {
				continue
			}
			if err := e.store.Update(ctx, func(tx ingest.Tx) error { return e.closeIdle(tx, j) }); err != nil {
				return err
			}
			e.wakeAfterJob()
		}
	}
}

// closeIdle ends the intake of a job, unless a request came in since it was
// read.
func (e *Engine) closeIdle(tx ingest.Tx, read *ingest.Job) error {
	j, err := tx.Job(read.Number)
	if err != nil {
		return err
	}
	if !j.Open || !j.LastPost.Equal(read.LastPost) || !e.activity.idle(j, e.jobIdle) {
		return nil
	}
	changed, err := tx.ChangeJob(j.Number, ingest.JobDelta{Close: true})
	if err != nil {
		return err
	}
	return e.settle(tx, changed)
}

func (e *Engine) expireUploads(ctx context.Context) error {
	for {
		var expired []*ingest.Upload
		err := e.store.View(ctx, func(tx ingest.Tx) (err error) {
			expired, err = tx.ExpiredUploads(e.now(), sweepBatch)
			return err
		})
		if err != nil || len(expired) == 0 {
			return err
		}
		for _, u := range expired {
			err := e.end(ctx, u.UUID, ingest.UploadExpired, func(u *ingest.Upload) error {
				if u.Expires.After(e.now()) {
					return &ingest.Error{Kind: ingest.Conflict, Op: "engine.expireUploads", Msg: "a window came in between"}
				}
				return nil
			})
			if err != nil && ingest.KindOf(err) != ingest.Conflict && ingest.KindOf(err) != ingest.Gone {
				return err
			}
		}
	}
}

// Swept says what a sweep removed.
type Swept struct {
	Stages int // staging areas without an open upload
	Blobs  int // blobs that no row refers to
}

// Sweep removes what crashes and refused requests left behind. It runs beside
// requests: a blob counts as an orphan only if no row refers to it after
// everything that was under way when it was seen has ended. When that takes more
// than ten minutes, it is Unavailable and the blobs stay until the next sweep.
func (e *Engine) Sweep(ctx context.Context) (Swept, error) {
	var swept Swept
	stages, err := e.orphanStages(ctx)
	if err != nil {
		return swept, err
	}
	for _, id := range stages {
		if err := e.dropStage(ctx, id); err != nil {
			return swept, err
		}
		swept.Stages++
	}
	if err := e.expireExports(ctx); err != nil {
		return swept, err
	}
	if err := e.emptyOldTrash(ctx); err != nil {
		return swept, err
	}
	orphans, err := e.orphanBlobs(ctx)
	if err != nil || len(orphans) == 0 {
		return swept, err
	}
	if err := e.quiesce(ctx); err != nil {
		return swept, err
	}
	kept, err := e.sealedBlobs(ctx)
	if err == nil {
		err = e.exportBlobs(ctx, kept)
	}
	if err != nil {
		return swept, err
	}
	e.crash("sweep.found")
	for len(orphans) > 0 {
		batch := orphans[:min(len(orphans), sweepBatch)]
		orphans = orphans[len(batch):]
		unused, err := e.unused(ctx, batch)
		if err != nil {
			return swept, err
		}
		for _, key := range unused {
			if kept[key] {
				continue
			}
			if err := e.blobs.Delete(ctx, key); err != nil {
				return swept, err
			}
			swept.Blobs++
		}
	}
	return swept, nil
}

// quiesce waits until what is under way has ended. A request that takes its time
// puts off the removal of blobs to the next sweep, not more.
func (e *Engine) quiesce(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, sweepPatience)
	defer cancel()
	err := e.flights.quiesce(limited)
	if err != nil && ctx.Err() == nil {
		return &ingest.Error{
			Kind: ingest.Unavailable, Op: "engine.Sweep",
			Msg: fmt.Sprintf("requests that were under way have not ended within %s; files that nothing refers to are left to the next sweep", sweepPatience), Err: err,
		}
	}
	return err
}

// orphanStages lists the stages whose upload is over or unknown. A sealing
// upload keeps its stage.
func (e *Engine) orphanStages(ctx context.Context) ([]ingest.StageID, error) {
	var orphans []ingest.StageID
	err := e.blobs.Stages(ctx, func(id ingest.StageID) error {
		if e.aside.has(id) {
			return nil
		}
		return e.store.View(ctx, func(tx ingest.Tx) error {
			u, err := tx.Upload(ingest.UUID(id))
			switch {
			case err != nil && ingest.KindOf(err) != ingest.NotFound:
				return err
			case err != nil, u.State != ingest.UploadOpen && u.State != ingest.UploadSealing:
				orphans = append(orphans, id)
			}
			return nil
		})
	})
	return orphans, err
}

func (e *Engine) orphanBlobs(ctx context.Context) ([]ingest.BlobKey, error) {
	var orphans, batch []ingest.BlobKey
	check := func() error {
		unused, err := e.unused(ctx, batch)
		orphans = append(orphans, unused...)
		batch = batch[:0]
		return err
	}
	err := e.blobs.Blobs(ctx, func(key ingest.BlobKey) error {
		batch = append(batch, key)
		if len(batch) < sweepBatch {
			return nil
		}
		return check()
	})
	if err != nil {
		return nil, err
	}
	return orphans, check()
}

// sealedBlobs returns the blobs of uploads that are sealing: no row refers to
// them until the upload is done, which may be after the next start. Sealing
// again gives the key.
func (e *Engine) sealedBlobs(ctx context.Context) (map[ingest.BlobKey]bool, error) {
	var uploads []*ingest.Upload
	err := e.store.View(ctx, func(tx ingest.Tx) (err error) {
		uploads, err = tx.UploadsIn(ingest.UploadSealing, ingest.Page{Limit: 100_000})
		return err
	})
	if err != nil {
		return nil, err
	}
	keys := map[ingest.BlobKey]bool{}
	for _, u := range uploads {
		stage, err := e.blobs.Stage(ctx, ingest.StageID(u.UUID))
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		ref, err := stage.Seal(ctx, u.Size)
		if err != nil && ingest.KindOf(err) != ingest.Conflict && ingest.KindOf(err) != ingest.NotFound {
			return nil, err
		}
		if err == nil {
			keys[ref.Key] = true
		}
	}
	return keys, nil
}

// unused returns those of the keys that no row refers to.
func (e *Engine) unused(ctx context.Context, keys []ingest.BlobKey) (unused []ingest.BlobKey, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		used, err := tx.BlobsInUse(keys)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if !used[key] {
				unused = append(unused, key)
			}
		}
		return nil
	})
	return unused, err
}

// Upkeep runs Tick every few seconds and, beside it, Sweep at once and every
// hour, until ctx ends.
func (e *Engine) Upkeep(ctx context.Context) {
	var sweeps sync.WaitGroup
	defer sweeps.Wait()
	sweeps.Go(func() { e.sweepHourly(ctx) })
	tick := time.NewTicker(min(5*time.Second, max(e.jobIdle/4, 50*time.Millisecond)))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := e.Tick(ctx); err != nil && ctx.Err() == nil {
				e.log.Error("closing idle jobs and uploads failed", "error", err)
			}
		}
	}
}

func (e *Engine) sweepHourly(ctx context.Context) {
	hour := time.NewTicker(time.Hour)
	defer hour.Stop()
	for {
		swept, err := e.Sweep(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			e.log.Error("the sweep failed", "error", err)
		case swept != (Swept{}):
			e.log.Info("the sweep removed leftovers", "stages", swept.Stages, "blobs", swept.Blobs)
		}
		select {
		case <-ctx.Done():
			return
		case <-hour.C:
		}
	}
}
