// Package xmp reads, changes and writes XMP packets (ISO 16684-1): metadata of a file as RDF.
//
// It promises: simple values, lists and language alternatives can be read and set; every other
// property (structures, lists of structures) is kept as it was read, element by element and
// attribute by attribute; what Bytes writes can be read by Parse again and says the same. Reading
// costs memory in proportion to the packet, and so does writing.
//
// It does not keep comments, white space between elements, the order of text and elements that
// are mixed (XMP forbids it), nor the prefixes of namespaces that have a usual one.
package xmp
