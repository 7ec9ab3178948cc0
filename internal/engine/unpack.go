package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"sluice/internal/ingest"
)

// An archive that is to be unpacked is landed as a part: an asset that no list shows
// and whose name takes no other's place. When its members are assets it is removed;
// when it could not be unpacked it is landed anew as an asset of the type Zip.

// unpackStep is how far unpacking has come. It is stored with the task, so that no
// member is dealt with twice.
type unpackStep struct {
	Next  int `json:"next"`  // members that are dealt with
	Taken int `json:"taken"` // of these, those that were handed to the library
}

// UnpackWork is what an unpack task works on.
type UnpackWork struct {
	TaskInput
	Next  int // members of the archive that are dealt with
	Taken int // of these, those that were handed to the library
}

// RefusedMember is a member of an archive that does not become an asset.
type RefusedMember struct {
	Path   string
	Reason string // completes "was left out: "
	Quiet  bool   // nobody misses it: it is a warning
}

// Unpacked is a part of the members of an archive.
type Unpacked struct {
	Made    []Made
	Refused []RefusedMember
	Next    int     // members that are dealt with when this part is stored
	Intake  *Intake // received the spools; may be nil when there are none
}

// UnpackWork returns what an unpack task works on.
func (e *Engine) UnpackWork(ctx context.Context, t *ingest.Task) (w UnpackWork, err error) {
	if w.TaskInput, err = e.TaskInput(ctx, t); err != nil {
		return w, err
	}
	var s unpackStep
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		fresh, err := tx.Task(t.Number)
		if err != nil {
			return err
		}
		s, err = unpackStepOf(fresh)
		return err
	})
	w.Next, w.Taken = s.Next, s.Taken
	return w, err
}

func unpackStepOf(t *ingest.Task) (s unpackStep, err error) {
	if len(t.Params) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(t.Params, &s); err != nil {
		return s, &ingest.Error{Kind: ingest.Internal, Op: "engine.unpackStepOf", Err: err}
	}
	return s, nil
}

// StoreUnpacked makes assets of a part of the members of an archive, while its task
// goes on. It fails with a Conflict when the task has been taken over or stopped, and
// is Gone when the archive is in the trash.
func (e *Engine) StoreUnpacked(ctx context.Context, t *ingest.Task, u Unpacked) error {
	defer e.flights.begin()()
	if u.Intake != nil {
		if err := u.Intake.settled(); err != nil {
			return err
		}
	}
	r := TaskResult{Made: u.Made, Intake: u.Intake}
	ready, err := e.prepare(ctx, r)
	if err != nil {
		return err
	}
	e.crash("unpack.made")
	var c completion
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		c = completion{stored: map[ingest.BlobKey]bool{}}
		fresh, err := current(tx, t)
		if err != nil {
			return err
		}
		s, err := unpackStepOf(fresh)
		if err != nil {
			return err
		}
		s.Next, s.Taken = u.Next, s.Taken+len(u.Made)
		if fresh.Params, err = json.Marshal(s); err != nil {
			return err
		}
		if err := tx.UpdateTask(fresh); err != nil {
			return err
		}
		reason, err := e.make(tx, t, r, ready, &c)
		if err != nil {
			return err
		}
		if reason != "" {
			return &ingest.Error{Kind: ingest.Gone, Op: "engine.StoreUnpacked", Msg: reason}
		}
		return e.refuseMembers(tx, t, u.Refused)
	})
	e.crash("unpack.stored")
	e.wakeWorkers()
	switch {
	case err == nil:
		c.keep()
		return e.deleteBlobs(ctx, c.leftovers(ready.fresh))
	case errors.Is(err, errStale):
		if err := e.deleteBlobs(ctx, ready.fresh); err != nil {
			return err
		}
		return &ingest.Error{Kind: ingest.Conflict, Op: "engine.StoreUnpacked", Msg: "the archive is not unpacked by this run any more", Err: err}
	case inDoubt(err):
		if u.Intake != nil {
			u.Intake.doubt()
		}
		return err // the sweep removes the files if no row refers to them
	}
	if dropped := e.deleteBlobs(ctx, ready.fresh); dropped != nil {
		e.log.Warn("files of a part of an archive that was not stored were not removed, the sweep will", "error", dropped)
	}
	return err
}

// refuseMembers logs members that do not become assets. They count as files of the
// job.
func (e *Engine) refuseMembers(tx ingest.Tx, t *ingest.Task, refused []RefusedMember) error {
	if len(refused) == 0 || t.Job == 0 {
		return nil
	}
	a, err := tx.Asset(t.Asset)
	if err != nil {
		return err
	}
	var delta ingest.JobDelta
	for _, m := range refused {
		row := ingest.LogRow{Job: t.Job, Time: e.now(), Type: ingest.LogUploadError, AssetName: shortName(m.Path), AssetType: "NoType"}
		delta.Counts.Total++
		if m.Quiet {
			row.Type = ingest.LogUploadWarning
			delta.Counts.Warning++
		} else {
			delta.Counts.Error++
		}
		row.Message = fmt.Sprintf("%s of the archive %s%s was left out: %s.", quote(m.Path), a.Path, a.FileName, m.Reason)
		if err := tx.AppendLog(row); err != nil {
			return err
		}
	}
	_, err = tx.ChangeJob(t.Job, delta)
	return err
}

// shortName is the last segment of a member's name, as far as a row can show it.
func shortName(path string) string {
	name := lastSegment(slashed(path))
	if len(name) > MaxNameBytes || checkText(name, "name") != nil {
		return ""
	}
	return name
}

// endUnpack ends the task of an archive: it is removed when its members are assets,
// and else it becomes one itself. The caller has stored the task's state.
func (e *Engine) endUnpack(tx ingest.Tx, t *ingest.Task, r TaskResult) error {
	a, err := tx.Asset(t.Asset)
	if err != nil {
		return err
	}
	delta := ingest.JobDelta{Pending: -1, Counts: ingest.JobCounts{Total: -1}} // its members were counted
	for _, words := range r.warnings() {
		delta.Counts.Warning++
		if err := e.warn(tx, t.Job, a, words); err != nil {
			return err
		}
	}
	if a.Part && !a.Emptied {
		if err := e.endArchive(tx, t, a, &delta); err != nil {
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

// endArchive removes an archive, and before lands it anew when its members are no
// assets.
func (e *Engine) endArchive(tx ingest.Tx, t *ingest.Task, a *ingest.Asset, delta *ingest.JobDelta) error {
	v, err := tx.Version(t.Version)
	if err != nil {
		return err
	}
	// Removed first, so that it does not stand in its own way at a quota. Its bytes may
	// be those of an asset then; the sweep removes them otherwise.
	if _, err := e.removePart(tx, a); err != nil || t.State == ingest.TaskDone {
		return err
	}
	return e.keepArchive(tx, t, a, v, delta)
}

// blobOf is the blob of a version.
func blobOf(tx ingest.Tx, version ingest.Number) ([]ingest.BlobKey, error) {
	v, err := tx.Version(version)
	if err != nil || v.Blob.Key == "" {
		return nil, err
	}
	return []ingest.BlobKey{v.Blob.Key}, nil
}

// keepArchive lands an archive that could not be unpacked as it is, under the rules
// of its job.
func (e *Engine) keepArchive(tx ingest.Tx, t *ingest.Task, a *ingest.Asset, v *ingest.Version, delta *ingest.JobDelta) error {
	c, err := tx.Company(a.Company)
	if err != nil {
		return err
	}
	if err := tx.LockCompany(c.Number); err != nil {
		return err
	}
	j, err := tx.Job(t.Job)
	if err != nil {
		return err
	}
	owner, err := principalOf(tx, j.User)
	if err != nil && ingest.KindOf(err) == ingest.Internal {
		return err
	}
	if err != nil {
		return e.warn(tx, t.Job, a, "the archive was not kept: "+ingest.Message(err))
	}
	o := j.Processing
	o.Unpack = false
	blob := v.Blob
	_, err = e.land(tx, owner, c, j, landing{
		place: Place{Folder: a.Path, Name: a.Name, FileName: a.FileName}, blob: blob, contentType: v.ContentType, policy: jobPolicy(j),
		knownTypesOnly: true, processing: &o,
	}, delta)
	return err
}
