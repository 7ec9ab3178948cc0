package ipsapi

import (
	"context"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// Pages of a search (contract 10.1).
const (
	usualPage = 1000
	shortPage = 10_000 // when only the short fields are asked for
)

// searchAssets finds assets by system fields, tags and metadata.
func (s *Service) searchAssets(ctx context.Context, c *call) (*scene7.Record, error) {
	q, err := s.filter(ctx, c, c.in)
	if err != nil {
		return nil, err
	}
	if q.Any, err = matchAny(c.in, "conditionMatchMode"); err != nil {
		return nil, err
	}
	var fields []engine.Field
	if c.in.Has("tagConditionArray") || c.in.Has("metadataConditionArray") {
		if fields, err = s.Engine.Fields(ctx, c.reader, c.company.Number); err != nil {
			return nil, err
		}
	}
	system, err := systemConditions(c.in)
	if err != nil {
		return nil, err
	}
	tags, err := tagConditions(c, fields)
	if err != nil {
		return nil, err
	}
	metadata, err := metadataConditions(c, fields)
	if err != nil {
		return nil, err
	}
	q.Groups = append(keywordConditions(c.in), system, tags, metadata)
	for _, r := range records(c.in, "excludeByproductArray") {
		q.ExcludedByproducts = append(q.ExcludedByproducts, ingest.Byproduct{Engine: r.Text("engine"), Type: ingest.AssetType(r.Text("generatedAssetType"))})
	}
	if err := sorting(c.in, &q, map[string]ingest.SearchSort{
		"Created": ingest.SortNumber, "Modified": ingest.SortModified, "Name": ingest.SortName, "AssetType": ingest.SortType, "FileSize": ingest.SortSize,
	}); err != nil {
		return nil, err
	}
	page, err := searchPage(c, longestPage(c))
	if err != nil {
		return nil, err
	}
	page.Total = c.wants("totalRows")
	found, err := s.Engine.Search(ctx, c.reader, q, page)
	if err != nil {
		return nil, err
	}
	shown, err := s.assetRecords(ctx, c, found.Assets, "assetArray/items")
	if err != nil {
		return nil, err
	}
	answer := record("searchAssetsReturn", "assetArray", array("AssetArray", shown))
	if found.Total >= 0 {
		answer.Fields = append(answer.Fields, scene7.Entry{Name: "totalRows", Value: int(found.Total)})
	}
	return answer, nil
}

// filter reads what the two searches have in common.
func (s *Service) filter(ctx context.Context, c *call, in *scene7.Record) (ingest.AssetSearch, error) {
	q := ingest.AssetSearch{Company: c.company.Number, Folder: pathInCompany(c.company, in.Text("folder")), Subfolders: in.Bool("includeSubfolders")}
	types, err := readTypeFilter(in)
	if err != nil {
		return q, err
	}
	q.Types, q.ExcludedTypes, q.SubTypes, q.StrictSubType = types.types, types.excluded, types.subTypes, types.strict
	q.ExcludeByproducts = in.Bool("excludeByproducts")
	switch state := in.Text("trashState"); state {
	case "", "NotInTrash":
	case "InTrash":
		q.Trash = ingest.InTrash
	case "InEmptiedTrash":
		q.Trash = ingest.EmptiedTrash
	case "Any":
		q.Trash = ingest.AnyTrashState
	default:
		return q, invalid("trashState", "%q is no trash state", clip(state))
	}
	if state := in.Text("publishState"); state != "" {
		set, err := marked("publishState", state)
		if err != nil {
			return q, err
		}
		q.Marked = &set
	}
	if handle := in.Text("projectHandle"); handle != "" {
		company, name, ok := scene7.ParseProjectHandle(handle)
		if !ok || ingest.Number(company) != c.company.Number {
			return q, invalid("projectHandle", "no project of this company has the handle %q", clip(handle))
		}
		if q.Project, err = s.Engine.ProjectNumber(ctx, c.reader, c.company.Number, name); err != nil {
			return q, err
		}
	}
	return q, nil
}

func sorting(in *scene7.Record, q *ingest.AssetSearch, orders map[string]ingest.SearchSort) error {
	if by := in.Text("sortBy"); by != "" {
		order, ok := orders[by]
		if !ok {
			return invalid("sortBy", "assets cannot be sorted by %q", clip(by))
		}
		q.Sort = order
	}
	switch direction := in.Text("sortDirection"); direction {
	case "", "Ascending":
	case "Descending":
		q.Descending = true
	default:
		return invalid("sortDirection", "%q is not one of Ascending, Descending", clip(direction))
	}
	return nil
}

// longestPage is longer when only the fields are asked for that cost little.
func longestPage(c *call) int {
	wanted := items(c.in, "responseFieldArray")
	for _, path := range wanted {
		switch strings.TrimPrefix(strings.ReplaceAll(strings.TrimSpace(path), "items/", ""), "assetArray/") {
		case "totalRows", "name", "assetHandle", "type", "subType":
		default:
			return usualPage
		}
	}
	if len(wanted) == 0 {
		return usualPage
	}
	return shortPage
}

func searchPage(c *call, longest int) (engine.SearchPage, error) {
	page := engine.SearchPage{Page: 1, Size: usualPage}
	if n := optional[int](c.in, "recordsPerPage"); n != nil {
		page.Size = *n
	}
	if n := optional[int](c.in, "resultsPage"); n != nil {
		page.Page = *n
	}
	if page.Size < 1 {
		return page, invalid("recordsPerPage", "%d is not above 0", page.Size)
	}
	if page.Page < 1 || page.Page > 1_000_000_000/page.Size {
		return page, invalid("resultsPage", "%d is not a page: the first is 1", page.Page)
	}
	page.Size = min(page.Size, longest)
	return page, nil
}
