package ipsapi

import (
	"context"
	"encoding/json"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// companyBlob is a named blob of a company; the content is kept as it was sent.
type companyBlob struct {
	Type    string `json:"type"`
	Content []byte `json:"content"`
}

// xid reads x<number>.
func xid(c *call) (ingest.Number, error) { return xidFrom("xid", c.in.Text("xid")) }

func xidFrom(field, text string) (ingest.Number, error) {
	text = strings.TrimSpace(text)
	digits, ok := strings.CutPrefix(text, "x")
	n, numeric := scene7.ParseNumberHandle("", "|"+digits)
	if !ok || !numeric {
		return 0, invalid(field, "%q names no metadata of this company", clip(text))
	}
	return ingest.Number(n), nil
}

func xidOf(n ingest.Number) string { return "x" + decimal(n) }

func (s *Service) createCompanyMetadata(ctx context.Context, c *call) (*scene7.Record, error) {
	content, _ := c.in.Value("metadata").([]byte)
	data, err := json.Marshal(companyBlob{Type: c.in.Text("xtype"), Content: content})
	if err != nil {
		return nil, err
	}
	n, err := s.Engine.CreateStored(ctx, c.caller, c.company.Number, ingest.DocCompanyMetadata, engine.Stored{Name: c.in.Text("xname"), Data: data})
	if err != nil {
		return nil, err
	}
	return record("createCompanyMetadataReturn", "xid", xidOf(n)), nil
}

func (s *Service) updateCompanyMetadata(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := xid(c)
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.UpdateStored(ctx, c.caller, c.company.Number, ingest.DocCompanyMetadata, n, func(old *engine.Stored) error {
		var blob companyBlob
		if err := json.Unmarshal(old.Data, &blob); err != nil {
			return err
		}
		blob.Type = c.in.Text("xtype")
		if content, ok := c.in.Value("metadata").([]byte); ok {
			blob.Content = content
		}
		old.Name = c.in.Text("xname")
		old.Data, err = json.Marshal(blob)
		return err
	})
}

func (s *Service) deleteCompanyMetadata(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := xid(c)
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeleteStored(ctx, c.caller, c.company.Number, ingest.DocCompanyMetadata, n)
}

func (s *Service) companyMetadata(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := xid(c)
	if err != nil {
		return nil, err
	}
	stored, err := s.Engine.StoredOf(ctx, c.caller, c.company.Number, ingest.DocCompanyMetadata, n)
	if err != nil {
		return nil, err
	}
	var blob companyBlob
	if err := json.Unmarshal(stored.Data, &blob); err != nil {
		return nil, err
	}
	if blob.Content == nil {
		blob.Content = []byte{}
	}
	return record("getCompanyMetadataReturn", "xid", xidOf(n), "xtype", blob.Type, "xname", stored.Name, "metadata", blob.Content), nil
}

func (s *Service) listCompanyMetadata(ctx context.Context, c *call) (*scene7.Record, error) {
	list, err := s.Engine.StoredList(ctx, c.caller, c.company.Number, ingest.DocCompanyMetadata)
	if err != nil {
		return nil, err
	}
	wanted := c.in.Text("xtype")
	var infos []*scene7.Record
	for _, stored := range list {
		var blob companyBlob
		if err := json.Unmarshal(stored.Data, &blob); err != nil {
			return nil, err
		}
		if wanted == "" || blob.Type == wanted {
			infos = append(infos, record("CompanyMetadataInfo", "xid", xidOf(stored.Number), "xname", stored.Name, "xtype", blob.Type))
		}
	}
	return record("listCompanyMetadataReturn", "companyMetadataInfoArray", array("CompanyMetadataInfoArray", infos)), nil
}
