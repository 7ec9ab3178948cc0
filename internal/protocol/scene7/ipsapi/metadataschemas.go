package ipsapi

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"slices"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmp"
)

// schemaBlob is the schema document of one namespace, as it was sent.
type schemaBlob struct {
	Version     int    `json:"version"` // of the company's schemas after this was saved
	ContentType string `json:"contentType"`
	Content     []byte `json:"content"`
}

// schemas reads what a company has saved, the newest last.
func (s *Service) schemas(ctx context.Context, c *call) ([]engine.Stored, []schemaBlob, error) {
	list, err := s.Engine.StoredList(ctx, c.caller, c.company.Number, ingest.DocMetadataSchema)
	if err != nil {
		return nil, nil, err
	}
	blobs := make([]schemaBlob, len(list))
	for i, stored := range list {
		if err := json.Unmarshal(stored.Data, &blobs[i]); err != nil {
			return nil, nil, err
		}
	}
	return list, blobs, nil
}

// newest is the highest version that was ever saved of what is still there.
func newest(blobs []schemaBlob) (found schemaBlob) {
	for _, b := range blobs {
		if b.Version > found.Version {
			found = b
		}
	}
	return found
}

// metadataSchema gives the schema that was saved last, whatever version the client
// has.
func (s *Service) metadataSchema(ctx context.Context, c *call) (*scene7.Record, error) {
	_, blobs, err := s.schemas(ctx, c)
	if err != nil {
		return nil, err
	}
	found := newest(blobs)
	if found.Content == nil {
		found.Content = []byte{}
	}
	return record("getMetadataSchemaReturn", "version", found.Version, "compressedSchema", found.Content), nil
}

// saveMetadataSchema keeps a schema in the place of the one of the same namespace.
func (s *Service) saveMetadataSchema(ctx context.Context, c *call) (*scene7.Record, error) {
	packed, _ := c.in.Value("compressedSchema").([]byte)
	document, err := xmp.Unpack(packed)
	if err != nil {
		return nil, invalid("compressedSchema", "the schema cannot be unpacked: %v", err)
	}
	namespace := schemaNamespace(document)
	list, blobs, err := s.schemas(ctx, c)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(schemaBlob{Version: newest(blobs).Version + 1, ContentType: c.in.Text("contentType"), Content: packed})
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(list, func(stored engine.Stored) bool { return stored.Key == namespace })
	if at < 0 {
		_, err = s.Engine.CreateStored(ctx, c.caller, c.company.Number, ingest.DocMetadataSchema, engine.Stored{Key: namespace, Data: data})
	} else {
		err = s.Engine.UpdateStored(ctx, c.caller, c.company.Number, ingest.DocMetadataSchema, list[at].Number, func(old *engine.Stored) error {
			old.Data = data
			return nil
		})
	}
	if err != nil {
		return nil, err
	}
	return record("saveMetadataSchemaReturn", "success", true), nil
}

// schemaNamespace is the namespace that a schema document is for: the target of an
// XML schema, else the namespace of its root element, else "default".
func schemaNamespace(document []byte) string {
	const longest = 1024
	namespace := ""
	decoder := xml.NewDecoder(strings.NewReader(string(document)))
	for {
		token, err := decoder.RawToken()
		if err != nil {
			break
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, attribute := range start.Attr {
			own := attribute.Name.Space == "" && attribute.Name.Local == "xmlns" || attribute.Name.Space == "xmlns" && attribute.Name.Local == start.Name.Space
			if attribute.Name.Local == "targetNamespace" || own && namespace == "" {
				namespace = attribute.Value
			}
		}
		break
	}
	if namespace == "" || len(namespace) > longest {
		return "default"
	}
	return namespace
}

func (s *Service) removeMetadataSchema(ctx context.Context, c *call) (*scene7.Record, error) {
	list, _, err := s.schemas(ctx, c)
	if err != nil {
		return nil, err
	}
	removed := false
	for _, stored := range list {
		if stored.Key != c.in.Text("schemaNamespace") {
			continue
		}
		err := s.Engine.DeleteStored(ctx, c.caller, c.company.Number, ingest.DocMetadataSchema, stored.Number)
		if gone, ok := errors.AsType[*ingest.Error](err); ok && gone.Kind == ingest.NotFound {
			continue // somebody else was faster
		}
		if err != nil {
			return nil, err
		}
		removed = true
	}
	return record("removeMetadataSchemaReturn", "success", removed), nil
}

// metadataSchemaNamespaces packs a list of namespaces, one on each line.
func (s *Service) metadataSchemaNamespaces(ctx context.Context, c *call) (*scene7.Record, error) {
	list, _, err := s.schemas(ctx, c)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(list))
	for i, stored := range list {
		names[i] = stored.Key
	}
	slices.Sort(names)
	return record("getMetadataSchemaNamespacesReturn", "compressedNamespaces", xmp.Pack([]byte(strings.Join(names, "\n")))), nil
}
