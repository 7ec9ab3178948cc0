package ingest

// Contexts is a set of the four places that a company publishes to; an asset is
// marked for each on its own.
type Contexts uint8

// The contexts, and all of them.
const (
	ContextImageRendering Contexts = 1 << iota
	ContextImageServing
	ContextServerDirectory
	ContextVideo
	AllContexts = ContextImageRendering | ContextImageServing | ContextServerDirectory | ContextVideo
)

// MarkedIf is the set for an asset that is or is not marked for publish without
// regard to contexts.
func MarkedIf(marked bool) Contexts {
	if marked {
		return AllContexts
	}
	return 0
}
