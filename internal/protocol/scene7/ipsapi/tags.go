package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

func (s *Service) tagFieldValues(ctx context.Context, c *call) (*scene7.Record, error) {
	refs, err := fieldRefs(c, "fieldHandleArray/items", items(c.in, "fieldHandleArray"))
	if err != nil {
		return nil, err
	}
	fields, err := s.Engine.Tags(ctx, c.reader, c.company.Number, refs)
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(fields))
	for i, f := range fields {
		rows[i] = record("TagFieldValues", "fieldHandle", fieldHandle(c, f), "valueArray", array("StringArray", f.Tags))
	}
	return record("getTagFieldValuesReturn", "fieldArray", array("TagFieldValuesArray", rows)), nil
}

func (s *Service) addTagFieldValues(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeTags(ctx, c, s.Engine.AddTags)
}

func (s *Service) setTagFieldValues(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeTags(ctx, c, s.Engine.SetTags)
}

func (s *Service) deleteTagFieldValues(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.changeTags(ctx, c, s.Engine.DeleteTags)
}

func (s *Service) changeTags(ctx context.Context, c *call, verb func(context.Context, ingest.Principal, ingest.Number, engine.FieldRef, []string) error) error {
	ref, err := fieldRef(c, "fieldHandle", c.in.Text("fieldHandle"))
	if err != nil {
		return err
	}
	return verb(ctx, c.caller, c.company.Number, ref, items(c.in, "valueArray"))
}

func (s *Service) updateTagFieldValues(ctx context.Context, c *call) (*scene7.Record, error) {
	ref, err := fieldRef(c, "fieldHandle", c.in.Text("fieldHandle"))
	if err != nil {
		return nil, err
	}
	var renames []engine.TagRename
	for _, update := range records(c.in, "updateArray") {
		renames = append(renames, engine.TagRename{Old: update.Text("oldValue"), New: update.Text("newValue")})
	}
	b, err := s.Engine.RenameTags(ctx, c.caller, c.company.Number, ref, renames)
	if err != nil {
		return nil, err
	}
	var rows []*scene7.Record
	for _, f := range b.Errors {
		fault := s.faultOf(c, f.Err)
		rows = append(rows, record("TagValueUpdateFault", "value", renames[f.Index].Old, "code", int(fault.Code), "reason", fault.Reason))
	}
	return record("updateTagFieldValuesReturn", "successCount", b.Success, "warningCount", 0, "errorCount", len(b.Errors),
		"errorDetailArray", optionalArray("TagValueUpdateFaultArray", rows)), nil
}
