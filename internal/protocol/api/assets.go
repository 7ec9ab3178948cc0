package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

// assetsInput is the query of an asset list.
type assetsInput struct {
	Company string `query:"company" maxLength:"300" doc:"Only assets of this company, by its number, handle (c|1), name, slug or UUID."`
	Folder  string `query:"folder" maxLength:"5000" doc:"Only assets in this folder, by its full path with or without the company's name in front; / is the root. Needs company."`
	Name    string `query:"name" maxLength:"300" doc:"Only assets whose name or file name is this; a * at the end matches any ending."`
	Type    string `query:"type" maxLength:"100" doc:"Only assets of this type." example:"Image"`
	State   string `query:"state" enum:"processing,ready,failed" doc:"Only assets in this state."`
	Paging
}

func (s *server) listAssets(ctx context.Context, p ingest.Principal, in *assetsInput) (*pageOutput[AssetItem], error) {
	q := engine.AssetQuery{Folder: in.Folder, Name: in.Name, Type: ingest.AssetType(in.Type), State: ingest.AssetState(in.State)}
	names := companyNames{server: s, known: map[ingest.Number]string{}}
	if in.Company != "" {
		c, err := s.findCompany(ctx, p, in.Company)
		if err != nil {
			return nil, err
		}
		q.Company, names.known[c.Number] = c.Number, c.Name
	}
	list := source[*ingest.Asset]{
		name:   "assets",
		number: func(a *ingest.Asset) ingest.Number { return a.Number },
		fetch: func(page ingest.Page) ([]*ingest.Asset, error) {
			return s.Library.Assets(ctx, p, q, page)
		},
	}
	found, next, err := list.read(in.Paging)
	if err != nil {
		return nil, err
	}
	out := &pageOutput[AssetItem]{Body: page[AssetItem]{Items: make([]AssetItem, 0, len(found)), Next: next}}
	for _, a := range found {
		name, err := names.of(ctx, p, a.Company)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, newAssetItem(a, name))
	}
	return out, nil
}

// assetInput names one asset.
type assetInput struct {
	UUID string `path:"uuid" doc:"UUID of the asset." example:"0190a6a0-7c4e-7b1f-9a55-0d3a54e6c001"`
}

// assetOutput is what huma sends for one asset.
type assetOutput struct {
	Body assetDetail
}

func (s *server) showAsset(ctx context.Context, p ingest.Principal, in *assetInput) (*assetOutput, error) {
	id, err := parseUUID("asset", in.UUID)
	if err != nil {
		return nil, err
	}
	d, err := s.Library.Asset(ctx, p, id)
	if err != nil {
		return nil, err
	}
	targets, err := s.targets(ctx, p, d)
	if err != nil {
		return nil, err
	}
	body := assetDetail{
		AssetItem: newAssetItem(d.Asset, d.Company.Name), Crop: d.Asset.Crop, Metadata: d.Metadata,
		Derived: make([]derivedItem, 0, len(d.Derived)), Pending: make([]string, 0, len(d.Pending)), Warnings: d.Warnings,
		Parts: make([]partItem, 0, len(d.Parts)),
	}
	if body.Metadata == nil {
		body.Metadata = map[string]string{}
	}
	if body.Warnings == nil {
		body.Warnings = []string{}
	}
	for _, made := range d.Derived {
		target := targets[made.Target]
		if made.Target != 0 && target == nil {
			continue // in the trash, or gone
		}
		body.Derived = append(body.Derived, newDerivedItem(made, d.Asset.UUID, target, guard.PublicURL(ctx)))
	}
	for _, part := range d.Parts {
		body.Parts = append(body.Parts, newPartItem(part, guard.PublicURL(ctx)))
	}
	for _, t := range d.Pending {
		body.Pending = append(body.Pending, string(t.Kind))
	}
	return &assetOutput{Body: body}, nil
}

// targets reads the assets that derived things of an asset are. They lie in
// the same company and, made together, mostly have neighbouring numbers, so
// that one listing finds many of them.
func (s *server) targets(ctx context.Context, p ingest.Principal, d engine.AssetDetail) (map[ingest.Number]*ingest.Asset, error) {
	found := map[ingest.Number]*ingest.Asset{}
	var wanted []ingest.Number
	for _, made := range d.Derived {
		if made.Target != 0 {
			wanted = append(wanted, made.Target)
		}
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	for len(wanted) > 0 {
		page := ingest.Page{After: wanted[0] - 1, Limit: min(len(wanted), engine.MostPerPage)}
		list, err := s.Library.Assets(ctx, p, engine.AssetQuery{Company: d.Asset.Company}, page)
		if err != nil {
			return nil, err
		}
		seen := wanted[len(wanted)-1]
		if len(list) == page.Limit {
			seen = max(wanted[0], list[len(list)-1].Number)
		}
		for _, a := range list {
			found[a.Number] = a
		}
		wanted = slices.DeleteFunc(wanted, func(n ingest.Number) bool { return n <= seen })
	}
	return found, nil
}

// parseUUID reads a UUID of a path. What is not one names nothing.
func parseUUID(what, text string) (ingest.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != len(id.String()) {
		return "", &ingest.Error{Kind: ingest.NotFound, Op: "api.parseUUID", Msg: fmt.Sprintf("no %s %q", what, clip(text))}
	}
	return ingest.UUID(id.String()), nil
}

// companyNames remembers the names of the companies of one answer.
type companyNames struct {
	*server
	known map[ingest.Number]string
}

func (c companyNames) of(ctx context.Context, p ingest.Principal, n ingest.Number) (string, error) {
	if name, ok := c.known[n]; ok {
		return name, nil
	}
	company, err := c.Library.Company(ctx, p, n)
	if err != nil {
		return "", err
	}
	c.known[n] = company.Name
	return company.Name, nil
}

// byNumber orders companies.
func byNumber(a, b *ingest.Company) int { return cmp.Compare(a.Number, b.Number) }
