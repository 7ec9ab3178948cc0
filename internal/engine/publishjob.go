package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"sluice/internal/ingest"
)

// stepAssets is how many assets one step of a job works on.
const stepAssets = 200

// publishStep publishes a part of the assets that are marked for a context.
type publishStep struct {
	Context ingest.Contexts `json:"context"`
	Full    bool            `json:"full,omitempty"`
	After   ingest.Number   `json:"after,omitempty"`
}

// PublishContext is the context that a kind of publish job publishes to.
func PublishContext(kind ingest.JobKind) ingest.Contexts {
	switch kind {
	case ingest.JobImagePublish:
		return ingest.ContextImageServing
	case ingest.JobRenderPublish:
		return ingest.ContextImageRendering
	case ingest.JobVideoPublish:
		return ingest.ContextVideo
	case ingest.JobDirPublish:
		return ingest.ContextServerDirectory
	}
	return 0
}

// contextName is the key of a context in the publish history.
func contextName(context ingest.Contexts) string {
	switch context {
	case ingest.ContextImageRendering:
		return "ImageRendering"
	case ingest.ContextServerDirectory:
		return "ServerDirectory"
	case ingest.ContextVideo:
		return "Video"
	}
	return "ImageServing"
}

// PublishStep carries out a publish task: it notes the marked assets of a part of
// the company as published, and queues the next part.
func (e *Engine) PublishStep(ctx context.Context, t *ingest.Task) error {
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		fresh, j, err := e.activeStep(tx, t)
		if err != nil || j == nil {
			return err
		}
		var s publishStep
		if err := json.Unmarshal(fresh.Params, &s); err != nil {
			return err
		}
		if _, _, err := e.orderer(tx, j); err != nil {
			return err
		}
		list, err := tx.Assets(ingest.AssetFilter{Companies: []ingest.Number{j.Company}}, ingest.Page{After: s.After, Limit: stepAssets})
		if err != nil {
			return err
		}
		delta := ingest.JobDelta{Pending: -1}
		if err := e.publish(tx, j, s, list, &delta.Counts); err != nil {
			return err
		}
		if len(list) == stepAssets {
			s.After = list[len(list)-1].Number
			if err := e.queueStep(tx, j, ingest.TaskPublish, s); err != nil {
				return err
			}
			delta.Pending++
		}
		return e.finishStep(tx, fresh, delta)
	})
	e.wakeStepWorkers()
	return err
}

// publish notes those of the assets that are marked and have changed since they
// were published last.
func (e *Engine) publish(tx ingest.Tx, j *ingest.Job, s publishStep, list []*ingest.Asset, counts *ingest.JobCounts) error {
	var numbers []ingest.Number
	for _, a := range list {
		if a.Publish&s.Context != 0 {
			numbers = append(numbers, a.Number)
		}
	}
	history, err := publishHistory(tx, j.Company, numbers, contextName(s.Context))
	if err != nil {
		return err
	}
	c, err := tx.Company(j.Company)
	if err != nil {
		return err
	}
	now := e.now()
	for _, a := range list {
		if a.Publish&s.Context == 0 {
			continue
		}
		before := history[a.Number]
		if before != nil && !s.Full && !a.Modified.After(before.Modified) {
			continue
		}
		if err := e.notePublished(tx, j, a, before, contextName(s.Context)); err != nil {
			return err
		}
		counts.Total++
		counts.Success++
		err := tx.AppendLog(ingest.LogRow{
			Job: j.Number, Time: now, Type: wordsOf(j.Kind).success, Asset: a.Number, AssetName: a.FileName, AssetType: logFileType(a.Type),
			Message: fmt.Sprintf("%s/%s%s was published.", c.Name, a.Path, a.FileName),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// publishHistory returns the documents of one context by asset.
func publishHistory(tx ingest.Tx, company ingest.Number, assets []ingest.Number, context string) (map[ingest.Number]*ingest.Document, error) {
	docs, err := tx.DocumentsOf(company, []ingest.DocumentKind{ingest.DocPublishHistory}, assets)
	history := map[ingest.Number]*ingest.Document{}
	for _, d := range docs {
		if d.Key == context {
			history[d.Owner] = d
		}
	}
	return history, err
}

// notePublished writes when an asset was published to a context.
func (e *Engine) notePublished(tx ingest.Tx, j *ingest.Job, a *ingest.Asset, before *ingest.Document, context string) error {
	now := e.now()
	data, err := json.Marshal(ingest.PublishRecord{Server: e.serverName, Published: now})
	if err != nil {
		return err
	}
	if before != nil {
		before.Data, before.Modified, before.By = data, now, j.User
		return tx.UpdateDocument(before)
	}
	return tx.CreateDocument(&ingest.Document{
		UUID: e.newUUID(), Company: j.Company, Kind: ingest.DocPublishHistory, Owner: a.Number, Key: context, Name: context,
		Data: data, Created: now, Modified: now, By: j.User,
	})
}
