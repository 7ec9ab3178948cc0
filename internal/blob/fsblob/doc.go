// Package fsblob keeps blobs in a local directory.
//
// It promises what ingest.Blobs promises: bytes are written once, in place, and
// a blob is on stable storage before its key is returned. It does not lock the
// directory against a second process; whoever opens the store has done that.
//
// Inside the directory:
//
//	staging/<stage>.part     bytes of an open upload, every window at its place
//	staging/<stage>.ledger   which windows of it have arrived (ledger.go)
//	oneshot/<stage>.part     bytes of a body that outgrew the small-file limit
//	blobs/<xx>/<key>         sealed files, renamed from one of the above
//	segments/<id>.open       append-only segment that takes small files now
//	segments/<id>.seg        segment that takes no more
//
// # Crash points
//
// Options.CrashPoint is called with these names, so that a test can end the
// process there:
//
//	stage.created            a new staging area is on stable storage
//	stage.rewrite.invalidated  the windows under rewrite are out of the ledger, no byte of theirs has been touched
//	stage.write.before-ledger  all bytes of a window are written, it is not recorded
//	stage.write.recorded     the window is recorded, the caller does not know yet
//	stage.background-synced  the data is synced, the ledger does not say so yet
//	seal.begin               coverage was found complete, nothing is synced
//	seal.synced              the data is on stable storage under its staging name
//	seal.renamed             the data bears its blob name, the directories are not synced
//	seal.dir-synced          the blob is on stable storage, the ledger still exists
//	seal.done                the ledger is gone, the caller does not know yet
//	segment.created          a new segment is on stable storage and empty
//	segment.written          a batch of small files is written and not synced
//	segment.synced           a batch is on stable storage, its callers do not know yet
//	segment.sealed           a full segment was cut to its length and renamed
//	delete.unlinked          a blob file is gone, or a record was punched out
package fsblob
