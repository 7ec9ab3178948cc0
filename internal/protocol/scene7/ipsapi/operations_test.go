package ipsapi

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/protocol/scene7"
)

// update makes tests write the documents that they otherwise compare.
var update = flag.Bool("update", false, "write generated parts of documents")

// documents returns a service that can describe itself and nothing else.
func documents(t *testing.T) *Service {
	t.Helper()
	schema, err := scene7.NewSchema()
	if err != nil {
		t.Fatal(err)
	}
	operations, err := readOperations(schema)
	if err != nil {
		t.Fatal(err)
	}
	return &Service{schema: schema, operations: operations}
}

// TestOperationsAreTheContractsOnes holds the table against the sums that the
// contract states.
func TestOperationsAreTheContractsOnes(t *testing.T) {
	s := documents(t)
	counts := map[string]int{}
	for name, op := range s.operations {
		if name != op.Name {
			t.Errorf("%s is found as %s", op.Name, name)
		}
		counts[fmt.Sprint(op.Tier, " ", op.State)]++
	}
	want := map[string]int{"1 real": 17, "2 real": 42, "2 stored": 10, "3 real": 73, "3 stored": 40, "3 fault": 3}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
	for level, want := range map[scene7.Level]int{scene7.Level13: 163, scene7.Level16: 176, scene7.Level21: 185} {
		if got := len(operationsAt(s.operations, level)); got != want {
			t.Errorf("%d operations at level %d, want %d", got, level, want)
		}
	}
}

func TestOperationRows(t *testing.T) {
	s := documents(t)
	for _, want := range []Operation{
		{"addCompany", 3, StateReal, ClassS, "company", scene7.Level13},
		{"getProperty", 2, StateReal, ClassA, "system property", scene7.Level13},
		{"getSecureISAuthToken", 3, StateFault, ClassC, "none", scene7.Level21},
		{"deleteAssetMetadata", 3, StateReal, ClassE, "asset (metadata)", scene7.Level16},
		{"stopJob", 1, StateReal, ClassJ, "job", scene7.Level13},
		{"saveImageFormat", 3, StateReal, ClassF, "image preset", scene7.Level13},
		{"getXMPPacket", 2, StateReal, ClassH, "asset (XMP)", scene7.Level13},
		{"setFolderPermissions", 3, StateReal, ClassD, "permission set", scene7.Level13},
		{"cdnCacheInvalidation", 2, StateStored, ClassC, "invalidation", scene7.Level13},
	} {
		if diff := cmp.Diff(&want, s.operations[want.Name]); diff != "" {
			t.Errorf("%s: %s", want.Name, diff)
		}
	}
	if upload := s.operations["uploadPost"]; upload == nil || upload.Tier != 1 || upload.Class != ClassE {
		t.Errorf("uploadPost is %+v", upload)
	}
}

func TestBrokenOperationTablesAreRefused(t *testing.T) {
	schema, err := scene7.NewSchema()
	if err != nil {
		t.Fatal(err)
	}
	const good = "addCompany\t3\treal\tS\tcompany"
	for _, test := range []struct{ name, from, to, want string }{
		{"unknown operation", good, good + "\nflyAway\t3\treal\tS\tbird", "flyAway has no request element"},
		{"type as operation", good, good + "\nCompany\t3\treal\tS\tbird", "Company has no request element"},
		{"missing operation", good + "\n", "", "addCompanyParam belongs to no operation"},
		{"twice", good, good + "\n" + good, "addCompany stands there twice"},
		{"tier", good, "addCompany\t4\treal\tS\tcompany", `tier "4"`},
		{"state", good, "addCompany\t3\tgood\tS\tcompany", `unknown state "good"`},
		{"class", good, "addCompany\t3\treal\tX\tcompany", `unknown class "X"`},
		{"starred class", good, "addCompany\t3\treal\tS*\tcompany", `unknown class "S*"`},
		{"noun", good, "addCompany\t3\treal\tS\t", "empty"},
		{"cells", good, "addCompany\t3\treal\tS", "4 cells instead of 5"},
	} {
		table := strings.Replace(operationTable, test.from, test.to, 1)
		_, err := parseOperations(table, schema)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
}

func TestClasses(t *testing.T) {
	roles := []string{"IpsUser", "IpsAdmin", "IpsCompanyAdmin", "TrialSiteAdmin", "TrialSiteUser", "ImagePortalAdmin",
		"ImagePortalUser", "ImagePortalContrib", "ImagePortalContribUser", "WebServiceUser"}
	for _, test := range []struct {
		class Class
		want  string // one letter a role: x = may call
	}{
		{ClassS, ".x........"},
		{ClassD, ".xx..x...."},
		{ClassC, ".xxx.x...."},
		{ClassF, "xxx..x...x"},
		{ClassE, "xxx..x.xxx"},
		{ClassH, "xxx..xxxxx"},
		{ClassJ, "xxxxxx.xxx"},
		{ClassA, "xxxxxxxxxx"},
		{Class('?'), ".........."},
	} {
		got := ""
		for _, role := range roles {
			if test.class.Allows(role) {
				got += "x"
			} else {
				got += "."
			}
		}
		if got != test.want {
			t.Errorf("class %s: %s, want %s", test.class, got, test.want)
		}
		for _, word := range []string{"", "ipsadmin", "Owner"} {
			if test.class.Allows(word) {
				t.Errorf("class %s allows %q", test.class, word)
			}
		}
	}
}

// TestTheDocumentListsEveryOperation holds the table in the documentation against
// the one that the service works by.
func TestTheDocumentListsEveryOperation(t *testing.T) {
	const path = "../../../../docs/protocols/scene7-operations.md"
	const begin, end = "<!-- begin of the table -->\n", "<!-- end of the table -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	written, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no marks around its table", path)
	}
	want := operationsMarkdown(documents(t))
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, written); diff != "" {
		t.Errorf("%s differs from operations.tsv; run the test with -update: %s", path, diff)
	}
}

func operationsMarkdown(s *Service) string {
	var b strings.Builder
	b.WriteString("| Operation | Tier | State | Who | Acts on | From level |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, op := range operationsAt(s.operations, scene7.Level21) {
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %d |\n", op.Name, op.Tier, op.State, op.Class, op.Noun, op.Since)
	}
	return b.String()
}
