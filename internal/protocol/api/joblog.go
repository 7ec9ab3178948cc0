package api

import (
	"context"

	"sluice/internal/ingest"
)

// logItem is a row of a job's log.
type logItem struct {
	Number    int64    `json:"number" doc:"Number of the row; rows are in this order." example:"311"`
	Time      string   `json:"time" format:"date-time" doc:"When it was written." example:"2026-05-04T10:15:30.123Z"`
	Type      string   `json:"type" doc:"What happened: BeginUpload, UploadSuccess, FileUpdated, DuplicateSkipped, UploadWarning, UploadError, FatalError, EndUpload and others." example:"UploadSuccess"`
	Message   string   `json:"message" doc:"What happened, in words that a person can act on."`
	Asset     *string  `json:"asset" doc:"File name of the asset that it speaks of; null when it speaks of none." example:"red-shoe.tif"`
	AssetUUID *string  `json:"assetUuid" format:"uuid" doc:"UUID of that asset; null when no asset came of it."`
	AssetType *string  `json:"assetType" doc:"What kind of file it is; null when it speaks of none." example:"MasterImage"`
	Extra     []string `json:"extra" nullable:"false" doc:"Further warnings about that asset."`
}

func newLogItem(r ingest.LogRow) logItem {
	item := logItem{
		Number: int64(r.Number), Time: stamp(r.Time), Type: string(r.Type), Message: r.Message,
		Asset: orNil(r.AssetName == "", r.AssetName), AssetUUID: orNil(r.AssetUUID == "", string(r.AssetUUID)),
		AssetType: orNil(r.AssetType == "", r.AssetType), Extra: r.Extra,
	}
	if item.Extra == nil {
		item.Extra = []string{}
	}
	return item
}

// jobLogInput is the query of a job's log.
type jobLogInput struct {
	UUID string   `path:"uuid" doc:"UUID of the job."`
	Type []string `query:"type" maxItems:"50" doc:"Only rows of these types, separated by commas."`
	Paging
}

func (s *server) listJobLog(ctx context.Context, p ingest.Principal, in *jobLogInput) (*pageOutput[logItem], error) {
	id, err := parseUUID("job", in.UUID)
	if err != nil {
		return nil, err
	}
	var f ingest.LogFilter
	for _, t := range in.Type {
		f.Types = append(f.Types, ingest.LogType(t))
	}
	list := source[ingest.LogRow]{
		name:   "log",
		number: func(r ingest.LogRow) ingest.Number { return r.Number },
		fetch: func(page ingest.Page) ([]ingest.LogRow, error) {
			return s.Library.JobLog(ctx, p, id, f, page)
		},
	}
	found, next, err := list.read(in.Paging)
	if err != nil {
		return nil, err
	}
	out := &pageOutput[logItem]{Body: page[logItem]{Items: make([]logItem, 0, len(found)), Next: next}}
	for _, r := range found {
		out.Body.Items = append(out.Body.Items, newLogItem(r))
	}
	return out, nil
}
