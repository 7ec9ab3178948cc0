package layers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// testNames are the tests of the sources as package.Name, with the packages named as
// their folders are.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, name := range goFiles(t, "") {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") && f.Name.Name != "TestMain" {
				names[filepath.Base(filepath.Dir(name))+"."+f.Name.Name] = true
			}
		}
	}
	return names
}

// TestProofsExist looks for each test that a document names as the proof of what it says.
func TestProofsExist(t *testing.T) {
	known := testNames(t)
	named := regexp.MustCompile("`([a-z0-9]+\\.Test[A-Za-z0-9_]+)`")
	documents, err := filepath.Glob(filepath.Join(root, "docs", "protocols", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	proofs := 0
	for _, name := range documents {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			proofs++
			if !known[m[1]] {
				t.Errorf("%s names %s, which there is not", filepath.Base(name), m[1])
			}
		}
	}
	if proofs < 100 {
		t.Errorf("only %d proofs were found", proofs)
	}
}

// untested are the rows of the table of upload options in which nothing happens that a
// test could see.
func untested() []string { return []string{"excludeMasterVideoFromAVS"} }

// TestUploadOptionsAreProved looks at the tables of upload options: each row names a test
// or refers to the row above, each option of a job stands in a row, and each field of an
// option is spoken of.
func TestUploadOptionsAreProved(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "protocols", "scene7-processing.md"))
	if err != nil {
		t.Fatal(err)
	}
	proof := regexp.MustCompile("`[a-z0-9]+\\.Test|the same")
	tables, inTable := "", false
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "|") {
			tables += line
		}
		switch {
		case strings.HasPrefix(line, "|") && strings.HasSuffix(strings.TrimSpace(line), "| Test |"):
			inTable = true
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case inTable && !strings.HasPrefix(line, "| ---"):
			row := strings.Split(strings.Trim(strings.ReplaceAll(strings.TrimSpace(line), "\\|", ""), "|"), "|")
			if !proof.MatchString(row[len(row)-1]) && !containsAny(row[0], untested()) {
				t.Errorf("no test proves the row %q", strings.TrimSpace(row[0]))
			}
		}
	}
	options, fields := uploadOptions(t)
	for _, option := range options {
		if !regexp.MustCompile(`\b` + option + `\b`).MatchString(tables) {
			t.Errorf("%s stands in no table", option)
		}
	}
	for _, field := range fields {
		if !regexp.MustCompile(`\b` + field + `\b`).Match(text) {
			t.Errorf("%s is not spoken of", field)
		}
	}
}

func containsAny(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// uploadOptions are the options of UploadPostJob and the fields of the types that these
// have, as the schema of the Scene7 door lists them.
func uploadOptions(t *testing.T) (options, fields []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "internal", "protocol", "scene7", "schema.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string][][]string{} // name and type of each field
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(f) > 4 && f[0] == "type" {
			types[f[1]] = append(types[f[1]], f[3:5])
		}
	}
	seen := map[string]bool{"HandleArray": true, "StringArray": true, "MetadataUpdateArray": true} // other operations have these too
	var walk func(kind string)
	walk = func(kind string) {
		if seen[kind] {
			return
		}
		seen[kind] = true
		for _, f := range types[kind] {
			if f[0] != "items" {
				fields = append(fields, f[0])
			}
			walk(f[1])
		}
	}
	for _, f := range types["UploadPostJob"] {
		options = append(options, f[0])
		walk(f[1])
	}
	if len(options) < 30 || len(fields) < 50 {
		t.Fatalf("the schema has only %d options with %d fields", len(options), len(fields))
	}
	return options, fields
}
