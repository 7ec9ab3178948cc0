package ipsapi

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// assetRecords builds the records of assets that stand at a path of the answer, in
// their order. What the request does not ask for is not loaded.
func (s *Service) assetRecords(ctx context.Context, c *call, assets []*ingest.Asset, path string) ([]*scene7.Record, error) {
	if len(assets) == 0 || !c.wants(path) {
		return make([]*scene7.Record, len(assets)), nil
	}
	wants := func(field string) bool { return c.wants(path + "/" + field) }
	details := false
	for _, field := range infoFields() {
		details = details || wants(field)
	}
	views, err := s.Engine.AssetViews(ctx, c.reader, c.company.Number, assets, engine.AssetWants{
		Metadata: wants("metadataArray"), Details: details, Projects: wants("projects"), Permissions: wants("permissions"),
		Users: wants("createUser") || wants("lastModifyUser"),
	})
	if err != nil {
		return nil, err
	}
	list := make([]*scene7.Record, len(views))
	for i := range views {
		list[i] = s.assetRecord(c, &views[i])
	}
	return list, nil
}

// assetRecord builds one record with the one info element that fits the type.
func (s *Service) assetRecord(c *call, v *engine.AssetView) *scene7.Record {
	r := record("Asset",
		"assetHandle", assetHandle(v.Number), "type", string(v.Type), "subType", v.SubType, "name", v.Name, "fileName", v.FileName,
		"folder", shownPath(c.company, v.Path), "folderHandle", folderHandle(c.company, v.Path), "readyForPublish", v.Publish != 0,
		"trashState", trashState(v.Asset), "projects", strings.Join(v.Projects, ", "), "ipsImageUrl", assetURL(c, v.Asset),
		"created", v.Created, "createUser", v.CreatedLogin, "lastModified", v.Modified, "lastModifyUser", v.ModifiedLogin,
		"metadataArray", metadataRecords(v), "permissions", permissionRecords(v.Permissions))
	if field, info := s.assetInfo(c, v); info != nil {
		r.Fields = append(r.Fields, scene7.Entry{Name: field, Value: info})
	}
	return r
}

func trashState(a *ingest.Asset) string {
	switch {
	case a.Emptied:
		return "InEmptiedTrash"
	case !a.Trashed.IsZero():
		return "InTrash"
	}
	return "NotInTrash"
}

// assetURL is where a picture of an asset is served.
func assetURL(c *call, a *ingest.Asset) string {
	return c.host + "/v1/assets/" + string(a.UUID) + "/thumbnail"
}

func permissionRecords(entries []engine.GroupPermission) *scene7.Record {
	rows := make([]*scene7.Record, len(entries))
	for i, entry := range entries {
		rows[i] = record("Permission", "groupHandle", scene7.NumberHandle(scene7.PrefixGroup, int64(entry.Group)), "groupName", entry.Name,
			"permissionType", string(entry.Type), "isAllowed", entry.Allowed, "isOverride", entry.Override)
	}
	return array("PermissionArray", rows)
}

// metadataRecords shows metadata: one item for each field, with the value in the
// form of the field's type when it fits, and behind them what the file says of itself.
func metadataRecords(v *engine.AssetView) *scene7.Record {
	rows := make([]*scene7.Record, len(v.Fields))
	for i, f := range v.Fields {
		rows[i] = metadataRecord(f)
	}
	for _, key := range slices.Sorted(maps.Keys(v.Keys)) {
		rows = append(rows, keyRecord(key, v.Keys[key]))
	}
	return array("MetadataArray", rows)
}

// keyRecord shows what the file or the packet of an asset says under a key in dot notation.
func keyRecord(key string, values []string) *scene7.Record {
	r := record("Metadata", "name", key, "value", strings.Join(values, ", "))
	if len(values) > 1 {
		r.Fields = append(r.Fields, scene7.Entry{Name: "valueArray", Value: array("StringArray", values)})
	}
	return r
}

func metadataRecord(f engine.FieldValue) *scene7.Record {
	texts := make([]string, len(f.Values))
	for i, value := range f.Values {
		texts[i] = value.Text
	}
	r := record("Metadata", "name", f.Field.Name, "value", strings.Join(texts, ","))
	if f.Field.Type.Tag() {
		r.Fields = append(r.Fields, scene7.Entry{Name: "valueArray", Value: array("StringArray", texts)})
	}
	first := f.Values[0]
	var name string
	var value any
	switch f.Field.Type {
	case ingest.FieldBoolean:
		if first.Num != nil {
			name, value = "boolVal", *first.Num != 0
		}
	case ingest.FieldBooleanTag:
		name, value = "boolVal", first.Text == "True"
	case ingest.FieldInt:
		if n, err := strconv.ParseInt(first.Text, 10, 64); err == nil {
			name, value = "longVal", n
		}
	case ingest.FieldFloat:
		if first.Num != nil {
			name, value = "doubleVal", *first.Num
		}
	case ingest.FieldDate:
		if first.Num != nil {
			name, value = "dateVal", time.UnixMicro(int64(*first.Num)).UTC()
		}
	}
	if name != "" {
		r.Fields = append(r.Fields, scene7.Entry{Name: name, Value: value})
	}
	return r
}
