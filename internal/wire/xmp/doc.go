// Package xmp reads, changes and writes XMP packets (ISO 16684-1): metadata of a file as
// RDF. Simple values, lists and language alternatives can be changed; structures are kept as
// they are.
package xmp
