package ipsapi

import (
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// jobRef reads a job handle: the number decides, else the active name, else the name
// that was submitted (contract 4.1).
func jobRef(field, handle string) (ingest.Number, engine.JobRef, error) {
	h, ok := scene7.ParseJobHandle(handle)
	if !ok {
		return 0, engine.JobRef{}, invalid(field, "%q is no job handle", clip(handle))
	}
	return ingest.Number(h.Company), engine.JobRef{Number: ingest.Number(h.ID), Name: h.Active, OriginalName: h.Submitted}, nil
}

// ownJob reads the jobHandle of a request that acts on a job of its company. A job of
// another one is unknown.
func ownJob(c *call) (engine.JobRef, error) {
	handle := c.in.Text("jobHandle")
	company, ref, err := jobRef("jobHandle", handle)
	if err == nil && company != c.company.Number {
		err = invalid("jobHandle", "no job of this company has the handle %q", clip(handle))
	}
	return ref, err
}

// jobHandle is the handle of an active or finished job.
func jobHandle(j *ingest.Job) string {
	return scene7.JobHandle{Company: int64(j.Company), Active: j.Name, ID: int64(j.Number)}.String()
}

// submittedHandle is the handle of a job by the name of its order.
func submittedHandle(company ingest.Number, name string) string {
	return scene7.JobHandle{Company: int64(company), Submitted: name}.String()
}

// jobElement is the element of a request or answer that holds the options of a kind of
// job.
type jobElement struct {
	name string
	kind ingest.JobKind
}

// typeName is the type of the element.
func (e jobElement) typeName() string { return strings.ToUpper(e.name[:1]) + e.name[1:] }

// jobElements lists the elements in the order of submitJobParam, with the one that
// only answers have at the end.
func jobElements() []jobElement {
	return []jobElement{
		{"imageServingPublishJob", ingest.JobImagePublish}, {"imageRenderingPublishJob", ingest.JobRenderPublish},
		{"videoPublishJob", ingest.JobVideoPublish}, {"serverDirectoryPublishJob", ingest.JobDirPublish},
		{"metadataPublishJob", ingest.JobMetadataPublish}, {"uploadDirectoryJob", ingest.JobDirectoryUpload},
		{"uploadUrlsJob", ingest.JobURLUpload}, {"optimizeImagesJob", ingest.JobOptimize}, {"ripPdfsJob", ingest.JobRipPDF},
		{"reprocessAssetsJob", ingest.JobReprocess}, {"createVideoSitemapJob", ingest.JobVideoSitemap}, {"exportJob", ingest.JobExport},
		{"automatedSetGenerationJob", ingest.JobAutoSets}, {"uploadPostJob", ingest.JobUpload},
	}
}

// elementOf is the element of a kind of job.
func elementOf(kind ingest.JobKind) jobElement {
	all := jobElements()
	for _, e := range all {
		if e.kind == kind {
			return e
		}
	}
	return all[len(all)-1]
}

// jobOptions is the record of a job's options, with those in effect filled in.
func (s *Service) jobOptions(door ingest.Door, kind ingest.JobKind, p *ingest.Processing, echo []byte) (name string, options *scene7.Record, err error) {
	element := elementOf(kind)
	options = &scene7.Record{Type: element.typeName()}
	if door == ingest.DoorScene7 && len(echo) > 0 {
		if options, err = s.schema.RecordFromJSON(element.typeName(), echo); err != nil {
			return "", nil, err
		}
	} else {
		options = record(element.typeName(), "overwrite", p.Overwrite, "readyForPublish", p.Publish, "createMask", p.CreateMask)
	}
	s.complete(options)
	if kind == ingest.JobURLUpload {
		options.Fields = append(options.Fields, scene7.Entry{Name: "urlArray", Value: array[string]("UploadUrlArray", nil)})
	}
	return element.name, s.schema.EffectiveOptions(options), nil
}

// complete gives the fields that every answer must have a value: jobs that came
// through another door, or that follow others, have not all of them.
func (s *Service) complete(options *scene7.Record) {
	for _, field := range s.schema.Type(options.Type).At(scene7.Level13) {
		if field.Min == 0 || options.Has(field.Name) {
			continue
		}
		var value any
		switch {
		case field.Name == "emailSetting":
			value = "None"
		case field.Name == "publishType":
			value = "Incremental"
		case field.Complex():
			value = &scene7.Record{Type: field.Type}
		case field.Type == "boolean":
			value = false
		case field.Type == "int":
			value = 0
		default:
			value = ""
		}
		options.Fields = append(options.Fields, scene7.Entry{Name: field.Name, Value: value})
	}
}
