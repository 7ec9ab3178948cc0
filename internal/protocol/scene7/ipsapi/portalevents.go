package ipsapi

import (
	"context"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// mostPortalEvents is how many events one answer has at most.
const mostPortalEvents = 1000

// addPortalEvent keeps an event with the time and the company of the caller.
func (s *Service) addPortalEvent(ctx context.Context, c *call) (*scene7.Record, error) {
	event := &scene7.Record{Type: "MPEvent"}
	for _, entry := range c.in.Fields {
		if entry.Name != "companyHandle" {
			event.Fields = append(event.Fields, entry)
		}
	}
	event.Fields = append(event.Fields, record("MPEvent", "createDate", s.Engine.Now(),
		"companyId", int(c.company.Number), "companyName", c.company.Name).Fields...)
	_, err := s.Engine.CreateStored(ctx, c.caller, c.company.Number, ingest.DocPortalEvent, engine.Stored{Data: event.JSON()})
	return nil, err
}

// portalEvents lists the events of one company, or of all that the caller
// administers, that fit all of the filters.
func (s *Service) portalEvents(ctx context.Context, c *call) (*scene7.Record, error) {
	companies := []*ingest.Company{c.company}
	if c.company == nil {
		var err error
		if companies, err = s.Engine.Companies(ctx, c.caller); err != nil {
			return nil, err
		}
	}
	var found []*scene7.Record
	for _, company := range companies {
		list, err := s.Engine.StoredList(ctx, c.caller, company.Number, ingest.DocPortalEvent)
		if c.company == nil && ingest.KindOf(err) == ingest.Forbidden && err != nil {
			continue // a company that the caller does not administer
		}
		if err != nil {
			return nil, err
		}
		for _, stored := range list {
			event, err := s.schema.RecordFromJSON("MPEvent", stored.Data)
			if err != nil {
				return nil, err
			}
			if len(found) < mostPortalEvents && fitsPortalFilter(c.in, event) {
				found = append(found, event)
			}
		}
	}
	return record("getMediaPortalEventReturn", "MediaPortalEventArray", array("MPEventArray", found)), nil
}

func fitsPortalFilter(filter, event *scene7.Record) bool {
	for _, field := range []string{"eventType", "ipsUser", "jobName"} {
		if wanted := filter.Text(field); wanted != "" && wanted != event.Text(field) {
			return false
		}
	}
	if !strings.Contains(event.Text("jobDescription"), filter.Text("jobDescription")) {
		return false
	}
	created := event.Time("createDate")
	before, after := filter.Time("beforeDate"), filter.Time("afterDate")
	return (before.IsZero() || created.Before(before)) && (after.IsZero() || created.After(after))
}
