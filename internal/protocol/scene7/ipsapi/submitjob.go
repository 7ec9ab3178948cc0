package ipsapi

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// submitJob begins a job of the server, at once or on a schedule.
func (s *Service) submitJob(ctx context.Context, c *call) (*scene7.Record, error) {
	element, options, err := submittedElement(c)
	if err != nil {
		return nil, err
	}
	order, err := s.order(c, element, options)
	if err != nil {
		return nil, err
	}
	submission := engine.Submission{Order: order, At: c.in.Time("execTime"), Cron: strings.TrimSpace(c.in.Text("execSchedule"))}
	if submission.Cron != "" && !submission.At.IsZero() {
		return nil, invalid("execTime", "only one of execTime and execSchedule may be given")
	}
	if handle := c.in.Text("userHandle"); handle != "" {
		n, _, ok := scene7.ParseUserHandle(handle)
		if !ok {
			return nil, invalid("userHandle", "%q is no user handle", clip(handle))
		}
		submission.User = ingest.Number(n)
	}
	name, err := s.Engine.Submit(ctx, c.caller, c.company.Number, submission)
	if err != nil {
		return nil, err
	}
	return record("submitJobReturn", "jobHandle", submittedHandle(c.company.Number, name)), nil
}

// submittedElement finds the one job element of the request.
func submittedElement(c *call) (jobElement, *scene7.Record, error) {
	var found []jobElement
	for _, e := range jobElements() {
		if c.in.Has(e.name) {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 0:
		return jobElement{}, nil, missing("one job element, such as uploadUrlsJob,")
	case 1:
		return found[0], c.in.Record(found[0].name), nil
	}
	return jobElement{}, nil, invalid(found[1].name, "only one job element may be given, %s is given too", found[0].name)
}

// order translates the element of a job.
func (s *Service) order(c *call, element jobElement, options *scene7.Record) (ingest.Order, error) {
	o := ingest.Order{
		Kind: element.kind, Door: ingest.DoorScene7, Name: strings.TrimSpace(c.in.Text("jobName")), Description: c.in.Text("description"),
		Locale: c.locale, Client: c.client, Address: c.address,
	}
	if locale := strings.TrimSpace(c.in.Text("locale")); locale != "" {
		if !scene7.IsLocale(locale) {
			return o, invalid("locale", "%q is no locale like en or en-US", clip(locale))
		}
		o.Locale = locale
	}
	if err := scene7.CheckOptions(options, element.name); err != nil {
		return o, err
	}
	for _, p := range scene7.ProfilesOf(options) {
		o.Profiles = append(o.Profiles, ingest.Profile(p))
	}
	var warnings []scene7.Warning
	o.Processing, warnings = s.schema.Processing(options)
	for _, w := range warnings {
		o.Warnings = append(o.Warnings, w.String())
	}
	if url := strings.TrimSpace(options.Text("httpCompletionUrl")); url != "" {
		o.Processing.CallbackURL = url
	}
	after(&o, options)
	err := work(c, &o, element.name, options)
	o.Echo = options.JSON()
	return o, err
}

// after reads the publish jobs that are to follow.
func after(o *ingest.Order, options *scene7.Record) {
	for _, post := range []jobElement{
		{"postImageServingPublishJob", ingest.JobImagePublish}, {"postImageRenderingPublishJob", ingest.JobRenderPublish},
		{"postVideoPublishJob", ingest.JobVideoPublish},
	} {
		if options.Has(post.name) {
			o.Processing.PublishAfter = append(o.Processing.PublishAfter, post.kind)
		}
	}
	o.Processing.PublishIfKept = options.Bool("postJobOnlyIfFiles")
}

// work reads what a job is to work on.
func work(c *call, o *ingest.Order, element string, options *scene7.Record) (err error) {
	handles := "assetHandleArray"
	switch o.Kind {
	case ingest.JobURLUpload:
		return sources(o, element, options)
	case ingest.JobDirectoryUpload:
		o.Directory = &ingest.SourceDirectory{
			Path: options.Text("serverDir"), Folder: strings.TrimSpace(options.Text("destFolder")), Subfolders: options.Bool("includeSubfolders"),
		}
		if options.Bool("processMetadataFiles") {
			o.Warnings = append(o.Warnings, "processMetadataFiles: metadata files of the directory are stored like other files, they are not read")
		}
		return nil
	case ingest.JobImagePublish, ingest.JobRenderPublish, ingest.JobVideoPublish, ingest.JobDirPublish:
		o.Context = engine.PublishContext(o.Kind)
		o.Full = strings.HasPrefix(options.Text("publishType"), "Full")
		return checkContext(element, options)
	case ingest.JobOptimize:
		keep := true
		o.Processing.PreservePublish = &keep
		return nil
	case ingest.JobRipPDF:
		handles = "pdfHandleArray"
	case ingest.JobReprocess:
	case ingest.JobExport:
		o.Export = &ingest.Export{
			Convert: options.Text("fmt") == "convert", Modifier: options.Text("is_modifier"), Macro: options.Text("macro"), Base: c.host,
		}
	case ingest.JobAutoSets:
		o.Folder = strings.TrimSpace(options.Text("destFolder"))
	default:
		return nil
	}
	if !options.Has("readyForPublish") { // then the marks stay as they are
		keep := true
		o.Processing.PreservePublish = &keep
	}
	o.Assets, err = orderAssets(element+"/"+handles, items(options, handles), engine.MostAssets(o.Kind))
	return err
}

// sources reads the addresses of an uploadUrlsJob. The record that is kept has their
// number only.
func sources(o *ingest.Order, element string, options *scene7.Record) error {
	for _, item := range records(options, "urlArray") {
		o.Sources = append(o.Sources, ingest.Source{URL: strings.TrimSpace(item.Text("sourceUrl")), Path: strings.TrimSpace(item.Text("destPath"))})
	}
	if len(o.Sources) == 0 {
		return missing(element + "/urlArray")
	}
	options.Fields = slices.DeleteFunc(options.Fields, func(e scene7.Entry) bool { return e.Name == "urlArray" || e.Name == "numUrls" })
	options.Fields = append(options.Fields, scene7.Entry{Name: "numUrls", Value: len(o.Sources)})
	return nil
}

// orderAssets reads the handles of a job's assets; one that is named twice counts
// once.
func orderAssets(field string, handles []string, most int) ([]ingest.Number, error) {
	if len(handles) > most {
		return nil, invalid(field, "%d handles were sent, the limit is %d", len(handles), most)
	}
	var numbers []ingest.Number
	seen := map[ingest.Number]bool{}
	for i, handle := range handles {
		n, err := assetNumber(fmt.Sprintf("%s/items[%d]", field, i+1), handle)
		if err != nil {
			return nil, err
		}
		if !seen[n] {
			seen[n] = true
			numbers = append(numbers, n)
		}
	}
	return numbers, nil
}

// checkContext reads the context that a publish job names. Each company has one of
// the job's type, so that there is nothing to choose.
func checkContext(element string, options *scene7.Record) error {
	handle := strings.TrimSpace(options.Text("contextHandle"))
	if handle == "" {
		return nil
	}
	_, err := numbered(element+"/contextHandle", "pc", "pc|"+strings.TrimPrefix(handle, "pc|"))
	return err
}
