package engine_test

import (
	"crypto/md5"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// A tag that an earlier process gave out is checked against the bytes.
func TestConfirmationsAfterARestart(t *testing.T) {
	for name, again := range map[string]func(*world){
		"another process": (*world).restart,
		"another engine":  (*world).reboot,
		"another boot":    func(w *world) { w.machineRestart(func([]string) {}) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			u := w.parted(10, 4)
			tags := []engine.PartTag{w.putPart(u, 1, "1111"), w.putPart(u, 2, "2222"), w.putPart(u, 3, "33")}
			old := tags[1]
			tags[1] = w.putPart(u, 2, "9999")
			w.confirm(u, 1, tags[0])
			again(w)
			same(t, "parts", w.parts(u), "crr")
			w.refused(w.tryConfirm(u, 2, old), ingest.Mismatch, ingest.CodeDigest)
			for n, tag := range tags {
				w.confirm(u, n+1, tag)
				w.confirm(u, n+1, tag)
			}
			same(t, "the tag of equal bytes", w.putPart(u, 3, "33"), tags[2])
			same(t, "parts", w.parts(u), "ccc")
			same(t, "bytes", w.read(w.finishParts(u).UUID), "1111999933")
			for n, tag := range tags { // once more, after the end
				w.confirm(u, n+1, tag)
			}
		})
	}
}

// A client that was shown the MD5 of its bytes confirms by it, for those bytes only.
func TestConfirmationsByMD5(t *testing.T) {
	w := newWorld(t)
	u := w.parted(8, 4)
	w.putPart(u, 1, "1111")
	sum := func(text string) engine.PartTag { return engine.PartTag(fmt.Sprintf("%X", md5.Sum([]byte(text)))) }
	w.refused(w.tryConfirm(u, 1, sum("2222")), ingest.Mismatch, ingest.CodeDigest)
	w.refused(w.tryConfirm(u, 2, sum("")), ingest.Mismatch, "")
	same(t, "parts", w.parts(u), "r-")
	w.confirm(u, 1, sum("1111"))
	w.restart()
	w.confirm(u, 1, sum("1111"))
	same(t, "parts", w.parts(u), "c-")
	w.putPart(u, 1, "2222")
	w.refused(w.tryConfirm(u, 1, sum("1111")), ingest.Mismatch, ingest.CodeDigest)
	same(t, "parts", w.parts(u), "r-")
	w.sendParts(u, "2222", "3333")
	w.confirm(u, 1, sum("2222"))
	w.finishParts(u)
	w.confirm(u, 1, sum("2222"))
}

// The bytes of a part are read once to check its tag, not each time.
func TestConfirmationsReadBytesOnce(t *testing.T) {
	w := newWorld(t)
	u := w.parted(4000, 4000)
	tag := w.putPart(u, 1, strings.Repeat("x", 4000))
	before := w.bytesRead()
	w.confirm(u, 1, tag)
	same(t, "bytes read by the process that saw them come", w.bytesRead()-before, int64(0))
	w.restart()
	for range 3 {
		w.confirm(u, 1, tag)
	}
	same(t, "bytes read by the next one", w.bytesRead(), int64(4000))
}

// A power cut may take parts away that were confirmed: they count as neither received
// nor confirmed, cannot be confirmed, and can be sent again.
func TestAPowerCutTakesConfirmedPartsAway(t *testing.T) {
	w := newWorld(t)
	u := w.parted(18, 4)
	tags := w.sendParts(u, "1111", "2222", "3333", "4444", "55")
	same(t, "parts", w.parts(u), "ccccc")
	w.machineRestart(w.lose(5, 6)) // of the second part and the third
	same(t, "parts after the cut", w.parts(u), "c--cc")
	for n := 2; n <= 3; n++ {
		w.refused(w.tryConfirm(u, n, tags[n-1]), ingest.Mismatch, "")
	}
	_, missing, err := w.tryFinishParts(u)
	w.refused(err, ingest.Conflict, ingest.CodeOffset)
	same(t, "missing", missing, "2 3")
	same(t, "the tag of the same bytes", w.putPart(u, 2, "2222"), tags[1])
	same(t, "parts", w.parts(u), "cr-cc")
	w.confirm(u, 2, tags[1])
	other := w.putPart(u, 3, "9999")
	w.refused(w.tryConfirm(u, 3, tags[2]), ingest.Mismatch, ingest.CodeDigest)
	same(t, "parts", w.parts(u), "ccrcc")
	w.confirm(u, 3, other)
	same(t, "bytes", w.read(w.finishParts(u).UUID), "111122229999444455")
}

// All bits are right when the parts of a large upload are confirmed side by side, in
// any order and some of them twice.
func TestTenThousandParts(t *testing.T) {
	w := newWorld(t)
	const parts, senders = engine.MostParts, 64
	u := w.parted(2*parts-1, 2)
	order := rand.Perm(parts)
	left := map[int]bool{7: true, 4711: true, parts: true}
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for at := i; at < parts; at += senders {
				n := order[at] + 1
				body := fmt.Sprintf("%05d", n)[3:]
				if n == parts {
					body = "x"
				}
				tag, err := w.tryPart(u, n, body)
				if err != nil {
					t.Error(err)
					return
				}
				if left[n] {
					continue
				}
				for range 1 + n%2 {
					if err := w.tryConfirm(u, n, tag); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	stored := w.storedUpload(u)
	for n := 1; n <= parts; n++ {
		if engine.Confirmed(stored, n) == left[n] {
			t.Errorf("part %d is confirmed: %v", n, left[n])
		}
	}
	_, missing, err := w.tryFinishParts(u)
	w.refused(err, ingest.Conflict, ingest.CodeOffset)
	same(t, "missing", missing, "7 4711 10000")
	for n := range left {
		body := fmt.Sprintf("%05d", n)[3:]
		if n == parts {
			body = "x"
		}
		w.confirm(u, n, w.putPart(u, n, body))
	}
	var want strings.Builder
	for n := 1; n < parts; n++ {
		want.WriteString(fmt.Sprintf("%05d", n)[3:])
	}
	if got := w.read(w.finishParts(u).UUID); got != want.String()+"x" {
		t.Error("the bytes are not those that were sent")
	}
}
