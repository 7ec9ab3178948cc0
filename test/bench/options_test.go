package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVariants(t *testing.T) {
	var v variants
	for _, text := range []string{"deferred,SLUICE_DIGEST=deferred", "two,A=1,--flag=2"} {
		if err := v.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	want := variants{{"deferred", []string{"SLUICE_DIGEST=deferred"}}, {"two", []string{"A=1", "--flag=2"}}}
	if diff := cmp.Diff(want, v, cmp.AllowUnexported(variant{})); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "name", ",A=1", "name,A", "name,=1"} {
		if err := v.Set(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	p := sluicePeer("sluice-two", "/bin/sluice", testLogin(), v[1].settings)
	command := strings.Join(p.command(place{addr: "127.0.0.1:1", data: "/d"}), " ")
	if want := "/bin/sluice serve --listen 127.0.0.1:1 --data-dir /d --flag=2"; command != want {
		t.Errorf("command %q, want %q", command, want)
	}
	if got := p.env[len(p.env)-1]; got != "A=1" {
		t.Errorf("last environment entry %q", got)
	}
}

func TestSuiteOptions(t *testing.T) {
	o, err := parseSuiteOptions([]string{"-one-size", "128MiB", "-workloads", "small,one", "-peers", "bare-sync,tusd"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.chosenWorkloads()
	if err != nil {
		t.Fatal(err)
	}
	want := []workload{
		{Name: "one", Files: 1, Size: 128 << 20, Clients: 1},
		{Name: "small", Files: 2000, Size: 65536, Clients: 16, PerFile: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	peers, err := o.choosePeers(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range peers {
		names = append(names, p.name)
	}
	if diff := cmp.Diff([]string{"bare-sync", "tusd"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestOptionsRefuse(t *testing.T) {
	for _, args := range [][]string{{"-reps", "0"}, {"extra"}, {"-one-size", "much"}, {"-run-timeout", "0s"}} {
		if _, err := parseSuiteOptions(args); err == nil {
			t.Errorf("suite %v was accepted", args)
		}
	}
	for _, args := range [][]string{{}, {"-sluice", "x", "-baseline", "100"}, {"-sluice", "x", "-count", "150"}, {"-sluice", "x", "-samples", "0"}} {
		if _, err := parseLibraryOptions(args); err == nil {
			t.Errorf("library %v was accepted", args)
		}
	}
	if _, err := choose([]string{"a"}, "a,b", func(s string) string { return s }); err == nil {
		t.Error("an unknown name was accepted")
	}
}

func TestFindProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := findProgram(self, ""); err != nil || got != self {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := findProgram("", "no-such-program-for-sure"); err != nil || got != "" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{"/no/such/file", t.TempDir()} {
		if _, err := findProgram(bad, ""); err == nil {
			t.Errorf("%s passed for a program", bad)
		}
	}
}
