package engine

import (
	"context"
	"fmt"
	"time"

	"sluice/internal/ingest"
)

// TargetSpec says by ids and names what an upload is to become.
type TargetSpec struct {
	Company  ingest.Number
	Door     ingest.Door // whose uploads may hold the target
	Asset    ingest.UUID // an asset, or a placeholder; the place is then theirs
	Folder   ingest.UUID // "" = the folder at Under
	Under    string      // path, for files that name no folder; it is made when missing
	Segments []string    // folders below, which are made when missing
	FileName string
}

// Target is what an upload is to become.
type Target struct {
	Folder      string        // path
	In          ingest.Number // the folder
	FileName    string
	Asset       *ingest.Asset  // that gets a new version; nil = a new one is made
	Placeholder *Placeholder   // that keeps the place of the new asset; nil = none
	UUID        ingest.UUID    // of the asset, the new one included
	Key         string         // client key of the upload that holds the target
	Upload      *ingest.Upload // the open one that holds it, whoever's it is; nil = none
}

// TargetOf finds what an upload is to become. Folders that the path names are made,
// and stay whatever becomes of the upload. Names are compared exactly.
//
// Failures: NotFound for an asset or a folder that is not there or not the caller's
// to know of; Invalid for names that cannot be used; those of rights.
func (e *Engine) TargetOf(ctx context.Context, p ingest.Principal, s TargetSpec) (t Target, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		t, err = e.targetOf(tx, p, s)
		return err
	})
	if err == nil || ingest.CodeOf(err) != codeNoFolder {
		return t, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if err := tx.LockCompany(s.Company); err != nil {
			return err
		}
		path, err := targetFolder(tx, p, s)
		if err != nil {
			return err
		}
		if _, err := e.folderAt(tx, s.Company, path); err != nil {
			return err
		}
		t, err = e.targetOf(tx, p, s)
		return err
	})
	return t, err
}

// codeNoFolder tells TargetOf that the folder must be made.
const codeNoFolder ingest.Code = "no-folder"

func (e *Engine) targetOf(tx ingest.Tx, p ingest.Principal, s TargetSpec) (t Target, err error) {
	if _, err := e.authorize(tx, p, s.Company, rightUpload); err != nil {
		return t, err
	}
	switch {
	case s.Asset != "":
		t, err = existingTarget(tx, p, s)
	default:
		t, err = placedTarget(tx, p, s)
	}
	if err != nil {
		return t, err
	}
	switch {
	case t.Asset != nil:
		t.UUID = t.Asset.UUID
	case t.Placeholder != nil:
		t.UUID = t.Placeholder.UUID
	default:
		t.UUID = e.newUUID()
	}
	u, err := tx.UploadByClientKey(s.Company, s.Door, t.Key)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return t, err
	}
	if err == nil && (u.State == ingest.UploadOpen || u.State == ingest.UploadSealing) {
		t.Upload = u
		return t, follow(tx, u)
	}
	return t, nil
}

// existingTarget is the target that a client names by its UUID.
func existingTarget(tx ingest.Tx, p ingest.Principal, s TargetSpec) (t Target, err error) {
	sight, err := sightOf(tx, p, s.Company)
	if err != nil {
		return t, err
	}
	a, err := sight.assetByUUID(s.Asset, ingest.PermitWrite)
	if err == nil {
		if a.Version == 0 {
			return t, &ingest.Error{Kind: ingest.Invalid, Op: "engine.TargetOf", Msg: fmt.Sprintf("the asset %s is no file", quote(a.Name))}
		}
		return Target{Folder: a.Path, In: a.Folder, FileName: a.FileName, Asset: a, Key: assetKey(a.UUID)}, nil
	}
	if ingest.KindOf(err) != ingest.NotFound {
		return t, err
	}
	ph, err := sight.placeholder(s.Asset, ingest.PermitWrite)
	if err != nil {
		if ingest.KindOf(err) == ingest.NotFound {
			err = &ingest.Error{Kind: ingest.NotFound, Op: "engine.TargetOf", Msg: fmt.Sprintf("no asset of this company has the id %s", quote(string(s.Asset)))}
		}
		return t, err
	}
	return Target{Folder: ph.Path, In: ph.Folder, FileName: ph.FileName, Placeholder: ph, Key: assetKey(ph.UUID)}, nil
}

// placedTarget is the target at a place.
func placedTarget(tx ingest.Tx, p ingest.Principal, s TargetSpec) (t Target, err error) {
	path, err := targetFolder(tx, p, s)
	if err != nil {
		return t, err
	}
	folder, err := tx.Folder(s.Company, path)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return t, &ingest.Error{Kind: ingest.NotFound, Op: "engine.TargetOf", Code: codeNoFolder, Msg: "the folder must be made"}
	}
	if err != nil {
		return t, err
	}
	t = Target{Folder: path, In: folder.Number, FileName: s.FileName, Key: fmt.Sprintf("place/%d/%s", folder.Number, s.FileName)}
	if t.Asset, err = assetAt(tx, folder, s.FileName); err != nil {
		return t, err
	}
	if t.Asset != nil {
		t.Key = assetKey(t.Asset.UUID)
		return t, nil
	}
	if t.Placeholder, err = placeholderNamed(tx, folder, s.FileName); err != nil {
		return t, err
	}
	if t.Placeholder != nil {
		t.Key = assetKey(t.Placeholder.UUID)
	}
	return t, nil
}

func assetKey(id ingest.UUID) string { return "asset/" + string(id) }

// assetAt returns the file in a folder that is called exactly so, the newest of
// several, or nil.
func assetAt(tx ingest.Tx, folder *ingest.Folder, fileName string) (found *ingest.Asset, err error) {
	list, err := tx.AssetsNamed(folder.Company, exactPlaceOf("", fileName).Name)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		if a.Folder == folder.Number && a.FileName == fileName && a.Trashed.IsZero() && !a.Emptied && !a.Part && a.Version != 0 && (found == nil || a.Number > found.Number) {
			found = a
		}
	}
	return found, nil
}

// targetFolder is the path of the folder that a file goes to, which may not exist yet.
func targetFolder(tx ingest.Tx, p ingest.Principal, s TargetSpec) (string, error) {
	sight, err := sightOf(tx, p, s.Company)
	if err != nil {
		return "", err
	}
	base := s.Under
	if s.Folder != "" {
		f, err := sight.folderByUUID(s.Folder)
		if err != nil {
			return "", err
		}
		base = f.Path
	}
	u := &ingest.Upload{Folder: base + joinFolder(s.Segments), FileName: s.FileName, Options: ingest.UploadOptions{ExactName: true}}
	if err := checkPlace(u); err != nil {
		return "", err
	}
	segments, err := cleanSegments(u.Folder)
	if err != nil {
		return "", err
	}
	path := joinFolder(segments)
	if err := checkDepth("engine.TargetOf", path); err != nil {
		return "", err
	}
	return path, sight.requireFolder(path, ingest.PermitRead, ingest.PermitWrite)
}

// Displace ends another user's upload of a target that TargetOf has given the caller,
// if it has received nothing for a time. It is Conflict when it has, Forbidden when the
// caller may not upload in its place.
func (e *Engine) Displace(ctx context.Context, p ingest.Principal, t Target, idle time.Duration) error {
	u := t.Upload
	return e.end(ctx, u.UUID, ingest.UploadAborted, func(stored *ingest.Upload) error {
		if !may(p, stored.Company, rightUpload) {
			return unknownUpload()
		}
		if t.Asset != nil && !may(p, stored.Company, rightOverwrite) {
			return roleForbids(p, stored.Company, rightOverwrite)
		}
		if e.now().Sub(latest(stored.Touched, e.active.lastWindow(u.UUID))) < idle {
			return &ingest.Error{Kind: ingest.Conflict, Op: "engine.Displace", Code: ingest.CodeExists, Msg: "the asset is being uploaded by another user"}
		}
		return nil
	})
}
