package ipsapi

import (
	"context"
	"net/url"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// prefixInvalidation begins the handles of invalidations.
const prefixInvalidation = "ci"

// Limits of an invalidation.
const (
	mostURLs   = 1000
	mostCopies = 5 // e-mail copies
)

// invalidate notes that addresses are to be fetched anew. What this server serves
// is never older than the asset, so that there is nothing to wait for.
func (s *Service) invalidate(ctx context.Context, c *call) (*scene7.Record, error) {
	urls := items(c.in, "urlArray")
	if len(urls) < 1 || len(urls) > mostURLs {
		return nil, invalid("urlArray", "%d URLs were sent, the least is 1, the limit is %d", len(urls), mostURLs)
	}
	if copies := items(c.in.Record("confirmation"), "ccOthersArray"); len(copies) > mostCopies {
		return nil, invalid("confirmation/ccOthersArray", "%d addresses were sent, the limit is %d", len(copies), mostCopies)
	}
	var faults []*scene7.Record
	for _, address := range urls {
		if u, err := url.Parse(strings.TrimSpace(address)); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			faults = append(faults, record("OperationFault", "code", int(scene7.CodeInvalidParameter), "reason", "no URL: "+clip(address)))
		}
	}
	if c.level >= scene7.Level16 && len(faults) > 0 {
		return nil, invalid("urlArray/items", "%s", faults[0].Text("reason"))
	}
	n, err := s.Engine.CreateStored(ctx, c.caller, c.company.Number, ingest.DocInvalidation, engine.Stored{
		Data: []byte(`"` + s.Engine.Now().UTC().Format(time.RFC3339Nano) + `"`),
	})
	if err != nil {
		return nil, err
	}
	return record("cdnCacheInvalidationReturn", "successCount", len(urls)-len(faults), "warningCount", 0, "errorCount", len(faults),
		"errorDetailArray", optionalArray("OperationFaultArray", faults),
		"invalidationHandle", scene7.NumberHandle(prefixInvalidation, int64(n)), "estimatedSeconds", 0), nil
}

func (s *Service) invalidationStatus(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := numbered("invalidationHandle", prefixInvalidation, c.in.Text("invalidationHandle"))
	if err != nil {
		return nil, err
	}
	stored, err := s.Engine.StoredOf(ctx, c.caller, c.company.Number, ingest.DocInvalidation, n)
	if err != nil {
		return nil, err
	}
	at, err := time.Parse(time.RFC3339Nano, strings.Trim(string(stored.Data), `"`))
	if err != nil {
		return nil, err
	}
	return record("getCdnCacheInvalidationStatusReturn", "status", "Complete", "completionTime", at), nil
}
