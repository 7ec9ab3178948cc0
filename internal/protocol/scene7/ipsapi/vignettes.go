package ipsapi

import (
	"context"
	"math"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// vignetteRanges are the ranges of the numbers of a vignette format.
func vignetteRanges() map[string]scene7.Range {
	size := scene7.Range{Min: 0, Max: math.MaxInt32}
	return map[string]scene7.Range{
		"targetWidth": size, "targetHeight": size, "thumbWidth": size, "saveAsVersion": size, "sharpen": size,
		"usmAmount": size, "usmRadius": size, "usmThreshold": {Min: 0, Max: 255},
	}
}

// vignetteRecord takes over the fields that the request has.
func vignetteRecord(c *call, have *scene7.Record) (*scene7.Record, error) {
	format := &scene7.Record{Type: "VignettePublishFormat"}
	for _, field := range []string{"name", "targetWidth", "targetHeight", "createPyramid", "thumbWidth", "saveAsVersion",
		"sizeSuffixSeparator", "sharpen", "usmAmount", "usmRadius", "usmThreshold"} {
		value := c.in.Value(field)
		if value == nil {
			value = have.Value(field)
		}
		if r, ok := vignetteRanges()[field]; ok {
			n := numeric(value)
			if n < r.Min || n > r.Max {
				return nil, invalid(field, "%v is not from %v to %v", value, r.Min, r.Max)
			}
		}
		if value != nil {
			format.Fields = append(format.Fields, scene7.Entry{Name: field, Value: value})
		}
	}
	if strings.TrimSpace(format.Text("name")) == "" {
		return nil, invalid("name", "a vignette format needs a name")
	}
	return format, nil
}

func numeric(value any) float64 {
	switch v := value.(type) {
	case int:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

func (s *Service) createVignetteFormat(ctx context.Context, c *call) (*scene7.Record, error) {
	format, err := vignetteRecord(c, nil)
	if err != nil {
		return nil, err
	}
	name := format.Text("name")
	n, err := s.Engine.CreateStored(ctx, c.caller, c.company.Number, ingest.DocVignetteFormat, engine.Stored{Key: name, Name: name, Data: format.JSON()})
	if err != nil {
		return nil, err
	}
	return record("createVignettePublishFormatReturn", "vignetteFormatHandle", companyPartHandle(c, "v", n)), nil
}

func (s *Service) updateVignetteFormat(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := companyPart(c, "vignetteFormatHandle", "v", c.in.Text("vignetteFormatHandle"))
	if err != nil {
		return nil, err
	}
	err = s.Engine.UpdateStored(ctx, c.caller, c.company.Number, ingest.DocVignetteFormat, n, func(old *engine.Stored) error {
		have, err := s.schema.RecordFromJSON("VignettePublishFormat", old.Data)
		if err != nil {
			return err
		}
		format, err := vignetteRecord(c, have)
		if err != nil {
			return err
		}
		old.Key, old.Name, old.Data = format.Text("name"), format.Text("name"), format.JSON()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return record("updateVignettePublishFormatReturn", "vignetteFormatHandle", companyPartHandle(c, "v", n)), nil
}

func (s *Service) deleteVignetteFormat(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := companyPart(c, "vignetteFormatHandle", "v", c.in.Text("vignetteFormatHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeleteStored(ctx, c.caller, c.company.Number, ingest.DocVignetteFormat, n)
}

func (s *Service) vignetteFormats(ctx context.Context, c *call) (*scene7.Record, error) {
	list, err := s.Engine.StoredList(ctx, c.caller, c.company.Number, ingest.DocVignetteFormat)
	if err != nil {
		return nil, err
	}
	byName(list)
	formats := make([]*scene7.Record, len(list))
	for i, stored := range list {
		if formats[i], err = s.schema.RecordFromJSON("VignettePublishFormat", stored.Data); err != nil {
			return nil, err
		}
		formats[i].Fields = append(formats[i].Fields,
			scene7.Entry{Name: "companyHandle", Value: companyHandle(c.company.Number)},
			scene7.Entry{Name: "vignetteFormatHandle", Value: companyPartHandle(c, "v", stored.Number)})
	}
	return record("getVignettePublishFormatsReturn", "vignetteFormatArray", array("VignettePublishFormatArray", formats)), nil
}
