package fsblob

import (
	"strings"
	"testing"

	"sluice/internal/ingest"
)

func TestKeysAreParsedStrictly(t *testing.T) {
	file := fileKey{"0190b3c4-7a00-7000-8000-000000000001", 1 << 40, 0xdeadbeef}
	if got, ok := parseFileKey(file.key()); !ok || got != file {
		t.Fatalf("%s gives %+v, %v", file.key(), got, ok)
	}
	rec := recordKey{0xfedcba9876543210, 4096 * 7, 65536}
	if got, ok := parseRecordKey(rec.key()); !ok || got != rec {
		t.Fatalf("%s gives %+v, %v", rec.key(), got, ok)
	}
	for _, key := range []ingest.BlobKey{
		"", "f-", "s-", "f-a-1", "f-a-1-0000000", "f-a-01-00000000", "f-a-1-0000000G", "f-a-1-ABCDEF00",
		"f-../x-1-00000000", "f-a/b-1-00000000", "f-a-1-00000000 ", "f--1-00000000", "f-a-+1-00000000", "f-a-9223372036854775808-00000000",
		"s-0-0-0", "s-0000000000000001-1-1", "s-0000000000000001-0-9999999999", "s-0000000000000001-4096--1", "s-0000000000000001-04096-1",
		"s-000000000000000G-0-1", "s-0000000000000001-0-1-2", "S-0000000000000001-0-1",
	} {
		if _, ok := parseFileKey(key); ok {
			t.Errorf("%q passes for a file", key)
		}
		if _, ok := parseRecordKey(key); ok {
			t.Errorf("%q passes for a record", key)
		}
	}
}

func TestStageIDs(t *testing.T) {
	for id, want := range map[ingest.StageID]bool{
		"0190b3c4-7a00-7000-8000-000000000001": true, "A_b-9": true,
		"": false, ".": false, "..": false, "a.b": false, "a/b": false, "a b": false, "-a": false, "ä": false, "a\x00": false,
		ingest.StageID(strings.Repeat("a", 64)): true, ingest.StageID(strings.Repeat("a", 65)): false,
	} {
		if validStageID(id) != want {
			t.Errorf("validStageID(%q) = %v", id, !want)
		}
	}
}
