package ipsapi

import (
	"fmt"
	"maps"

	"sluice/internal/protocol/scene7"
)

// New returns the service. It fails only when its own tables are broken.
func New(d Deps) (*Service, error) {
	schema, err := scene7.NewSchema()
	if err != nil {
		return nil, err
	}
	operations, err := readOperations(schema)
	if err != nil {
		return nil, err
	}
	s := &Service{Deps: d, schema: schema, operations: operations, handlers: handlers{}, infos: infoOf()}
	for _, group := range []handlers{
		s.peopleOperations(), s.libraryOperations(), s.searchOperations(), s.metadataOperations(),
		s.settingsOperations(), s.jobOperations(), s.imageOperations(), s.setOperations(),
	} {
		for name := range group {
			if _, twice := s.handlers[name]; twice {
				return nil, fmt.Errorf("ipsapi: operation %s is handled twice", name)
			}
			if operations[name] == nil {
				return nil, fmt.Errorf("ipsapi: handler for unknown operation %s", name)
			}
		}
		maps.Copy(s.handlers, group)
	}
	return s, nil
}
