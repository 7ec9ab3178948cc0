package engine

import (
	"fmt"

	"sluice/internal/ingest"
)

// endTask moves a task to its final state and, with the last task of a version,
// the asset and the job.
func (e *Engine) endTask(tx ingest.Tx, t *ingest.Task, state ingest.TaskState, r TaskResult) error {
	t.State, t.Finished = state, e.now()
	if err := tx.UpdateTask(t); err != nil {
		return err
	}
	background := t.Kind == ingest.TaskDigest // neither asset nor job waits for it
	if background && r.Warning == "" {
		return nil
	}
	a, err := tx.Asset(t.Asset)
	if err != nil {
		return err
	}
	var delta ingest.JobDelta
	shown := !background && a.Version == t.Version // the asset is what the task was about
	if shown {
		applyResult(a, r)
	}
	if r.Warning != "" {
		delta.Counts.Warning++
		if err := e.warn(tx, t, a, r.Warning); err != nil {
			return err
		}
	}
	if !background {
		delta.Pending = -1
		if err := e.settleAsset(tx, a, t, &delta.Counts); err != nil {
			return err
		}
	}
	if shown {
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

// warn logs what a task could not do.
func (e *Engine) warn(tx ingest.Tx, t *ingest.Task, a *ingest.Asset, words string) error {
	return tx.AppendLog(ingest.LogRow{
		Job: t.Job, Time: e.now(), Type: ingest.LogUploadWarning, Asset: a.Number, AssetName: a.FileName, AssetType: logFileType(a.Type),
		Message: fmt.Sprintf("%s%s: %s", a.Path, a.FileName, words),
	})
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
func (e *Engine) settleAsset(tx ingest.Tx, a *ingest.Asset, t *ingest.Task, counts *ingest.JobCounts) error {
	v, err := tx.Version(t.Version)
	if err != nil {
		return err
	}
	tasks, err := tx.TasksOf(a.Number, t.Version)
	if err != nil {
		return err
	}
	var unreadable *ingest.Task // the first that found it so
	for _, other := range tasks {
		switch {
		case other.Kind == ingest.TaskDigest:
		case other.State == ingest.TaskQueued, other.State == ingest.TaskRunning:
			return nil
		case other.State == ingest.TaskUnreadable && unreadable == nil:
			unreadable = other
		}
	}
	c, err := tx.Company(a.Company)
	if err != nil {
		return err
	}
	now := e.now()
	event := ingest.Event{Company: a.Company, Time: now, Kind: ingest.EventAssetProcessed, Subject: a.UUID}
	state := ingest.AssetReady
	if unreadable != nil {
		state, event.Kind = ingest.AssetFailed, ingest.EventAssetFailed
		counts.Error++
		err = tx.AppendLog(ingest.LogRow{
			Job: t.Job, Time: now, Type: ingest.LogUploadError, Asset: a.Number, AssetName: v.FileName, AssetType: logFileType(a.Type),
			Message: fmt.Sprintf("%s/%s%s was stored, but its content could not be read: %s", c.Name, a.Path, v.FileName, unreadable.Error),
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
