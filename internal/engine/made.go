package engine

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"sluice/internal/ingest"
)

// Generation engines (Scene7 contract, section 12).
const (
	EnginePhotoshopLayers = "PhotoshopLayers"
	EnginePostScriptRip   = "PostScriptRip"
	EngineImageConvert    = "ImageConvert"
	EngineSceneAuthoring  = "SceneAuthoring"
	EngineAco             = "Aco"
)

// Made is a file that a task made of its own file, the originator, and that becomes
// an asset. A later one with the same Key, of this or another version of the
// originator, is the same asset: other bytes are a new version of it, the same bytes
// change nothing.
type Made struct {
	Key      string             // deterministic: what it is of its originator
	Spool    *Spool             // received by the result's Intake
	Folder   string             // below the originator's; "" = beside it
	FileName string             // with extension; a name that is taken gets a number
	Type     ingest.AssetType   // "" = by name and content
	Media    ingest.Media       // as far as it is known; ContentType "" = detected
	Engine   string             // generation engine; "" = it is no byproduct
	Kind     ingest.DerivedKind // of its row among the originator's derived files
	Page     int
	Layer    int
	// Whole says that the file was received, as the member of an archive: it is
	// counted, and all options of the job hold for it. What was made has the options
	// that do not depend on how the original is cut.
	Whole   bool
	Derived []DerivedFile // of the made asset
	Maps    []NewImageMap // image maps of the made asset
	Words   []string      // of the text in it, for searches
	Crop    *ingest.Rect
}

// maker makes assets of assets, in the transaction that completes a task.
type maker struct {
	e       *Engine
	tx      ingest.Tx
	task    *ingest.Task
	company *ingest.Company
	job     *ingest.Job // without number for a task of no job
	owner   ingest.Principal
	sight   *sight // of the owner
	origin  *ingest.Asset
	rows    []*ingest.Derived        // of the originator
	before  map[string]*ingest.Asset // what the originator has been made into, by Key
	trashed map[string]*ingest.Asset // the same, of what is in the trash
	numbers map[string]ingest.Number // what it is made into now, by Key
	names   map[string]string        // what URL commands call that
	delta   ingest.JobDelta
	done    *completion
}

// trashedOriginator is why nothing is made of a file that is in the trash: it would
// show again what somebody has put away.
const trashedOriginator = "nothing more was made of it, because it is in the trash; once it is restored it can be processed again"

// make stores what a task made as assets. An originator that has other bytes
// meanwhile, or none, is left to the task of these. One that is in the trash gets
// nothing and keeps what was made of it before: reason then says so, for the log.
func (e *Engine) make(tx ingest.Tx, t *ingest.Task, r TaskResult, ready prepared, c *completion) (reason string, err error) {
	if len(r.Made)+len(r.Sets)+len(r.Completes) == 0 {
		return "", nil
	}
	origin, err := tx.Asset(t.Asset)
	if err != nil || origin.Emptied || origin.Version != t.Version {
		return "", err
	}
	if !origin.Trashed.IsZero() {
		return trashedOriginator, nil
	}
	m, err := e.newMaker(tx, t, origin, c)
	if err != nil {
		return "", err
	}
	return "", m.all(r, ready)
}

// all stores all that a result has.
func (m *maker) all(r TaskResult, ready prepared) error {
	for i := range r.Made {
		if err := m.file(&r.Made[i], ready.types[i], ready.made[i]); err != nil {
			return err
		}
	}
	for i := range r.Sets {
		if err := m.set(&r.Sets[i]); err != nil {
			return err
		}
	}
	if err := m.discardObsolete(r); err != nil {
		return err
	}
	if m.task.Job == 0 {
		return nil
	}
	_, err := m.tx.ChangeJob(m.task.Job, m.delta)
	return err
}

func (e *Engine) newMaker(tx ingest.Tx, t *ingest.Task, origin *ingest.Asset, c *completion) (m *maker, err error) {
	m = &maker{
		e: e, tx: tx, task: t, origin: origin, job: &ingest.Job{}, done: c,
		before: map[string]*ingest.Asset{}, trashed: map[string]*ingest.Asset{}, numbers: map[string]ingest.Number{}, names: map[string]string{},
	}
	if m.company, err = tx.Company(origin.Company); err != nil {
		return nil, err
	}
	if err := tx.LockCompany(origin.Company); err != nil {
		return nil, err
	}
	m.owner = ingest.Principal{User: origin.ModifiedBy}
	if t.Job != 0 {
		if m.job, err = tx.Job(t.Job); err != nil {
			return nil, err
		}
		m.owner.User = m.job.User
	}
	switch owner, err := principalOf(tx, m.owner.User); {
	case err == nil:
		m.owner = owner
	case ingest.KindOf(err) == ingest.Internal, ingest.KindOf(err) == ingest.Unavailable:
		return nil, err
	} // one who has gone, or may do nothing, may do what anybody may
	if m.sight, err = sightOf(tx, m.owner, origin.Company); err != nil {
		return nil, err
	}
	rows, err := tx.DerivedOfAll([]ingest.Number{origin.Number})
	if err != nil {
		return nil, err
	}
	for _, d := range rows {
		if d.Target == 0 {
			continue
		}
		m.rows = append(m.rows, d)
		a, err := tx.Asset(d.Target)
		if err != nil {
			return nil, err
		}
		switch {
		case a.Emptied:
		case a.Trashed.IsZero():
			m.before[d.Key] = a
		default:
			m.trashed[d.Key] = a
		}
	}
	return m, nil
}

// file makes the asset of one file.
func (m *maker) file(made *Made, contentType string, derived []readyFile) error {
	a, err := m.earlier(made.Key)
	if err != nil {
		_, err = m.refused(made.FileName, err)
		return err
	}
	if a != nil {
		v, err := m.tx.Version(a.Version)
		if err != nil {
			return err
		}
		if sameBlob(v.Blob, made.Spool.ref) {
			return m.finish(made, a, derived)
		}
	}
	out, err := m.land(made, contentType, a)
	if err != nil || out.Asset == nil {
		return err
	}
	m.done.used = append(m.done.used, made.Spool)
	return m.finish(made, out.Asset, derived)
}

// sameBlob compares as far as digests are known.
func sameBlob(a, b ingest.BlobRef) bool {
	if a.Size != b.Size || a.CRC32C != b.CRC32C {
		return false
	}
	return a.SHA256 == nil || b.SHA256 == nil || bytes.Equal(a.SHA256, b.SHA256)
}

// refused logs why a made file is not stored.
func (m *maker) refused(fileName string, why error) (Outcome, error) {
	if kind := ingest.KindOf(why); kind == ingest.Internal || kind == ingest.Unavailable {
		return Outcome{}, why
	}
	m.delta.Counts.Error++
	return Outcome{}, appendLog(m.tx, ingest.LogRow{
		Job: m.job.Number, Time: m.e.now(), Type: ingest.LogUploadError, AssetName: lastSegment(fileName), AssetType: "NoType",
		Message: fmt.Sprintf("%s, which was made of %s%s, was not stored: %s", quote(fileName), m.origin.Path, m.origin.FileName, ingest.Message(why)),
	})
}

// finish stores what belongs to a made asset.
func (m *maker) finish(made *Made, a *ingest.Asset, derived []readyFile) error {
	m.numbers[made.Key], m.names[made.Key] = a.Number, commandWord(m.company.Name)+"/"+commandWord(a.Name)
	if err := m.e.putDerived(m.tx, m.task, a.Number, a.Version, derived, m.done); err != nil {
		return err
	}
	if made.Engine != "" || made.Maps != nil {
		if err := m.maps(a, made.Maps); err != nil {
			return err
		}
	}
	if made.Words != nil {
		if err := putWords(m.tx, a.Company, a.Number, made.Words); err != nil {
			return err
		}
	}
	return m.refer(ingest.Derived{Key: made.Key, Kind: made.Kind, Name: a.FileName, Media: a.Media, Page: made.Page, Layer: made.Layer}, a, made.Engine)
}

// commandWord is a text as the value of a URL command has it.
func commandWord(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// refer notes at the originator that an asset was made of it.
func (m *maker) refer(d ingest.Derived, a *ingest.Asset, engine string) error {
	d.UUID, d.Asset, d.Version, d.Target, d.Created = m.e.newUUID(), m.origin.Number, m.task.Version, a.Number, m.e.now()
	old, err := m.tx.PutDerived(&d)
	if err != nil {
		return err
	}
	if old != "" {
		m.done.dropped = append(m.done.dropped, old)
	}
	if engine == "" {
		return nil
	}
	has, err := m.tx.HasLink(ingest.LinkGenerator, a.Number, m.origin.Number)
	if err != nil || has {
		return err
	}
	return m.tx.AddLink(ingest.Link{Kind: ingest.LinkGenerator, From: a.Number, To: m.origin.Number, Data: engine})
}
