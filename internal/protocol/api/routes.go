package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"sluice/internal/ingest"
)

// Tags group the operations in the description.
const (
	tagAssets    = "Assets"
	tagJobs      = "Jobs"
	tagCompanies = "Companies"
	tagServer    = "Server"
)

// routes registers every operation.
func (s *server) routes() {
	register(s, operation("listAssets", tagAssets, "/v1/assets", "List assets",
		"Assets of the companies that the caller may read, in the order of their numbers, those in the trash left out."), s.listAssets)
	register(s, operation("showAsset", tagAssets, "/v1/assets/{uuid}", "Show an asset",
		"One asset with its crop, metadata, derived files, the state of its processing and, of a web page, its other files."), s.showAsset)
	register(s, fileOperation("readOriginal", "/v1/assets/{uuid}/original", "Read the original",
		"The bytes as they were uploaded. A replacement while they are read does not disturb the reader."), s.original)
	register(s, fileOperation("readThumbnail", "/v1/assets/{uuid}/thumbnail", "Read the thumbnail",
		"The first thumbnail of the asset. Not found as long as there is none."), s.thumbnail)
	register(s, fileOperation("readDerived", "/v1/assets/{uuid}/derived/{derivedUuid}", "Read a derived file",
		"The bytes of a derived file. Its address is the url in the asset's derived list."), s.derived)
	register(s, operation("listJobs", tagJobs, "/v1/jobs", "List jobs",
		"Jobs of the companies that the caller may read, newest first."), s.listJobs)
	register(s, operation("showJob", tagJobs, "/v1/jobs/{uuid}", "Show a job",
		"One job with its progress and counts."), s.showJob)
	register(s, operation("listJobLog", tagJobs, "/v1/jobs/{uuid}/log", "List a job's log",
		"What happened in a job, in the order in which it happened: everything that was stored, refused, skipped, renamed or could not be processed."), s.listJobLog)
	register(s, operation("listCompanies", tagCompanies, "/v1/companies", "List companies",
		"The companies that the caller may read, in the order of their numbers."), s.listCompanies)
	register(s, operation("showCredit", tagCompanies, "/v1/companies/{company}/credit", "Show quotas and use",
		"What a company, and the caller in it, use and may use."), s.showCredit)
	register(s, infoOperation(), s.showInfo)
}

// register adds an operation. Its handler is given the caller; its failures are
// those of the engine and become problem documents here.
func register[I, O any](s *server, op huma.Operation, handler func(context.Context, ingest.Principal, *I) (*O, error)) {
	s.describeFailures(&op)
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// operation describes a call that answers JSON. HEAD comes with it.
func operation(id, tag, path, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{tag}, Summary: summary, Description: description,
		Security: []map[string][]string{{"basic": {}}, {"bearer": {}}, {"apiKey": {}}},
	}
}

// fileOperation describes a call that answers the bytes of a file.
func fileOperation(id, path, summary, description string) huma.Operation {
	op := operation(id, tagAssets, path, summary, description+
		" Ranges (also several at once) and conditions (If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, If-Range) are honoured.")
	content := map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	text := func(description string) *huma.Header {
		return &huma.Header{Description: description, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	headers := map[string]*huma.Header{
		"ETag":                text("Names the bytes: the SHA-256 in hexadecimal digits where it is known."),
		"Last-Modified":       text("When the bytes were stored."),
		"Repr-Digest":         text("SHA-256 of the whole file (RFC 9530), where it is known."),
		"Content-Disposition": text("The file name, and whether it is safe to show in place."),
	}
	op.Parameters = []*huma.Param{{
		Name: "Range", In: "header", Description: "Ranges of bytes.", Schema: &huma.Schema{Type: huma.TypeString}, Example: "bytes=0-1023",
	}, {
		Name: "If-None-Match", In: "header", Description: "Entity tags that the client has already.", Schema: &huma.Schema{Type: huma.TypeString},
	}}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "The whole file", Headers: headers, Content: content},
		"206": {Description: "The ranges", Headers: headers, Content: content},
		"304": {Description: "The client has these bytes already"},
		"412": {Description: "A condition does not hold"},
		"416": {Description: "No byte lies in the range"},
	}
	return op
}

// infoOperation describes the call that callers without a login may make too.
func infoOperation() huma.Operation {
	op := operation("showInfo", tagServer, "/v1/info", "Show the server",
		"Name, version and health of the server; with a login its doors, their addresses and its limits as well.")
	op.Security = append([]map[string][]string{{}}, op.Security...)
	op.Metadata = map[string]any{loginOptional: true}
	return op
}
