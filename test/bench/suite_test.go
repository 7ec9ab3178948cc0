package main

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// smallSuite has every peer that needs nothing but the test binary, which also
// stands in for Sluice.
func smallSuite(t *testing.T) suite {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	needDirect(t, root)
	peers := []peer{
		sluicePeer("sluice", self, testLogin(), nil),
		sluicePeer("sluice-variant", self, testLogin(), []string{"X=1", "--broken=false"}),
	}
	for _, m := range bareModes() {
		peers = append(peers, barePeer(self, m))
	}
	return suite{
		root: root, peers: append(peers, tusdPeer(self, "")), reps: 2, verify: 2, runTimeout: time.Minute,
		workloads: []workload{
			{Name: "one", Files: 1, Size: 3<<20 + 1, Clients: 1},
			{Name: "small", Files: 20, Size: 4096, Clients: 4, PerFile: true},
		},
		corpus: newCorpus(1), progress: io.Discard,
	}
}

func TestSuiteMeasuresEveryPeer(t *testing.T) {
	s := smallSuite(t)
	runs, err := s.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := len(s.peers) * len(s.workloads) * s.reps; len(runs) != want {
		t.Fatalf("%d runs, want %d", len(runs), want)
	}
	for _, r := range runs {
		want := map[string]int{"one": 1, "small": 2}[r.Workload]
		if r.KeepsNothing != (r.Peer == "bare-discard") || !r.KeepsNothing && r.Verified != want {
			t.Errorf("%s at %s: %d verified, keeps nothing: %v", r.Workload, r.Peer, r.Verified, r.KeepsNothing)
		}
		if r.AckedRate <= 0 || r.DurableSeconds < r.AckedSeconds || r.P99Millis < r.P50Millis || r.P50Millis <= 0 || r.PeakMiB <= 0 {
			t.Errorf("figures %+v", r)
		}
	}
	if left := filesIn(t, s.root); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	report := suiteReport{Reps: s.reps, Workloads: s.workloads, Runs: runs}.markdown()
	for _, want := range []string{"### one", "### small", "| sluice-variant ", "| tusd |", "Ratio of durable MB/s"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q:\n%s", want, report)
		}
	}
}

func TestSuiteRecordsAFailingPeerAndGoesOn(t *testing.T) {
	s := smallSuite(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s.reps, s.workloads = 1, s.workloads[:1]
	s.peers = []peer{sluicePeer("broken", self, testLogin(), []string{"--broken=true"}), barePeer(self, modeWrite)}
	runs, err := s.run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "refusing to start") {
		t.Errorf("error %v does not show the server's last words", err)
	}
	if len(runs) != 2 || runs[0].Error == "" || runs[1].Error != "" {
		t.Errorf("runs %+v", runs)
	}
	if left := filesIn(t, s.root); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestReadBackFindsWrongBytes(t *testing.T) {
	dir, addr := startHandler(t, modeWrite)
	o := object{corpus: newCorpus(1), name: "a.zip", number: 1, size: 100}
	if err := os.WriteFile(dir+"/a.zip", make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	m := measurement{verify: 1, objects: []object{o}}
	err := m.readBack(t.Context(), addr, putProtocol{prefix: "/"}, &run{})
	if err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("error %v, want a digest that differs", err)
	}
}

func TestLibraryBenchmark(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o, err := parseLibraryOptions([]string{"-sluice", self, "-count", "1100", "-baseline", "120", "-samples", "3", "-job-files", "50", "-clients", "4"})
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	r, err := o.compare(t.Context(), root, self, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Operations) != len(operations()) {
		t.Errorf("operations %+v", r.Operations)
	}
	for _, op := range r.Operations {
		if len(op.Small) != 3 || len(op.Large) != 3 || op.ratio() <= 0 {
			t.Errorf("operation %+v", op)
		}
	}
	if left := filesIn(t, root); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
