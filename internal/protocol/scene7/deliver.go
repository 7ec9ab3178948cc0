package scene7

import (
	"slices"
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
		return "", u.denialOr(err)
	}
	job, _, err := u.door.Engine.Deliver(u.r.Context(), u.principal, u.intake, d)
	if err != nil && ingest.KindOf(err) == ingest.Invalid {
		return "", u.denialOr(err)
	}
	if err != nil {
		return "", err
	}
	return JobHandle{Company: int64(job.Company), Active: job.Name, ID: int64(job.Number)}.String(), nil
}

// incoming names the files (contract section 5, rule 1): fileName applies to the
// first file, the others use their own. A part without filename parameter is a
// file only if fileName names it; a field of a web form that was left empty is
// none, unless fileName finds no other to name.
func (u *upload) incoming() ([]engine.Incoming, error) {
	var files []engine.Incoming
	first := u.namedByParameter()
	for i, f := range u.files {
		name := f.fileName
		switch {
		case i == first:
			name = u.params.FileName
		case !f.named || f.leftEmpty():
			continue
		}
		if name == "" {
			return nil, &RequestError{Code: CodeMissingParameter, Path: "fileName", Msg: "a file has no name: neither its part nor the parameters give one"}
		}
		files = append(files, engine.Incoming{Spool: f.spool, Folder: u.params.DestFolder, FileName: name})
	}
	return files, nil
}

// namedByParameter is the index of the file that fileName names, or -1.
func (u *upload) namedByParameter() int {
	if u.params.FileName == "" || len(u.files) == 0 {
		return -1
	}
	first := slices.IndexFunc(u.files, func(f filePart) bool { return !f.leftEmpty() })
	return max(first, 0)
}

// leftEmpty recognises what browsers send for a file field without a file.
func (f filePart) leftEmpty() bool { return f.named && f.fileName == "" && f.spool.Size() == 0 }

// jobSpec describes the job that the request opens.
func (u *upload) jobSpec() *engine.JobSpec {
	processing, warnings := u.door.schema.Processing(u.params.Options)
	spec := &engine.JobSpec{
		Door: ingest.DoorScene7, Name: u.params.JobName, Description: u.params.Description, Locale: u.locale(),
		Client: u.client(), Address: u.door.Address(u.r), Processing: processing,
		Echo: u.params.Options.JSON(), Profiles: u.params.Profiles(),
	}
	for _, w := range warnings {
		spec.Warnings = append(spec.Warnings, w.String())
	}
	return spec
}

// client names the program that opened the job, or its host.
func (u *upload) client() string {
	const most = 255 // bytes
	name := strings.TrimSpace(u.auth.AppName)
	if name == "" {
		return u.door.Address(u.r)
	}
	return strings.ToValidUTF8(name[:min(len(name), most)], "")
}
