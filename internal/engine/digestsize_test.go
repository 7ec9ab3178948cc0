package engine_test

import (
	"fmt"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Files that are checked by their SHA-1 have both digests at once up to 16 MiB, as far
// as their size is known. Larger ones get their SHA-256 from a task. Windows come in
// an order of their own.
func TestBothDigestsOfSmallFiles(t *testing.T) {
	const limit = 16 << 20
	tests := map[string]struct {
		said, size int64
		defers     bool
		both       bool
	}{
		"small":                 {100_000, 100_000, false, true},
		"the largest with both": {limit, limit, false, true},
		"one byte more":         {limit + 1, limit + 1, false, false},
		"of unknown size":       {-1, 100_000, false, false},
		"small, but put off":    {100_000, 100_000, true, false},
		"large, and put off":    {limit + 1, limit + 1, true, false},
	}
	all := noise(limit + 1)
	for name, tt := range tests {
		for _, promises := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, promised %v", name, promises), func(t *testing.T) {
				w := newWorld(t, func(c *engine.Config) { c.DeferDigest = tt.defers })
				body := all[:tt.size]
				u := w.digesting("u.xml", tt.said, true)
				const parts = 8
				for i := range parts {
					part := int64(i * 3 % parts)
					from, to := part*tt.size/parts, (part+1)*tt.size/parts
					w.write(u, from, body[from:to])
				}
				spec := engine.FinishSpec{Size: -1, SHA1: sum1(body)}
				if promises {
					spec.SHA256 = sha("other")
					_, err := w.engine.Finish(w.ctx, w.editor, u.UUID, spec)
					w.refused(err, ingest.Mismatch, ingest.CodeDigest)
					spec.SHA256 = sha(body)
				}
				a, err := w.engine.Finish(w.ctx, w.editor, u.UUID, spec)
				w.ok(err)
				w.holds(a, body)
				both := tt.both || promises
				ref, tasks := w.blobOf(a), w.claim()
				same(t, "SHA-1, SHA-256, tasks", []any{ref.SHA1 != nil, ref.SHA256 != nil, len(tasks)}, []any{true, both, map[bool]int{true: 0, false: 1}[both]})
				if both {
					return
				}
				same(t, "task", tasks[0].Kind, ingest.TaskDigest)
				w.ok(w.engine.CompleteTask(w.ctx, tasks[0], engine.TaskResult{SHA256: sha(body)}))
				w.holds(a, body)
				same(t, "SHA-256 in the end", w.blobOf(a).SHA256, sha(body))
			})
		}
	}
}
