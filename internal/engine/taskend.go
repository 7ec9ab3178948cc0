package engine

import (
	"fmt"
	"slices"
	"strings"

	"sluice/internal/ingest"
)

// endTask moves a task to its final state and, with the last task of a version,
// the asset and the job.
func (e *Engine) endTask(tx ingest.Tx, t *ingest.Task, state ingest.TaskState, r TaskResult) error {
	t.State, t.Finished = state, e.now()
	if state == ingest.TaskDone { // what could not be done stays with the task, what went wrong in earlier runs does not
		words := r.warnings()
		if r.Note != "" {
			words = append(slices.Clone(words), r.Note)
		}
		t.Error = shortened(strings.Join(words, "; "), taskLogWords)
	}
	if err := tx.UpdateTask(t); err != nil {
		return err
	}
	if t.Asset == 0 {
		return e.endStep(tx, t, r)
	}
	if err := dropGiven(tx, t); err != nil {
		return err
	}
	if t.Kind == ingest.TaskUnpack {
		return e.endUnpack(tx, t, r)
	}
	background := t.Kind == ingest.TaskDigest // neither asset nor job waits for it
	if background && len(r.warnings()) == 0 {
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
		if err := crop(tx, t, a, r.Crop); err != nil {
			return err
		}
		if t.Kind == ingest.TaskInspect && state == ingest.TaskDone {
			if err := e.jobCrops(tx, t, a, &delta.Counts); err != nil {
				return err
			}
		}
	}
	for _, words := range r.warnings() {
		delta.Counts.Warning++
		if err := e.warn(tx, t.Job, a, words); err != nil {
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
	if t.Job == 0 {
		return nil
	}
	j, err := tx.ChangeJob(t.Job, delta)
	if err != nil {
		return err
	}
	return e.settle(tx, j)
}

// appendLog writes a row of a job's log. Steps that operations queue beside any job
// have none.
func appendLog(tx ingest.Tx, row ingest.LogRow) error {
	if row.Job == 0 {
		return nil
	}
	return tx.AppendLog(row)
}

// warn logs what a person should know of an asset, as what a task could not do.
func (e *Engine) warn(tx ingest.Tx, job ingest.Number, a *ingest.Asset, words string) error {
	return appendLog(tx, ingest.LogRow{
		Job: job, Time: e.now(), Type: ingest.LogUploadWarning, Asset: a.Number, AssetName: a.FileName, AssetType: logFileType(a.Type),
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

// warnings lists all words for the job log.
func (r TaskResult) warnings() []string {
	if r.Warning == "" {
		return r.Warnings
	}
	return append([]string{r.Warning}, r.Warnings...)
}

// crop gives an asset the crop that a task found. That of a job with a manual crop
// always counts; otherwise one that the asset has stays where the job preserves crops
// (Scene7 contract, section 6.2).
func crop(tx ingest.Tx, t *ingest.Task, a *ingest.Asset, found *ingest.Rect) error {
	if found == nil {
		return nil
	}
	if t.Job != 0 && a.Crop != nil {
		j, err := tx.Job(t.Job)
		if err != nil {
			return err
		}
		o := j.Processing
		manual := o.Crop != nil && !o.Crop.Zero()
		if !manual && (o.PreserveCrop == nil || *o.PreserveCrop) {
			return nil
		}
	}
	if *found == (ingest.Rect{Width: a.Media.Width, Height: a.Media.Height}) {
		a.Crop = nil
		return nil
	}
	rect := *found
	a.Crop = &rect
	return nil
}

// settleAsset ends the processing of a version when the last task that the job of t
// has for it has ended. A version that any of these found unreadable has failed. The
// caller stores a.
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
	others := false             // another job is still at it
	for _, other := range tasks {
		switch {
		case other.Kind == ingest.TaskDigest:
		case other.State == ingest.TaskQueued, other.State == ingest.TaskRunning:
			if other.Job == t.Job {
				return nil
			}
			others = true
		case other.Job != t.Job:
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
	words, err := e.wordsFor(tx, t, v)
	if err != nil {
		return err
	}
	state := ingest.AssetReady
	if unreadable != nil {
		state, event.Kind = ingest.AssetFailed, ingest.EventAssetFailed
		counts.Error++
		err = appendLog(tx, ingest.LogRow{
			Job: t.Job, Time: now, Type: words.fault, Asset: a.Number, AssetName: v.FileName, AssetType: logFileType(a.Type),
			Message: fmt.Sprintf("%s/%s%s was stored, but its content could not be read: %s", c.Name, a.Path, v.FileName, unreadable.Error),
		})
	} else {
		shown := *a // the row speaks of the version that was processed
		shown.FileName = v.FileName
		if v.Job == t.Job {
			err = e.logProcessed(tx, t.Job, c.Name, &shown, v, counts)
		} else {
			err = e.logReplanned(tx, t.Job, c.Name, &shown, words, counts)
		}
	}
	if err != nil {
		return err
	}
	if a.Version == v.Number && !others {
		a.State = state
	}
	return tx.Emit(event)
}

// wordsFor returns the words of the job that a task belongs to. Only jobs that did
// not bring the version themselves can be of a kind with words of its own.
func (e *Engine) wordsFor(tx ingest.Tx, t *ingest.Task, v *ingest.Version) (jobWords, error) {
	if v.Job == t.Job {
		return wordsOf(ingest.JobUpload), nil
	}
	j, err := tx.Job(t.Job)
	if err != nil {
		return jobWords{}, err
	}
	return wordsOf(j.Kind), nil
}

// endStep ends a task that is about a whole job. The caller has stored its state.
func (e *Engine) endStep(tx ingest.Tx, t *ingest.Task, r TaskResult) error {
	switch t.Kind {
	case ingest.TaskCallback, ingest.TaskLetter, ingest.TaskPush: // the job is done and its log is complete, or there is none
		return nil
	}
	j, err := tx.Job(t.Job)
	if err != nil {
		return err
	}
	words := wordsOf(j.Kind)
	name, file := stepFile(t)
	row := ingest.LogRow{Job: t.Job, Time: e.now(), Message: r.Warning, AssetName: lastSegment(name), AssetType: "NoType"}
	delta := ingest.JobDelta{Pending: -1}
	switch {
	case t.State == ingest.TaskCancelled:
		row.Type = ingest.LogFileCancel
	case t.State == ingest.TaskFailed && file:
		row.Type, row.Message = words.fault, name+": "+r.Warning
		delta.Counts.Total++
		delta.Counts.Error++
	case t.State == ingest.TaskFailed:
		row.Type, row.AssetName = ingest.LogFatalError, ""
		delta.Counts.Error++
	case r.Warning != "":
		row.Type, row.AssetName = words.warning, ""
		delta.Counts.Warning++
	}
	if row.Type != "" {
		if err := tx.AppendLog(row); err != nil {
			return err
		}
	}
	changed, err := tx.ChangeJob(t.Job, delta)
	if err != nil {
		return err
	}
	return e.settle(tx, changed)
}
