package e2e_test

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"sluice/test/corpus"
)

// TestPhotographsOfTelephones sends pictures as telephones take them to a server on a machine without a single tool:
// they have the dimensions, the thumbnail and the optimised image that they have where vips is installed.
func TestPhotographsOfTelephones(t *testing.T) {
	slow(t)
	needsTools(t, "vips")
	samples, err := corpus.Samples(t.Context(), corpus.Pictures, 2<<20)
	if err != nil {
		t.Skip(err)
	}
	files := []part{auth(), params(jobName("telephones"), endJob, "<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask><emailSetting>None</emailSetting></uploadParams>")}
	for _, s := range samples {
		if name := filepath.Base(s.Path); name == "heic-24bit.heic" || name == "avif-8bit.avif" {
			content, err := s.Read()
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file(name, string(content)))
		}
	}
	made := func(s *server) []asset {
		s.finished(s.upload(files...))
		all := s.assets()
		slices.SortFunc(all, func(a, b asset) int { return cmp.Compare(a.Name, b.Name) })
		for i := range all {
			listed := all[i]
			all[i] = asset{Name: listed.Name, State: listed.State, Width: listed.Width, Height: listed.Height, Warnings: listed.Warnings}
			var whole asset
			s.decode("/v1/assets/"+listed.UUID, &whole)
			kinds := map[string]derived{}
			for _, d := range whole.Derived {
				d.URL = ""
				kinds[d.Kind] = d
			}
			for _, kind := range slices.Sorted(maps.Keys(kinds)) {
				all[i].Derived = append(all[i].Derived, kinds[kind])
			}
		}
		return all
	}
	box := mediaHere(t)
	want := made(start(t, box))
	if len(want) != 2 || len(want[0].Derived) < 2 || want[0].Width == 0 {
		t.Fatalf("with vips: %+v", want)
	}
	bare := launch(t, filepath.Join(t.TempDir(), "data"), box, "PATH="+t.TempDir(), "SLUICE_MEDIA_TIMEOUT=5m")
	bare.awaitReady()
	if diff := gocmp.Diff(want, made(bare)); diff != "" {
		t.Errorf("(-with vips +without a tool):\n%s", diff)
	}
}
