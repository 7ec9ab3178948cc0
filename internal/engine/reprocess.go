package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"sluice/internal/ingest"
)

// replanStep queues the steps of assets again: of those that it names, or of a part
// of all images of the company.
type replanStep struct {
	Assets []ingest.Number `json:"assets,omitempty"`
	After  ingest.Number   `json:"after,omitempty"`
}

// ReplanStep carries out a reprocess task: the steps of the current versions are
// planned anew under the options of the job, as if the files had just come.
func (e *Engine) ReplanStep(ctx context.Context, t *ingest.Task) error {
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, j, err := e.activeStep(tx, t)
		if err != nil || j == nil {
			return err
		}
		var s replanStep
		if err := json.Unmarshal(fresh.Params, &s); err != nil {
			return err
		}
		owner, c, err := e.orderer(tx, j)
		if err != nil {
			return err
		}
		delta := ingest.JobDelta{Pending: -1}
		if s.Assets != nil {
			err = e.replanNamed(tx, owner, c, j, s.Assets, &delta)
		} else {
			err = e.replanImages(tx, owner, c, j, s, &delta)
		}
		if err != nil {
			return err
		}
		return e.finishStep(tx, fresh, delta)
	})
	e.wakeWorkers()
	e.wakeStepWorkers()
	return err
}

// orderer returns the owner of a job, who must still have the right to order it, and
// its company.
func (e *Engine) orderer(tx ingest.Tx, j *ingest.Job) (owner ingest.Principal, c *ingest.Company, err error) {
	if owner, err = principalOf(tx, j.User); err != nil {
		return owner, nil, err
	}
	c, err = e.authorize(tx, owner, j.Company, orderRight(j.Kind))
	return owner, c, err
}

// replanNamed replans assets by number. What has gone since the job was submitted is
// left out with a warning.
func (e *Engine) replanNamed(tx ingest.Tx, owner ingest.Principal, c *ingest.Company, j *ingest.Job, assets []ingest.Number, delta *ingest.JobDelta) error {
	sight, err := sightOf(tx, owner, j.Company)
	if err != nil {
		return err
	}
	for _, number := range assets {
		a, err := sight.assetOf(number, ingest.PermitRead, ingest.PermitWrite)
		if err == nil {
			err = e.replan(tx, owner, c, j, a, delta)
		}
		if err := e.leftOut(tx, j, err, &delta.Counts); err != nil {
			return err
		}
	}
	return nil
}

// leftOut logs why an asset of a job was not worked on. It returns the failures that
// are not the asset's own.
func (e *Engine) leftOut(tx ingest.Tx, j *ingest.Job, err error, counts *ingest.JobCounts) error {
	switch {
	case err == nil:
		return nil
	case ingest.KindOf(err) == ingest.Internal, ingest.KindOf(err) == ingest.Unavailable:
		return err
	}
	counts.Warning++
	return tx.AppendLog(ingest.LogRow{Job: j.Number, Time: e.now(), Type: wordsOf(j.Kind).warning, AssetType: "NoType", Message: "left out: " + ingest.Message(err)})
}

// replanImages replans a part of the company's images and queues the next part.
func (e *Engine) replanImages(tx ingest.Tx, owner ingest.Principal, c *ingest.Company, j *ingest.Job, s replanStep, delta *ingest.JobDelta) error {
	list, err := tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{j.Company}, Type: ingest.TypeImage}, ingest.Page{After: s.After, Limit: stepAssets})
	if err != nil {
		return err
	}
	sight, err := sightOf(tx, owner, j.Company)
	if err != nil {
		return err
	}
	for _, a := range list {
		if !sight.asset(a, ingest.PermitWrite) {
			continue
		}
		if err := e.leftOut(tx, j, e.replan(tx, owner, c, j, a, delta), &delta.Counts); err != nil {
			return err
		}
	}
	if len(list) < stepAssets {
		return nil
	}
	delta.Pending++
	return e.queueStep(tx, j, ingest.TaskReplan, replanStep{After: list[len(list)-1].Number})
}

// replan queues the steps of an asset's current version under the options of a job.
// Steps that wait from an earlier plan and are planned again give way.
func (e *Engine) replan(tx ingest.Tx, owner ingest.Principal, c *ingest.Company, j *ingest.Job, a *ingest.Asset, delta *ingest.JobDelta) error {
	if a.Version == 0 {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.replan", Msg: fmt.Sprintf("%s has no file", quote(a.Name))}
	}
	v, err := tx.Version(a.Version)
	if err != nil {
		return err
	}
	planned := append(e.plan(j, a.Type, v.FileName, &j.Processing), e.metadataStep(a.Type, v.ContentType)...)
	planned = slices.DeleteFunc(planned, func(s step) bool { return s.kind == ingest.TaskUnpack }) // it would take the asset away
	if err := e.giveWay(tx, owner, j, a, planned, &delta.Counts); err != nil {
		return err
	}
	for _, s := range planned {
		if err := tx.CreateTask(e.task(s, c, j, a, v)); err != nil {
			return err
		}
	}
	l := landing{processing: &j.Processing}
	a.Publish = publishState(c, l, true, a.Publish)
	if p := j.Processing.PreserveCrop; p != nil && !*p {
		a.Crop = nil
	}
	a.Modified, a.ModifiedBy = e.now(), owner.User
	if planned.pending() > 0 {
		a.State = ingest.AssetProcessing
	}
	if err := tx.UpdateAsset(a); err != nil {
		return err
	}
	if err := e.common(tx, owner, j, a, &j.Processing, &delta.Counts); err != nil {
		return err
	}
	delta.Counts.Total++
	delta.Pending += planned.pending()
	if planned.pending() > 0 {
		return nil
	}
	return e.logReplanned(tx, j.Number, c.Name, a, wordsOf(j.Kind), &delta.Counts)
}

// giveWay cancels the waiting steps of a version that a new plan has too, and those
// that no build plans any more. What these would have stored with the asset is stored
// now: it belongs to the job that brought the file.
func (e *Engine) giveWay(tx ingest.Tx, owner ingest.Principal, j *ingest.Job, a *ingest.Asset, planned steps, counts *ingest.JobCounts) error {
	tasks, err := tx.TasksOf(a.Number, a.Version)
	if err != nil {
		return err
	}
	kinds := retired()
	for _, s := range planned {
		kinds[s.kind] = true
	}
	for _, t := range tasks {
		if t.State != ingest.TaskParked || !kinds[t.Kind] {
			continue
		}
		if err := e.common(tx, owner, j, a, waitingCommon(t), counts); err != nil {
			return err
		}
		t.State, t.Finished = ingest.TaskCancelled, e.now()
		if err := tx.UpdateTask(t); err != nil {
			return err
		}
	}
	return nil
}

// waitingCommon is what a waiting step of an earlier build would have stored with its
// asset, which is nothing for most. Parameters that cannot be read are none.
func waitingCommon(t *ingest.Task) *ingest.Processing {
	o := &ingest.Processing{}
	switch t.Kind {
	case "projectHandleArray":
		_ = json.Unmarshal(t.Params, &o.Projects)
	case "xmpKeywords":
		_ = json.Unmarshal(t.Params, &o.Keywords)
	case "metadataOptions":
		_ = json.Unmarshal(t.Params, &o.Metadata)
	}
	return o
}

// retired are the kinds of steps that earlier builds let wait, under the names of the
// options, and that other steps do now, or the landing of the file.
func retired() map[ingest.TaskKind]bool {
	kinds := map[ingest.TaskKind]bool{}
	for _, kind := range []ingest.TaskKind{
		"knockoutBackgroundOptions", "manualCropOptions", "autoColorCropOptions", "autoTransparentCropOptions", "createMask",
		"colorManagementOptions", "unsharpMaskOptions", "photoshopOptions", "pdfOptions", "postScriptOptions", "illustratorOptions",
		"inDesignOptions", "mediaOptions", "unCompressOptions", "autoSetCreationOptions", "projectHandleArray", "xmpKeywords", "metadataOptions",
		"autoSmartCropOptionsArray", "cssOptions",
	} {
		kinds[kind] = true
	}
	return kinds
}

// logReplanned writes the success row of an asset that was processed again.
func (e *Engine) logReplanned(tx ingest.Tx, job ingest.Number, company string, a *ingest.Asset, words jobWords, counts *ingest.JobCounts) error {
	counts.Success++
	return tx.AppendLog(ingest.LogRow{
		Job: job, Time: e.now(), Type: words.success, Asset: a.Number, AssetName: a.FileName, AssetType: logFileType(a.Type),
		Message: fmt.Sprintf("%s/%s%s was processed again.", company, a.Path, a.FileName),
	})
}
