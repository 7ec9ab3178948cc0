package api

import (
	"context"

	"sluice/internal/ingest"
	"sluice/internal/protocol/guard"
)

// infoItem is what the server says of itself.
type infoItem struct {
	Name    string           `json:"name" doc:"Always Sluice." example:"Sluice"`
	Version string           `json:"version" doc:"Version of the server." example:"1.0.0"`
	Healthy bool             `json:"healthy" doc:"Whether the database answers."`
	Login   string           `json:"login,omitempty" doc:"Who is asking; with login only." example:"admin@localhost"`
	Doors   []doorItem       `json:"doors,omitempty" doc:"The protocols that the server speaks; with login only."`
	Limits  map[string]int64 `json:"limits,omitempty" doc:"What requests may not exceed, in bytes unless the name says otherwise; with login only."`
}

// doorItem is a protocol that the server speaks.
type doorItem struct {
	Name    string `json:"name" doc:"As in the door field of jobs." example:"tus"`
	Title   string `json:"title" doc:"For people." example:"tus 1.0"`
	Address string `json:"address" doc:"Where it is. Parts in braces are to be filled in." example:"https://media.example/files/"`
}

// infoInput is empty: the call has no parameters.
type infoInput struct{}

// infoOutput is what huma sends for the call.
type infoOutput struct {
	Body infoItem
}

func (s *server) showInfo(ctx context.Context, p ingest.Principal, _ *infoInput) (*infoOutput, error) {
	body := infoItem{Name: "Sluice", Version: s.Version, Healthy: s.Library.Healthy(ctx) == nil}
	if p.Anonymous() {
		return &infoOutput{Body: body}, nil
	}
	body.Login, body.Limits = p.Login, s.Limits
	for _, d := range s.Doors {
		body.Doors = append(body.Doors, doorItem{Name: d.Name, Title: d.Title, Address: guard.PublicURL(ctx) + d.Path})
	}
	return &infoOutput{Body: body}, nil
}
