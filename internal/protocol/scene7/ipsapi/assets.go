package ipsapi

import (
	"context"
	"slices"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// mostHandles is how many assets one request may name.
const mostHandles = 10_000

func boundedHandles(c *call, field string) ([]string, error) {
	handles := items(c.in, field)
	if len(handles) > mostHandles {
		return nil, invalid(field, "%d were sent, the limit is %d", len(handles), mostHandles)
	}
	return handles, nil
}

// assets answers the assets that there are; handles of others are skipped.
func (s *Service) assets(ctx context.Context, c *call) (*scene7.Record, error) {
	handles, err := boundedHandles(c, "assetHandleArray")
	if err != nil {
		return nil, err
	}
	var numbers []ingest.Number
	for _, handle := range handles {
		if n := batchNumber(handle); n != unreadable {
			numbers = append(numbers, n)
		}
	}
	list, err := s.Engine.AssetsByNumber(ctx, c.reader, c.company.Number, numbers)
	if err != nil {
		return nil, err
	}
	return s.assetArray(ctx, c, list)
}

func (s *Service) assetArray(ctx context.Context, c *call, list []*ingest.Asset) (*scene7.Record, error) {
	shown, err := s.assetRecords(ctx, c, list, "assetArray/items")
	if err != nil {
		return nil, err
	}
	return record(c.op.Name+"Return", "assetArray", array("AssetArray", shown)), nil
}

// typeFilter is what several operations select assets by.
type typeFilter struct {
	types, excluded []ingest.AssetType
	subTypes        []string
	strict          bool // an asset without a sub type does not fit
}

func readTypeFilter(in *scene7.Record) (f typeFilter, err error) {
	if f.types, err = assetTypes(in, "assetTypeArray"); err != nil {
		return f, err
	}
	f.excluded, err = assetTypes(in, "excludeAssetTypeArray")
	f.subTypes, f.strict = items(in, "assetSubTypeArray"), in.Bool("strictSubTypeCheck")
	return f, err
}

func (f typeFilter) fits(a *ingest.Asset) bool {
	switch {
	case f.types != nil && !slices.Contains(f.types, a.Type), slices.Contains(f.excluded, a.Type):
		return false
	case len(f.subTypes) == 0 || slices.Contains(f.subTypes, a.SubType):
		return true
	}
	return a.SubType == "" && !f.strict
}

func (s *Service) assetsByName(ctx context.Context, c *call) (*scene7.Record, error) {
	names, err := boundedHandles(c, "nameArray")
	if err != nil {
		return nil, err
	}
	filter, err := readTypeFilter(c.in)
	if err != nil {
		return nil, err
	}
	list, err := s.Engine.AssetsCalled(ctx, c.reader, c.company.Number, names)
	if err != nil {
		return nil, err
	}
	return s.assetArray(ctx, c, slices.DeleteFunc(list, func(a *ingest.Asset) bool { return !filter.fits(a) }))
}

func (s *Service) checkAssetNames(ctx context.Context, c *call) (*scene7.Record, error) {
	names, err := boundedHandles(c, "assetNameArray")
	if err != nil {
		return nil, err
	}
	used, err := s.Engine.NamesInUse(ctx, c.reader, c.company.Number, names)
	if err != nil {
		return nil, err
	}
	return record("checkAssetNamesReturn", "inUseNameArray", array("StringArray", used)), nil
}

func (s *Service) assetCounts(ctx context.Context, c *call) (*scene7.Record, error) {
	counts, err := s.Engine.TypeCounts(ctx, c.reader, c.company.Number)
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(counts))
	for i, count := range counts {
		rows[i] = record("AssetCount", "assetType", string(count.Type), "count", int(count.Count))
	}
	return record("getAssetCountsReturn", "countArray", array("AssetCountArray", rows)), nil
}

// originalFilePaths answers a path for every handle, in their order; an unknown
// asset is a fault.
func (s *Service) originalFilePaths(ctx context.Context, c *call) (*scene7.Record, error) {
	handles, err := boundedHandles(c, "assetHandleArray")
	if err != nil {
		return nil, err
	}
	numbers, err := assetNumbers("assetHandleArray/items", handles)
	if err != nil {
		return nil, err
	}
	list, err := s.Engine.AssetsByNumber(ctx, c.reader, c.company.Number, numbers)
	if err != nil {
		return nil, err
	}
	known := map[ingest.Number]*ingest.Asset{}
	for _, a := range list {
		known[a.Number] = a
	}
	paths := make([]string, len(numbers))
	for i, n := range numbers {
		a := known[n]
		if a == nil {
			return nil, invalid("assetHandleArray/items", "no asset of this company has the handle %q", clip(handles[i]))
		}
		paths[i] = shownPath(c.company, a.Path) + a.FileName
	}
	return record("getOriginalFilePathsReturn", "originalFileArray", array("StringArray", paths)), nil
}

func (s *Service) moveAsset(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	folder, err := folderPath(c.company, "folderHandle", c.in.Text("folderHandle"))
	if err != nil {
		return nil, err
	}
	b, err := s.Engine.MoveAssets(ctx, c.caller, c.company.Number, []engine.AssetMove{{Asset: asset, Folder: folder}})
	return single(b, err)
}

// single is the answer of an operation on one asset that is carried out as a batch
// of one.
func single(b engine.Batch, err error) (*scene7.Record, error) {
	if err == nil && len(b.Errors) > 0 {
		err = b.Errors[0].Err
	}
	return nil, err
}

func (s *Service) moveAssets(ctx context.Context, c *call) (*scene7.Record, error) {
	var moves []engine.AssetMove
	var handles []string
	for _, r := range records(c.in, "assetMoveArray") {
		folder, err := folderPath(c.company, "folderHandle", r.Text("folderHandle"))
		if err != nil {
			folder = "|" // no folder is called so: the item's own fault
		}
		handles = append(handles, r.Text("assetHandle"))
		moves = append(moves, engine.AssetMove{Asset: batchNumber(r.Text("assetHandle")), Folder: folder})
	}
	b, err := s.Engine.MoveAssets(ctx, c.caller, c.company.Number, moves)
	if err != nil {
		return nil, err
	}
	return s.assetBatch(c, handles, b), nil
}

func (s *Service) renameAsset(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.RenameAsset(ctx, c.caller, c.company.Number, asset, c.in.Text("newName"), c.in.Bool("validateName"))
}
