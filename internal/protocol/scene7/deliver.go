package scene7

import (
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// deliver hands the spooled files to the engine and returns the job's handle.
func (u *upload) deliver() (string, error) {
	d := engine.Delivery{Company: u.company, Join: u.join, Address: u.door.Address(u.r), End: u.params.EndJob}
	if u.join == nil {
		d.Open = u.jobSpec()
	}
	var err error
	if d.Files, err = u.incoming(); err != nil {
		return "", err
	}
	job, _, err := u.door.Engine.Deliver(u.r.Context(), u.principal, u.intake, d)
	if err != nil {
		return "", err
	}
	return JobHandle{Company: int64(job.Company), Active: job.Name, ID: int64(job.Number)}.String(), nil
}

// incoming names the files (contract section 5, rule 1): fileName applies to the
// first file, the others use their own. A part without filename parameter is a
// file only if fileName names it.
func (u *upload) incoming() ([]engine.Incoming, error) {
	var files []engine.Incoming
	for _, f := range u.files {
		name := f.fileName
		if len(files) == 0 && u.params.FileName != "" {
			name = u.params.FileName
		} else if !f.named {
			continue
		}
		if name == "" {
			return nil, &RequestError{Code: CodeMissingParameter, Path: "fileName", Msg: "a file has no name: neither its part nor the parameters give one"}
		}
		files = append(files, engine.Incoming{Spool: f.spool, Folder: u.params.DestFolder, FileName: name})
	}
	return files, nil
}

// jobSpec describes the job that the request opens.
func (u *upload) jobSpec() *engine.JobSpec {
	processing, warnings := u.door.schema.Processing(u.params.Options)
	spec := &engine.JobSpec{
		Door: ingest.DoorScene7, Name: u.params.JobName, Description: u.params.Description, Locale: u.locale(),
		Client: u.client(), Address: u.door.Address(u.r), Processing: processing,
		Echo: u.params.Options.JSON(),
	}
	for _, w := range warnings {
		spec.Warnings = append(spec.Warnings, w.String())
	}
	return spec
}

// locale is the language of the job log: of the parameters, else of the auth
// header, else the first of Accept-Language.
func (u *upload) locale() string {
	if u.params.Locale != "" {
		return u.params.Locale
	}
	if u.auth.Locale != "" {
		return u.auth.Locale
	}
	first, _, _ := strings.Cut(u.r.Header.Get("Accept-Language"), ",")
	first, _, _ = strings.Cut(first, ";")
	if first = strings.TrimSpace(first); first == "*" || len(first) > 35 {
		return ""
	}
	return first
}

// client names the program that opened the job, or its host.
func (u *upload) client() string {
	name := strings.TrimSpace(u.auth.AppName + " " + u.auth.AppVersion)
	if name == "" {
		return u.door.Address(u.r)
	}
	return name[:min(len(name), 255)]
}
