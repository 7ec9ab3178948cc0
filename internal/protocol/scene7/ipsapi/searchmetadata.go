package ipsapi

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// customPrefix begins the keys of the fields that companies define.
const customPrefix = "custom_attributes."

// keyFields maps keys in dot notation to fields of assets.
func keyFields() map[string]ingest.SearchField {
	return map[string]ingest.SearchField{
		"asset_id": ingest.SearchNumber, "name": ingest.SearchName, "folder_path": ingest.SearchFolder, "type": ingest.SearchType,
		"file_name": ingest.SearchFileName, "modified_at": ingest.SearchModified, "modified_by": ingest.SearchModifiedBy,
		"created_at": ingest.SearchCreated, "created_by": ingest.SearchCreatedBy,
	}
}

// keyCondition finds what a key in dot notation is about; false for one that
// nothing has.
func keyCondition(key string, fields []engine.Field) (ingest.Condition, *engine.Field, bool) {
	if field, ok := keyFields()[key]; ok {
		return ingest.Condition{Field: field}, nil, true
	}
	if name, ok := strings.CutPrefix(key, customPrefix); ok {
		for i := range fields {
			if fields[i].Name == name {
				return ingest.Condition{Value: fields[i].Key()}, &fields[i], true
			}
		}
		return ingest.Condition{}, nil, false
	}
	if stored, ok := keyAliases()[key]; ok {
		key = stored
	}
	switch key {
	case "description", "comment", "user_data":
		return ingest.Condition{Value: key}, nil, true
	}
	prefix, name, ok := strings.Cut(key, ".")
	return ingest.Condition{Value: key}, nil, ok && prefix != "" && name != ""
}

// searchAssetsByMetadata finds assets by keys in dot notation.
func (s *Service) searchAssetsByMetadata(ctx context.Context, c *call) (*scene7.Record, error) {
	filters := c.in.Record("filters")
	if filters == nil {
		filters = &scene7.Record{Type: "SearchFilter", Fields: []scene7.Entry{{Name: "includeSubfolders", Value: true}}}
	}
	q, err := s.filter(ctx, c, filters)
	if err != nil {
		return nil, err
	}
	if !filters.Has("includeSubfolders") {
		q.Subfolders = true
	}
	fields, err := s.Engine.Fields(ctx, c.reader, c.company.Number)
	if err != nil {
		return nil, err
	}
	group, err := keyConditions(c, fields)
	if err != nil {
		return nil, err
	}
	q.Groups = []ingest.ConditionGroup{group}
	if err := sorting(c.in, &q, map[string]ingest.SearchSort{
		"Created": ingest.SortNumber, "Modified": ingest.SortModified, "Name": ingest.SortName, "AssetType": ingest.SortType, "FileSize": ingest.SortSize,
		"created_at": ingest.SortNumber, "modified_at": ingest.SortModified, "name": ingest.SortName, "type": ingest.SortType, "asset_id": ingest.SortNumber,
	}); err != nil {
		return nil, err
	}
	page, err := searchPage(c, usualPage)
	if err != nil {
		return nil, err
	}
	page.Total = true
	found, err := s.Engine.Search(ctx, c.reader, q, page)
	if err != nil {
		return nil, err
	}
	rows, err := s.summaries(ctx, c, found.Assets, items(c.in, "responseMetadataArray"))
	if err != nil {
		return nil, err
	}
	return record("searchAssetsByMetadataReturn", "totalRows", int(found.Total), "assetSummaryArray", array("AssetSummaryArray", rows)), nil
}

func keyConditions(c *call, fields []engine.Field) (g ingest.ConditionGroup, err error) {
	const path = "metadataConditionArray/items"
	if g.Any, err = matchAny(c.in, "metadataConditionMatchMode"); err != nil {
		return g, err
	}
	for _, r := range records(c.in, "metadataConditionArray") {
		key := strings.TrimSpace(r.Text("fieldHandle"))
		condition, field, ok := keyCondition(key, fields)
		if key == "sku" {
			continue // nothing here has one
		}
		if !ok {
			return g, invalid(path+"/fieldHandle", "%q is no key of metadata", clip(key))
		}
		condition.Fold = !r.Bool("caseSensitive")
		if texts := items(r, "values"); len(texts) > 0 && !r.Has("value") {
			condition.Op, condition.Texts = ingest.OpIn, texts
		} else if condition, err = operand(path, r, condition); err != nil {
			return g, err
		}
		if condition.Field != "" && numericField(condition.Field) != (condition.Op >= ingest.OpNumberEquals) {
			return g, invalid(path, "the key %s is not compared in this way", key)
		}
		if field != nil {
			condition = field.Compare(condition)
		}
		g.Conditions = append(g.Conditions, condition)
	}
	return g, nil
}

// summaries builds short records of assets with the metadata that is asked for;
// all of it when no key is named.
func (s *Service) summaries(ctx context.Context, c *call, assets []*ingest.Asset, keys []string) ([]*scene7.Record, error) {
	views, err := s.Engine.AssetViews(ctx, c.reader, c.company.Number, assets, engine.AssetWants{Metadata: true, Details: true, Users: true})
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(views))
	for i := range views {
		v := &views[i]
		rows[i] = record("AssetSummary", "assetHandle", assetHandle(v.Number), "type", string(v.Type), "name", v.Name,
			"folder", shownPath(c.company, v.Path), "filename", v.FileName, "created", v.Created, "createUser", v.CreatedLogin,
			"lastModified", v.Modified, "lastModifyUser", v.ModifiedLogin, "metadataArray", summaryMetadata(v, keys))
	}
	return rows, nil
}

func summaryMetadata(v *engine.AssetView, keys []string) *scene7.Record {
	wanted := func(key string) bool { return len(keys) == 0 || slices.Contains(keys, key) }
	var rows []*scene7.Record
	for _, f := range v.Fields {
		if key := customPrefix + f.Field.Name; wanted(key) || wanted(f.Field.Name) {
			r := metadataRecord(f)
			r.Fields[0].Value = key
			rows = append(rows, r)
		}
	}
	for key, text := range v.Texts {
		if _, err := strconv.Atoi(key); err != nil && wanted(key) { // numbers are fields of the company
			rows = append(rows, record("Metadata", "name", key, "value", text))
		}
	}
	for _, alias := range keys { // under the name that was asked for
		if text, ok := v.Texts[keyAliases()[alias]]; ok && text != "" {
			rows = append(rows, record("Metadata", "name", alias, "value", text))
		}
	}
	slices.SortFunc(rows, func(a, b *scene7.Record) int { return cmp.Compare(a.Text("name"), b.Text("name")) })
	rows = slices.CompactFunc(rows, func(a, b *scene7.Record) bool { return a.Text("name") == b.Text("name") })
	return array("MetadataArray", rows)
}

// uniqueValues lists the values of one field that assets have.
func (s *Service) uniqueValues(ctx context.Context, c *call) (*scene7.Record, error) {
	fields, err := s.Engine.Fields(ctx, c.reader, c.company.Number)
	if err != nil {
		return nil, err
	}
	key, ok := embeddedKey(c, c.in.Text("fieldHandle"), fields)
	if !ok {
		f, err := fieldOf(c, "fieldHandle", c.in.Text("fieldHandle"), fields)
		if err != nil {
			return nil, err
		}
		key = f.Key()
	}
	values, _, err := s.Engine.DistinctValues(ctx, c.reader, c.company.Number, key)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.Text
	}
	return record("getUniqueMetadataValuesReturn", "values", array("StringArray", texts)), nil
}

// distinctValues counts the values of a key. Assets without one stand first.
func (s *Service) distinctValues(ctx context.Context, c *call) (*scene7.Record, error) {
	fields, err := s.Engine.Fields(ctx, c.reader, c.company.Number)
	if err != nil {
		return nil, err
	}
	condition, _, _ := keyCondition(strings.TrimSpace(c.in.Text("metadataKey")), fields)
	key := condition.Value
	if key == "" {
		key = "-" // no value has this key
	}
	values, assets, err := s.Engine.DistinctValues(ctx, c.reader, c.company.Number, key)
	if err != nil {
		return nil, err
	}
	with, err := s.assetsWith(ctx, c, key)
	if err != nil {
		return nil, err
	}
	var rows []*scene7.Record
	if rest := assets - with; rest > 0 {
		rows = append(rows, record("ValueCount", "value", "N/A", "count", int(rest)))
	}
	slices.SortStableFunc(values, func(a, b ingest.ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text))
	})
	for _, v := range values {
		rows = append(rows, record("ValueCount", "value", v.Text, "count", int(v.Count)))
	}
	return record("getDistinctMetadataValuesReturn", "valueArray", array("ValueCountArray", rows)), nil
}

// assetsWith counts the assets that have any value of a key.
func (s *Service) assetsWith(ctx context.Context, c *call, key string) (int64, error) {
	found, err := s.Engine.Search(ctx, c.reader, ingest.AssetSearch{Company: c.company.Number, Subfolders: true, Groups: []ingest.ConditionGroup{
		{Conditions: []ingest.Condition{{Value: key, Op: ingest.OpContains}}},
	}}, engine.SearchPage{Page: 1, Size: 1, Total: true})
	return found.Total, err
}
