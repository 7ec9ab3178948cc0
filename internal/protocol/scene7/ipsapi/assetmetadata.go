package ipsapi

import (
	"context"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// fieldUpdate reads one MetadataUpdate.
func fieldUpdate(c *call, path string, r *scene7.Record) (engine.FieldUpdate, error) {
	ref, err := fieldRef(c, path+"/fieldHandle", r.Text("fieldHandle"))
	u := engine.FieldUpdate{Field: ref, Value: optionalText(r, "value"), Bool: r.OptionalBool("boolVal"),
		SetTags: givenItems(r, "setTagValueArray"), AddTags: givenItems(r, "addTagValueArray"), DeleteTags: givenItems(r, "deleteTagValueArray")}
	if n, ok := r.Value("longVal").(int64); ok {
		u.Long = &n
	}
	if n, ok := r.Value("doubleVal").(float64); ok {
		u.Double = &n
	}
	if at, ok := r.Value("dateVal").(time.Time); ok {
		u.Date = &at
	}
	return u, err
}

// givenItems is nil for an array that is absent and empty for one without items.
func givenItems(r *scene7.Record, field string) []string {
	if !r.Has(field) {
		return nil
	}
	return append([]string{}, items(r, field)...)
}

func fieldUpdates(c *call, r *scene7.Record) ([]engine.FieldUpdate, error) {
	var updates []engine.FieldUpdate
	for _, item := range records(r, "updateArray") {
		u, err := fieldUpdate(c, "updateArray/items", item)
		if err != nil {
			return nil, err
		}
		updates = append(updates, u)
	}
	return updates, nil
}

func (s *Service) setAssetMetadata(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	updates, err := fieldUpdates(c, c.in)
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.SetMetadata(ctx, c.caller, c.company.Number, asset, updates)
}

// batchSetAssetMetadata counts pairs of asset and field. A handle that cannot be
// read is the fault of its pairs, not of the request.
func (s *Service) batchSetAssetMetadata(ctx context.Context, c *call) (*scene7.Record, error) {
	type pair struct{ asset, field string }
	var assets []engine.AssetUpdate
	var sent []pair // in the order of the items of the batch
	var faults []*scene7.Record
	bad := func(p pair, err error) {
		fault := s.faultOf(c, err)
		faults = append(faults, record("SetMetadataFault", "assetHandle", p.asset, "fieldHandle", p.field, "code", int(fault.Code), "reason", fault.Reason))
	}
	for _, item := range records(c.in, "updateArray") {
		for _, handle := range items(item, "assetHandleArray") {
			n, assetErr := assetNumber("assetHandle", handle)
			update := engine.AssetUpdate{Asset: n}
			for _, r := range records(item, "updateArray") {
				p := pair{handle, r.Text("fieldHandle")}
				u, err := fieldUpdate(c, "updateArray/items", r)
				switch {
				case assetErr != nil:
					bad(p, assetErr)
				case err != nil:
					bad(p, err)
				default:
					update.Updates, sent = append(update.Updates, u), append(sent, p)
				}
			}
			assets = append(assets, update)
		}
	}
	b, err := s.Engine.BatchSetMetadata(ctx, c.caller, c.company.Number, assets)
	if err != nil {
		return nil, err
	}
	for _, f := range b.Errors {
		bad(sent[f.Index], f.Err)
	}
	return record("batchSetAssetMetadataReturn", "successCount", b.Success, "warningCount", 0, "errorCount", len(faults),
		"errorDetailArray", optionalArray("SetMetadataFaultArray", faults)), nil
}

func (s *Service) deleteAssetMetadata(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	var handles []string
	for _, item := range records(c.in, "deleteArray") {
		handles = append(handles, item.Text("fieldHandle"))
	}
	refs, err := fieldRefs(c, "deleteArray/items/fieldHandle", handles)
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeleteMetadata(ctx, c.caller, c.company.Number, asset, refs)
}

// assetNumbers reads a list of asset handles; the first that is none is the fault.
func assetNumbers(field string, handles []string) ([]ingest.Number, error) {
	numbers := make([]ingest.Number, len(handles))
	for i, handle := range handles {
		n, err := assetNumber(field, handle)
		if err != nil {
			return nil, err
		}
		numbers[i] = n
	}
	return numbers, nil
}
