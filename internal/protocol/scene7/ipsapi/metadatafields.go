package ipsapi

import (
	"context"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// fieldRef reads a handle of a metadata field: m|company|TYPE|name, or the same
// without the letter. One of another company is unknown.
func fieldRef(c *call, path, handle string) (engine.FieldRef, error) {
	text := strings.TrimSpace(handle)
	if !strings.HasPrefix(text, "m|") {
		text = "m|" + text
	}
	h, ok := scene7.ParseMetadataFieldHandle(text)
	if !ok {
		return engine.FieldRef{}, invalid(path, "%q is no handle of a metadata field", clip(handle))
	}
	if ingest.Number(h.Company) != c.company.Number {
		return engine.FieldRef{}, invalid(path, "no metadata field of this company has the handle %q", clip(handle))
	}
	return engine.FieldRef{AssetType: h.AssetType, Name: h.Name}, nil
}

func fieldRefs(c *call, path string, handles []string) ([]engine.FieldRef, error) {
	refs := make([]engine.FieldRef, len(handles))
	for i, handle := range handles {
		var err error
		if refs[i], err = fieldRef(c, path, handle); err != nil {
			return nil, err
		}
	}
	return refs, nil
}

// fieldHandle writes the handle of a field. The type of fields of every asset is
// ASSET, and ALL in the namespace without a date.
func fieldHandle(c *call, f engine.Field) string {
	kind := strings.ToUpper(string(f.AssetType))
	if f.AssetType == ingest.TypeOther && c.namespace.Date() == "" {
		kind = "ALL"
	}
	return scene7.MetadataFieldHandle{Company: int64(c.company.Number), AssetType: kind, Name: f.Name}.String()
}

func fieldReturn(c *call, f engine.Field, err error) (*scene7.Record, error) {
	if err != nil {
		return nil, err
	}
	return record(c.op.Name+"Return", "fieldHandle", fieldHandle(c, f)), nil
}

func (s *Service) createMetadataField(ctx context.Context, c *call) (*scene7.Record, error) {
	f, err := s.Engine.CreateField(ctx, c.caller, c.company.Number, ingest.MetadataField{
		AssetType: ingest.AssetType(c.in.Text("assetType")), Name: c.in.Text("name"), Type: ingest.FieldType(c.in.Text("fieldType")),
		Default: c.in.Text("defaultValue"), Hidden: c.in.Bool("isHidden"), Enforced: c.in.Bool("isEnforced"),
		PublishData: c.in.Bool("isPublishData"), InitialTag: c.in.Text("initialTagValue"),
	})
	return fieldReturn(c, f, err)
}

// editField takes over what the request has.
func editField(c *call, f *ingest.MetadataField) {
	if name := optionalText(c.in, "name"); name != nil {
		f.Name = *name
	}
	if text := optionalText(c.in, "defaultValue"); text != nil {
		f.Default = *text
	}
	if text := optionalText(c.in, "initialTagValue"); text != nil {
		f.InitialTag = *text
	}
	for field, flag := range map[string]*bool{"isHidden": &f.Hidden, "isEnforced": &f.Enforced, "isPublishData": &f.PublishData} {
		if value := c.in.OptionalBool(field); value != nil {
			*flag = *value
		}
	}
}

func (s *Service) updateMetadataField(ctx context.Context, c *call) (*scene7.Record, error) {
	ref, err := fieldRef(c, "fieldHandle", c.in.Text("fieldHandle"))
	if err != nil {
		return nil, err
	}
	f, err := s.Engine.UpdateField(ctx, c.caller, c.company.Number, ref, func(f *ingest.MetadataField) error {
		editField(c, f)
		return nil
	})
	return fieldReturn(c, f, err)
}

// saveMetadataField makes a field, or changes the one that is named, whose types
// the request must repeat.
func (s *Service) saveMetadataField(ctx context.Context, c *call) (*scene7.Record, error) {
	if c.in.Text("fieldHandle") == "" {
		return s.createMetadataField(ctx, c)
	}
	ref, err := fieldRef(c, "fieldHandle", c.in.Text("fieldHandle"))
	if err != nil {
		return nil, err
	}
	kind, ok := ingest.AssetTypeNamed(c.in.Text("assetType"))
	if !ok {
		return nil, invalid("assetType", "%q is no asset type", clip(c.in.Text("assetType")))
	}
	f, err := s.Engine.UpdateField(ctx, c.caller, c.company.Number, ref, func(f *ingest.MetadataField) error {
		editField(c, f)
		f.AssetType, f.Type = kind, ingest.FieldType(c.in.Text("fieldType"))
		return nil
	})
	return fieldReturn(c, f, err)
}

func (s *Service) deleteMetadataField(ctx context.Context, c *call) (*scene7.Record, error) {
	ref, err := fieldRef(c, "fieldHandle", c.in.Text("fieldHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeleteField(ctx, c.caller, c.company.Number, ref)
}

func metadataFieldRecord(c *call, f engine.Field) *scene7.Record {
	return record("MetadataField", "fieldHandle", fieldHandle(c, f), "name", f.Name, "type", string(f.Type), "defaultValue", f.Default,
		"isRequired", false, "isUserDefined", true, "isHidden", f.Hidden, "isEnforced", f.Enforced, "isPublishData", f.PublishData,
		"initialTagValue", f.InitialTag)
}

// metadataFields lists the fields that assets of a type have.
func (s *Service) metadataFields(ctx context.Context, c *call) (*scene7.Record, error) {
	kind, ok := ingest.AssetTypeNamed(c.in.Text("assetType"))
	if !ok {
		return nil, invalid("assetType", "%q is no asset type", clip(c.in.Text("assetType")))
	}
	all, err := s.Engine.Fields(ctx, c.reader, c.company.Number)
	if err != nil {
		return nil, err
	}
	var fields []*scene7.Record
	for _, f := range all {
		if f.Fits(kind) {
			fields = append(fields, metadataFieldRecord(c, f))
		}
	}
	return record("getMetadataFieldsReturn", "fieldArray", array("MetadataFieldArray", fields)), nil
}

// assetMetadataFields lists all fields under the asset types that they are defined
// for.
func (s *Service) assetMetadataFields(ctx context.Context, c *call) (*scene7.Record, error) {
	all, err := s.Engine.Fields(ctx, c.reader, c.company.Number)
	if err != nil {
		return nil, err
	}
	var groups []*scene7.Record
	for start := 0; start < len(all); {
		end := start
		var fields []*scene7.Record
		for ; end < len(all) && all[end].AssetType == all[start].AssetType; end++ {
			fields = append(fields, metadataFieldRecord(c, all[end]))
		}
		groups = append(groups, record("AssetMetadataFields", "assetType", string(all[start].AssetType), "fieldArray", array("MetadataFieldArray", fields)))
		start = end
	}
	return record("getAssetMetadataFieldsReturn", "assetFieldsArray", array("AssetMetadataFieldsArray", groups)), nil
}
