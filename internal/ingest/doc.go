// Package ingest is the language of Sluice: the nouns of the library, the
// states they move through, the kinds of failure, and the ports through which
// the engine reaches storage.
//
// It holds types and contracts, no behaviour beyond what a value knows of
// itself, and imports the standard library only. Everything else in Sluice
// imports it; it imports nothing of Sluice.
//
// The story it tells: a Principal sends an Upload, one file on its way in,
// through one of the doors. Its bytes arrive as Windows in a Stage. When all of
// them are there the Stage is sealed into a Blob, and one transaction turns the
// Upload into an Asset of a Company, with the Job log rows, Tasks and Events
// that this causes.
package ingest
