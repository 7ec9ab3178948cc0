// Package nomad speaks Nomad Media's asset upload: pre-signed parts, the asset
// calls that its clients make around an upload, and its logins. What it answers
// and why stands in docs/protocols/nomad.md, whose section numbers the comments cite.
//
// It promises that every call answers JSON, also when it fails; that a part counts
// only once all of its bytes are in place; and that the address of a part is good
// for that part alone, for its length, until it expires.
package nomad
