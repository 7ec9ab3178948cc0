package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

func (s *Service) stopJob(ctx context.Context, c *call) (*scene7.Record, error) {
	return control(ctx, c, s.Engine.StopJob)
}

func (s *Service) pauseJob(ctx context.Context, c *call) (*scene7.Record, error) {
	return control(ctx, c, s.Engine.PauseJob)
}

func (s *Service) resumeJob(ctx context.Context, c *call) (*scene7.Record, error) {
	return control(ctx, c, s.Engine.ResumeJob)
}

func (s *Service) deleteJob(ctx context.Context, c *call) (*scene7.Record, error) {
	return control(ctx, c, s.Engine.DeleteJob)
}

func (s *Service) executeJob(ctx context.Context, c *call) (*scene7.Record, error) {
	return control(ctx, c, s.Engine.ExecuteJob)
}

// control carries out an operation on one job of the company.
func control(ctx context.Context, c *call, act func(context.Context, ingest.Principal, ingest.Number, engine.JobRef) error) (*scene7.Record, error) {
	ref, err := ownJob(c)
	if err != nil {
		return nil, err
	}
	return nil, act(ctx, c.caller, c.company.Number, ref)
}
