package api

import (
	"context"

	"sluice/internal/ingest"
)

// creditItem is what a company and the caller in it use and may use.
type creditItem struct {
	Company creditUse `json:"company" doc:"Of the company as a whole."`
	User    creditUse `json:"user" doc:"Of the caller in it."`
}

// creditUse is the use of some limits.
type creditUse struct {
	Bytes      int64 `json:"bytes" doc:"Bytes of the current files outside the trash."`
	Files      int64 `json:"files" doc:"Assets outside the trash."`
	BytesToday int64 `json:"bytesToday" doc:"Bytes that softphones have sent since midnight UTC."`
	FilesToday int64 `json:"filesToday" doc:"Files that softphones have sent since midnight UTC."`

	MaxBytes      int64 `json:"maxBytes" doc:"Limit of bytes; 0 is none."`
	MaxFiles      int64 `json:"maxFiles" doc:"Limit of files; 0 is none."`
	MaxBytesToday int64 `json:"maxBytesToday" doc:"Limit of bytesToday; 0 is none."`
	MaxFilesToday int64 `json:"maxFilesToday" doc:"Limit of filesToday; 0 is none."`
}

func useItem(u ingest.CreditUse) creditUse {
	return creditUse{
		Bytes: u.Stored.Bytes, Files: u.Stored.Files, BytesToday: u.Today.Bytes, FilesToday: u.Today.Files,
		MaxBytes: u.MaxStored.Bytes, MaxFiles: u.MaxStored.Files, MaxBytesToday: u.MaxPerDay.Bytes, MaxFilesToday: u.MaxPerDay.Files,
	}
}

type creditInput struct {
	Company string `path:"company" maxLength:"400" doc:"Number, handle, name, slug or UUID of the company."`
}

type creditOutput struct{ Body creditItem }

func (s *server) showCredit(ctx context.Context, p ingest.Principal, in *creditInput) (*creditOutput, error) {
	c, err := s.findCompany(ctx, p, in.Company)
	if err != nil {
		return nil, err
	}
	credit, err := s.Library.Credit(ctx, p, c.Number)
	if err != nil {
		return nil, err
	}
	return &creditOutput{creditItem{Company: useItem(credit.Company), User: useItem(credit.User)}}, nil
}
