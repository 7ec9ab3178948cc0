package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// scheduledJobs lists the jobs that are to begin later.
func (s *Service) scheduledJobs(ctx context.Context, c *call) (*scene7.Record, error) {
	company, ref := companyNumber(c), engine.JobRef{}
	var list []engine.Scheduled
	wanted := true
	if handle := c.in.Text("jobHandle"); handle != "" {
		of, named, err := jobRef("jobHandle", handle)
		if err != nil {
			return nil, err
		}
		wanted = c.caller.RoleIn(of) != "" && (company == 0 || company == of)
		company, ref = of, named
	}
	if wanted {
		var err error
		list, err = s.Engine.Schedules(ctx, c.caller, company, ref, c.in.Text("originalName"))
		if err != nil && !(c.company == nil && ingest.CodeOf(err) == ingest.CodeUnknownCompany) {
			return nil, err
		}
	}
	jobs := make([]*scene7.Record, len(list))
	for i := range list {
		var err error
		if jobs[i], err = s.scheduledJob(&list[i]); err != nil {
			return nil, err
		}
	}
	return record("getScheduledJobsReturn", "jobArray", array("ScheduledJobArray", jobs)), nil
}

func (s *Service) scheduledJob(j *engine.Scheduled) (*scene7.Record, error) {
	o := &j.Order
	element, options, err := s.jobOptions(o.Door, o.Kind, &o.Processing, o.Echo)
	if err != nil {
		return nil, err
	}
	var cron any
	if j.Cron != "" {
		cron = j.Cron
	}
	return record("ScheduledJob",
		"companyHandle", companyHandle(j.Company), "jobHandle", submittedHandle(j.Company, j.Name), "name", j.Name, "originalName", o.Name,
		"type", string(o.Kind), "submitUserEmail", j.Email, "locale", o.Locale, "description", o.Description,
		"execSchedule", cron, "nextFireTime", j.Next.UTC(), "timeZone", "UTC", "triggerState", triggerState(j), element, options), nil
}

// triggerState is the word for where a schedule stands (contract, section 12).
func triggerState(j *engine.Scheduled) string {
	switch {
	case j.Paused:
		return "Paused"
	case j.Blocked:
		return "Blocked"
	case j.Error != "":
		return "Error"
	}
	return "Normal"
}
