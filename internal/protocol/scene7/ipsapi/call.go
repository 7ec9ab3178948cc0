package ipsapi

import (
	"context"

	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// call is one request for an operation, after login, company and role have been
// checked and its fields decoded.
type call struct {
	op        *Operation
	in        *scene7.Record   // the param element
	fields    fieldChoice      // what the answer is to show
	namespace scene7.Namespace // of the param element; answers are written in it
	level     scene7.Level     // of the answer: that of the namespace, or the first one of a newer operation

	caller  ingest.Principal // who is logged in; writing is judged by it
	reader  ingest.Principal // whose reading counts: the caller, or whom accessUserHandle and accessGroupHandle name
	company *ingest.Company  // of companyHandle; nil when the request names none

	locale  string // BCP 47, of the auth header or Accept-Language
	client  string // appName, or the client's host
	address string // IP address of the client
	host    string // host and scheme that the client reached us at, like "http://localhost:8080"
}

// handler carries out one operation. It returns the return element, nil for an
// empty one.
type handler func(ctx context.Context, c *call) (*scene7.Record, error)

// handlers maps names of operations to what carries them out.
type handlers map[string]handler
