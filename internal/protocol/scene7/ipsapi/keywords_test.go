package ipsapi

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
	"sluice/internal/wire/xmp"
)

// Keywords go behind the subjects that there are, and nothing else of a packet changes.
func TestAddKeywords(t *testing.T) {
	old := xmp.New()
	if err := old.Set("dc.title", "Shoe"); err != nil {
		t.Fatal(err)
	}
	if err := old.AddSubjects("red"); err != nil {
		t.Fatal(err)
	}
	known := map[string][]string{ingest.FieldKeywords: {"known"}, ingest.FieldDescription: {"a shoe"}}
	for name, tt := range map[string]struct {
		old            []byte
		subject        []string
		title, summary []string
	}{
		"a packet": {old.Bytes(), []string{"red", "a,b"}, []string{"Shoe"}, nil},
		"none":     {nil, []string{"known", "a,b", "red"}, nil, []string{"a shoe"}},
	} {
		content, err := AddKeywords(tt.old, known, []string{"a,b", "red"})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		packet, err := xmp.Parse(content.Packet)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := packet.Values()
		want := map[string][]string{"dc.subject": tt.subject, "dc.title": tt.title, "dc.description": tt.summary}
		for key, list := range want {
			if diff := cmp.Diff(list, got[key]); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", name, key, diff)
			}
		}
		if diff := cmp.Diff(tt.subject, content.Values[ingest.FieldKeywords]); diff != "" {
			t.Errorf("%s, what searches find (-want +got):\n%s", name, diff)
		}
	}
	if _, err := AddKeywords(nil, nil, []string{strings.Repeat("x", 70_000)}); ingest.KindOf(err) != ingest.Invalid {
		t.Errorf("a keyword of 70,000 bytes: %v", err)
	}
}
