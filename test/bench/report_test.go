package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReportMarkdown(t *testing.T) {
	w := workload{Name: "small", Files: 2000, Size: 65536, Clients: 16, PerFile: true}
	figures := func(peer string, group peerGroup, rep int, rate float64) run {
		return run{
			Workload: "small", Peer: peer, Group: group, Rep: rep, AckedRate: rate + 10, DurableRate: rate,
			P50Millis: 1, P99Millis: 2, ServerCPU: 3, ClientCPU: 0.5, PeakMiB: 40, PeakIsOfRun: true, WrittenPerByte: 1, Verified: 3,
		}
	}
	discard := figures("bare-discard", groupBare, 1, 400)
	discard.KeepsNothing = true
	r := suiteReport{
		Machine:   machine{CPUs: 2, CPU: "X|Y", MemoryGiB: 8, Kernel: "Linux 6", Go: "go1", FileSystem: "ext4"},
		Reps:      2,
		Workloads: []workload{w},
		Runs: []run{
			figures("bare-sync", groupBare, 1, 100),
			figures("sluice", groupSluice, 1, 200),
			discard,
			figures("sluice", groupSluice, 2, 180),
			figures("bare-sync", groupBare, 2, 60),
			{Workload: "small", Peer: "bare-discard", Group: groupBare, Rep: 2, Error: "gone"},
		},
	}
	const want = `Machine: 2 CPUs (X|Y), 8.0 GiB memory, Linux 6, go1, ext4

Repetitions: 2; figures are median (min–max).

### small: 2000 files of 64 KiB, 16 clients

| Peer | acked files/s | durable files/s | p50 ms | p99 ms | server CPU s | client CPU s | peak MiB | written per byte | files verified |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| sluice | 200 (190–210) | 190 (180–200) | 1.00 (1.00–1.00) | 2.00 (2.00–2.00) | 3.00 (3.00–3.00) | 0.50 (0.50–0.50) | 40 (40–40) | 1.00 (1.00–1.00) | 6 |
| bare-sync | 90 (70–110) | 80 (60–100) | 1.00 (1.00–1.00) | 2.00 (2.00–2.00) | 3.00 (3.00–3.00) | 0.50 (0.50–0.50) | 40 (40–40) | 1.00 (1.00–1.00) | 6 |
| bare-discard (1 failed) | 410 | 400 | 1.00 | 2.00 | 3.00 | 0.50 | 40 | 1.00 | keeps nothing |

Ratio of durable files/s, Sluice to the peer in the same repetition:

| Ratio to | bare-sync | bare-discard |
| --- | ---: | ---: |
| sluice | 2.50 (2.00–3.00) | 0.50 |
`
	if diff := cmp.Diff(want, r.markdown()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	const note = "\nPeak memory counts from the start of each server: the kernel did not let it be reset.\n"
	r.Runs[0].PeakIsOfRun = false
	if diff := cmp.Diff(want+note, r.markdown()); diff != "" {
		t.Errorf("report without peaks of runs (-want +got):\n%s", diff)
	}
}

func TestRatioPairsRepetitions(t *testing.T) {
	mine := []run{{Rep: 1, DurableRate: 10}, {Rep: 2, DurableRate: 30}, {Rep: 3, DurableRate: 100}}
	theirs := []run{{Rep: 2, DurableRate: 10}, {Rep: 1, DurableRate: 10}}
	if got, want := ratio(mine, theirs), (summary{Median: 2, Min: 1, Max: 3, N: 2}); got != want {
		t.Errorf("ratio %v, want %v", got, want)
	}
	if got := ratio(mine, nil); got.N != 0 {
		t.Errorf("ratio to nothing is %v", got)
	}
}

func TestNoRatiosWithoutSluice(t *testing.T) {
	w := workload{Name: "one", Files: 1, Size: 1}
	r := suiteReport{Workloads: []workload{w}, Runs: []run{{Workload: "one", Peer: "bare-sync", Group: groupBare, Rep: 1}}}
	if got := r.ratioTable(w); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestLibraryReportMarkdown(t *testing.T) {
	r := libraryReport{
		Machine:  machine{CPUs: 2, CPU: "X", MemoryGiB: 8, Kernel: "Linux 6", Go: "go1", FileSystem: "ext4"},
		Baseline: 200, Count: 1000, Samples: 2, FillSeconds: 4,
		Operations: []libraryOperation{
			{Name: "list", Small: []float64{1, 3}, Large: []float64{2, 4}},
			{Name: "search", Small: []float64{1, 1}, Large: []float64{2, 3}},
		},
	}
	const want = `Machine: 2 CPUs (X), 8.0 GiB memory, Linux 6, go1, ext4

Filling 1000 assets through the Scene7 door took 4 s (250 files/s). Median (min–max) of 2 samples, in milliseconds.

| Operation | 200 assets | 1000 assets | ratio | goal ≤ 2 |
| --- | ---: | ---: | ---: | ---: |
| list | 2.00 (1.00–3.00) | 3.00 (2.00–4.00) | 1.50 | pass |
| search | 1.00 (1.00–1.00) | 2.50 (2.00–3.00) | 2.50 | fail |
`
	if diff := cmp.Diff(want, r.markdown()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}
