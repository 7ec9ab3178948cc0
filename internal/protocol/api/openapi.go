package api

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"sluice/internal/ingest"
)

// config sets huma up: JSON only, no pages of its own, failures in the shape of
// this package.
func (s *server) config() huma.Config {
	const schemas = "#/components/schemas/"
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Sluice", Version: s.Version,
				Description: "Reads the asset library and the job log. Log in with Basic authentication, a bearer token or an API key. " +
					"Lists answer a page and the cursor of the next one. Failures are problem documents (RFC 9457).",
			},
			Tags: []*huma.Tag{
				{Name: tagAssets, Description: "What is in the library."}, {Name: tagJobs, Description: "What arrived, and what became of it."},
				{Name: tagCompanies, Description: "Whose it is."}, {Name: tagServer, Description: "The server itself."},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry(schemas, huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"basic":  {Type: "http", Scheme: "basic", Description: "Login and password."},
					"bearer": {Type: "http", Scheme: "bearer", Description: "An API key, beginning with slk_."},
					"apiKey": {Type: "apiKey", In: "header", Name: "X-Api-Key", Description: "An API key, beginning with slk_."},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{reshape},
	}
	config.AllowAdditionalPropertiesByDefault = true
	return config
}

// describeFailures adds the statuses that an operation may fail with.
func (s *server) describeFailures(op *huma.Operation) {
	schema := s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	content := map[string]*huma.MediaType{problemType: {Schema: schema}}
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	for _, kind := range []ingest.Kind{
		ingest.Internal, ingest.Invalid, ingest.Unauthenticated, ingest.Forbidden, ingest.NotFound, ingest.Throttled, ingest.Unavailable,
	} {
		status := faults[kind].status
		op.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: content}
	}
	for _, status := range []string{"412", "416"} {
		if r := op.Responses[status]; r != nil {
			r.Content = content
		}
	}
}

// describeRest completes what the types alone do not say.
func (s *server) describeRest() {
	schemas := s.huma.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel") // huma's own failures, which reshape replaces
	delete(schemas, "ErrorDetail")
	detail := schemas["AssetDetail"].Properties
	crop := detail["crop"]
	detail["crop"] = &huma.Schema{
		Description: crop.Description,
		OneOf:       []*huma.Schema{{Ref: crop.Ref}, {Type: "null"}},
	}
	for name, text := range map[string]string{
		"totalFileCount":     "Files that arrived.",
		"fileSuccessCount":   "New assets.",
		"fileUpdateCount":    "Replaced assets.",
		"fileDuplicateCount": "Files that were skipped because their name was taken.",
		"fileErrorCount":     "Files that were refused or could not be processed.",
		"fileWarningCount":   "Warnings.",
	} {
		schemas["JobItem"].Properties[name].Description = text
	}
	for name, text := range map[string]string{
		"x": "Pixels from the left.", "y": "Pixels from the top.", "width": "Pixels.", "height": "Pixels.",
	} {
		schemas["Rect"].Properties[name].Description = text
	}
}
