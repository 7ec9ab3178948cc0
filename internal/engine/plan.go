package engine

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"sluice/internal/ingest"
)

// step is one thing to do for a new version.
type step struct {
	kind       ingest.TaskKind
	params     any
	background bool // the job does not wait for it
	extra      bool // no option asks for it
}

type steps []step

// pending counts the steps that the asset and its job wait for.
func (s steps) pending() int {
	n := 0
	for _, step := range s {
		if !step.background {
			n++
		}
	}
	return n
}

func (s *steps) run(kind ingest.TaskKind, params any) {
	*s = append(*s, step{kind: kind, params: params})
}

// plan lists what a file of a type needs under the options of its job.
func plan(kind ingest.AssetType, fileName string, o *ingest.Processing) steps {
	var s steps
	switch kind {
	case ingest.TypeImage, "PsdTemplate":
		planImage(&s, fileName, o)
	case ingest.TypePDF:
		planPages(&s, o.PDF)
	case ingest.TypePostScript:
		planPages(&s, o.PostScript)
	case ingest.TypeIllustrator:
		planPages(&s, o.Illustrator)
	case ingest.TypeInDesign:
		if o.InDesign != "" {
			planPages(&s, &ingest.Rasterize{Process: o.InDesign})
		}
	case ingest.TypeMasterVideo:
		planVideo(&s, o.Video)
	case ingest.TypeAudio, ingest.TypeVideo:
		s.run(ingest.TaskInspect, nil)
	case ingest.TypeZip:
		if o.Unpack {
			s.run(ingest.TaskUnpack, nil)
		}
	}
	return s
}

// planVideo plans what every video has, with the frame that is asked for, and its encodings. These take long and are a
// step of their own, so that nobody waits for the thumbnail as long.
func planVideo(s *steps, v *ingest.Video) {
	if v != nil && v.Thumbnail {
		s.run(ingest.TaskFootage, FootageStep{At: v.ThumbnailAt})
	} else {
		s.run(ingest.TaskInspect, nil)
	}
	if v != nil && (v.Encode || len(v.Presets)+len(v.Encodings) > 0) {
		s.run(ingest.TaskEncode, encodeStep{Presets: v.Presets, Encodings: v.Encodings})
	}
}

// planPages plans the thumbnail of a document, unless nothing is to be made of it, and what is wanted of its pages. A
// door whose clients get page images without asking says so in the options.
func planPages(s *steps, r *ingest.Rasterize) {
	if r != nil && r.Process == "None" {
		return
	}
	s.run(ingest.TaskInspect, nil)
	if r != nil && (r.Process != "Thumbnail" || r.Words || r.Links) {
		s.run(ingest.TaskPages, r)
	}
}

// plan lists what is to be done for a file of a type under the options of its job. What no option asks for is left out
// where the server does not do it for every file of the Scene7 door, whose clients count on it.
func (e *Engine) plan(j *ingest.Job, kind ingest.AssetType, fileName string, o *ingest.Processing) steps {
	all := plan(kind, fileName, o)
	if e.optimize && (j.Door == ingest.DoorScene7 || j.Kind == ingest.JobOptimize) {
		return all
	}
	return slices.DeleteFunc(all, func(s step) bool { return s.extra })
}

// planImage plans the thumbnail and the optimised image, which every image has, with all that the options want done
// with it. What this machine cannot read says so in the step that would have read it.
func planImage(s *steps, fileName string, o *ingest.Processing) {
	s.run(ingest.TaskInspect, nil)
	if changed := changesPicture(o); changed || decodable(fileName) {
		*s = append(*s, step{kind: ingest.TaskPicture, extra: !changed})
	}
	planLayers(s, fileName, o.Photoshop)
}

// planLayers plans the images of the layers of a Photoshop file.
func planLayers(s *steps, fileName string, o *ingest.Photoshop) {
	if o != nil && o.Layers && strings.EqualFold(path.Ext(fileName), ".psd") {
		s.run(ingest.TaskLayers, o)
	}
}

// decodable reports whether there may be something on this machine that reads an image: of all formats but these.
func decodable(fileName string) bool {
	switch strings.ToLower(path.Ext(fileName)) {
	case ".fpx", ".pict", ".pct":
		return false
	}
	return true
}

// task makes the row of a step.
func (e *Engine) task(s step, c *ingest.Company, j *ingest.Job, a *ingest.Asset, v *ingest.Version) *ingest.Task {
	now := e.now()
	t := &ingest.Task{
		UUID: e.newUUID(), Company: c.Number, Job: j.Number, Asset: a.Number, Version: v.Number,
		Kind: s.kind, State: ingest.TaskQueued, RunAt: now, Created: now,
	}
	if s.kind == ingest.TaskPicture || s.kind == ingest.TaskMetadata {
		t.RunAt = now.Add(e.pictureDelay)
	}
	if s.params != nil {
		t.Params, _ = json.Marshal(s.params)
	}
	return t
}
