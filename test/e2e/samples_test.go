package e2e_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"sluice/test/corpus"
)

// mutants are samples of every type with bytes that were changed, cut off or doubled at random, always in the same way, and the
// entries of fuzz corpora under the name of each type that they may be taken for. Modules that cannot be had are left out.
func mutants(t *testing.T) map[string]string {
	t.Helper()
	made := map[string]string{}
	random := rand.New(rand.NewPCG(20, 26))
	for _, module := range corpus.Modules() {
		list, err := corpus.Samples(t.Context(), module, 1<<20)
		if err != nil {
			t.Log(err)
		}
		taken := map[string]int{}
		for _, s := range list {
			if taken[s.Ext]++; taken[s.Ext] > 5 {
				continue
			}
			content, err := s.Read()
			if err != nil {
				t.Fatal(err)
			}
			made["mutant "+strconv.Itoa(len(made))+s.Ext] = mutate(random, content, len(made)%3)
		}
	}
	entries, err := corpus.Fuzzed(t.Context(), corpus.Camera)
	if err != nil {
		t.Log(err)
	}
	for i, content := range entries {
		for _, ext := range []string{".jpg", ".webp", ".tif", ".png", ".heic"} {
			made["fuzz "+strconv.Itoa(i)+ext] = string(content)
		}
	}
	return made
}

// mutate changes a file in one of three ways.
func mutate(random *rand.Rand, content []byte, way int) string {
	if len(content) == 0 {
		return "x"
	}
	switch way {
	case 0:
		for range 1 + len(content)/500 {
			content[random.IntN(len(content))] = byte(random.Uint32())
		}
	case 1:
		content = content[:1+random.IntN(len(content))]
	default: // lengths and counts are small numbers in the first bytes of structures: make many of them large
		for range 40 {
			content[random.IntN(min(len(content), 4096))] = 0xff
		}
	}
	return string(content)
}
