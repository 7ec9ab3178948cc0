package ipsapi

import (
	"context"
	"encoding/json"
	"fmt"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmp"
)

// xmpPacket gives an asset's packet; one without a packet has an empty one with
// its keywords and description.
func (s *Service) xmpPacket(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	data, values, err := s.Engine.XMP(ctx, c.reader, c.company.Number, asset)
	if err != nil {
		return nil, err
	}
	if data == nil {
		packet, err := packetOf(nil, values)
		if err != nil {
			return nil, err
		}
		data = packet.Bytes()
	}
	return record("getXMPPacketReturn", "compressedPacket", xmp.Pack(data)), nil
}

// readPacket unpacks and reads a packet that a client sent.
func readPacket(field string, packed []byte) (*xmp.Packet, error) {
	data, err := xmp.Unpack(packed)
	if err != nil {
		return nil, invalid(field, "the packet cannot be unpacked: %v", err)
	}
	packet, err := xmp.Parse(data)
	if err != nil {
		return nil, invalid(field, "the packet cannot be read: %v", err)
	}
	return packet, nil
}

// xmpContent is a packet as the engine keeps it. Subjects are the asset's
// keywords, and so on for the fields that every asset has.
func xmpContent(packet *xmp.Packet) engine.XMPContent {
	values := packet.Values()
	for field, key := range map[string]string{
		ingest.FieldKeywords: "dc.subject", ingest.FieldDescription: "dc.description", ingest.FieldCreatedWith: "xmp.CreatorTool",
	} {
		if list := values[key]; len(list) > 0 {
			values[field] = list
		}
	}
	return engine.XMPContent{Packet: packet.Bytes(), Values: values}
}

// AddKeywords adds words to the subjects of a packet, as the option xmpKeywords asks
// for. A new packet, for old nil, begins with the keywords and the description that
// the asset has.
func AddKeywords(old []byte, known map[string][]string, words []string) (engine.XMPContent, error) {
	packet, err := packetOf(old, known)
	if err != nil {
		return engine.XMPContent{}, refusedWords(err)
	}
	if err := packet.AddSubjects(words...); err != nil {
		return engine.XMPContent{}, refusedWords(err)
	}
	return xmpContent(packet), nil
}

func refusedWords(err error) error {
	return &ingest.Error{Kind: ingest.Invalid, Op: "ipsapi.AddKeywords", Msg: fmt.Sprintf("the keywords cannot be added: %v", err)}
}

// packetOf reads the packet that an asset has; one without a packet has an empty one
// with its keywords and description.
func packetOf(data []byte, values map[string][]string) (*xmp.Packet, error) {
	if data != nil {
		return xmp.Parse(data)
	}
	packet := xmp.New()
	if err := packet.AddSubjects(values[ingest.FieldKeywords]...); err != nil {
		return nil, err
	}
	if description := values[ingest.FieldDescription]; len(description) > 0 {
		_ = packet.Set("dc.description", description...) // the prefix is known
	}
	return packet, nil
}

func (s *Service) updateXMPPacket(ctx context.Context, c *call) (*scene7.Record, error) {
	asset, err := assetNumber("assetHandle", c.in.Text("assetHandle"))
	if err != nil {
		return nil, err
	}
	packed, _ := c.in.Value("compressedPacket").([]byte)
	packet, err := readPacket("compressedPacket", packed)
	if err != nil {
		return nil, err
	}
	content := xmpContent(packet)
	err = s.Engine.EditXMP(ctx, c.caller, c.company.Number, []ingest.Number{asset}, func([]byte) (engine.XMPContent, error) { return content, nil })
	if err != nil {
		return nil, err
	}
	return record("updateXMPPacketReturn", "success", true), nil
}

// applyMetadataTemplate merges a packet that the company keeps into those of
// assets; the template wins.
func (s *Service) applyMetadataTemplate(ctx context.Context, c *call) (*scene7.Record, error) {
	assets, err := assetNumbers("assetHandleArray/items", items(c.in, "assetHandleArray"))
	if err != nil {
		return nil, err
	}
	n, err := xidFrom("templateId", c.in.Text("templateId"))
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
	template, err := readPacket("templateId", blob.Content)
	if err != nil {
		return nil, err
	}
	err = s.Engine.EditXMP(ctx, c.caller, c.company.Number, assets, func(old []byte) (engine.XMPContent, error) {
		packet := xmp.New()
		if old != nil {
			if packet, err = xmp.Parse(old); err != nil {
				return engine.XMPContent{}, err
			}
		}
		if err := packet.Merge(template); err != nil {
			return engine.XMPContent{}, invalid("templateId", "the packets cannot be joined: %v", err)
		}
		return xmpContent(packet), nil
	})
	if err != nil {
		return nil, err
	}
	return record("applyMetadataTemplateReturn", "success", true), nil
}
