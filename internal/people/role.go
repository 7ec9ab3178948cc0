package people

import "sluice/internal/ingest"

// ParseRole returns the role that a word stands for and the title to keep; see
// ingest.ParseRole.
func ParseRole(word string) (ingest.Role, string, error) { return ingest.ParseRole(word) }
