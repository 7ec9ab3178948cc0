package engine

import (
	"fmt"
	"maps"
	"strings"

	"sluice/internal/ingest"
)

// landing is one file whose bytes are durable and that is to become an asset.
type landing struct {
	place          Place
	blob           ingest.BlobRef
	head           []byte // the first bytes
	contentType    string
	policy         ingest.ConflictPolicy
	knownTypesOnly bool // refuse files that the library has no type for
	processing     *ingest.Processing
	publish        *bool // nil = processing.Publish
	metadata       map[string]string
	merge          bool          // metadata is set over that of an asset that is replaced
	exact          bool          // names are kept as they are, and files of every kind are taken
	part           bool          // the asset is a part, listed nowhere
	chosen         bool          // the server has chosen the place: permissions of folders, which are about people, do not count
	into           ingest.Number // the asset that gets the file; 0 = names decide
	thumbnail      bool          // a thumbnail came with it
	uuid           ingest.UUID   // of the new asset; "" = any
	engine         string        // generation engine of a byproduct
	media          ingest.Media  // what is known of the file besides contentType
	crop           *ingest.Rect
}

// land makes an asset, or a new version of one, from a file: name conflicts,
// quotas, types, tasks, log rows and events. What speaks against the file alone
// is logged and counted in delta; the error is for failures of the store and,
// under a policy of ActionFail, for the conflict.
func (e *Engine) land(tx ingest.Tx, p ingest.Principal, c *ingest.Company, j *ingest.Job, l landing, delta *ingest.JobDelta) (Outcome, error) {
	delta.Counts.Total++
	full := l.place.Folder + l.place.FileName
	kind, known := assetType(l.place.FileName, l.contentType)
	if log, err := unwelcome(c, l, kind, known); err != nil {
		return e.refuse(tx, j, delta, log, full, err)
	}
	if kind == ingest.TypeZip && l.processing.Unpack && l.into == 0 && !l.exact {
		l.part = true // it goes when its members are assets
	}
	folder, err := folderOrNone(tx, c.Number, l.place.Folder)
	if err != nil {
		return Outcome{}, err
	}
	s, err := sightOf(tx, p, c.Number)
	if err != nil {
		return Outcome{}, err
	}
	r, err := l.resolve(tx, p, c, s, folder)
	if err != nil {
		return Outcome{}, err
	}
	if r.skip != "" {
		return e.refuse(tx, j, delta, ingest.LogDuplicateSkipped, full, &ingest.Error{
			Kind: ingest.Conflict, Op: "engine.land", Code: ingest.CodeExists, Msg: fmt.Sprintf("%s was skipped: %s.", full, r.skip),
		})
	}
	if r.rejected == nil && !l.chosen && (r.replace == nil || r.replace.Path != r.place.Folder) {
		r.rejected = s.requireFolder(r.place.Folder, ingest.PermitRead, ingest.PermitWrite)
	}
	if r.rejected == nil {
		files, size := int64(1), l.blob.Size
		if r.replace != nil {
			files, size = 0, size-r.replace.Size
		}
		r.rejected = quotaError(tx, p, c, files, size)
		if r.rejected != nil && ingest.CodeOf(r.rejected) != ingest.CodeQuota {
			return Outcome{}, r.rejected
		}
	}
	if r.rejected != nil {
		if ingest.CodeOf(r.rejected) == ingest.CodeExists {
			return Outcome{}, r.rejected
		}
		return e.refuse(tx, j, delta, ingest.LogUploadError, full, &ingest.Error{
			Kind: ingest.KindOf(r.rejected), Op: "engine.land", Code: ingest.CodeOf(r.rejected), Msg: fmt.Sprintf("%s: %s.", full, ingest.Message(r.rejected)),
		})
	}
	if folder.Number == 0 {
		if folder, err = e.folderAt(tx, c.Number, l.place.Folder); err != nil {
			return Outcome{}, err
		}
	}
	l.place = r.place
	return e.keep(tx, p, c, j, folder, l, r, kind, delta)
}

// resolve decides which asset the file becomes.
func (l landing) resolve(tx ingest.Tx, p ingest.Principal, c *ingest.Company, s *sight, folder *ingest.Folder) (resolution, error) {
	switch {
	case l.part:
		return resolution{place: l.place}, nil
	case l.into == 0:
		return resolve(tx, p, c, s, folder, l.place, l.policy)
	case !may(p, c.Number, rightOverwrite):
		return resolution{rejected: roleForbids(p, c.Number, rightOverwrite)}, nil
	}
	a, err := s.assetOf(l.into, ingest.PermitRead, ingest.PermitWrite)
	if err != nil && ingest.KindOf(err) == ingest.Internal {
		return resolution{}, err
	}
	return resolution{place: l.place, replace: a, rejected: err}, nil
}

// unwelcome says why the library does not take a file at all, whatever else it
// holds, and how the log ranks it.
func unwelcome(c *ingest.Company, l landing, kind ingest.AssetType, known bool) (ingest.LogType, error) {
	full := l.place.Folder + l.place.FileName
	refused := &ingest.Error{Kind: ingest.Invalid, Op: "engine.land", Code: ingest.CodeUnsupported}
	if l.exact {
		return "", nil
	}
	switch {
	case hidden(l.place.FileName):
		refused.Msg = full + " is a hidden file of an operating system and was skipped."
		return ingest.LogUploadWarning, refused
	case l.place.Name == "":
		refused.Code = ""
		refused.Msg = quote(full) + ": nothing of the name is left once the characters that names cannot have are removed."
	case !known && l.knownTypesOnly:
		refused.Msg = full + ": files of this type are not supported."
	case l.knownTypesOnly && refusedImage(l.head) != "":
		refused.Msg = full + ": " + refusedImage(l.head) + "."
	case kind == ingest.TypeJavascript && !c.Settings.AllowJavascript:
		refused.Msg = full + ": JavaScript files are not enabled for this company; an operator enables them by its setting allow-javascript."
	default:
		return "", nil
	}
	return ingest.LogUploadError, refused
}

// folderOrNone returns the folder at a path. One that does not exist has no
// number, and nothing is in it.
func folderOrNone(tx ingest.Tx, company ingest.Number, path string) (*ingest.Folder, error) {
	f, err := tx.Folder(company, path)
	if err != nil && ingest.KindOf(err) == ingest.NotFound {
		return &ingest.Folder{Company: company, Path: path}, nil
	}
	return f, err
}

// keep writes the rows of a file that is taken.
func (e *Engine) keep(tx ingest.Tx, p ingest.Principal, c *ingest.Company, j *ingest.Job, folder *ingest.Folder, l landing, r resolution, kind ingest.AssetType, delta *ingest.JobDelta) (Outcome, error) {
	now := e.now()
	if l.merge && r.replace == nil {
		l.metadata = merged(nil, l.metadata)
	}
	steps := append(e.plan(j, kind, l.place.FileName, l.processing), e.metadataStep(kind, l.contentType)...)
	if l.thumbnail {
		steps = append(steps, step{kind: ingest.TaskThumbnail})
	}
	a := r.replace
	if a == nil {
		a = &ingest.Asset{UUID: l.uuid, Company: c.Number, Created: now, CreatedBy: p.User, Metadata: l.metadata}
		if a.UUID == "" {
			a.UUID = e.newUUID()
		}
	} else if l.merge {
		a.Metadata = merged(a.Metadata, l.metadata)
	}
	v := &ingest.Version{
		UUID: e.newUUID(), FileName: l.place.FileName, ContentType: l.contentType, Blob: l.blob, Job: j.Number,
		Update: r.replace != nil && !r.revive, Created: now, CreatedBy: p.User,
	}
	a.Publish = publishState(c, l, v.Update, a.Publish)
	if v.Update && l.processing.PreserveCrop != nil && !*l.processing.PreserveCrop {
		a.Crop = nil
	}
	a.Folder, a.Path, a.Name, a.FileName, a.Type, a.Part = folder.Number, folder.Path, l.place.Name, l.place.FileName, kind, l.part
	a.Media = l.media
	a.Media.ContentType = l.contentType
	if l.engine != "" {
		a.Engine = l.engine
	}
	if l.crop != nil {
		a.Crop = l.crop
	}
	a.Size, a.SHA256 = l.blob.Size, l.blob.SHA256
	a.Modified, a.ModifiedBy = now, p.User
	a.State = ingest.AssetReady
	if steps.pending() > 0 {
		a.State = ingest.AssetProcessing
	}
	if err := e.storeVersion(tx, a, v); err != nil {
		return Outcome{}, err
	}
	if r.replace != nil {
		if err := e.forgetFile(tx, a); err != nil {
			return Outcome{}, err
		}
	}
	if !l.part {
		if err := e.common(tx, p, j, a, l.processing, &delta.Counts); err != nil {
			return Outcome{}, err
		}
	}
	if l.blob.SHA256 == nil {
		steps = append(steps, step{kind: ingest.TaskDigest, background: true})
	}
	for _, s := range steps {
		if err := tx.CreateTask(e.task(s, c, j, a, v)); err != nil {
			return Outcome{}, err
		}
	}
	delta.Pending += steps.pending()
	event := ingest.Event{Company: c.Number, Time: now, Kind: ingest.EventAssetCreated, Subject: a.UUID, User: p.User}
	if v.Update {
		event.Kind = ingest.EventAssetReplaced
	}
	if err := tx.Emit(event); err != nil {
		return Outcome{}, err
	}
	if a.State == ingest.AssetReady {
		if err := e.logProcessed(tx, j.Number, c.Name, a, v, &delta.Counts); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{Asset: a, Update: v.Update, Log: successLog(v)}, nil
}

// merged is metadata with other values set over it. An empty one removes its key.
func merged(metadata, over map[string]string) map[string]string {
	all := maps.Clone(metadata)
	if all == nil {
		all = map[string]string{}
	}
	for key, value := range over {
		if value == "" {
			delete(all, key)
			continue
		}
		all[key] = value
	}
	return all
}

// storeVersion writes an asset and its new current version.
func (e *Engine) storeVersion(tx ingest.Tx, a *ingest.Asset, v *ingest.Version) error {
	v.Ordinal = 1
	if a.Number == 0 {
		if err := tx.CreateAsset(a); err != nil {
			return err
		}
	} else {
		old, err := tx.Version(a.Version)
		if err != nil {
			return err
		}
		v.Ordinal = old.Ordinal + 1
		if err := tx.UpdateAsset(a); err != nil {
			return err
		}
	}
	v.Asset = a.Number
	if err := tx.CreateVersion(v); err != nil {
		return err
	}
	a.Version = v.Number
	return nil
}

// refuse logs a file that is not stored, and why.
func (e *Engine) refuse(tx ingest.Tx, j *ingest.Job, delta *ingest.JobDelta, kind ingest.LogType, name string, why error) (Outcome, error) {
	switch kind {
	case ingest.LogDuplicateSkipped:
		delta.Counts.Duplicate++
	case ingest.LogUploadWarning:
		delta.Counts.Warning++
	default:
		delta.Counts.Error++
	}
	reason := ingest.Message(why)
	row := ingest.LogRow{Job: j.Number, Time: e.now(), Type: kind, Message: reason, AssetName: lastSegment(name), AssetType: "NoType"}
	return Outcome{Log: kind, Reason: reason, err: why}, tx.AppendLog(row)
}

// logProcessed writes the success row of an asset whose processing is over.
func (e *Engine) logProcessed(tx ingest.Tx, job ingest.Number, company string, a *ingest.Asset, v *ingest.Version, counts *ingest.JobCounts) error {
	verb := "was added to the library"
	switch {
	case v.Update:
		counts.Update++
		verb = "was updated in the library"
	case a.Part:
		counts.Success++
		verb = "was stored as a file of a web page"
	default:
		counts.Success++
	}
	return appendLog(tx, ingest.LogRow{
		Job: job, Time: e.now(), Type: successLog(v), Asset: a.Number, AssetName: a.FileName, AssetType: logFileType(a.Type),
		Message: fmt.Sprintf("%s/%s%s %s.", company, a.Path, a.FileName, verb), Extra: v.Notes,
	})
}

func successLog(v *ingest.Version) ingest.LogType {
	if v.Update {
		return ingest.LogFileUpdated
	}
	return ingest.LogUploadSuccess
}

// publishState decides whether the asset is marked for publish (Scene7
// contract, section 5).
func publishState(c *ingest.Company, l landing, update bool, old ingest.Contexts) ingest.Contexts {
	wanted := l.processing.Publish
	if l.publish != nil {
		wanted = *l.publish
	}
	if !update {
		return ingest.MarkedIf(wanted)
	}
	preserve := c.Settings.RetainPublishState
	if l.processing.PreservePublish != nil {
		preserve = *l.processing.PreservePublish
	}
	if preserve {
		return old
	}
	return ingest.MarkedIf(wanted)
}

func hidden(fileName string) bool { return fileName == ".DS_Store" || fileName == "Thumbs.db" }

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// assetType decides what a file is: by its extension, and by its content when
// it has none.
func assetType(fileName, contentType string) (ingest.AssetType, bool) {
	if t, ok := ingest.TypeByFileName(fileName); ok {
		return t, true
	}
	if strings.Contains(fileName, ".") {
		return ingest.TypeOther, false
	}
	family, _, _ := strings.Cut(contentType, "/")
	switch {
	case contentType == "image/svg+xml":
		return "Svg", true
	case family == "image":
		return ingest.TypeImage, true
	case family == "video":
		return ingest.TypeMasterVideo, true
	case family == "audio":
		return ingest.TypeAudio, true
	case contentType == "application/pdf":
		return ingest.TypePDF, true
	case contentType == "application/zip":
		return ingest.TypeZip, true
	}
	return ingest.TypeOther, false
}

// logFileType is the word of the job log for an asset type (Scene7 contract,
// section 12, job log file types).
func logFileType(t ingest.AssetType) string {
	switch t {
	case ingest.TypeImage, ingest.TypeAnimatedGIF, ingest.TypePostScript, ingest.TypeIllustrator:
		return "MasterImage"
	case ingest.TypeMasterVideo:
		return "Video"
	case ingest.TypePDF, ingest.TypeICCProfile, ingest.TypeZip, "Font", "Xsl", "Cabinet", "WindowCovering", "Vignette", "Xml", "Svg", "Aco",
		"Template", "Catalog", "PsdTemplate", "ImageSet", "SpinSet", "RenderSet":
		return string(t)
	}
	return "NoType"
}
