package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

func projectHandle(c *call, name string) string {
	return scene7.ProjectHandle(int64(c.company.Number), name)
}

// projectName reads p|company|name. One of another company is unknown.
func projectName(c *call) (string, error) {
	handle := c.in.Text("projectHandle")
	company, name, ok := scene7.ParseProjectHandle(handle)
	if !ok || ingest.Number(company) != c.company.Number {
		return "", invalid("projectHandle", "no project of this company has the handle %q", clip(handle))
	}
	return name, nil
}

func (s *Service) projects(ctx context.Context, c *call) (*scene7.Record, error) {
	names, err := s.Engine.Projects(ctx, c.reader, c.company.Number)
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(names))
	for i, name := range names {
		rows[i] = record("Project", "projectHandle", projectHandle(c, name), "name", name)
	}
	return record("getProjectsReturn", "projectArray", array("ProjectArray", rows)), nil
}

func projectReturn(c *call, name string, err error) (*scene7.Record, error) {
	if err != nil {
		return nil, err
	}
	return record(c.op.Name+"Return", "projectHandle", projectHandle(c, name)), nil
}

func (s *Service) createProject(ctx context.Context, c *call) (*scene7.Record, error) {
	name := c.in.Text("projectName")
	return projectReturn(c, name, s.Engine.CreateProject(ctx, c.caller, c.company.Number, name))
}

func (s *Service) renameProject(ctx context.Context, c *call) (*scene7.Record, error) {
	from, err := projectName(c)
	if err != nil {
		return nil, err
	}
	to := c.in.Text("projectName")
	return projectReturn(c, to, s.Engine.RenameProject(ctx, c.caller, c.company.Number, from, to))
}

func (s *Service) deleteProject(ctx context.Context, c *call) (*scene7.Record, error) {
	name, err := projectName(c)
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeleteProject(ctx, c.caller, c.company.Number, name)
}

func (s *Service) addProjectAssets(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.changeProject(ctx, c, engine.AddToProject)
}

func (s *Service) setProjectAssets(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.changeProject(ctx, c, engine.SetOfProject)
}

func (s *Service) removeProjectAssets(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.changeProject(ctx, c, engine.RemoveFromProject)
}

func (s *Service) changeProject(ctx context.Context, c *call, change engine.ProjectChange) (*scene7.Record, error) {
	name, err := projectName(c)
	if err != nil {
		return nil, err
	}
	return s.onAssets(ctx, c, func(ctx context.Context, p ingest.Principal, company ingest.Number, assets []ingest.Number) (engine.Batch, error) {
		return s.Engine.ChangeProject(ctx, p, company, name, change, assets)
	})
}
