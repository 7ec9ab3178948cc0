package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"sluice/internal/ingest"
)

// ExportLifetime is how long the file of an export can be fetched.
const ExportLifetime = 7 * 24 * time.Hour

// Address of an export: the name of the file follows ExportPath, the token is a
// parameter of the query, which no log has.
const (
	ExportPath  = "/scene7/export/"
	ExportToken = "key"
)

// mostExports is how many exports are looked through at once.
const mostExports = 100_000

// exportStep packs assets in one file.
type exportStep struct {
	Assets   []ingest.Number `json:"assets"`
	Convert  bool            `json:"convert,omitempty"`
	Modifier string          `json:"modifier,omitempty"`
	Base     string          `json:"base"`
}

// queueExport queues the step of an export, with the presets as they are now. The
// commands of the macro follow, so that its format wins.
func (e *Engine) queueExport(tx ingest.Tx, j *ingest.Job, o *ingest.Order, queue func(ingest.TaskKind, any) error) error {
	macros, err := macrosOf(tx, j.Company)
	if err != nil {
		return err
	}
	var parts []string
	for _, text := range []string{o.Export.Modifier, o.Export.Macro} {
		if text = strings.Trim(expandMacros(text, macros), "?&"); text != "" {
			parts = append(parts, text)
		}
	}
	return queue(ingest.TaskExport, exportStep{
		Assets: o.Assets, Convert: o.Export.Convert, Modifier: strings.Join(parts, "&"), Base: o.Export.Base,
	})
}

// ExportWork is what an export task packs.
type ExportWork struct {
	Name     string // of the file, without extension
	Modifier string // of the files that are to be rendered
	Files    []ExportSource
	Warnings []string // what is left out
}

// ExportSource is one file of an export.
type ExportSource struct {
	FileName string
	Blob     ingest.BlobRef
	Stored   time.Time
	Render   bool
}

// ExportWork looks up what an export task packs. What the owner of the job may not
// read any more is left out.
func (e *Engine) ExportWork(ctx context.Context, t *ingest.Task) (w ExportWork, err error) {
	var s exportStep
	if err := json.Unmarshal(t.Params, &s); err != nil {
		return w, err
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		w = ExportWork{Modifier: s.Modifier}
		j, err := tx.Job(t.Job)
		if err != nil {
			return err
		}
		w.Name = exportName(j.OriginalName)
		owner, err := principalOf(tx, j.User)
		if err != nil {
			return err
		}
		if _, err := e.authorize(tx, owner, j.Company, rightRead); err != nil {
			return err
		}
		sight, err := sightOf(tx, owner, j.Company)
		if err != nil {
			return err
		}
		for _, number := range s.Assets {
			a, err := sight.assetOf(number, ingest.PermitRead)
			switch kind := ingest.KindOf(err); {
			case err != nil && (kind == ingest.Internal || kind == ingest.Unavailable):
				return err
			case err != nil:
				w.Warnings = append(w.Warnings, "left out: "+ingest.Message(err))
				continue
			case a.Version == 0:
				w.Warnings = append(w.Warnings, fmt.Sprintf("left out: %s has no file", quote(a.Name)))
				continue
			}
			v, err := tx.Version(a.Version)
			if err != nil {
				return err
			}
			w.Files = append(w.Files, ExportSource{FileName: v.FileName, Blob: v.Blob, Stored: v.Created, Render: s.Convert && a.Type == ingest.TypeImage})
		}
		return nil
	})
	return w, err
}

// exportName makes the name of the file from that of the job.
func exportName(job string) string {
	const most = 64 // bytes
	name := strings.TrimSpace(strip(job))
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "")
	}
	if strings.Trim(name, ". ") == "" {
		return "export"
	}
	return name
}

// FinishExport keeps the file of an export task and ends the task. The log gets a
// row with the address that the file can be fetched from, for ExportLifetime.
func (e *Engine) FinishExport(ctx context.Context, t *ingest.Task, in *Intake, spool *Spool, w ExportWork) error {
	if err := in.settled(); err != nil {
		return err
	}
	var s exportStep
	if err := json.Unmarshal(t.Params, &s); err != nil {
		return err
	}
	token := rand.Text()
	fileName := w.Name + ".zip"
	address := strings.TrimSuffix(s.Base, "/") + ExportPath + url.PathEscape(fileName) + "?" + ExportToken + "=" + token
	kept := false
	err := e.store.Update(ctx, func(tx ingest.Tx) error {
		kept = false
		fresh, j, err := e.activeStep(tx, t)
		if err != nil || j == nil {
			return err
		}
		kept = true
		now := e.now()
		data, err := json.Marshal(ingest.ExportFile{Blob: spool.ref, Name: fileName, Expires: now.Add(ExportLifetime)})
		if err != nil {
			return err
		}
		err = tx.CreateDocument(&ingest.Document{
			UUID: e.newUUID(), Kind: ingest.DocExport, Owner: j.Company, Key: tokenHash(token), Name: fileName, Data: data,
			Created: now, Modified: now, By: j.User,
		})
		if err != nil {
			return err
		}
		rows := make([]ingest.LogRow, 0, len(w.Warnings)+1)
		for _, words := range w.Warnings {
			rows = append(rows, ingest.LogRow{Job: j.Number, Time: now, Type: wordsOf(j.Kind).warning, Message: words, AssetType: "NoType"})
		}
		rows = append(rows, ingest.LogRow{
			Job: j.Number, Time: now, Type: ingest.LogReturnSuccess, AssetName: address, AssetType: "Zip",
			Message: fmt.Sprintf("%d files were packed; they can be fetched until %s.", len(w.Files), now.Add(ExportLifetime).UTC().Format(time.RFC3339)),
		})
		if err := tx.AppendLog(rows...); err != nil {
			return err
		}
		files := int64(len(w.Files))
		return e.finishStep(tx, fresh, ingest.JobDelta{Pending: -1, Counts: ingest.JobCounts{
			Total: files, Success: files, Warning: int64(len(w.Warnings)),
		}})
	})
	if err != nil && inDoubt(err) {
		in.doubt()
	}
	spool.kept = spool.kept || err == nil && kept
	e.wakeStepWorkers()
	return err
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Exported opens the file of an export; the caller closes it. Who knows the token
// may have it. NotFound when the token is unknown or its time is over.
func (e *Engine) Exported(ctx context.Context, token string) (*File, error) {
	unknown := &ingest.Error{Kind: ingest.NotFound, Op: "engine.Exported", Msg: "there is no such export, or its time is over"}
	var file ingest.ExportFile
	var made time.Time
	err := e.store.View(ctx, func(tx ingest.Tx) error {
		docs, err := tx.Documents(ingest.DocumentFilter{Kind: ingest.DocExport, Key: tokenHash(token)}, ingest.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(docs) == 0 {
			return unknown
		}
		made = docs[0].Created
		if err := json.Unmarshal(docs[0].Data, &file); err != nil {
			return err
		}
		if !e.now().Before(file.Expires) {
			return unknown
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	bytes, err := e.blobs.Open(ctx, file.Blob.Key)
	if err != nil {
		return nil, err
	}
	return &File{Name: file.Name, ContentType: "application/zip", SHA256: file.Blob.SHA256, Blob: file.Blob, Modified: made, Bytes: bytes}, nil
}

// exports lists the documents of all exports.
func (e *Engine) exports(ctx context.Context) (docs []*ingest.Document, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		docs, err = tx.Documents(ingest.DocumentFilter{Kind: ingest.DocExport}, ingest.Page{Limit: mostExports})
		return err
	})
	return docs, err
}

// expireExports forgets the exports whose time is over. Their files are then
// orphans, which the sweep removes.
func (e *Engine) expireExports(ctx context.Context) error {
	docs, err := e.exports(ctx)
	if err != nil {
		return err
	}
	for _, d := range docs {
		var file ingest.ExportFile
		if err := json.Unmarshal(d.Data, &file); err != nil {
			return err
		}
		if e.now().Before(file.Expires) {
			continue
		}
		err := e.store.Update(ctx, func(tx ingest.Tx) error { return tx.DeleteDocument(d.Number) })
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
	}
	return nil
}

// exportBlobs adds the files of exports to the blobs that are kept.
func (e *Engine) exportBlobs(ctx context.Context, kept map[ingest.BlobKey]bool) error {
	docs, err := e.exports(ctx)
	if err != nil {
		return err
	}
	for _, d := range docs {
		var file ingest.ExportFile
		if err := json.Unmarshal(d.Data, &file); err != nil {
			return err
		}
		kept[file.Blob.Key] = true
	}
	return nil
}
