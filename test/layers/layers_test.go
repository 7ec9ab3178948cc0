// Package layers checks the shape of the source: who may import whom, and what
// no package may hold. The rules are those of docs/design.md.
package layers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"
)

// module is the import path of the repository.
const module = "sluice"

// rule says what the packages at and below a folder may import of this module.
// Their own folder is always allowed.
type rule struct {
	folder  string
	imports []string
	foreign bool // may import other modules than the standard library
}

// rules are looked up from the top; the first folder that fits counts. A folder
// without a rule fails the test: a new layer is a decision.
func rules() []rule {
	below := []string{"internal/ingest", "internal/engine", "internal/wire", "internal/id", "internal/crash"}
	return []rule{
		{folder: "internal/ingest"},
		{folder: "internal/wire/soap", imports: []string{"internal/wire"}, foreign: true}, // base64 by vector instructions
		{folder: "internal/wire"},
		{folder: "internal/crash"},
		{folder: "internal/id", imports: []string{"internal/ingest"}, foreign: true},
		{folder: "internal/engine", imports: []string{"internal/ingest"}},
		{folder: "internal/protocol/guard", imports: []string{"internal/ingest"}},
		{folder: "internal/protocol/doortest", imports: []string{"internal/ingest", "internal/id", "internal/store", "internal/blob"}}, // for tests of doors; no door may import it
		{folder: "internal/protocol/*", imports: append(below, "internal/protocol/guard"), foreign: true},
		{folder: "internal/store", imports: []string{"internal/ingest", "internal/id", "internal/crash"}, foreign: true},
		{folder: "internal/blob", imports: []string{"internal/ingest", "internal/id", "internal/crash"}, foreign: true},
		{folder: "internal/media", imports: below, foreign: true},
		{folder: "internal/jobs", imports: append(below, "internal/media"), foreign: true},
		{folder: "internal/notify", imports: below, foreign: true},
		{folder: "internal/outbound", imports: []string{"internal/ingest"}},
		{folder: "internal/auth", imports: []string{"internal/ingest", "internal/id", "internal/wire/sign"}, foreign: true},
		{folder: "internal/people", imports: []string{"internal/ingest", "internal/auth", "internal/config", "internal/id"}},
		{folder: "internal/telemetry", imports: []string{"internal/ingest"}, foreign: true},
		{folder: "internal/config", foreign: true},
		{folder: "internal/app", imports: []string{"internal"}, foreign: true},
		{folder: "cmd/sluice", imports: []string{"internal/app", "internal/people", "internal/config", "internal/telemetry", "internal/ingest"}, foreign: true},
		{folder: "test", imports: []string{"internal", "test"}, foreign: true},
	}
}

// listed is what `go list` says of a package.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

func list(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-tags", "nodynamic", "-deps", "-json=ImportPath,Standard,Imports,Deps", "./...")
	cmd.Dir = root
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &problems)
	}
	packages := make(map[string]listed)
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

func TestImports(t *testing.T) {
	packages := list(t)
	checked := 0
	for name, p := range packages {
		folder, ours := strings.CutPrefix(name, module+"/")
		if !ours {
			continue
		}
		checked++
		r, ok := ruleOf(folder)
		if !ok {
			t.Errorf("%s has no rule in this test", name)
			continue
		}
		for _, i := range p.Imports {
			if problem := r.judge(folder, i, packages[i].Standard); problem != "" {
				t.Errorf("%s imports %s: %s", name, i, problem)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d packages were checked", checked)
	}
}

// ruleOf finds a folder's rule. A trailing * stands for one name.
func ruleOf(folder string) (rule, bool) {
	for _, r := range rules() {
		if parent, ok := strings.CutSuffix(r.folder, "/*"); ok && within(folder, parent) && folder != parent {
			first, _, _ := strings.Cut(strings.TrimPrefix(folder, parent+"/"), "/")
			r.folder = path.Join(parent, first)
			return r, true
		}
		if within(folder, r.folder) {
			return r, true
		}
	}
	return rule{}, false
}

func within(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}

// judge returns what is wrong with an import, "" when nothing is.
func (r rule) judge(folder, imported string, standard bool) string {
	if standard || imported == "C" {
		return ""
	}
	ours, ok := strings.CutPrefix(imported, module+"/")
	if !ok {
		if !r.foreign {
			return "this layer takes the standard library only"
		}
		return ""
	}
	if within(ours, r.folder) {
		return ""
	}
	for _, allowed := range r.imports {
		if within(ours, allowed) {
			return ""
		}
	}
	return "the layer of " + folder + " must not know it"
}

// TestEngineSeesNoTransport looks at everything the engine pulls in.
func TestEngineSeesNoTransport(t *testing.T) {
	packages := list(t)
	engine, ok := packages[module+"/internal/engine"]
	if !ok {
		t.Fatal("there is no engine")
	}
	for _, dep := range engine.Deps {
		switch dep {
		case "net/http", "database/sql", "encoding/xml":
			t.Errorf("the engine depends on %s", dep)
		}
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		folder, imported string
		ok               bool
	}{
		{"internal/protocol/scene7", "sluice/internal/protocol/guard", true},
		{"internal/protocol/scene7", "sluice/internal/protocol/scene7/schema", true},
		{"internal/protocol/scene7", "sluice/internal/protocol/tus", false},
		{"internal/protocol/scene7", "sluice/internal/store/sqlite", false},
		{"internal/protocol/scene7", "sluice/internal/media", false},
		{"internal/protocol/scene7", "sluice/internal/protocol/doortest", false},
		{"internal/protocol/doortest", "sluice/internal/engine", false},
		{"internal/protocol/guard", "sluice/internal/engine", false},
		{"internal/engine", "sluice/internal/wire/soap", false},
		{"internal/engine", "github.com/google/uuid", false},
		{"internal/ingest", "sluice/internal/id", false},
		{"internal/wire/soap", "sluice/internal/wire/xmltree", true},
		{"internal/store/sqlite", "sluice/internal/blob/fsblob", false},
		{"internal/app", "sluice/internal/store/sqlite", true},
		{"cmd/sluice", "sluice/internal/store/sqlite", false},
	} {
		r, found := ruleOf(c.folder)
		if problem := r.judge(c.folder, c.imported, false); !found || (problem == "") != c.ok {
			t.Errorf("%s importing %s: %q", c.folder, c.imported, problem)
		}
	}
	if _, found := ruleOf("internal/util"); found {
		t.Error("a folder that nobody decided on has a rule")
	}
}
