// Package id mints UUIDs.
package id

import (
	"github.com/google/uuid"

	"sluice/internal/ingest"
)

// New returns a new UUID of version 7: its beginning is the time, so that rows
// created together lie together in an index.
func New() ingest.UUID {
	return ingest.UUID(uuid.Must(uuid.NewV7()).String())
}

// Random returns a new UUID of version 4, whose 122 bits nobody can guess: it may be a
// secret.
func Random() ingest.UUID {
	return ingest.UUID(uuid.Must(uuid.NewRandom()).String())
}
