package layers

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// root is the repository as seen from this folder.
const root = "../.."

// goFiles lists the Go files of a folder of the repository.
func goFiles(t *testing.T, folder string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join(root, folder), func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(name, ".go") {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// maxLines is the length from which on a file that is no table must be split.
const maxLines = 600

func TestFilesAreShort(t *testing.T) {
	for _, name := range goFiles(t, "") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(text, []byte("\n"))
		head, _, _ := bytes.Cut(text, []byte("\nimport "))
		if lines > maxLines && !bytes.Contains(bytes.ToLower(head), []byte("table")) {
			t.Errorf("%s has %d lines; files over %d lines are tables and say so at the top", name, lines, maxLines)
		}
	}
}

// parsed is the source of one package, without tests.
type parsed struct {
	set   *token.FileSet
	files []*ast.File
}

func parsePackages(t *testing.T) map[string]*parsed {
	t.Helper()
	packages := make(map[string]*parsed)
	for _, name := range append(goFiles(t, "internal"), goFiles(t, "cmd")...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		p := packages[filepath.Dir(name)]
		if p == nil {
			p = &parsed{set: token.NewFileSet()}
			packages[filepath.Dir(name)] = p
		}
		file, err := parser.ParseFile(p.set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		p.files = append(p.files, file)
	}
	return packages
}

func TestNoInitAndNoMutablePackageVariables(t *testing.T) {
	for _, p := range parsePackages(t) {
		for _, problem := range stateProblems(p) {
			t.Error(problem)
		}
	}
}

// stateProblems finds init functions, and package variables that something
// changes, that are shared by their type, or that are exported and could be
// changed from elsewhere.
func stateProblems(p *parsed) []string {
	var problems []string
	at := func(n ast.Node, text string) {
		problems = append(problems, p.set.Position(n.Pos()).String()+": "+text)
	}
	vars := make(map[string]bool)
	specs := make(map[any]bool)
	for _, file := range p.files {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				at(f, "func init")
			}
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				spec := s.(*ast.ValueSpec)
				specs[spec] = true
				for _, name := range spec.Names {
					if name.Name == "_" {
						continue
					}
					vars[name.Name] = true
					if shared(spec) {
						at(name, "package variable "+name.Name+" is shared state by its type")
					}
					if name.IsExported() && !constantLike(spec) {
						at(name, "package variable "+name.Name+" is exported and can be changed from elsewhere")
					}
				}
			}
		}
	}
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool {
			for _, target := range changed(n) {
				id := baseOf(target)
				// A name that the parser resolved to something else is a local one.
				if id != nil && vars[id.Name] && (id.Obj == nil || specs[id.Obj.Decl]) {
					at(n, "changes package variable "+id.Name)
				}
			}
			return true
		})
	}
	return problems
}

// changed returns what a node writes to or hands out for writing.
func changed(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && (f.Name == "delete" || f.Name == "clear" || f.Name == "copy") {
			return n.Args[:1]
		}
	}
	return nil
}

// baseOf finds the variable within an expression like v[i].f.
func baseOf(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// shared reports whether a variable's type or value only makes sense for state:
// channels, locks, pools, atomics, empty maps and allocations.
func shared(spec *ast.ValueSpec) bool {
	found := false
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ChanType:
			found = true
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && (pkg.Name == "atomic" || pkg.Name == "sync" && !strings.HasPrefix(n.Sel.Name, "Once")) {
				found = true
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "make" || f.Name == "new") {
				found = true
			}
		case *ast.FuncLit:
			return false
		}
		return true
	}
	if spec.Type != nil {
		ast.Inspect(spec.Type, look)
	}
	for _, v := range spec.Values {
		ast.Inspect(v, look)
	}
	return found
}

// constantLike reports whether an exported variable is an error value, which Go
// has no constants for.
func constantLike(spec *ast.ValueSpec) bool {
	for i, name := range spec.Names {
		if !strings.HasPrefix(name.Name, "Err") || i >= len(spec.Values) {
			return false
		}
	}
	return true
}

func TestStateProblems(t *testing.T) {
	for _, c := range []struct {
		source string
		want   int
	}{
		{`var table = map[string]int{"a": 1}; func f() int { return table["a"] }`, 0},
		{`var table = [2]int{}; func f() { table := [2]int{}; table[0] = 1 }`, 0},
		{`var ErrX = errors.New("x")`, 0},
		{`var _ I = (*T)(nil)`, 0},
		{`func init() {}`, 1},
		{`var n int; func f() { n++ }`, 1},
		{`var table = map[string]int{}; func f() { table["a"] = 1 }`, 1},
		{`var table = map[string]int{"a": 1}; func f() { delete(table, "a") }`, 1},
		{`var s struct{ a []int }; func f() { s.a[0] = 1 }`, 1},
		{`var n int; func f() *int { return &n }`, 1},
		{`var mu sync.Mutex`, 1},
		{`var pool = sync.Pool{}`, 1},
		{`var seen = make(map[string]bool)`, 1},
		{`var Words = []string{"a"}`, 1},
	} {
		p := &parsed{set: token.NewFileSet()}
		file, err := parser.ParseFile(p.set, "x.go", "package x\n"+strings.ReplaceAll(c.source, "; ", "\n"), parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		p.files = []*ast.File{file}
		if got := stateProblems(p); len(got) != c.want {
			t.Errorf("%s: %v, want %d problems", c.source, got, c.want)
		}
	}
}
