package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// uploadPost is the body of UploadFile sent without a file: it opens a job, or ends
// one (tier 3 contract, section 17).
func (s *Service) uploadPost(ctx context.Context, c *call) (*scene7.Record, error) {
	post, err := scene7.UploadPostFrom(c.in)
	if err != nil {
		return nil, err
	}
	d := engine.Delivery{Company: c.company.Number, Address: c.address, End: post.EndJob}
	if post.JobHandle != "" {
		ref, err := ownJob(c)
		if err != nil {
			return nil, err
		}
		d.Join = &ref
	} else {
		d.Open = s.postedJob(c, post)
	}
	in := s.Engine.NewIntake()
	defer in.Close()
	job, _, err := s.Engine.Deliver(ctx, c.caller, in, d)
	if err != nil {
		return nil, err
	}
	return record("uploadPostReturn", "jobHandle", jobHandle(job)), nil
}

// postedJob describes the job that the request opens.
func (s *Service) postedJob(c *call, post *scene7.UploadPost) *engine.JobSpec {
	processing, warnings := s.schema.Processing(post.Options)
	spec := &engine.JobSpec{
		Door: ingest.DoorScene7, Name: post.JobName, Description: post.Description, Locale: c.locale, Client: c.client, Address: c.address,
		Processing: processing, Echo: post.Options.JSON(), Profiles: post.Profiles(),
	}
	if post.Locale != "" {
		spec.Locale = post.Locale
	}
	for _, w := range warnings {
		spec.Warnings = append(spec.Warnings, w.String())
	}
	return spec
}
