package crash_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// phase is when a server passes a point.
type phase string

const (
	receiving phase = "upload"  // between the first byte and the answer
	working   phase = "task"    // while a file that was answered is processed
	starting  phase = "restart" // while a server clears up after the one before
)

// point is a place in the server at which it is killed.
type point struct {
	name  string
	phase phase
	most  int // how often a round passes it at least; rounds strike up to there
}

func (p point) String() string { return p.name + " (" + string(p.phase) + ")" }

// points lists where this test strikes. Each is struck at its first passing
// before any is struck by chance.
func points() []point {
	return []point{
		{"receive.begin", receiving, 8},
		{"receive.written", receiving, 8},
		{"segment.created", receiving, 1},
		{"segment.written", receiving, 4},
		{"segment.synced", receiving, 4},
		{"seal.synced", receiving, 3},
		{"seal.renamed", receiving, 3},
		{"seal.dir-synced", receiving, 3},
		{"deliver.sealed", receiving, 6},
		{"deliver.committed", receiving, 6},
		{"delete.unlinked", receiving, 1}, // a file that was skipped
		{"task.claimed", working, 2},
		{"task.made", working, 2},
		{"task.completed", working, 2},
		{"segment.sealed", starting, 1},
		{"sweep.found", starting, 1},
		{"delete.unlinked", starting, 1}, // an orphan
	}
}

// seldom lists the points that no test here strikes, because an upload passes them
// only when it is large or slow, comes in signed parts or is an archive; the tests
// beside the engine and fsblob strike there.
func seldom() []string {
	return []string{"stage.background-synced", "part.begin", "part.recorded", "part.again", "unpack.made", "unpack.stored"}
}

// TestPointsAreThoseOfTheSource fails when a point is added, renamed or removed
// and the lists here were not told.
func TestPointsAreThoseOfTheSource(t *testing.T) {
	call := regexp.MustCompile(`\bcrash\("([^"]*)"\)`)
	inSource := map[string]bool{}
	err := filepath.WalkDir("../../internal", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range call.FindAllSubmatch(text, -1) {
			inSource[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, p := range slices.Concat(points(), brightPoints()) {
		listed[p.name] = true
	}
	for _, name := range seldom() {
		if listed[name] {
			t.Errorf("%s is struck and in the list of those that are not", name)
		}
		listed[name] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(inSource)), slices.Sorted(maps.Keys(listed))); diff != "" {
		t.Errorf("points of the source (-) and of this test (+):\n%s", diff)
	}
}
