package fsblob

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sluice/internal/ingest"
)

var someEntries = []entry{
	{bootRecord, bootMark("boot")},
	{windowRecord, ingest.Window{Offset: 0, Length: 10, CRC32C: 1}},
	{windowRecord, ingest.Window{Offset: 1 << 40, Length: 1, CRC32C: 2}},
	{missingRecord, ingest.Window{Offset: 5, Length: 100}},
	{syncedRecord, ingest.Window{Offset: 96}},
	{kind: damagedRecord},
}

func ledgerBytes() []byte {
	var all []byte
	for _, e := range someEntries {
		all = append(all, e.encode(int64(len(all)))...)
	}
	return all
}

func readLedger(t *testing.T, content []byte) ([]entry, *ledger) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	l := &ledger{f: f}
	var got []entry
	if err := l.replay(func(e entry, position int64) {
		if position != int64(len(got)*recordSize) {
			t.Errorf("record %d has position %d", len(got), position)
		}
		got = append(got, e)
	}); err != nil {
		t.Fatal(err)
	}
	return got, l
}

func TestLedgerTornAtEveryByte(t *testing.T) {
	all := ledgerBytes()
	for cut := range len(all) + 1 {
		got, l := readLedger(t, all[:cut])
		whole := cut / recordSize
		if diff := cmp.Diff(someEntries[:whole], got, cmp.AllowUnexported(entry{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("cut at %d: %s", cut, diff)
		}
		st, err := l.f.Stat()
		if err != nil || st.Size() != int64(whole*recordSize) || l.end != st.Size() {
			t.Fatalf("cut at %d: %d bytes are left, end is %d (%v)", cut, st.Size(), l.end, err)
		}
	}
}

func TestLedgerDamagedAtEveryByte(t *testing.T) {
	all := ledgerBytes()
	for i := range all {
		bad := append([]byte(nil), all...)
		bad[i] ^= 0x40
		got, _ := readLedger(t, bad)
		if want := i / recordSize; len(got) != want {
			t.Fatalf("damage at byte %d: %d records were read, want %d", i, len(got), want)
		}
	}
}

// A record that is good and in the wrong place is left over from something else.
func TestLedgerRefusesRecordsOfAnotherPlace(t *testing.T) {
	all := ledgerBytes()
	moved := append(append([]byte(nil), all[:recordSize]...), all[2*recordSize:]...)
	if got, _ := readLedger(t, moved); len(got) != 1 {
		t.Fatalf("%d records were read, want 1", len(got))
	}
}

func TestLedgerRefusesImpossibleWindows(t *testing.T) {
	for _, w := range []ingest.Window{{Offset: -1, Length: 5}, {Offset: 5}, {Offset: 1 << 62, Length: 1 << 62}, {Offset: 3, Length: -3}} {
		if got, _ := readLedger(t, entry{windowRecord, w}.encode(0)); len(got) != 0 {
			t.Fatalf("%+v was read", w)
		}
	}
}

func TestLedgerAppendFails(t *testing.T) {
	_, l := readLedger(t, ledgerBytes())
	before := l.end
	d := realDisk()
	d.writeAt = func(f *os.File, p []byte, offset int64) (int, error) {
		n, _ := f.WriteAt(p[:10], offset)
		return n, syscall.ENOSPC
	}
	if _, err := l.append(d, someEntries[1]); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("error %v", err)
	}
	content, err := io.ReadAll(io.NewSectionReader(l.f, 0, 1<<20))
	if err != nil || int64(len(content)) != before || l.end != before {
		t.Fatalf("%d bytes and end %d after a failed append, want %d (%v)", len(content), l.end, before, err)
	}
	if at, err := l.append(realDisk(), someEntries[1]); err != nil || at != before {
		t.Fatalf("append gave %d, %v", at, err)
	}
}
