package layers

import (
	"bytes"
	"go/ast"
	"os/exec"
	"strings"
	"testing"
)

// The decoders in WebAssembly come from modules that load libraries of the system into the process unless they are built
// with the tag nodynamic: a build without it must not hold them, and one with it nothing that loads libraries.
func TestNoBuildLoadsLibraries(t *testing.T) {
	const decoders, loader = "github.com/gen2brain/", "github.com/ebitengine/purego"
	for tags, want := range map[string]string{"": "", "nodynamic": decoders} {
		cmd := exec.Command("go", "list", "-deps", "-tags", tags, "./...")
		cmd.Dir = root
		var problems bytes.Buffer
		cmd.Stderr = &problems
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list: %v\n%s", err, &problems)
		}
		if strings.Contains(string(out), loader) {
			t.Errorf("with the tags %q %s is part of the build", tags, loader)
		}
		if got := strings.Contains(string(out), decoders); got != (want != "") {
			t.Errorf("with the tags %q the decoders are part of the build: %v", tags, got)
		}
	}
}

// The modules of the decoders register themselves with package image, so that its Decode would decode untrusted pictures
// wherever it is called; who decodes names the format.
func TestNobodyDecodesWhateverComes(t *testing.T) {
	for _, p := range parsePackages(t) {
		for _, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(call.Sel.Name, "Decode") {
					if of, ok := call.X.(*ast.Ident); ok && of.Name == "image" {
						t.Errorf("%s: image.%s", p.set.Position(n.Pos()), call.Sel.Name)
					}
				}
				return true
			})
		}
	}
}
