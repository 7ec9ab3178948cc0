package fsblob

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

func TestCoverageStaysSmall(t *testing.T) {
	data := make([]byte, 5*compactAt)
	for i := range data {
		data[i] = byte(i * 7)
	}
	var live coverage
	var log []entry
	apply := func(e entry) {
		live.apply(e, int64(len(log)*recordSize))
		log = append(log, e)
	}
	for i := range data {
		apply(entry{windowRecord, ingest.Window{Offset: int64(i), Length: 1, CRC32C: crcOf(data[i : i+1])}})
	}
	if len(live.pieces) > 2*compactAt {
		t.Fatalf("%d pieces for one range", len(live.pieces))
	}
	whole := []ingest.Window{{Offset: 0, Length: int64(len(data)), CRC32C: crcOf(data)}}
	if diff := cmp.Diff(whole, live.windows()); diff != "" {
		t.Fatal(diff)
	}
	apply(entry{missingRecord, ingest.Window{Offset: 100, Length: 1}})
	var again coverage
	for i, e := range log {
		again.apply(e, int64(i*recordSize))
	}
	if diff := cmp.Diff(live.windows(), again.windows()); diff != "" {
		t.Fatalf("the ledger gives another coverage: %s", diff)
	}
	if live.endOf(100, 101) != 100 {
		t.Fatal("the window under rewrite counts")
	}
	if got := live.windows(); got[len(got)-1].End() != int64(len(data)) {
		t.Fatalf("windows %+v have lost the end", got)
	}
}

func TestCoverageEndOf(t *testing.T) {
	var c coverage
	for i, w := range []ingest.Window{{Offset: 10, Length: 10}, {Offset: 20, Length: 5}, {Offset: 30, Length: 5}} {
		c.apply(entry{windowRecord, w}, int64(i*recordSize))
	}
	for _, tt := range []struct{ at, limit, want int64 }{
		{0, 100, 0}, {9, 100, 9}, {10, 100, 25}, {10, 15, 15}, {24, 26, 25}, {25, 100, 25}, {34, 100, 35}, {40, 50, 40},
	} {
		if got := c.endOf(tt.at, tt.limit); got != tt.want {
			t.Errorf("endOf(%d, %d) = %d, want %d", tt.at, tt.limit, got, tt.want)
		}
	}
}
