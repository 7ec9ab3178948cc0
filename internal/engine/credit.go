package engine

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"sluice/internal/ingest"
)

// Credit is what a company and a user in it use and may use.
type Credit = ingest.Credit

// Credit returns what the caller and the company use.
func (e *Engine) Credit(ctx context.Context, p ingest.Principal, company ingest.Number) (credit Credit, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, company, rightRead)
		if err != nil {
			return err
		}
		credit, err = ingest.ReadCredit(tx, c, p.User, e.now())
		return err
	})
	return credit, err
}

// netSubject names the counter of a client's network: an IPv6 address counts with
// its /64, which is one customer's.
func netSubject(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "net unknown"
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return "net " + prefix.String()
		}
	}
	return "net " + ip.String()
}

// dayCreditError reports which limit of a day one more file of some bytes would
// exceed, or nil.
func dayCreditError(tx ingest.Tx, c *ingest.Company, subject, whose string, most ingest.Usage, size int64, now time.Time) error {
	if most == (ingest.Usage{}) {
		return nil
	}
	used, err := tx.DayUsage(ingest.DayUse{Company: c.Number, Subject: subject, Day: ingest.DayOf(now)})
	if err != nil {
		return err
	}
	refused := &ingest.Error{Kind: ingest.TooLarge, Op: "engine.credit", Code: ingest.CodeQuota}
	switch {
	case most.Files > 0 && used.Files+1 > most.Files:
		refused.Msg = fmt.Sprintf("%s quota of %d files a day is used up", whose, most.Files)
	case most.Bytes > 0 && used.Bytes+size > most.Bytes:
		refused.Msg = fmt.Sprintf("%s quota is %d bytes a day, %d are used and %d more were sent", whose, most.Bytes, used.Bytes, size)
	default:
		return nil
	}
	return refused
}

// creditError reports which limit of a day, of the company or of the user, a file
// would exceed, or nil.
func (e *Engine) creditError(tx ingest.Tx, p ingest.Principal, c *ingest.Company, size int64) error {
	s := c.Settings
	if err := dayCreditError(tx, c, "", "the company's", ingest.Usage{Files: s.QuotaDayFiles, Bytes: s.QuotaDayBytes}, size, e.now()); err != nil || p.User == 0 {
		return err
	}
	return dayCreditError(tx, c, ingest.UserSubject(p.User), "the user's", ingest.Usage{Files: s.UserQuotaDayFiles, Bytes: s.UserQuotaDayBytes}, size, e.now())
}

// charge counts a file that has been stored against the limits of the day.
func (e *Engine) charge(tx ingest.Tx, c *ingest.Company, subjects []string, size int64) error {
	counters := make([]ingest.DayUse, len(subjects))
	for i, subject := range subjects {
		counters[i] = ingest.DayUse{Company: c.Number, Subject: subject, Day: ingest.DayOf(e.now())}
	}
	return tx.AddDayUse(ingest.Usage{Files: 1, Bytes: size}, counters...)
}
