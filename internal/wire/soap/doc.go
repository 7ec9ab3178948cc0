// Package soap reads SOAP requests as streams: the envelope becomes a small tree, and
// the base64 text of one element is decoded while it arrives, so that a message with a
// large binary value needs memory for the value's buffer at most. MTOM messages, whose
// binary value follows as a MIME part of its own, are read the same way.
//
// The markup is cut out of the stream by a tag-level scanner and then parsed by
// xmltree, whose limits and refusals hold: no document types, no entities, bounded
// depth and size. The package only reads: doors write their answers themselves, with
// xmltree.
package soap
