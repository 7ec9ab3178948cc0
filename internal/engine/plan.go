package engine

import (
	"encoding/json"
	"path"
	"strings"

	"sluice/internal/ingest"
)

// step is one thing to do for a new version.
type step struct {
	kind       ingest.TaskKind
	params     any
	parked     bool // waits for an ability that this server lacks
	background bool // the job does not wait for it
}

type steps []step

// pending counts the steps that the asset and its job wait for.
func (s steps) pending() int {
	n := 0
	for _, step := range s {
		if !step.parked && !step.background {
			n++
		}
	}
	return n
}

// notes says which steps wait, for the job log.
func (s steps) notes() []string {
	var notes []string
	for _, step := range s {
		if step.parked {
			notes = append(notes, string(step.kind)+" is recorded and waits until this server can do it")
		}
	}
	return notes
}

func (s *steps) park(kind ingest.TaskKind, params any) {
	*s = append(*s, step{kind: kind, params: params, parked: true})
}

func (s *steps) run(kind ingest.TaskKind) {
	*s = append(*s, step{kind: kind})
}

// plan lists what a file of a type needs under the options of its job. Options
// that this server cannot carry out are planned all the same and parked, under
// the name that the upload option has in the Scene7 contract.
func plan(kind ingest.AssetType, fileName, contentType string, o *ingest.Processing) steps {
	var s steps
	switch kind {
	case ingest.TypeImage:
		planImage(&s, fileName, contentType, o)
	case ingest.TypePDF:
		planPDF(&s, o.PDF)
	case ingest.TypePostScript:
		planRasterize(&s, "postScriptOptions", o.PostScript)
	case ingest.TypeIllustrator:
		planRasterize(&s, "illustratorOptions", o.Illustrator)
	case ingest.TypeInDesign:
		if o.InDesign != "" && o.InDesign != "None" {
			s.park("inDesignOptions", o.InDesign)
		}
	case ingest.TypeMasterVideo:
		s.run(ingest.TaskInspect)
		if o.Video != nil {
			s.park("mediaOptions", o.Video)
		}
	case ingest.TypeAudio:
		s.run(ingest.TaskInspect)
	case ingest.TypeZip:
		if o.Unpack {
			s.park("unCompressOptions", nil)
		}
	case "Css":
		if o.CSSStatic != nil {
			s.park("cssOptions", *o.CSSStatic)
		}
	}
	planCommon(&s, o)
	return s
}

// planPDF plans the thumbnail of a PDF file, unless nothing is to be made of it, and parks what else is wanted.
func planPDF(s *steps, r *ingest.Rasterize) {
	if r != nil && r.Process == "None" {
		return
	}
	s.run(ingest.TaskInspect)
	if r == nil || r.Process != "Thumbnail" || r.Words || r.Links {
		planRasterize(s, "pdfOptions", r)
	}
}

// planRasterize parks the pages of a document. Without options they are wanted.
func planRasterize(s *steps, kind ingest.TaskKind, r *ingest.Rasterize) {
	if r == nil {
		r = &ingest.Rasterize{Process: "Rasterize"}
	}
	if r.Process != "None" {
		s.park(kind, r)
	}
}

func planImage(s *steps, fileName, contentType string, o *ingest.Processing) {
	if inspectable(fileName, contentType) {
		s.run(ingest.TaskInspect)
	} else {
		s.park(ingest.TaskInspect, nil)
	}
	if o.Knockout != nil {
		s.park("knockoutBackgroundOptions", o.Knockout)
	}
	switch {
	case o.Crop != nil && !o.Crop.Zero():
		s.park("manualCropOptions", o.Crop)
	case o.ColorCrop != nil:
		s.park("autoColorCropOptions", o.ColorCrop)
	case o.AlphaCrop != nil:
		s.park("autoTransparentCropOptions", o.AlphaCrop)
	}
	if len(o.SmartCrops) > 0 {
		s.park("autoSmartCropOptionsArray", o.SmartCrops)
	}
	if o.CreateMask {
		s.park("createMask", nil)
	}
	if o.Color != nil && o.Color.Mode == "Convert" {
		s.park("colorManagementOptions", o.Color)
	}
	if o.Unsharp != nil && !o.Unsharp.None() {
		s.park("unsharpMaskOptions", o.Unsharp)
	}
	if o.Photoshop != nil && o.Photoshop.Layers && strings.EqualFold(path.Ext(fileName), ".psd") {
		s.park("photoshopOptions", o.Photoshop)
	}
}

func planCommon(s *steps, o *ingest.Processing) {
	if o.AutoSet || len(o.AutoSets) > 0 {
		s.park("autoSetCreationOptions", o.AutoSets)
	}
	if len(o.Projects) > 0 {
		s.park("projectHandleArray", o.Projects)
	}
	if len(o.Keywords) > 0 {
		s.park("xmpKeywords", o.Keywords)
	}
	if len(o.Metadata) > 0 {
		s.park("metadataOptions", o.Metadata)
	}
}

// inspectable reports whether the built-in inspection reads the file: by what
// it is, and for files whose content says nothing by what they claim to be, so
// that a broken image is told from one that waits for a tool.
func inspectable(fileName, contentType string) bool {
	switch strings.ToLower(path.Ext(fileName)) {
	case ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff":
		return true
	case "":
		switch contentType {
		case "image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff":
			return true
		}
	}
	return false
}

// task makes the row of a step.
func (e *Engine) task(s step, c *ingest.Company, j *ingest.Job, a *ingest.Asset, v *ingest.Version) *ingest.Task {
	now := e.now()
	t := &ingest.Task{
		UUID: e.newUUID(), Company: c.Number, Job: j.Number, Asset: a.Number, Version: v.Number,
		Kind: s.kind, State: ingest.TaskQueued, RunAt: now, Created: now,
	}
	if s.parked {
		t.State = ingest.TaskParked
	}
	if s.params != nil {
		t.Params, _ = json.Marshal(s.params)
	}
	return t
}
