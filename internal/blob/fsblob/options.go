package fsblob

import (
	"log/slog"
	"time"
)

const (
	// blockSize is the unit, in bytes, to which direct writes and segment records
	// are aligned.
	blockSize = 4096

	// maxSmallFile bounds Options.SmallFile, in bytes, because such files wait in memory.
	maxSmallFile = 1 << 20
)

// Options adjusts a Store. The zero value is ready for production.
type Options struct {
	Now    func() time.Time // default time.Now
	Logger *slog.Logger     // default slog.Default()

	// BootID names the running boot of the machine. Stages that were written under
	// another one are verified when they are opened. The default asks the kernel;
	// "" means unknown and counts as another boot each time.
	BootID func() string

	// SmallFile is the largest one-shot body, in bytes, that goes into a segment;
	// 0 = 128 KiB, at most 1 MiB, negative = none does.
	SmallFile int

	// SegmentSize is where a segment ends, in bytes; 0 = 256 MiB.
	SegmentSize int64

	// BufferBudget is the memory for all copy buffers together, in bytes; 0 = 24 MiB,
	// at least 2 MiB.
	BufferBudget int64

	// SyncEvery is how many bytes of an open upload may be unsynced before a sync in
	// the background begins; 0 = 256 MiB.
	SyncEvery int64

	// CrashPoint, if set, is called at every step that matters for durability, with
	// locks held: it may end the process and must not call the store. The names are
	// listed in the package comment.
	CrashPoint func(name string)
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.BootID == nil {
		o.BootID = bootID
	}
	if o.SmallFile == 0 {
		o.SmallFile = 128 << 10
	}
	o.SmallFile = min(o.SmallFile, maxSmallFile)
	if o.SegmentSize <= 0 {
		o.SegmentSize = 256 << 20
	}
	if o.BufferBudget == 0 {
		o.BufferBudget = 24 << 20
	}
	o.BufferBudget = max(o.BufferBudget, 2<<20)
	if o.SyncEvery <= 0 {
		o.SyncEvery = 256 << 20
	}
	if o.CrashPoint == nil {
		o.CrashPoint = func(string) {}
	}
	return o
}
