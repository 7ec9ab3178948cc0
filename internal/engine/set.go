package engine

import (
	"context"
	"fmt"

	"sluice/internal/ingest"
)

// Limits of sets.
const (
	mostMembers    = 1000
	mostRepeats    = 20 // of one asset in a set
	maxDefinition  = 1 << 20
	deepestNesting = 32
)

// isSet reports whether assets of a type have members.
func isSet(kind ingest.AssetType) bool { return hasMembers(kind) || kind == ingest.TypeAssetSet }

// hasMembers reports whether assets of a type have an ordered list of members.
func hasMembers(kind ingest.AssetType) bool {
	switch kind {
	case "ImageSet", "SpinSet", "RenderSet", "Catalog":
		return true
	}
	return false
}

// takes reports whether a set of a type may have a member of another.
func takes(set, member ingest.AssetType) bool {
	image := member == ingest.TypeImage || member == "AdjustedView" || member == "LayerView"
	switch set {
	case "ImageSet":
		return image || member == "RenderSet" || member == "ImageSet" || member == "Template"
	case "SpinSet":
		return image || member == "SpinSet"
	case "RenderSet":
		return image || member == "Vignette" || member == "ColorSwatch"
	case "Catalog":
		return image || member == "Template"
	}
	return false
}

// Member is an asset in a set. Reset begins a new view, group or page.
type Member struct {
	Asset ingest.Number
	Reset bool
}

const resetMark = "reset"

// CreateSet makes an empty set of a type. thumbnail 0 = the first image in it.
func (e *Engine) CreateSet(ctx context.Context, p ingest.Principal, company ingest.Number, folder, name string, kind ingest.AssetType, thumbnail ingest.Number) (ingest.Number, error) {
	if !hasMembers(kind) {
		hint := ""
		if kind == ingest.TypeAssetSet {
			hint = "; createAssetSet makes those"
		}
		return 0, &ingest.Error{Kind: ingest.Invalid, Op: "engine.CreateSet", Msg: fmt.Sprintf("the set type %s is not one of ImageSet, SpinSet, RenderSet, Catalog%s", quote(string(kind)), hint)}
	}
	return e.createVirtual(ctx, p, company, ingest.Asset{Path: folder, Name: name, Type: kind}, thumbnail, nil)
}

// createVirtual makes an asset without bytes; more completes it.
func (e *Engine) createVirtual(ctx context.Context, p ingest.Principal, company ingest.Number, like ingest.Asset, thumbnail ingest.Number, more func(ingest.Tx, *sight, *ingest.Asset) error) (number ingest.Number, err error) {
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		c, err := e.authorize(tx, p, company, rightOverwrite)
		if err != nil {
			return err
		}
		a, err := e.virtualAsset(tx, p, c, like)
		if err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		if thumbnail != 0 {
			if err := setThumbnail(tx, s, a.Number, thumbnail); err != nil {
				return err
			}
		}
		number = a.Number
		if more == nil {
			return nil
		}
		return more(tx, s, a)
	})
	return number, err
}

// SetUpdate changes a set; nil keeps.
type SetUpdate struct {
	Members   *[]Member
	Thumbnail *ingest.Number // 0 = the first image in it
}

// UpdateSet changes members and thumbnail of a set.
func (e *Engine) UpdateSet(ctx context.Context, p ingest.Principal, company, set ingest.Number, u SetUpdate) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		a, err := s.assetOf(set, ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		if !hasMembers(a.Type) {
			return wrongType(a, "a set with members (ImageSet, SpinSet, RenderSet, Catalog)")
		}
		if u.Members != nil {
			if err := putMembers(tx, s, a, *u.Members); err != nil {
				return err
			}
		}
		if u.Thumbnail != nil {
			if err := setThumbnail(tx, s, set, *u.Thumbnail); err != nil {
				return err
			}
		}
		return e.changed(tx, p, a)
	})
}

func putMembers(tx ingest.Tx, s *sight, set *ingest.Asset, members []Member) error {
	const op = "engine.putMembers"
	if len(members) > mostMembers {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the set would have %d members, the limit is %d", len(members), mostMembers)}
	}
	repeats := map[ingest.Number]int{}
	for _, m := range members {
		repeats[m.Asset]++
	}
	links := make([]ingest.Link, len(members))
	for i, m := range members {
		if n := repeats[m.Asset]; n > mostRepeats {
			return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the asset %d would be in the set %d times, the limit is %d", m.Asset, n, mostRepeats)}
		}
		links[i] = ingest.Link{To: m.Asset}
		if m.Reset || set.Type == "ImageSet" || set.Type == "SpinSet" {
			links[i].Data = resetMark
		}
	}
	for number := range repeats {
		if err := checkMember(tx, s, set, number); err != nil {
			return err
		}
	}
	return tx.PutLinks(ingest.LinkMember, set.Number, links)
}

func checkMember(tx ingest.Tx, s *sight, set *ingest.Asset, number ingest.Number) error {
	member, err := s.assetOf(number, ingest.PermitRead)
	if err != nil {
		return err
	}
	if !takes(set.Type, member.Type) {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.checkMember", Msg: fmt.Sprintf("a %s cannot have the asset %s of the type %s", set.Type, quote(member.Name), member.Type)}
	}
	if !isSet(member.Type) {
		return nil
	}
	return refuseCycle(tx, set, member.Number, 0)
}

// refuseCycle refuses a member that is the set itself or that has it.
func refuseCycle(tx ingest.Tx, set *ingest.Asset, member ingest.Number, depth int) error {
	if member == set.Number || depth > deepestNesting {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.refuseCycle", Msg: fmt.Sprintf("the set %s would contain itself", quote(set.Name))}
	}
	links, err := tx.Links(ingest.LinkMember, member, ingest.Page{Limit: mostMembers})
	if err != nil {
		return err
	}
	seen := map[ingest.Number]bool{}
	for _, l := range links {
		if seen[l.To] {
			continue
		}
		seen[l.To] = true
		if err := refuseCycle(tx, set, l.To, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// SetMember is a member of a set as it is shown.
type SetMember struct {
	Asset *ingest.Asset
	Reset bool
}

// Members lists the members of a set in order, as far as the caller may read
// them. Those in the trash are left out; they come back with their restoration.
func (e *Engine) Members(ctx context.Context, p ingest.Principal, company, set ingest.Number) (members []SetMember, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightRead); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		a, err := s.assetOf(set, ingest.PermitRead)
		if err != nil {
			return err
		}
		if !hasMembers(a.Type) {
			return wrongType(a, "a set with members (ImageSet, SpinSet, RenderSet, Catalog)")
		}
		links, err := tx.Links(ingest.LinkMember, set, ingest.Page{Limit: mostMembers})
		if err != nil {
			return err
		}
		members = members[:0]
		known := map[ingest.Number]*ingest.Asset{}
		for _, l := range links {
			member, ok := known[l.To]
			if !ok {
				if member, err = s.shown(l.To); err != nil {
					return err
				}
				known[l.To] = member
			}
			if member != nil {
				members = append(members, SetMember{Asset: member, Reset: l.Data == resetMark})
			}
		}
		return nil
	})
	return members, err
}

// shown returns an asset of the company that the caller may see in lists, nil when
// there is none.
func (s *sight) shown(number ingest.Number) (*ingest.Asset, error) {
	a, err := s.assetOf(number, ingest.PermitRead)
	if err != nil && (ingest.KindOf(err) == ingest.NotFound || ingest.CodeOf(err) == ingest.CodePermission) {
		return nil, nil
	}
	return a, err
}

// CreateAssetSet makes a set that is described by a text.
func (e *Engine) CreateAssetSet(ctx context.Context, p ingest.Principal, company ingest.Number, folder, name, subType, definition string, thumbnail ingest.Number) (ingest.Number, error) {
	const op = "engine.CreateAssetSet"
	if subType == "" {
		return 0, &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "subType must not be empty"}
	}
	if len(subType) > MaxNameBytes {
		return 0, tooLong(op, "subType", len(subType), MaxNameBytes)
	}
	if err := checkText(subType, "subType"); err != nil {
		return 0, err
	}
	if len(definition) > maxDefinition {
		return 0, tooLong(op, "setDefinition", len(definition), maxDefinition)
	}
	return e.createVirtual(ctx, p, company, ingest.Asset{Path: folder, Name: name, Type: ingest.TypeAssetSet, SubType: subType}, thumbnail,
		func(tx ingest.Tx, _ *sight, a *ingest.Asset) error { return e.define(tx, p, a, definition) })
}

// define stores a set's text and links the assets that it names.
func (e *Engine) define(tx ingest.Tx, p ingest.Principal, set *ingest.Asset, definition string) error {
	if err := e.attach(tx, p, set.Company, set.Number, ingest.DocAssetSet, ingest.AssetSet{Definition: definition}); err != nil {
		return err
	}
	var links []ingest.Link
	seen := map[ingest.Number]bool{}
	for _, number := range namedAssets(definition) {
		if seen[number] {
			continue
		}
		seen[number] = true
		a, err := tx.Asset(number)
		if err != nil && ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		if err == nil && a.Company == set.Company && len(links) < mostMembers {
			links = append(links, ingest.Link{To: number})
		}
	}
	return tx.PutLinks(ingest.LinkNamed, set.Number, links)
}

// UpdateAssetSet changes text and thumbnail of an asset set; nil keeps.
func (e *Engine) UpdateAssetSet(ctx context.Context, p ingest.Principal, company, set ingest.Number, definition *string, thumbnail *ingest.Number) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		a, err := s.assetOf(set, ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		if a.Type != ingest.TypeAssetSet {
			return wrongType(a, "AssetSet")
		}
		if definition != nil {
			if len(*definition) > maxDefinition {
				return tooLong("engine.UpdateAssetSet", "setDefinition", len(*definition), maxDefinition)
			}
			if err := e.define(tx, p, a, *definition); err != nil {
				return err
			}
		}
		if thumbnail != nil {
			if err := setThumbnail(tx, s, set, *thumbnail); err != nil {
				return err
			}
		}
		return e.changed(tx, p, a)
	})
}
