package fsblob

import (
	"testing"

	"sluice/internal/blob/blobtest"
	"sluice/internal/ingest"
)

// small makes every path short: little memory, little segments, syncs often.
func small() Options {
	return Options{BufferBudget: 2 << 20, SegmentSize: 1 << 20, SyncEvery: 1 << 20}
}

func TestConformance(t *testing.T) {
	for name, c := range map[string]struct {
		dir  func(testing.TB) string
		opts Options
	}{
		"default":        {testing.TB.TempDir, Options{}},
		"small":          {memoryDir, small()},
		"no small files": {memoryDir, Options{SmallFile: -1}},
	} {
		opts := c.opts
		t.Run(name, func(t *testing.T) {
			blobtest.Test(t,
				func(t testing.TB) ingest.Blobs { return openStore(t, c.dir(t), opts) },
				blobtest.Options{Reopen: func(t testing.TB, old ingest.Blobs) ingest.Blobs {
					s := old.(*Store)
					s.kill()
					return openStore(t, s.root, opts)
				}},
			)
		})
	}
}
