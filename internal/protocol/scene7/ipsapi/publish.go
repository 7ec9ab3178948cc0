package ipsapi

import (
	"context"
	"slices"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// publishContext is one of the four that every company has; their handles follow from the
// company's number.
type publishContext struct {
	name string
	bit  ingest.Contexts
}

func publishContexts() []publishContext {
	return []publishContext{
		{"ImageRendering", ingest.ContextImageRendering}, {"ImageServing", ingest.ContextImageServing},
		{"ServerDirectory", ingest.ContextServerDirectory}, {"Video", ingest.ContextVideo},
	}
}

// prefixContext begins the handles of publish contexts.
const prefixContext = "pc"

func contextHandle(c *call, index int) string {
	return scene7.NumberHandle(prefixContext, (int64(c.company.Number)-1)*int64(len(publishContexts()))+int64(index)+1)
}

// contextOf finds the context of a handle, pc|number or the number alone, among
// those of the company.
func contextOf(c *call, field, handle string) (publishContext, error) {
	text := strings.TrimSpace(handle)
	if !strings.HasPrefix(text, prefixContext+"|") {
		text = prefixContext + "|" + text
	}
	for i, candidate := range publishContexts() {
		if contextHandle(c, i) == text {
			return candidate, nil
		}
	}
	return publishContext{}, invalid(field, "no publish context of this company has the handle %q", clip(handle))
}

func contextRecord(c *call, index int) *scene7.Record {
	name := publishContexts()[index].name
	return record("PublishContext", "contextHandle", contextHandle(c, index), "contextName", name, "contextType", name)
}

func (s *Service) publishContexts(_ context.Context, c *call) (*scene7.Record, error) {
	wanted := c.in.Text("contextType")
	var rows []*scene7.Record
	for i, known := range publishContexts() {
		if wanted == "" || wanted == known.name {
			rows = append(rows, contextRecord(c, i))
		}
	}
	if wanted != "" && rows == nil {
		return nil, invalid("contextType", "%q is no publish context type", clip(wanted))
	}
	return record("getPublishContextsReturn", "publishContextArray", array("PublishContextArray", rows)), nil
}

func (s *Service) activePublishContexts(_ context.Context, c *call) (*scene7.Record, error) {
	var names []string
	for _, known := range publishContexts() {
		names = append(names, known.name)
	}
	return record("getActivePublishContextsReturn", "contextArray", array("StringArray", names)), nil
}

// marked reads a publish state.
func marked(field, state string) (bool, error) {
	switch state {
	case "MarkedForPublish":
		return true, nil
	case "NotMarkedForPublish":
		return false, nil
	}
	return false, invalid(field, "%q is not one of MarkedForPublish, NotMarkedForPublish", clip(state))
}

func (s *Service) setAssetPublishState(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	mark := engine.Mark{Asset: asset, Contexts: ingest.AllContexts}
	if mark.Set, err = marked("publishState", c.in.Text("publishState")); err != nil {
		return nil, err
	}
	if handles := items(c.in, "contextHandleArray"); len(handles) > 0 {
		mark.Contexts = 0
		for _, handle := range handles {
			of, err := contextOf(c, "contextHandleArray/items", handle)
			if err != nil {
				return nil, err
			}
			mark.Contexts |= of.bit
		}
	}
	return single(s.Engine.MarkAssets(ctx, c.caller, c.company.Number, []engine.Mark{mark}))
}

func (s *Service) setAssetsPublishState(ctx context.Context, c *call) (*scene7.Record, error) {
	var marks []engine.Mark
	var handles []string
	for _, r := range records(c.in, "publishStateUpdateArray") {
		set, err := marked("publishStateUpdateArray/items/publishState", r.Text("publishState"))
		if err != nil {
			return nil, err
		}
		handles = append(handles, r.Text("assetHandle"))
		marks = append(marks, engine.Mark{Asset: batchNumber(r.Text("assetHandle")), Contexts: ingest.AllContexts, Set: set})
	}
	b, err := s.Engine.MarkAssets(ctx, c.caller, c.company.Number, marks)
	if err != nil {
		return nil, err
	}
	return s.assetBatch(c, handles, b), nil
}

// setAssetsContextState counts pairs of asset and context.
func (s *Service) setAssetsContextState(ctx context.Context, c *call) (*scene7.Record, error) {
	var marks []engine.Mark
	var handles []string
	for _, r := range records(c.in, "assetsContextStateUpdateArray") {
		for _, update := range records(r, "contextStateUpdateArray") {
			of, err := contextOf(c, "contextStateUpdateArray/items/contextHandle", update.Text("contextHandle"))
			if err != nil {
				return nil, err
			}
			set, err := marked("contextStateUpdateArray/items/publishState", update.Text("publishState"))
			if err != nil {
				return nil, err
			}
			handles = append(handles, r.Text("assetHandle"))
			marks = append(marks, engine.Mark{Asset: batchNumber(r.Text("assetHandle")), Contexts: of.bit, Set: set})
		}
	}
	b, err := s.Engine.MarkAssets(ctx, c.caller, c.company.Number, marks)
	if err != nil {
		return nil, err
	}
	return s.assetBatch(c, handles, b), nil
}

func (s *Service) forceRepublishAssets(ctx context.Context, c *call) (*scene7.Record, error) {
	return s.onAssets(ctx, c, s.Engine.Republish)
}

// assetPublishContexts answers the contexts that assets are marked for; unknown
// assets are left out.
func (s *Service) assetPublishContexts(ctx context.Context, c *call) (*scene7.Record, error) {
	handles, err := boundedHandles(c, "assetHandleArray")
	if err != nil {
		return nil, err
	}
	numbers := make([]ingest.Number, 0, len(handles))
	for _, handle := range handles {
		if n := batchNumber(handle); n != unreadable {
			numbers = append(numbers, n)
		}
	}
	list, err := s.Engine.AssetsByNumber(ctx, c.reader, c.company.Number, numbers)
	if err != nil {
		return nil, err
	}
	rows := make([]*scene7.Record, len(list))
	for i, a := range list {
		var contexts []*scene7.Record
		for j, known := range publishContexts() {
			if a.Publish&known.bit != 0 {
				contexts = append(contexts, contextRecord(c, j))
			}
		}
		rows[i] = record("AssetPublishContexts", "assetHandle", assetHandle(a.Number), "publishContextArray", array("PublishContextArray", contexts))
	}
	return record("batchGetAssetPublishContextsReturn", "assetPublishContextsArray", array("AssetPublishContextsArray", rows)), nil
}

func (s *Service) assetPublishHistory(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	docs, err := s.Engine.PublishHistory(ctx, c.reader, c.company.Number, asset)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(docs, func(a, b *ingest.Document) int { return b.Modified.Compare(a.Modified) })
	rows := make([]*scene7.Record, len(docs))
	for i, d := range docs {
		rows[i] = record("PublishHistory", "serverName", s.Engine.ServerName(), "contextName", d.Name, "publishFormat", "", "lastPublished", d.Modified)
	}
	return record("getAssetPublishHistoryReturn", "pubHistoryArray", array("PublishHistoryArray", rows)), nil
}

func (s *Service) noCatalog(context.Context, *call) (*scene7.Record, error) {
	return nil, refused(scene7.CodeException, "No image server catalog is available")
}
