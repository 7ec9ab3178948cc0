package engine

import (
	"context"
	"fmt"
	"strings"

	"sluice/internal/ingest"
)

// NewView is a view of an image, or a template, as a client asks for it.
type NewView struct {
	Folder       string
	Name         string
	Type         ingest.AssetType
	Modifier     string
	PostModifier string
}

func (v NewView) check() error {
	if err := checkModifier(&v.Modifier); err != nil {
		return err
	}
	return checkModifier(&v.PostModifier)
}

// CreateView makes a view that is linked to the image that it is a view of.
func (e *Engine) CreateView(ctx context.Context, p ingest.Principal, company, owner ingest.Number, v NewView) (ingest.Number, error) {
	if v.Type != "AdjustedView" && v.Type != "LayerView" {
		return 0, &ingest.Error{Kind: ingest.Invalid, Op: "engine.CreateView", Msg: fmt.Sprintf("the type %s is not one of AdjustedView, LayerView", quote(string(v.Type)))}
	}
	if err := v.check(); err != nil {
		return 0, err
	}
	return e.createVirtual(ctx, p, company, ingest.Asset{Path: v.Folder, Name: v.Name, Type: v.Type}, 0, func(tx ingest.Tx, s *sight, a *ingest.Asset) error {
		image, err := s.assetOf(owner, ingest.PermitRead)
		if err != nil {
			return err
		}
		if image.Type != ingest.TypeImage {
			return wrongType(image, "Image")
		}
		a.Media = image.Media
		if err := tx.UpdateAsset(a); err != nil {
			return err
		}
		if err := tx.PutLinks(ingest.LinkOwner, a.Number, []ingest.Link{{To: owner}}); err != nil {
			return err
		}
		return e.attach(tx, p, company, a.Number, ingest.DocImageFields, ingest.ImageFields{Modifier: v.Modifier, PostModifier: v.PostModifier})
	})
}

// CreateTemplate makes a template or watermark. The assets that its commands name
// as sources and masks are linked to it.
func (e *Engine) CreateTemplate(ctx context.Context, p ingest.Principal, company ingest.Number, v NewView) (ingest.Number, error) {
	if v.Type != "Template" && v.Type != "Watermark" {
		return 0, &ingest.Error{Kind: ingest.Invalid, Op: "engine.CreateTemplate", Msg: fmt.Sprintf("the type %s is not one of Template, Watermark", quote(string(v.Type)))}
	}
	if err := v.check(); err != nil {
		return 0, err
	}
	return e.createVirtual(ctx, p, company, ingest.Asset{Path: v.Folder, Name: v.Name, Type: v.Type}, 0, func(tx ingest.Tx, _ *sight, a *ingest.Asset) error {
		links, err := layersNamed(tx, company, a.Number, v.Modifier+"&"+v.PostModifier)
		if err != nil {
			return err
		}
		if err := tx.PutLinks(ingest.LinkNamed, a.Number, links); err != nil {
			return err
		}
		return e.attach(tx, p, company, a.Number, ingest.DocImageFields, ingest.ImageFields{Modifier: v.Modifier, PostModifier: v.PostModifier})
	})
}

// layersNamed links to the assets of the company that commands name as src or
// mask. What has a scheme is no asset and is never followed.
func layersNamed(tx ingest.Tx, company, except ingest.Number, modifier string) ([]ingest.Link, error) {
	var links []ingest.Link
	seen := map[string]bool{}
	for command := range strings.SplitSeq(modifier, "&") {
		name, value, ok := strings.Cut(command, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		value = value[strings.LastIndexByte(value, '/')+1:]
		if !ok || name != "src" && name != "mask" || value == "" || strings.Contains(value, ":") || seen[value] || len(links) >= mostMembers {
			continue
		}
		seen[value] = true
		named, err := tx.AssetsNamed(company, value)
		if err != nil {
			return nil, err
		}
		for _, a := range named {
			if a.Trashed.IsZero() && !a.Emptied && a.Number != except {
				links = append(links, ingest.Link{To: a.Number})
			}
		}
	}
	return links, nil
}
