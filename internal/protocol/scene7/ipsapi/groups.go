package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

func groupHandle(n ingest.Number) string {
	return scene7.NumberHandle(scene7.PrefixGroup, int64(n))
}

func groupNumber(field, handle string) (ingest.Number, error) {
	return numbered(field, scene7.PrefixGroup, handle)
}

func groupNumbers(in *scene7.Record, field string) ([]ingest.Number, error) {
	var numbers []ingest.Number
	for _, handle := range items(in, field) {
		n, err := groupNumber(field+"/items", handle)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

func groupsReturn(c *call, groups []engine.Group) *scene7.Record {
	rows := make([]*scene7.Record, len(groups))
	for i, g := range groups {
		rows[i] = record("Group", "groupHandle", groupHandle(g.Number), "companyHandle", companyHandle(g.Company), "name", g.Name, "isSystemDefined", g.System)
	}
	return record(c.op.Name+"Return", "groupArray", array("GroupArray", rows))
}

func (s *Service) groups(ctx context.Context, c *call) (*scene7.Record, error) {
	groups, err := s.Engine.Groups(ctx, c.caller, c.company.Number)
	if err != nil {
		return nil, err
	}
	return groupsReturn(c, groups), nil
}

func (s *Service) saveGroup(ctx context.Context, c *call) (*scene7.Record, error) {
	var group ingest.Number
	if handle := c.in.Text("groupHandle"); handle != "" {
		var err error
		if group, err = groupNumber("groupHandle", handle); err != nil {
			return nil, err
		}
	}
	n, err := s.Engine.SaveGroup(ctx, c.caller, c.company.Number, group, c.in.Text("name"), c.in.Bool("isSystemDefined"))
	if err != nil {
		return nil, err
	}
	return record("saveGroupReturn", "groupHandle", groupHandle(n)), nil
}

func (s *Service) deleteGroup(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := groupNumber("groupHandle", c.in.Text("groupHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeleteGroup(ctx, c.caller, c.company.Number, n)
}

func (s *Service) groupMembers(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := groupNumber("groupHandle", c.in.Text("groupHandle"))
	if err != nil {
		return nil, err
	}
	users, err := s.Engine.GroupMembers(ctx, c.caller, c.company.Number, n)
	if err != nil {
		return nil, err
	}
	handles := make([]string, len(users))
	for i, u := range users {
		handles[i] = scene7.UserHandle(int64(u.Number), u.Login)
	}
	return record("getGroupMembersReturn", "userHandleArray", array("HandleArray", handles)), nil
}

func (s *Service) addGroupMembers(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeGroup(ctx, c, engine.AddToGroup)
}

func (s *Service) removeGroupMembers(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeGroup(ctx, c, engine.RemoveFromGroup)
}

func (s *Service) setGroupMembers(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeGroup(ctx, c, engine.SetGroup)
}

func (s *Service) changeGroup(ctx context.Context, c *call, change engine.GroupChange) error {
	n, err := groupNumber("groupHandle", c.in.Text("groupHandle"))
	if err != nil {
		return err
	}
	var users []ingest.Number
	for _, handle := range items(c.in, "userHandleArray") {
		user, err := userOf("userHandleArray/items", handle)
		if err != nil {
			return err
		}
		users = append(users, user)
	}
	return s.Engine.ChangeGroup(ctx, c.caller, c.company.Number, n, change, users)
}

func (s *Service) addGroupMembership(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeGroupsOf(ctx, c, engine.AddToGroup)
}

func (s *Service) removeGroupMembership(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeGroupsOf(ctx, c, engine.RemoveFromGroup)
}

func (s *Service) setGroupMembership(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeGroupsOf(ctx, c, engine.SetGroup)
}

func (s *Service) changeGroupsOf(ctx context.Context, c *call, change engine.GroupChange) error {
	user, err := userNumber(c, "userHandle")
	if err != nil {
		return err
	}
	groups, err := groupNumbers(c.in, "groupHandleArray")
	if err != nil {
		return err
	}
	return s.Engine.ChangeGroupsOf(ctx, c.caller, user, companyNumber(c), change, groups)
}

func (s *Service) groupMembership(ctx context.Context, c *call) (*scene7.Record, error) {
	user, err := userNumber(c, "userHandle")
	if err != nil {
		return nil, err
	}
	groups, err := s.Engine.GroupsOf(ctx, c.caller, user, companyNumber(c))
	if err != nil {
		return nil, err
	}
	return groupsReturn(c, groups), nil
}
