package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// PageSpec is what a session makes of its files.
type PageSpec struct {
	Name PageName
	Main ingest.Number // asset of the HTML file, a part so far
	// What the HTML file is called and where it goes, whatever was said of its upload.
	FileName, Folder string
	Metadata         map[string]string
	Parts            []PagePart
	// Note, if set, changes the session's facts in the transaction that ends it.
	Note func(*ingest.Upload, *WebPage) error
}

// PagePart is one file of the page, by the asset that has its bytes: a part of the
// session or of the page, or any other asset of the company, which is then linked.
type PagePart struct {
	Asset        ingest.Number
	FileName     string
	RelativePath string // as the client wrote it
	Target       string // path from the page's folder, with slashes
}

// FinishSession makes the files of a session a web page, or the new version of the
// one that the session was opened for, in one transaction: until then readers have
// the old page, afterwards the new one. Finishing again gives the same page. Parts
// that the page had and has no more are removed after the orphans' time.
func (e *Engine) FinishSession(ctx context.Context, p ingest.Principal, id ingest.UUID, spec PageSpec) (session *ingest.Upload, page *WebPage, err error) {
	if err := tooManyFiles("engine.FinishSession", len(spec.Parts)); err != nil {
		return nil, nil, err
	}
	defer e.closing.lock(id)()
	var stages []ingest.UUID
	var dropped []ingest.BlobKey
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		stages, dropped = nil, nil
		if session, err = tx.Upload(id); err != nil {
			return err
		}
		if err := mayHandle(p, session, rightUpload); err != nil {
			return err
		}
		c, err := e.authorize(tx, p, session.Company, rightUpload)
		if err != nil {
			return err
		}
		if !session.Options.Session {
			return unknownUpload()
		}
		if session.State == ingest.UploadDone {
			a, err := tx.Asset(session.Asset)
			if err == nil {
				page, err = pageOf(tx, a)
			}
			return err
		}
		if err := stillOpen(session); err != nil {
			return err
		}
		if err := tx.LockCompany(c.Number); err != nil {
			return err
		}
		page, dropped, err = e.makePage(tx, p, c, session, spec)
		if err != nil {
			return err
		}
		used := map[ingest.Number]bool{page.Asset.Number: true}
		for _, part := range page.Parts {
			used[part.Asset.Number] = true
		}
		if stages, err = e.endMembers(tx, session, ingest.UploadAborted, used); err != nil {
			return err
		}
		if spec.Note != nil {
			if err := spec.Note(session, page); err != nil {
				return err
			}
		}
		return e.endSession(tx, session, page)
	})
	if err != nil {
		return nil, nil, err
	}
	e.crash("session.committed")
	for _, stage := range stages {
		if err := e.dropStage(ctx, ingest.StageID(stage)); err != nil {
			e.log.Warn("what was left of a session was not removed, the sweep will", "upload", stage, "error", err)
		}
	}
	e.wakeWorkers()
	return session, page, e.dropBlobs(ctx, dropped)
}

// endSession notes that a session became a page, and ends its job as far as it
// waited for that.
func (e *Engine) endSession(tx ingest.Tx, session *ingest.Upload, page *WebPage) error {
	now := e.now()
	session.State, session.Asset, session.FileName, session.Touched = ingest.UploadDone, page.Asset.Number, page.Name, now
	if err := tx.UpdateUpload(session); err != nil {
		return err
	}
	words := "was made"
	if session.Options.Replaces != 0 {
		words = "was updated"
	}
	err := tx.AppendLog(ingest.LogRow{Job: session.Job, Time: now, Type: ingest.LogUploadSuccess, Asset: page.Asset.Number, AssetName: page.Asset.FileName,
		AssetType: "NoType", Message: fmt.Sprintf("The web page %s with %d other files %s.", quote(page.Name), len(page.Parts), words)})
	if err != nil {
		return err
	}
	j, err := tx.ChangeJob(session.Job, ingest.JobDelta{Pending: -1})
	if err != nil {
		return err
	}
	return e.settle(tx, j)
}

// makePage is the heart of FinishSession.
func (e *Engine) makePage(tx ingest.Tx, p ingest.Principal, c *ingest.Company, session *ingest.Upload, spec PageSpec) (*WebPage, []ingest.BlobKey, error) {
	updates := session.Options.Replaces
	name, err := pageName(tx, c.Number, updates, spec.Name)
	if err != nil {
		return nil, nil, err
	}
	main, err := e.mainOf(tx, p, session, spec.Main)
	if err != nil {
		return nil, nil, err
	}
	if err := e.placeMain(tx, p, c, main, spec); err != nil {
		return nil, nil, err
	}
	page := &WebPage{Asset: main, Name: name}
	var dropped []ingest.BlobKey
	if updates == 0 {
		main.Part, main.Orphaned = false, time.Time{}
		err = e.changed(tx, p, main)
	} else if page.Asset, err = e.pageToChange(tx, p, c, updates); err == nil {
		dropped, err = e.turnPage(tx, p, page.Asset, main)
	}
	if err != nil {
		return nil, nil, err
	}
	if err := e.keepPage(tx, p, page); err != nil {
		return nil, nil, err
	}
	if page.Parts, err = e.takeParts(tx, p, page.Asset, spec.Parts); err != nil {
		return nil, nil, err
	}
	return page, dropped, e.relink(tx, page)
}

// mainOf returns the file of a session that is to be a page's own, as a part that no
// page has.
func (e *Engine) mainOf(tx ingest.Tx, p ingest.Principal, session *ingest.Upload, number ingest.Number) (*ingest.Asset, error) {
	foreign := &ingest.Error{Kind: ingest.Conflict, Op: "engine.mainOf", Msg: "the web page's own file is not one of the session"}
	members, err := tx.UploadsOf(session.Number)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(members, func(u *ingest.Upload) bool { return u.State == ingest.UploadDone && u.Asset == number && number != 0 }) {
		return nil, foreign
	}
	main, err := tx.Asset(number)
	if err != nil {
		return nil, err
	}
	if !main.Part || main.Emptied {
		return nil, foreign
	}
	owners, err := tx.LinksTo(ingest.LinkPagePart, []ingest.Number{number})
	if err != nil || len(owners) == 0 {
		return main, err
	}
	return e.linkedPart(tx, p, main, main.FileName) // another page has it as its part
}

// placeMain gives the file of a page its name and its folder.
func (e *Engine) placeMain(tx ingest.Tx, p ingest.Principal, c *ingest.Company, main *ingest.Asset, spec PageSpec) error {
	place, err := placeOf(tx, c, &ingest.Upload{FileName: spec.FileName, Folder: spec.Folder, Options: ingest.UploadOptions{ExactName: true}})
	if err != nil {
		return err
	}
	s, err := sightOf(tx, p, c.Number)
	if err != nil {
		return err
	}
	if err := s.requireFolder(place.Folder, ingest.PermitRead, ingest.PermitWrite); err != nil {
		return err
	}
	folder, err := e.folderAt(tx, c.Number, place.Folder)
	if err != nil {
		return err
	}
	main.Folder, main.Path, main.Name, main.FileName, main.Metadata = folder.Number, folder.Path, place.Name, place.FileName, spec.Metadata
	return nil
}

// turnPage gives the asset of a page the bytes of a part as its new version. The
// part is gone then.
func (e *Engine) turnPage(tx ingest.Tx, p ingest.Principal, a, part *ingest.Asset) ([]ingest.BlobKey, error) {
	v, err := tx.Version(part.Version)
	if err != nil {
		return nil, err
	}
	now := e.now()
	fresh := &ingest.Version{UUID: e.newUUID(), FileName: part.FileName, ContentType: v.ContentType, Blob: v.Blob, Job: v.Job, Update: true, Created: now, CreatedBy: p.User}
	a.Folder, a.Path, a.Name, a.FileName, a.Type = part.Folder, part.Path, part.Name, part.FileName, part.Type
	a.Media, a.Size, a.SHA256, a.State, a.Metadata = part.Media, part.Size, part.SHA256, ingest.AssetReady, part.Metadata
	a.Modified, a.ModifiedBy = now, p.User
	if err := e.storeVersion(tx, a, fresh); err != nil {
		return nil, err
	}
	if err := e.forgetFile(tx, a); err != nil {
		return nil, err
	}
	if err := e.digestLater(tx, a, fresh); err != nil {
		return nil, err
	}
	if err := e.handThumbnail(tx, part, a, fresh); err != nil {
		return nil, err
	}
	if err := tx.Emit(ingest.Event{Company: a.Company, Time: now, Kind: ingest.EventAssetReplaced, Subject: a.UUID, User: p.User}); err != nil {
		return nil, err
	}
	if err := e.turnWork(tx, part, a); err != nil {
		return nil, err
	}
	return e.removePart(tx, part)
}

// turnWork ends what is still to be done for a part, and makes what the logs say of it
// speak of the page whose file it was.
func (e *Engine) turnWork(tx ingest.Tx, part, page *ingest.Asset) error {
	tasks, err := tx.TasksOf(part.Number, 0)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		switch t.State {
		case ingest.TaskQueued, ingest.TaskRunning:
			if err := e.endTask(tx, t, ingest.TaskCancelled, TaskResult{}); err != nil {
				return err
			}
		}
	}
	return tx.MoveLog(part.Number, page.Number)
}

// digestLater queues the SHA-256 of a version that has none.
func (e *Engine) digestLater(tx ingest.Tx, a *ingest.Asset, v *ingest.Version) error {
	if v.Blob.SHA256 != nil {
		return nil
	}
	return tx.CreateTask(e.task(step{kind: ingest.TaskDigest, background: true}, &ingest.Company{Number: a.Company}, &ingest.Job{Number: v.Job}, a, v))
}

// keepPage stores the name of a page.
func (e *Engine) keepPage(tx ingest.Tx, p ingest.Principal, page *WebPage) error {
	d, err := pageDocument(tx, page.Asset.Company, page.Asset.Number)
	if err != nil {
		return err
	}
	key := strings.ToLower(page.Name)
	if d == nil {
		d = e.newDocument(p, page.Asset.Company, ingest.DocWebPage, key, page.Name, nil)
		d.Owner = page.Asset.Number
		return tx.CreateDocument(d)
	}
	d.Key, d.Name, d.Modified, d.By = key, page.Name, e.now(), p.User
	return tx.UpdateDocument(d)
}

// takeParts returns the parts of a page: those that are its own or nobody's as they
// are, links to the bytes of all others.
func (e *Engine) takeParts(tx ingest.Tx, p ingest.Principal, page *ingest.Asset, specs []PagePart) ([]WebPart, error) {
	taken := map[ingest.Number]bool{}
	s, err := sightOf(tx, p, page.Company)
	if err != nil {
		return nil, err
	}
	parts := make([]WebPart, len(specs))
	for i, spec := range specs {
		a, err := tx.Asset(spec.Asset)
		if err != nil {
			return nil, err
		}
		if a.Company != page.Company || !a.Trashed.IsZero() || a.Emptied {
			return nil, unknownAsset(spec.Asset)
		}
		owners, err := tx.LinksTo(ingest.LinkPagePart, []ingest.Number{a.Number})
		if err != nil {
			return nil, err
		}
		if err := s.require(a, ingest.PermitRead); err != nil {
			return nil, err
		}
		own := a.Part && (len(owners) == 0 || owners[0].From == page.Number)
		if !own || taken[a.Number] {
			if a, err = e.linkedPart(tx, p, a, spec.FileName); err != nil {
				return nil, err
			}
		} else if !a.Orphaned.IsZero() || a.FileName != spec.FileName {
			a.Orphaned, a.FileName = time.Time{}, spec.FileName
			a.Name, _ = splitExt(spec.FileName)
			if err := tx.UpdateAsset(a); err != nil {
				return nil, err
			}
		}
		taken[a.Number] = true
		v, err := tx.Version(a.Version)
		if err != nil {
			return nil, err
		}
		parts[i] = WebPart{Asset: a, SHA1: v.Blob.SHA1, partPlace: partPlace{RelativePath: spec.RelativePath, Target: spec.Target}}
	}
	return parts, nil
}

// linkedPart makes a part with the bytes of another asset.
func (e *Engine) linkedPart(tx ingest.Tx, p ingest.Principal, of *ingest.Asset, fileName string) (*ingest.Asset, error) {
	v, err := tx.Version(of.Version)
	if err != nil {
		return nil, err
	}
	now := e.now()
	name, _ := splitExt(fileName)
	a := &ingest.Asset{
		UUID: e.newUUID(), Company: of.Company, Folder: of.Folder, Path: of.Path, Name: name, FileName: fileName, Type: of.Type, State: ingest.AssetReady, Media: of.Media,
		Size: of.Size, SHA256: of.SHA256, Metadata: of.Metadata, Created: now, CreatedBy: p.User, Modified: now, ModifiedBy: p.User, Part: true,
	}
	if name == "" {
		a.Name = fileName
	}
	linked := &ingest.Version{UUID: e.newUUID(), FileName: fileName, ContentType: v.ContentType, Blob: v.Blob, Created: now, CreatedBy: p.User}
	if err := e.storeVersion(tx, a, linked); err != nil {
		return nil, err
	}
	return a, e.digestLater(tx, a, linked)
}

// relink records the parts of a page; those that it had before and has no more are
// orphans from now on.
func (e *Engine) relink(tx ingest.Tx, page *WebPage) error {
	before, err := tx.LinksFrom(ingest.LinkPagePart, []ingest.Number{page.Asset.Number})
	if err != nil {
		return err
	}
	kept := map[ingest.Number]bool{}
	links := make([]ingest.Link, len(page.Parts))
	for i, part := range page.Parts {
		data, err := json.Marshal(part.partPlace)
		if err != nil {
			return err
		}
		kept[part.Asset.Number] = true
		links[i] = ingest.Link{Kind: ingest.LinkPagePart, From: page.Asset.Number, To: part.Asset.Number, Position: i, Data: string(data)}
	}
	if err := tx.PutLinks(ingest.LinkPagePart, page.Asset.Number, links); err != nil {
		return err
	}
	for _, l := range before {
		if kept[l.To] {
			continue
		}
		if err := e.orphan(tx, l.To); err != nil {
			return err
		}
	}
	return nil
}
