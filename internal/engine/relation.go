package engine

import (
	"context"
	"slices"

	"sluice/internal/ingest"
)

// Relations are the assets that belong together with one, as far as the caller may
// read them and they are not in the trash.
type Relations struct {
	Containers []*ingest.Asset // sets and templates that have it
	Members    []*ingest.Asset // what a set has
	Layers     []*ingest.Asset // what a template names
	Owners     []*ingest.Asset // what it is a view of
	Views      []*ingest.Asset // views of it
	Generators []Generation    // what it was made from
	Generated  []Generation    // what was made from it
	Crops      []SmartCrop
	Thumbnail  *ingest.Asset // what stands for it; nil = none was assigned
}

// SmartCrop is a named crop of an image with what is known of it.
type SmartCrop struct {
	*ingest.Document
	Crop ingest.NamedCrop
}

// Generation says that an engine made one asset from another.
type Generation struct {
	Engine     string
	Originator *ingest.Asset
	Generated  *ingest.Asset
}

// mostRelated bounds each list of related assets.
const mostRelated = 1000

// Related returns what belongs together with an asset.
func (e *Engine) Related(ctx context.Context, p ingest.Principal, company, asset ingest.Number) (r Relations, err error) {
	err = e.viewAsset(ctx, p, company, asset, rightRead, func(_ ingest.Tx, s *sight, a *ingest.Asset) error {
		r = Relations{}
		return s.relate(a, &r)
	})
	return r, err
}

func (s *sight) relate(a *ingest.Asset, r *Relations) error {
	var err error
	if r.Containers, err = s.linked(s.tx.LinksTo, from, a.Number, ingest.LinkMember, ingest.LinkNamed); err != nil {
		return err
	}
	if isSet(a.Type) {
		r.Members, err = s.linked(s.tx.LinksFrom, to, a.Number, ingest.LinkMember, ingest.LinkNamed)
	} else {
		r.Layers, err = s.linked(s.tx.LinksFrom, to, a.Number, ingest.LinkNamed)
	}
	if err != nil {
		return err
	}
	if r.Owners, err = s.linked(s.tx.LinksFrom, to, a.Number, ingest.LinkOwner); err != nil {
		return err
	}
	if r.Views, err = s.linked(s.tx.LinksTo, from, a.Number, ingest.LinkOwner); err != nil {
		return err
	}
	if r.Generators, err = s.generations("", 0, a.Number); err != nil {
		return err
	}
	if r.Generated, err = s.generations("", a.Number, 0); err != nil {
		return err
	}
	thumbs, err := s.linked(s.tx.LinksFrom, to, a.Number, ingest.LinkThumbnail)
	if err != nil {
		return err
	}
	if len(thumbs) > 0 {
		r.Thumbnail = thumbs[0]
	}
	docs, err := s.tx.DocumentsOf(s.company, []ingest.DocumentKind{ingest.DocSmartCrop}, []ingest.Number{a.Number})
	for _, d := range docs {
		crop := SmartCrop{Document: d}
		if err := readContent(d, &crop.Crop); err != nil {
			return err
		}
		r.Crops = append(r.Crops, crop)
	}
	return err
}

func from(l ingest.Link) ingest.Number { return l.From }
func to(l ingest.Link) ingest.Number   { return l.To }

// linked lists the assets at the other end of links of some kinds, each once.
func (s *sight) linked(read func(ingest.LinkKind, []ingest.Number) ([]ingest.Link, error), end func(ingest.Link) ingest.Number, asset ingest.Number, kinds ...ingest.LinkKind) ([]*ingest.Asset, error) {
	var list []*ingest.Asset
	var seen []ingest.Number
	for _, kind := range kinds {
		links, err := read(kind, []ingest.Number{asset})
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			number := end(l)
			if slices.Contains(seen, number) || len(list) >= mostRelated {
				continue
			}
			seen = append(seen, number)
			a, err := s.shown(number)
			if err != nil {
				return nil, err
			}
			if a != nil {
				list = append(list, a)
			}
		}
	}
	return list, nil
}

// generations lists what was made from an originator, or what an asset was made
// from, by one engine or any.
func (s *sight) generations(engine string, originator, generated ingest.Number) ([]Generation, error) {
	read, key := s.tx.LinksTo, originator
	if generated != 0 {
		read, key = s.tx.LinksFrom, generated
	}
	links, err := read(ingest.LinkGenerator, []ingest.Number{key})
	if err != nil {
		return nil, err
	}
	var list []Generation
	for _, l := range links {
		if engine != "" && l.Data != engine || originator != 0 && l.To != originator || len(list) >= mostRelated {
			continue
		}
		g := Generation{Engine: l.Data}
		if g.Generated, err = s.shown(l.From); err != nil {
			return nil, err
		}
		if g.Originator, err = s.shown(l.To); err != nil {
			return nil, err
		}
		if g.Generated != nil && g.Originator != nil {
			list = append(list, g)
		}
	}
	return list, nil
}

// Generations lists what engines made: from one asset, into one asset, or both; 0 =
// any, but not both.
func (e *Engine) Generations(ctx context.Context, p ingest.Principal, company ingest.Number, engine string, originator, generated ingest.Number) (list []Generation, err error) {
	if originator == 0 && generated == 0 {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: "engine.Generations", Code: ingest.CodeMissing, Msg: "originatorHandle or generatedHandle is required"}
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		for _, number := range []ingest.Number{originator, generated} {
			if number == 0 {
				continue
			}
			if _, err := s.assetOf(number, ingest.PermitRead); err != nil {
				return err
			}
		}
		list, err = s.generations(engine, originator, generated)
		return err
	})
	return list, err
}
