package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sluice/internal/ingest"
)

// Content is a record that files belong to: a film, an article, whatever clients
// describe by properties of their own.
type Content struct {
	UUID       ingest.UUID
	Definition string          // what kind of record it is, by the client's id; may be empty
	Language   string          // by the client's id; may be empty
	Title      string          // of Properties
	Properties json.RawMessage // a JSON object, kept as it was sent
	Created    time.Time
	Modified   time.Time
	Assets     []*ingest.Asset // that belong to it, as far as the caller may read them

	document ingest.Number
	by       ingest.Number
}

// contentData is what the document of a content record holds.
type contentData struct {
	Definition string          `json:"definition,omitempty"`
	Language   string          `json:"language,omitempty"`
	Properties json.RawMessage `json:"properties"`
}

// MaxContentBytes is how long the properties of a content record may be.
const MaxContentBytes = 512 << 10

// maxContentID bounds the ids of definition and language, in bytes.
const maxContentID = 100

// CreateContent makes a record without properties.
func (e *Engine) CreateContent(ctx context.Context, p ingest.Principal, company ingest.Number, definition, language string) (id ingest.UUID, err error) {
	data, err := contentJSON(Content{Definition: definition, Language: language})
	if err != nil {
		return "", err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightUpload); err != nil {
			return err
		}
		id = e.newUUID()
		return tx.CreateDocument(e.newDocument(p, company, ingest.DocContent, string(id), "", data))
	})
	return id, err
}

// Content returns a record with the assets that belong to it.
func (e *Engine) Content(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID) (c *Content, err error) {
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		s, err := e.looker(tx, p, company)
		if err != nil {
			return err
		}
		if c, err = contentOf(tx, company, id); err != nil {
			return err
		}
		links, err := tx.Links(ingest.LinkContent, c.document, ingest.Page{Limit: mostRelatedFiles})
		if err != nil {
			return err
		}
		for _, l := range links {
			a, err := s.shown(l.To)
			if err != nil {
				return err
			}
			if a != nil {
				c.Assets = append(c.Assets, a)
			}
		}
		return nil
	})
	return c, err
}

// ContentsOf lists the records that an asset belongs to, without their assets.
func (e *Engine) ContentsOf(ctx context.Context, p ingest.Principal, company, asset ingest.Number) (list []*Content, err error) {
	err = e.viewAsset(ctx, p, company, asset, rightRead, func(tx ingest.Tx, _ *sight, a *ingest.Asset) error {
		list = nil
		links, err := tx.LinksTo(ingest.LinkContent, []ingest.Number{a.Number})
		if err != nil {
			return err
		}
		for _, l := range links {
			d, err := tx.Document(l.From)
			if err != nil {
				return err
			}
			c, err := contentFrom(d)
			if err != nil {
				return err
			}
			list = append(list, c)
		}
		return nil
	})
	return list, err
}

// UpdateContent changes a record: change is given what there is and may run again.
// Whoever changed it last may do so, and those who may overwrite.
func (e *Engine) UpdateContent(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID, change func(*Content)) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.visible(tx, p, company); err != nil {
			return err
		}
		c, err := contentOf(tx, company, id)
		if err != nil {
			return err
		}
		need := rightOverwrite
		if c.by == p.User {
			need = rightUpload
		}
		if _, err := e.authorize(tx, p, company, need); err != nil {
			return err
		}
		change(c)
		data, err := contentJSON(*c)
		if err != nil {
			return err
		}
		d, err := tx.Document(c.document)
		if err != nil {
			return err
		}
		d.Name, d.Data, d.Modified, d.By = titleOf(c.Properties), data, e.now(), p.User
		return tx.UpdateDocument(d)
	})
}

// DeleteContent forgets a record. The files that belong to it stay.
func (e *Engine) DeleteContent(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightOverwrite); err != nil {
			return err
		}
		c, err := contentOf(tx, company, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteLinks(ingest.LinkContent, c.document, 0); err != nil {
			return err
		}
		return tx.DeleteDocument(c.document)
	})
}

// RelateContent makes an asset belong to a record. Doing so again changes nothing.
func (e *Engine) RelateContent(ctx context.Context, p ingest.Principal, company ingest.Number, id ingest.UUID, asset ingest.Number) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		if _, err := e.authorize(tx, p, company, rightUpload); err != nil {
			return err
		}
		s, err := sightOf(tx, p, company)
		if err != nil {
			return err
		}
		if _, err := s.assetOf(asset, ingest.PermitRead, ingest.PermitWrite); err != nil {
			return err
		}
		return relateContent(tx, company, id, asset)
	})
}

// relateContent is RelateContent within the transaction in which the asset is made.
// A record that is gone by then is NotFound.
func relateContent(tx ingest.Tx, company ingest.Number, id ingest.UUID, asset ingest.Number) error {
	c, err := contentOf(tx, company, id)
	if err != nil {
		return err
	}
	there, err := tx.HasLink(ingest.LinkContent, c.document, asset)
	if err != nil || there {
		return err
	}
	return tx.AddLink(ingest.Link{Kind: ingest.LinkContent, From: c.document, To: asset})
}

// contentOf returns a record of a company.
func contentOf(tx ingest.Tx, company ingest.Number, id ingest.UUID) (*Content, error) {
	d, err := tx.DocumentByKey(company, ingest.DocContent, 0, string(id))
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return nil, err
	}
	if err != nil || id == "" {
		return nil, &ingest.Error{Kind: ingest.NotFound, Op: "engine.contentOf", Msg: fmt.Sprintf("no content record %s in this company", quote(string(id)))}
	}
	return contentFrom(d)
}

func contentFrom(d *ingest.Document) (*Content, error) {
	var data contentData
	if err := readContent(d, &data); err != nil {
		return nil, err
	}
	return &Content{
		UUID: ingest.UUID(d.Key), Definition: data.Definition, Language: data.Language, Title: d.Name, Properties: data.Properties,
		Created: d.Created, Modified: d.Modified, document: d.Number, by: d.By,
	}, nil
}

// contentJSON checks what a client gave of a record and makes the document's data.
func contentJSON(c Content) ([]byte, error) {
	const op = "engine.contentJSON"
	for _, id := range []string{c.Definition, c.Language} {
		if len(id) > maxContentID {
			return nil, tooLong(op, "id", len(id), maxContentID)
		}
		if err := checkText(id, "id"); err != nil {
			return nil, err
		}
	}
	if len(c.Properties) > MaxContentBytes {
		return nil, &ingest.Error{Kind: ingest.TooLarge, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the properties have %d bytes, at most %d are kept", len(c.Properties), MaxContentBytes)}
	}
	if len(bytes.TrimSpace(c.Properties)) == 0 || string(bytes.TrimSpace(c.Properties)) == "null" {
		c.Properties = json.RawMessage("{}")
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(c.Properties, &members) != nil {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "the properties are not a JSON object"}
	}
	return json.Marshal(contentData{c.Definition, c.Language, c.Properties})
}

// titleOf is the title among the properties of a record, cut to what a name may be.
func titleOf(properties json.RawMessage) string {
	var named struct{ Title, Name, DisplayName any }
	_ = json.Unmarshal(properties, &named) // checked before; other members do not count
	for _, v := range []any{named.Title, named.Name, named.DisplayName} {
		if text, ok := v.(string); ok && text != "" && checkText(text, "title") == nil {
			return clipName(text)
		}
	}
	return ""
}

// clipName cuts a text to what a name may be, at the end of a character.
func clipName(text string) string {
	if len(text) <= MaxNameBytes {
		return text
	}
	cut := MaxNameBytes
	for cut > 0 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return text[:cut]
}
