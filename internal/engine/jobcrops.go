package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sluice/internal/ingest"
)

// jobCrops gives an image the named crops that a job asks for, in the transaction that
// stores its dimensions: each the largest rectangle of its proportions in the middle
// (Scene7 tier 3 contract, smart crops). A crop of that name that the image has is
// computed anew, one whose rectangle was set by hand only where the job says so. What
// cannot be done is a warning. Pages of documents and Photoshop files get crops only
// where the company wants that.
func (e *Engine) jobCrops(tx ingest.Tx, t *ingest.Task, a *ingest.Asset, counts *ingest.JobCounts) error {
	if t.Job == 0 || a.Type != ingest.TypeImage {
		return nil
	}
	j, err := tx.Job(t.Job)
	if err != nil || len(j.Processing.SmartCrops) == 0 {
		return err
	}
	if wanted, err := cropsWanted(tx, a); err != nil || !wanted {
		return err
	}
	have, err := tx.DocumentsOf(a.Company, []ingest.DocumentKind{ingest.DocSmartCrop}, []ingest.Number{a.Number})
	if err != nil {
		return err
	}
	for _, wanted := range j.Processing.SmartCrops {
		crop := NewSmartCrop{Name: wanted.Name, NamedCrop: ingest.NamedCrop{PixelWidth: wanted.Width, PixelHeight: wanted.Height, Width: 1, Height: 1}}
		err := crop.check()
		at := slices.IndexFunc(have, func(d *ingest.Document) bool { return d.Key == crop.Name })
		if err == nil && at < 0 && len(have) >= mostSmartCrops {
			err = &ingest.Error{Kind: ingest.Invalid, Op: "engine.jobCrops", Msg: fmt.Sprintf("the image has %d crops, the limit is %d", len(have), mostSmartCrops)}
		}
		if err != nil {
			counts.Warning++
			if err := e.warn(tx, t.Job, a, "autoSmartCropOptionsArray: "+quote(wanted.Name)+": "+ingest.Message(err)); err != nil {
				return err
			}
			continue
		}
		if at >= 0 {
			err = e.recrop(tx, j, a, have[at], crop.NamedCrop)
		} else {
			have, err = e.addCrop(tx, j, a, have, crop)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cropsWanted reports whether jobs make crops of an image of its origin.
func cropsWanted(tx ingest.Tx, a *ingest.Asset) (bool, error) {
	photoshop := strings.HasSuffix(strings.ToLower(a.FileName), ".psd") || a.Engine == EnginePhotoshopLayers
	if !photoshop && a.Engine != EnginePostScriptRip {
		return true, nil
	}
	c, err := tx.Company(a.Company)
	if err != nil {
		return false, err
	}
	if photoshop {
		return c.Settings.SmartCropPSD, nil
	}
	return c.Settings.SmartCropPDF, nil
}

// addCrop stores a new crop and returns all that the image has now.
func (e *Engine) addCrop(tx ingest.Tx, j *ingest.Job, a *ingest.Asset, have []*ingest.Document, crop NewSmartCrop) ([]*ingest.Document, error) {
	data, err := json.Marshal(placed(a, crop.NamedCrop))
	if err != nil {
		return have, err
	}
	d := e.newDocument(ingest.Principal{User: j.User}, a.Company, ingest.DocSmartCrop, crop.Name, crop.Name, data)
	d.Owner, d.Position = a.Number, nextPosition(have)
	return append(have, d), tx.CreateDocument(d)
}

// recrop computes a crop anew, unless somebody has set it and the job keeps that.
func (e *Engine) recrop(tx ingest.Tx, j *ingest.Job, a *ingest.Asset, d *ingest.Document, wanted ingest.NamedCrop) error {
	var is ingest.NamedCrop
	if err := readContent(d, &is); err != nil {
		return err
	}
	if is.Manual && !j.Processing.RedoSmartCrops {
		return nil
	}
	is.PixelWidth, is.PixelHeight, is.Manual = wanted.PixelWidth, wanted.PixelHeight, false
	data, err := json.Marshal(placed(a, is))
	if err != nil || string(data) == string(d.Data) {
		return err
	}
	d.Data, d.Modified, d.By = data, e.now(), j.User
	return tx.UpdateDocument(d)
}

// placed puts a crop into the middle of an image.
func placed(a *ingest.Asset, crop ingest.NamedCrop) ingest.NamedCrop {
	rect := centred(a, crop)
	crop.Left, crop.Top, crop.Width, crop.Height = rect.Left, rect.Top, rect.Width, rect.Height
	return crop
}
