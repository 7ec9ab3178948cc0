package nomad

import (
	"encoding/json"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

func contentRoutes() []route {
	return []route{
		{"GET", "/content/new", bearer, (*exchange).createContent},
		{"POST", "/content/new", bearer, (*exchange).createContent},
		{"GET", "/content/{id}", bearer, (*exchange).getContent},
		{"PUT", "/content/{id}", bearer, (*exchange).updateContent},
		{"DELETE", "/content/{id}", bearer, (*exchange).deleteContent},
	}
}

// contentModel is a content record, to which files can belong. The specification has
// no call for these; the shape is the one that the vendor's clients read and send back.
type contentModel struct {
	ContentID           ingest.UUID     `json:"contentId"`
	ContentDefinitionID string          `json:"contentDefinitionId"`
	LanguageID          string          `json:"languageId"`
	Title               string          `json:"title"`
	Properties          json.RawMessage `json:"properties"`
	CreatedDate         *string         `json:"createdDate"`
	LastModifiedDate    *string         `json:"lastModifiedDate"`
	Assets              []assetModel    `json:"assets"`
}

// createContent makes an empty record and answers its id.
func (x *exchange) createContent() (any, error) {
	q := x.r.URL.Query()
	id, err := x.Engine.CreateContent(x.r.Context(), x.caller, x.company, q.Get("contentDefinitionId"), q.Get("languageId"))
	if err != nil {
		return nil, err
	}
	return map[string]ingest.UUID{"contentId": id, "id": id}, nil
}

// getContent answers a record with the files that belong to it.
func (x *exchange) getContent() (any, error) {
	id, err := x.pathID("id", "Content")
	if err != nil {
		return nil, err
	}
	l, err := x.library()
	if err != nil {
		return nil, err
	}
	c, err := x.Engine.Content(x.r.Context(), x.caller, x.company, id)
	if err != nil {
		return nil, contentFailure(err)
	}
	m := contentModel{
		ContentID: c.UUID, ContentDefinitionID: c.Definition, LanguageID: c.Language, Title: c.Title, Properties: c.Properties,
		CreatedDate: stamp(c.Created), LastModifiedDate: stamp(c.Modified), Assets: []assetModel{},
	}
	for _, a := range c.Assets {
		asset, err := l.model(engine.Entry{Asset: a}, statusAvailable)
		if err != nil {
			return nil, err
		}
		m.Assets = append(m.Assets, asset)
	}
	return m, nil
}

// contentFailure tells of a record that is not there.
func contentFailure(err error) error {
	if ingest.KindOf(err) == ingest.NotFound {
		return unknown("Content")
	}
	return err
}

// updateContent replaces the properties of a record.
func (x *exchange) updateContent() (any, error) {
	var in struct {
		ContentDefinitionID string
		LanguageID          string
		Properties          json.RawMessage
	}
	if err := x.read(&in); err != nil {
		return nil, err
	}
	id, err := x.pathID("id", "Content")
	if err != nil {
		return nil, err
	}
	if definition := x.r.URL.Query().Get("contentDefinitionId"); definition != "" {
		in.ContentDefinitionID = definition
	}
	err = x.Engine.UpdateContent(x.r.Context(), x.caller, x.company, id, func(c *engine.Content) {
		if in.ContentDefinitionID != "" {
			c.Definition = in.ContentDefinitionID
		}
		if in.LanguageID != "" {
			c.Language = in.LanguageID
		}
		if in.Properties != nil {
			c.Properties = in.Properties
		}
	})
	if err != nil {
		return nil, contentFailure(err)
	}
	return map[string]ingest.UUID{"contentId": id, "id": id}, nil
}

// deleteContent forgets a record; its files stay.
func (x *exchange) deleteContent() (any, error) {
	id, err := x.pathID("id", "Content")
	if err != nil {
		return nil, err
	}
	if err := x.Engine.DeleteContent(x.r.Context(), x.caller, x.company, id); err != nil {
		return nil, contentFailure(err)
	}
	return idModel{id}, nil
}
