package ipsapi

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// maxModifier is the longest URL modifier, in bytes.
const maxModifier = 64 << 10

// companyPart reads a handle of the form letter|company|number, or the older form
// without the letter.
func companyPart(c *call, field, letter, handle string) (ingest.Number, error) {
	rest := strings.TrimPrefix(strings.TrimSpace(handle), letter+"|")
	company, digits, ok := strings.Cut(rest, "|")
	n, numeric := scene7.ParseNumberHandle("", "|"+digits)
	if !ok || !numeric || company != decimal(c.company.Number) {
		return 0, invalid(field, "%q is no handle of this company of the form %s|company|number", clip(handle), letter)
	}
	return ingest.Number(n), nil
}

func companyPartHandle(c *call, letter string, n ingest.Number) string {
	return letter + "|" + decimal(c.company.Number) + "|" + decimal(n)
}

// saveImageFormat keeps a named URL modifier. Names are macro names, which are
// compared without regard to case.
func (s *Service) saveImageFormat(ctx context.Context, c *call) (*scene7.Record, error) {
	name, modifier := c.in.Text("name"), strings.TrimLeft(c.in.Text("urlModifier"), "?&")
	if strings.TrimSpace(name) == "" {
		return nil, invalid("name", "an image preset needs a name")
	}
	if err := checkModifier("urlModifier", modifier); err != nil {
		return nil, err
	}
	data, err := json.Marshal(ingest.ImagePreset{Modifier: modifier})
	if err != nil {
		return nil, err
	}
	preset := engine.Stored{Key: strings.ToLower(name), Name: name, Data: data}
	handle := c.in.Text("imageFormatHandle")
	if handle == "" {
		n, err := s.Engine.CreateStored(ctx, c.caller, c.company.Number, ingest.DocImagePreset, preset)
		if err != nil {
			return nil, err
		}
		return record("saveImageFormatReturn", "imageFormatHandle", companyPartHandle(c, "i", n)), nil
	}
	n, err := companyPart(c, "imageFormatHandle", "i", handle)
	if err != nil {
		return nil, err
	}
	err = s.Engine.UpdateStored(ctx, c.caller, c.company.Number, ingest.DocImagePreset, n, func(old *engine.Stored) error {
		*old = preset
		return nil
	})
	if err != nil {
		return nil, err
	}
	return record("saveImageFormatReturn", "imageFormatHandle", companyPartHandle(c, "i", n)), nil
}

// checkModifier refuses a URL modifier that is too long or has control characters.
func checkModifier(field, modifier string) error {
	if len(modifier) > maxModifier {
		return invalid(field, "the modifier has %d bytes, the limit is %d", len(modifier), maxModifier)
	}
	if i := strings.IndexFunc(modifier, func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 {
		return invalid(field, "the modifier has a control character at byte %d", i)
	}
	return nil
}

func (s *Service) deleteImageFormat(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := companyPart(c, "imageFormatHandle", "i", c.in.Text("imageFormatHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeleteStored(ctx, c.caller, c.company.Number, ingest.DocImagePreset, n)
}

func (s *Service) imageFormats(ctx context.Context, c *call) (*scene7.Record, error) {
	list, err := s.Engine.StoredList(ctx, c.caller, c.company.Number, ingest.DocImagePreset)
	if err != nil {
		return nil, err
	}
	byName(list)
	formats := make([]*scene7.Record, len(list))
	for i, preset := range list {
		var content ingest.ImagePreset
		if err := json.Unmarshal(preset.Data, &content); err != nil {
			return nil, err
		}
		formats[i] = record("ImageFormat", "imageFormatHandle", companyPartHandle(c, "i", preset.Number), "name", preset.Name, "urlModifier", content.Modifier)
	}
	return record("getImageFormatsReturn", "imageFormatArray", array("ImageFormatArray", formats)), nil
}

func byName(list []engine.Stored) {
	slices.SortStableFunc(list, func(a, b engine.Stored) int { return cmp.Compare(a.Name, b.Name) })
}
